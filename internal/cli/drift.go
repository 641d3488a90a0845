package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/drift"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/prcomment"
	"github.com/deepstreamhub/platform/internal/values"
)

func (a App) drift() *cobra.Command {
	var f flags
	var markdown bool
	c := &cobra.Command{
		Use:   "drift STACK...",
		Short: "Show what was changed in the cloud behind the state's back",
		Long: `drift reads every resource from the cloud, compares it with the state, and changes neither.
How many tasks and hosts there are is scaling's to choose and no drift. It decrypts no
secret of the state, so what a secret is set to is not judged; it says of what. The exit
code is 5 when something drifted. With --markdown it writes the text of one issue about all stacks.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			if markdown && f.json {
				return usageError{errTwoFormats, c.CommandPath()}
			}
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.drift(c.Context(), markdown)
		},
	}
	f.addRun(c)
	c.Flags().BoolVar(&markdown, "markdown", false, "write the text of an issue to stdout")
	return c
}

// drift goes by the state alone, as a refresh does.
func (s *session) drift(ctx context.Context, markdown bool) error {
	defer s.close()
	s.blind = true
	if err := s.start(ctx, true); err != nil {
		return err
	}
	plans, err := s.run(ctx, true, driver.Refresh, deploy.Options{PreviewOnly: true, Exclude: drift.Unread})
	if err != nil {
		return err
	}
	reports := make([]drift.Report, len(plans))
	for i, p := range plans {
		reports[i] = drift.Of(p, s.drivers[i].Blinded()...)
	}
	if markdown {
		_, err = io.WriteString(s.Out, prcomment.Drift(reports...))
	} else {
		err = s.writeDrift(reports)
	}
	if err != nil {
		return fmt.Errorf("write drift: %w", err)
	}
	return drift.Judge(reports...)
}

// drifted is a stack's drift as JSON.
type drifted struct {
	Stack   string   `json:"stack"`
	Drifted []change `json:"drifted"`
	Scaled  int      `json:"scaled"`  // resources that differ only in what scaling owns
	Looked  int      `json:"looked"`  // resources that were looked at
	Unknown []string `json:"unknown"` // what was not judged, since its value is a secret: resource and property
}

func (s *session) writeDrift(reports []drift.Report) error {
	for _, r := range reports {
		if s.json {
			d := drifted{r.Stack, []change{}, r.Scaled, r.Looked, append([]string{}, r.Unknown...)}
			for _, step := range r.Drifted {
				d.Drifted = append(d.Drifted, change{Step: step, Values: values.Of(step)})
			}
			if err := json.NewEncoder(s.Out).Encode(d); err != nil {
				return err
			}
			continue
		}
		for _, step := range r.Drifted {
			what := "changed"
			if step.Op == plan.OpDelete {
				what = "gone"
			}
			line := fmt.Sprintf("%s %s %s (%s)", r.Stack, what, step.Name, step.Type)
			for _, c := range values.Of(step) {
				line += "\n  " + c.String()
			}
			if _, err := fmt.Fprintln(s.Out, line); err != nil {
				return err
			}
		}
		if r.Looked == 0 {
			s.say("%s: nothing is deployed yet.", r.Stack)
			continue
		}
		s.say("%s: %d of %d resources drifted.", r.Stack, len(r.Drifted), r.Looked)
		if len(r.Unknown) > 0 {
			s.say("%s: not judged, since their values are secret: %s.", r.Stack, strings.Join(r.Unknown, ", "))
		}
	}
	return nil
}
