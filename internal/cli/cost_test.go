package cli

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/plan"
)

const keyURN = "urn:pulumi:a::deepstreamhub::deepstreamhub:bus:Bus$aws:kms/key:Key::bus-key"

// What is deployed is counted from the state, and what a change adds from the plan, by prices that are a file's.
func TestCost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.deps.load = func(_, stack string, _ bool) (config.Config, error) { return config.Config{Region: "here"}, nil }
	file := filepath.Join(w.Dir, "prices.yaml")
	require.NoError(t, os.WriteFile(file, []byte("date: 2026-01-31\nsource: a test\ncurrency: EUR\nregions:\n  here:\n    key: {price: 2, per: month}\n"), 0o600))
	w.states["a"] = plan.State{Resources: []plan.Resource{
		{URN: keyURN, Type: "aws:kms/key:Key", Name: "bus-key", Custom: true},
		{URN: "urn:pulumi:a::deepstreamhub::aws:ec2/eip:Eip::ip", Type: "aws:ec2/eip:Eip", Name: "ip", Custom: true},
	}}
	key := plan.Step{URN: keyURN, Type: "aws:kms/key:Key", Name: "bus-key", Op: plan.OpCreate, New: map[string]any{}}
	w.plans["a"] = plan.Plan{Steps: []plan.Step{key}}
	for line, says := range map[string]string{
		"cost a":                                    "1  key\n",
		"cost a --prices prices.yaml":               "a: at least 2.00 EUR a month, by prices of 2026-01-31 (a test).",
		"cost a --json --prices prices.yaml":        `"monthly": 2`,
		"preview a --prices prices.yaml":            "a: Cost: 2.00 EUR a month more, by prices of 2026-01-31 (a test).",
		"preview a --markdown --prices prices.yaml": "\nCost: 2.00 EUR a month more",
		"preview a --json --prices prices.yaml":     `"cost":{"lines":[{`,
		"preview a --markdown --prices " + file:     "\nCost: 2.00 EUR a month more",
	} {
		w.out.Reset()
		text, code := w.run(line)
		require.Zero(t, code, "%s: %s", line, text)
		require.Contains(t, w.out.String(), says, line)
	}
	require.NoError(t, os.WriteFile(file, []byte("date: soon\n"), 0o600))
	for _, line := range []string{"cost a --prices nosuch.yaml", "cost a --prices prices.yaml", "preview a --prices prices.yaml"} {
		w.calls = nil
		text, code := w.run(line)
		require.Equal(t, 2, code, text)
		require.Contains(t, text, "Correct the price file", line)
		require.False(t, w.did("engine"), line)
	}
}
