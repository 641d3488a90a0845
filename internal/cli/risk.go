package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/cost"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/gate"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/prcomment"
	"github.com/deepstreamhub/platform/internal/risk"
)

// clientService is the component whose tasks hold the clients' sockets.
const clientService = "deepstream"

// fleet is what a region of this configuration holds at its peak.
func fleet(cfg config.Config) risk.Fleet {
	z := cfg.Sizes
	return risk.Fleet{
		Service: clientService, Peak: cfg.Service.PeakConnections, Tasks: z.Tasks, PerTask: z.ConnectionsPerTask,
		Hosts: z.Hosts, TasksPerHost: z.TasksPerHost,
		Access: risk.Setting{Variable: deepstream.EnvAuthType, Value: deepstream.AuthWebhook},
	}
}

// assess judges a plan of one of the session's stacks.
func (s *session) assess(p plan.Plan) risk.Assessment { return risk.Assess(p, s.fleets[p.Stack]) }

// refuse judges the plans of a preview that ended with err. Where the engine has refused something because it is
// protected, the gate's refusal takes the place of the engine's: that one advises to take the protection away by hand.
func (s *session) refuse(plans []plan.Plan, most risk.Class, err error) error {
	var errs []error
	failures := byStack(err)
	for _, p := range plans {
		a := s.assess(p)
		verdict := gate.Up(s.verb, a, most)
		if verdict != nil && engineRefused(a) {
			delete(failures, p.Stack)
		}
		errs = append(errs, verdict)
	}
	for _, stack := range slices.Sorted(maps.Keys(failures)) {
		errs = append(errs, failures[stack])
	}
	return joinStacks(errs)
}

// engineRefused reports whether the engine stopped at something protected, and at nothing else.
func engineRefused(a risk.Assessment) bool {
	refused := false
	for _, f := range a.Findings {
		if f.Failed && f.Class != risk.Blocked {
			return false
		}
		refused = refused || f.Failed
	}
	return refused
}

// byStack takes an error apart; what is about no stack is under "".
func byStack(err error) map[string]error {
	out := map[string]error{}
	if err == nil {
		return out
	}
	var several stackErrors
	if !errors.As(err, &several) {
		several = stackErrors{err}
	}
	for _, e := range several {
		var one *deploy.Error
		stack := ""
		if errors.As(e, &one) {
			stack = one.Stack
		}
		out[stack] = errors.Join(out[stack], e)
	}
	return out
}

// writeRisk says how bad a plan is, in a line of its own.
func writeRisk(w io.Writer, a risk.Assessment) error {
	if a.Class == risk.Nothing {
		return nil
	}
	if _, err := fmt.Fprintf(w, "%s risk: %s.\n", a.Stack, a.Headline()); err != nil {
		return fmt.Errorf("write risk: %w", err)
	}
	return nil
}

// writeComments writes one comment a stack, also of previews that failed: that is what a reviewer has to know first.
func (s *session) writeComments(plans []plan.Plan, err error, prices *cost.Prices) error {
	failures := byStack(err)
	for _, p := range plans {
		c := prcomment.Preview{Plan: p, Assessment: s.assess(p)}
		if bill, ok, billErr := s.changed(prices, p); ok {
			c.Cost = bill.Change()
		} else if billErr != nil {
			return billErr
		}
		switch failed := errors.Join(failures[p.Stack], failures[""]); {
		case failed == nil:
		case engineRefused(c.Assessment):
			c.Error = "The engine stops at what is protected, and looks no further."
		default:
			c.Error = failed.Error()
		}
		if _, err := io.WriteString(s.Out, c.Markdown()); err != nil {
			return fmt.Errorf("write comment: %w", err)
		}
	}
	return nil
}
