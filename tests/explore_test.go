package tests

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/explore"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/tests/harness"
)

// recorded returns the graph of a tracked stack, as one run of the engine makes it once protection is lifted.
func recorded(t testing.TB, like string, change func(*config.Config)) *explore.Graph {
	t.Helper()
	src, err := config.ReadFiles(harness.Root(t), like)
	require.NoError(t, err)
	cfg, err := config.Load(src, config.Options{Offline: true})
	require.NoError(t, err)
	no := false
	cfg.Platform.Protect = &no
	if change != nil {
		change(&cfg)
	}
	return recordedIn(t, harness.NewAWS(t, nil), cfg)
}

func recordedIn(t testing.TB, aws *harness.AWS, cfg config.Config) *explore.Graph {
	t.Helper()
	s := harness.NewStack(t, aws, "explore", cfg)
	s.Up()
	g, err := explore.NewGraph(s.State(), program.WaitOut)
	require.NoError(t, err)
	return g
}

// Production comes up and goes down in any order, each ordering dependency is missed by a rule of AWS's, and an order
// that breaks one is found and made smaller.
func TestEveryOrderWorks(t *testing.T) {
	t.Parallel()
	for _, like := range []string{"prod-eu", "prod-us"} {
		t.Run(like, func(t *testing.T) {
			t.Parallel()
			g := recorded(t, like, nil)
			r, err := g.Explore(t.Context(), explore.Options{Orders: 300, Seed: 1})
			require.NoError(t, err)
			require.Empty(t, r.Clashes)
			require.Equal(t, [3]int{300, 300, 0}, [3]int{r.Created, r.Deleted, r.Failures})
			if like == "prod-us" {
				return // the same program: what follows would find the same
			}
			everyDependencyCarries(t, g)
			aMissingOneIsFound(t, g)
		})
	}
}

func everyDependencyCarries(t *testing.T, g *explore.Graph) {
	t.Helper()
	r, err := g.DropEach(t.Context(), explore.Options{Orders: 200, Seed: 1})
	require.NoError(t, err)
	for _, e := range r.Edges {
		if e.Uncaught() {
			t.Errorf("nothing misses that %s waits for %s", e.From, e.To)
		}
	}
	for _, want := range [][2]string{
		{"network-nat-", "network-igw"}, {"edge-lb", "network-igw"}, {"deepstream-service", "edge-https"}, {"deepstream-service", "deepstream-execution"},
		{"deepstream-service", "cluster-capacity-providers"}, {"edge-https", "edge-issued"}, {"backup-selection", "backup-role-backup"},
	} {
		found := false
		for _, e := range r.Edges {
			of := func(from string) bool { return strings.Contains(from, " "+want[0]) }
			if slices.ContainsFunc(e.From, of) && strings.HasSuffix(e.To, " "+want[1]) {
				found = true
				require.True(t, e.Create != nil || e.Delete != nil, "%s waits for %s", e.From, e.To)
			}
		}
		require.True(t, found, "%s does not wait for %s", want[0], want[1])
	}
}

func aMissingOneIsFound(t *testing.T, g *explore.Graph) {
	t.Helper()
	at := map[string]int{}
	for i := range g.Nodes {
		at[g.Nodes[i].Type+" "+g.Nodes[i].Name] = i
	}
	const gateway = "aws:ec2/internetGateway:InternetGateway network-igw"
	var nat string
	for label := range at {
		if strings.HasPrefix(label, "aws:ec2/natGateway:NatGateway") {
			nat = max(nat, label)
		}
	}
	r, err := g.Without(at[gateway], at[nat]).Explore(t.Context(), explore.Options{Orders: 100, Seed: 1})
	require.NoError(t, err)
	require.NotZero(t, r.Failures)
	var creation *explore.Clash
	for i := range r.Clashes {
		if c := &r.Clashes[i]; c.Direction == explore.Up && c.Operation == nat {
			creation = c
		}
	}
	require.NotNil(t, creation, "%v", r.Clashes)
	require.Contains(t, creation.Message, "no Internet gateway attached")
	require.Contains(t, creation.Needs, gateway)
	require.LessOrEqual(t, len(creation.Unusual), 2, "what does not matter is left out: %v", creation.Unusual)
	again, err := g.Without(at[gateway], at[nat]).Explore(t.Context(), explore.Options{Orders: 1, Seed: creation.Seed})
	require.NoError(t, err)
	require.Equal(t, []explore.Clash{*creation}, again.Clashes, "the seed plays it again")
}
