package services

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const (
	typeCluster           = "aws:ecs/cluster:Cluster"
	typeCapacityProvider  = "aws:ecs/capacityProvider:CapacityProvider"
	typeClusterProviders  = "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders"
	fargateProviders      = "FARGATE FARGATE_SPOT"
	invalidECSParameter   = "InvalidParameterException"
	ecsServiceLinkedRole  = "ecs.amazonaws.com"
	capacityProvidersPage = "ECS API, PutClusterCapacityProviders"
)

var (
	providersBusy    = cloud.Refusal{Code: "UpdateInProgressException", Message: "The specified cluster is in a busy state. Cluster attachments must be in UPDATE_COMPLETE or UPDATE_FAILED state before they can be updated. Wait and try again.", Rule: "facts 48", Retry: 10 * time.Minute}
	clusterNotFound  = cloud.Refusal{Code: "ClusterNotFoundException", Message: "Cluster not found.", Rule: "facts 54", Retry: 4 * time.Minute}
	providerNotFound = cloud.Refusal{Code: invalidECSParameter, Message: "The specified capacity provider {value} was not found. Specify a valid name or ARN and try again.", Rule: capacityProvidersPage}
)

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeCluster, Service: "ECS", Noun: "Cluster", UpdateCall: "UpdateCluster",
		Unmodelled: strings.Fields("configuration.managedStorageConfiguration"),
		Name:       &cloud.AutoName{Property: "name", Max: 255},
		Keys:       []string{"name", "arn"},
		Unique:     []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{Code: invalidECSParameter, Message: "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).", Rule: "ECS API, CreateCluster"}}},
		Check: func(c *cloud.Checker) {
			c.Match("name", documents.ClusterNames, "up to 255 letters, digits, hyphens and underscores")
			if logging, _ := c.String("configuration.executeCommandConfiguration.logging"); logging == "OVERRIDE" && !cloud.Has(c.In, "configuration.executeCommandConfiguration.logConfiguration") {
				c.Fail("configuration.executeCommandConfiguration.logConfiguration", "must be given with logging OVERRIDE")
			}
		},
		Create: createCluster, Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyCluster(t, r) }, Delete: deleteCluster,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(5, 1, 20),
			Wait: cloud.WaitSeconds(10, 10, 0), Source: "facts, section 1: ECS cluster, 4 logs; deletion is a guess"},
		Calls:    cloud.Calls{Create: "ecs:CreateCluster ecs:TagResource", Read: "ecs:DescribeClusters", Update: "ecs:UpdateCluster ecs:TagResource ecs:UntagResource", Remove: "ecs:DeleteCluster"},
		TaggedAs: "ecs:cluster/",
		ImportID: func(r *cloud.Resource) string { return r.Str("name") },
	},
	&cloud.Kind{
		Type: typeCapacityProvider, Service: "ECS", Noun: "CapacityProvider", UpdateCall: "UpdateCapacityProvider",
		Name: &cloud.AutoName{Property: "name", Max: 255},
		Keys: []string{"name", "arn"},
		Unique: []cloud.Unique{
			{Props: []string{"name"}, Refusal: cloud.Refusal{Code: "ClientException", Message: "The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider.", Rule: "ECS API, CreateCapacityProvider"}},
			{Props: []string{"autoScalingGroupProvider.autoScalingGroupArn"}, Refusal: cloud.Refusal{Code: "ClientException", Message: "The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique Auto Scaling group ARN and try again.", Rule: "facts 47"}},
		},
		Refs: []cloud.Ref{{Path: "autoScalingGroupProvider.autoScalingGroupArn", To: typeGroup, Key: "arn", Free: true, Missing: cloud.Refusal{
			Code: "ClientException", Message: "The specified Auto Scaling group ARN {value} does not exist. Specify a valid Auto Scaling group ARN and try again.", Rule: "ECS API, CreateCapacityProvider"}}},
		Create: createProvider, Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyProvider(t, r) }, Delete: deleteProvider,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(30, 10, 1200),
			Limit: cloud.LimitMinutes(0, 0, 20), Source: "facts, section 1: capacity provider; deletion is a guess, polled for 20 minutes"},
		Propagation: cloud.Secs(0.5, 0, 2),
		Calls: cloud.Calls{Create: "ecs:CreateCapacityProvider ecs:TagResource autoscaling:CreateOrUpdateTags", Read: "ecs:DescribeCapacityProviders",
			Update: "ecs:UpdateCapacityProvider ecs:TagResource ecs:UntagResource", Remove: "ecs:DeleteCapacityProvider"},
		ImportID: func(r *cloud.Resource) string { return r.Str("name") },
	},
	&cloud.Kind{
		Type: typeClusterProviders, Service: "ECS", Noun: "ClusterCapacityProviders",
		CreateCall: "PutClusterCapacityProviders", UpdateCall: "PutClusterCapacityProviders", DeleteCall: "PutClusterCapacityProviders",
		Refs: []cloud.Ref{
			{Path: "clusterName", To: typeCluster, Key: "name", Missing: clusterNotFound, Free: true},
			{Path: "capacityProviders[]", To: typeCapacityProvider, Key: "name", Except: "FARGATE", Missing: providerNotFound},
		},
		Check: func(c *cloud.Checker) {
			c.Match("clusterName", documents.ClusterNames, "a cluster's name, not its ARN")
		},
		Busy: cloud.Busy{Update: providersBusy, Delete: providersBusy},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("clusterName")
			return applyProviders(t, r)
		},
		Update: updateProviders,
		Delete: func(t *cloud.Tx, r *cloud.Resource) error { return keepUsed(t, r, nil) },
		Timing: cloud.Timing{Create: cloud.Secs(5, 0, 10), Update: cloud.Secs(5, 0, 10), Delete: cloud.Secs(5, 0, 10),
			Wait: cloud.WaitSeconds(10, 10, 10), Source: "facts, section 1: cluster capacity providers, ecs/cluster_capacity_providers.go (guess)"},
		Calls: cloud.Calls{Create: "ecs:PutClusterCapacityProviders", Read: "ecs:DescribeClusters", Update: "ecs:PutClusterCapacityProviders", Remove: "ecs:PutClusterCapacityProviders"},
	},
)

func createCluster(t *cloud.Tx, r *cloud.Resource) error {
	if !serviceLinked(t, ecsServiceLinkedRole) {
		return cloud.Refuse(invalidECSParameter, "facts 53", "Unable to assume the service linked role. Please verify that the ECS service linked role exists.").For(iamPropagation)
	}
	r.ID = t.ARN("ecs", "cluster/"+r.Str("name"))
	r.State["arn"] = r.ID
	if !cloud.Has(r.State, "settings") {
		value := ecsSetting(t, "containerInsights")
		if value == "" {
			value = "disabled"
		}
		r.State["settings"] = []any{cloud.Map{"name": "containerInsights", "value": value}}
	}
	return applyCluster(t, r)
}

func applyCluster(t *cloud.Tx, r *cloud.Resource) error {
	if key := r.Str("configuration.executeCommandConfiguration.kmsKeyId"); key != "" {
		if _, problem := usableKey(t, key); problem != "" {
			return cloud.Refuse(invalidECSParameter, "ECS API, ExecuteCommandConfiguration", "The KMS key %s cannot be used: %s", key, problem)
		}
	}
	for _, v := range r.Strs("settings[].value") {
		if !documents.OneOf(v, "enabled disabled enhanced") {
			return cloud.Refuse(invalidECSParameter, "ECS API, ClusterSetting", "Invalid value %s for setting containerInsights", v)
		}
	}
	return nil
}

func deleteCluster(t *cloud.Tx, r *cloud.Resource) error {
	for _, s := range t.All(typeService) {
		if found, ok := clusterOf(t, s.Str("cluster")); ok && found == r {
			return cloud.Refuse("ClusterContainsServicesException", "facts 50", "The Cluster cannot be deleted while Services are active.").For(10 * time.Minute)
		}
	}
	for _, g := range t.All(typeGroup) {
		if cluster, _ := joined(t, g); cluster == r && g.Int("desiredCapacity") > 0 || holds(t, g, r) {
			return cloud.Refuse("ClusterContainsContainerInstancesException", "facts 50", "The Cluster cannot be deleted while Container Instances are active or draining.").For(10 * time.Minute)
		}
	}
	return nil
}

func holds(t *cloud.Tx, by, target *cloud.Resource) bool {
	for _, h := range t.Holders(target) {
		if h.By == by {
			return true
		}
	}
	return false
}

// clusterOf finds a cluster by name or ARN; nothing names the cluster called default.
func clusterOf(t *cloud.Tx, nameOrARN string) (*cloud.Resource, bool) {
	if nameOrARN == "" {
		nameOrARN = "default"
	}
	if strings.HasPrefix(nameOrARN, "arn:") {
		return t.Find(typeCluster, "", nameOrARN)
	}
	return t.Find(typeCluster, "name", nameOrARN)
}

var reservedProvider = regexp.MustCompile(`(?i)^(aws|ecs|fargate)`)

func createProvider(t *cloud.Tx, r *cloud.Resource) error {
	if name := r.Str("name"); !documents.ClusterNames.MatchString(name) || reservedProvider.MatchString(name) {
		return cloud.Refuse("ClientException", "ECS API, CreateCapacityProvider", "The specified capacity provider name is invalid. Up to 255 characters are allowed, "+
			`including letters (upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try again.`)
	}
	r.ID = t.ARN("ecs", "capacity-provider/"+r.Str("name"))
	r.State["arn"] = r.ID
	return applyProvider(t, r)
}

// applyProvider fills in what ECS assumes and checks that protection can work.
func applyProvider(t *cloud.Tx, r *cloud.Resource) error {
	provider := cloud.First[cloud.Map](r.State, "autoScalingGroupProvider")
	fill(provider, cloud.Map{"managedDraining": "ENABLED", "managedTerminationProtection": "DISABLED", "managedScaling": cloud.Map{"status": "DISABLED"}})
	scaling := cloud.First[cloud.Map](provider, "managedScaling")
	fill(scaling, cloud.Map{"status": "ENABLED"})
	if cloud.Str(scaling, "status") == "ENABLED" {
		fill(scaling, cloud.Map{"instanceWarmupPeriod": 300.0, "maximumScalingStepSize": 10000.0, "minimumScalingStepSize": 1.0, "targetCapacity": 100.0})
	}
	if low, high := cloud.Int(scaling, "minimumScalingStepSize"), cloud.Int(scaling, "maximumScalingStepSize"); low > high {
		return cloud.Refuse("ClientException", "ECS API, ManagedScaling", "The minimum scaling step size, %d, is greater than the maximum, %d.", low, high)
	}
	if cloud.Str(provider, "managedTerminationProtection") != "ENABLED" {
		return nil
	}
	const invalid = "The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, "
	if group, ok := t.Find(typeGroup, "arn", cloud.Str(provider, "autoScalingGroupArn")); !ok || !group.Bool("protectFromScaleIn") {
		return cloud.Refuse("ClientException", "facts 46", invalid+"the Auto Scaling group must have instance protection from scale in enabled.")
	}
	if cloud.Str(scaling, "status") != "ENABLED" {
		return cloud.Refuse("ClientException", "facts 46", invalid+"managed scaling must be enabled.")
	}
	return nil
}

func fill(m, defaults cloud.Map) {
	for k, v := range defaults {
		if !cloud.Has(m, k) {
			m[k] = v
		}
	}
}

func deleteProvider(t *cloud.Tx, r *cloud.Resource) error {
	for _, h := range t.Holders(r) {
		if h.By.Type == typeClusterProviders { // ECS ends in DELETE_FAILED, and the provider waits until its time is up
			return cloud.Refuse("DELETE_FAILED", "facts 49", "timeout while waiting for resource to be gone (last state: 'ACTIVE', timeout: 20m0s): "+
				"the capacity provider cannot be deleted because it is associated with cluster %s", h.By.ID).For(20 * time.Minute)
		}
	}
	return nil
}

func applyProviders(_ *cloud.Tx, r *cloud.Resource) error {
	if !cloud.Has(r.State, "capacityProviders") {
		r.State["capacityProviders"] = []any{}
	}
	attached := r.Strs("capacityProviders[]")
	for _, name := range attached {
		if strings.HasPrefix(name, "FARGATE") && !documents.OneOf(name, fargateProviders) {
			return cloud.Refuse(providerNotFound.Code, providerNotFound.Rule, "The specified capacity provider %s was not found. Specify a valid name or ARN and try again.", name)
		}
	}
	return checkStrategy(cloud.Maps(r.State, "defaultCapacityProviderStrategies[]"), attached)
}

// checkStrategy holds a strategy against the capacity providers of its cluster (ECS API, CapacityProviderStrategyItem).
func checkStrategy(items []cloud.Map, attached []string) error {
	weights, bases, fargate := 0, 0, 0
	for _, s := range items {
		name := cloud.Str(s, "capacityProvider")
		if !slices.Contains(attached, name) {
			return cloud.Refuse(invalidECSParameter, capacityProvidersPage, "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. "+
				"Associate the capacity provider with the cluster or specify a valid capacity provider and try again.")
		}
		weights += cloud.Int(s, "weight")
		if cloud.Int(s, "base") > 0 {
			bases++
		}
		if documents.OneOf(name, fargateProviders) {
			fargate++
		}
	}
	switch {
	case len(items) > 0 && weights == 0:
		return cloud.Refuse(invalidECSParameter, capacityProvidersPage, "The specified capacity provider strategy is invalid. At least one capacity provider must have a weight value greater than zero specified.")
	case bases > 1:
		return cloud.Refuse(invalidECSParameter, capacityProvidersPage, "The specified capacity provider strategy contains more than one capacity provider with a base value defined. A capacity provider strategy can only have one capacity provider with a base value defined.")
	case fargate > 0 && fargate < len(items):
		return cloud.Refuse(invalidECSParameter, capacityProvidersPage, "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers.")
	case len(items) > 20:
		return cloud.Refuse(invalidECSParameter, capacityProvidersPage, "A capacity provider strategy can contain a maximum of 20 capacity providers, got %d.", len(items))
	}
	return nil
}

func updateProviders(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error {
	if err := keepUsed(t, r, r.Strs("capacityProviders[]")); err != nil {
		return err
	}
	return applyProviders(t, r)
}

// keepUsed refuses to take a capacity provider away from a cluster in which a service uses it.
func keepUsed(t *cloud.Tx, r *cloud.Resource, kept []string) error {
	for _, s := range t.All(typeService) {
		cluster, ok := clusterOf(t, s.Str("cluster"))
		if !ok || cluster.Str("name") != r.Str("clusterName") {
			continue
		}
		for _, item := range serviceStrategy(s) {
			if !slices.Contains(kept, cloud.Str(item, "capacityProvider")) {
				return cloud.Refuse("ResourceInUseException", "facts 48", "The specified capacity provider is in use and cannot be removed.").For(10 * time.Minute)
			}
		}
	}
	return nil
}

// attachedProviders returns the capacity providers of a cluster and its default strategy.
func attachedProviders(t *cloud.Tx, cluster *cloud.Resource) (names []string, strategy []cloud.Map) {
	if r, ok := t.Find(typeClusterProviders, "", cluster.Str("name")); ok {
		return r.Strs("capacityProviders[]"), cloud.Maps(r.State, "defaultCapacityProviderStrategies[]")
	}
	return nil, nil
}
