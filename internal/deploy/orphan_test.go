package deploy_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
)

// The environment by which this test binary is told to be an operator's process that gets killed.
const (
	orphanDir  = "DEPLOY_TEST_ORPHAN_DIR"
	orphanPort = "DEPLOY_TEST_ORPHAN_PORT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(orphanDir); dir != "" {
		if err := runOrphanMaker(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runOrphanMaker runs an Up; the test kills the process meanwhile.
func runOrphanMaker(dir string) error {
	port, err := strconv.Atoi(os.Getenv(orphanPort))
	if err != nil {
		return err
	}
	e, err := engine.Find(context.Background(), engine.Options{ToolsDir: "../../tools"})
	if err != nil {
		return err
	}
	d, err := deploy.Open(context.Background(), e, targetIn(dir, dir, port, program(&[]thing{{name: "a", props: pulumi.Map{}}})))
	if err != nil {
		return err
	}
	_, err = d.Up(context.Background(), deploy.Options{})
	return err
}

// When the operator's process is killed, the engine it leaves behind ends by itself: it finishes what is under way,
// writes it into the state and unlocks the stack.
func TestEngineOutlivesItsOperator(t *testing.T) {
	t.Parallel()
	cloud, port := serve(t, 2*time.Second)
	dir := project(t)
	self, err := os.Executable()
	require.NoError(t, err)
	operator := exec.Command(self)
	operator.Env = append(os.Environ(), orphanDir+"="+dir, orphanPort+"="+strconv.Itoa(port))
	operator.Stderr = t.Output()
	require.NoError(t, operator.Start())
	<-cloud.began
	require.NoError(t, operator.Process.Kill())
	_ = operator.Wait()

	target := targetIn(dir, dir, port, program(&[]thing{{name: "a", props: pulumi.Map{}}}))
	require.NotEmpty(t, lockFiles(t, target))
	require.Eventually(t, func() bool { return len(lockFiles(t, target)) == 0 }, 20*time.Second, 100*time.Millisecond)
	state, err := open(t, target).State(t.Context())
	require.NoError(t, err)
	assert.Empty(t, state.Pending)
	assert.Equal(t, "thing-1", resourceOf(t, state, "a").ID)
}
