package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/progress"
)

func (a App) bootstrap() *cobra.Command {
	var f flags
	var move bool
	c := &cobra.Command{
		Use:   "bootstrap",
		Short: "Make in an AWS account what regions need there once",
		Long: `bootstrap makes in an AWS account what regions need there once: the bucket with the
state, the keys, the roles that GitHub's jobs take, image repositories, the hosted zone,
and the settings that every account should have. An administrator runs it.

What the account has already is adopted: it comes into the state as it is, and is then
made what bootstrap/Pulumi.production.yaml says.

Its own state begins on disk, in .hub, since there is no bucket yet. With --move-state it
goes into the bucket, encrypted under the account's key; what was on disk is kept.

With --offline it works on an account of its own that is blank at first, and that other
commands with --offline use from then on.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			s, err := a.parse(c, f, []string{settings.Stack})
			if err != nil {
				return err
			}
			if f.account == accountDeclared {
				return usageError{errors.New("--offline=declared: bootstrap works on the blank account"), c.CommandPath()}
			}
			s.blank = s.offline
			if move {
				return s.moveState(c.Context())
			}
			return s.bootstrap(c.Context())
		},
	}
	f.addChange(c)
	c.Flags().BoolVar(&move, "move-state", false, "only move the state of all this from disk into the bucket")
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
	if err == nil && s.offline {
		err = s.deps.bootstrapped(s.dirs())
	}
	if err == nil && s.accountDirs().hasState() {
		defer s.say("The state of all this is on disk, in %s. Move it into the bucket with: %s", s.accountDirs().state, s.againOnAccount("--move-state"))
	}
	return s.finish(plans, err)
}

// accountTarget is the stack of the account's own project, without a place for its state. The program reads adopt
// whenever it runs.
func (s *session) accountTarget(cfg settings.Settings, adopt *bool) deploy.Target {
	t := deploy.Target{
		Stack: settings.Stack, Project: s.organisation.Bootstrap(), Root: filepath.Join(s.root, bootstrapDir), Program: s.deps.account(cfg, adopt),
		Parallel: s.parallel, Force: s.Force, Now: s.Now, Note: s.note, Run: runAddress(s.Environ), Offline: s.offline,
	}
	if s.offline {
		t.WorkDir = filepath.Join(s.dirs().stacks, bootstrapDir)
	}
	return t
}

// onDisk keeps the state of a target in a folder, which is where it begins: the bucket for it does not exist yet. There
// is no secret in it.
func (s *session) onDisk(t deploy.Target) deploy.Target {
	if t.WorkDir != "" {
		t.WorkDir += "-on-disk" // the engine keeps in the stack file what secrets are encrypted under
	}
	t.Backend = s.accountDirs().backend()
	t.Env = s.environment()
	if s.offline {
		t.Secrets = deploy.HubKey
	} else {
		t.Env = append(t.Env, "PULUMI_CONFIG_PASSPHRASE=")
	}
	return t
}

// accountDirs are the folders of the account's own stack as long as its state is on disk.
func (s *session) accountDirs() dirs {
	if s.offline {
		return s.dirs()
	}
	return dirsBelow(filepath.Join(s.root, ".hub", bootstrapDir))
}

// openAccount opens the stack of the account's own project: where its state is on disk, there; else in the bucket; and
// where there is no bucket, because nothing was ever made, on disk again.
func (s *session) openAccount(ctx context.Context, cfg settings.Settings, adopt *bool) error {
	t := s.accountTarget(cfg, adopt)
	disk := s.onDisk(t)
	if !s.accountDirs().hasState() {
		if err := s.share(&t); err != nil {
			return err
		}
		t.Existing = true
		d, err := s.deps.open(ctx, s.engine, t)
		var failed openError
		switch {
		case err == nil:
			s.drivers = []driver{d}
			return nil
		case errors.As(err, &failed) && failed.Missing():
			return refused(
				fmt.Sprintf("bootstrap: the bucket of %s is there, and the state of what made it is not in it", t.Backend),
				"Whoever made it has the state on disk. It goes into the bucket there with: hub bootstrap --move-state",
			)
		case !errors.As(err, &failed) || !failed.NoBucket():
			return s.orInterrupted(ctx, s.explained(err))
		}
	}
	d, err := s.deps.open(ctx, s.engine, disk)
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	s.drivers = []driver{d}
	return nil
}

// openError is what deploy says of a stack that it cannot open.
type openError interface {
	error
	NoBucket() bool // the bucket for its state does not exist
	Missing() bool  // the bucket does, and the stack is not in it
}

// moveState moves the state of the account's own project into the bucket that it made. What was on disk is kept beside
// its place.
func (s *session) moveState(ctx context.Context) error {
	cfg, err := s.deps.settings(filepath.Join(s.root, bootstrapDir), s.offline)
	if err != nil {
		return configError{err}
	}
	if !s.accountDirs().hasState() {
		return refused(
			fmt.Sprintf("move state: there is none on disk, in %s", s.accountDirs().state),
			"It is in the bucket by now, or nothing was made yet: see hub bootstrap.",
		)
	}
	defer s.close()
	if err := s.findEngine(ctx); err != nil {
		return err
	}
	if err := s.startAWS(); err != nil {
		return err
	}
	to := s.accountTarget(cfg, new(bool))
	from := s.onDisk(to)
	if err := s.share(&to); err != nil {
		return err
	}
	resources, err := s.deps.move(ctx, s.engine, from, to)
	if err != nil {
		return s.orInterrupted(ctx, err)
	}
	kept := s.accountDirs().state + s.Now().UTC().Format(".moved-20060102T150405Z")
	if err := os.Rename(s.accountDirs().state, kept); err != nil {
		return fmt.Errorf("put away the old state: %w", err)
	}
	s.say("The state, %d resources, is in %s now. What was on disk is in %s.", resources, to.Backend, kept)
	return nil
}

// againOnAccount is the command line of another command on the account.
func (s *session) againOnAccount(flag string) string {
	return s.command("bootstrap " + flag)
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
	if reportErr := s.report(plans, err); reportErr != nil && err == nil {
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
