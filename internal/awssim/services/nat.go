package services

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeNAT = "aws:ec2/natGateway:NatGateway"
	typeEIP = "aws:ec2/eip:Eip"
)

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeEIP, Service: "EC2", Noun: "Address", CreateCall: "AllocateAddress", UpdateCall: "AssociateAddress", DeleteCall: "ReleaseAddress",
		Refs: []cloud.Ref{
			{Path: "instance", To: "aws:ec2/instance:Instance", Missing: cloud.Refusal{Code: "InvalidInstanceID.NotFound", Message: "The instance ID '{value}' does not exist", Rule: ec2Codes}},
			{Path: "networkInterface", To: "aws:ec2/networkInterface:NetworkInterface", Missing: missingInterface},
		},
		InUse: cloud.Refusal{Code: "AuthFailure", Message: "You do not have permission to access the specified resource.", Rule: "facts 5"},
		Quota: &cloud.Quota{Max: 5, Refusal: cloud.Refusal{Code: "AddressLimitExceeded", Message: "The maximum number of addresses has been reached.", Rule: "facts 20"}},
		Check: func(c *cloud.Checker) {
			c.Unmodelled("address", "associateWithPrivateIp", "customerOwnedIpv4Pool", "ipamPoolId")
		},
		Create: createEIP,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 6), Delete: cloud.Secs(1, 0, 1),
			Limit: cloud.LimitMinutes(0, 5, 3), Source: "facts, section 1: EIP, 3 logs"},
		Calls:    cloud.Calls{Create: "ec2:AllocateAddress ec2:CreateTags", Read: "ec2:DescribeAddresses ec2:DescribeAddressesAttribute", Update: ec2Tags, Remove: "ec2:ReleaseAddress ec2:DisassociateAddress"},
		TaggedAs: "ec2:elastic-ip/",
	},
	&cloud.Kind{
		Type: typeNAT, Service: "EC2", Noun: "NatGateway",
		Refs: []cloud.Ref{
			// What a gateway stands on it holds only if it came up: see natHolds.
			{Path: "subnetId", To: typeSubnet, Missing: missingNet, Free: true},
			{Path: "allocationId", To: typeEIP, Free: true, Missing: cloud.Refusal{Code: "InvalidAllocationID.NotFound", Message: "The allocation ID '{value}' does not exist", Rule: ec2Codes}},
		},
		Check: func(c *cloud.Checker) {
			if kind, _ := c.String("connectivityType"); kind == "private" && cloud.Has(c.In, "allocationId") {
				c.Fail("allocationId", `allocation_id is not supported with connectivity_type = "private"`)
			}
			if kind, known := c.String("connectivityType"); (kind == "public" || !known && !cloud.Has(c.In, "connectivityType")) && cloud.Has(c.In, "secondaryPrivateIpAddressCount") {
				c.Fail("secondaryPrivateIpAddressCount", "is not supported with connectivityType public")
			}
			c.Unmodelled("secondaryAllocationIds", "secondaryPrivateIpAddressCount", "secondaryPrivateIpAddresses")
		},
		Create: createNAT, Fails: natFailure, Holds: natHolds,
		Delete: func(t *cloud.Tx, r *cloud.Resource) error { blackhole(t, "natGatewayId", r.ID); return nil },
		Timing: cloud.Timing{Create: cloud.Seen(0, 84, 87, 92, 96, 115, 115, 116, 118, 121), Delete: cloud.Secs(35, 32, 50),
			Limit: cloud.LimitMinutes(10, 10, 30), Source: "facts, section 1: NAT gateway, 9 logs of a creation and 1 of a deletion; polled every 10 s, the end may be seen at once"},
		ReleaseDelay: cloud.Secs(3, 0, 10), // its address: sno-for-100#9
		Calls:        cloud.Calls{Create: "ec2:CreateNatGateway ec2:CreateTags", Read: "ec2:DescribeNatGateways", Update: ec2Tags, Remove: "ec2:DeleteNatGateway"},
		TaggedAs:     "ec2:natgateway/",
	},
)

func createEIP(t *cloud.Tx, r *cloud.Resource) error {
	if r.Str("domain") == "standard" || cloud.Has(r.State, "vpc") && !r.Bool("vpc") {
		return cloud.Refuse("UnsupportedOperation", "EC2 User Guide, EC2-Classic", "with the retirement of EC2-Classic standard domain EC2 EIPs are no longer supported")
	}
	if group := r.Str("networkBorderGroup"); group != "" && group != t.Region {
		return cloud.Refuse("InvalidParameterValue", "EC2 API, AllocateAddress", "Network border group '%s' is not valid", group)
	}
	if pool := r.Str("publicIpv4Pool"); pool != "" && pool != "amazon" {
		return cloud.Refuse("InvalidPublicIpv4PoolID.NotFound", ec2Codes, "The pool ID '%s' does not exist", pool)
	}
	r.ID = t.ID("eipalloc")
	ip := freePublicAddress(t, r.ID)
	domain := t.Region + ".compute"
	if t.Region == "us-east-1" {
		domain = "compute-1" // the first region's names have none
	}
	cloud.Computed(r, cloud.Map{
		"allocationId": r.ID, "arn": t.ARN("ec2", "elastic-ip/"+r.ID), "domain": "vpc", "vpc": true, "publicIp": ip.String(),
		"publicDns":          fmt.Sprintf("ec2-%s.%s.amazonaws.com", strings.ReplaceAll(ip.String(), ".", "-"), domain),
		"networkBorderGroup": t.Region, "publicIpv4Pool": "amazon", "associationId": "", "carrierIp": "", "customerOwnedIp": "",
		"instance": "", "ipamPoolId": "", "networkInterface": "", "privateDns": "", "privateIp": "", "ptrRecord": "",
	})
	return nil
}

// freePublicAddress returns an address that no other Elastic IP has, out of a range that is nobody's (RFC 2544).
func freePublicAddress(t *cloud.Tx, owner string) netip.Addr {
	taken := map[string]bool{}
	for _, other := range t.Anywhere(typeEIP) {
		taken[other.Str("publicIp")] = true
	}
	return hostIn(netip.MustParsePrefix("198.18.0.0/15"), owner, taken)
}

// natPerZone is the default quota of NAT gateways in one availability zone (facts 21).
const natPerZone = 5

func createNAT(t *cloud.Tx, r *cloud.Resource) error {
	subnet, _ := t.Find(typeSubnet, "", r.Str("subnetId"))
	public := r.Str("connectivityType") == "public"
	if public && r.Str("allocationId") == "" {
		return cloud.Refuse("MissingParameter", ec2Codes, "The request must include the AllocationId parameter. Add the required parameter and retry the request.")
	}
	if natsIn(t, subnet.Str("availabilityZone")) >= natPerZone {
		return cloud.Refuse("NatGatewayLimitExceeded", "facts 21", "Performing this operation would exceed the limit of %d NAT gateways", natPerZone)
	}
	r.ID = t.ID("nat")
	if err := applyPrivateAddress(t, r, rangeOf(subnet)); err != nil {
		return err
	}
	if _, ok := gatewayOf(t, subnet.Str("vpcId")); !ok && public {
		failNAT(r, "Gateway.NotAttached", "facts 7", "Network "+subnet.Str("vpcId")+" has no Internet gateway attached")
	}
	cloud.Computed(r, cloud.Map{
		"networkInterfaceId": t.ID("eni"), "associationId": "", "publicIp": "", "secondaryPrivateIpAddressCount": 0.0,
		"secondaryAllocationIds": cloud.List[any](), "secondaryPrivateIpAddresses": cloud.List[any](),
	})
	address, ok := t.Find(typeEIP, "", r.Str("allocationId"))
	if !ok {
		return nil
	}
	if len(t.Holders(address)) > 0 {
		failNAT(r, "Resource.AlreadyAssociated", "facts 8", "Elastic IP address ["+address.ID+"] is already associated")
	}
	if natFailed(r) {
		return nil
	}
	r.State["publicIp"], r.State["associationId"] = address.Str("publicIp"), t.ID("eipassoc")
	return nil
}

func natsIn(t *cloud.Tx, zone string) (n int) {
	for _, other := range t.All(typeNAT) {
		if natFailed(other) {
			continue
		}
		if s, ok := t.Find(typeSubnet, "", other.Str("subnetId")); ok && s.Str("availabilityZone") == zone {
			n++
		}
	}
	return n
}

// applyPrivateAddress gives a NAT gateway an address in its subnet, or checks the one that was asked for.
func applyPrivateAddress(t *cloud.Tx, r *cloud.Resource, subnet netip.Prefix) error {
	taken := map[string]bool{}
	for _, other := range t.All(typeNAT) {
		if other.Str("subnetId") == r.Str("subnetId") {
			taken[other.Str("privateIp")] = true
		}
	}
	asked, err := netip.ParseAddr(r.Str("privateIp"))
	switch {
	case err != nil:
		r.State["privateIp"] = hostIn(subnet, r.ID, taken).String()
	case !subnet.Contains(asked):
		return cloud.Refuse("InvalidParameterValue", ec2Codes, "Address does not fall within the subnet's address range")
	case !usable(subnet, asked):
		return cloud.Refuse("InvalidParameterValue", ec2Codes, "Address is in subnet's reserved address range")
	case taken[asked.String()]:
		failNAT(r, "InvalidIPAddress.InUse", ec2Codes, "Address "+asked.String()+" is in use.")
	}
	return nil
}

// failNAT notes why a gateway that AWS has accepted will not come up. The first reason is the one that AWS tells.
func failNAT(r *cloud.Resource, code, rule, message string) {
	if !natFailed(r) {
		r.Hidden = cloud.Map{"failure": cloud.Map{"code": code, "rule": rule, "message": message}}
	}
}

// natFailed reports whether a gateway never came up. It stays in the account, does nothing and has no address.
func natFailed(r *cloud.Resource) bool { return cloud.Has(r.Hidden, "failure") }

func natHolds(t *cloud.Tx, r *cloud.Resource) []*cloud.Resource {
	if natFailed(r) {
		return nil
	}
	var out []*cloud.Resource
	for typ, property := range map[string]string{typeSubnet: "subnetId", typeEIP: "allocationId"} {
		if found, ok := t.Find(typ, "", r.Str(property)); ok {
			out = append(out, found)
		}
	}
	return out
}

// natFailure is how the provider reports such a gateway, once AWS has.
func natFailure(_ *cloud.Tx, r *cloud.Resource) error {
	if !natFailed(r) {
		return nil
	}
	code := cloud.Str(r.Hidden, "failure.code")
	return cloud.Refuse(code, cloud.Str(r.Hidden, "failure.rule"), "waiting for EC2 NAT Gateway (%s) create: unexpected state 'failed', wanted target 'available'. last error: %s: %s",
		r.ID, code, cloud.Str(r.Hidden, "failure.message"))
}

// blackhole marks the routes to what is going away: they stay and drop what they get (EC2 API, Route).
func blackhole(t *cloud.Tx, property, id string) {
	for _, r := range t.All(typeRoute) {
		if id != "" && slices.Contains(r.Strs(property), id) {
			r.State["state"] = "blackhole"
			t.Save(r)
		}
	}
}
