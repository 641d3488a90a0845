package deploy_test

import (
	"bytes"
	"context"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
)

// A driver that is closed leaves no server behind for its program's transforms. Not in parallel: other tests' programs have theirs.
func TestDriverLeavesNoServer(t *testing.T) {
	_, port := serve(t, 0)
	things := []thing{{name: "one", props: pulumi.Map{}}}
	called := false
	d := open(t, target(t, port, func(ctx *pulumi.Context) error {
		err := ctx.RegisterResourceTransform(func(context.Context, *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
			called = true
			return nil
		})
		if err != nil {
			return err
		}
		return program(&things)(ctx)
	}))
	before := servers(t)
	_, err := d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.True(t, called)
	require.NoError(t, d.Close())
	require.Eventually(t, func() bool { return servers(t) == before }, 10*time.Second, 50*time.Millisecond)
}

// servers is how many of the SDK's servers run in this process.
func servers(t *testing.T) int {
	t.Helper()
	var all bytes.Buffer
	require.NoError(t, pprof.Lookup("goroutine").WriteTo(&all, 2))
	return bytes.Count(all.Bytes(), []byte("created by github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil.serveWithOptions"))
}
