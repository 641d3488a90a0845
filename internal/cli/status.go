package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

func (a App) status() *cobra.Command {
	var f flags
	var quick bool
	c := &cobra.Command{
		Use:   "status [STACK...]",
		Short: "Say which stacks there are, what is deployed, and how they are",
		Long: `status says of every stack, or of those that are named, what is deployed: from which commit,
when, by whom and how that ended; who holds it; when it expires; and, by asking AWS as hub
health does, whether it works. With --quick nobody asks AWS.`,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.status(c.Context(), quick)
		},
	}
	f.addRead(c)
	c.Flags().BoolVar(&quick, "quick", false, "do not ask AWS whether regions work")
	return c
}

// pendingShown is how many of the things that are under way are shown, of which an up has a hundred. JSON has all.
const pendingShown = 10

// standing is how one stack stands.
type standing struct {
	Stack     string         `json:"stack"`
	File      bool           `json:"file"`               // there is a stack file here
	Resources int            `json:"resources"`          // components left out
	Last      *state.Version `json:"last,omitempty"`     // deployment
	Pending   []string       `json:"pending,omitempty"`  // begun and not ended
	Rotating  []string       `json:"rotating,omitempty"` // tiers whose password is being changed: hub rotate goes on
	Locks     []string       `json:"locks,omitempty"`    // who holds it
	Expires   *time.Time     `json:"expires,omitempty"`  // of a short-lived stack
	Expired   bool           `json:"expired,omitempty"`  // that is over
	Damage    string         `json:"damage,omitempty"`   // of its state
	Health    *wellness      `json:"health,omitempty"`   // absent where nobody asked, or nothing is there to ask about
	Unknown   string         `json:"unknown,omitempty"`  // why health could not be told
}

func (s *session) status(ctx context.Context, quick bool) error {
	defer s.close()
	named := len(s.stacks) > 0
	in, project, err := s.openState(ctx, "")
	if err != nil {
		return err
	}
	if err := s.knownStacks(ctx, in, project); err != nil {
		return err
	}
	all := make([]standing, len(s.stacks))
	if err := s.each(func(i int) (err error) {
		all[i], err = s.standing(ctx, in, project, s.stacks[i])
		return err
	}); err != nil {
		return s.orInterrupted(ctx, err)
	}
	if named {
		for _, st := range all {
			if !st.File && st.Resources == 0 && st.Last == nil && st.Damage == "" {
				return s.unknown(ctx, in, project, fmt.Sprintf("status %s: there is no such stack", st.Stack))
			}
		}
	}
	if !quick {
		if err := s.askHealth(ctx, all); err != nil {
			return err
		}
	}
	return s.writeStatus(all)
}

// knownStacks makes all stacks the session's that have a state or a file, unless some were named.
func (s *session) knownStacks(ctx context.Context, in *store.Store, project string) error {
	if len(s.stacks) > 0 {
		return nil
	}
	deployed, err := in.Stacks(ctx, project)
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	s.stacks = slices.Concat(deployed, config.Stacks(s.root))
	slices.Sort(s.stacks)
	s.stacks = slices.Compact(s.stacks)
	return nil
}

// standing reads how a stack stands from its state, without an engine.
func (s *session) standing(ctx context.Context, in *store.Store, project, stack string) (standing, error) {
	st := standing{Stack: stack, File: slices.Contains(config.Stacks(s.root), stack)}
	c, err := in.Checkpoint(ctx, project, stack)
	if damaged, ok := errors.AsType[*store.Damaged](err); ok {
		st.Damage = damaged.Why.Error()
	} else if err != nil {
		return st, s.explained(err)
	}
	if c != nil {
		st.Resources, st.Pending, st.Rotating = c.InCloud, c.Pending, program.UnderWay(c.StagingLabels)
		if !c.Expires.IsZero() {
			st.Expires, st.Expired = &c.Expires, s.Now().After(c.Expires)
		}
	}
	if st.Last, err = in.Last(ctx, project, stack); err != nil {
		return st, err
	}
	if st.Last != nil {
		st.Last.Resources = st.Resources
	}
	locks, err := in.Locks(ctx, project, stack, s.Now())
	for _, j := range locks {
		st.Locks = append(st.Locks, j.Describe(j.At))
	}
	return st, err
}

// askHealth asks AWS how those are that hold something. What cannot be told is told as that: one stack must not hide the
// others.
func (s *session) askHealth(ctx context.Context, all []standing) error {
	listed := s.stacks
	defer func() { s.stacks = listed }()
	for i := range all {
		if all[i].Resources == 0 || all[i].Damage != "" {
			continue
		}
		s.stacks = []string{all[i].Stack}
		found, err := s.healthOfOne(ctx)
		s.closeStacks()
		switch {
		case ctx.Err() != nil:
			return s.orInterrupted(ctx, err)
		case err != nil:
			all[i].Unknown = err.Error()
		default:
			all[i].Health = found
		}
	}
	return nil
}

func (s *session) healthOfOne(ctx context.Context) (*wellness, error) {
	states, err := s.readStates(ctx)
	if err != nil {
		return nil, err
	}
	parts := health.From(states[0])
	if len(parts) == 0 {
		return nil, errors.New("it holds no service")
	}
	if err := s.startAWS(); err != nil {
		return nil, err
	}
	found, err := s.look(ctx, []health.Parts{parts})
	if err != nil {
		return nil, err
	}
	return &found[0], nil
}

func (s *session) writeStatus(all []standing) error {
	for _, st := range all {
		var err error
		if s.json {
			err = json.NewEncoder(s.Out).Encode(st)
		} else {
			_, err = fmt.Fprintln(s.Out, s.Terminal.Wrap(guide(s.App.root(), s.flags, s.around(), st.String())))
		}
		if err != nil {
			return fmt.Errorf("write status: %w", err)
		}
	}
	return nil
}

// String is a paragraph on the stack: its name and what it holds, then a line for each thing to know.
func (st standing) String() string {
	lines := []string{fmt.Sprintf("%s: %d resources", st.Stack, st.Resources)}
	if st.Resources == 0 {
		lines[0] = st.Stack + ": nothing is deployed"
	}
	add := func(name, text string) {
		if text != "" {
			lines = append(lines, fmt.Sprintf("  %-8s %s", name, text))
		}
	}
	if st.Last != nil {
		add("last", moment(st.Last.Written)+" "+strings.Join(slices.DeleteFunc(deploymentOf(*st.Last), func(cell string) bool { return cell == "" }), ", "))
	}
	if st.Damage != "" {
		add("state", "damaged: "+st.Damage)
	}
	name, shown := "pending", min(len(st.Pending), pendingShown)
	for _, what := range st.Pending[:shown] {
		add(name, what)
		name = ""
	}
	if more := len(st.Pending) - shown; more > 0 {
		add("", fmt.Sprintf("and %d more", more))
	}
	for _, tier := range st.Rotating {
		add("rotates", "the password of the "+tier+", half way: hub rotate "+tier+" "+st.Stack)
	}
	switch {
	case st.Unknown != "":
		add("health", "unknown: "+strings.ReplaceAll(st.Unknown, "\n", " "))
	case st.Health != nil && st.Health.Healthy:
		add("health", "works: "+st.Health.Looked)
	case st.Health != nil:
		add("health", "does not work: "+summary(st.Health.Problems))
	}
	add("locks", strings.Join(st.Locks, "; "))
	if st.Expires != nil {
		text := moment(*st.Expires)
		if st.Expired {
			text += ", which is over: hub reap"
		}
		add("expires", text)
	}
	if !st.File {
		add("file", "none here")
	}
	return strings.Join(lines, "\n")
}
