package config

import (
	"fmt"
	"slices"
)

// region is what the rules know of an AWS region.
type region struct {
	prefix string // of its zone ids: prefix-az1
	zones  []int  // numbers of the zone ids that are open to every account
}

// withoutStacks are the commercial regions in which no stack can be, but what stacks and the account have beside them can.
var withoutStacks = []string{"us-west-1"}

// RegionName is the form of a commercial region's name: one of those that there are.
type RegionName struct{}

// MatchString reports whether a text is one.
func (RegionName) MatchString(text string) bool {
	_, known := regions[text]
	return known || slices.Contains(withoutStacks, text)
}

// ids returns the region's zone ids, sorted.
func (r region) ids() []string {
	var ids []string
	for _, n := range r.zones {
		ids = append(ids, fmt.Sprintf("%s-az%d", r.prefix, n))
	}
	return ids
}

// poorZone is open to every account, and no use: EC2 answers there to all of the fifth generation and later, which is what
// hosts can be, that the type "is not supported in your requested Availability Zone", and endpoint services leave it out
// (DescribeInstanceTypeOfferings and DescribeVpcEndpointServices; Amazon ECS Developer Guide, "AWS Fargate Regions", excludes
// it by its id).
const poorZone = "use1-az3"

var threeZones = []int{1, 2, 3}

// regions are the commercial regions that have three zones or more, with the ids of those that are open to every account
// ("AWS Availability Zones" in AWS Regions and Availability Zones; where EC2's DescribeInstanceTypeOfferings lists fewer,
// those: not apne1-az3 and euw2-az4). us-west-1 is left out because it offers newer accounts two zones, and ap-southeast-6
// because it is newer than the AWS provider.
var regions = map[string]region{
	"af-south-1":     {"afs1", threeZones},
	"ap-east-1":      {"ape1", threeZones},
	"ap-east-2":      {"ape2", threeZones},
	"ap-northeast-1": {"apne1", []int{1, 2, 4}},
	"ap-northeast-2": {"apne2", []int{1, 2, 3, 4}},
	"ap-northeast-3": {"apne3", threeZones},
	"ap-south-1":     {"aps1", threeZones},
	"ap-south-2":     {"aps2", threeZones},
	"ap-southeast-1": {"apse1", threeZones},
	"ap-southeast-2": {"apse2", threeZones},
	"ap-southeast-3": {"apse3", threeZones},
	"ap-southeast-4": {"apse4", threeZones},
	"ap-southeast-5": {"apse5", threeZones},
	"ap-southeast-7": {"apse7", threeZones},
	"ca-central-1":   {"cac1", []int{1, 2, 4}},
	"ca-west-1":      {"caw1", threeZones},
	"eu-central-1":   {"euc1", threeZones},
	"eu-central-2":   {"euc2", threeZones},
	"eu-north-1":     {"eun1", threeZones},
	"eu-south-1":     {"eus1", threeZones},
	"eu-south-2":     {"eus2", threeZones},
	"eu-west-1":      {"euw1", threeZones},
	"eu-west-2":      {"euw2", threeZones},
	"eu-west-3":      {"euw3", threeZones},
	"il-central-1":   {"ilc1", threeZones},
	"me-central-1":   {"mec1", threeZones},
	"me-south-1":     {"mes1", threeZones},
	"mx-central-1":   {"mxc1", threeZones},
	"sa-east-1":      {"sae1", threeZones},
	"us-east-1":      {"use1", []int{1, 2, 4, 5, 6}}, // without poorZone
	"us-east-2":      {"use2", threeZones},
	"us-west-2":      {"usw2", []int{1, 2, 3, 4}},
}
