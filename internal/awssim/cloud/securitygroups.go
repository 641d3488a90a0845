package cloud

import (
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	typeDefaultGroup        = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	defaultGroupName        = "default"
	defaultGroupDescription = "default VPC security group"
)

var (
	missingGroup = Refusal{"InvalidGroup.NotFound", "The security group '{value}' does not exist", ec2Codes}
	// groupText is what AWS takes in names and descriptions of groups and rules (EC2 API, CreateSecurityGroup).
	groupText = regexp.MustCompile(`^[0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]*$`)
)

const groupTextRule = "Valid %s are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"

var _ = register(
	&Kind{
		Type: typeSecurityGroup, Service: "EC2", Noun: "SecurityGroup",
		Unmodelled: words(`
		ingress[].ipv6CidrBlocks ingress[].prefixListIds ingress[].self egress[].ipv6CidrBlocks
		egress[].prefixListIds egress[].self`),
		Name:  &AutoName{Property: "name", Max: 255, Prefix: "namePrefix"},
		Refs:  []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &Quota{Max: 2500, Refusal: Refusal{"SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.", "facts 21"}},
		Check: func(c *Checker) {
			for _, p := range []string{"name", "namePrefix"} {
				if strings.HasPrefix(Str(c.In, p), "sg-") {
					c.Fail(p, "cannot begin with sg-")
				}
			}
			c.rulesApart()
		},
		Create: createSecurityGroup,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
		Delete: deleteSecurityGroup,
		Schema: schema.Of(ec2.SecurityGroup{}, ec2.SecurityGroupArgs{}),
		Timing: Timing{Create: secs(3, 2, 7), Delete: secs(1, 0, 1),
			Limit: most(10, 0, 15), Source: "facts, section 1: security group, 3 logs; rule 3 holds it"},
		Propagation: secs(0.5, 0, 2),
		Calls: Calls{"ec2:CreateSecurityGroup ec2:RevokeSecurityGroupEgress ec2:CreateTags", "ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules",
			ec2Tags, "ec2:DeleteSecurityGroup ec2:DescribeNetworkInterfaces"},
		TaggedAs: "ec2:security-group/",
	},
	&Kind{
		Type: typeDefaultGroup, Service: "EC2", Noun: "SecurityGroup", Overwrites: true, CreateCall: "DescribeSecurityGroups",
		Unmodelled: words(`
		ingress[].ipv6CidrBlocks ingress[].prefixListIds ingress[].self egress[].ipv6CidrBlocks
		egress[].prefixListIds egress[].self`),
		Kept:   words("revokeRulesOnDelete"),
		Refs:   []Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC, Free: true}}, // goes with its VPC
		Check:  func(c *Checker) { c.rulesApart() },
		Create: adoptDefaultGroup,
		Update: func(_ *Tx, r *Resource, old Map) error {
			keep(r, old, "vpcId")
			tagsAll(r)
			return nil
		},
		Schema: schema.Of(ec2.DefaultSecurityGroup{}, ec2.DefaultSecurityGroupArgs{}),
		Timing: Timing{Create: secs(1, 1, 3), Delete: secs(0, 0, 0),
			Source: "facts, section 1: security group rule: revoking what it was born with (guess)"},
		Calls: Calls{"ec2:CreateTags ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress",
			"ec2:DescribeSecurityGroups", "ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress" + ec2Tags, ""},
		TaggedAs: "ec2:security-group/",
	},
)

// rulesApart refuses rules written into a group: as resources of their own each has an identity, and two groups can
// name each other.
func (c *Checker) rulesApart() { c.Unmodelled("ingress", "egress") }

func createSecurityGroup(t *Tx, r *Resource) error {
	const rule = "EC2 API, CreateSecurityGroup"
	name, description := nameOrPrefixed(t, r, "name", "namePrefix"), r.Str("description")
	switch {
	case r.Str("vpcId") == "":
		return Refuse("VPCIdNotSpecified", ec2Codes, "No default VPC for this user")
	case description == "":
		return Refuse("MissingParameter", ec2Codes, "The request must contain the parameter GroupDescription")
	case !groupText.MatchString(description):
		return Refuse("InvalidParameterValue", rule, "Invalid security group description. "+groupTextRule, "descriptions")
	case !groupText.MatchString(name):
		return Refuse("InvalidParameterValue", rule, "Value (%s) for parameter GroupName is invalid. "+groupTextRule, name, "names")
	case strings.EqualFold(name, defaultGroupName):
		return Refuse("InvalidParameterValue", rule, "Cannot use reserved security group name: %s", name)
	}
	for _, other := range t.All(typeSecurityGroup) {
		if other.Str("name") == name && other.Str("vpcId") == r.Str("vpcId") {
			return Refuse("InvalidGroup.Duplicate", "facts 14", "The security group '%s' already exists for VPC '%s'", name, r.Str("vpcId"))
		}
	}
	r.ID = t.ID("sg")
	computed(r, securityGroupState(t, r.ID, Map{}))
	tagsAll(r)
	return nil
}

// securityGroupState is what AWS computes of a security group. Rules that are resources of their own are not repeated
// in their group.
func securityGroupState(t *Tx, id string, state Map) Map {
	state["arn"], state["ownerId"] = t.ARN("ec2", "security-group/"+id), t.Account()
	state["ingress"], state["egress"] = List[any](), List[any]()
	if _, set := state["tagsAll"]; !set {
		state["tagsAll"] = Map{}
	}
	return state
}

// deleteSecurityGroup takes the group's own rules along; a rule of another group that names it stands in the way.
func deleteSecurityGroup(t *Tx, r *Resource) error {
	if r.Owner != "" {
		return Refuse("CannotDelete", ec2Codes, `the specified group: "%s" name: "%s" cannot be deleted by a user`, r.ID, r.Str("name"))
	}
	var own, revoked []*Resource
	for _, rule := range slices.Concat(t.All(typeIngressRule), t.All(typeEgressRule)) {
		switch {
		case rule.Str("securityGroupId") == r.ID:
			own = append(own, rule)
		case rule.Str("referencedSecurityGroupId") == r.ID && r.Bool("revokeRulesOnDelete"):
			revoked = append(revoked, rule)
		}
	}
	for _, h := range t.Holders(r) {
		if !slices.Contains(revoked, h.By) {
			return Refuse(inUseByOthers, "facts 3", "resource %s has a dependent object", r.ID)
		}
	}
	for _, rule := range append(own, revoked...) {
		t.Remove(rule)
	}
	return nil
}

// adoptDefaultGroup takes over the group that AWS made along with a VPC. The provider revokes the rules it was born with,
// as any others; deleting the resource gives up the group and changes nothing in AWS.
func adoptDefaultGroup(t *Tx, r *Resource) error {
	vpc, ok := t.Find(typeVPC, "", r.Str("vpcId"))
	if !ok {
		return Refuse("InvalidGroup.NotFound", ec2Codes, "reading Default Security Group: couldn't find resource: the account has no default VPC")
	}
	id := vpc.Str("defaultSecurityGroupId")
	for _, typ := range []string{typeIngressRule, typeEgressRule} {
		removeAll(t, typ, "securityGroupId", id)
	}
	if before, adopted := t.Find(typeDefaultGroup, "", id); adopted {
		t.Remove(before) // nothing in AWS says who adopted the group
	}
	r.ID = id
	computed(r, securityGroupState(t, id, Map{"name": defaultGroupName, "description": defaultGroupDescription, "namePrefix": ""}))
	tagsAll(r)
	return nil
}
