package services

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const typeLaunchTemplate = "aws:ec2/launchTemplate:LaunchTemplate"

var _ = cloud.Register(&cloud.Kind{
	Type: typeLaunchTemplate, Service: "EC2", Noun: "LaunchTemplate", UpdateCall: "CreateLaunchTemplateVersion",
	Unmodelled: strings.Fields(`
		blockDeviceMappings[].ebs.snapshotId blockDeviceMappings[].ebs.volumeInitializationRate
		blockDeviceMappings[].noDevice blockDeviceMappings[].virtualName capacityReservationSpecification
		cpuOptions elasticGpuSpecifications elasticInferenceAccelerator enclaveOptions hibernationOptions
		instanceMarketOptions.spotOptions instanceRequirements kernelId licenseSpecifications
		networkInterfaces[].associateCarrierIpAddress networkInterfaces[].connectionTrackingSpecification
		networkInterfaces[].deviceIndex networkInterfaces[].enaSrdSpecification
		networkInterfaces[].ipv4AddressCount networkInterfaces[].ipv4Addresses
		networkInterfaces[].ipv4PrefixCount networkInterfaces[].ipv4Prefixes
		networkInterfaces[].ipv6AddressCount networkInterfaces[].ipv6PrefixCount
		networkInterfaces[].ipv6Prefixes networkInterfaces[].networkCardIndex
		networkInterfaces[].primaryIpv6 networkInterfaces[].privateIpAddress placement.affinity placement.groupName placement.hostId
		placement.hostResourceGroupArn placement.partitionNumber placement.spreadDomain
		privateDnsNameOptions ramDiskId`),
	Name:       &cloud.AutoName{Property: "name", Max: 128, Prefix: "namePrefix"},
	Recomputed: []string{"latestVersion", "defaultVersion"},
	Keys:       []string{"arn", "name"},
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
		Code: "InvalidLaunchTemplateName.AlreadyExistsException", Message: "Launch template name already in use.", Rule: "facts 22"}}},
	Check: checkLaunchTemplate, Create: createLaunchTemplate, Update: updateLaunchTemplate,
	Timing: cloud.Timing{Create: cloud.Secs(5, 1, 5), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(0.5, 0, 1),
		Source: "facts, section 1: launch template, 1 log with 5.100"},
	Propagation: cloud.Secs(0.5, 0, 2),
	Calls: cloud.Calls{Create: "ec2:CreateLaunchTemplate ec2:CreateTags", Read: "ec2:DescribeLaunchTemplates ec2:DescribeLaunchTemplateVersions",
		Update: "ec2:CreateLaunchTemplateVersion ec2:ModifyLaunchTemplate" + ec2Tags, Remove: "ec2:DeleteLaunchTemplate"},
	TaggedAs: "ec2:launch-template/",
})

func checkLaunchTemplate(c *cloud.Checker) {
	// "LaunchTemplateTagSpecificationRequest" (EC2 API); the provider takes every resource type that EC2 has.
	c.OneOf("tagSpecifications[].resourceType", "instance", "volume", "elastic-gpu", "network-interface", "spot-instances-request")
	tagged, devices := map[string]bool{}, map[string]bool{}
	for i, s := range cloud.Maps(c.In, "tagSpecifications[]") {
		if !cloud.Has(s, "tags") {
			c.Fail(fmt.Sprintf("tagSpecifications[%d].tags", i), "missing: EC2 refuses a specification without tags")
		}
		if what := cloud.Str(s, "resourceType"); what != "" && tagged[what] {
			c.Fail(fmt.Sprintf("tagSpecifications[%d].resourceType", i), "%s has a specification already", what)
		} else {
			tagged[what] = true
		}
	}
	for i, m := range cloud.Maps(c.In, "blockDeviceMappings[]") {
		if device := cloud.Str(m, "deviceName"); device != "" && devices[device] {
			c.Fail(fmt.Sprintf("blockDeviceMappings[%d].deviceName", i), "%s has a mapping already: no instance starts with two", device)
		} else {
			devices[device] = true
		}
		checkVolume(c, fmt.Sprintf("blockDeviceMappings[%d].ebs", i), m)
	}
	c.Document("userData", func(text string) []cloud.Problem {
		if _, err := documents.ReadUserData(text); err != nil {
			return []cloud.Problem{{Reason: err.Error()}}
		}
		return nil
	})
}

// volumeRange is what EBS allows a volume type (Amazon EBS User Guide, "Amazon EBS volume types").
type volumeRange struct{ smallest, largest, leastIops, mostIops float64 }

var volumeRanges = map[string]volumeRange{
	"gp2": {1, 16384, 0, 0}, "gp3": {1, 16384, 3000, 16000}, "io1": {4, 16384, 100, 64000}, "io2": {4, 65536, 100, 256000},
	"st1": {125, 16384, 0, 0}, "sc1": {125, 16384, 0, 0}, "standard": {1, 1024, 0, 0},
}

func checkVolume(c *cloud.Checker, at string, mapping cloud.Map) {
	kind := cloud.Str(mapping, "ebs.volumeType")
	limits, ok := volumeRanges[kind]
	if !ok {
		return
	}
	if size, ok := cloud.Known[float64](mapping, "ebs.volumeSize"); ok && (size < limits.smallest || size > limits.largest) {
		c.Fail(at+".volumeSize", "%v GiB is outside %v to %v for %s", size, limits.smallest, limits.largest, kind)
	}
	if iops, ok := cloud.Known[float64](mapping, "ebs.iops"); ok && (iops < limits.leastIops || iops > limits.mostIops) {
		c.Fail(at+".iops", "%v is outside %v to %v for %s", iops, limits.leastIops, limits.mostIops, kind)
	}
	if throughput, ok := cloud.Known[float64](mapping, "ebs.throughput"); ok && (kind != "gp3" || throughput < 125 || throughput > 1000) {
		c.Fail(at+".throughput", "%v MiB/s: 125 to 1000, and only for gp3", throughput)
	}
	if documents.OneOf(kind, "io1 io2") && !cloud.Has(mapping, "ebs.iops") {
		c.Fail(at+".iops", "missing: %s needs it", kind)
	}
}

func createLaunchTemplate(t *cloud.Tx, r *cloud.Resource) error {
	cloud.ApplyName(t, r)
	r.ID = t.ID("lt")
	r.State["arn"] = t.ARN("ec2", "launch-template/"+r.ID)
	if version, ok := cloud.Known[float64](r.State, "defaultVersion"); ok && version != 1 {
		return versionNotFound(r.ID, strconv.Itoa(int(version)))
	}
	r.State["defaultVersion"], r.State["latestVersion"] = 1.0, 1.0
	r.Hidden = cloud.Map{"versions": cloud.Map{"1": templateContent(r.Inputs)}}
	applyLaunchTemplate(r)
	return nil
}

// updateLaunchTemplate adds a version when what it launches changes. Tags and the name of the template itself do not.
func updateLaunchTemplate(_ *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	versions, _ := r.Hidden["versions"].(cloud.Map)
	latest := cloud.Int(old, "latestVersion")
	content := templateContent(r.Inputs)
	if !reflect.DeepEqual(content, versions[strconv.Itoa(latest)]) {
		latest++
		versions[strconv.Itoa(latest)] = content
		if r.Bool("updateDefaultVersion") {
			r.State["defaultVersion"] = float64(latest)
		}
	}
	r.State["latestVersion"] = float64(latest)
	if !cloud.Has(r.State, "defaultVersion") {
		r.State["defaultVersion"] = float64(cloud.Int(old, "defaultVersion"))
	}
	if version := strconv.Itoa(r.Int("defaultVersion")); versions[version] == nil {
		return versionNotFound(r.ID, version)
	}
	applyLaunchTemplate(r)
	return nil
}

func applyLaunchTemplate(r *cloud.Resource) {
	if !cloud.Has(r.State, "metadataOptions") {
		r.State["metadataOptions"] = cloud.Map{}
	}
}

// templateContent is what a version consists of.
func templateContent(inputs cloud.Map) cloud.Map {
	content := cloud.Clone(inputs)
	for _, p := range []string{"tags", "name", "namePrefix", "defaultVersion", "updateDefaultVersion"} {
		delete(content, p)
	}
	return content
}

func versionNotFound(id, version string) *cloud.Error {
	return cloud.Refuse("InvalidLaunchTemplateId.VersionNotFound", "EC2 API, Error codes",
		"Could not find the specified version %s for the launch template with ID %s.", version, id)
}

// templateVersion finds the launch template that a group names by id or name, and one version's content. Version may
// be a number, $Latest, $Default or nothing, which is $Default. Where there is none, cause is EC2's text.
func templateVersion(t *cloud.Tx, named cloud.Map) (lt *cloud.Resource, content cloud.Map, cause string) {
	id, name, version := cloud.Str(named, "id"), cloud.Str(named, "name"), cloud.Str(named, "version")
	lt, ok := t.Find(typeLaunchTemplate, "", id)
	if id == "" {
		lt, ok = t.Find(typeLaunchTemplate, "name", name)
	}
	if !ok {
		return nil, nil, fmt.Sprintf("The specified launch template, with template ID %s, does not exist.", id+name)
	}
	switch version {
	case "$Latest":
		version = strconv.Itoa(lt.Int("latestVersion"))
	case "$Default", "":
		version = strconv.Itoa(lt.Int("defaultVersion"))
	}
	content = cloud.First[cloud.Map](lt.Hidden, "versions."+version)
	if content == nil {
		return nil, nil, versionNotFound(lt.ID, version).Message
	}
	return lt, content, ""
}
