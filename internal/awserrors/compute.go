package awserrors

const (
	anotherAMI = "Read today's id in this region with aws ssm get-parameter --name /aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id " +
		"(x86_64: without arm64/), write it into the stack file with hub pin {stack} --ami ID, then run: hub up {stack}"
	fewVCPUs  = "The hosts need more vCPUs than the account's quota allows."
	moreVCPUs = "Raise the quota 'Running On-Demand Standard instances' (L-1216C47A), or lower service.peakConnections or cluster.instanceType, then run: hub up {stack}"
)

// compute are the errors of hosts, of their groups and of ECS.
var compute = []Entry{
	{Code: "InvalidAMIID.NotFound", Cause: "The machine image does not exist in this region, or is not shared with this account.",
		Fix: anotherAMI, Source: "EC2 API Reference, Error codes"},
	{Code: "InvalidAMIID.Malformed", Cause: "cluster.ami is not an image id.",
		Fix: anotherAMI, Source: "EC2 API Reference, Error codes"},
	{Code: "VcpuLimitExceeded", Cause: fewVCPUs, Fix: moreVCPUs, Source: "EC2 User Guide, On-Demand Instance quotas"},
	{Code: "InsufficientInstanceCapacity", Cause: "AWS has no free machine of this type in a zone at this moment.",
		Fix: "Name more types in cluster.otherInstanceTypes, or run hub up {stack} again later.", Source: "EC2 User Guide, Troubleshoot instance launch issues"},
	{Code: "Unsupported", Cause: "The zone does not offer this instance type.",
		Fix: "Choose another cluster.instanceType or other network.zones (aws ec2 describe-instance-type-offerings --location-type availability-zone-id).", Source: "EC2 User Guide, Troubleshoot instance launch issues"},
	{Code: "InvalidParameterCombination", Service: "EC2", Cause: "Instance type and machine image do not fit each other: one is arm64, the other x86_64.",
		Fix: "Set cluster.instanceType and cluster.ami for one architecture, then run: hub up {stack}", Source: "EC2 User Guide, Compatibility for changing the instance type"},
	{Code: "InvalidLaunchTemplateName.AlreadyExistsException", Cause: "The region has a launch template of this name already.", Fix: taken, Source: "EC2 API Reference, CreateLaunchTemplate"},
	{Code: "InvalidLaunchTemplateId.NotFound", Cause: "The launch template is gone: it was deleted by hand.", Fix: vanished, Source: "EC2 API Reference, Error codes"},

	{Code: "ValidationError", Service: "Auto Scaling", Says: "instance profile", Cause: "The hosts' instance profile was made moments ago and Auto Scaling does not see it yet, or it was deleted by hand.",
		Fix: "Run hub up {stack} again; if it stays, run hub refresh {stack} first.", Source: "hashicorp/terraform-provider-aws, internal/service/autoscaling/group.go"},
	{Code: "ValidationError", Service: "Auto Scaling", Says: "vCPU capacity", Cause: fewVCPUs, Fix: moreVCPUs, Source: "EC2 User Guide, On-Demand Instance quotas"},
	{Code: "ValidationError", Service: "Auto Scaling", Says: "launch template", Cause: "The group's launch template is not usable: an image, key or profile that it names does not exist.",
		Fix: "Correct what the message names (cluster.ami: hub pin {stack} --ami ID), then run: hub up {stack}", Source: "Auto Scaling User Guide, Troubleshoot launch templates"},
	{Code: "ResourceInUse", Service: "Auto Scaling", Cause: "The group still has instances or a scaling activity under way.",
		Fix: "Wait some minutes and run it again.", Source: "Auto Scaling API Reference, DeleteAutoScalingGroup"},
	{Code: "ScalingActivityInProgress", Cause: "The group is launching or ending instances.", Fix: "Wait some minutes and run it again.", Source: "Auto Scaling API Reference, DeleteAutoScalingGroup"},
	{Code: "AlreadyExists", Service: "Auto Scaling", Cause: "The region has an auto scaling group of this name already.", Fix: taken, Source: "Auto Scaling API Reference, CreateAutoScalingGroup"},

	{Code: "InvalidParameterException", Service: "ECS", Says: "service linked role", Cause: "ECS has no service-linked role in this account, or it was made moments ago.",
		Fix: "Run hub bootstrap, which makes it, then run: hub up {stack}", Source: "ECS Developer Guide, Using service-linked roles"},
	{Code: "InvalidParameterException", Service: "ECS", Says: "does not have an associated load balancer", Cause: "The service's target group is not behind a listener: the listener or its rule was deleted by hand.",
		Fix: "hub refresh {stack}, then hub up {stack}.", Source: "ECS API Reference, CreateService"},
	{Code: "InvalidParameterException", Service: "ECS", Says: "not idempotent", Cause: "The cluster has a service of this name already.", Fix: taken, Source: "ECS API Reference, CreateService"},
	{Code: "ClientException", Service: "ECS", Says: "role", Cause: "ECS cannot use a role that the task definition names: it does not exist, or was made moments ago.",
		Fix: "Run hub up {stack} again; if it stays, hub refresh {stack} shows whether the role was deleted by hand.", Source: "ECS Developer Guide, Troubleshooting task definitions"},
	{Code: "ClientException", Service: "ECS", Cause: "ECS does not take the task definition as it is written.",
		Fix: "Correct what the message names under service or services in the stack file of {stack}.", Source: "ECS Developer Guide, Troubleshooting task definitions"},
	{Code: "ClusterContainsServicesException", Cause: "The cluster has services that this stack did not make.",
		Fix: "Delete them (aws ecs delete-service --force), then run the command again.", Source: "ECS API Reference, DeleteCluster"},
	{Code: "ClusterContainsTasksException", Cause: "Tasks still run in the cluster: some are stopping, or were started by hand.",
		Fix: "Wait some minutes or stop them (aws ecs stop-task), then run the command again.", Source: "ECS API Reference, DeleteCluster"},
	{Code: "ClusterContainsContainerInstancesException", Cause: "Hosts are still registered in the cluster.",
		Fix: "Wait until the auto scaling group has ended them and run it again.", Source: "ECS API Reference, DeleteCluster"},
	{Code: "ResourceInUseException", Service: "ECS", Cause: "The capacity provider is still used by a cluster or a service.",
		Fix: "Wait some minutes and run it again.", Source: "ECS API Reference, DeleteCapacityProvider"},
	{Code: "UpdateInProgressException", Cause: "ECS is still changing the capacity providers of the cluster.",
		Fix: "Wait a minute and run it again.", Source: "ECS API Reference, PutClusterCapacityProviders"},
	{Code: "ServiceNotActiveException", Cause: "A service of this name is still draining after its deletion.",
		Fix: "Wait until it is INACTIVE (aws ecs describe-services) and run: hub up {stack}", Source: "ECS API Reference, UpdateService"},
	{Code: "ObjectNotFoundException", Service: "Application Auto Scaling", Cause: "The scalable target is gone, and its policies with it.",
		Fix: vanished, Source: "Application Auto Scaling API Reference"},
	{Code: "RepositoryAlreadyExistsException", Cause: "The registry has a repository of this name already.", Fix: taken, Source: "ECR API Reference, CreateRepository"},
	{Code: "RepositoryNotEmptyException", Cause: "The repository still holds images.",
		Fix: "Delete the images if nobody runs them (aws ecr batch-delete-image), then run the command again.", Source: "ECR API Reference, DeleteRepository"},
}
