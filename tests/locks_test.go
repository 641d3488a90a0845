package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/tests/harness"
)

// shared is an account with state in its bucket, and two workspaces of operators who share it.
type shared struct {
	aws         *harness.AWS
	env         []string
	bucket      string
	mine, other *harness.Project
}

func share(t *testing.T, slow map[string]time.Duration) shared {
	t.Helper()
	aws := harness.NewAWS(t, slow)
	aws.SharedState(t)
	return shared{
		aws: aws, env: aws.Real(t), bucket: harness.Organisation.StateBucket(aws.Cloud().Account().ID),
		mine: harness.RealProject(t, &binaries), other: harness.RealProject(t, &binaries),
	}
}

// start begins an up in the first workspace and returns when it holds the lock and makes something.
func (s shared) start(t *testing.T) (hub *exec.Cmd, engine int) {
	t.Helper()
	hub = exec.Command(filepath.Join(s.mine.Bin, "hub"), "up", "prod-eu", "--yes")
	hub.Dir, hub.Env, hub.Stderr = s.mine.Dir, s.env, t.Output()
	require.NoError(t, hub.Start())
	t.Cleanup(func() { _ = hub.Process.Kill() })
	require.Eventually(t, func() bool {
		for _, o := range s.locks() {
			engine = s.lock(t, o.Key).Pid
		}
		return engine != 0 && len(s.aws.Find("aws:ec2/vpc:Vpc")) > 0
	}, 5*time.Minute, 100*time.Millisecond, "no lock")
	return hub, engine
}

func (s shared) locks() []cloud.Object {
	return services.ListObjects(s.aws.Cloud(), s.bucket, state.LockDir("deepstreamhub", "prod-eu"))
}

func (s shared) lock(t *testing.T, key string) state.Lock {
	t.Helper()
	_, text, err := services.GetObject(s.aws.Cloud(), s.bucket, key, "")
	require.NoError(t, err)
	return state.ParseLock(key, text)
}

// run runs hub in the second workspace.
func (s shared) run(t *testing.T, code int, args ...string) string {
	t.Helper()
	r := s.other.Command(s.env, args...)
	require.Equal(t, code, r.Code, r.Stdout+r.Stderr)
	return r.Stdout + r.Stderr
}

// Who holds a stack is told to the second writer, who is refused; reading goes on. The lock of a process that was killed
// is seen to be one and removed. A checkpoint that was cut short is refused with the way back, which works.
func TestOperatorsShareAStack(t *testing.T) {
	t.Parallel()
	s := share(t, map[string]time.Duration{"aws:ec2/vpc:Vpc": 5 * time.Minute})
	hub, engine := s.start(t)
	host, err := os.Hostname()
	require.NoError(t, err)
	owner := "@" + host + ", process " + strconv.Itoa(engine)

	require.Contains(t, s.run(t, 0, "preview", "prod-eu"), "network-vpc", "a preview needs no lock")
	refused := s.run(t, 4, "up", "prod-eu", "--yes")
	require.Contains(t, refused, "up prod-eu: the stack is locked: held by ")
	require.Contains(t, refused, owner)
	require.Regexp(t, `, for \d+ (s|min) \(since 20\d\d-.* UTC\), up; it runs on this machine`, refused)
	require.Contains(t, s.run(t, 4, "unlock", "prod-eu", "--force"), "The lock of a live owner is never removed")
	require.Len(t, s.locks(), 1)

	// The operator's machine goes: hub and the engine end at once.
	require.NoError(t, hub.Process.Kill())
	require.NoError(t, syscall.Kill(engine, syscall.SIGKILL))
	_ = hub.Wait()
	require.Len(t, s.locks(), 1)
	require.Contains(t, s.run(t, 0, "preview", "prod-eu"), "network-vpc")
	told := s.run(t, 0, "refresh", "prod-eu", "--yes")
	require.Contains(t, told, "prod-eu: removed a lock that was left behind: held by ")
	require.Contains(t, told, owner)
	require.Contains(t, told, "ran on this machine and has ended without giving the lock back")
	require.Contains(t, told, "may or may not exist: creating urn:pulumi:prod-eu::deepstreamhub::")
	require.Empty(t, s.locks())
	require.Empty(t, services.ListObjects(s.aws.Cloud(), s.bucket, ".deepstreamhub/holders"))

	s.damage(t)
}

// damage cuts the checkpoint short and goes the way back that is told.
func (s shared) damage(t *testing.T) {
	t.Helper()
	key := state.StackFile("deepstreamhub", "prod-eu")
	_, sound, err := services.GetObject(s.aws.Cloud(), s.bucket, key, "")
	require.NoError(t, err)
	_, err = services.PutObject(s.aws.Cloud(), s.bucket, services.Put{Key: key, Body: sound[:len(sound)/2]})
	require.NoError(t, err)
	before := len(services.ObjectVersions(s.aws.Cloud(), s.bucket, key))
	for _, args := range [][]string{{"up", "prod-eu", "--yes"}, {"preview", "prod-eu"}, {"destroy", "prod-eu", "--yes"}} {
		refused := s.run(t, 1, args...)
		require.Contains(t, refused, "the checkpoint "+key+" is damaged: it is cut short")
	}
	_, kept, err := services.GetObject(s.aws.Cloud(), s.bucket, key, "")
	require.NoError(t, err)
	require.Equal(t, sound[:len(sound)/2], kept, "it is not touched")

	refused := s.run(t, 1, "up", "prod-eu", "--yes")
	way := regexp.MustCompile(`hub (state restore prod-eu --version \S+)`).FindStringSubmatch(refused)
	require.NotNil(t, way, refused)
	restored := s.run(t, 0, append(strings.Fields(way[1]), "--yes")...)
	_, back, err := services.GetObject(s.aws.Cloud(), s.bucket, key, "")
	require.NoError(t, err)
	require.JSONEq(t, string(sound), string(back))
	replaced := regexp.MustCompile(`kept as (\S+)\.\n`).FindStringSubmatch(restored)
	require.NotNil(t, replaced, restored)
	_, kept, err = services.GetObject(s.aws.Cloud(), s.bucket, replaced[1], "")
	require.NoError(t, err)
	require.Equal(t, sound[:len(sound)/2], kept, "what was there is kept")
	require.Len(t, services.ObjectVersions(s.aws.Cloud(), s.bucket, key), before+1, "no version is lost")
	s.run(t, 0, "preview", "prod-eu")
}

// The lock of a pulumi that hub did not start, on another host, proves nothing: only somebody's word removes it.
func TestLockThatCannotBeJudged(t *testing.T) {
	t.Parallel()
	s := share(t, nil)
	lock, err := json.Marshal(state.Lock{Pid: 4242, User: "ada", Host: "build-7", Taken: time.Now().Add(-3*time.Hour - 30*time.Second)}) // S3 says its times in whole seconds
	require.NoError(t, err)
	_, err = services.PutObject(s.aws.Cloud(), s.bucket, services.Put{Key: state.LockDir("deepstreamhub", "prod-eu") + "1.json", Body: lock})
	require.NoError(t, err)

	refused := s.run(t, 4, "up", "prod-eu", "--yes")
	require.Contains(t, refused, "held by ada@build-7, process 4242, for 3 h 0 min (since ")
	require.Contains(t, refused, "whether it runs cannot be seen from here")
	require.Contains(t, refused, "hub unlock prod-eu --force")
	require.Contains(t, s.run(t, 4, "unlock", "prod-eu"), "hub unlock prod-eu --force")
	require.Len(t, s.locks(), 1)
	require.Contains(t, s.run(t, 0, "unlock", "prod-eu", "--force"), "Removed: held by ada@build-7")
	require.Empty(t, s.locks())
}

// Without a bootstrap there is no bucket: the bucket is named, and what makes it.
func TestUpBeforeBootstrap(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	p := harness.RealProject(t, &binaries)
	r := p.Command(aws.Real(t), "up", "prod-eu", "--yes")
	require.Equal(t, 1, r.Code, r.Stderr)
	require.Contains(t, r.Stderr, "the bucket deepstreamhub-state-111122223333, where the state lives, does not exist (s3, eu-central-1)")
	require.Contains(t, r.Stderr, "Run: hub bootstrap")
}

// What a stock pulumi goes by, in the project's files, is where the account that bootstrap/ names has state and key.
func TestProjectNamesTheAccountsState(t *testing.T) {
	t.Parallel()
	account := harness.AccountSettings(t)
	named, err := deploy.ProjectBackend(harness.Root(t))
	require.NoError(t, err)
	require.Equal(t, state.Backend(harness.Organisation, account.Account.ID, account.Region), named)
	for _, stack := range tracked {
		text, err := os.ReadFile(filepath.Join(harness.Root(t), "Pulumi."+stack+".yaml"))
		require.NoError(t, err)
		require.Contains(t, string(text), "\nsecretsprovider: "+state.Secrets(harness.Organisation, account.Region)+" ")
	}
}
