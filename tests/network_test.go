package tests

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/network"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

// The configuration and the network know the same endpoints, though neither imports the other.
func TestEndpointServicesAgree(t *testing.T) {
	t.Parallel()
	require.Equal(t, network.Services(), config.EndpointServices())
}

// network.zones, network.endpoints, network.nat, network.ipv6 and network.flowLogRetentionDays: what a change of each plans.
func TestNetworkToggles(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	cfg := harness.Ephemeral(t, "prod-us")
	cfg.Network.Endpoints = []string{"ecr.api", "logs"}
	s := harness.NewStack(t, aws, "network", cfg)
	s.Up()
	plans := func(name string, change func(), want ...string) {
		t.Helper()
		before := s.Config
		change()
		require.ElementsMatch(t, want, harness.Changed(s.Preview()), name)
		s.Config = before
	}
	net := &s.Config.Network
	plans("a further endpoint", func() { net.Endpoints = []string{"ecr.api", "kms", "logs"} }, "create network-endpoint-kms")
	plans("endpoints in another order", func() { net.Endpoints = []string{"logs", "ecr.api"} })
	plans("an endpoint less", func() { net.Endpoints = []string{"logs"} }, "delete network-endpoint-ecr.api")
	plans("no endpoints", func() { net.Endpoints = nil }, "delete network-endpoint-ecr.api", "delete network-endpoint-logs",
		"delete network-endpoints", "delete network-endpoints-https")
	oneNAT := []string{"update network-private-use1-az2-default", "update network-private-use1-az4-default"}
	for _, zone := range net.Zones[1:] {
		oneNAT = append(oneNAT, "delete network-eip-"+zone, "delete network-nat-"+zone)
	}
	plans("one NAT for all", func() { net.NAT = "single" }, oneNAT...)
	plans("other retention", func() { net.FlowLogRetentionDays = 365 }, "update network-flows")
	plans("no flow logs", func() { net.FlowLogRetentionDays = 0 }, "delete network-flows", "delete network-flows", "delete network-flows",
		"delete network-flows", "delete network-flows-key", "delete network-flows-key-alias")

	// A zone brings what bears its name, and joins the lists of those who are in every zone.
	zone := func(op string) []string {
		return []string{
			op + " network-public-use1-az6", op + " network-public-use1-az6", op + " network-public-use1-az6",
			op + " network-eip-use1-az6", op + " network-nat-use1-az6",
			op + " network-private-use1-az6", op + " network-private-use1-az6", op + " network-private-use1-az6", op + " network-private-use1-az6",
			op + " network-private-use1-az6-default",
			op + " network-data-use1-az6", op + " network-data-use1-az6", op + " network-data-use1-az6",
		}
	}
	lists := []string{
		"update network-s3", "update network-endpoint-ecr.api", "update network-endpoint-logs", // route tables and subnets
		"update database-subnets", "update bus-subnets", "update edge-lb", "update cluster-hosts", "update deepstream-service",
		// Sizes: a task and a host a zone at least, and less in reserve for the loss of one.
		"update cluster-refresh", "update cluster-capacity", "update deepstream-scaling", "update deepstream-connections",
		"update deepstream-cpu", "update observability-edge-connections", "update observability-dashboard",
	}
	three := net.Zones
	four := append(slices.Clone(three), "use1-az6")
	plans("a further zone", func() { net.Zones = four }, append(zone("create"), lists...)...)
	net.Zones = four
	s.Up()
	require.Empty(t, harness.Changed(s.Preview()))
	plans("a zone less", func() { net.Zones = three }, append(zone("delete"), lists...)...)

	ipv6Toggle(t, aws, s)

	// Without NAT the hosts stand on the endpoints.
	net.Zones, net.NAT, net.Endpoints, net.FlowLogRetentionDays = three, "none", config.Defaults(harness.Organisation).Network.Endpoints, 0
	require.NoError(t, s.Config.Validate())
	s.Up()
	require.Empty(t, harness.Changed(s.Preview()))
	require.Empty(t, harness.Changed(s.Refresh()))
	require.Empty(t, aws.Find("aws:ec2/natGateway:NatGateway"))
	require.Empty(t, aws.Find("aws:ec2/flowLog:FlowLog"))
	net.Endpoints = slices.DeleteFunc(slices.Clone(net.Endpoints), func(name string) bool { return name == "ecs-agent" })
	require.ErrorContains(t, s.Config.Validate(), "network.endpoints to hold ecs-agent")
}

// ipv6Toggle turns network.ipv6 on in a stack that has four zones, which is an addition everywhere, and tries to turn it
// off again, which AWS refuses.
func ipv6Toggle(t *testing.T, aws *harness.AWS, s *harness.Stack) {
	t.Helper()
	yes, no := true, false
	s.Config.Network.IPv6 = &yes
	want := []string{
		"create network-ipv6", "create network-egress", "create network-public-default-ipv6",
		"update network-public-acl", "update network-private-acl", "update edge-lb",
		"create edge-lb-http-ipv6", "create edge-lb-https-ipv6", "create edge-hostname-ipv6",
		"create cluster-host-https-ipv6", "create deepstream-https-ipv6",
	}
	for _, zone := range s.Config.Network.Zones {
		want = append(want, "update network-public-"+zone, "update network-private-"+zone, "update network-data-"+zone,
			"create network-private-"+zone+"-default-ipv6")
	}
	require.ElementsMatch(t, want, harness.Changed(s.Up()))
	require.Empty(t, harness.Changed(s.Preview()))
	ranges := map[string]bool{}
	for _, subnet := range aws.Find("aws:ec2/subnet:Subnet") {
		ranges[subnet.Str("ipv6CidrBlock")] = true
	}
	require.Len(t, ranges, 12)
	require.NotContains(t, ranges, "")
	// That a VPC has a range is to be seen in the VPC too, at the next refresh, and is no reason to take it away.
	s.Refresh()
	require.Empty(t, harness.Changed(s.Preview()))

	s.Config.Network.IPv6 = &no
	_, err := s.TryUp()
	require.ErrorContains(t, err, "InvalidCidrBlock.InUse")
	s.Config.Network.IPv6 = &yes
	s.Up()
	require.Empty(t, harness.Changed(s.Preview()))
}
