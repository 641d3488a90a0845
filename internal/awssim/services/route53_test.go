package services

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const declaredZone = "Z0OFFLINE0DEEPSTREAM"

// record is an address record of the declared zone.
func record(name string) cloud.Map {
	return cloud.Map{"zoneId": declaredZone, "name": name, "type": "A", "ttl": 60.0, "records": cloud.List("192.0.2.1")}
}

// latency is a record that leads those nearest to a region to an address.
func latency(name, region string) cloud.Map {
	return with(record(name), cloud.Map{"setIdentifier": region, "latencyRoutingPolicies": cloud.List[any](cloud.Map{"region": region})})
}

// proofs makes the records that prove a certificate's names.
func (n *netCloud) proofs(certificate string) (fqdns []any) {
	n.Helper()
	for _, o := range cloud.Maps(n.read(typeCertificate, certificate), "domainValidationOptions[]") {
		_, state := n.make(typeRecord, cloud.Map{"zoneId": declaredZone, "name": o["resourceRecordName"], "type": o["resourceRecordType"],
			"ttl": 60.0, "records": cloud.List[any](o["resourceRecordValue"]), "allowOverwrite": true})
		fqdns = append(fqdns, state["fqdn"])
	}
	return fqdns
}

func TestZone(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, state := n.make(typeZone, cloud.Map{"name": "Live.Deepstreamhub.com."})
	require.Equal(t, "live.deepstreamhub.com", state["name"])
	require.Equal(t, "arn:aws:route53:::hostedzone/"+id, state["arn"])
	require.Equal(t, id, state["zoneId"])
	require.Len(t, state["nameServers"], 4)
	require.Equal(t, "Managed by Pulumi", state["comment"])
	for output := range state { // what the account declares has the shape of what a program makes
		require.Contains(t, n.read(typeZone, declaredZone), output)
	}
	n.refused("InvalidDomainName", typeZone, cloud.Map{"name": "example.com"})
	n.refused("InvalidDomainName", typeZone, cloud.Map{"name": "live..com"})
	n.refused("NoSuchDelegationSet", typeZone, cloud.Map{"name": "a.com", "delegationSetId": "N1"})
	require.NotEmpty(t, problems(typeZone, cloud.Map{"name": "a.com", "comment": strings.Repeat("x", 257)}))
	require.NotEmpty(t, problems(typeZone, cloud.Map{"name": "a.com", "vpcs": cloud.List[any](cloud.Map{"vpcId": "vpc-1"})}))

	apex := cloud.Map{"zoneId": id, "name": "live.deepstreamhub.com", "type": "NS", "ttl": 60.0, "records": cloud.List("ns.example.com")}
	n.refused("InvalidChangeBatch", typeRecord, apex)
	servers, _ := n.make(typeRecord, with(apex, cloud.Map{"allowOverwrite": true}))
	n.stuck("InvalidChangeBatch", typeRecord, servers)
	www, _ := n.make(typeRecord, with(record("www"), cloud.Map{"zoneId": id}))
	n.stuck("HostedZoneNotEmpty", typeZone, id)
	n.goes(typeRecord, www)
	n.goes(typeZone, id)

	id, _ = n.make(typeZone, cloud.Map{"name": "b.com", "forceDestroy": true})
	n.make(typeRecord, with(record("www"), cloud.Map{"zoneId": id}))
	require.NoError(t, n.gone(typeZone, id, cloud.Map{"forceDestroy": true}))
	for _, r := range n.List() {
		require.NotEqual(t, typeRecord, r.Type)
	}
	require.Error(t, n.gone(typeZone, declaredZone, cloud.Map{}))
}

func TestRecordNames(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	for name, want := range map[string][2]string{ // id and full name
		"eu.deepstreamhub.com":    {"eu.deepstreamhub.com", "eu.deepstreamhub.com"},
		"US.Deepstreamhub.COM.":   {"us.deepstreamhub.com", "us.deepstreamhub.com"},
		"www":                     {"www", "www.deepstreamhub.com"},
		"*.live":                  {"*.live", "*.live.deepstreamhub.com"},
		"deepstreamhub.com":       {"deepstreamhub.com", "deepstreamhub.com"},
		"_a1.x.deepstreamhub.com": {"_a1.x.deepstreamhub.com", "_a1.x.deepstreamhub.com"},
	} {
		id, state := n.make(typeRecord, record(name))
		require.Equal(t, declaredZone+"_"+want[0]+"_A", id)
		require.Equal(t, want[1], state["fqdn"])
		require.Equal(t, want[0], state["name"])
		require.Equal(t, false, state["allowOverwrite"])
		require.NoError(t, n.gone(typeRecord, id, cloud.Map{}))
		require.NoError(t, n.gone(typeRecord, id, cloud.Map{}), "what is gone already counts as deleted")
	}
	id, _ := n.make(typeRecord, latency("live", home))
	require.Equal(t, declaredZone+"_live_A_"+home, id)
	n.refused("InvalidChangeBatch", typeRecord, record("evildeepstreamhub.com"))
	n.refused("NoSuchHostedZone", typeRecord, with(record("x"), cloud.Map{"zoneId": "Z0"}))
	n.refused("NoSuchHealthCheck", typeRecord, with(record("x"), cloud.Map{"healthCheckId": "h"}))
}

func TestRecordValues(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	for _, bad := range []cloud.Map{
		{"records": cloud.List("1.2.3")}, {"records": cloud.List("2001:db8::1")}, {"records": cloud.List("192.0.2.1", "192.0.2.1")}, {"records": cloud.List("")},
		{"type": "AAAA"}, {"type": "CNAME", "records": cloud.List("a.com", "b.com")}, {"type": "CNAME", "records": cloud.List("https://a.com")},
		{"type": "CNAME", "name": "deepstreamhub.com", "records": cloud.List("a.com")},
	} {
		n.refused("InvalidChangeBatch", typeRecord, with(record("x"), bad))
	}
	for _, bad := range []cloud.Map{
		{"ttl": nil}, {"records": []any{}}, {"ttl": -1.0}, {"setIdentifier": "x"},
		{"setIdentifier": "x", "weightedRoutingPolicies": cloud.List[any](cloud.Map{"weight": 256.0})},
		{"setIdentifier": "x", "multivalueAnswerRoutingPolicy": true, "type": "CNAME", "records": cloud.List("a.com")},
	} {
		n.refused("InvalidInput", typeRecord, with(record("x"), bad))
	}
	n.make(typeRecord, with(record("x"), cloud.Map{"type": "AAAA", "records": cloud.List("2001:db8::1")}))
	n.make(typeRecord, with(record("x"), cloud.Map{"type": "TXT", "records": cloud.List("v=spf1 -all")}))
}

func TestRecordOverwrite(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, _ := n.make(typeRecord, record("eu"))
	n.refused("InvalidChangeBatch", typeRecord, record("eu"))
	n.refused("InvalidChangeBatch", typeRecord, record("eu.deepstreamhub.com"))
	over := with(record("eu"), cloud.Map{"records": cloud.List("192.0.2.2"), "allowOverwrite": true})
	again, _ := n.make(typeRecord, over)
	require.Equal(t, id, again)
	require.Equal(t, cloud.List("192.0.2.2"), n.read(typeRecord, id)["records"])
	n.make(typeRecord, over)
	require.NoError(t, n.gone(typeRecord, id, cloud.Map{}))
	_, _, err := n.Read(home, typeRecord, id)
	require.Error(t, err, "the record is one, whoever made it")
}

// TestRecordOverwriteIsKept: taking over a record leaves a file that can be read again.
func TestRecordOverwriteIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := cloud.Open(cloud.Options{Dir: dir})
	require.NoError(t, err)
	inputs := with(record("eu"), cloud.Map{"allowOverwrite": true})
	for range 2 {
		_, _, err := c.Create(context.Background(), home, typeRecord, inputs)
		require.NoError(t, err)
	}
	vpc, _, err := c.Create(context.Background(), home, typeVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	before := c.List()
	require.NoError(t, c.Close())
	c, err = cloud.Open(cloud.Options{Dir: dir})
	require.NoError(t, err)
	require.Equal(t, before, c.List())
	require.NoError(t, c.Delete(context.Background(), home, typeVPC, vpc, cloud.Map{}), "what AWS made along with it keeps nothing in use")
	require.NoError(t, c.Close())
}

func TestRecordsBesideEachOther(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	alias := cloud.Map{"type": "CNAME", "records": cloud.List("a.com")}
	n.make(typeRecord, record("a"))
	n.refused("InvalidChangeBatch", typeRecord, with(record("a"), alias))
	c, _ := n.make(typeRecord, with(record("c"), alias))
	n.refused("InvalidChangeBatch", typeRecord, record("c"))
	_, err := n.change(typeRecord, c, record("c")) // the type changes in place
	require.NoError(t, err)

	text, _ := n.make(typeRecord, with(record("c"), cloud.Map{"type": "TXT"}))
	n.unchanged("InvalidChangeBatch", typeRecord, text, record("c"))
	eu, _ := n.make(typeRecord, latency("live", home))
	n.make(typeRecord, latency("live", "us-east-1"))
	n.refused("InvalidChangeBatch", typeRecord, with(latency("live", home), cloud.Map{"setIdentifier": "second"}))
	n.refused("InvalidChangeBatch", typeRecord, record("live"))
	n.refused("InvalidChangeBatch", typeRecord, latency("a", home))
	n.refused("InvalidChangeBatch", typeRecord, with(record("live"), cloud.Map{"setIdentifier": "w", "weightedRoutingPolicies": cloud.List[any](cloud.Map{"weight": 1.0})}))
	n.unchanged("InvalidChangeBatch", typeRecord, eu, with(latency("live", home), cloud.Map{"latencyRoutingPolicies": cloud.List[any](cloud.Map{"region": "us-east-1"})}))

	weighted := func(id string, ttl float64) cloud.Map {
		return with(record("w"), cloud.Map{"ttl": ttl, "setIdentifier": id, "weightedRoutingPolicies": cloud.List[any](cloud.Map{"weight": 1.0})})
	}
	n.make(typeRecord, weighted("1", 60))
	n.make(typeRecord, weighted("2", 60))
	n.refused("InvalidChangeBatch", typeRecord, weighted("3", 30))
	failover := func(id, role string) cloud.Map {
		return with(record("f"), cloud.Map{"setIdentifier": id, "failoverRoutingPolicies": cloud.List[any](cloud.Map{"type": role})})
	}
	n.make(typeRecord, failover("1", "PRIMARY"))
	n.make(typeRecord, failover("2", "SECONDARY"))
	n.refused("InvalidChangeBatch", typeRecord, failover("3", "PRIMARY"))
}

func TestAliasRecord(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	_, lb := n.make(typeLoadBalancer, n.balancer())
	to := func(name any, zone any) cloud.Map {
		return cloud.Map{"zoneId": declaredZone, "name": "eu", "type": "A", "aliases": cloud.List[any](cloud.Map{"name": name, "zoneId": zone, "evaluateTargetHealth": true})}
	}
	good := to(lb["dnsName"], lb["zoneId"])
	id, state := n.make(typeRecord, good)
	require.Equal(t, lb["dnsName"], cloud.Str(state, "aliases[].name"))
	_, err := n.change(typeRecord, id, to("dualstack."+lb["dnsName"].(string)+".", lb["zoneId"]))
	require.NoError(t, err)
	n.unchanged("InvalidChangeBatch", typeRecord, id, to(lb["dnsName"], regionsKnown["us-east-1"].BalancerZone))
	for _, bad := range []cloud.Map{
		to("other-1.eu-central-1.elb.amazonaws.com", lb["zoneId"]), to(lb["dnsName"], regionsKnown["us-east-1"].BalancerZone), to(lb["dnsName"], declaredZone),
		to("nothing.deepstreamhub.com", declaredZone), with(good, cloud.Map{"type": "TXT"}),
	} {
		n.refused("InvalidChangeBatch", typeRecord, with(bad, cloud.Map{"name": "x"}))
	}
	n.make(typeRecord, with(to("eu.deepstreamhub.com", declaredZone), cloud.Map{"name": "x"}))
}

func TestRecordChecks(t *testing.T) {
	t.Parallel()
	refusesInputs(t, typeRecord, record("x"), []badInput{{"type", "ANAME"}})
	target := cloud.List[any](cloud.Map{"name": "a", "zoneId": "Z", "evaluateTargetHealth": true})
	for _, bad := range []cloud.Map{
		{"records": nil, "ttl": nil}, {"aliases": target}, {"records": nil, "aliases": target},
		{"records": nil, "ttl": nil, "aliases": append(target, target...)},
		{"latencyRoutingPolicies": cloud.List[any](cloud.Map{"region": home})},
		{"setIdentifier": "x", "latencyRoutingPolicies": cloud.List[any](cloud.Map{"region": "eu-central-9"})},
		{"setIdentifier": "x", "failoverRoutingPolicies": cloud.List[any](cloud.Map{"type": "primary"})},
		{"setIdentifier": "x", "weightedRoutingPolicies": cloud.List[any](cloud.Map{"weight": 1.0}), "multivalueAnswerRoutingPolicy": true},
		{"setIdentifier": "x", "geolocationRoutingPolicies": cloud.List[any](cloud.Map{"continent": "EU"})},
	} {
		require.NotEmpty(t, problems(typeRecord, with(record("x"), bad)), bad)
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	inputs := cloud.Map{"domainName": "eu.deepstreamhub.com", "validationMethod": "DNS", "subjectAlternativeNames": cloud.List("*.live.deepstreamhub.com", "live.deepstreamhub.com")}
	id, state := n.make(typeCertificate, inputs)
	require.Regexp(t, `^arn:aws:acm:eu-central-1:111122223333:certificate/[0-9a-f-]{36}$`, id)
	require.Equal(t, "PENDING_VALIDATION", state["status"])
	require.Len(t, state["subjectAlternativeNames"], 3)
	options := cloud.Maps(state, "domainValidationOptions[]")
	require.Len(t, options, 3)
	require.Equal(t, "eu.deepstreamhub.com", options[0]["domainName"])
	require.Regexp(t, `^_[0-9a-f]{32}\.eu\.deepstreamhub\.com\.$`, options[0]["resourceRecordName"])
	require.Regexp(t, `^_[0-9a-f]{32}\.[0-9a-f]{10}\.acm-validations\.aws\.$`, options[0]["resourceRecordValue"])
	require.Equal(t, options[1]["resourceRecordName"], options[2]["resourceRecordName"], "a wildcard is proved as what it stands under")
	_, far, err := n.Create(context.Background(), "us-east-1", typeCertificate, inputs)
	require.NoError(t, err)
	require.Equal(t, state["domainValidationOptions"], far["domainValidationOptions"], "the same in all regions")

	state, err = n.change(typeCertificate, id, with(inputs, cloud.Map{"tags": cloud.Map{"a": "b"}, "options": cloud.Map{"certificateTransparencyLoggingPreference": "DISABLED"}}))
	require.NoError(t, err)
	require.Equal(t, cloud.Map{"a": "b"}, state["tagsAll"])

	long := strings.Repeat("a", 60) + ".com"
	n.make(typeCertificate, cloud.Map{"domainName": long, "validationMethod": "DNS"})
	n.make(typeCertificate, cloud.Map{"domainName": "a.com", "validationMethod": "DNS", "subjectAlternativeNames": cloud.List("b" + long)})
	for _, name := range []string{"b" + long, "com", "*.*.com", "a.*.com", "a_b.com", "-a.com", "a..com"} {
		n.refused("ValidationException", typeCertificate, cloud.Map{"domainName": name, "validationMethod": "DNS"})
	}
	n.refused("ValidationException", typeCertificate, with(inputs, cloud.Map{"keyAlgorithm": "RSA_1024"}))
	var many []any
	for i := range namesLimit {
		many = append(many, strings.Repeat("x", i+1)+".com")
	}
	n.refused("LimitExceededException", typeCertificate, with(inputs, cloud.Map{"subjectAlternativeNames": many}))
	refusesInputs(t, typeCertificate, inputs, []badInput{
		{"domainName", "a.com."}, {"validationMethod", "EMAIL"}, {"validationMethod", "dns"}, {"keyAlgorithm", "RSA"},
		{"subjectAlternativeNames", cloud.List("a.com.")}, {"subjectAlternativeNames", cloud.List("")},
	})
	require.NotEmpty(t, problems(typeCertificate, cloud.Map{"domainName": "a.com"}))
	require.NotEmpty(t, problems(typeCertificate, cloud.Map{"privateKey": "k", "certificateBody": "c"}))
}

func TestCertificateValidation(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, _ := n.make(typeCertificate, cloud.Map{"domainName": "eu.deepstreamhub.com", "validationMethod": "DNS", "subjectAlternativeNames": cloud.List("live.deepstreamhub.com")})
	wait := func(fqdns ...any) cloud.Map { return cloud.Map{"certificateArn": id, "validationRecordFqdns": fqdns} }
	n.refused("ResourceNotFoundException", typeValidation, cloud.Map{"certificateArn": id + "0"})
	n.refused("PENDING_VALIDATION", typeValidation, cloud.Map{"certificateArn": id})
	option := cloud.Maps(n.read(typeCertificate, id), "domainValidationOptions[]")[0]
	wrong, _ := n.make(typeRecord, cloud.Map{"zoneId": declaredZone, "name": option["resourceRecordName"], "type": "CNAME", "ttl": 60.0, "records": cloud.List("_x.acm-validations.aws.")})
	n.refused("PENDING_VALIDATION", typeValidation, cloud.Map{"certificateArn": id})
	n.goes(typeRecord, wrong)

	fqdns := n.proofs(id)
	_, _, err := n.Create(context.Background(), home, typeValidation, wait(fqdns[0]))
	require.Equal(t, "MissingValidationRecord", cloud.Code(err))
	require.ErrorContains(t, err, "missing live.deepstreamhub.com DNS validation record: "+fqdns[1].(string))
	first, _ := n.make(typeValidation, wait(fqdns...))
	cert := n.read(typeCertificate, id)
	require.Equal(t, "ISSUED", cert["status"])
	until, err := time.Parse(time.RFC3339, cert["notAfter"].(string))
	require.NoError(t, err)
	require.WithinDuration(t, n.clock.Now().Add(certificateLife), until, 10*time.Minute)

	n.goes(typeRecord, declaredZone+"_"+fqdns[0].(string)+"_CNAME")
	require.Equal(t, "ISSUED", n.read(typeCertificate, id)["status"], "what is issued stays so")
	second, _ := n.make(typeValidation, wait(fqdns...))
	require.Equal(t, first, second, "there is one time of issue")
	n.goes(typeValidation, second)
	require.Equal(t, "ISSUED", n.read(typeCertificate, id)["status"])
	n.goes(typeCertificate, id)
	_, _, err = n.Read(home, typeValidation, first)
	require.Error(t, err)
}
