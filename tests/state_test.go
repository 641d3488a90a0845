package tests

import (
	"strings"
	"sync"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/services"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// State in the account's bucket, secrets under its key, by the addresses that a real account has: both regions come up at
// the same time, each finds nothing to change afterwards, and no secret is in the bucket in plain text.
func TestRegionsShareTheStateBucket(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	backend := aws.SharedState(t)
	var stacks []*harness.Stack
	for _, like := range tracked {
		stacks = append(stacks, harness.NewStack(t, aws, "shared", harness.Ephemeral(t, like), harness.On(backend)))
	}
	var all sync.WaitGroup
	failed := make([]error, len(stacks))
	for i, s := range stacks {
		all.Go(func() { _, failed[i] = s.TryUp() })
	}
	all.Wait()
	bucket := harness.Organisation.StateBucket(aws.Cloud().Account().ID)
	for i, s := range stacks {
		require.NoError(t, failed[i])
		require.Empty(t, harness.Changed(s.Preview()))
		_, checkpoint, err := services.GetObject(aws.Cloud(), bucket, ".pulumi/stacks/deepstreamhub/"+s.Name+".json", "")
		require.NoError(t, err)
		require.Contains(t, string(checkpoint), `"url":"`+backend.Secrets)
		for _, secret := range aws.Find("aws:secretsmanager/secretVersion:SecretVersion") {
			require.NotContains(t, string(checkpoint), secret.Str("secretString"))
		}
	}
	for _, o := range services.ListObjects(aws.Cloud(), bucket, ".pulumi/locks") {
		require.Fail(t, "a lock was left behind", o.Key)
	}
	require.True(t, strings.HasPrefix(backend.URL, "s3://"))
}
