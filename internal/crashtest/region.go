package crashtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"google.golang.org/grpc"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
)

// Subject is the stack whose crashes are tried.
type Subject struct {
	Stack   string
	Project string         // Pulumi.yaml's name
	Root    string         // folder with Pulumi.yaml
	Account *cloud.Account // what the offline AWS holds at first; nil: cloud.DefaultAccount
	Program pulumi.RunFunc
	Changed pulumi.RunFunc            // the program of the update
	OnError map[string]deploy.OnError // error hooks of both
	Engine  engine.Engine
	Environ []string // the caller's environment, of which the engine gets what it needs
}

// region is the subject in a folder of its own: an offline AWS, a state, a driver.
type region struct {
	aws     *awssim.Server
	driver  *deploy.Driver
	state   string                         // file of the checkpoint
	program atomic.Pointer[pulumi.RunFunc] // what runs now
}

// The folders of a region.
func cloudDir(dir string) string { return filepath.Join(dir, "cloud") }
func stateDir(dir string) string { return filepath.Join(dir, "state") }

func cloudFile(dir string) string { return filepath.Join(cloudDir(dir), "cloud.json") }

// opening says how a region is opened.
type opening struct {
	around  grpc.UnaryServerInterceptor // sees every call to AWS; nil: nobody does
	settled bool                        // nothing is left over in the state
	safe    bool                        // nobody kills what runs: state and cloud are written at its end alone
}

// open starts the offline AWS on what is in dir and opens the stack in it.
func (s Subject) open(ctx context.Context, dir string, o opening) (*region, error) {
	root := filepath.Join(dir, "root")
	if err := s.copyProject(root); err != nil {
		return nil, err
	}
	aws, err := awssim.Start(awssim.Options{Dir: cloudDir(dir), Account: s.Account, Around: o.around, AtClose: o.safe})
	if err != nil {
		return nil, err
	}
	backend := state.Folder(stateDir(dir))
	env := engine.OfflineEnvironment(s.Environ, engine.Offline{
		Dir: dir, Backend: backend, Providers: map[string]int{"aws": aws.Port()}, AWS: aws.Environment(),
	})
	if o.safe {
		env = append(env, engine.Unwatched...)
	}
	r := &region{aws: aws, state: stateFile(stateDir(dir), s.Project, s.Stack)}
	r.program.Store(&s.Program)
	r.driver, err = deploy.Open(ctx, s.Engine, deploy.Target{
		Stack: s.Stack, Project: s.Project, Root: root, Backend: backend, Secrets: deploy.HubKey, Env: env, Settled: o.settled,
		Program: func(ctx *pulumi.Context) error { return (*r.program.Load())(ctx) }, OnError: s.OnError,
	})
	if err != nil {
		return nil, errors.Join(err, aws.Close())
	}
	return r, nil
}

func (r *region) close() error { return errors.Join(r.driver.Close(), r.aws.Close()) }

// copyProject copies Pulumi.yaml without the stack's own file: the program has its configuration already.
func (s Subject) copyProject(root string) error {
	text, err := os.ReadFile(filepath.Join(s.Root, "Pulumi.yaml"))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(root, "Pulumi.yaml"), text, 0o600)
}
