// Package service runs one container image as a fleet of tasks behind a load balancer.
//
// It creates an encrypted log group /<project>/<stack>/<name> and the key for it (alias/<project>/<stack>/
// <name>); an execution role, with which ECS pulls the image, reads the secrets and writes the logs, and a task role
// with no rights but those of ECS Exec, if that is on, to see targets (Args.WatchesTarget) and to read its secrets again (Args.ReadsSecrets); a security group; a task definition; and the ECS service, which
// replaces tasks by starting new ones first and returns to the previous revision when the new ones do not get healthy
// or an alarm of its own sees their errors. Where the service has a part of a load balancer's paths to itself
// (Args.Route), it makes target group, listener rule and the two security group rules between them. Where the number of
// tasks follows the load (Args.Scaling), it makes the scalable target and a policy for CPU, and one for clients per task.
//
// It needs a cluster with Container Insights whose capacity provider is in place, and without a route a target group
// that a listener already forwards to (both through Args.DependsOn).
//
// It refuses, before anything is registered: an image that is not pinned by digest; CPU, memory, port, stop timeout or
// log retention that ECS or CloudWatch would refuse; more security groups than a network interface takes; names of
// environment variables that are malformed or given twice.
//
// It does not set the number of tasks after its creation where that scales, open a port to anybody but the load
// balancer (without a route Args.SecurityGroupIDs brings the group for that), or notice that a secret changed: tasks
// read secrets when they start. Args.ReadAtStart names the versions by which it knows, and then replaces the tasks.
package service
