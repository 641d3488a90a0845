package edge_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
)

// With IPv6 everything that leads clients to the load balancer is there twice.
func TestIPv6(t *testing.T) {
	t.Parallel()
	a := withGlobalName()
	require.Equal(t, "ipv4", componenttest.Find(t, run(t, recorder(), a, nil), "aws:lb/loadBalancer:LoadBalancer", "edge-lb").Plain()["ipAddressType"])
	a.IPv6 = true
	resources := run(t, recorder(), a, nil)
	require.Equal(t, "dualstack", componenttest.Find(t, resources, "aws:lb/loadBalancer:LoadBalancer", "edge-lb").Plain()["ipAddressType"])
	for _, name := range []string{"edge-hostname", "edge-global"} {
		four := componenttest.Find(t, resources, "aws:route53/record:Record", name).Plain()
		six := componenttest.Find(t, resources, "aws:route53/record:Record", name+"-ipv6").Plain()
		require.Equal(t, []any{"A", "AAAA"}, []any{four["type"], six["type"]})
		delete(four, "type")
		delete(six, "type")
		require.Equal(t, four, six, "the same name, for the same target")
	}
	for _, name := range []string{"edge-lb-http-ipv6", "edge-lb-https-ipv6"} {
		rule := componenttest.Find(t, resources, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", name).Plain()
		require.Equal(t, "::/0", rule["cidrIpv6"])
		require.NotContains(t, rule, "cidrIpv4")
	}
}
