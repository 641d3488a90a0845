package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/state"
)

// exitShort is the exit code when an account has too little of something.
const exitShort = 7

func (a App) doctor() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "doctor STACK...",
		Short: "Say whether the account has room for regions",
		Long: `doctor asks AWS what the account's quotas leave of what regions need that do not stand
yet: VPCs, elastic addresses, vCPUs of hosts at the peak. The exit code is 7 when there is
too little. The first up of a region asks the same before it makes anything.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.doctor(c.Context())
		},
	}
	f.addRead(c)
	return c
}

func (s *session) doctor(ctx context.Context) error {
	if err := s.validate(); err != nil {
		return err
	}
	defer s.close()
	if err := s.findEngine(ctx); err != nil {
		return err
	}
	if err := s.startAWS(); err != nil {
		return err
	}
	found, err := s.deps.doctor(ctx, s, s.stacks)
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	for _, f := range found {
		if s.json {
			type finding program.Finding // without its methods
			err = json.NewEncoder(s.Out).Encode(struct {
				finding
				Enough bool `json:"enough"`
			}{finding(f), f.Enough()})
		} else {
			_, err = fmt.Fprintln(s.Out, f)
		}
		if err != nil {
			return fmt.Errorf("write findings: %w", err)
		}
	}
	return short(found)
}

// askDoctor asks the same for those of the stacks that a preview shows to be new. What cannot be asked is no reason to
// stop: AWS has the last word.
func (s *session) askDoctor(ctx context.Context, plans []plan.Plan) error {
	var fresh []string
	for _, p := range plans {
		made := func(step plan.Step) bool { return step.Type == "aws:ec2/vpc:Vpc" && step.Op == plan.OpCreate }
		if slices.ContainsFunc(p.Steps, made) {
			fresh = append(fresh, p.Stack)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	found, err := s.deps.doctor(ctx, s, fresh)
	if err != nil {
		if ctx.Err() != nil {
			return s.orInterrupted(ctx, err)
		}
		s.say("Whether the account has room for this could not be asked: %v", err)
		return nil
	}
	for _, f := range found {
		if f.Unknown != "" {
			s.say("%s", f)
		}
	}
	return short(found)
}

// short is what an account has too little of, nil for nothing.
func short(found []program.Finding) error {
	var lines []string
	for _, f := range found {
		if !f.Enough() {
			lines = append(lines, "  "+f.String())
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return shortError(lines)
}

// shortError is an account without room.
type shortError []string

func (e shortError) Error() string {
	return "look at the account: it has too little left for what is asked\n" + strings.Join(e, "\n")
}

// ExitCode is exitShort.
func (e shortError) ExitCode() int { return exitShort }

// Advice says how to get more.
func (e shortError) Advice() string {
	return "Nothing was made. Ask for more with `aws service-quotas request-service-quota-increase --service-code <service> --quota-code <code> --desired-value <n>`,\n" +
		"in the region, and run it again once AWS has granted it; or make less of the region (service.peakConnections, network.nat)."
}

// runDoctor asks through the engine, in a stack of its own that is thrown away: one way serves the real AWS and the offline
// one, and no state is touched.
func runDoctor(ctx context.Context, s *session, stacks []string) ([]program.Finding, error) {
	cfgs := map[string]config.Config{}
	for _, name := range stacks {
		cfg, err := s.deps.load(s.root, name, s.offline)
		if err != nil {
			return nil, err
		}
		cfgs[name] = cfg
	}
	dir, err := os.MkdirTemp("", "hub-doctor-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: "+s.organisation.Project()+"\nruntime: go\n"), 0o600); err != nil {
		return nil, err
	}
	var found []program.Finding
	d, err := s.deps.open(ctx, s.engine, deploy.Target{
		Stack: "doctor", Project: s.organisation.Project(), Root: dir, Backend: state.Folder(filepath.Join(dir, "state")), Program: program.Doctor(cfgs, &found),
		Env: s.environment(), Blind: true, Force: s.Force, Now: s.Now,
	})
	if err != nil {
		return nil, err
	}
	_, err = d.Preview(ctx, deploy.Options{Events: func(plan.Event) {}})
	if closed := d.Close(); err == nil {
		err = closed
	}
	return found, err
}
