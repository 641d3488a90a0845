package cli

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/blind"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/progress"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// App is the command line and all it may touch of the process that it runs in.
type App struct {
	In      io.Reader
	Out     io.Writer // data
	Err     io.Writer // talk
	Dir     string    // working folder, absolute
	Environ []string  // KEY=VALUE

	Now      func() time.Time
	Every    func(time.Duration) (ticks <-chan time.Time, stop func())
	Terminal Terminal
	Force    <-chan struct{} // closed when the operator wants an interrupted engine killed

	deps deps
}

// Terminal says what sits at the ends of the streams.
type Terminal struct {
	Asks bool                       // somebody can be asked: In and Err are terminals
	Size func() (width, height int) // of the terminal that Err is; nil when it is none
}

// Wrap breaks lines at spaces where they are wider than the terminal. Without one the text stays as it is.
func (t Terminal) Wrap(text string) string {
	if t.Size == nil {
		return text
	}
	width, _ := t.Size()
	return progress.Wrap(text, width)
}

// driver runs operations on one stack; *deploy.Driver does.
type driver interface {
	Preview(context.Context, deploy.Options) (plan.Plan, error)
	Up(context.Context, deploy.Options) (plan.Plan, error)
	Refresh(context.Context, deploy.Options) (plan.Plan, error)
	Destroy(context.Context, deploy.Options) (plan.Plan, error)
	TakeDown(context.Context, deploy.Options) (plan.Plan, error)
	State(context.Context) (plan.State, error)
	Stored(context.Context) (plan.State, error)
	Whole(context.Context) (plan.State, error)
	Checkpoint(context.Context) (string, error)
	Outputs(context.Context) (map[string]plan.Output, error)
	Remove(context.Context) error
	Blinded() []blind.Secret
	Close() error
}

// deps are the packages that commands work with. Tests put doubles in their place.
type deps struct {
	load       func(root, stack string, offline bool) (config.Config, error)
	clashes    func(map[string]config.Config) error
	findEngine func(context.Context, engine.Options) (engine.Engine, error)
	open       func(context.Context, engine.Engine, deploy.Target) (driver, error)
	listStacks func(context.Context, engine.Engine, deploy.Target) (open, closed []string, err error)
	openState  func(context.Context, deploy.Target) (*store.Store, error)
	judge      func(plan.State) error // whether a stack with this checkpoint may be destroyed
	program    func(root string, offline bool, rotation *program.Rotation) pulumi.RunFunc
	move       func(ctx context.Context, e engine.Engine, from, to deploy.Target) (resources int, err error)
	region     func(config.Config) pulumi.RunFunc
	startCloud func(cloudOptions) (cloud, error) // for this process alone
	shareCloud func(cloudOptions) (cloud, error)
	settings   func(dir string, offline bool) (settings.Settings, error)
	// bootstrapped has later commands with --offline work on the account of these folders.
	bootstrapped func(dirs) error
	account      func(s settings.Settings, adopt *bool) pulumi.RunFunc
	commit       func(ctx context.Context, root string, environ []string) (hash string, changed bool)
	doctor       func(ctx context.Context, s *session, stacks []string) ([]program.Finding, error)
	readHealth   func(ctx context.Context, offline cloud, region string, p *health.Part) (health.Reading, error)
}

// Run runs the command that args, without the program's name, ask for. When ctx ends, engines are interrupted once
// and finish what they have under way. Errors from before a command started are usage errors, with exit code 2.
func (a App) Run(ctx context.Context, args []string) error {
	if a.deps.open == nil {
		a.deps = production(a.Now)
	}
	started := false
	written := &counter{to: a.Out}
	a.Out = written
	root := a.root()
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args)
	root.SetIn(a.In)
	root.SetOut(a.Out)
	root.SetErr(a.Err)
	ran, err := root.ExecuteContextC(ctx)
	if err != nil && !started {
		err = usageError{err, ran.CommandPath()}
	}
	if flag := ran.Flags().Lookup("offline"); flag != nil {
		if offline, ok := flag.Value.(offlineValue); ok {
			folder, _ := findRoot(offline.f.dir, a.Dir) // without one nothing was begun
			err = a.guide(err, *offline.f, slices.Concat(ran.Flags().Args(), config.Stacks(folder)))
		}
	}
	if err != nil && written.bytes == 0 && ran.Flags().Lookup("json") != nil && slices.ContainsFunc(args, asksForJSON) {
		if unwritten := writeFailure(a.Out, "", err); unwritten != nil {
			return errors.Join(err, unwritten)
		}
	}
	return err
}

func (a App) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "hub",
		Short: "Bring regions of the deepstreamHub platform up and down",
		Long: `hub brings regions of the deepstreamHub platform up and down.

Each region is a stack with a file Pulumi.<stack>.yaml. Commands take one or several
stacks and work on all of them at once. With --offline everything happens on this
machine: no AWS account, no login, and nothing outside .hub/ is written.`,
		Example: `  hub up prod-eu prod-us --offline     try both regions without an AWS account
  hub preview prod-eu                  see what an up would change
  hub outputs prod-eu --json           read a region's endpoints`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.Version = version(debug.ReadBuildInfo())
	root.Flags().Bool("version", false, "say from which commit hub was built")
	root.SetVersionTemplate("{{.Version}}\n")
	root.AddCommand(a.up(), a.rotate(), a.preview(), a.refresh(), a.drift(), a.health(), a.doctor(), a.destroy(), a.outputs(), a.status(), a.listStacks(), a.history(), a.config(), a.graph(), a.cost(), a.explore(), a.launchTime(),
		a.initialise(), a.newStack(), a.region(), a.reap(), a.pin(), a.publish(), a.bootstrap(), a.unlock(), a.stateCommands(), a.offlineAWS(), a.offlineCommands())
	root.SetFlagErrorFunc(flagProblem)
	setHelp(root)
	return root
}
