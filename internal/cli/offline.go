package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awsenv"
	"github.com/deepstreamhub/platform/internal/awssim"
	simulated "github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/endpoint"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/state"
)

// cloud is the offline AWS while it runs; *awssim.Server and *awssim.Guest are.
type cloud interface {
	Port() int
	Environment() []string // by which an AWS SDK finds its S3, KMS and Backup
	Endpoint() string
	Alone() bool // no other process works on it, and none can from now on
	Close() error
}

// cloudOptions say which cloud is served, and how.
type cloudOptions = awssim.Options

// startCloud serves the offline AWS in this process.
func startCloud(o cloudOptions) (cloud, error) {
	s, err := awssim.Start(o)
	if err != nil {
		return nil, err // not s: a nil *Server in the interface would not be nil
	}
	return s, nil
}

// shareCloud serves the offline AWS in this process, or joins the one that serves it.
func shareCloud(o cloudOptions) (cloud, error) {
	s, guest, err := awssim.Share(o)
	switch {
	case err != nil:
		return nil, err
	case guest != nil:
		return guest, nil
	}
	return s, nil
}

// readHealth asks the account of the environment, or the offline AWS when there is one.
func readHealth(ctx context.Context, offline cloud, region string, p *health.Part) (health.Reading, error) {
	account := health.Account{}
	if offline != nil {
		account = health.Account{Endpoint: "http://" + offline.Endpoint(), Key: awsenv.Get(offline.Environment(), "AWS_ACCESS_KEY_ID"), KeySecret: endpoint.SecretKey}
	}
	return account.Read(ctx, region, p)
}

// offlinePassphrase encrypts the secrets in offline states that an earlier hub made, or a stock pulumi; see deploy.HubKey. It protects
// nothing: there is nothing real in there.
const offlinePassphrase = "offline"

// dirs are the folders of a project's offline mode. They live in the project, where git ignores them, apart from any
// real state.
type dirs struct {
	base   string // what the engine may take for its homes
	cloud  string // the offline AWS
	state  string // the engine's state
	stacks string // a copy of Pulumi.yaml and the stack file for each stack
}

func offlineDirs(root string) dirs { return dirsBelow(filepath.Join(root, ".hub", "offline")) }

// blankDirs are those of the offline account that was blank at first.
func blankDirs(root string) dirs { return dirsBelow(filepath.Join(root, ".hub", "blank")) }

// dirs are the folders of the session's offline account.
func (s *session) dirs() dirs {
	if s.blank {
		return blankDirs(s.root)
	}
	return offlineDirs(s.root)
}

// accountAtFirst is what the session's offline account holds before anything is deployed into it.
func (s *session) accountAtFirst() *simulated.Account {
	if s.blank {
		return s.own(simulated.BlankAccount())
	}
	return s.own(simulated.DefaultAccount())
}

// own makes an account the project's: with the number that bootstrap's settings name, the organisation's names, the zones
// of its hostnames, and the regions that its stack files name besides those that are declared, with the machine images
// that they take there.
func (s *session) own(account *simulated.Account) *simulated.Account {
	id, err := config.Account(s.root) // whoever deploys hears what is wrong with the file
	if id = config.Unmarked(id); err != nil || id == "" {
		id = account.ID
	}
	var zones []string
	for _, stack := range config.Stacks(s.root) { // and so does whoever deploys one whose file cannot be read
		if p, _ := config.PlaceOf(s.root, stack); p.Zone != "" && !slices.Contains(zones, p.Zone) {
			zones = append(zones, p.Zone)
		}
	}
	account.Give(string(s.organisation), id, zones)
	for _, stack := range config.Stacks(s.root) {
		p, _ := config.PlaceOf(s.root, stack) // as above
		if _, declared := account.Regions[p.Region]; declared || len(config.ZoneIDs(p.Region)) == 0 {
			continue
		}
		account.AddRegion(p.Region, config.ZoneIDs(p.Region), simulated.StandardImage(p.AMI, p.Architecture))
	}
	return account
}

func dirsBelow(base string) dirs {
	return dirs{
		base: base, cloud: filepath.Join(base, "cloud"), state: filepath.Join(base, "state"), stacks: filepath.Join(base, "stacks"),
	}
}

// backend is the state folder as the engine wants it.
func (d dirs) backend() string {
	return state.Folder(d.state)
}

// environment is the whole environment of an engine on the offline AWS at port; with port 0 it knows of none, which
// is enough to read the state.
func (d dirs) environment(environ []string, port int, aws ...string) []string {
	o := engine.Offline{Dir: d.base, Backend: d.backend(), Passphrase: offlinePassphrase}
	o.AWS = aws
	if port != 0 {
		o.Providers = map[string]int{"aws": port}
	}
	return engine.OfflineEnvironment(environ, o)
}

// stock is what a stock pulumi needs in addition to the caller's own environment to use the offline AWS at port and the
// state at backend, instead of any account or state that the environment leads to. A stack file that names no secrets
// provider takes the one that the state was written with.
func (d dirs) stock(backend string, port int, aws ...string) []string {
	env := slices.DeleteFunc(d.environment(nil, port, aws...), func(kv string) bool {
		return strings.HasPrefix(kv, "HOME=") || strings.HasPrefix(kv, "PULUMI_BACKEND_URL=")
	})
	return slices.Concat([]string{"PULUMI_BACKEND_URL=" + backend, "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true"}, env)
}

// makeState makes the state's folder, which the engine wants to find.
func (d dirs) makeState() error { return os.MkdirAll(d.state, 0o755) }
