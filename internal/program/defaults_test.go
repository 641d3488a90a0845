package program_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/components/network"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/program"
)

// From where on alarms go off is the same by default for a stack and for a program that takes the component as a library: a
// stack's configuration may not import the component, so both say it.
func TestThresholdsHaveOneDefault(t *testing.T) {
	t.Parallel()
	watched := func(cfg config.Config) map[string]map[string]any {
		resources, err := account(cfg.Region).Run(program.RegionWithoutHooks(cfg))
		require.NoError(t, err)
		out := map[string]map[string]any{}
		for _, r := range resources {
			if r.Type == "aws:cloudwatch/metricAlarm:MetricAlarm" || r.Type == "aws:cloudwatch/dashboard:Dashboard" {
				out[r.Type+" "+r.Name] = r.Plain()
			}
		}
		return out
	}
	cfg := stackOf(t, "prod-eu")
	byConfiguration := watched(cfg)
	require.Greater(t, len(byConfiguration), 25)
	without := cfg
	o := cfg.Observability
	without.Observability = config.Observability{Notify: o.Notify, MaxVolumeGiB: o.MaxVolumeGiB, MinLocalStorageGiB: o.MinLocalStorageGiB} // those two have no default in the component
	require.Equal(t, byConfiguration, watched(without))
}

// What a stack file may say as a tag's value every component takes, and what it may not, none does, but for nothing at all
// and for what begins as AWS's own keys do.
func TestTagsHaveOneForm(t *testing.T) {
	t.Parallel()
	taken := func(value string) bool {
		err := (&network.Args{Tags: map[string]string{"owner": value}}).Validate()
		return !strings.Contains(err.Error(), `tag owner = `)
	}
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(
			rapid.StringN(1, 20, -1), rapid.StringMatching(`[A-Za-z0-9 _.:/=+@-]{1,20}`), rapid.StringMatching(`[aé]{250,260}`),
			rapid.StringMatching(`[a-z]{1,3}[#"'\\*,;()<>\n\t]`),
		).Draw(t, "value")
		bare := strings.ToLower(strings.TrimSpace(value))
		if bare == "" || strings.HasPrefix(bare, "aws:") {
			return
		}
		require.Equal(t, config.TagValue{}.MatchString(value), taken(value), "%q", value)
	})
}
