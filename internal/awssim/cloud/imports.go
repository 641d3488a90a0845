package cloud

import (
	"fmt"
	"strings"
)

// importIDs are, for the types that an import does not take by their id, what it takes ("Import" sections of the
// provider's documentation, pulumi-aws 6.83.4).
var importIDs = map[string]func(r *Resource) string{
	"aws:appautoscaling/policy:Policy": func(r *Resource) string {
		return composed(r, "/", "serviceNamespace", "resourceId", "scalableDimension", "name")
	},
	"aws:appautoscaling/target:Target": func(r *Resource) string {
		return composed(r, "/", "serviceNamespace", "resourceId", "scalableDimension")
	},
	"aws:backup/selection:Selection": func(r *Resource) string { return r.Str("planId") + "|" + r.ID },
	"aws:cloudwatch/eventTarget:EventTarget": func(r *Resource) string {
		return composed(r, "/", "rule", "targetId")
	},
	"aws:ec2/defaultRouteTable:DefaultRouteTable": func(r *Resource) string { return r.Str("vpcId") },
	"aws:ec2/route:Route": func(r *Resource) string {
		for _, p := range []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId"} {
			if to := r.Str(p); to != "" {
				return r.Str("routeTableId") + "_" + to
			}
		}
		return ""
	},
	"aws:ec2/routeTableAssociation:RouteTableAssociation": func(r *Resource) string {
		if subnet := r.Str("subnetId"); subnet != "" {
			return subnet + "/" + r.Str("routeTableId")
		}
		return r.Str("gatewayId") + "/" + r.Str("routeTableId")
	},
	"aws:ecs/capacityProvider:CapacityProvider": func(r *Resource) string { return r.Str("name") },
	"aws:ecs/cluster:Cluster":                   func(r *Resource) string { return r.Str("name") },
	"aws:ecs/service:Service": func(r *Resource) string {
		return lastPart(r.Str("cluster")) + "/" + r.Str("name")
	},
	"aws:ecs/taskDefinition:TaskDefinition":             func(r *Resource) string { return r.Str("arn") },
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment": func(r *Resource) string { return composed(r, "/", "role", "policyArn") },
	"aws:wafv2/webAcl:WebAcl":                           func(r *Resource) string { return r.ID + "/" + r.Str("name") + "/" + r.Str("scope") },
}

func composed(r *Resource, with string, properties ...string) string {
	var parts []string
	for _, p := range properties {
		parts = append(parts, r.Str(p))
	}
	return strings.Join(parts, with)
}

func lastPart(s string) string { return s[strings.LastIndex(s, "/")+1:] }

// notImportable are the types that the provider has no importer for.
var notImportable = []string{"aws:acm/certificateValidation:CertificateValidation"}

// Import returns what the provider calls the id of the resource that an import's id names. The error is a *NotFound
// when there is none.
func (c *Cloud) Import(region, typ, importID string) (id string, err error) {
	k, ok := kinds[typ]
	if !ok {
		return "", fmt.Errorf("%s: the offline AWS does not know this resource type", typ)
	}
	if contains(notImportable, typ) {
		return "", fmt.Errorf("resource %s doesn't support import", typ)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	of, other := importIDs[typ]
	for _, r := range c.resources {
		if r.Type != typ || r.Region != k.region(region) || r.Owner != "" {
			continue
		}
		if !other && k.shownID(r) == importID || other && of(r) == importID {
			return k.shownID(r), nil
		}
	}
	return "", &NotFound{typ, k.region(region), importID}
}
