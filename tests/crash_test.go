package tests

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/tests/harness"
)

// The operator's machine goes while a resource is being made: hub and the engine end at once, with the lock held. The next
// up, from another machine, finds the resource and goes on with it, and nothing exists twice.
func TestUpAfterTheMachineWentAway(t *testing.T) {
	t.Parallel()
	s := share(t, map[string]time.Duration{"aws:ec2/vpc:Vpc": time.Minute})
	before := s.aws.Contents()
	hub, engine := s.start(t)
	require.NoError(t, hub.Process.Kill())
	require.NoError(t, syscall.Kill(engine, syscall.SIGKILL))
	_ = hub.Wait()
	made := s.aws.Find("aws:ec2/vpc:Vpc")
	require.Len(t, made, 1)

	told := s.run(t, 0, "up", "prod-eu", "--yes")
	require.Contains(t, told, "removed a lock that was left behind")
	require.Contains(t, told, "network-vpc: found what had been made: "+made[0].ID)
	require.Equal(t, made[0].ID, s.aws.Find("aws:ec2/vpc:Vpc")[0].ID)
	require.Empty(t, s.locks())
	_, checkpoint, err := services.GetObject(s.aws.Cloud(), s.bucket, state.StackFile("deepstreamhub", "prod-eu"), "")
	require.NoError(t, err)
	require.NotContains(t, string(checkpoint), "pending_operations")
	for _, r := range s.aws.Cloud().List() {
		if !slices.Contains(before, r.Type+" "+r.ID) {
			require.Contains(t, string(checkpoint), `"`+r.Str("id")+`"`, "%s is known to the state", r.Type)
		}
	}
}

// AWS does what it is asked for and the answer never arrives. The run fails; what it made is found at once, so that the
// next one makes nothing a second time and a destroy leaves nothing. The engine is started for what it alone can do, and never
// to say what is secret.
func TestAnswerThatNeverArrives(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault cloud.Fault
		asked []string
	}{
		"found by its tags": {cloud.Fault{Type: "aws:kms/key:Key", Nth: 3}, []string{"up", "preview", "refresh", "stack import"}},
		"found by its name": {cloud.Fault{Type: "aws:iam/role:Role", Nth: 2}, []string{"up", "refresh", "stack import"}},
		"found by a lookup": {cloud.Fault{Type: "aws:secretsmanager/secretVersion:SecretVersion", Nth: 1}, []string{"up", "preview", "refresh", "stack import"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.fault.Kind, c.fault.Call = cloud.Lost, "create"
			aws := harness.StartAWS(t, awssim.Options{Faults: []cloud.Fault{c.fault}})
			before := aws.Contents()
			e, asked := harness.Watched(t, harness.Engine(t))
			s := harness.NewStack(t, aws, "lost", harness.Ephemeral(t, "prod-eu"), harness.Checkpoints(), harness.By(e))
			asked() // for the stack to be made
			_, err := s.TryUp()
			require.Error(t, err)
			lines := asked()
			require.Equal(t, c.asked, harness.Verbs(lines))
			require.NotContains(t, strings.Join(lines, "\n"), "--show-secrets")
			require.ElementsMatch(t, known(s.State()), since(before, aws.Contents()), "what the failed run made is in the state")
			s.Destroy()
			require.Equal(t, before, aws.Contents())
		})
	}
}

// known lists what a state holds of AWS, as "type id".
func known(s plan.State) []string {
	var out []string
	for _, r := range s.Resources {
		if r.Custom && !plan.IsComponent(r.Type) {
			out = append(out, r.Type+" "+r.ID)
		}
	}
	return out
}

// since lists what is in after and not in before.
func since(before, after []string) []string {
	return slices.DeleteFunc(slices.Clone(after), func(s string) bool { return slices.Contains(before, s) })
}

// A recovery after an answer that never arrived may wait long, for AWS or for the engine. An interrupt lets it go on; the second ends
// it, its engine too, and the next run finds what it did not.
func TestRecoveryEndsAtTheSecondInterrupt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	hang, hangs := filepath.Join(dir, "hang"), filepath.Join(dir, "hangs")
	require.NoError(t, os.WriteFile(hang, nil, 0o600))
	e, err := harness.Engine(t).Behind(filepath.Join(dir, "engine"), fmt.Sprintf(`case "$*" in *" refresh "*) [ ! -e '%s' ] || { echo $$ > '%s'; sleep 600; } ;; esac`, hang, hangs))
	require.NoError(t, err)
	engine := func() (pid int) { // the one that hangs, and its process group; 0: none yet
		text, _ := os.ReadFile(hangs)
		pid, _ = strconv.Atoi(strings.TrimSpace(string(text)))
		return pid
	}
	t.Cleanup(func() {
		if t.Failed() && engine() > 0 {
			_ = syscall.Kill(-engine(), syscall.SIGKILL)
		}
	})
	force := make(chan struct{})
	aws := harness.StartAWS(t, awssim.Options{Faults: []cloud.Fault{{Kind: cloud.Lost, Call: "create", Type: "aws:iam/role:Role", Nth: 2}}})
	before := aws.Contents()
	s := harness.NewStack(t, aws, "twice", harness.Ephemeral(t, "prod-eu"), harness.Checkpoints(), harness.By(e), harness.Forced(force))
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { _, err := s.TryUpIn(ctx); ended <- err }()
	require.Eventually(t, func() bool { return engine() > 0 }, time.Minute, 10*time.Millisecond)
	interrupt()
	select {
	case err := <-ended:
		require.Fail(t, "one interrupt ended the recovery", "%v", err)
	case <-time.After(time.Second):
	}
	close(force)
	select {
	case err := <-ended:
		require.ErrorContains(t, err, "create aws:iam/role:Role")
	case <-time.After(20 * time.Second):
		require.Fail(t, "two interrupts did not end the recovery")
	}
	require.ErrorIs(t, syscall.Kill(engine(), 0), syscall.ESRCH, "the engine runs on")

	require.NoError(t, os.Remove(hang))
	s.Up()
	s.Destroy()
	require.Equal(t, before, aws.Contents())
}
