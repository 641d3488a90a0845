package progress_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/internal/progress"
)

func TestWrap(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "",
		"ten wide..":               "ten wide..",
		"eleven wide":              "eleven\n  wide",
		"  an indent stays":        "  an\n    indent\n    stays",
		"a wordthatistoolong b":    "a\n  wordthatistoolong\n  b",
		"wordthatistoolong":        "wordthatistoolong",
		"one two\nthree four five": "one two\nthree four\n  five",
		"über über ü":              "über über\n  ü",
		"ends wide \n":             "ends wide \n",
	} {
		require.Equal(t, want, progress.Wrap(text, 10), "%q", text)
	}
	require.Equal(t, "as it is", progress.Wrap("as it is", 0))
}

// No line is wider than it may be unless it is one word, and no word is lost or cut.
func TestWrapKeepsWords(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.StringMatching(`[a-zü]{1,12}|\n`)).Draw(t, "words"), " ")
		width := rapid.IntRange(1, 40).Draw(t, "width")
		got := progress.Wrap(text, width)
		require.Equal(t, strings.Fields(text), strings.Fields(got))
		for _, line := range strings.Split(got, "\n") {
			words := strings.Fields(line)
			require.True(t, utf8.RuneCountInString(line) <= width || len(words) == 1, "%q", line)
		}
	})
}
