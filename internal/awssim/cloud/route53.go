package cloud

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	typeRecord = "aws:route53/record:Record"
)

var recordName = regexp.MustCompile(`^(\*\.)?([A-Za-z0-9_!#$%&'()*+,/:;<=>?@\[\]^{|}~-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?$`)

var _ = register(
	&Kind{
		Type: typeZone, Service: "Route 53", Noun: "HostedZone", Global: true, UpdateCall: "UpdateHostedZoneComment",
		Replace:  []string{"name", "delegationSetId"},
		Required: []string{"name"},
		Defaults: Map{"comment": "Managed by Pulumi", "forceDestroy": false},
		InUse:    Refusal{"HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets and so cannot be deleted.", "facts 76"},
		Check: func(c *Checker) {
			c.Length("name", 1, 1024)
			c.Length("comment", 0, 256)
			if len(Maps(c.In, "vpcs[]")) > 0 {
				c.Fail("vpcs", "private zones are not part of the offline AWS")
			}
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = "Z" + strings.ToUpper(t.Hex(20))
			r.State["name"] = domain(r.Str("name"))
			servers := List("ns-1.awsdns-01.org", "ns-2.awsdns-02.com", "ns-3.awsdns-03.net", "ns-4.awsdns-04.co.uk")
			computed(r, Map{"zoneId": r.ID, "arn": "arn:aws:route53:::hostedzone/" + r.ID, "nameServers": servers, "primaryNameServer": servers[0]})
			tagsAll(r)
			return nil
		},
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
	},
	&Kind{
		Type: typeRecord, Service: "Route 53", Noun: "Record", Global: true,
		CreateCall: "ChangeResourceRecordSets", UpdateCall: "ChangeResourceRecordSets", DeleteCall: "ChangeResourceRecordSets",
		Replace:  []string{"name", "zoneId"},
		Required: []string{"name", "type", "zoneId"},
		Refs: []Ref{
			{Path: "zoneId", To: typeZone, Missing: Refusal{"NoSuchHostedZone", "No hosted zone found with ID: {value}", "facts 77"}},
			// Route 53 deletes health checks that records name ("Updating or deleting health checks").
			{Path: "healthCheckId", To: typeHealthCheck, Free: true, Missing: Refusal{"NoSuchHealthCheck",
				"No health check exists with the specified ID {value}", "Route 53 API, ChangeResourceRecordSets"}},
		},
		Check: checkRecord,
		Create: func(t *Tx, r *Resource) error {
			if err := settleRecord(t, r); err != nil {
				return err
			}
			parts := []string{r.Str("zoneId"), domain(r.Str("name")), r.Str("type")}
			if s := r.Str("setIdentifier"); s != "" {
				parts = append(parts, s)
			}
			r.ID = strings.Join(parts, "_")
			if _, taken := t.Find(typeRecord, "", r.ID); taken && !r.Bool("allowOverwrite") {
				return Refuse("InvalidChangeBatch", "facts 77", "[Tried to create resource record set [name='%s.', type='%s'] but it already exists]", r.Str("fqdn"), r.Str("type"))
			}
			return compatible(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error {
			if err := settleRecord(t, r); err != nil {
				return err
			}
			return compatible(t, r)
		},
		Overwrites: func(r *Resource) bool { return r.Bool("allowOverwrite") },
	},
)

var routingPolicies = []string{
	"cidrRoutingPolicy", "failoverRoutingPolicies", "geolocationRoutingPolicies", "geoproximityRoutingPolicy", "latencyRoutingPolicies",
	"multivalueAnswerRoutingPolicy", "weightedRoutingPolicies",
}

func checkRecord(c *Checker) {
	c.OneOf("type", "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT")
	c.Match("name", recordName, "a domain name")
	c.ExactlyOne("aliases", "records")
	c.Conflict("aliases", "ttl")
	if Has(c.In, "records") && !Has(c.In, "ttl") {
		c.Fail("ttl", "all of \"records,ttl\" must be specified")
	}
	c.Between("ttl", 0, 2147483647)
	if kind, _ := c.String("type"); kind == "CNAME" && len(At(c.In, "records[]")) > 1 {
		c.Fail("records", "a CNAME has one value, not %d", len(At(c.In, "records[]")))
	}
	used := 0
	for _, p := range routingPolicies {
		if Has(c.In, p) {
			used++
		}
	}
	if used > 1 {
		c.Fail("setIdentifier", "only one of %q can be given", routingPolicies)
	}
	if (used == 1) != Has(c.In, "setIdentifier") {
		c.Fail("setIdentifier", "goes with a routing policy, and with nothing else")
	}
	for i, a := range Maps(c.In, "aliases[]") {
		if !Has(a, "evaluateTargetHealth") {
			c.Fail(fmt.Sprintf("aliases[%d].evaluateTargetHealth", i), "missing required property")
		}
	}
	if len(At(c.In, "aliases[]")) > 1 {
		c.Fail("aliases", "at most one")
	}
}

// settleRecord works out the record's full name and checks what it points at.
func settleRecord(t *Tx, r *Resource) error {
	zone, _ := t.Find(typeZone, "", r.Str("zoneId"))
	name, apex := domain(r.Str("name")), domain(zone.Str("name"))
	if name != apex && !strings.HasSuffix(name, "."+apex) {
		name += "." + apex // the provider completes names
	}
	r.State["fqdn"] = name
	if r.Str("type") == "CNAME" && name == apex {
		return Refuse("InvalidChangeBatch", "Route 53 API, ChangeResourceRecordSets",
			"[RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.]", name, apex)
	}
	if r.Str("healthCheckId") != "" && r.Str("setIdentifier") == "" {
		return Refuse("InvalidInput", "Route 53 API, ResourceRecordSet: HealthCheckId", "A simple record cannot have a health check: nothing else could be answered")
	}
	for _, a := range Maps(r.State, "aliases[]") {
		if err := aliasTarget(t, r, a); err != nil {
			return err
		}
	}
	return nil
}

// aliasTarget refuses an alias to a load balancer that does not exist, or with another zone's id.
func aliasTarget(t *Tx, r *Resource, alias Map) error {
	target := strings.TrimPrefix(domain(Str(alias, "name")), "dualstack.")
	for _, other := range t.c.resources {
		if other.Type == typeLoadBalancer && domain(other.Str("dnsName")) == target && other.Str("zoneId") == Str(alias, "zoneId") {
			return nil
		}
		if other.Type == typeRecord && other.Str("fqdn") == target && other.Str("zoneId") == Str(alias, "zoneId") {
			return nil
		}
	}
	return Refuse("InvalidChangeBatch", "Route 53 API, ChangeResourceRecordSets",
		"[Tried to create an alias that targets %s., type %s in zone %s, but the alias target name does not lie within the target zone]",
		target, r.Str("type"), Str(alias, "zoneId"))
}

// compatible refuses records that cannot stand beside each other under one name.
func compatible(t *Tx, r *Resource) error {
	for _, other := range t.All(typeRecord) {
		if other.ID == r.ID || other.Str("zoneId") != r.Str("zoneId") || other.Str("fqdn") != r.Str("fqdn") {
			continue
		}
		a, b := r.Str("type"), other.Str("type")
		if a != b && (a == "CNAME" || b == "CNAME") {
			return Refuse("InvalidChangeBatch", "Route 53 API, ChangeResourceRecordSets",
				"[RRSet of type %s with DNS name %s. is not permitted because a conflicting RRSet of type %s with the same DNS name already exists in zone]", a, r.Str("fqdn"), b)
		}
		if a == b && policyOf(r) != policyOf(other) {
			return Refuse("InvalidChangeBatch", "Route 53 API, ChangeResourceRecordSets",
				"[RRSet with DNS name %s., type %s, SetIdentifier %s cannot be created as a different routing policy or a record without one exists with the same name and type.]",
				r.Str("fqdn"), a, r.Str("setIdentifier"))
		}
		region := Str(r.State, "latencyRoutingPolicies[].region")
		if a == b && region != "" && slices.Contains(other.Strs("latencyRoutingPolicies[].region"), region) {
			return Refuse("InvalidChangeBatch", "Route 53 API, ChangeResourceRecordSets",
				"[Tried to create latency resource record set [name='%s.', type='%s'] but one with the same region %s exists]", r.Str("fqdn"), a, region)
		}
	}
	return nil
}

func policyOf(r *Resource) string {
	i := slices.IndexFunc(routingPolicies, func(p string) bool { return Has(r.State, p) })
	if i < 0 {
		return ""
	}
	return routingPolicies[i]
}
