package cloud

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func (e *edgeCloud) recordInputs() Map {
	return Map{"zoneId": e.zone, "name": "www", "type": "A", "ttl": 60.0, "records": List("192.0.2.1")}
}

func TestZone(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, state := e.make(typeZone, Map{"name": "Example.com.", "tags": Map{"a": "b"}})
	require.Equal(t, "example.com", state["name"])
	require.Equal(t, "arn:aws:route53:::hostedzone/"+id, state["arn"])
	require.Len(t, state["nameServers"], 4)
	require.Equal(t, "Managed by Pulumi", state["comment"])
	record, _ := e.make(typeRecord, with(e.recordInputs(), Map{"zoneId": id}))
	require.Equal(t, "HostedZoneNotEmpty", Code(e.gone(typeZone, id, nil)))
	require.NoError(t, e.gone(typeRecord, record, nil))
	require.NoError(t, e.gone(typeZone, id, nil))
	refusesInputs(t, typeZone, Map{"name": "example.com"}, []badInput{
		{"name", ""}, {"comment", strings.Repeat("x", 257)}, {"vpcs", []any{Map{"vpcId": "vpc-1"}}},
	})
}

func TestRecord(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, state := e.make(typeRecord, e.recordInputs())
	require.Equal(t, "www.deepstreamhub.com", state["fqdn"], "the provider completes names")
	require.Equal(t, e.zone+"_www_A", id)
	e.refused("InvalidChangeBatch", typeRecord, e.recordInputs())
	over, _ := e.make(typeRecord, with(e.recordInputs(), Map{"allowOverwrite": true, "records": List("192.0.2.2")}))
	require.Equal(t, id, over)
	require.Equal(t, List("192.0.2.2"), e.read(typeRecord, id)["records"])
	require.True(t, kinds[typeRecord].Replaces("name"))
	require.False(t, kinds[typeRecord].Replaces("type"))
}

func TestRecordRefusals(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	balancer, state := e.make(typeLoadBalancer, balancerInputs())
	alias := func(name, zone any) Map {
		return with(e.recordInputs(), Map{"name": "lb", "ttl": nil, "records": nil,
			"aliases": []any{Map{"name": name, "zoneId": zone, "evaluateTargetHealth": true}}})
	}
	latency := func(id, region string) Map {
		return with(alias(state["dnsName"], state["zoneId"]), Map{"name": "near", "setIdentifier": id, "latencyRoutingPolicies": []any{Map{"region": region}}})
	}
	e.make(typeRecord, e.recordInputs())
	e.make(typeRecord, alias(state["dnsName"], state["zoneId"]))
	e.make(typeRecord, with(alias(state["dnsName"], state["zoneId"]), Map{"type": "AAAA"}))
	e.make(typeRecord, latency("eu", "eu-central-1"))
	check, _ := e.make(typeHealthCheck, healthInputs())
	e.make(typeRecord, with(latency("us", "us-east-1"), Map{"healthCheckId": check}))

	const batch = "InvalidChangeBatch"
	e.refused("NoSuchHostedZone", typeRecord, with(e.recordInputs(), Map{"zoneId": "Z0"}))
	e.refused("NoSuchHealthCheck", typeRecord, with(latency("ap", "ap-south-1"), Map{"healthCheckId": "none"}))
	e.refused("InvalidInput", typeRecord, with(e.recordInputs(), Map{"name": "simple", "healthCheckId": check}))
	e.refused(batch, typeRecord, with(e.recordInputs(), Map{"name": "deepstreamhub.com", "type": "CNAME", "records": List("a.b.")}))
	e.refused(batch, typeRecord, with(e.recordInputs(), Map{"type": "CNAME", "records": List("a.b.")})) // beside the A record
	e.refused(batch, typeRecord, with(alias("none.eu-central-1.elb.amazonaws.com", state["zoneId"]), Map{"name": "x"}))
	e.refused(batch, typeRecord, with(alias(state["dnsName"], "Z35SXDOTRQ7X7K"), Map{"name": "x"}))
	e.refused(batch, typeRecord, latency("eu-2", "eu-central-1"))
	e.refused(batch, typeRecord, with(e.recordInputs(), Map{"name": "near"})) // beside records with a routing policy
	require.NoError(t, e.gone(typeLoadBalancer, balancer, nil), "Route 53 does not keep its targets")
}

func TestRecordChecks(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	refusesInputs(t, typeRecord, e.recordInputs(), []badInput{{"type", "ANY"}, {"name", "a..b"}, {"ttl", -1.0}})
	for name, change := range map[string]Map{
		"neither":          {"records": nil, "ttl": nil},
		"both":             {"aliases": []any{Map{"name": "x", "zoneId": "Z", "evaluateTargetHealth": true}}},
		"no ttl":           {"ttl": nil},
		"two values":       {"type": "CNAME", "records": List("a.", "b.")},
		"two policies":     {"setIdentifier": "a", "weightedRoutingPolicies": []any{Map{"weight": 1.0}}, "latencyRoutingPolicies": []any{Map{"region": home}}},
		"no identifier":    {"weightedRoutingPolicies": []any{Map{"weight": 1.0}}},
		"identifier alone": {"setIdentifier": "a"},
		"health unsaid":    {"records": nil, "ttl": nil, "aliases": []any{Map{"name": "x", "zoneId": "Z"}}},
		"two aliases": {"records": nil, "ttl": nil, "aliases": []any{
			Map{"name": "x", "zoneId": "Z", "evaluateTargetHealth": true}, Map{"name": "y", "zoneId": "Z", "evaluateTargetHealth": true}}},
	} {
		require.NotEmpty(t, problems(typeRecord, with(e.recordInputs(), change)), name)
	}
}

func healthInputs() Map {
	return Map{"type": "HTTPS", "fqdn": testDomain, "resourcePath": "/health-check", "requestInterval": 10.0}
}

func TestHealthCheck(t *testing.T) {
	t.Parallel()
	e := newEdgeCloud(t)
	id, state := e.make(typeHealthCheck, with(healthInputs(), Map{"tags": Map{"a": "b"}}))
	require.Equal(t, "arn:aws:route53:::healthcheck/"+id, state["arn"])
	require.Equal(t, 443.0, state["port"])
	require.Equal(t, true, state["enableSni"])
	require.Equal(t, 3.0, state["failureThreshold"])
	require.Equal(t, Map{"a": "b"}, state["tagsAll"])
	for _, change := range []Map{
		{"fqdn": nil}, {"type": "TCP", "resourcePath": nil}, {"type": "TCP", "port": 443.0}, {"searchString": "ok"},
		{"type": "HTTPS_STR_MATCH"}, {"type": "CALCULATED"},
	} {
		e.refused("InvalidInput", typeHealthCheck, with(healthInputs(), change))
	}
	e.refusedChange("InvalidInput", typeHealthCheck, id, with(healthInputs(), Map{"fqdn": nil}))
	e.refusedChange("InvalidInput", typeHealthCheck, id, with(healthInputs(), Map{"searchString": "ok"}))
	refusesInputs(t, typeHealthCheck, healthInputs(), []badInput{
		{"type", "PING"}, {"requestInterval", 20.0}, {"failureThreshold", 11.0}, {"port", 0.0}, {"resourcePath", strings.Repeat("x", 256)},
		{"regions", List("us-east-1", "us-west-1")}, {"regions", List("us-east-1", "us-west-1", "eu-central-1")}, {"ipAddress", "localhost"},
		{"insufficientDataHealthStatus", "Unknown"}, {"referenceName", strings.Repeat("x", 28)},
	})
	require.True(t, kinds[typeHealthCheck].Replaces("requestInterval"))
	require.False(t, kinds[typeHealthCheck].Replaces("fqdn"))
	for i := range 199 {
		e.make(typeHealthCheck, with(healthInputs(), Map{"fqdn": fmt.Sprintf("n%d.deepstreamhub.com", i)}))
	}
	e.refused("TooManyHealthChecks", typeHealthCheck, healthInputs())
}
