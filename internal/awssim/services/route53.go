package services

import (
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

var _ = cloud.Register(&cloud.Kind{
	Type: typeZone, Service: "Route 53", Noun: "HostedZone", Global: true, UpdateCall: "UpdateHostedZoneComment",
	DeleteOnly: []string{"forceDestroy"},
	Refs: []cloud.Ref{{Path: "delegationSetId", To: "aws:route53/delegationSet:DelegationSet", Free: true,
		Missing: cloud.Refusal{Code: "NoSuchDelegationSet", Message: "A reusable delegation set with the specified ID {value} does not exist.", Rule: "Route 53 API, CreateHostedZone"}}},
	Quota: &cloud.Quota{Max: 500, Refusal: cloud.Refusal{Code: "TooManyHostedZones", Message: "This operation can't be completed because the current account has reached the limit on the number of hosted zones.", Rule: "Route 53 Developer Guide, quotas"}},
	Check: func(c *cloud.Checker) {
		c.Unmodelled("vpcs") // zones that answer inside VPCs only
	},
	Create: createZone,
	Delete: deleteZone,
	Timing: cloud.Timing{Create: cloud.Secs(20, 16, 52), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(15, 10, 30),
		Wait: cloud.WaitSeconds(20, 0, 20), Limit: cloud.LimitMinutes(30, 30, 30), Source: "facts, section 1: Route 53 zone, 3 logs; deletion is a guess"},
	Propagation: cloud.Secs(1, 0, 10),
	TaggedAs:    "route53:hostedzone/",
})

// zoneName is what Route 53 takes as a zone's name of letters, digits and hyphens (Route 53 Developer Guide, "DNS domain
// name format").
var zoneName = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

func createZone(t *cloud.Tx, r *cloud.Resource) error {
	name := domain(r.Str("name"))
	switch {
	case !zoneName.MatchString(name):
		return cloud.Refuse("InvalidDomainName", "Route 53 API, CreateHostedZone", "%s is not a valid domain name", r.Str("name"))
	case documents.OneOf(name, "example.com example.net example.org"):
		return cloud.Refuse("InvalidDomainName", "Route 53 API, CreateHostedZone", "%s is reserved by AWS!", name)
	}
	r.ID = "Z" + strings.ToUpper(t.Hex(20))
	r.State["name"] = name
	applyZoneState(r)
	return nil
}

// applyZoneState fills in what Route 53 computes of a zone.
func applyZoneState(r *cloud.Resource) {
	servers := []string{"ns-1.awsdns-01.org", "ns-2.awsdns-02.com", "ns-3.awsdns-03.net", "ns-4.awsdns-04.co.uk"}
	cloud.Computed(r, cloud.Map{
		"zoneId": r.ID, "arn": "arn:aws:route53:::hostedzone/" + r.ID, "nameServers": cloud.List(servers...), "primaryNameServer": servers[0],
		"vpcs": []any{}, "delegationSetId": "",
	})
}

// deleteZone refuses while the zone has more than its own name servers, unless the program wants them gone with it.
func deleteZone(t *cloud.Tx, r *cloud.Resource) error {
	records := slices.DeleteFunc(t.All(typeRecord), func(rec *cloud.Resource) bool { return rec.Str("zoneId") != r.ID })
	for _, rec := range records {
		if !r.Bool("forceDestroy") && !zonesOwn(rec, r) {
			return cloud.Refuse("HostedZoneNotEmpty", "facts 76", "The specified hosted zone contains non-required resource record sets and so cannot be deleted.")
		}
	}
	for _, rec := range records {
		t.Remove(rec)
	}
	return nil
}

// zonesOwn reports whether a record set is one of the two that every zone has.
func zonesOwn(record, zone *cloud.Resource) bool {
	return record.Str("fqdn") == domain(zone.Str("name")) && documents.OneOf(record.Str("type"), "NS SOA")
}

// isPrivate reports whether a zone answers inside VPCs only.
func isPrivate(zone *cloud.Resource) bool { return len(zone.Strs("vpcs[].vpcId")) > 0 }
