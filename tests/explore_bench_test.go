package tests

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/explore"
	"github.com/deepstreamhub/platform/tests/harness"
)

// BenchmarkExplore plays orders of a production region: one operation is one creation and one deletion.
func BenchmarkExplore(b *testing.B) { benchmarkOrders(b, recorded(b, "prod-eu", nil)) }

// BenchmarkExploreServices plays orders of a region that runs further services beside deepstream.
func BenchmarkExploreServices(b *testing.B) {
	for _, n := range []int{1, 5, 20} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			benchmarkOrders(b, recorded(b, "prod-eu", func(c *config.Config) {
				c.Services = map[string]config.FurtherService{}
				for i := 1; i < n; i++ { // deepstream is the first
					c.Services[fmt.Sprintf("extra-%d", i)] = config.FurtherService{
						Image: c.Service.Image, Command: []string{"serve"}, Port: 8080, HealthPath: "/health", Path: fmt.Sprintf("/extra-%d", i),
						Tasks: 1, MaxTasks: 2, CPU: 128, MemoryMiB: 128,
					}
				}
			}))
		})
	}
}

// otherRegions are regions beside eu-central-1, with the first part of their zones' ids.
var otherRegions = [][2]string{
	{"eu-west-1", "euw1"}, {"eu-west-2", "euw2"}, {"eu-west-3", "euw3"}, {"eu-north-1", "eun1"}, {"eu-south-1", "eus1"}, {"us-east-2", "use2"},
	{"sa-east-1", "sae1"},
}

// BenchmarkExploreRegions plays orders of several regions at once in one account.
func BenchmarkExploreRegions(b *testing.B) {
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			account := cloud.DefaultAccount()
			home := account.Regions["eu-central-1"]
			for _, r := range otherRegions[:n-1] {
				zones := map[string]string{}
				for i, letter := range "abc" {
					zones[fmt.Sprintf("%s-az%d", r[1], i+1)] = r[0] + string(letter)
				}
				account.Regions[r[0]] = cloud.Region{ZonePrefix: r[1], Zones: zones, Images: home.Images, AccountSettings: home.AccountSettings}
			}
			s, err := awssim.Start(awssim.Options{Account: account, Log: io.Discard})
			require.NoError(b, err)
			b.Cleanup(func() { require.NoError(b, s.Close()) })
			aws := &harness.AWS{Server: s, Dir: b.TempDir()}
			graphs := []*explore.Graph{recordedIn(b, aws, regional(b, 0))}
			for i := 1; i < n; i++ {
				graphs = append(graphs, recordedIn(b, aws, regional(b, i)))
			}
			all := explore.Join("all", graphs...)
			all.Account = account
			benchmarkOrders(b, all)
		})
	}
}

// regional is prod-eu's configuration, without protection, moved to another region. 0 leaves it where it is.
func regional(b *testing.B, i int) config.Config {
	b.Helper()
	src, err := config.ReadFiles(harness.Root(b), "prod-eu")
	require.NoError(b, err)
	cfg, err := config.Load(src, config.Options{Offline: true})
	require.NoError(b, err)
	no := false
	cfg.Platform.Protect = &no
	if i == 0 {
		return cfg
	}
	r := otherRegions[i-1]
	cfg.Region, cfg.Edge.Hostname = r[0], fmt.Sprintf("r%d.deepstreamhub.com", i)
	cfg.Network.CIDR = fmt.Sprintf("10.%d.0.0/16", 32+i)
	cfg.Network.Zones = []string{r[1] + "-az1", r[1] + "-az2", r[1] + "-az3"}
	return cfg
}

// benchmarkOrders plays orders on one core as hub explore does: in an account that is read once, the collector at rest as long.
func benchmarkOrders(b *testing.B, g *explore.Graph) {
	b.Helper()
	if g.Account == nil {
		g.Account = cloud.DefaultAccount()
	}
	defer debug.SetGCPercent(debug.SetGCPercent(explore.GCPercent))
	b.ReportAllocs()
	runtime.GC()
	b.ResetTimer()
	r, err := g.Explore(b.Context(), explore.Options{Orders: b.N, Seed: 1, Workers: 1})
	b.StopTimer()
	require.NoError(b, err)
	require.Zero(b, r.Failures)
	b.ReportMetric(float64(len(g.Nodes)), "resources")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}
