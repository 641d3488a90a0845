// Package network is a region's private network.
//
// It creates a VPC with DNS on; per availability zone a public, a private and an isolated data subnet out of one
// address plan (see Plan); an internet gateway; NAT gateways as Args.NAT says, each with an address of its own; a route
// table for the public subnets, one per private subnet and one for the data subnets; a network ACL per tier; a gateway
// endpoint that keeps traffic to S3 off NAT, and interface endpoints for the services named, all with policies that hold
// them to the account; flow logs, encrypted with a key of their own; and it takes over the VPC's default security group,
// network ACL and route table in order to leave them without rules and routes.
//
// It needs an AWS provider for Args.Region, passed through the component's options, whose account has the zones.
//
// It refuses, before anything is registered: an IPv4 range that is not /16 to /20 or has bits set behind its prefix,
// fewer than two zones, zone ids that are not plain zones az1 to az6, two zones with one number, an unknown NAT mode,
// endpoints that are unknown or named twice, and with flow logs a retention that CloudWatch Logs does not have and names that
// their group, key and role cannot have.
//
// It does not give instances public addresses (only load balancers and NAT gateways belong in the public subnets),
// route the data subnets anywhere outside the VPC, or look up zones: which zones a region uses is configuration,
// because AWS adds zones and an address plan may not move when it does.
package network
