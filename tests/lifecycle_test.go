package tests

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// tracked are the stacks that the repository carries.
var tracked = []string{"prod-eu", "prod-us"}

func TestRegionLifecycle(t *testing.T) {
	t.Parallel()
	for _, like := range tracked {
		t.Run(like, func(t *testing.T) {
			t.Parallel()
			aws := harness.NewAWS(t, nil)
			before := aws.Contents()
			s := harness.NewStack(t, aws, "life", harness.Ephemeral(t, like))

			s.Up()
			require.Empty(t, harness.Changed(s.Preview()), "a preview after up must show no change")
			require.Empty(t, harness.Changed(s.Refresh()), "a refresh after up must find no difference")

			s.Config.Cluster.RootVolumeGiB++
			require.ElementsMatch(t, []string{"update cluster-host-template", "update cluster-hosts"}, harness.Changed(s.Up()),
				"a new version of the template, to which the group's hosts are replaced")
			require.Empty(t, harness.Changed(s.Preview()))

			s.Destroy()
			require.Equal(t, before, aws.Contents(), "the account must be as it was before")
			require.Equal(t, []string{"key", "logGroup", "secret", "taskDefinition"}, remnants(aws),
				"what AWS keeps of deleted things, and nothing else")
		})
	}
}

// remnants returns the kinds of things that deletions left behind, each once.
func remnants(aws *harness.AWS) []string {
	var out []string
	for _, r := range aws.Cloud().Remnants() {
		out = append(out, r.What)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Both regions ask for a certificate of the same global name, whose validation record is the same in both.
func TestRegionsShareAGlobalName(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	stacks := map[string]*harness.Stack{}
	for _, like := range tracked {
		cfg := harness.Ephemeral(t, like)
		cfg.Edge.GlobalName, cfg.Edge.DataScope = "global.deepstreamhub.com", "perRegion"
		s := harness.NewStack(t, aws, "global", cfg)
		s.Up()
		stacks[like] = s
	}
	validation := func() []cloud.Resource {
		return slices.DeleteFunc(aws.Find("aws:route53/record:Record"), func(r cloud.Resource) bool {
			return r.Str("type") != "CNAME" || !strings.HasSuffix(strings.TrimSuffix(r.Str("name"), "."), ".global.deepstreamhub.com")
		})
	}
	require.Len(t, validation(), 1)

	stacks["prod-eu"].Destroy()
	require.Len(t, validation(), 1, "the other region's certificate still needs the record")
	require.Empty(t, harness.Changed(stacks["prod-us"].Refresh()))
	require.Empty(t, harness.Changed(stacks["prod-us"].Preview()))

	stacks["prod-eu"].Up()
	require.Empty(t, harness.Changed(stacks["prod-us"].Refresh()), "a region that comes back must not disturb the other")
	stacks["prod-us"].Destroy()
	require.Len(t, validation(), 1)
}
