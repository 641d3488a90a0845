// Package cost counts what a region pays for by the hour or the month, and multiplies it by prices that somebody supplies.
// It counts what is there, not what it is used for: traffic, requests, storage that grows and logs are left out. It works on
// plain resources and knows neither engine nor AWS.
package cost

import (
	"cmp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Quantity is how many of one thing a part of a region has.
type Quantity struct {
	Part  string  `json:"part"`  // such as network, as plan.PartOf names it
	Item  string  `json:"item"`  // such as "NAT gateway", or "host c6g.xlarge": what a price file names
	Count float64 `json:"count"` // of hosts, the fewest that run
}

// LeftOut says what a sum leaves out.
const LeftOut = "Left out is what depends on use: traffic, requests, load balancer capacity, the database's storage and I/O, backups, logs."

// Deployed counts what a state holds.
func Deployed(s plan.State) []Quantity {
	c := counter{}
	parts := s.Parts()
	for _, r := range s.Resources {
		if !r.Delete {
			c.add(r.URN, r.Type, r.Inputs)
		}
	}
	return c.quantities(parts)
}

// Planned counts what a plan finds and what it leaves.
func Planned(p plan.Plan) (before, after []Quantity) {
	was, will := counter{}, counter{}
	for _, s := range p.Steps {
		if s.Old != nil && s.Op != plan.OpCreate {
			was.add(s.URN, s.Type, s.Old)
		}
		if s.New != nil && s.Op != plan.OpDelete {
			will.add(s.URN, s.Type, s.New)
		}
	}
	return was.quantities(p.Parts()), will.quantities(p.Parts())
}

type thing struct {
	urn, item string
	count     float64
}

// counter collects what there is. Hosts are counted once their template is known too.
type counter struct {
	things []thing
	groups []thing
	host   string  // instance type of the launch template
	volume float64 // GiB
}

func (c *counter) put(urn, item string, count float64) {
	c.things = append(c.things, thing{urn, item, count})
}

// add counts one resource by its inputs. Whoever is not named here costs nothing, or by use alone.
func (c *counter) add(urn, typ string, in map[string]any) {
	text := func(path string) string { v, _ := plan.At(in, path); s, _ := v.(string); return s }
	one := func(item string) { c.put(urn, item, 1) }
	switch typ {
	case "aws:ec2/natGateway:NatGateway":
		one("NAT gateway")
	case "aws:ec2/eip:Eip":
		one("public IPv4 address")
	case "aws:ec2/vpcEndpoint:VpcEndpoint":
		if text("vpcEndpointType") == "Interface" {
			c.put(urn, "interface endpoint, per zone", length(in, "subnetIds"))
		}
	case "aws:lb/loadBalancer:LoadBalancer":
		one("load balancer")
		if internal, _ := in["internal"].(bool); !internal {
			c.put(urn, "public IPv4 address", length(in, "subnets"))
		}
	case "aws:wafv2/webAcl:WebAcl":
		one("firewall")
		c.put(urn, "firewall rule", length(in, "rules"))
	case "aws:ec2/launchTemplate:LaunchTemplate":
		c.host = text("instanceType")
		c.volume = number(in, "blockDeviceMappings[0].ebs.volumeSize")
	case "aws:autoscaling/group:Group":
		c.groups = append(c.groups, thing{urn, "", number(in, "minSize")})
	case "aws:rds/clusterInstance:ClusterInstance":
		one("database instance " + text("instanceClass"))
	case "aws:elasticache/replicationGroup:ReplicationGroup":
		c.put(urn, "bus node "+text("nodeType"), number(in, "numCacheClusters"))
	case "aws:kms/key:Key", "aws:kms/replicaKey:ReplicaKey":
		one("key")
	case "aws:secretsmanager/secret:Secret":
		one("secret")
	case "aws:cloudwatch/metricAlarm:MetricAlarm":
		one("alarm")
	case "aws:cloudwatch/dashboard:Dashboard":
		one("dashboard")
	case "aws:route53/healthCheck:HealthCheck":
		one("health check")
	}
}

// quantities adds up what is alike, sorted by part and item.
func (c *counter) quantities(parts map[string][]string) []Quantity {
	all := slices.Clone(c.things)
	for _, g := range c.groups {
		all = append(all, thing{g.urn, "host " + c.host, g.count}, thing{g.urn, "GiB of host volumes", g.count * c.volume})
	}
	partOf := map[string]string{}
	for part, urns := range parts {
		for _, urn := range urns {
			partOf[urn] = part
		}
	}
	sums := map[Quantity]float64{}
	for _, t := range all {
		sums[Quantity{Part: partOf[t.urn], Item: t.item}] += t.count
	}
	out := make([]Quantity, 0, len(sums))
	for q, n := range sums {
		if q.Count = n; n != 0 {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b Quantity) int {
		return cmp.Or(strings.Compare(a.Part, b.Part), strings.Compare(a.Item, b.Item))
	})
	return out
}

// number is a number of the inputs, 0 where there is none.
func number(in map[string]any, path string) float64 {
	switch v, _ := plan.At(in, path); v := v.(type) {
	case float64:
		return v
	case int:
		return float64(v)
	}
	return 0
}

// length is how many elements a list has: one where that is not known yet.
func length(in map[string]any, path string) float64 {
	switch v, _ := plan.At(in, path); v := v.(type) {
	case []any:
		return float64(len(v))
	case plan.Mark:
		return 1
	}
	return 0
}

// Difference is what a change adds of each thing, less where it takes away; what stays is left out.
func Difference(before, after []Quantity) []Quantity {
	var out []Quantity
	at := func(all []Quantity, like Quantity) float64 {
		for _, q := range all {
			if q.Part == like.Part && q.Item == like.Item {
				return q.Count
			}
		}
		return 0
	}
	for _, q := range slices.Concat(before, after) {
		d := Quantity{q.Part, q.Item, at(after, q) - at(before, q)}
		if d.Count != 0 && !slices.Contains(out, d) {
			out = append(out, d)
		}
	}
	return out
}
