package services

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const (
	typeRecord    = "aws:route53/record:Record"
	changeRecords = "Route 53 API, ChangeResourceRecordSets"
)

var noSuchZone = cloud.Refusal{Code: "NoSuchHostedZone", Message: "No hosted zone found with ID: {value}", Rule: "facts 77", Retry: time.Minute}

var _ = cloud.Register(&cloud.Kind{
	Type: typeRecord, Service: "Route 53", Noun: "Record", Global: true,
	CreateCall: "ChangeResourceRecordSets", UpdateCall: "ChangeResourceRecordSets", DeleteCall: "ChangeResourceRecordSets",
	Refs: []cloud.Ref{
		{Path: "zoneId", To: typeZone, Free: true, Missing: noSuchZone, Unseen: noSuchZone},
		{Path: "healthCheckId", To: "aws:route53/healthCheck:HealthCheck",
			Missing: cloud.Refusal{Code: "NoSuchHealthCheck", Message: "A health check with id {value} does not exist.", Rule: changeRecords}},
	},
	Check: checkRecord, Create: createRecord,
	Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error {
		zone, err := applyRecord(t, r)
		if err != nil {
			return err
		}
		if other := recordSet(t, r); other != nil {
			return invalidChange("Tried to create resource record set [name='%s.', type='%s'] but it already exists", r.Str("fqdn"), r.Str("type"))
		}
		return compatible(t, r, zone, nil)
	},
	Delete: func(t *cloud.Tx, r *cloud.Resource) error {
		if zone, ok := t.Find(typeZone, "", r.Str("zoneId")); ok && zonesOwn(r, zone) {
			return invalidChange("A HostedZone must contain at least one %s record for the zone itself.", r.Str("type"))
		}
		return nil
	},
	Timing: cloud.Timing{Create: cloud.Secs(17, 11, 30), Update: cloud.Secs(17, 11, 30), Delete: cloud.Secs(15, 10, 30),
		Wait: cloud.WaitSeconds(20, 20, 20), Limit: cloud.LimitMinutes(30, 30, 30), Source: "facts, section 1: Route 53 record, 1 issue; the wait is 10 to 30 s at random"},
	Calls: cloud.Calls{Create: "route53:ChangeResourceRecordSets route53:GetChange", Read: "route53:GetHostedZone route53:ListResourceRecordSets",
		Update: "route53:ChangeResourceRecordSets route53:GetChange", Remove: "route53:ChangeResourceRecordSets route53:GetChange"},
})

// routingPolicies are the inputs of which a record that shares its name and type with others has one, with what the API
// calls them.
var routingPolicies = map[string]string{
	"cidrRoutingPolicy": "CIDR", "failoverRoutingPolicies": "failover", "geolocationRoutingPolicies": "geolocation",
	"geoproximityRoutingPolicy": "geoproximity", "latencyRoutingPolicies": "latency",
	"multivalueAnswerRoutingPolicy": "multivalue answer", "weightedRoutingPolicies": "weighted",
}

// latencyRegions are the regions between which Route 53 measures (Route 53 API, ResourceRecordSet: Region).
var latencyRegions = strings.Fields(`us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 eu-west-1 eu-west-2 eu-west-3 eu-central-1
	eu-central-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-northeast-1 ap-northeast-2 ap-northeast-3 eu-north-1 sa-east-1 cn-north-1
	cn-northwest-1 ap-east-1 me-south-1 me-central-1 ap-south-1 ap-south-2 af-south-1 eu-south-1 eu-south-2 ap-southeast-4 il-central-1
	ca-west-1 ap-southeast-5 mx-central-1 ap-southeast-7 us-gov-east-1 us-gov-west-1 ap-east-2`)

func checkRecord(c *cloud.Checker) {
	c.OneOf("latencyRoutingPolicies[].region", latencyRegions...)
	c.OneOf("failoverRoutingPolicies[].type", "PRIMARY", "SECONDARY")
	c.Length("aliases[].name", 1, 1024)
	c.Length("aliases[].zoneId", 1, 32)
	policies := slices.Sorted(maps.Keys(routingPolicies))
	for i, p := range policies {
		for _, other := range policies[i+1:] {
			c.Conflict(p, other)
		}
	}
	c.Unmodelled("cidrRoutingPolicy", "geolocationRoutingPolicies", "geoproximityRoutingPolicy")
}

// invalidChange is how Route 53 refuses a change that is well-formed.
func invalidChange(format string, args ...any) error {
	return cloud.Refuse("InvalidChangeBatch", changeRecords, "[%s]", fmt.Sprintf(format, args...))
}

// createRecord makes a record set. With allowOverwrite it takes over the one that is there, whoever made it: Route 53
// keeps one, and deleting either owner's resource deletes it.
func createRecord(t *cloud.Tx, r *cloud.Resource) error {
	zone, err := applyRecord(t, r)
	if err != nil {
		return err
	}
	parts := []string{zone.ID, r.Str("name"), r.Str("type")}
	if s := r.Str("setIdentifier"); s != "" {
		parts = append(parts, s)
	}
	r.ID = strings.Join(parts, "_")
	before := recordSet(t, r)
	if (before != nil || zonesOwn(r, zone)) && !r.Bool("allowOverwrite") {
		return invalidChange("Tried to create resource record set [name='%s.', type='%s'] but it already exists", r.Str("fqdn"), r.Str("type"))
	}
	if err := compatible(t, r, zone, before); err != nil {
		return err
	}
	if before != nil {
		t.Remove(before)
	}
	return nil
}

// recordSet returns the record set with a record's name, type and set identifier, if another resource made it.
func recordSet(t *cloud.Tx, r *cloud.Resource) *cloud.Resource {
	for _, other := range t.All(typeRecord) {
		if other != r && sameName(r, other) && other.Str("type") == r.Str("type") && other.Str("setIdentifier") == r.Str("setIdentifier") {
			return other
		}
	}
	return nil
}

func sameName(a, b *cloud.Resource) bool {
	return a.Str("zoneId") == b.Str("zoneId") && a.Str("fqdn") == b.Str("fqdn")
}

// recordName holds a name to what DNS takes, in Route 53's words (Route 53 Developer Guide, "DNS domain name format").
func recordName(fqdn string) error {
	for label := range strings.SplitSeq(fqdn, ".") {
		if len(label) > 63 {
			return invalidChange("FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '%.80s'", fqdn)
		}
	}
	if len(fqdn) > 255 {
		return invalidChange("FATAL problem: DomainNameTooLong (Domain name is too long) encountered with '%.80s'", fqdn)
	}
	if strings.ContainsFunc(fqdn, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return invalidChange("FATAL problem: UnsupportedCharacter (Value contains unsupported characters) encountered with '%.80s'", fqdn)
	}
	return nil
}

// applyRecord works out the record's full name as the provider does, and checks what it says.
func applyRecord(t *cloud.Tx, r *cloud.Resource) (zone *cloud.Resource, err error) {
	zone, _ = t.Find(typeZone, "", r.Str("zoneId"))
	name, apex := domain(r.Str("name")), domain(zone.Str("name"))
	r.State["name"] = name
	if !strings.HasSuffix(name, apex) {
		name = strings.TrimPrefix(name+"."+apex, ".")
	}
	r.State["fqdn"] = name
	if err := recordName(r.Str("fqdn")); err != nil {
		return nil, err
	}
	cloud.Computed(r, cloud.Map{"allowOverwrite": false})
	switch {
	case name != apex && !strings.HasSuffix(name, "."+apex):
		return nil, invalidChange("RRSet with DNS name %s. is not permitted in zone %s.", name, apex)
	case r.Str("type") == "CNAME" && name == apex:
		return nil, invalidChange("RRSet of type CNAME with DNS name %s. is not permitted at apex in zone %s.", name, apex)
	}
	if err := completeRecord(r); err != nil {
		return nil, err
	}
	for _, a := range cloud.Maps(r.State, "aliases[]") {
		a["name"] = domain(cloud.Str(a, "name"))
		if err := aliasTarget(t, r, a); err != nil {
			return nil, err
		}
	}
	return zone, recordValues(r)
}

// completeRecord refuses a record that lacks a part (Route 53 API, ResourceRecordSet).
func completeRecord(r *cloud.Resource) error {
	id := r.Str("setIdentifier")
	if id == "" {
		id = "null"
	}
	refuse := func(one string) error {
		return cloud.Refuse("InvalidInput", changeRecords, "Invalid request: Expected exactly one of [%s], but found none in Change with [Action=CREATE, Name=%s., Type=%s, SetIdentifier=%s]",
			one, r.Str("fqdn"), r.Str("type"), id)
	}
	ttl := r.Int("ttl")
	switch {
	case len(r.Strs("records[]")) == 0 && !cloud.Has(r.State, "aliases[]"),
		cloud.Has(r.State, "records[]") && !cloud.Has(r.State, "ttl"):
		return refuse("AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId")
	case id != "null" && policyOf(r) == "simple":
		return refuse("Weight, Region, Failover, GeoLocation, MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig")
	case ttl < 0 || ttl > 1<<31-1:
		return cloud.Refuse("InvalidInput", changeRecords, "Value '%d' at 'TTL' must be between 0 and 2147483647", ttl)
	case policyOf(r) == "weighted" && (r.Int("weightedRoutingPolicies[].weight") < 0 || r.Int("weightedRoutingPolicies[].weight") > 255):
		return cloud.Refuse("InvalidInput", changeRecords, "Value '%d' at 'Weight' must be between 0 and 255", r.Int("weightedRoutingPolicies[].weight"))
	case policyOf(r) == "multivalue answer" && (cloud.Has(r.State, "aliases[]") || documents.OneOf(r.Str("type"), "CNAME NS")):
		return cloud.Refuse("InvalidInput", changeRecords, "Invalid request: Multivalue answer is not supported for %s records and aliases", r.Str("type"))
	}
	return nil
}

// recordValues refuses values that the record's type does not take.
func recordValues(r *cloud.Resource) error {
	values := r.Strs("records[]")
	if len(slices.Compact(slices.Sorted(slices.Values(values)))) < len(values) {
		return invalidChange("Duplicate Resource Record")
	}
	if r.Str("type") == "CNAME" && len(values) > 1 {
		return invalidChange("RRSet of type CNAME with DNS name %s. must have one value, not %d", r.Str("fqdn"), len(values))
	}
	for _, v := range values {
		a, err := netip.ParseAddr(v)
		switch kind := r.Str("type"); {
		case v == "":
			return invalidChange("Invalid Resource Record: FATAL problem: RRDATAEmpty (Value is empty) encountered with ''")
		case kind == "A" && (err != nil || !a.Is4()):
			return invalidChange("Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '%s''", v)
		case kind == "AAAA" && (err != nil || !a.Is6()):
			return invalidChange("Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '%s''", v)
		case documents.OneOf(kind, "CNAME NS PTR") && strings.ContainsAny(v, " /:"):
			return invalidChange("Invalid Resource Record: 'FATAL problem: DomainNameIllegalCharacter (Value contains illegal character) encountered with '%s''", v)
		}
	}
	return nil
}

// aliasTarget refuses an alias to anything but a load balancer, with the id of the zone its name is in, or a record of
// the same type in the alias's own zone.
func aliasTarget(t *cloud.Tx, r *cloud.Resource, alias cloud.Map) error {
	target, zone := strings.TrimPrefix(cloud.Str(alias, "name"), "dualstack."), cloud.Str(alias, "zoneId")
	problem := "that target was not found"
	for _, b := range t.Anywhere(typeLoadBalancer) {
		if domain(b.Str("dnsName")) != target {
			continue
		}
		if b.Str("zoneId") == zone && documents.OneOf(r.Str("type"), "A AAAA") {
			return nil
		}
		problem = "the alias target name does not lie within the target zone"
	}
	for _, other := range t.All(typeRecord) {
		if other.Str("fqdn") == target && other.Str("zoneId") == zone && zone == r.Str("zoneId") && other.Str("type") == r.Str("type") && other.ID != r.ID {
			return nil
		}
	}
	return invalidChange("Tried to create an alias that targets %s., type %s in zone %s, but %s", target, r.Str("type"), zone, problem)
}

// compatible refuses records that cannot stand beside each other under one name. before is what the record replaces.
func compatible(t *cloud.Tx, r, zone, before *cloud.Resource) error {
	kind, name, region := r.Str("type"), r.Str("fqdn"), r.Str("latencyRoutingPolicies[].region")
	for _, other := range t.All(typeRecord) {
		if other == r || other == before || !sameName(r, other) {
			continue
		}
		its := other.Str("type")
		switch {
		case kind != its && kind == "CNAME":
			return invalidChange("RRSet of type CNAME with DNS name %s. is not permitted as it conflicts with other records with the same DNS name in zone %s.", name, zone.Str("name"))
		case kind != its && its == "CNAME":
			return invalidChange("RRSet of type %s with DNS name %s. is not permitted because a conflicting RRSet of type  CNAME with the same DNS name already exists in zone %s.", kind, name, zone.Str("name"))
		case kind != its:
		case policyOf(r) == "simple":
			return invalidChange("RRSet with DNS name %s., type %s cannot be created as other RRSets exist with the same name and type.", name, kind)
		case policyOf(r) != policyOf(other):
			return invalidChange("RRSet with DNS name %s., type %s, SetIdentifier %s cannot be created as a non-%s set exists with the same name and type.", name, kind, r.Str("setIdentifier"), policyOf(r))
		case region != "" && region == other.Str("latencyRoutingPolicies[].region"):
			return invalidChange("RRSet with DNS name %s., type %s, SetIdentifier %s, and Region Name=%s cannot be created because a latency RRSet with the same name, type and region already exists.",
				name, kind, r.Str("setIdentifier"), region)
		case policyOf(r) == "failover" && r.Str("failoverRoutingPolicies[].type") == other.Str("failoverRoutingPolicies[].type"):
			return invalidChange("RRSet with DNS name %s., type %s, SetIdentifier %s cannot be created because a %s failover RRSet already exists.", name, kind, r.Str("setIdentifier"), r.Str("failoverRoutingPolicies[].type"))
		case policyOf(r) == "weighted" && r.Int("ttl") != other.Int("ttl"):
			return invalidChange("RRSet with DNS name %s., type %s, SetIdentifier %s cannot be created as weighted sets must contain the same TTL.", name, kind, r.Str("setIdentifier"))
		}
	}
	return nil
}

// policyOf returns how Route 53 chooses between a record and others of its name and type: simple when there is nothing
// to choose.
func policyOf(r *cloud.Resource) string {
	for path, policy := range routingPolicies {
		if cloud.Has(r.State, path+"[]") && r.State[path] != false {
			return policy
		}
	}
	return "simple"
}
