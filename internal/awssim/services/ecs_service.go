package services

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const typeService = "aws:ecs/service:Service"

var unknownTargets = cloud.Refusal{Code: invalidECSParameter,
	Message: "Unable to assume role and validate the specified targetGroupArn. Please verify that the ECS service role being passed has the proper permissions.", Rule: "facts 52", Retry: 4 * time.Minute}

// The parts of a service's start, none of which anybody measured apart. What comes after them is not the provider's to
// wait for: it returns when the tasks run, and the load balancer finds them healthy after some checks of its own.
var (
	hostJoined  = cloud.Secs(60, 40, 120) // from an instance in service to a container instance: boot, agent
	imagePulled = cloud.Secs(30, 10, 120) // of some hundred megabytes from a registry, unpacked
	taskPlaced  = cloud.Secs(20, 10, 60)  // placed by the scheduler and given a network interface
	taskStarted = cloud.Secs(20, 5, 120)  // its secrets fetched, the container started
	steadySeen  = cloud.Secs(15, 5, 60)   // the deployment noticed to be complete, and read by the provider
)

var _ = cloud.Register(&cloud.Kind{
	Type: typeService, Service: "ECS", Noun: "Service", UpdateCall: "UpdateService",
	Unmodelled: strings.Fields(`
		loadBalancers[].elbName serviceConnectConfiguration volumeConfiguration vpcLatticeConfigurations`),
	Name: &cloud.AutoName{Property: "name", Max: 255},
	ReplaceIf: map[string]cloud.ReplaceIf{"capacityProviderStrategies": {
		When: "unless forceNewDeployment is true and there is a strategy before and after",
		Holds: func(old, new cloud.Map) bool {
			const strategies = "capacityProviderStrategies[]"
			return !cloud.Bool(new, "forceNewDeployment") || len(cloud.At(old, strategies)) == 0 || len(cloud.At(new, strategies)) == 0
		},
	}},
	Refs: []cloud.Ref{
		// What tasks stand in is held by them, not by the service: see serviceHolds.
		{Path: "networkConfiguration.subnets[]", To: "aws:ec2/subnet:Subnet", Free: true, Missing: cloud.Refusal{Code: invalidECSParameter,
			Message: "Error retrieving subnet information for [{value}]: The subnet ID '{value}' does not exist (ErrorCode: InvalidSubnetID.NotFound)", Rule: "ECS API, CreateService"}},
		{Path: "networkConfiguration.securityGroups[]", To: "aws:ec2/securityGroup:SecurityGroup", Free: true, Missing: cloud.Refusal{Code: invalidECSParameter,
			Message: "Error retrieving security group information for [{value}]: The security group '{value}' does not exist (ErrorCode: InvalidGroup.NotFound)", Rule: "ECS API, CreateService"}},
		{Path: "loadBalancers[].targetGroupArn", To: "aws:lb/targetGroup:TargetGroup", Key: "arn", Free: true, Missing: unknownTargets, Unseen: unknownTargets},
		{Path: "alarms.alarmNames[]", To: typeMetricAlarm, Free: true, Missing: cloud.Refusal{Code: invalidECSParameter,
			Message: "The CloudWatch alarm {value} does not exist.", Rule: "ECS API, DeploymentAlarms"}},
		{Path: "serviceRegistries.registryArn", To: "aws:servicediscovery/service:Service", Key: "arn", Missing: cloud.Refusal{Code: invalidECSParameter,
			Message: "Unable to find the service registry {value}.", Rule: "ECS API, CreateService"}},
	},
	Busy:  cloud.Busy{Delete: cloud.Refusal{Code: invalidECSParameter, Message: "The service cannot be stopped while deployments are active.", Rule: "facts 56", Retry: 20 * time.Minute}},
	Check: checkService, Create: createService, Update: updateService, Delete: deleteService, Holds: serviceHolds, Awaits: imageThere,
	Timing: cloud.Timing{Create: cloud.Sum(taskPlaced, taskStarted, steadySeen), Update: cloud.Secs(647, 180, 1214), Delete: cloud.Secs(150, 15, 330),
		Limit: cloud.LimitMinutes(20, 20, 20), Source: "parts, each a guess: placement and network interface 20 s, start 20 s, steady state seen 15 s, before them the image (imagePulled) on a host that has joined (hostJoined); 1 log of a whole creation, 75 s; changes and deletions: facts, section 1, 3 issues"},
	Propagation: cloud.Secs(1, 0, 5),
	Calls:       cloud.Calls{Create: "ecs:CreateService ecs:TagResource", Read: "ecs:DescribeServices", Update: "ecs:UpdateService ecs:TagResource ecs:UntagResource", Remove: "ecs:UpdateService ecs:DeleteService"},
	TaggedAs:    "ecs:service/",
	ImportID: func(r *cloud.Resource) string {
		return lastPart(r.Str("cluster")) + "/" + r.Str("name")
	},
})

func checkService(c *cloud.Checker) {
	c.Match("name", documents.ClusterNames, "up to 255 letters, digits, hyphens and underscores")
	c.Between("healthCheckGracePeriodSeconds", 0, 1<<31-1)
}

func invalidService(format string, args ...any) *cloud.Error {
	return cloud.Refuse(invalidECSParameter, "ECS API, CreateService", format, args...)
}

func createService(t *cloud.Tx, r *cloud.Resource) error {
	if !serviceLinked(t, ecsServiceLinkedRole) {
		return cloud.Refuse(invalidECSParameter, "facts 53", "Unable to assume the service linked role. Please verify that the ECS service linked role exists.").For(2 * iamPropagation)
	}
	cluster, ok := clusterOf(t, r.Str("cluster"))
	if !ok {
		return clusterNotFound.AsError()
	}
	r.ID = t.ARN("ecs", fmt.Sprintf("service/%s/%s", cluster.Str("name"), r.Str("name")))
	if _, taken := t.Find(typeService, "", r.ID); taken {
		return cloud.Refuse(invalidECSParameter, "facts 55", "Creation of service was not idempotent.")
	}
	if _, draining := t.Leaving(typeService, r.ID); draining {
		return cloud.Refuse(invalidECSParameter, "facts 55", "Unable to Start a service that is still Draining.")
	}
	for p, v := range (cloud.Map{"cluster": cluster.ID, "iamRole": "/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS", "platformVersion": "", "triggers": cloud.Map{}}) {
		if !cloud.Has(r.State, p) {
			r.State[p] = v
		}
	}
	return applyService(t, r, cluster)
}

func updateService(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	cluster, ok := clusterOf(t, r.Str("cluster"))
	if !ok {
		return clusterNotFound.AsError()
	}
	spoiled(t, r, old)
	err := applyService(t, r, cluster)
	if err == nil {
		delete(r.Hidden, takenBack)
	}
	if refused, ok := errors.AsType[*cloud.Error](err); !ok || refused.Rule != steadyRule || !r.Bool("deploymentCircuitBreaker.rollback") {
		return err
	}
	return rollBack(t, r, old, err)
}

// rollBack has the circuit breaker take a deployment back whose tasks do not come up. The service is then steady on its
// former revision, which the provider takes for success (facts 58).
func rollBack(t *cloud.Tx, r *cloud.Resource, old cloud.Map, failure error) error {
	if cloud.Str(old, "taskDefinition") == r.Str("taskDefinition") {
		return failure
	}
	before := r.Str("taskDefinition")
	r.State["taskDefinition"] = cloud.Str(old, "taskDefinition")
	cluster, _ := clusterOf(t, r.Str("cluster"))
	if applyService(t, r, cluster) != nil {
		r.State["taskDefinition"] = before
		return failure
	}
	r.Hidden[takenBack] = serviceEvent(failure)
	return nil
}

// takenBack is under which name the reason is kept for which a service's last deployment was taken back.
const takenBack = "takenBack"

// applyService checks what creation and update have in common, in the order in which ECS looks.
func applyService(t *cloud.Tx, r, cluster *cloud.Resource) error {
	definition, ok := taskOf(t, r.Str("taskDefinition"))
	if !ok {
		return taskMissing(t, r.Str("taskDefinition"))
	}
	for _, check := range []func() error{
		func() error { return checkPlacement(t, r, cluster, definition) },
		func() error { return checkDeployment(r) },
		func() error { return checkServiceNetwork(t, r, definition) },
		func() error { return checkBalancers(t, r, definition) },
	} {
		if err := check(); err != nil {
			return err
		}
	}
	if r.Bool("enableExecuteCommand") && definition.Str("taskRoleArn") == "" {
		return invalidService("The service couldn't be created because a valid taskRoleArn is not being used. Specify a valid task role in your task definition and try again.")
	}
	err := steady(t, r, cluster, definition)
	r.Hidden[tasksRun] = err == nil && r.Int("desiredCount") > 0
	if err == nil && slices.ContainsFunc(cluster.Strs("settings[].value"), func(v string) bool { return v != "disabled" }) {
		serviceLogs(t, r, "/aws/ecs/containerinsights/"+cluster.Str("name")+"/performance")
	}
	if err == nil {
		startTasks(t, r, definition)
	}
	r.Hidden["execAgent"] = execAgent(t, r, definition)
	if !r.Bool("waitForSteadyState") {
		return nil
	}
	return err
}

func taskMissing(t *cloud.Tx, named string) error {
	family, _, _ := strings.Cut(named[strings.LastIndex(named, "/")+1:], ":")
	if _, was := t.Remnant("taskDefinition", family); was {
		return cloud.Refuse("ClientException", "ECS API, CreateService", "TaskDefinition is inactive")
	}
	return cloud.Refuse("ClientException", "ECS API, CreateService", "TaskDefinition not found.")
}

// serviceStrategy returns the capacity provider strategy that a service runs by, as createService left it.
func serviceStrategy(s *cloud.Resource) []cloud.Map {
	if own := cloud.Maps(s.State, "capacityProviderStrategies[]"); len(own) > 0 {
		return own
	}
	return cloud.Maps(s.Hidden, "strategy[]")
}

// checkPlacement decides by what a service gets its hosts: its own strategy, the cluster's, or a launch type.
func checkPlacement(t *cloud.Tx, r, cluster, definition *cloud.Resource) error {
	own := cloud.Maps(r.State, "capacityProviderStrategies[]")
	if len(own) > 0 && cloud.Has(r.Inputs, "launchType") {
		return invalidService("Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.")
	}
	attached, standard := attachedProviders(t, cluster)
	if err := checkStrategy(own, attached); err != nil {
		return err
	}
	strategy := own
	if len(own) == 0 && !cloud.Has(r.Inputs, "launchType") {
		strategy = standard
	}
	if r.Hidden == nil {
		r.Hidden = cloud.Map{}
	}
	r.Hidden["strategy"] = cloud.List(strategy...)
	if !cloud.Has(r.Inputs, "launchType") {
		r.State["launchType"] = ""
		if len(strategy) == 0 {
			r.State["launchType"] = "EC2"
		}
	}
	fargate := r.Str("launchType") == "FARGATE" || slices.ContainsFunc(strategy, func(s cloud.Map) bool { return documents.OneOf(cloud.Str(s, "capacityProvider"), fargateProviders) })
	if needs := definition.Strs("requiresCompatibilities[]"); fargate && !slices.Contains(needs, "FARGATE") || !fargate && len(needs) > 0 && !slices.Contains(needs, "EC2") && r.Str("launchType") != "EXTERNAL" {
		return invalidService("Task definition does not support launch_type %s.", map[bool]string{true: "FARGATE", false: "EC2"}[fargate])
	}
	if !fargate && cloud.Has(r.Inputs, "platformVersion") {
		return invalidService("The platform version must be null when specifying an EC2 launch type.")
	}
	if !fargate && r.Bool("networkConfiguration.assignPublicIp") {
		return invalidService("Assign public IP is not supported for this launch type.")
	}
	return nil
}

func checkDeployment(r *cloud.Resource) error {
	low, high := r.Int("deploymentMinimumHealthyPercent"), r.Int("deploymentMaximumPercent")
	const rule = "ECS API, DeploymentConfiguration"
	switch {
	case low < 0 || low > 100 || high < 100 && r.Str("schedulingStrategy") != "DAEMON":
		return cloud.Refuse(invalidECSParameter, rule, "The deployment configuration is invalid: minimumHealthyPercent %d, maximumPercent %d.", low, high)
	case low == 100 && high == 100:
		return cloud.Refuse(invalidECSParameter, rule, "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
	case r.Str("schedulingStrategy") == "DAEMON" && cloud.Has(r.Inputs, "desiredCount"):
		return invalidService("The daemon scheduling strategy does not support a desired count.")
	case r.Bool("deploymentCircuitBreaker.enable") && documents.OneOf(r.Str("deploymentController.type"), "CODE_DEPLOY EXTERNAL"):
		return cloud.Refuse(invalidECSParameter, "facts 58", "DeploymentCircuitBreaker feature can only be used with ECS deployment controller.")
	case r.Bool("alarms.enable") && documents.OneOf(r.Str("deploymentController.type"), "CODE_DEPLOY EXTERNAL"):
		return cloud.Refuse(invalidECSParameter, "ECS API, DeploymentAlarms", "Deployment alarms can only be used with ECS deployment controller.")
	case cloud.Has(r.State, "alarms") && len(r.Strs("alarms.alarmNames[]")) == 0:
		return cloud.Refuse(invalidECSParameter, "ECS API, DeploymentAlarms", "Deployment alarms need at least one alarm name.")
	case r.Int("desiredCount") < 0:
		return invalidService("desiredCount cannot be negative.")
	}
	return nil
}

func checkServiceNetwork(t *cloud.Tx, r, definition *cloud.Resource) error {
	awsvpc, given := definition.Str("networkMode") == "awsvpc", cloud.Has(r.State, "networkConfiguration")
	if awsvpc && !given {
		return invalidService("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
	}
	if !awsvpc && given {
		return invalidService("Network Configuration is not valid for the given networkMode of this task definition.")
	}
	subnets, groups := r.Strs("networkConfiguration.subnets[]"), r.Strs("networkConfiguration.securityGroups[]")
	if given && len(subnets) == 0 {
		return invalidService("subnets can not be empty.")
	}
	if len(subnets) > 16 {
		return invalidService("subnets can have at most 16 items.")
	}
	if len(groups) > 5 {
		return invalidService("securityGroups can have at most 5 items.")
	}
	vpc := ""
	for _, id := range subnets {
		subnet, _ := t.Find("aws:ec2/subnet:Subnet", "", id)
		if vpc != "" && subnet.Str("vpcId") != vpc {
			return invalidService("The provided subnets are not all in the same VPC.")
		}
		vpc = subnet.Str("vpcId")
	}
	for _, id := range groups {
		if sg, _ := t.Find("aws:ec2/securityGroup:SecurityGroup", "", id); sg.Str("vpcId") != vpc {
			return invalidService("Security group %s does not appear to belong to the same VPC as the input subnets.", id)
		}
	}
	return nil
}

func checkBalancers(t *cloud.Tx, r, definition *cloud.Resource) error {
	balancers := cloud.Maps(r.State, "loadBalancers[]")
	if len(balancers) == 0 && cloud.Has(r.Inputs, "healthCheckGracePeriodSeconds") {
		return invalidService("Health check grace period is only valid for services configured to use load balancers")
	}
	mode := definition.Str("networkMode")
	for _, lb := range balancers {
		arn := cloud.Str(lb, "targetGroupArn")
		if arn == "" {
			return invalidService("targetGroupArn and loadBalancerName cannot both be empty.")
		}
		if !balanced(t, arn) {
			return cloud.Refuse(invalidECSParameter, "facts 51", "The target group with targetGroupArn %s does not have an associated load balancer.", arn).For(4 * time.Minute)
		}
		target, _ := t.Find("aws:lb/targetGroup:TargetGroup", "arn", arn)
		kind := target.Str("targetType")
		if kind == "" {
			kind = "instance"
		}
		if want := map[bool]string{true: "ip", false: "instance"}[mode == "awsvpc"]; kind != want {
			return invalidService("The provided target group %s has target type %s, which is incompatible with the %s network mode specified in the task definition.", arn, kind, mode)
		}
		if err := checkServiceTarget(lb, definition); err != nil {
			return err
		}
	}
	return nil
}

func checkServiceTarget(lb cloud.Map, definition *cloud.Resource) error {
	name, port := cloud.Str(lb, "containerName"), cloud.Int(lb, "containerPort")
	for _, c := range containersOf(definition) {
		if c.Name != name {
			continue
		}
		if slices.ContainsFunc(c.PortMappings, func(p documents.PortMapping) bool { return p.ContainerPort == port }) {
			return nil
		}
		return invalidService("The container %s did not have a container port %d defined.", name, port)
	}
	return invalidService("The container %s does not exist in the task definition.", name)
}

// balanced reports whether a listener or a rule forwards to a target group.
func balanced(t *cloud.Tx, arn string) bool {
	for typ, actions := range map[string]string{"aws:lb/listener:Listener": "defaultActions[]", "aws:lb/listenerRule:ListenerRule": "actions[]"} {
		for l := range t.Each(typ) {
			if slices.Contains(l.Strs(actions+".targetGroupArn"), arn) || slices.Contains(l.Strs(actions+".forward.targetGroups[].arn"), arn) {
				return true
			}
		}
	}
	return false
}

// serviceHolds returns what a service's tasks stand in.
func serviceHolds(t *cloud.Tx, r *cloud.Resource) []*cloud.Resource {
	var out []*cloud.Resource
	if cluster, ok := clusterOf(t, r.Str("cluster")); ok {
		out = append(out, cluster)
	}
	if r.Int("desiredCount") == 0 {
		return out
	}
	for path, typ := range map[string]string{"networkConfiguration.subnets[]": "aws:ec2/subnet:Subnet", "networkConfiguration.securityGroups[]": "aws:ec2/securityGroup:SecurityGroup"} {
		for _, id := range r.Strs(path) {
			if found, ok := t.Find(typ, "", id); ok {
				out = append(out, found)
			}
		}
	}
	return out
}
