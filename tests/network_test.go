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

// network.zones, network.endpoints, network.nat and network.flowLogRetentionDays: what a change of each plans.
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
	}
	three := net.Zones
	four := append(slices.Clone(three), "use1-az6")
	plans("a further zone", func() { net.Zones = four }, append(zone("create"), lists...)...)
	net.Zones = four
	s.Up()
	require.Empty(t, harness.Changed(s.Preview()))
	plans("a zone less", func() { net.Zones = three }, append(zone("delete"), lists...)...)

	// Without NAT the hosts stand on the endpoints.
	net.Zones, net.NAT, net.Endpoints, net.FlowLogRetentionDays = three, "none", config.Defaults().Network.Endpoints, 0
	require.NoError(t, s.Config.Validate())
	s.Up()
	require.Empty(t, harness.Changed(s.Preview()))
	require.Empty(t, harness.Changed(s.Refresh()))
	require.Empty(t, aws.Find("aws:ec2/natGateway:NatGateway"))
	require.Empty(t, aws.Find("aws:ec2/flowLog:FlowLog"))
	net.Endpoints = slices.DeleteFunc(slices.Clone(net.Endpoints), func(name string) bool { return name == "ecs-agent" })
	require.ErrorContains(t, s.Config.Validate(), "network.endpoints to hold ecs-agent")
}
