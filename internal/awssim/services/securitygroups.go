package services

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeDefaultGroup        = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	defaultGroupName        = "default"
	defaultGroupDescription = "default VPC security group"
)

var (
	missingGroup = cloud.Refusal{Code: "InvalidGroup.NotFound", Message: "The security group '{value}' does not exist", Rule: ec2Codes}
	// groupText is what AWS takes in names and descriptions of groups and rules (EC2 API, CreateSecurityGroup).
	groupText = regexp.MustCompile(`^[0-9A-Za-z_ .:/()#,@\[\]+=&;{}!$*-]*$`)
)

const groupTextRule = "Valid %s are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*"

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeSecurityGroup, Service: "EC2", Noun: "SecurityGroup",
		Unmodelled: strings.Fields(`
		ingress[].ipv6CidrBlocks ingress[].prefixListIds ingress[].self egress[].ipv6CidrBlocks
		egress[].prefixListIds egress[].self`),
		Name:  &cloud.AutoName{Property: "name", Max: 255, Prefix: "namePrefix"},
		Refs:  []cloud.Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC}},
		Quota: &cloud.Quota{Max: 2500, Refusal: cloud.Refusal{Code: "SecurityGroupLimitExceeded", Message: "The maximum number of security groups has been reached.", Rule: "facts 21"}},
		Check: func(c *cloud.Checker) {
			for _, p := range []string{"name", "namePrefix"} {
				if strings.HasPrefix(cloud.Str(c.In, p), "sg-") {
					c.Fail(p, "cannot begin with sg-")
				}
			}
			refuseRules(c)
		},
		Create: createSecurityGroup,
		Delete: deleteSecurityGroup,
		Timing: cloud.Timing{Create: cloud.Secs(3, 2, 7), Delete: cloud.Secs(1, 0, 1),
			Limit: cloud.LimitMinutes(10, 0, 15), Source: "facts, section 1: security group, 3 logs; rule 3 holds it"},
		Propagation: cloud.Secs(0.5, 0, 2),
		Calls: cloud.Calls{Create: "ec2:CreateSecurityGroup ec2:RevokeSecurityGroupEgress ec2:CreateTags", Read: "ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules",
			Update: ec2Tags, Remove: "ec2:DeleteSecurityGroup ec2:DescribeNetworkInterfaces"},
		TaggedAs: "ec2:security-group/",
	},
	&cloud.Kind{
		Type: typeDefaultGroup, Service: "EC2", Noun: "SecurityGroup", Overwrites: true, CreateCall: "DescribeSecurityGroups",
		Unmodelled: strings.Fields(`
		ingress[].ipv6CidrBlocks ingress[].prefixListIds ingress[].self egress[].ipv6CidrBlocks
		egress[].prefixListIds egress[].self`),
		Refs:   []cloud.Ref{{Path: "vpcId", To: typeVPC, Missing: missingVPC, Free: true}}, // goes with its VPC
		Check:  func(c *cloud.Checker) { refuseRules(c) },
		Create: adoptDefaultGroup,
		Timing: cloud.Timing{Create: cloud.Secs(1, 1, 3), Delete: cloud.Secs(0, 0, 0),
			Source: "facts, section 1: security group rule: revoking what it was born with (guess)"},
		Calls: cloud.Calls{Create: "ec2:CreateTags ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress",
			Read: "ec2:DescribeSecurityGroups", Update: "ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupIngress ec2:RevokeSecurityGroupEgress" + ec2Tags, Remove: ""},
		TaggedAs: "ec2:security-group/",
	},
)

// refuseRules refuses rules written into a group: as resources of their own each has an identity, and two groups can
// name each other.
func refuseRules(c *cloud.Checker) { c.Unmodelled("ingress", "egress") }

func createSecurityGroup(t *cloud.Tx, r *cloud.Resource) error {
	const rule = "EC2 API, CreateSecurityGroup"
	name, description := cloud.NameOrPrefixed(t, r, "name", "namePrefix"), r.Str("description")
	switch {
	case r.Str("vpcId") == "":
		return cloud.Refuse("VPCIdNotSpecified", ec2Codes, "No default VPC for this user")
	case description == "":
		return cloud.Refuse("MissingParameter", ec2Codes, "The request must contain the parameter GroupDescription")
	case !groupText.MatchString(description):
		return cloud.Refuse("InvalidParameterValue", rule, "Invalid security group description. "+groupTextRule, "descriptions")
	case !groupText.MatchString(name):
		return cloud.Refuse("InvalidParameterValue", rule, "Value (%s) for parameter GroupName is invalid. "+groupTextRule, name, "names")
	case strings.EqualFold(name, defaultGroupName):
		return cloud.Refuse("InvalidParameterValue", rule, "Cannot use reserved security group name: %s", name)
	}
	for _, other := range t.All(typeSecurityGroup) {
		if other.Str("name") == name && other.Str("vpcId") == r.Str("vpcId") {
			return cloud.Refuse("InvalidGroup.Duplicate", "facts 14", "The security group '%s' already exists for VPC '%s'", name, r.Str("vpcId"))
		}
	}
	r.ID = t.ID("sg")
	cloud.Computed(r, securityGroupState(t, r.ID, cloud.Map{}))
	return nil
}

// securityGroupState is what AWS computes of a security group. Rules that are resources of their own are not repeated
// in their group.
func securityGroupState(t *cloud.Tx, id string, state cloud.Map) cloud.Map {
	state["arn"], state["ownerId"] = t.ARN("ec2", "security-group/"+id), t.Account()
	state["ingress"], state["egress"] = cloud.List[any](), cloud.List[any]()
	if _, set := state["tagsAll"]; !set {
		state["tagsAll"] = cloud.Map{}
	}
	return state
}

// deleteSecurityGroup takes the group's own rules along; a rule of another group that names it stands in the way.
func deleteSecurityGroup(t *cloud.Tx, r *cloud.Resource) error {
	if r.Owner != "" {
		return cloud.Refuse("CannotDelete", ec2Codes, `the specified group: "%s" name: "%s" cannot be deleted by a user`, r.ID, r.Str("name"))
	}
	var own, revoked []*cloud.Resource
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
			return cloud.Refuse(inUseByOthers, "facts 3", "resource %s has a dependent object", r.ID).For(15 * time.Minute)
		}
	}
	for _, rule := range append(own, revoked...) {
		t.Remove(rule)
	}
	return nil
}

// adoptDefaultGroup takes over the group that AWS made along with a VPC. The provider revokes the rules it was born with,
// as any others; deleting the resource gives up the group and changes nothing in AWS.
func adoptDefaultGroup(t *cloud.Tx, r *cloud.Resource) error {
	vpc, ok := t.Find(typeVPC, "", r.Str("vpcId"))
	if !ok {
		return cloud.Refuse("InvalidGroup.NotFound", ec2Codes, "reading Default Security Group: couldn't find resource: the account has no default VPC")
	}
	id := vpc.Str("defaultSecurityGroupId")
	for _, typ := range []string{typeIngressRule, typeEgressRule} {
		removeAll(t, typ, "securityGroupId", id)
	}
	if before, adopted := t.Find(typeDefaultGroup, "", id); adopted {
		t.Remove(before) // nothing in AWS says who adopted the group
	}
	r.ID = id
	cloud.Computed(r, securityGroupState(t, id, cloud.Map{"name": defaultGroupName, "description": defaultGroupDescription, "namePrefix": ""}))
	return nil
}
