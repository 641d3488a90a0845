package cli

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/progress"
)

func (a App) bootstrap() *cobra.Command {
	var f flags
	c := &cobra.Command{
		Use:   "bootstrap",
		Short: "Make in an AWS account what regions need there once",
		Long: `bootstrap makes in an AWS account what regions need there once: the bucket with the
state, the keys, the roles that GitHub's jobs take, image repositories, the hosted zone,
and the settings that every account should have. An administrator runs it.

What the account has already is adopted: it comes into the state as it is, and is then
made what bootstrap/Pulumi.production.yaml says.

With --offline it works on an account of its own that is blank at first.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.parse(c, f, []string{settings.Stack})
			if err != nil {
				return err
			}
			s.blank = true
			return s.bootstrap(c.Context())
		},
	}
	f.addChange(c)
	return c
}

// bootstrapDir is the folder of the account's own project.
const bootstrapDir = "bootstrap"

func (s *session) bootstrap(ctx context.Context) error {
	cfg, err := s.deps.settings(filepath.Join(s.root, bootstrapDir), s.offline)
	if err != nil {
		return configError{err}
	}
	if err := s.canAsk(); err != nil {
		return err
	}
	defer s.close()
	if err := s.findEngine(ctx); err != nil {
		return err
	}
	if err := s.startAWS(); err != nil {
		return err
	}
	adopt := true
	if err := s.openAccount(ctx, cfg, &adopt); err != nil {
		return err
	}

	// The preview tells what there is to adopt. What is in the state by now is not imported again.
	plans, err := s.run(ctx, true, driver.Preview, deploy.Options{})
	if err != nil {
		return err
	}
	adopt = imports(plans)
	if !s.yes {
		if err := s.showAccount(ctx, plans, adopt); err != nil {
			return err
		}
	}
	if adopt {
		s.say("Adopting what the account has already.")
		if plans, err = s.run(ctx, false, driver.Up, deploy.Options{}); err != nil {
			return s.finish(plans, err)
		}
		adopt = false
	}
	plans, err = s.run(ctx, false, driver.Up, deploy.Options{})
	return s.finish(plans, err)
}

// openAccount opens the stack of the account's own project. The program reads adopt whenever it runs.
func (s *session) openAccount(ctx context.Context, cfg settings.Settings, adopt *bool) error {
	t := deploy.Target{
		Stack: settings.Stack, Project: settings.Project, Root: filepath.Join(s.root, bootstrapDir), Program: s.deps.account(cfg, adopt),
		Parallel: s.parallel, Force: s.Force, Now: s.Now,
	}
	if s.offline {
		dirs := s.dirs()
		t.Env, t.Backend, t.WorkDir = dirs.environment(s.Environ, s.cloud.Port()), dirs.backend(), filepath.Join(dirs.stacks, bootstrapDir)
	} else {
		secrets, err := secretsProvider(t.Root, t.Stack)
		if err != nil {
			return err
		}
		t.Env, t.Secrets = engine.Environment(s.Environ), secrets
	}
	d, err := s.deps.open(ctx, s.engine, t)
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	s.drivers = []driver{d}
	return nil
}

// showAccount shows what would change and asks whether to go on.
func (s *session) showAccount(ctx context.Context, plans []plan.Plan, adopt bool) error {
	for _, p := range plans {
		if err := progress.WriteChanges(s.Err, p, true); err != nil {
			return err
		}
	}
	if unchanged(plans) {
		return nil
	}
	if adopt {
		s.say("What is imported is then made what %s says, which this preview does not show.", filepath.Join(bootstrapDir, "Pulumi."+settings.Stack+".yaml"))
	}
	return s.confirm(ctx, "Make these changes?")
}

// imports reports whether a plan takes something into the state that is there already.
func imports(plans []plan.Plan) bool {
	return slices.ContainsFunc(plans, func(p plan.Plan) bool { return p.Count()[plan.OpImport] > 0 })
}

// finish reports what was done, and the outputs where all went well.
func (s *session) finish(plans []plan.Plan, err error) error {
	if reportErr := s.report(plans, err == nil); reportErr != nil && err == nil {
		return reportErr
	}
	if err != nil || s.json {
		return err
	}
	return s.writeOutputs(outputsOf(plans), false)
}

// loadSettings reads the settings of the account.
func loadSettings(dir string, offline bool) (settings.Settings, error) {
	return settings.Read(dir, settings.Stack, config.Options{Offline: offline})
}
