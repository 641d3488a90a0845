package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/github"
)

// hub is a GitHub that keeps the comments or the issues of one repository.
type hub struct {
	items []map[string]any
	calls []string
}

func (h *hub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.calls = append(h.calls, r.Method+" "+r.URL.Path)
	if r.Header.Get("Authorization") != "Bearer token" {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"message":"Bad credentials"}`))
		return
	}
	var sent map[string]any
	switch r.Method {
	case http.MethodGet:
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		from := min((page-1)*100, len(h.items))
		_ = json.NewEncoder(w).Encode(h.items[from:min(from+100, len(h.items))])
	case http.MethodPost:
		_ = json.NewDecoder(r.Body).Decode(&sent)
		sent["id"], sent["number"] = len(h.items)+1000, len(h.items)+1
		h.items = append(h.items, sent)
		w.WriteHeader(http.StatusCreated)
	case http.MethodPatch:
		_ = json.NewDecoder(r.Body).Decode(&sent)
		last := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		for _, i := range h.items {
			if fmt.Sprint(i["id"]) == last || fmt.Sprint(i["number"]) == last {
				for k, v := range sent {
					i[k] = v
				}
			}
		}
	}
}

func serve(t *testing.T) (*hub, github.Client) {
	t.Helper()
	h := &hub{}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return h, github.Client{URL: s.URL + "/", Repository: "o/r", Token: "token", HTTP: s.Client()}
}

const marker = "<!-- deepstreamhub:preview:prod-eu -->\n"

// However many comments there are, a stack's is written once and then anew.
func TestComment(t *testing.T) {
	t.Parallel()
	h, c := serve(t)
	for i := range 150 {
		h.items = append(h.items, map[string]any{"id": i, "body": "talk " + marker})
	}
	require.NoError(t, c.Comment(t.Context(), 7, marker+"one"))
	require.Len(t, h.items, 151)
	require.NoError(t, c.Comment(t.Context(), 7, marker+"two"))
	require.NoError(t, c.Comment(t.Context(), 7, strings.Replace(marker, "eu", "us", 1)+"other"))
	require.Len(t, h.items, 152)
	require.Equal(t, marker+"two", h.items[150]["body"])
	require.Equal(t, "PATCH /repos/o/r/issues/comments/1150", h.calls[5])
}

func TestIssue(t *testing.T) {
	t.Parallel()
	h, c := serve(t)
	h.items = append(h.items, map[string]any{"number": 90, "body": marker, "pull_request": map[string]any{}})
	require.NoError(t, c.Issue(t.Context(), "Drift", marker, true))
	require.Len(t, h.items, 1, "nothing to close, nothing opened, and no pull request closed")
	require.NotContains(t, h.items[0], "state")
	require.NoError(t, c.Issue(t.Context(), "Drift", marker+"one", false))
	require.NoError(t, c.Issue(t.Context(), "Drift", marker+"two", false))
	require.Len(t, h.items, 2)
	require.Equal(t, marker+"two", h.items[1]["body"])
	require.NoError(t, c.Issue(t.Context(), "Drift", marker+"none", true))
	require.Equal(t, "closed", h.items[1]["state"])
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	_, c := serve(t)
	require.ErrorContains(t, c.Comment(t.Context(), 7, "no marker"), "hidden line")
	c.Token = "other"
	require.ErrorContains(t, c.Comment(t.Context(), 7, marker), "401 Unauthorized: Bad credentials")
}
