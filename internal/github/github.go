// Package github writes what hub has to tell into a pull request or an issue: one comment, one issue, which later runs
// find by a hidden first line and write anew.
package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Client talks to one repository.
type Client struct {
	URL        string // of the API, such as https://api.github.com
	Repository string // owner/name
	Token      string
	HTTP       *http.Client
}

// perPage is the most that GitHub puts on a page (REST API, "Using pagination").
const perPage = 100

// Marker is the hidden first line of a text.
func Marker(body string) (string, error) {
	line, _, _ := strings.Cut(body, "\n")
	if !strings.HasPrefix(line, "<!-- ") || !strings.HasSuffix(line, " -->") {
		return "", errors.New("find marker: the text does not begin with a hidden line")
	}
	return line, nil
}

type item struct {
	Number int             `json:"number"`
	ID     int64           `json:"id"`
	Body   string          `json:"body"`
	Pull   json.RawMessage `json:"pull_request"`
}

// Comment writes a comment on a pull request, or writes the one with the same marker anew.
func (c Client) Comment(ctx context.Context, number int, body string) error {
	at := fmt.Sprintf("/issues/%d/comments", number)
	found, err := c.find(ctx, at, body)
	switch {
	case err != nil:
		return fmt.Errorf("comment on pull request %d: %w", number, err)
	case found == nil:
		err = c.do(ctx, http.MethodPost, at, map[string]any{"body": body}, nil)
	default:
		err = c.do(ctx, http.MethodPatch, fmt.Sprintf("/issues/comments/%d", found.ID), map[string]any{"body": body}, nil)
	}
	if err != nil {
		return fmt.Errorf("comment on pull request %d: %w", number, err)
	}
	return nil
}

// Issue opens an issue, or writes the open one with the same marker anew. When nothing is left to do, the open one is closed and
// none is opened.
func (c Client) Issue(ctx context.Context, title, body string, done bool) error {
	found, err := c.find(ctx, "/issues?state=open", body)
	switch {
	case err != nil:
	case found == nil && done:
	case found == nil:
		err = c.do(ctx, http.MethodPost, "/issues", map[string]any{"title": title, "body": body}, nil)
	default:
		change := map[string]any{"title": title, "body": body}
		if done {
			change["state"] = "closed"
		}
		err = c.do(ctx, http.MethodPatch, fmt.Sprintf("/issues/%d", found.Number), change, nil)
	}
	if err != nil {
		return fmt.Errorf("write issue: %w", err)
	}
	return nil
}

// find looks for the first item with the marker of body. Pull requests, which GitHub lists as issues, are passed over.
func (c Client) find(ctx context.Context, at, body string) (*item, error) {
	marker, err := Marker(body)
	if err != nil {
		return nil, err
	}
	separator := "?"
	if strings.Contains(at, "?") {
		separator = "&"
	}
	for page := 1; ; page++ {
		var items []item
		if err := c.do(ctx, http.MethodGet, fmt.Sprintf("%s%sper_page=%d&page=%d", at, separator, perPage, page), nil, &items); err != nil {
			return nil, err
		}
		for _, i := range items {
			line, _, _ := strings.Cut(i.Body, "\n")
			if strings.TrimRight(line, "\r") == marker && len(i.Pull) == 0 {
				return &i, nil
			}
		}
		if len(items) < perPage {
			return nil, nil
		}
	}
}

func (c Client) do(ctx context.Context, method, at string, send, receive any) error {
	var body io.Reader
	if send != nil {
		data, err := json.Marshal(send)
		if err != nil {
			return err
		}
		body = bytes.NewReader(data)
	}
	q, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(c.URL, "/")+"/repos/"+c.Repository+at, body)
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+c.Token)
	q.Header.Set("Accept", "application/vnd.github+json")
	q.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	answer, err := c.HTTP.Do(q)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		var said struct{ Message string }
		_ = json.Unmarshal(text, &said) // what is no JSON says nothing
		return fmt.Errorf("%s %s: %s: %s", method, q.URL.Path, answer.Status, said.Message)
	}
	if receive == nil {
		return nil
	}
	return json.Unmarshal(text, receive)
}
