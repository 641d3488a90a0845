package services

import (
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

// launchProblem says, in EC2's words, why no instance could be launched from a launch template's content, or "". EC2
// looks at a template's content only when something is launched from it (EC2 User Guide, "Create a launch template").
func launchProblem(t *cloud.Tx, group *cloud.Resource, content cloud.Map) string {
	if cloud.Has(content, "networkInterfaces") && cloud.Has(content, "vpcSecurityGroupIds") {
		return "When a network interface is provided, the security groups must be a part of it."
	}
	if problem := imageProblem(t, content); problem != "" {
		return problem
	}
	if name := cloud.Str(content, "keyName"); name != "" {
		return fmt.Sprintf("The key pair '%s' does not exist", name)
	}
	for _, id := range templateGroups(content) {
		sg, ok := t.Find("aws:ec2/securityGroup:SecurityGroup", "", id)
		if !ok {
			return fmt.Sprintf("The security group '%s' does not exist", id)
		}
		for _, s := range group.Strs("vpcZoneIdentifiers[]") {
			if subnet, ok := t.Find("aws:ec2/subnet:Subnet", "", s); ok && subnet.Str("vpcId") != sg.Str("vpcId") {
				return fmt.Sprintf("Security group %s and subnet %s belong to different networks.", id, s)
			}
		}
	}
	if problem := cpuProblem(t, group, content); problem != "" {
		return problem
	}
	return profileProblem(t, content)
}

func imageProblem(t *cloud.Tx, content cloud.Map) string {
	id, typ := cloud.Str(content, "imageId"), cloud.Str(content, "instanceType")
	if id == "" {
		return "The request must contain the parameter ImageId"
	}
	image, ok := imageOf(t, id)
	if !ok {
		return fmt.Sprintf("The image id '[%s]' does not exist", id)
	}
	m, ok := machineOf(typ)
	if !ok {
		return fmt.Sprintf("Invalid value '%s' for InstanceType.", typ)
	}
	if m.Architecture != image.Architecture {
		return fmt.Sprintf("The architecture '%s' of the specified instance type does not match the architecture '%s' of the specified AMI. "+
			"Specify an instance type and an AMI that have matching architectures, and try again.", m.Architecture, image.Architecture)
	}
	for _, mapping := range cloud.Maps(content, "blockDeviceMappings[]") {
		size, given := cloud.Known[float64](mapping, "ebs.volumeSize")
		if given && cloud.Str(mapping, "deviceName") == image.RootDevice && int(size) < image.RootGiB {
			return fmt.Sprintf("Volume of size %dGB is smaller than snapshot of %s, expect size >= %dGB", int(size), id, image.RootGiB)
		}
	}
	return ""
}

// profileProblem is what EC2 answers for an instance profile that it does not see.
func profileProblem(t *cloud.Tx, content cloud.Map) string {
	for _, by := range []struct{ path, key, noun string }{{"arn", "arn", "ARN"}, {"name", "", "name"}} {
		value := cloud.Str(content, "iamInstanceProfile."+by.path)
		if value == "" {
			continue
		}
		profile, ok := t.Find(typeProfile, by.key, value)
		if !ok || !t.Visible(profile, "EC2") {
			return fmt.Sprintf("Value (%s) for parameter iamInstanceProfile.%s is invalid. Invalid IAM Instance Profile %s", value, by.path, by.noun)
		}
		if profile.Str("role") == "" {
			return fmt.Sprintf("IAM Instance Profile %q has no associated IAM Roles", profile.Str("arn"))
		}
	}
	return ""
}

// hostRole returns the role that instances of a launch template's content have.
func hostRole(t *cloud.Tx, content cloud.Map) (*cloud.Resource, bool) {
	profile, ok := t.Find(typeProfile, "arn", cloud.Str(content, "iamInstanceProfile.arn"))
	if !ok {
		profile, ok = t.Find(typeProfile, "", cloud.Str(content, "iamInstanceProfile.name"))
	}
	if !ok {
		return nil, false
	}
	return t.Find(typeRole, "", profile.Str("role"))
}

// joined returns the ECS cluster in which a group's instances register, or why they do not (ECS Developer Guide,
// "Amazon ECS container instances").
func joined(t *cloud.Tx, group *cloud.Resource) (cluster *cloud.Resource, why string) {
	_, content, cause := templateVersion(t, groupTemplate(group.State))
	if cause != "" {
		return nil, cause
	}
	image, _ := imageOf(t, cloud.Str(content, "imageId"))
	if !strings.Contains(image.Name, "-ecs-") {
		return nil, fmt.Sprintf("image %s runs no ECS agent", image.ID)
	}
	data, err := documents.ReadUserData(cloud.Str(content, "userData"))
	if cloud.Has(content, "userData") && err != nil {
		return nil, "user data: " + err.Error()
	}
	cluster, ok := t.Find(typeCluster, "name", data.Cluster)
	if !ok {
		return nil, fmt.Sprintf("the hosts' user data names cluster %q, which does not exist", data.Cluster)
	}
	role, ok := hostRole(t, content)
	if !ok {
		return nil, "the hosts have no role"
	}
	if !trusts(t, role, "ec2.amazonaws.com") {
		return nil, fmt.Sprintf("role %s does not trust ec2.amazonaws.com", role.ID)
	}
	for _, action := range strings.Fields(iampolicy.HostActions) {
		if !roleAllows(t, role, action, cluster.Str("arn"), nil) && !roleAllows(t, role, action, "*", nil) {
			return nil, fmt.Sprintf("role %s of the hosts does not allow %s", role.ID, action)
		}
	}
	for _, id := range group.Strs("vpcZoneIdentifiers[]") {
		if why := unreachable(t, id, content); why != "" {
			return nil, why
		}
	}
	return cluster, ""
}
