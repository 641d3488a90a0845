package cost_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/cost"
	"github.com/deepstreamhub/platform/internal/plan"
)

const stack = "urn:pulumi:prod-eu::deepstreamhub::"

func urn(part, typ, name string) string {
	return stack + "deepstreamhub:" + part + ":" + strings.ToUpper(part[:1]) + part[1:] + "$" + typ + "::" + name
}

func of(part string) string {
	return stack + "deepstreamhub:" + part + ":" + strings.ToUpper(part[:1]) + part[1:] + "::" + part
}

func step(op plan.Op, part, typ, name string, was, will map[string]any) plan.Step {
	return plan.Step{URN: urn(part, typ, name), Type: typ, Name: name, Parent: of(part), Op: op, Old: was, New: will}
}

// What a plan finds and leaves is counted by part; hosts by their group's fewest and their template's type.
func TestPlanned(t *testing.T) {
	t.Parallel()
	template := func(typ string) map[string]any {
		return map[string]any{"instanceType": typ, "blockDeviceMappings": []any{map[string]any{"ebs": map[string]any{"volumeSize": 50.0}}}}
	}
	group := func(n float64) map[string]any { return map[string]any{"minSize": n} }
	zones := map[string]any{"vpcEndpointType": "Interface", "subnetIds": []any{"a", "b", plan.Unknown}}
	p := plan.Plan{Steps: []plan.Step{
		step(plan.OpSame, "network", "aws:ec2/natGateway:NatGateway", "nat", map[string]any{}, map[string]any{}),
		step(plan.OpCreate, "network", "aws:ec2/natGateway:NatGateway", "nat-2", nil, map[string]any{}),
		step(plan.OpSame, "network", "aws:ec2/vpcEndpoint:VpcEndpoint", "kms", zones, zones),
		step(plan.OpSame, "network", "aws:ec2/vpcEndpoint:VpcEndpoint", "s3", map[string]any{"vpcEndpointType": "Gateway"}, map[string]any{"vpcEndpointType": "Gateway"}),
		step(plan.OpReplace, "cluster", "aws:ec2/launchTemplate:LaunchTemplate", "template", template("c6g.xlarge"), template("c6g.2xlarge")),
		step(plan.OpUpdate, "cluster", "aws:autoscaling/group:Group", "hosts", group(3), group(6)),
		step(plan.OpDelete, "bus", "aws:elasticache/replicationGroup:ReplicationGroup", "bus", map[string]any{"nodeType": "cache.r7g.large", "numCacheClusters": 2.0}, nil),
	}}
	before, after := cost.Planned(p)
	require.Empty(t, cmp.Diff([]cost.Quantity{
		{"bus", "bus node cache.r7g.large", 2}, {"cluster", "GiB of host volumes", 150}, {"cluster", "host c6g.xlarge", 3},
		{"network", "NAT gateway", 1}, {"network", "interface endpoint, per zone", 3},
	}, before))
	require.ElementsMatch(t, []cost.Quantity{
		{"bus", "bus node cache.r7g.large", -2}, {"cluster", "GiB of host volumes", 150}, {"cluster", "host c6g.xlarge", -3},
		{"cluster", "host c6g.2xlarge", 6}, {"network", "NAT gateway", 1},
	}, cost.Difference(before, after))

	prices, err := cost.Read(strings.NewReader("date: 2026-01-31\nsource: a test\ncurrency: EUR\nregions:\n  here:\n    NAT gateway: {price: 0.1, per: hour}\n    bus node cache.r7g.large: {price: 50, per: month}\n"))
	require.NoError(t, err)
	bill := prices.Of("here", cost.Difference(before, after))
	require.InDelta(t, 73-100, bill.Total, 0.001)
	require.Equal(t, "Cost: not known whole, for want of a price of GiB of host volumes, host c6g.xlarge, host c6g.2xlarge; the rest 27.00 EUR a month less, by prices of 2026-01-31 (a test).", bill.Change())
	require.Contains(t, prices.Of("here", nil).Change(), "nothing that is paid")
}

func TestRead(t *testing.T) {
	t.Parallel()
	_, err := cost.Read(strings.NewReader("date: soon\nregions:\n  here:\n    x: {price: -1, per: week}\n"))
	for _, problem := range []string{`date = "soon"`, "source: must say", "currency: must say", "regions.here.x.price = -1", `regions.here.x.per = "week"`} {
		require.ErrorContains(t, err, problem)
	}
	_, err = cost.Read(strings.NewReader("dates: 2026-01-31\n"))
	require.ErrorContains(t, err, "line 1: there is no such key: dates")
	sample, err := os.Open("../../prices/sample.yaml")
	require.NoError(t, err)
	defer sample.Close()
	prices, err := cost.Read(sample)
	require.NoError(t, err)
	require.Len(t, prices.Regions, 2)
	require.Contains(t, prices.Source, "sample")
}
