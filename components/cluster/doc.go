// Package cluster is the fleet of hosts that the region's containers run on.
//
// It creates an ECS cluster with Container Insights; a role and instance profile for hosts; a security group for them
// that lets nothing in; a launch template (pinned image, IMDSv2 only, encrypted gp3 volume); an auto scaling group
// across the private subnets that replaces its hosts one after another when the template changes; and a capacity
// provider through which ECS sizes the group, drains hosts before they go and protects those that run tasks.
//
// It needs private subnets with a way out, without which hosts cannot register (Args.Egress), the service-linked
// roles of ECS and EC2 Auto Scaling, and, for more tasks per host than it has spare network interfaces, the account
// setting awsvpcTrunking, which has to be on before a host starts.
//
// It refuses, before anything is registered: image ids and instance types that are not of AWS's form, fewer than one
// host, a maximum below the minimum, a root volume smaller than the image.
//
// It does not set the number of hosts (ECS does, between the two limits), wait for a replacement of hosts to end (AWS
// carries it on after the deployment), or give tasks any rights: the hosts' role is out of their reach.
package cluster
