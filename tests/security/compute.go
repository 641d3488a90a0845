package security

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// container is what controls look at in a container's definition.
type container struct {
	Privileged             bool
	User                   string
	ReadonlyRootFilesystem bool
	Environment            []struct{ Name, Value string }
	LogConfiguration       struct{ LogDriver string }
}

// containers reads a task definition's; one that cannot be read meets nothing.
func containers(r cloud.Resource) []container {
	var out []container
	if err := json.Unmarshal([]byte(r.Str("containerDefinitions")), &out); err != nil {
		return []container{{Privileged: true}}
	}
	return out
}

// contained is the check that all containers of all task definitions pass.
func contained(passes func(container) bool) func(*Stack) []string {
	return every(taskDefinition, func(r cloud.Resource) bool {
		return !slices.ContainsFunc(containers(r), func(c container) bool { return !passes(c) })
	})
}

// zones returns how many availability zones some subnets lie in.
func (s *Stack) zones(subnets []string) int {
	seen := map[string]bool{}
	for _, r := range s.All(subnet) {
		if slices.Contains(subnets, r.ID) {
			seen[r.Str("availabilityZoneId")] = true
		}
	}
	return len(seen)
}

var (
	paravirtual = regexp.MustCompile(`^(c1|c3|hs1|m1|m2|m3|t1)\.`)
	secretName  = regexp.MustCompile(`(?i)(password|secret|token|key)`)
)

var compute = []Control{
	{ID: "AutoScaling.1", Title: "Amazon EC2 Auto Scaling groups associated with a load balancer should use ELB health checks", On: []string{hostGroup},
		Check: every(hostGroup, func(r cloud.Resource) bool {
			behind := len(r.Strs("targetGroupArns[]"))+len(r.Strs("loadBalancers[]")) > 0
			return !behind || r.Str("healthCheckType") == "ELB"
		}),
		Met: "The group is behind no load balancer: tasks are, each by its own address, and ECS replaces those that fail."},
	{ID: "AutoScaling.2", Title: "Amazon EC2 Auto Scaling group should cover multiple Availability Zones", On: []string{hostGroup},
		Check: each(hostGroup, func(s *Stack, r cloud.Resource) bool { return s.zones(r.Strs("vpcZoneIdentifiers[]")) > 1 }),
		Met:   "Hosts spread over the private subnets of all zones, three at least."},
	{ID: "AutoScaling.6", Title: "Amazon EC2 Auto Scaling groups should use multiple instance types in multiple Availability Zones", On: []string{hostGroup},
		Check: every(hostGroup, func(r cloud.Resource) bool {
			return len(r.Strs("mixedInstancesPolicy.launchTemplate.overrides[].instanceType")) > 1
		}),
		Except: "One type keeps what a host holds exact, and warm pools possible. cluster.otherInstanceTypes adds types where AWS runs out of the first."},
	{ID: "AutoScaling.9", Title: "Amazon EC2 Auto Scaling groups should use Amazon EC2 launch templates", On: []string{hostGroup},
		Check: every(hostGroup, func(r cloud.Resource) bool {
			return r.Str("launchTemplate.id") != "" || r.Str("mixedInstancesPolicy.launchTemplate.launchTemplateSpecification.launchTemplateId") != ""
		}),
		Met: "A launch template, by number of its version."},
	{ID: "EC2.3", Title: "Attached Amazon EBS volumes should be encrypted at-rest", On: []string{launchTemplate}, Check: encryptedVolumes,
		Met: "The launch template encrypts each host's volume."},
	{ID: "EC2.8", Title: "EC2 instances should use Instance Metadata Service Version 2 (IMDSv2)", CIS: "5.6", On: []string{launchTemplate},
		Check: every(launchTemplate, is("metadataOptions.httpTokens", "required")), Met: "The launch template demands tokens, and answers reach no further than the host."},
	{ID: "EC2.9", Title: "Amazon EC2 instances should not have a public IPv4 address", On: []string{launchTemplate},
		Check: each(hostGroup, func(s *Stack, r cloud.Resource) bool {
			return !slices.ContainsFunc(s.All(subnet), func(n cloud.Resource) bool {
				return slices.Contains(r.Strs("vpcZoneIdentifiers[]"), n.ID) && (n.Bool("mapPublicIpOnLaunch") || s.public(n.ID))
			})
		}),
		Met: "Hosts live in private subnets, which have no route to the internet gateway."},
	{ID: "EC2.17", Title: "Amazon EC2 instances should not use multiple ENIs", On: []string{launchTemplate}, Check: missing("awsvpc tasks"),
		Except: "Each task has a network interface, and with it a security group, of its own: that is what keeps tasks apart."},
	{ID: "EC2.24", Title: "Amazon EC2 paravirtual instance types should not be used", On: []string{launchTemplate},
		Check: every(launchTemplate, func(r cloud.Resource) bool { return !paravirtual.MatchString(r.Str("instanceType")) }),
		Met:   "Configuration takes types with ENI trunking only, which are all of the Nitro system."},
	{ID: "EC2.25", Title: "Amazon EC2 launch templates should not assign public IPs to network interfaces", On: []string{launchTemplate},
		Check: every(launchTemplate, func(r cloud.Resource) bool {
			return !slices.Contains(r.Strs("networkInterfaces[].associatePublicIpAddress"), "true")
		}),
		Met: "The launch template names no network interfaces; the subnet decides, and assigns none."},
	{ID: "EC2.170", Title: "EC2 launch templates should use Instance Metadata Service Version 2 (IMDSv2)", On: []string{launchTemplate},
		Check: every(launchTemplate, is("metadataOptions.httpTokens", "required")), Met: "See EC2.8."},
	{ID: "EC2.181", Title: "EC2 launch templates should enable encryption for attached EBS volumes", On: []string{launchTemplate}, Check: encryptedVolumes,
		Met: "See EC2.3."},
	{ID: "SSM.1", Title: "Amazon EC2 instances should be managed by AWS Systems Manager", On: []string{launchTemplate},
		Check: func(s *Stack) []string {
			for _, r := range s.All(roleTie) {
				if strings.HasSuffix(r.Str("policyArn"), "/AmazonSSMManagedInstanceCore") {
					return nil
				}
			}
			return []string{"no role of hosts lets Systems Manager in"}
		},
		Met: "The hosts' role has AmazonSSMManagedInstanceCore, and the image the agent."},
	{ID: "SSM.2", Title: "Amazon EC2 instances managed by Systems Manager should have a patch compliance status of COMPLIANT after a patch installation", On: []string{launchTemplate},
		Check: missing("aws:ssm/patchBaseline:PatchBaseline"), Except: "Hosts are not patched but replaced, by a newer image: no patch is ever installed, so there is no status."},
	{ID: "SSM.3", Title: "Amazon EC2 instances managed by Systems Manager should have an association compliance status of COMPLIANT", On: []string{launchTemplate},
		Check: missing("aws:ssm/association:Association"), Except: "No association sets anything on a host: what a host is stands in its image and its launch template."},
	{ID: "AutoScaling.3", Title: "Amazon EC2 Auto Scaling group launch configurations should configure EC2 instances to require Instance Metadata Service Version 2 (IMDSv2)",
		On: []string{"aws:ec2/launchConfiguration:LaunchConfiguration"}, Met: "-"},
	{ID: "Autoscaling.5", Title: "Amazon EC2 instances launched using Amazon EC2 Auto Scaling group launch configurations should not have Public IP addresses",
		On: []string{"aws:ec2/launchConfiguration:LaunchConfiguration"}, Met: "-"},
	{ID: "EC2.1", Title: "Amazon EBS snapshots should not be publicly restorable", On: []string{"aws:ebs/snapshot:Snapshot"}, Met: "-"},
	{ID: "EC2.4", Title: "Stopped EC2 instances should be removed after a specified time period", On: []string{instance}, Met: "-"},
	{ID: "EC2.173", Title: "EC2 Spot Fleet requests with launch parameters should enable encryption for attached EBS volumes", On: []string{"aws:ec2/spotFleetRequest:SpotFleetRequest"}, Met: "-"},
}

var services = []Control{
	{ID: "ECS.1", Title: "Amazon ECS task definitions should have secure networking modes and user definitions", On: []string{taskDefinition},
		Check: every(taskDefinition, is("networkMode", "awsvpc")), Met: "Tasks have a network namespace of their own; the control is about those in the host's."},
	{ID: "ECS.2", Title: "ECS services should not have public IP addresses assigned to them automatically", On: []string{ecsService},
		Check: every(ecsService, func(r cloud.Resource) bool { return !r.Bool("networkConfiguration.assignPublicIp") }), Met: "Switched off, and the subnets are private."},
	{ID: "ECS.3", Title: "ECS task definitions should not share the host's process namespace", On: []string{taskDefinition},
		Check: every(taskDefinition, func(r cloud.Resource) bool { return r.Str("pidMode") != "host" }), Met: "Tasks have a process namespace of their own."},
	{ID: "ECS.4", Title: "ECS containers should run as non-privileged", On: []string{taskDefinition},
		Check: contained(func(c container) bool { return !c.Privileged }), Met: "No container is privileged."},
	{ID: "ECS.5", Title: "ECS containers should be limited to read-only access to root filesystems", On: []string{taskDefinition},
		Check: contained(func(c container) bool { return c.ReadonlyRootFilesystem }), Met: "The root file system is read-only; what has to be written goes to memory."},
	{ID: "non-root", Extra: true, Title: "ECS task definitions run containers as a user other than root (AWS Config: ecs-task-definition-linux-user-non-root)", On: []string{taskDefinition},
		Check: contained(func(c container) bool { return nonRoot.MatchString(c.User) }), Met: "Deepstream runs as a user and a group of its own, in numbers."},
	{ID: "client-authentication", Extra: true, Title: "Clients are asked who they are before they read or write anything", On: []string{taskDefinition},
		Check: contained(func(c container) bool {
			return slices.Contains(c.Environment, struct{ Name, Value string }{deepstream.EnvAuthType, deepstream.AuthWebhook})
		}),
		Met: "Servers ask the webhook that service.auth names. `auth: open` lets everybody in and meets this no longer; `hub up` makes that change only when it is allowed by name."},
	{ID: "ECS.8", Title: "Secrets should not be passed as container environment variables", On: []string{taskDefinition},
		Check: contained(func(c container) bool {
			return !slices.ContainsFunc(c.Environment, func(v struct{ Name, Value string }) bool {
				return secretName.MatchString(v.Name) && !strings.HasPrefix(v.Value, "arn:") // where a secret is, is none
			})
		}),
		Met: "Passwords come from Secrets Manager by ARN; configuration takes no secrets at all."},
	{ID: "ECS.9", Title: "ECS task definitions should have a logging configuration", On: []string{taskDefinition},
		Check: contained(func(c container) bool { return c.LogConfiguration.LogDriver == "awslogs" }), Met: "Each container logs to its service's own group."},
	{ID: "ECS.12", Title: "ECS clusters should use Container Insights", On: []string{ecsCluster},
		Check: every(ecsCluster, func(r cloud.Resource) bool {
			return slices.ContainsFunc(cloud.Maps(r.State, "settings[]"), func(m cloud.Map) bool {
				return cloud.Str(m, "name") == "containerInsights" && slices.Contains([]string{"enabled", "enhanced"}, cloud.Str(m, "value"))
			})
		}),
		Met: "Switched on: alarms count on it."},
	{ID: "ECS.10", Title: "ECS Fargate services should run on the latest Fargate platform version", On: []string{ecsService},
		Check: every(ecsService, func(r cloud.Resource) bool { return r.Str("launchType") != "FARGATE" && r.Str("platformVersion") == "" }), Met: "Services run on hosts of the cluster's own, not on Fargate."},
	{ID: "ECS.16", Title: "ECS task sets should not automatically assign public IP addresses", On: []string{"aws:ecs/taskSet:TaskSet"}, Met: "-"},
}

// nonRoot is a user and a group in numbers, neither of them root.
var nonRoot = regexp.MustCompile(`^[1-9][0-9]*:[1-9][0-9]*$`)

// encryptedVolumes looks at every volume of a launch template.
var encryptedVolumes = every(launchTemplate, func(r cloud.Resource) bool {
	volumes := cloud.Maps(r.State, "blockDeviceMappings[].ebs")
	return len(volumes) > 0 && !slices.ContainsFunc(volumes, func(v cloud.Map) bool { return cloud.Str(v, "encrypted") != "true" })
})

// public reports whether a subnet is routed to an internet gateway.
func (s *Stack) public(subnetID string) bool {
	for _, tie := range s.With(tableAssociation, "subnetId", subnetID) {
		for _, r := range s.With(route, "routeTableId", tie.Str("routeTableId")) {
			if strings.HasPrefix(r.Str("gatewayId"), "igw-") {
				return true
			}
		}
	}
	return false
}
