// Package cluster is the fleet of hosts that the region's containers run on.
//
// It creates an ECS cluster with Container Insights; a role and instance profile for hosts; a security group for them
// that lets nothing in, and the right to write Session Manager's log; a launch template (pinned image, IMDSv2 only, encrypted gp3 volume); an auto scaling group
// across the private subnets, of one instance type or of several with a share of spot, perhaps with stopped hosts in a
// warm pool, that replaces its hosts in steps when the template changes and takes that back when an alarm misses hosts
// in the cluster; a capacity provider through which ECS sizes the group, drains hosts before they go and protects those
// that run tasks; and, unless ECS Exec is off, the encrypted log of its sessions and the key for both.
//
// It needs private subnets with a way out, without which hosts cannot register (Args.Egress), the service-linked
// roles of ECS and EC2 Auto Scaling, and, for more tasks per host than it has spare network interfaces, the account
// setting awsvpcTrunking, which has to be on before a host starts.
//
// It refuses, before anything is registered: a name that AWS keeps to itself, image ids and instance types that are not
// of AWS's form, fewer than one host, a maximum below the minimum, a root volume smaller than the image, a warm pool of
// mixed instances, a refresh whose percentages AWS would refuse.
//
// It makes no lifecycle hook of its own for hosts that leave: managed draining brings one (docs/decisions, "Hosts leave by
// managed draining alone").
//
// It does not set the number of hosts (ECS does, between the two limits), wait for a replacement of hosts to end (AWS
// carries it on after the deployment), or give tasks any rights: the hosts' role is out of their reach.
package cluster
