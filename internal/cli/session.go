package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	simulated "github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/progress"
	"github.com/deepstreamhub/platform/internal/report"
	"github.com/deepstreamhub/platform/internal/risk"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// session is one command at work on its stacks.
type session struct {
	App
	flags
	verb         string
	stacks       []string              // in the order given
	root         string                // project folder
	organisation naming.Organisation   // whose project it is
	blank        bool                  // offline: the account that was blank at first, not the one that was declared
	alone        bool                  // works on the offline account while nobody else does
	blind        bool                  // only looks, and works on states without their secrets
	behaves      cloudOptions          // of the offline AWS, as far as flags decide them
	fleets       map[string]risk.Fleet // by stack, once the configuration was checked
	settle       time.Duration         // after which all stacks have settled, once the configuration was checked

	seen     []string         // the checkpoints that are judged, and asked about, as stacks; nil: none
	rotation program.Rotation // the step of one that the next run of the program is

	recorder *report.Recorder // of what happens when, for a page; nil: nobody asks for one

	telling atomic.Pointer[progress.View] // shows what is under way; nil between operations

	engine  engine.Engine
	cloud   cloud    // offline only
	drivers []driver // as stacks
}

// parse is the first phase. Its errors are usage errors.
func (a App) parse(c *cobra.Command, f flags, stacks []string) (*session, error) {
	s := &session{App: a, flags: f, verb: c.Name(), stacks: stacks}
	var err error
	s.behaves, err = f.check()
	if err = errors.Join(err, config.CheckStacks(stacks...)); err != nil {
		return nil, usageError{err, c.CommandPath()}
	}
	if s.root, err = findRoot(f.dir, a.Dir); err != nil {
		return nil, usageError{err, c.CommandPath()}
	}
	if s.organisation, err = config.OrganisationOf(s.root); err != nil {
		return nil, configError{err}
	}
	s.blank = f.account == accountBlank || f.offline && f.account == "" && blankDirs(s.root).isBootstrapped()
	return s, nil
}

// validate checks the configuration of all stacks and of the stacks together, and reports every problem of all at
// once.
func (s *session) validate() error {
	var problems []error
	loaded := map[string]config.Config{}
	for _, name := range s.stacks {
		cfg, err := s.deps.load(s.root, name, s.offline)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		loaded[name] = cfg
	}
	if err := s.deps.clashes(loaded); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return configError{errors.Join(problems...)}
	}
	s.fleets = map[string]risk.Fleet{}
	for name, cfg := range loaded {
		s.fleets[name] = fleet(cfg)
		s.settle = max(s.settle, time.Duration(cfg.Sizes.SettleSeconds())*time.Second)
	}
	return nil
}

// canAsk refuses a command that would have to ask where nobody can answer.
func (s *session) canAsk() error {
	if s.yes || s.Terminal.Asks {
		return nil
	}
	return refused(
		fmt.Sprintf("%s: this needs a yes and there is no terminal to ask on", strings.Join(append([]string{s.verb}, s.stacks...), " ")),
		"Add --yes to do it without asking.",
	)
}

// findEngine finds the engine, or builds it on first use, and says which one it is; once a session.
func (s *session) findEngine(ctx context.Context) error {
	if s.engine.Path != "" {
		return nil
	}
	e, err := s.deps.findEngine(ctx, engine.Options{ToolsDir: filepath.Join(s.root, "tools"), Progress: wrapping{s.App}, Env: s.Environ})
	if err != nil || ctx.Err() != nil {
		return s.orInterrupted(ctx, err)
	}
	from := "from " + e.Path
	if e.Built {
		from = "built from the version pinned in tools/go.mod: " + e.Path
	}
	s.say("Engine: Pulumi %s, %s.", e.Version, from)
	s.engine = e
	return nil
}

// start makes the session ready to change something: the engine, the offline AWS where one is wanted, and all stacks.
// Whoever calls it calls close, even on failure.
func (s *session) start(ctx context.Context, existing bool) error {
	if err := s.findEngine(ctx); err != nil {
		return err
	}
	if err := s.startAWS(); err != nil {
		return err
	}
	return s.open(ctx, existing)
}

// startAWS starts the offline AWS in offline mode. The real one runs.
func (s *session) startAWS() error {
	if !s.offline || s.cloud != nil {
		return nil
	}
	if s.blank && s.account == "" {
		s.say("Offline account: the one that hub bootstrap made, in .hub/blank. --offline=declared takes the other.")
	}
	if err := s.cloudOfState(); err != nil {
		return err
	}
	opts := s.behaves
	opts.Dir, opts.Account = s.dirs().cloud, s.accountAtFirst()
	if _, err := os.Stat(opts.Dir); s.verbose || errors.Is(err, fs.ErrNotExist) { // what the account holds is news once
		opts.Log = wrapping{s.App}
	}
	start := s.deps.shareCloud
	if s.alone {
		start = s.deps.startCloud
	}
	served, err := start(opts)
	if damaged, ok := errors.AsType[*simulated.Damaged](err); ok {
		return explainedError{fmt.Errorf("start offline AWS: %w", err), "Nothing was started, and " + filepath.Base(damaged.Path) + " is kept as it is. Nothing real is lost: it is an account of this machine alone.\n" +
			"Put the file back, or begin with an empty account: rm -r " + s.dirs().base}
	}
	if err != nil {
		return notStarted(err)
	}
	s.cloud = served
	return nil
}

// notStarted is the error of an offline AWS that cannot be served or joined. It is held then as a stack is.
func notStarted(err error) error {
	what := fmt.Errorf("start offline AWS: %w", err)
	if inUse, ok := errors.AsType[*simulated.InUse](err); ok {
		return locked(what.Error(), "Run it again once process "+inUse.Process+" has ended.")
	}
	return what
}

// cloudOfState refuses to begin with an empty account where the state says that there is something in it: the engine would
// take it for unchanged.
func (s *session) cloudOfState() error {
	dirs := s.dirs()
	if _, err := os.Stat(dirs.cloud); !errors.Is(err, fs.ErrNotExist) || !dirs.hasState() {
		return nil
	}
	in, err := store.Open(context.Background(), dirs.backend(), nil)
	if err != nil {
		return err
	}
	stacks, err := in.Stacks(context.Background(), s.organisation.Project())
	if err != nil {
		return err
	}
	for _, stack := range stacks {
		if c, err := in.Checkpoint(context.Background(), s.organisation.Project(), stack); err == nil && c != nil && c.Resources > 0 {
			return explainedError{
				fmt.Errorf("start offline AWS: %s is missing, although the state of %s holds %d resources in it", dirs.cloud, stack, c.Resources),
				"Nothing was started. Put the folder back, or begin with an empty account: rm -r " + dirs.base,
			}
		}
	}
	return nil
}

// open opens all stacks. Without an offline AWS started before, an offline stack can only be read. A stack that does
// not exist is created, or, with existing, refused.
func (s *session) open(ctx context.Context, existing bool) error {
	if s.blank { // its state is in the account
		if err := s.startAWS(); err != nil {
			return err
		}
	}
	s.drivers = make([]driver, len(s.stacks))
	return s.each(func(i int) error {
		t, err := s.target(s.stacks[i])
		if err != nil {
			return err
		}
		t.Existing, t.Blind, t.Note, t.Run = existing && !s.mayBeNew(s.stacks[i]), s.blind, s.note, runAddress(s.Environ)
		d, err := s.deps.open(ctx, s.engine, t)
		if failed := openError(nil); errors.As(err, &failed) && failed.Missing() {
			if in, openErr := s.deps.openState(ctx, t); openErr == nil && in != nil {
				err = s.unknown(ctx, in, t.Project, err.Error())
			}
		}
		if err != nil {
			return s.orInterrupted(ctx, s.explained(err))
		}
		s.drivers[i] = d
		return nil
	})
}

// mayBeNew reports whether a stack that is only looked at may have no state yet: one that has a file. A name that has neither is
// misspelt.
func (s *session) mayBeNew(stack string) bool {
	return s.blind && slices.Contains(config.Stacks(s.root), stack)
}

// target says where a stack lives: for an offline run in the project's .hub folder, else where the environment and the
// project say.
func (s *session) target(stack string) (deploy.Target, error) {
	t := deploy.Target{
		Stack: stack, Project: s.organisation.Project(), Root: s.root, Program: s.deps.program(s.root, s.offline, &s.rotation), OnError: program.OnError,
		Parallel: s.parallel, Force: s.Force, Now: s.Now, Offline: s.offline,
	}
	if s.offline {
		t.WorkDir = filepath.Join(s.dirs().stacks, stack)
	}
	if s.offline && !s.blank {
		if _, err := config.SecretsProvider(s.root, stack); err != nil { // the engine takes a copy of the file
			return t, configError{err}
		}
		t.Env, t.Backend, t.Secrets = s.environment(), s.dirs().backend(), deploy.HubKey
		return t, nil
	}
	err := s.share(&t)
	return t, err
}

// each calls f for every stack at once and waits for all. A stack that fails does not stop the others.
func (s *session) each(f func(i int) error) error {
	errs := make([]error, len(s.stacks))
	var all sync.WaitGroup
	for i := range s.stacks {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	return joinStacks(errs)
}

// see notes by which checkpoints the stacks are judged from here on: what is then done is done to these alone.
func (s *session) see(ctx context.Context) error {
	s.seen = make([]string, len(s.stacks))
	return s.interruptedOnly(ctx, s.each(func(i int) (err error) {
		s.seen[i], err = s.drivers[i].Checkpoint(ctx)
		return err
	}))
}

// operation is one verb of a driver.
type operation func(driver, context.Context, deploy.Options) (plan.Plan, error)

// run runs an operation on all stacks at once and shows its progress. The plans are in the order of the stacks, also
// of those that failed.
func (s *session) run(ctx context.Context, preview bool, op operation, o deploy.Options) ([]plan.Plan, error) {
	return s.runEach(ctx, preview, op, slices.Repeat([]deploy.Options{o}, len(s.stacks)))
}

// runEach is run with options for each stack, in the order of the stacks.
func (s *session) runEach(ctx context.Context, preview bool, op operation, options []deploy.Options) ([]plan.Plan, error) {
	view := s.view(preview)
	s.telling.Store(view)
	defer s.telling.Store(nil)
	ticks, stop := s.Every(200 * time.Millisecond)
	finished, drawn := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drawn)
		for {
			select {
			case now := <-ticks:
				view.Tick(now)
			case <-finished:
				view.Close(s.Now())
				return
			}
		}
	}()
	noted := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(noted)
		view.Note("Interrupted: finishing what is under way, starting nothing new. Press Ctrl-C again to kill.")
	})

	message := ""
	if !preview {
		message = s.deployment(ctx).String()
	}
	plans := make([]plan.Plan, len(s.stacks))
	err := s.each(func(i int) error {
		var err error
		o := options[i]
		o.Message = message
		o.Events = view.Event
		if s.recorder != nil {
			o.Events = func(e plan.Event) { s.recorder.Event(e); view.Event(e) }
		}
		plans[i], err = op(s.drivers[i], ctx, o)
		if plans[i].Stack == "" {
			plans[i].Stack = s.stacks[i]
		}
		return err
	})
	if !unwatch() {
		<-noted
	}
	close(finished)
	<-drawn
	stop()
	return plans, err
}

func (s *session) view(preview bool) *progress.View {
	switch {
	case s.json && preview == (s.verb == "preview"): // the data is what the command is for, not what it asks about first
		return progress.NewJSON(s.Out, s.Err, s.stacks...)
	case s.Terminal.Size != nil:
		return progress.NewTerminal(s.Err, s.Terminal.Size, preview, s.stacks...)
	default:
		return progress.NewPlain(s.Err, preview, s.stacks...)
	}
}

// close releases what was started. What cannot be released is told, as it does not undo what was done.
func (s *session) close() {
	s.closeStacks()
	if s.cloud != nil {
		if err := s.closeAWS(); err != nil {
			s.say("Closing the offline AWS: %v", err)
		}
	}
}

// closeAWS ends the offline AWS, once no other hub works on it any more.
func (s *session) closeAWS() error {
	if !s.cloud.Alone() {
		s.say("Waiting for another hub that works on this offline account. Ctrl-C twice takes it away from that one.")
		s.waitAlone()
	}
	return s.cloud.Close()
}

// waitAlone waits until no other hub works on the offline AWS, or until the operator will not.
func (s *session) waitAlone() {
	ticks, stop := s.Every(200 * time.Millisecond)
	defer stop()
	for !s.cloud.Alone() {
		select {
		case <-ticks:
		case <-s.Force:
			return
		}
	}
}

func (s *session) closeStacks() {
	for _, d := range s.drivers {
		if d == nil {
			continue
		}
		if err := d.Close(); err != nil {
			s.say("Closing a stack: %v", err)
		}
	}
	s.drivers = nil
}

// say tells the operator something, as whole sentences on a line.
func (s *session) say(format string, args ...any) {
	_, _ = fmt.Fprintln(s.Err, s.Terminal.Wrap(fmt.Sprintf(format, args...))) // nobody to tell when stderr is gone
}

// wrapping writes talk as say does, for whoever wants a writer. It is given whole lines.
type wrapping struct{ to App }

func (w wrapping) Write(text []byte) (int, error) {
	if _, err := io.WriteString(w.to.Err, w.to.Terminal.Wrap(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// again is the command line of another command on the same stacks.
func (s *session) again(command string, flags ...string) string {
	line := s.command(strings.Join(append([]string{command}, s.stacks...), " "))
	return strings.Join(append([]string{line}, flags...), " ")
}

// orInterrupted is the error of something that changes nothing, or the interrupt that ended it.
func (s *session) orInterrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interruptedError{errors.Join(context.Cause(ctx), err)}
	}
	return err
}

// unchanged reports whether no plan has a change.
func unchanged(plans []plan.Plan) bool {
	return !slices.ContainsFunc(plans, func(p plan.Plan) bool { return len(p.Changes()) > 0 })
}
