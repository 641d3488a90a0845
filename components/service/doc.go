// Package service runs one container image as a fleet of tasks behind a load balancer.
//
// It creates an encrypted log group /deepstreamhub/<stack>/<name> and the key for it (alias/deepstreamhub/<stack>/
// <name>); an execution role, with which ECS pulls the image, reads the secrets and writes the logs, and a task role
// without any rights for the container itself; a security group; a task definition; and the ECS service, which
// replaces tasks by starting new ones first and returns to the previous revision when the new ones do not get healthy.
//
// It needs a cluster whose capacity provider is in place and a target group that a listener already forwards to (both
// through Args.DependsOn), and Node in the image for the health check.
//
// It refuses, before anything is registered: an image that is not pinned by digest; CPU, memory, port, stop timeout or
// log retention that ECS or CloudWatch would refuse; more security groups than a network interface takes; names of
// environment variables that are malformed or given twice.
//
// It does not scale the number of tasks, open a port to anybody (Args.SecurityGroupIDs brings the group that the load
// balancer may reach), or notice that a secret changed: tasks read secrets when they start.
package service
