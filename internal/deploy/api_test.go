package deploy

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/recovery"
)

// A selection is found by its name on any page, in the region of its provider; a plan that has none of that name has no answer.
func TestBackupSelectionIsFoundByItsName(t *testing.T) {
	t.Parallel()
	var signed string
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed = r.Header.Get("Authorization")
		text := `{"BackupSelectionsList":[{"SelectionName":"first","SelectionId":"id-1"}],"NextToken":"more"}`
		if r.URL.Query().Get("nextToken") == "more" {
			text = `{"BackupSelectionsList":[{"SelectionName":"second","SelectionId":"id-2"}]}`
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(text))
	}))
	t.Cleanup(served.Close)
	d := &Driver{target: Target{Env: []string{
		"AWS_ACCESS_KEY_ID=key", "AWS_SECRET_ACCESS_KEY=secret", "AWS_ENDPOINT_URL_BACKUP=" + served.URL,
	}}}
	provider := recovery.Resource{"inputs": map[string]any{"region": "eu-central-1"}}
	ask := func(name string) *question {
		return &question{provider: provider, token: recovery.ListBackupSelections, args: map[string]any{"planId": "plan", "name": name}}
	}
	there, missing := ask("second"), ask("third")
	ofAPI, ofProvider := split([]*question{there, {token: tagsToken}, missing})
	require.Len(t, ofProvider, 1)
	require.NoError(t, d.askAPI(t.Context(), ofAPI))
	require.Equal(t, map[string]any{"selectionId": "id-2"}, there.answer)
	require.Nil(t, missing.answer)
	require.Contains(t, signed, "/eu-central-1/backup/")
}
