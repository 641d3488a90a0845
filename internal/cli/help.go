package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/progress"
)

// helpWidth is how wide help is, in characters: what fits every terminal.
const helpWidth = 80

// setHelp keeps the help of a command and of those below it within helpWidth, and refuses to help with what is none.
func setHelp(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"}) // just made
	help.Args = func(_ *cobra.Command, args []string) error {
		c, rest, err := root.Find(args)
		if err == nil && len(rest) > 0 {
			err = fmt.Errorf("unknown command %q for %q", rest[0], c.CommandPath())
		}
		return err
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages |", fmt.Sprintf(".FlagUsagesWrapped %d |", helpWidth)))
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		text := c.Long
		if text == "" {
			text = c.Short
		}
		_, _ = fmt.Fprintf(c.OutOrStdout(), "%s\n\n%s", paragraphs(text), progress.Wrap(c.UsageString(), helpWidth)) // nobody to tell when stdout is gone
	})
}

// paragraphs breaks text anew at helpWidth. Where lines are indented, as in a list, each stays one.
func paragraphs(text string) string {
	all := strings.Split(text, "\n\n")
	for i, p := range all {
		if strings.HasPrefix(p, " ") || strings.Contains(p, "\n ") {
			all[i] = progress.Wrap(p, helpWidth)
			continue
		}
		p = strings.ReplaceAll(p, "\n", " ")
		all[i] = strings.ReplaceAll(progress.Wrap(p, helpWidth), "\n  ", "\n")
	}
	return strings.Join(all, "\n\n")
}
