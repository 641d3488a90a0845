package harness

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
)

// Backend is where stacks keep their state.
type Backend struct {
	URL     string // backend URL
	Secrets string // secrets provider; empty: a passphrase
}

// stateRegion is where the harness keeps shared state.
const stateRegion = "eu-central-1"

// SharedState makes a state bucket and key in the account, as its administrator's bootstrap does, and returns their
// addresses. They are the ones of a real account: that they are served here is in the environment alone.
func (a *AWS) SharedState(t testing.TB) Backend {
	t.Helper()
	create := func(typ string, inputs cloud.Map) (string, cloud.Map) {
		t.Helper()
		id, made, err := a.Cloud().Create(t.Context(), stateRegion, typ, inputs)
		require.NoError(t, err)
		return id, made
	}
	_, key := create("aws:kms/key:Key", cloud.Map{"multiRegion": true, "enableKeyRotation": true})
	create("aws:kms/alias:Alias", cloud.Map{"name": Organisation.StateKey(), "targetKeyId": cloud.Str(key, "keyId")})
	bucket, _ := create("aws:s3/bucketV2:BucketV2", cloud.Map{"bucket": Organisation.StateBucket(a.Cloud().Account().ID)})
	create("aws:s3/bucketVersioningV2:BucketVersioningV2", cloud.Map{
		"bucket": bucket, "versioningConfiguration": cloud.Map{"status": "Enabled"},
	})
	create("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", cloud.Map{
		"bucket": bucket,
		"rules": cloud.List[any](cloud.Map{"applyServerSideEncryptionByDefault": cloud.Map{
			"sseAlgorithm": "aws:kms", "kmsMasterKeyId": cloud.Str(key, "arn"),
		}}),
	})
	return Backend{URL: state.Backend(Organisation, a.Cloud().Account().ID, stateRegion), Secrets: state.Secrets(Organisation, stateRegion)}
}

// local is a backend on disk, of the account's own.
func (a *AWS) local() Backend {
	return Backend{URL: state.Folder(a.Dir + "/state"), Secrets: deploy.HubKey}
}

// Option changes how a stack is prepared.
type Option func(*Stack)

// On keeps a stack's state in a backend. Without it, it is on disk and ends with the test.
func On(b Backend) Option { return func(s *Stack) { s.backend = b } }

// Checkpoints has the engine write a stack's checkpoint after every step, as it does for an operator. Without it, it is written
// at the end of a run alone, which takes a seventh of the time: only what a run leaves that is cut off tells the two apart.
func Checkpoints() Option { return func(s *Stack) { s.checkpoints = true } }

// Forced has a stack's engines killed when the channel is closed.
func Forced(force <-chan struct{}) Option { return func(s *Stack) { s.force = force } }

// By runs the stack with that engine.
func By(e engine.Engine) Option { return func(s *Stack) { s.engine = e } }

// Real is the environment of commands to which the offline account is a real one: they find state and key by the
// addresses in the project, and nothing tells them that they are offline.
func (a *AWS) Real(t testing.TB) []string {
	t.Helper()
	return append(a.Environment(),
		"PATH="+os.Getenv("PATH"), "HOME="+t.TempDir(), "XDG_CACHE_HOME="+cacheHome(t), "PULUMI_HOME="+t.TempDir(),
		"PULUMI_DEBUG_PROVIDERS=aws:"+strconv.Itoa(a.Port()),
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true", "PULUMI_SKIP_UPDATE_CHECK=true",
	)
}

// cacheHome is where the engine was built, since HOME does not lead there.
func cacheHome(t testing.TB) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	require.NoError(t, err)
	return dir
}

// RealProject is a project whose placeholders were replaced.
func RealProject(t testing.TB, b *Binaries) *Project {
	t.Helper()
	p := NewProject(t, b)
	for _, file := range []string{"Pulumi.prod-eu.yaml", "Pulumi.prod-us.yaml"} {
		p.Edit(file, "ami: placeholder:", "ami: ")
		p.Edit(file, "image: placeholder:", "image: ")
		p.Edit(file, "webhook: placeholder:", "webhook: ")
	}
	p.Edit("bootstrap/Pulumi.production.yaml", "id: placeholder:111122223333", `id: "111122223333"`)
	return p
}

// Command runs hub in the project with exactly the environment given.
func (p *Project) Command(env []string, args ...string) Result {
	p.t.Helper()
	return p.run(env, filepath.Join(p.Bin, "hub"), args...)
}

// CommandWithin is Command for what takes longer than other commands.
func (p *Project) CommandWithin(most time.Duration, env []string, args ...string) Result {
	p.t.Helper()
	return p.runWithin(most, env, filepath.Join(p.Bin, "hub"), args...)
}
