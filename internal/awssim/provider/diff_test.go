package provider

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// A service's strategy changes in place only by a forced deployment, and only where there is one before and after.
func TestStrategiesReplaceServices(t *testing.T) {
	t.Parallel()
	k, ok := cloud.Lookup("aws:ecs/service:Service")
	require.True(t, ok)
	strategy := func(provider string, force bool) cloud.Map {
		in := cloud.Map{"name": "a", "forceNewDeployment": force}
		if provider != "" {
			in["capacityProviderStrategies"] = []any{cloud.Map{"capacityProvider": provider, "weight": 1.0}}
		}
		return in
	}
	for name, tc := range map[string]struct {
		old, new cloud.Map
		replaces bool
	}{
		"as it was":       {strategy("a", false), strategy("a", false), false},
		"another":         {strategy("a", false), strategy("b", false), true},
		"another, forced": {strategy("a", true), strategy("b", true), false},
		"the first":       {strategy("", true), strategy("b", true), true},
		"none any more":   {strategy("a", true), strategy("", true), true},
	} {
		changes := compare(k, factsOf(k.Type), tc.old, tc.new, nil)
		require.Equal(t, tc.replaces, slices.ContainsFunc(changes, func(c change) bool { return c.Replaces }), name)
	}
}

// What no request to AWS can carry is refused by its property, whatever the type.
func TestLimitsOfEveryRequest(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	refused := func(typ string, inputs cloud.Map) (paths []string) {
		for _, f := range e.check(typ, nil, inputs).GetFailures() {
			paths = append(paths, f.GetProperty())
		}
		return paths
	}
	for path, inputs := range map[string]cloud.Map{
		"cidrBlock":         {"cidrBlock": "10.0.0.0/16\x00"},
		"tags.a":            {"cidrBlock": "10.0.0.0/16", "tags": map[string]any{"a": strings.Repeat("a", longestText+1)}},
		"ipv4NetmaskLength": {"cidrBlock": "10.0.0.0/16", "ipv4NetmaskLength": 1e12},
	} {
		require.Contains(t, refused(vpcType, inputs), path)
	}
	require.Contains(t, refused(subnetType, cloud.Map{"vpcId": "", "cidrBlock": "10.0.0.0/24"}), "vpcId", "a subnet of no VPC")
}
