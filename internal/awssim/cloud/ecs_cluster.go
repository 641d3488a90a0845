package cloud

import (
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
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
	providersBusy    = Refusal{"UpdateInProgressException", "The specified cluster is in a busy state. Cluster attachments must be in UPDATE_COMPLETE or UPDATE_FAILED state before they can be updated. Wait and try again.", "facts 48"}
	clusterNotFound  = Refusal{"ClusterNotFoundException", "Cluster not found.", "facts 54"}
	providerNotFound = Refusal{invalidECSParameter, "The specified capacity provider {value} was not found. Specify a valid name or ARN and try again.", capacityProvidersPage}
)

var _ = register(
	&Kind{
		Type: typeCluster, Service: "ECS", Noun: "Cluster", UpdateCall: "UpdateCluster",
		Unmodelled: words("configuration.managedStorageConfiguration"),
		Kept:       words("configuration.executeCommandConfiguration.logConfiguration"),
		Name:       &AutoName{Property: "name", Max: 255},
		Keys:       []string{"name", "arn"},
		Unique:     []Unique{{Props: []string{"name"}, Refusal: Refusal{invalidECSParameter, "Arguments on this idempotent request are inconsistent with arguments used in previous request(s).", "ECS API, CreateCluster"}}},
		Check: func(c *Checker) {
			c.Match("name", documents.ClusterNames, "up to 255 letters, digits, hyphens and underscores")
			c.OneOf("settings[].name", "containerInsights")
			c.OneOf("configuration.executeCommandConfiguration.logging", "NONE", "DEFAULT", "OVERRIDE")
			if logging, _ := c.String("configuration.executeCommandConfiguration.logging"); logging == "OVERRIDE" && !Has(c.In, "configuration.executeCommandConfiguration.logConfiguration") {
				c.Fail("configuration.executeCommandConfiguration.logConfiguration", "must be given with logging OVERRIDE")
			}
			c.Match("serviceConnectDefaults.namespace", arnPattern, "an ARN")
		},
		Create: createCluster, Update: func(t *Tx, r *Resource, _ Map) error { return applyCluster(t, r) }, Delete: deleteCluster,
		Schema: schema.Of(ecs.Cluster{}, ecs.ClusterArgs{}),
		Timing: Timing{Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(5, 1, 20),
			Wait: wait(10, 10, 0), Source: "facts, section 1: ECS cluster, 4 logs; deletion is a guess"},
		Calls:    Calls{"ecs:CreateCluster ecs:TagResource", "ecs:DescribeClusters", "ecs:UpdateCluster ecs:TagResource ecs:UntagResource", "ecs:DeleteCluster"},
		TaggedAs: "ecs:cluster/",
		ImportID: func(r *Resource) string { return r.Str("name") },
	},
	&Kind{
		Type: typeCapacityProvider, Service: "ECS", Noun: "CapacityProvider", UpdateCall: "UpdateCapacityProvider",
		Name: &AutoName{Property: "name", Max: 255},
		Keys: []string{"name", "arn"},
		Unique: []Unique{
			{Props: []string{"name"}, Refusal: Refusal{"ClientException", "The specified capacity provider already exists. To change the configuration of an existing capacity provider, update the capacity provider.", "ECS API, CreateCapacityProvider"}},
			{Props: []string{"autoScalingGroupProvider.autoScalingGroupArn"}, Refusal: Refusal{"ClientException", "The specified Auto Scaling group ARN is already being used by another capacity provider. Specify a unique Auto Scaling group ARN and try again.", "facts 47"}},
		},
		Refs: []Ref{{Path: "autoScalingGroupProvider.autoScalingGroupArn", To: typeGroup, Key: "arn", Free: true, Missing: Refusal{
			"ClientException", "The specified Auto Scaling group ARN {value} does not exist. Specify a valid Auto Scaling group ARN and try again.", "ECS API, CreateCapacityProvider"}}},
		Check: checkProvider, Create: createProvider, Update: func(t *Tx, r *Resource, _ Map) error { return applyProvider(t, r) }, Delete: deleteProvider,
		Schema: schema.Of(ecs.CapacityProvider{}, ecs.CapacityProviderArgs{}),
		Timing: Timing{Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(30, 10, 1200),
			Limit: most(0, 0, 20), Source: "facts, section 1: capacity provider; deletion is a guess, polled for 20 minutes"},
		Propagation: secs(0.5, 0, 2),
		Calls: Calls{"ecs:CreateCapacityProvider ecs:TagResource autoscaling:CreateOrUpdateTags", "ecs:DescribeCapacityProviders",
			"ecs:UpdateCapacityProvider ecs:TagResource ecs:UntagResource", "ecs:DeleteCapacityProvider"},
		ImportID: func(r *Resource) string { return r.Str("name") },
	},
	&Kind{
		Type: typeClusterProviders, Service: "ECS", Noun: "ClusterCapacityProviders",
		CreateCall: "PutClusterCapacityProviders", UpdateCall: "PutClusterCapacityProviders", DeleteCall: "PutClusterCapacityProviders",
		Refs: []Ref{
			{Path: "clusterName", To: typeCluster, Key: "name", Missing: clusterNotFound, Free: true},
			{Path: "capacityProviders[]", To: typeCapacityProvider, Key: "name", Except: "FARGATE", Missing: providerNotFound},
		},
		Check: func(c *Checker) {
			c.Match("clusterName", documents.ClusterNames, "a cluster's name, not its ARN")
			c.Between("defaultCapacityProviderStrategies[].base", 0, 100000)
			c.Between("defaultCapacityProviderStrategies[].weight", 0, 1000)
		},
		Busy: Busy{Update: providersBusy, Delete: providersBusy},
		Create: func(t *Tx, r *Resource) error {
			r.ID = r.Str("clusterName")
			return applyProviders(t, r)
		},
		Update: updateProviders,
		Delete: func(t *Tx, r *Resource) error { return keepUsed(t, r, nil) },
		Schema: schema.Of(ecs.ClusterCapacityProviders{}, ecs.ClusterCapacityProvidersArgs{}),
		Timing: Timing{Create: secs(5, 0, 10), Update: secs(5, 0, 10), Delete: secs(5, 0, 10),
			Wait: wait(10, 10, 10), Source: "facts, section 1: cluster capacity providers, ecs/cluster_capacity_providers.go (guess)"},
		Calls: Calls{"ecs:PutClusterCapacityProviders", "ecs:DescribeClusters", "ecs:PutClusterCapacityProviders", "ecs:PutClusterCapacityProviders"},
	},
)

func createCluster(t *Tx, r *Resource) error {
	if !serviceLinked(t, ecsServiceLinkedRole) {
		return Refuse(invalidECSParameter, "facts 53", "Unable to assume the service linked role. Please verify that the ECS service linked role exists.")
	}
	r.ID = t.ARN("ecs", "cluster/"+r.Str("name"))
	r.State["arn"] = r.ID
	if !Has(r.State, "settings") {
		value := ecsSetting(t, "containerInsights")
		if value == "" {
			value = "disabled"
		}
		r.State["settings"] = []any{Map{"name": "containerInsights", "value": value}}
	}
	return applyCluster(t, r)
}

func applyCluster(t *Tx, r *Resource) error {
	tagsAll(r)
	if key := r.Str("configuration.executeCommandConfiguration.kmsKeyId"); key != "" {
		if _, problem := usableKey(t, key); problem != "" {
			return Refuse(invalidECSParameter, "ECS API, ExecuteCommandConfiguration", "The KMS key %s cannot be used: %s", key, problem)
		}
	}
	for _, v := range r.Strs("settings[].value") {
		if !documents.OneOf(v, "enabled disabled enhanced") {
			return Refuse(invalidECSParameter, "ECS API, ClusterSetting", "Invalid value %s for setting containerInsights", v)
		}
	}
	return nil
}

func deleteCluster(t *Tx, r *Resource) error {
	for _, s := range t.All(typeService) {
		if found, ok := clusterOf(t, s.Str("cluster")); ok && found == r {
			return Refuse("ClusterContainsServicesException", "facts 50", "The Cluster cannot be deleted while Services are active.")
		}
	}
	for _, g := range t.All(typeGroup) {
		if cluster, _ := joined(t, g); cluster == r && g.Int("desiredCapacity") > 0 || holds(t, g, r) {
			return Refuse("ClusterContainsContainerInstancesException", "facts 50", "The Cluster cannot be deleted while Container Instances are active or draining.")
		}
	}
	return nil
}

func holds(t *Tx, by, target *Resource) bool {
	for _, h := range t.Holders(target) {
		if h.By == by {
			return true
		}
	}
	return false
}

// clusterOf finds a cluster by name or ARN; nothing names the cluster called default.
func clusterOf(t *Tx, nameOrARN string) (*Resource, bool) {
	if nameOrARN == "" {
		nameOrARN = "default"
	}
	if strings.HasPrefix(nameOrARN, "arn:") {
		return t.Find(typeCluster, "", nameOrARN)
	}
	return t.Find(typeCluster, "name", nameOrARN)
}

var reservedProvider = regexp.MustCompile(`(?i)^(aws|ecs|fargate)`)

func checkProvider(c *Checker) {
	const group = "autoScalingGroupProvider."
	c.Match(group+"autoScalingGroupArn", arnPattern, "an ARN")
	c.OneOf(group+"managedDraining", "ENABLED", "DISABLED")
	c.OneOf(group+"managedTerminationProtection", "ENABLED", "DISABLED")
	c.OneOf(group+"managedScaling.status", "ENABLED", "DISABLED")
	c.Between(group+"managedScaling.targetCapacity", 1, 100)
	c.Between(group+"managedScaling.minimumScalingStepSize", 1, 10000)
	c.Between(group+"managedScaling.maximumScalingStepSize", 1, 10000)
	c.Between(group+"managedScaling.instanceWarmupPeriod", 0, 10000)
}

func createProvider(t *Tx, r *Resource) error {
	if name := r.Str("name"); !documents.ClusterNames.MatchString(name) || reservedProvider.MatchString(name) {
		return Refuse("ClientException", "ECS API, CreateCapacityProvider", "The specified capacity provider name is invalid. Up to 255 characters are allowed, "+
			`including letters (upper and lowercase), numbers, underscores, and hyphens. The name cannot be prefixed with "aws", "ecs", or "fargate". Specify a valid name and try again.`)
	}
	r.ID = t.ARN("ecs", "capacity-provider/"+r.Str("name"))
	r.State["arn"] = r.ID
	return applyProvider(t, r)
}

// applyProvider fills in what ECS assumes and checks that protection can work.
func applyProvider(t *Tx, r *Resource) error {
	tagsAll(r)
	provider := first[Map](r.State, "autoScalingGroupProvider")
	fill(provider, Map{"managedDraining": "ENABLED", "managedTerminationProtection": "DISABLED", "managedScaling": Map{"status": "DISABLED"}})
	scaling := first[Map](provider, "managedScaling")
	fill(scaling, Map{"status": "ENABLED"})
	if Str(scaling, "status") == "ENABLED" {
		fill(scaling, Map{"instanceWarmupPeriod": 300.0, "maximumScalingStepSize": 10000.0, "minimumScalingStepSize": 1.0, "targetCapacity": 100.0})
	}
	if low, high := Int(scaling, "minimumScalingStepSize"), Int(scaling, "maximumScalingStepSize"); low > high {
		return Refuse("ClientException", "ECS API, ManagedScaling", "The minimum scaling step size, %d, is greater than the maximum, %d.", low, high)
	}
	if Str(provider, "managedTerminationProtection") != "ENABLED" {
		return nil
	}
	const invalid = "The managed termination protection setting for the capacity provider is invalid. To enable managed termination protection for a capacity provider, "
	if group, ok := t.Find(typeGroup, "arn", Str(provider, "autoScalingGroupArn")); !ok || !group.Bool("protectFromScaleIn") {
		return Refuse("ClientException", "facts 46", invalid+"the Auto Scaling group must have instance protection from scale in enabled.")
	}
	if Str(scaling, "status") != "ENABLED" {
		return Refuse("ClientException", "facts 46", invalid+"managed scaling must be enabled.")
	}
	return nil
}

func fill(m, defaults Map) {
	for k, v := range defaults {
		if !Has(m, k) {
			m[k] = v
		}
	}
}

func deleteProvider(t *Tx, r *Resource) error {
	for _, h := range t.Holders(r) {
		if h.By.Type == typeClusterProviders { // ECS ends in DELETE_FAILED, and the provider waits until its time is up
			return Refuse("DELETE_FAILED", "facts 49", "timeout while waiting for resource to be gone (last state: 'ACTIVE', timeout: 20m0s): "+
				"the capacity provider cannot be deleted because it is associated with cluster %s", h.By.ID)
		}
	}
	return nil
}

func applyProviders(_ *Tx, r *Resource) error {
	if !Has(r.State, "capacityProviders") {
		r.State["capacityProviders"] = []any{}
	}
	attached := r.Strs("capacityProviders[]")
	for _, name := range attached {
		if strings.HasPrefix(name, "FARGATE") && !documents.OneOf(name, fargateProviders) {
			return Refuse(providerNotFound.Code, providerNotFound.Rule, "The specified capacity provider %s was not found. Specify a valid name or ARN and try again.", name)
		}
	}
	return checkStrategy(Maps(r.State, "defaultCapacityProviderStrategies[]"), attached)
}

// checkStrategy holds a strategy against the capacity providers of its cluster (ECS API, CapacityProviderStrategyItem).
func checkStrategy(items []Map, attached []string) error {
	weights, bases, fargate := 0, 0, 0
	for _, s := range items {
		name := Str(s, "capacityProvider")
		if !contains(attached, name) {
			return Refuse(invalidECSParameter, capacityProvidersPage, "The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. "+
				"Associate the capacity provider with the cluster or specify a valid capacity provider and try again.")
		}
		weights += Int(s, "weight")
		if Int(s, "base") > 0 {
			bases++
		}
		if documents.OneOf(name, fargateProviders) {
			fargate++
		}
	}
	switch {
	case len(items) > 0 && weights == 0:
		return Refuse(invalidECSParameter, capacityProvidersPage, "The specified capacity provider strategy is invalid. At least one capacity provider must have a weight value greater than zero specified.")
	case bases > 1:
		return Refuse(invalidECSParameter, capacityProvidersPage, "The specified capacity provider strategy contains more than one capacity provider with a base value defined. A capacity provider strategy can only have one capacity provider with a base value defined.")
	case fargate > 0 && fargate < len(items):
		return Refuse(invalidECSParameter, capacityProvidersPage, "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups and Fargate providers.")
	case len(items) > 20:
		return Refuse(invalidECSParameter, capacityProvidersPage, "A capacity provider strategy can contain a maximum of 20 capacity providers, got %d.", len(items))
	}
	return nil
}

func updateProviders(t *Tx, r *Resource, _ Map) error {
	if err := keepUsed(t, r, r.Strs("capacityProviders[]")); err != nil {
		return err
	}
	return applyProviders(t, r)
}

// keepUsed refuses to take a capacity provider away from a cluster in which a service uses it.
func keepUsed(t *Tx, r *Resource, kept []string) error {
	for _, s := range t.All(typeService) {
		cluster, ok := clusterOf(t, s.Str("cluster"))
		if !ok || cluster.Str("name") != r.Str("clusterName") {
			continue
		}
		for _, item := range serviceStrategy(s) {
			if !contains(kept, Str(item, "capacityProvider")) {
				return Refuse("ResourceInUseException", "facts 48", "The specified capacity provider is in use and cannot be removed.")
			}
		}
	}
	return nil
}

// attachedProviders returns the capacity providers of a cluster and its default strategy.
func attachedProviders(t *Tx, cluster *Resource) (names []string, strategy []Map) {
	if r, ok := t.Find(typeClusterProviders, "", cluster.Str("name")); ok {
		return r.Strs("capacityProviders[]"), Maps(r.State, "defaultCapacityProviderStrategies[]")
	}
	return nil, nil
}
