package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
)

// A pin changes its own value and not a byte more, and an image is the copy in the stack's region.
func TestPinned(t *testing.T) {
	t.Parallel()
	before, err := os.ReadFile("../../Pulumi.prod-us.yaml")
	require.NoError(t, err)
	digest := "sha256:" + strings.Repeat("ab", 32)
	after, err := config.Pinned("deepstreamhub", before, config.Pin{Image: "222233334444.dkr.ecr.eu-central-1.amazonaws.com/deepstream@" + digest, AMI: "ami-0123456789abcdef0"})
	require.NoError(t, err)
	old, now := strings.Split(string(before), "\n"), strings.Split(string(after), "\n")
	require.Len(t, now, len(old))
	var changed []string
	for i := range old {
		if old[i] != now[i] {
			changed = append(changed, now[i])
		}
	}
	require.Equal(t, []string{
		"    ami: ami-0123456789abcdef0",
		"    image: 222233334444.dkr.ecr.us-east-1.amazonaws.com/deepstream@" + digest,
	}, changed)

	_, err = config.Pinned("deepstreamhub", []byte("config: {}\n"), config.Pin{AMI: "ami-0123456789abcdef0"})
	require.ErrorContains(t, err, "does not set it")
	_, err = config.Pinned("deepstreamhub", []byte("config:\n  deepstreamhub:cluster:\n    ami: ami-1\n    ami: ami-2\n"), config.Pin{AMI: "ami-0123456789abcdef0"})
	require.ErrorContains(t, err, `line 4: mapping key "ami" already defined at line 3`, "hub config refuses the file too")
	for _, p := range []config.Pin{{}, {Image: "repository:latest"}, {Image: "repository@sha256:12"}, {AMI: "latest"}} {
		require.Error(t, p.Check())
	}
}

// Keys without namespace, and of the old form, are the project's: what changes a file finds them as what reads it does.
func TestFilesWithOtherNamesOfKeys(t *testing.T) {
	t.Parallel()
	full, err := os.ReadFile("../../Pulumi.prod-eu.yaml")
	require.NoError(t, err)
	settings, err := os.ReadFile("../../bootstrap/Pulumi.production.yaml")
	require.NoError(t, err)
	for _, name := range []string{"", "deepstreamhub:config:"} {
		file := []byte(strings.ReplaceAll(string(full), "deepstreamhub:", name))
		require.True(t, config.HasGroup("deepstreamhub", file, "edge"))
		require.False(t, config.HasGroup("deepstreamhub", file, "bus"))
		pinned, err := config.Pinned("deepstreamhub", file, config.Pin{AMI: "ami-0123456789abcdef0"})
		require.NoError(t, err)
		require.Contains(t, string(pinned), "    ami: ami-0123456789abcdef0\n")
		like, err := config.Like("deepstreamhub", file, "prod-eu", config.Another{Region: "us-west-2", Taken: []string{"10.16.0.0/16"}})
		require.NoError(t, err)
		require.Contains(t, string(like), "    zones: [usw2-az1, usw2-az2, usw2-az3]\n")
		short, err := config.ShortLived("deepstreamhub", file, "it-1", time.Now().Add(time.Hour))
		require.NoError(t, err)
		require.True(t, config.IsShortLived("deepstreamhub", short))
		require.True(t, config.IsShortLived("deepstreamhub", []byte(strings.ReplaceAll(string(short), "deepstreamhub:", name))))
		require.Equal(t, 1, strings.Count(string(short), "edge:"))
		more, err := config.WithRegion([]byte(strings.ReplaceAll(string(settings), "deepstreamhub-bootstrap:", strings.Replace(name, "hub:", "hub-bootstrap:", 1))),
			"deepstreamhub-bootstrap", "us-west-2", "prod-west")
		require.NoError(t, err)
		require.Contains(t, string(more), "[eu-central-1, us-east-1, us-west-2]")
	}
}

// What a short-lived stack is made of can be used, leaves nothing behind and ends.
func TestShortLived(t *testing.T) {
	t.Parallel()
	for _, like := range []string{"prod-eu", "prod-us"} {
		model, err := os.ReadFile("../../Pulumi." + like + ".yaml")
		require.NoError(t, err)
		expires := time.Date(2026, 11, 26, 4, 0, 0, 0, time.FixedZone("", 3600))
		text, err := config.ShortLived("deepstreamhub", model, "it-12", expires)
		require.NoError(t, err)
		dir := t.TempDir()
		project, err := os.ReadFile("../../Pulumi.yaml")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), project, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.it-12.yaml"), text, 0o600))
		src, err := config.ReadFiles(dir, "it-12")
		require.NoError(t, err)
		cfg, err := config.Load(src, config.Options{Offline: true})
		require.NoError(t, err)
		require.False(t, *cfg.Platform.Protect)
		require.False(t, *cfg.Database.FinalSnapshot)
		require.False(t, *cfg.Backup.Enabled)
		require.Equal(t, "2026-11-26T03:00:00Z", cfg.Platform.Expires)
		require.Equal(t, "it-12.deepstreamhub.com", cfg.Edge.Hostname)
		require.Empty(t, cfg.Observability.Notify)
		require.Equal(t, config.Auth{Webhook: "https://auth.deepstreamhub.com/deepstream"}, cfg.Service.Auth, "the model's")
	}
}

// What is pinned is what the configuration takes, and what cannot be pinned is refused rather than spoilt.
func TestPinsAreWhatConfigurationTakes(t *testing.T) {
	t.Parallel()
	digest := "@sha256:" + strings.Repeat("ab", 32)
	for _, ami := range []string{"ami-012345678", "ami-0123456789abcdef", "ami-0123456789abcdef01", "ami-", "AMI-01234567", "ami-0123456g", "ami-01234567\n"} {
		require.ErrorContains(t, config.Pin{AMI: ami}.Check(), "8 or 17 hexadecimal digits", ami)
	}
	for _, ami := range []string{"ami-01234567", "ami-0123456789abcdef0"} {
		require.NoError(t, config.Pin{AMI: ami}.Check())
	}
	for _, image := range []string{"UPPER/x" + digest, "a b" + digest, "x:latest" + digest + "0", digest, "x@sha256:" + strings.Repeat("AB", 32)} {
		require.ErrorContains(t, config.Pin{Image: image}.Check(), "pinned by digest", image)
	}
	const file = "config:\n  deepstreamhub:cluster:\n    ami: %s\n"
	for value, fits := range map[string]bool{
		"ami-01234567": true, `"ami-01234567" # why`: true, "'placeholder:ami-01234567'": true, `""`: false, "": false, "*other": false, "{a: b}": false, "|\n      x": false,
	} {
		after, err := config.Pinned("deepstreamhub", []byte(strings.Replace(file, "%s", value, 1)), config.Pin{AMI: "ami-0123456789abcdef0"})
		require.Equal(t, fits, err == nil, "%q: %v %s", value, err, after)
	}
}
