package cli

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/svg/svgtest"
)

// The pictures of both regions, and of the largest there can be, can be read and say what there is.
func TestGraphCanBeRead(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"prod-eu", "prod-us"} {
		cfg, err := loadConfig(time.Now)("../..", stack, true)
		require.NoError(t, err)
		said := drawn(t, stack, cfg)
		for _, text := range append(cfg.Network.Zones, cfg.Network.CIDR, cfg.Edge.Hostname, cfg.Cluster.InstanceType, cfg.Database.InstanceClass, cfg.Bus.NodeType, "NAT gateway", "database-1", cfg.Backup.CopyTo) {
			require.Contains(t, said, text, stack)
		}
	}
	cfg, err := loadConfig(time.Now)("../..", "prod-us", true)
	require.NoError(t, err)
	cfg.Network.Zones, cfg.Network.Endpoints, cfg.Services = nil, config.EndpointServices(), map[string]config.FurtherService{}
	for i := range 6 {
		cfg.Network.Zones = append(cfg.Network.Zones, fmt.Sprintf("use1-az%d", i+1))
	}
	for i := range 40 {
		cfg.Services[fmt.Sprintf("service-%02d", i)] = config.FurtherService{Tasks: 100, MaxTasks: 5000, Path: "/" + strings.Repeat("a-long-path/", 10) + "*"}
	}
	cfg.Edge.Hostname = strings.Repeat("a", 46) + ".deepstreamhub.com"
	said := drawn(t, strings.Repeat("s", 40), cfg)
	require.Contains(t, said, "services/service-39")
	require.Contains(t, said, "use1-az6")
}

// The picture in the README is the one that hub draws.
func TestPictureInTheDocuments(t *testing.T) {
	t.Parallel()
	const path = "../../docs/region.svg"
	cfg, err := loadConfig(time.Now)("../..", "prod-eu", true)
	require.NoError(t, err)
	r, err := regionOf("prod-eu", cfg)
	require.NoError(t, err)
	had, err := os.ReadFile(path)
	if *update {
		require.NoError(t, os.WriteFile(path, r.SVG(), 0o644))
	}
	require.NoError(t, err)
	require.Equal(t, string(had), string(r.SVG()), "draw it again with -update")
}

// drawn is what the picture of a configuration says.
func drawn(t *testing.T, stack string, cfg config.Config) string {
	t.Helper()
	r, err := regionOf(stack, cfg)
	require.NoError(t, err)
	return strings.Join(svgtest.Legible(t, r.SVG()), " ")
}
