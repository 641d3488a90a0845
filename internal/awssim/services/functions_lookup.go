package services

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/resourcegroupstaggingapi"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
)

var (
	_ = cloud.RegisterFunction("aws:index/getCallerIdentity:getCallerIdentity", callerIdentity, schema.OfFunction(aws.GetCallerIdentityArgs{}, aws.GetCallerIdentityResult{}), "")
	_ = cloud.RegisterFunction("aws:index/getPartition:getPartition", partition, schema.OfFunction(aws.GetPartitionArgs{}, aws.GetPartitionResult{}), "")
	_ = cloud.RegisterFunction("aws:index/getRegion:getRegion", region, schema.OfFunction(aws.GetRegionArgs{}, aws.GetRegionResult{}), "")
	_ = cloud.RegisterFunction("aws:index/getAvailabilityZones:getAvailabilityZones", availabilityZones, schema.OfFunction(aws.GetAvailabilityZonesArgs{}, aws.GetAvailabilityZonesResult{}), "ec2:DescribeAvailabilityZones")
	_ = cloud.RegisterFunction("aws:route53/getZone:getZone", hostedZone, schema.OfFunction(route53.LookupZoneArgs{}, route53.LookupZoneResult{}), "route53:ListHostedZones route53:GetHostedZone route53:ListTagsForResource")
	_ = cloud.RegisterFunction("aws:secretsmanager/getRandomPassword:getRandomPassword", randomPassword, schema.OfFunction(secretsmanager.GetRandomPasswordArgs{}, secretsmanager.GetRandomPasswordResult{}), "secretsmanager:GetRandomPassword")
	_ = cloud.RegisterFunction("aws:secretsmanager/getSecretVersion:getSecretVersion", secretVersion, schema.OfFunction(secretsmanager.LookupSecretVersionArgs{}, secretsmanager.LookupSecretVersionResult{}), "secretsmanager:GetSecretValue")
	_ = cloud.RegisterFunction("aws:resourcegroupstaggingapi/getResources:getResources", taggedResources, schema.OfFunction(resourcegroupstaggingapi.GetResourcesArgs{}, resourcegroupstaggingapi.GetResourcesResult{}), "tag:GetResources")
)

func callerIdentity(t *cloud.Tx, _ cloud.Map) (cloud.Map, error) {
	user := fmt.Sprintf("%X", sha256.Sum256([]byte(t.Declared().Principal)))[:17]
	return cloud.Map{"accountId": t.Account(), "arn": t.Declared().Principal, "id": t.Account(), "userId": "AIDA" + user}, nil
}

func partition(*cloud.Tx, cloud.Map) (cloud.Map, error) {
	return cloud.Map{"dnsSuffix": "amazonaws.com", "id": "aws", "partition": "aws", "reverseDnsPrefix": "com.amazonaws"}, nil
}

func region(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	name := t.Region
	if endpoint := cloud.Str(args, "endpoint"); endpoint != "" {
		name = strings.TrimSuffix(strings.TrimPrefix(endpoint, "ec2."), ".amazonaws.com")
		if regionsKnown[name].Name == "" || endpoint != "ec2."+name+".amazonaws.com" {
			return nil, fmt.Errorf("region not found for endpoint %q", endpoint)
		}
		if asked := cloud.Str(args, "name"); asked != "" && asked != name {
			return nil, fmt.Errorf("multiple regions matched; use additional constraints to reduce matches to a single region")
		}
	} else if asked := cloud.Str(args, "name"); asked != "" {
		name = asked
	}
	if regionsKnown[name].Name == "" {
		return nil, fmt.Errorf("region not found for name %q", name)
	}
	return cloud.Map{"description": regionsKnown[name].Name, "endpoint": "ec2." + name + ".amazonaws.com", "id": name, "name": name}, nil
}

// zoneFilters are the filters of DescribeAvailabilityZones, with what the account's zones have for each.
var zoneFilters = map[string]func(t *cloud.Tx, id, name string) string{
	"group-name":    func(t *cloud.Tx, _, _ string) string { return t.Region },
	"opt-in-status": func(*cloud.Tx, string, string) string { return "opt-in-not-required" },
	"region-name":   func(t *cloud.Tx, _, _ string) string { return t.Region },
	"state":         func(*cloud.Tx, string, string) string { return "available" },
	"zone-id":       func(_ *cloud.Tx, id, _ string) string { return id },
	"zone-name":     func(_ *cloud.Tx, _, name string) string { return name },
	"zone-type":     func(*cloud.Tx, string, string) string { return "availability-zone" },
}

func availabilityZones(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	filters := cloud.Maps(args, "filters[]")
	if state := cloud.Str(args, "state"); state != "" {
		if !slices.Contains([]string{"available", "constrained", "impaired", "information", "unavailable"}, state) {
			return nil, fmt.Errorf("expected state to be one of [available constrained impaired information unavailable], got %s", state)
		}
		filters = append(filters, cloud.Map{"name": "state", "values": cloud.List(state)})
	}
	for _, f := range filters {
		if name := cloud.Str(f, "name"); zoneFilters[name] == nil {
			return nil, &cloud.Error{Service: "EC2", Operation: "DescribeAvailabilityZones", Code: "InvalidParameterValue",
				Message: fmt.Sprintf("The filter '%s' is invalid", name), Rule: "EC2 API, DescribeAvailabilityZones"}
		}
	}
	zones := t.Declared().Regions[t.Region].Zones
	ids := slices.Sorted(maps.Keys(zones))
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(zones[a], zones[b]) })
	ids = slices.DeleteFunc(ids, func(id string) bool {
		name := zones[id]
		return slices.Contains(cloud.Strs(args, "excludeNames[]"), name) || slices.Contains(cloud.Strs(args, "excludeZoneIds[]"), id) ||
			slices.ContainsFunc(filters, func(f cloud.Map) bool {
				return !slices.Contains(cloud.Strs(f, "values[]"), zoneFilters[cloud.Str(f, "name")](t, id, name))
			})
	})
	var names []string
	for _, id := range ids {
		names = append(names, zones[id])
	}
	groups := []any{}
	if len(ids) > 0 {
		groups = cloud.List(t.Region)
	}
	result := maps.Clone(args)
	maps.Copy(result, cloud.Map{"groupNames": groups, "id": t.Region, "names": cloud.List(names...), "zoneIds": cloud.List(ids...)})
	return result, nil
}

const typeZone = "aws:route53/zone:Zone"

// hostedZone looks a zone up as the provider does (route53/zone_data_source.go): by id, or by name among the public
// zones unless private ones are asked for.
func hostedZone(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	id, name, vpc := cloud.Str(args, "zoneId"), cloud.Str(args, "name"), cloud.Str(args, "vpcId")
	switch {
	case id != "" && name != "":
		return nil, fmt.Errorf("only one of `zone_id` or `name` may be set")
	case id == "" && name == "" && vpc == "" && !cloud.Has(args, "tags"):
		return nil, fmt.Errorf("either `zone_id` or `name` must be set")
	case id != "":
		z, ok := t.Find(typeZone, "", id)
		if !ok {
			return nil, &cloud.Error{Service: "Route 53", Operation: "GetHostedZone", Code: "NoSuchHostedZone",
				Message: "No hosted zone found with ID: " + id, Rule: "Route 53 API, GetHostedZone"}
		}
		return describeZone(t, z, args), nil
	}
	private := vpc != "" || cloud.Bool(args, "privateZone")
	found := slices.DeleteFunc(t.All(typeZone), func(z *cloud.Resource) bool {
		return name != "" && domain(z.Str("name")) != domain(name) || (len(z.Strs("vpcs[].vpcId")) > 0) != private ||
			vpc != "" && !slices.Contains(z.Strs("vpcs[].vpcId"), vpc) || !tagged(z, args)
	})
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("no matching Route 53 Hosted Zone found")
	case 1:
		return describeZone(t, found[0], args), nil
	}
	return nil, fmt.Errorf("multiple Route 53 Hosted Zones matched; use additional constraints to reduce matches to a single Route 53 Hosted Zone")
}

func domain(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }

// tagged reports whether a resource has all the tags that the arguments ask for.
func tagged(r *cloud.Resource, args cloud.Map) bool {
	want, _ := args["tags"].(cloud.Map)
	have, _ := r.State["tags"].(cloud.Map)
	for k, v := range want {
		if have[k] != v {
			return false
		}
	}
	return true
}

func describeZone(t *cloud.Tx, z *cloud.Resource, args cloud.Map) cloud.Map {
	records := 2 // NS and SOA
	for _, r := range t.All("aws:route53/record:Record") {
		if r.Str("zoneId") == z.ID {
			records++
		}
	}
	tags, ok := z.State["tags"].(cloud.Map)
	if !ok {
		tags = cloud.Map{}
	}
	servers := z.Strs("nameServers[]")
	primary := ""
	if len(servers) > 0 {
		primary = servers[0]
	}
	return cloud.Map{
		"arn": "arn:aws:route53:::hostedzone/" + z.ID, "callerReference": "offline-" + z.ID, "comment": z.Str("comment"), "id": z.ID,
		"linkedServiceDescription": "", "linkedServicePrincipal": "", "name": domain(z.Str("name")), "nameServers": cloud.List(servers...),
		"primaryNameServer": primary, "privateZone": len(z.Strs("vpcs[].vpcId")) > 0, "resourceRecordSetCount": float64(records),
		"tags": cloud.Clone(tags), "vpcId": cloud.Str(args, "vpcId"), "zoneId": z.ID,
	}
}

// passwordTypes are the kinds of characters in a random password, with the argument that leaves each out (Secrets
// Manager API, GetRandomPassword).
var passwordTypes = []struct{ exclude, characters string }{
	{"excludeLowercase", "abcdefghijklmnopqrstuvwxyz"},
	{"excludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"},
	{"excludeNumbers", "0123456789"},
	{"excludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
}

// randomPassword differs at every call, and between clouds by their seed. The provider asks for no character of each
// kind unless the program does, other than the API's own default.
func randomPassword(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	refuse := func(format string, values ...any) error {
		return &cloud.Error{Service: "Secrets Manager", Operation: "GetRandomPassword", Code: "InvalidParameterException",
			Message: fmt.Sprintf(format, values...), Rule: "Secrets Manager API, GetRandomPassword"}
	}
	length := 32 // the provider's default
	if cloud.Has(args, "passwordLength") {
		length = cloud.Int(args, "passwordLength")
	}
	var kinds []string
	for _, k := range passwordTypes {
		if !cloud.Bool(args, k.exclude) {
			kinds = append(kinds, k.characters)
		}
	}
	if cloud.Bool(args, "includeSpace") {
		kinds = append(kinds, " ")
	}
	for i, k := range kinds {
		kinds[i] = strings.Map(func(r rune) rune {
			if strings.ContainsRune(cloud.Str(args, "excludeCharacters"), r) {
				return -1
			}
			return r
		}, k)
	}
	kinds = slices.DeleteFunc(kinds, func(k string) bool { return k == "" })
	each := cloud.Bool(args, "requireEachIncludedType")
	switch {
	case length < 1 || length > 4096:
		return nil, refuse("Password length must be between 1 and 4096, got %d.", length)
	case len(kinds) == 0:
		return nil, refuse("All characters are excluded.")
	case each && length < len(kinds):
		return nil, refuse("Password length %d is too short to hold each of %d included types.", length, len(kinds))
	}
	source := rand.New(rand.NewChaCha8(sha256.Sum256(fmt.Appendf(nil, "password/%d/%d/%d", t.Seed(), t.Count(), t.Now().UnixNano()))))
	all := strings.Join(kinds, "")
	password := make([]byte, length)
	for i := range password {
		from := all
		if each && i < len(kinds) {
			from = kinds[i]
		}
		password[i] = from[source.IntN(len(from))]
	}
	source.Shuffle(length, func(i, j int) { password[i], password[j] = password[j], password[i] })
	result := maps.Clone(args)
	maps.Copy(result, cloud.Map{"id": string(password), "passwordLength": float64(length), "randomPassword": string(password)})
	return result, nil
}
