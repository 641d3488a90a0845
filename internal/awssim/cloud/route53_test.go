package cloud

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const declaredZone = "Z0OFFLINE0DEEPSTREAM"

// record is an address record of the declared zone.
func record(name string) Map {
	return Map{"zoneId": declaredZone, "name": name, "type": "A", "ttl": 60.0, "records": List("192.0.2.1")}
}

// latency is a record that leads those nearest to a region to an address.
func latency(name, region string) Map {
	return with(record(name), Map{"setIdentifier": region, "latencyRoutingPolicies": List[any](Map{"region": region})})
}

// proofs makes the records that prove a certificate's names.
func (n *netCloud) proofs(certificate string) (fqdns []any) {
	n.Helper()
	for _, o := range Maps(n.read(typeCertificate, certificate), "domainValidationOptions[]") {
		_, state := n.make(typeRecord, Map{"zoneId": declaredZone, "name": o["resourceRecordName"], "type": o["resourceRecordType"],
			"ttl": 60.0, "records": List[any](o["resourceRecordValue"]), "allowOverwrite": true})
		fqdns = append(fqdns, state["fqdn"])
	}
	return fqdns
}

func TestZone(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, state := n.make(typeZone, Map{"name": "Live.Deepstreamhub.com."})
	require.Equal(t, "live.deepstreamhub.com", state["name"])
	require.Equal(t, "arn:aws:route53:::hostedzone/"+id, state["arn"])
	require.Equal(t, id, state["zoneId"])
	require.Len(t, state["nameServers"], 4)
	require.Equal(t, "Managed by Pulumi", state["comment"])
	for output := range state { // what the account declares has the shape of what a program makes
		require.Contains(t, n.read(typeZone, declaredZone), output)
	}
	n.refused("InvalidDomainName", typeZone, Map{"name": "example.com"})
	n.refused("InvalidDomainName", typeZone, Map{"name": "live..com"})
	n.refused("NoSuchDelegationSet", typeZone, Map{"name": "a.com", "delegationSetId": "N1"})
	require.NotEmpty(t, problems(typeZone, Map{"name": "a.com", "comment": strings.Repeat("x", 257)}))
	require.NotEmpty(t, problems(typeZone, Map{"name": "a.com", "vpcs": List[any](Map{"vpcId": "vpc-1"})}))

	apex := Map{"zoneId": id, "name": "live.deepstreamhub.com", "type": "NS", "ttl": 60.0, "records": List("ns.example.com")}
	n.refused("InvalidChangeBatch", typeRecord, apex)
	servers, _ := n.make(typeRecord, with(apex, Map{"allowOverwrite": true}))
	n.stuck("InvalidChangeBatch", typeRecord, servers)
	www, _ := n.make(typeRecord, with(record("www"), Map{"zoneId": id}))
	n.stuck("HostedZoneNotEmpty", typeZone, id)
	n.goes(typeRecord, www)
	n.goes(typeZone, id)

	id, _ = n.make(typeZone, Map{"name": "b.com", "forceDestroy": true})
	n.make(typeRecord, with(record("www"), Map{"zoneId": id}))
	require.NoError(t, n.gone(typeZone, id, Map{"forceDestroy": true}))
	for _, r := range n.List() {
		require.NotEqual(t, typeRecord, r.Type)
	}
	require.Error(t, n.gone(typeZone, declaredZone, Map{}))
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
		require.NoError(t, n.gone(typeRecord, id, Map{}))
		require.NoError(t, n.gone(typeRecord, id, Map{}), "what is gone already counts as deleted")
	}
	id, _ := n.make(typeRecord, latency("live", home))
	require.Equal(t, declaredZone+"_live_A_"+home, id)
	n.refused("InvalidChangeBatch", typeRecord, record("evildeepstreamhub.com"))
	n.refused("NoSuchHostedZone", typeRecord, with(record("x"), Map{"zoneId": "Z0"}))
	n.refused("NoSuchHealthCheck", typeRecord, with(record("x"), Map{"healthCheckId": "h"}))
}

func TestRecordValues(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	for _, bad := range []Map{
		{"records": List("1.2.3")}, {"records": List("2001:db8::1")}, {"records": List("192.0.2.1", "192.0.2.1")}, {"records": List("")},
		{"type": "AAAA"}, {"type": "CNAME", "records": List("a.com", "b.com")}, {"type": "CNAME", "records": List("https://a.com")},
		{"type": "CNAME", "name": "deepstreamhub.com", "records": List("a.com")},
	} {
		n.refused("InvalidChangeBatch", typeRecord, with(record("x"), bad))
	}
	for _, bad := range []Map{
		{"ttl": nil}, {"records": []any{}}, {"ttl": -1.0}, {"setIdentifier": "x"},
		{"setIdentifier": "x", "weightedRoutingPolicies": List[any](Map{"weight": 256.0})},
		{"setIdentifier": "x", "multivalueAnswerRoutingPolicy": true, "type": "CNAME", "records": List("a.com")},
	} {
		n.refused("InvalidInput", typeRecord, with(record("x"), bad))
	}
	n.make(typeRecord, with(record("x"), Map{"type": "AAAA", "records": List("2001:db8::1")}))
	n.make(typeRecord, with(record("x"), Map{"type": "TXT", "records": List("v=spf1 -all")}))
}

func TestRecordOverwrite(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, _ := n.make(typeRecord, record("eu"))
	n.refused("InvalidChangeBatch", typeRecord, record("eu"))
	n.refused("InvalidChangeBatch", typeRecord, record("eu.deepstreamhub.com"))
	over := with(record("eu"), Map{"records": List("192.0.2.2"), "allowOverwrite": true})
	again, _ := n.make(typeRecord, over)
	require.Equal(t, id, again)
	require.Equal(t, List("192.0.2.2"), n.read(typeRecord, id)["records"])
	n.make(typeRecord, over)
	require.NoError(t, n.gone(typeRecord, id, Map{}))
	_, _, err := n.Read(home, typeRecord, id)
	require.Error(t, err, "the record is one, whoever made it")
}

// TestRecordOverwriteIsKept: taking over a record leaves a file that can be read again.
func TestRecordOverwriteIsKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, err := Open(Options{Dir: dir})
	require.NoError(t, err)
	inputs := with(record("eu"), Map{"allowOverwrite": true})
	for range 2 {
		_, _, err := c.Create(context.Background(), home, typeRecord, inputs)
		require.NoError(t, err)
	}
	vpc, _, err := c.Create(context.Background(), home, typeVPC, Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	before := c.List()
	require.NoError(t, c.Close())
	c, err = Open(Options{Dir: dir})
	require.NoError(t, err)
	require.Equal(t, before, c.List())
	require.NoError(t, c.Delete(context.Background(), home, typeVPC, vpc, Map{}), "what AWS made along with it keeps nothing in use")
	require.NoError(t, c.Close())
}

func TestRecordsBesideEachOther(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	alias := Map{"type": "CNAME", "records": List("a.com")}
	n.make(typeRecord, record("a"))
	n.refused("InvalidChangeBatch", typeRecord, with(record("a"), alias))
	c, _ := n.make(typeRecord, with(record("c"), alias))
	n.refused("InvalidChangeBatch", typeRecord, record("c"))
	_, err := n.change(typeRecord, c, record("c")) // the type changes in place
	require.NoError(t, err)

	text, _ := n.make(typeRecord, with(record("c"), Map{"type": "TXT"}))
	n.unchanged("InvalidChangeBatch", typeRecord, text, record("c"))
	eu, _ := n.make(typeRecord, latency("live", home))
	n.make(typeRecord, latency("live", "us-east-1"))
	n.refused("InvalidChangeBatch", typeRecord, with(latency("live", home), Map{"setIdentifier": "second"}))
	n.refused("InvalidChangeBatch", typeRecord, record("live"))
	n.refused("InvalidChangeBatch", typeRecord, latency("a", home))
	n.refused("InvalidChangeBatch", typeRecord, with(record("live"), Map{"setIdentifier": "w", "weightedRoutingPolicies": List[any](Map{"weight": 1.0})}))
	n.unchanged("InvalidChangeBatch", typeRecord, eu, with(latency("live", home), Map{"latencyRoutingPolicies": List[any](Map{"region": "us-east-1"})}))

	weighted := func(id string, ttl float64) Map {
		return with(record("w"), Map{"ttl": ttl, "setIdentifier": id, "weightedRoutingPolicies": List[any](Map{"weight": 1.0})})
	}
	n.make(typeRecord, weighted("1", 60))
	n.make(typeRecord, weighted("2", 60))
	n.refused("InvalidChangeBatch", typeRecord, weighted("3", 30))
	failover := func(id, role string) Map {
		return with(record("f"), Map{"setIdentifier": id, "failoverRoutingPolicies": List[any](Map{"type": role})})
	}
	n.make(typeRecord, failover("1", "PRIMARY"))
	n.make(typeRecord, failover("2", "SECONDARY"))
	n.refused("InvalidChangeBatch", typeRecord, failover("3", "PRIMARY"))
}

func TestAliasRecord(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	_, lb := n.make(typeLoadBalancer, n.balancer())
	to := func(name any, zone any) Map {
		return Map{"zoneId": declaredZone, "name": "eu", "type": "A", "aliases": List[any](Map{"name": name, "zoneId": zone, "evaluateTargetHealth": true})}
	}
	good := to(lb["dnsName"], lb["zoneId"])
	id, state := n.make(typeRecord, good)
	require.Equal(t, lb["dnsName"], Str(state, "aliases[].name"))
	_, err := n.change(typeRecord, id, to("dualstack."+lb["dnsName"].(string)+".", lb["zoneId"]))
	require.NoError(t, err)
	n.unchanged("InvalidChangeBatch", typeRecord, id, to(lb["dnsName"], regionsKnown["us-east-1"].BalancerZone))
	for _, bad := range []Map{
		to("other-1.eu-central-1.elb.amazonaws.com", lb["zoneId"]), to(lb["dnsName"], regionsKnown["us-east-1"].BalancerZone), to(lb["dnsName"], declaredZone),
		to("nothing.deepstreamhub.com", declaredZone), with(good, Map{"type": "TXT"}),
	} {
		n.refused("InvalidChangeBatch", typeRecord, with(bad, Map{"name": "x"}))
	}
	n.make(typeRecord, with(to("eu.deepstreamhub.com", declaredZone), Map{"name": "x"}))
}

func TestRecordChecks(t *testing.T) {
	t.Parallel()
	refusesInputs(t, typeRecord, record("x"), []badInput{{"type", "ANAME"}})
	target := List[any](Map{"name": "a", "zoneId": "Z", "evaluateTargetHealth": true})
	for _, bad := range []Map{
		{"records": nil, "ttl": nil}, {"aliases": target}, {"records": nil, "aliases": target},
		{"records": nil, "ttl": nil, "aliases": append(target, target...)},
		{"latencyRoutingPolicies": List[any](Map{"region": home})},
		{"setIdentifier": "x", "latencyRoutingPolicies": List[any](Map{"region": "eu-central-9"})},
		{"setIdentifier": "x", "failoverRoutingPolicies": List[any](Map{"type": "primary"})},
		{"setIdentifier": "x", "weightedRoutingPolicies": List[any](Map{"weight": 1.0}), "multivalueAnswerRoutingPolicy": true},
		{"setIdentifier": "x", "geolocationRoutingPolicies": List[any](Map{"continent": "EU"})},
	} {
		require.NotEmpty(t, problems(typeRecord, with(record("x"), bad)), bad)
	}
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	inputs := Map{"domainName": "eu.deepstreamhub.com", "validationMethod": "DNS", "subjectAlternativeNames": List("*.live.deepstreamhub.com", "live.deepstreamhub.com")}
	id, state := n.make(typeCertificate, inputs)
	require.Regexp(t, `^arn:aws:acm:eu-central-1:111122223333:certificate/[0-9a-f-]{36}$`, id)
	require.Equal(t, "PENDING_VALIDATION", state["status"])
	require.Len(t, state["subjectAlternativeNames"], 3)
	options := Maps(state, "domainValidationOptions[]")
	require.Len(t, options, 3)
	require.Equal(t, "eu.deepstreamhub.com", options[0]["domainName"])
	require.Regexp(t, `^_[0-9a-f]{32}\.eu\.deepstreamhub\.com\.$`, options[0]["resourceRecordName"])
	require.Regexp(t, `^_[0-9a-f]{32}\.[0-9a-f]{10}\.acm-validations\.aws\.$`, options[0]["resourceRecordValue"])
	require.Equal(t, options[1]["resourceRecordName"], options[2]["resourceRecordName"], "a wildcard is proved as what it stands under")
	_, far, err := n.Create(context.Background(), "us-east-1", typeCertificate, inputs)
	require.NoError(t, err)
	require.Equal(t, state["domainValidationOptions"], far["domainValidationOptions"], "the same in all regions")

	state, err = n.change(typeCertificate, id, with(inputs, Map{"tags": Map{"a": "b"}, "options": Map{"certificateTransparencyLoggingPreference": "DISABLED"}}))
	require.NoError(t, err)
	require.Equal(t, Map{"a": "b"}, state["tagsAll"])

	long := strings.Repeat("a", 60) + ".com"
	n.make(typeCertificate, Map{"domainName": long, "validationMethod": "DNS"})
	n.make(typeCertificate, Map{"domainName": "a.com", "validationMethod": "DNS", "subjectAlternativeNames": List("b" + long)})
	for _, name := range []string{"b" + long, "com", "*.*.com", "a.*.com", "a_b.com", "-a.com", "a..com"} {
		n.refused("ValidationException", typeCertificate, Map{"domainName": name, "validationMethod": "DNS"})
	}
	n.refused("ValidationException", typeCertificate, with(inputs, Map{"keyAlgorithm": "RSA_1024"}))
	var many []any
	for i := range namesLimit {
		many = append(many, strings.Repeat("x", i+1)+".com")
	}
	n.refused("LimitExceededException", typeCertificate, with(inputs, Map{"subjectAlternativeNames": many}))
	refusesInputs(t, typeCertificate, inputs, []badInput{
		{"domainName", "a.com."}, {"validationMethod", "EMAIL"}, {"validationMethod", "dns"}, {"keyAlgorithm", "RSA"},
		{"subjectAlternativeNames", List("a.com.")}, {"subjectAlternativeNames", List("")},
	})
	require.NotEmpty(t, problems(typeCertificate, Map{"domainName": "a.com"}))
	require.NotEmpty(t, problems(typeCertificate, Map{"privateKey": "k", "certificateBody": "c"}))
}

func TestCertificateValidation(t *testing.T) {
	t.Parallel()
	n := newNetCloud(t)
	id, _ := n.make(typeCertificate, Map{"domainName": "eu.deepstreamhub.com", "validationMethod": "DNS", "subjectAlternativeNames": List("live.deepstreamhub.com")})
	wait := func(fqdns ...any) Map { return Map{"certificateArn": id, "validationRecordFqdns": fqdns} }
	n.refused("ResourceNotFoundException", typeValidation, Map{"certificateArn": id + "0"})
	n.refused("PENDING_VALIDATION", typeValidation, Map{"certificateArn": id})
	option := Maps(n.read(typeCertificate, id), "domainValidationOptions[]")[0]
	wrong, _ := n.make(typeRecord, Map{"zoneId": declaredZone, "name": option["resourceRecordName"], "type": "CNAME", "ttl": 60.0, "records": List("_x.acm-validations.aws.")})
	n.refused("PENDING_VALIDATION", typeValidation, Map{"certificateArn": id})
	n.goes(typeRecord, wrong)

	fqdns := n.proofs(id)
	_, _, err := n.Create(context.Background(), home, typeValidation, wait(fqdns[0]))
	require.Equal(t, "MissingValidationRecord", Code(err))
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
