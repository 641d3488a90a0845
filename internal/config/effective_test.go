package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
)

// Every key has its value and where that comes from, in the production files and with services beside deepstream.
func TestEffective(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"Pulumi.yaml", "Pulumi.prod-eu.yaml", "Pulumi.prod-us.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		require.NoError(t, err)
		if name == "Pulumi.prod-us.yaml" {
			text = append(text, []byte("  aws:assumeRole: {roleArn: \"arn:aws:iam::111122223333:role/a\"}\n  deepstreamhub:services:\n    orders: {image: \"placeholder:111122223333.dkr.ecr.us-east-1.amazonaws.com/orders@sha256:0000000000000000000000000000000000000000000000000000000000000000\", port: 8080, healthPath: /health, path: /orders, tasks: 4}\n")...)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), text, 0o600))
	}
	of := func(stack string) (map[string]config.Value, config.Config) {
		src, err := config.ReadFiles(dir, stack)
		require.NoError(t, err)
		cfg, err := config.Load(src, config.Options{Offline: true})
		require.NoError(t, err)
		all := map[string]config.Value{}
		for _, v := range config.Effective(src, cfg) {
			require.NotContains(t, all, v.Key)
			all[v.Key] = v
		}
		return all, cfg
	}
	eu, cfg := of("prod-eu")
	require.Equal(t, config.Value{Key: "aws:region", Value: "eu-central-1", From: config.FromFile}, eu["aws:region"])
	require.Equal(t, config.FromFile, eu["platform.owner"].From)
	require.Equal(t, `"platform-eu"`, eu["platform.owner"].Text())
	require.Equal(t, config.Value{Key: "service.cpu", Value: cfg.Service.CPU, From: config.FromDefault}, eu["service.cpu"])
	require.Equal(t, config.Value{Key: "sizes.tasks", Value: cfg.Sizes.Tasks, From: config.FromDerived}, eu["sizes.tasks"])
	require.Contains(t, eu, "sizes.cpuTargetPercent")
	require.Equal(t, "-", eu["database.restoreFrom"].Text())
	require.Equal(t, "-", eu["aws:assumeRole"].Text())
	require.Equal(t, `{"webhook":"https://auth.deepstreamhub.com/deepstream"}`, eu["service.auth"].Text())
	for _, f := range config.Fields("deepstreamhub") {
		if f.Required && f.Key[:min(9, len(f.Key))] != "services." {
			require.Equal(t, config.FromFile, eu[f.Key].From, "%s has no default", f.Key)
		}
	}
	require.Equal(t, config.Value{Key: "database.readers", Value: 1, From: config.FromDefault}, eu["database.readers"])
	require.Equal(t, `{"log_min_duration_statement":"1000"}`, eu["database.parameters"].Text())
	us, _ := of("prod-us")
	require.Equal(t, `"open"`, config.Value{Value: config.Auth{Open: true}}.Text())
	require.Equal(t, `{"roleArn":"arn:aws:iam::111122223333:role/a"}`, us["aws:assumeRole"].Text())
	require.Equal(t, config.Value{Key: "services.orders.tasks", Value: 4, From: config.FromFile}, us["services.orders.tasks"])
	require.Equal(t, config.FromDefault, us["services.orders.cpu"].From)
}
