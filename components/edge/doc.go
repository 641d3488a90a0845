// Package edge is where clients reach a region: one public load balancer and the names that lead to it.
//
// It creates an application load balancer across the public subnets with a listener for TLS and one that redirects plain
// HTTP to it; the target group that a service registers its tasks in; a certificate validated through DNS; the region's
// own name in the hosted zone and, if asked for, a name that several regions share and that leads each client to the
// region with the lowest latency among those that Route 53 finds alive; and two security groups: the load balancer's
// own, open to the internet on 80 and 443, and a "target" group that makes whoever carries it reachable from the load
// balancer on the target port, and from nowhere else.
//
// In front of the load balancer stands a firewall: AWS's managed rules, less those that would refuse deepstream's own
// clients, and a limit on the requests of one address. It never refuses Route 53's health checkers. Paths that are for
// operators alone never reach a target. The load balancer logs every request to a bucket of its own, the firewall what
// it refused or counted to a log group; both expire.
//
// It needs an AWS provider for Args.Region, passed through the component's options, and a public hosted zone in the same
// account, which it looks up and never changes but for its own records.
//
// It refuses, before anything is registered: closed paths that would close the health path, names outside the zone, a
// shared name equal to the region's own, numbers that AWS or deepstream cannot work with, and a component name too long
// for the names that are generated from it.
//
// It does not register targets, and it never deletes the validation record of a shared name, which is the same record
// for every region.
package edge
