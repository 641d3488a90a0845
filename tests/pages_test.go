package tests

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// Every page is reached from README by following links, and every link leads to a file, and to a heading where it names one.
func TestPagesAreReachable(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	text := func(page string) string {
		b, err := os.ReadFile(filepath.Join(root, page))
		require.NoError(t, err)
		return string(b)
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	reached, next := map[string]bool{"README.md": true}, []string{"README.md"}
	for len(next) > 0 {
		page := next[0]
		next = next[1:]
		for _, m := range link.FindAllStringSubmatch(text(page), -1) {
			to, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(to, "://") {
				continue
			}
			if to = path.Join(path.Dir(page), to); strings.HasPrefix(m[1], "#") {
				to = page
			}
			_, err := os.Stat(filepath.Join(root, to))
			require.NoError(t, err, "%s links to %s", page, m[1])
			if heading != "" {
				require.Contains(t, headings(text(to)), heading, "%s links to %s", page, m[1])
			}
			if strings.HasSuffix(to, ".md") && !reached[to] {
				reached[to] = true
				next = append(next, to)
			}
		}
	}
	for _, page := range pages(t, root) {
		require.True(t, reached[page], "%s is reached from nowhere: link it in docs/README.md", page)
	}
}

// What the index of the documents calls generated is marked so for GitHub, and whatever is marked is there.
func TestGeneratedFilesAreMarked(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	index, err := os.ReadFile(filepath.Join(root, "docs", "README.md"))
	require.NoError(t, err)
	marks, err := os.ReadFile(filepath.Join(root, ".gitattributes"))
	require.NoError(t, err)
	marked := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(\S+) linguist-generated$`).FindAllStringSubmatch(string(marks), -1) {
		found, err := filepath.Glob(filepath.Join(root, m[1]))
		require.NoError(t, err)
		require.NotEmpty(t, found, "%s is not there", m[1])
		marked[m[1]] = true
	}
	link := regexp.MustCompile(`\]\(([a-z-]+\.md)\)`)
	pages := 0
	for line := range strings.Lines(string(index)) {
		for _, cell := range strings.Split(line, "), [") { // "both generated" is said of the pages before it
			if generated := strings.Contains(line, "both generated") && !strings.Contains(cell, "SECURITY") || strings.Contains(cell, "(generated)"); !generated {
				continue
			}
			for _, m := range link.FindAllStringSubmatch(cell+")", -1) {
				pages++
				require.True(t, marked["docs/"+m[1]], "docs/%s is generated: mark it in .gitattributes", m[1])
			}
		}
	}
	require.Equal(t, 4, pages, "tiers, security, escalation, offline-aws")
}

// pages are what is written for readers: all but what serves tests, GitHub's forms and the log of changes.
func pages(t *testing.T, root string) (out []string) {
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/decisions/*.md", "examples/*.md", "images/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		for _, f := range found {
			rel, err := filepath.Rel(root, f)
			require.NoError(t, err)
			out = append(out, filepath.ToSlash(rel))
		}
	}
	return slices.DeleteFunc(out, func(p string) bool { return p == "CHANGELOG.md" })
}

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{N} _-]`)

// headings are a page's, as GitHub names them in links.
func headings(text string) (out []string) {
	for line := range strings.Lines(text) {
		if title := strings.TrimLeft(line, "#"); title != line && strings.HasPrefix(title, " ") {
			out = append(out, strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), ""), " ", "-"))
		}
	}
	return out
}
