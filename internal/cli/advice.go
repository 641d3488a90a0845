package cli

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
)

// here is the flag by which another command works where this one did, behind a space; empty for the real account.
func (f flags) here() string {
	switch {
	case !f.offline:
		return ""
	case f.account != "":
		return " --offline=" + f.account
	}
	return " --offline"
}

// guide adds that flag to every command of hub that a text advises on one of some stacks, or at the end of a line. Whoever
// writes such a text, in whatever package, knows nothing of accounts: typed as it stands it would go to the real one.
func guide(root *cobra.Command, f flags, stacks []string, text string) string {
	if !f.offline {
		return text
	}
	end := `[ \t]*$`
	if len(stacks) > 0 {
		names := make([]string, len(stacks)) // the longest first: one may begin with another
		for i, name := range slices.SortedFunc(slices.Values(stacks), func(a, b string) int { return len(b) - len(a) }) {
			names[i] = regexp.QuoteMeta(name)
		}
		end = `(?:\s+(?:` + strings.Join(names, "|") + `))+(?:\s+--offline|[^a-z0-9-]|$)|` + end
	}
	command := regexp.MustCompile(`(?m)\bhub\s+[a-z-]+(?:[ \t]+[a-z]+)?(?:` + end + `)`)
	return command.ReplaceAllStringFunc(text, func(match string) string {
		line := strings.TrimRight(match, " .,;:)'\"`\t\n")
		named, on, err := root.Find(strings.Fields(line)[1:])
		if err != nil || named.Flags().Lookup("offline") == nil || len(on) > 0 && !slices.Contains(stacks, on[len(on)-1]) {
			return match
		}
		return line + f.here() + match[len(line):]
	})
}

// guide has an error of a command on some stacks advise commands on the same account.
func (a App) guide(err error, f flags, stacks []string) error {
	var advised interface{ Advice() string }
	if !f.offline || !errors.As(err, &advised) {
		return err
	}
	return explainedError{err, guide(a.root(), f, stacks, advised.Advice())}
}

// guided is App.guide for the session.
func (s *session) guided(err error) error { return s.guide(err, s.flags, s.around()) }

// around are the stacks that advice may be about: those of the command, and those that have a file.
func (s *session) around() []string { return slices.Concat(s.stacks, config.Stacks(s.root)) }
