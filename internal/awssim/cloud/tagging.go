package cloud

import (
	"slices"
	"strings"
)

// taggable are the types that the Resource Groups Tagging API lists, with the service and resource type in their ARNs
// (Resource Groups Tagging API Reference, "Services that support the Resource Groups Tagging API"; ARN formats from the
// Service Authorization Reference). The value stands in for an ARN where the provider's resource shows none. IAM's roles
// are not among them.
var taggable = map[string]string{
	"aws:acm/certificate:Certificate":                           "acm:certificate/",
	"aws:backup/plan:Plan":                                      "backup:backup-plan:",
	"aws:backup/vault:Vault":                                    "backup:backup-vault:",
	"aws:cloudtrail/trail:Trail":                                "cloudtrail:trail/",
	"aws:ecr/repository:Repository":                             "ecr:repository/",
	"aws:guardduty/detector:Detector":                           "guardduty:detector/",
	"aws:kms/replicaKey:ReplicaKey":                             "kms:key/",
	"aws:cloudwatch/eventRule:EventRule":                        "events:rule/",
	"aws:cloudwatch/logGroup:LogGroup":                          "logs:log-group:",
	"aws:cloudwatch/metricAlarm:MetricAlarm":                    "cloudwatch:alarm:",
	"aws:ec2/eip:Eip":                                           "ec2:elastic-ip/",
	"aws:ec2/flowLog:FlowLog":                                   "ec2:vpc-flow-log/",
	"aws:ec2/internetGateway:InternetGateway":                   "ec2:internet-gateway/",
	"aws:ec2/launchTemplate:LaunchTemplate":                     "ec2:launch-template/",
	"aws:ec2/natGateway:NatGateway":                             "ec2:natgateway/",
	"aws:ec2/networkAcl:NetworkAcl":                             "ec2:network-acl/",
	"aws:ec2/defaultNetworkAcl:DefaultNetworkAcl":               "ec2:network-acl/",
	"aws:ec2/routeTable:RouteTable":                             "ec2:route-table/",
	"aws:ec2/defaultRouteTable:DefaultRouteTable":               "ec2:route-table/",
	"aws:ec2/securityGroup:SecurityGroup":                       "ec2:security-group/",
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":         "ec2:security-group/",
	"aws:ec2/subnet:Subnet":                                     "ec2:subnet/",
	"aws:ec2/vpc:Vpc":                                           "ec2:vpc/",
	"aws:ec2/vpcEndpoint:VpcEndpoint":                           "ec2:vpc-endpoint/",
	"aws:accessanalyzer/analyzer:Analyzer":                      "access-analyzer:analyzer/",
	"aws:ecs/cluster:Cluster":                                   "ecs:cluster/",
	"aws:ecs/service:Service":                                   "ecs:service/",
	"aws:ecs/taskDefinition:TaskDefinition":                     "ecs:task-definition/",
	"aws:elasticache/replicationGroup:ReplicationGroup":         "elasticache:replicationgroup:",
	"aws:iam/instanceProfile:InstanceProfile":                   "iam:instance-profile/",
	"aws:kms/key:Key":                                           "kms:key/",
	"aws:lb/listener:Listener":                                  "elasticloadbalancing:listener/",
	"aws:lb/listenerRule:ListenerRule":                          "elasticloadbalancing:listener-rule/",
	"aws:lb/loadBalancer:LoadBalancer":                          "elasticloadbalancing:loadbalancer/",
	"aws:lb/targetGroup:TargetGroup":                            "elasticloadbalancing:targetgroup/",
	"aws:rds/cluster:Cluster":                                   "rds:cluster:",
	"aws:rds/clusterInstance:ClusterInstance":                   "rds:db:",
	"aws:rds/clusterParameterGroup:ClusterParameterGroup":       "rds:cluster-pg:",
	"aws:rds/parameterGroup:ParameterGroup":                     "rds:pg:",
	"aws:rds/subnetGroup:SubnetGroup":                           "rds:subgrp:",
	"aws:route53/healthCheck:HealthCheck":                       "route53:healthcheck/",
	"aws:route53/zone:Zone":                                     "route53:hostedzone/",
	"aws:s3/bucketV2:BucketV2":                                  "s3:",
	"aws:secretsmanager/secret:Secret":                          "secretsmanager:secret:",
	"aws:sns/topic:Topic":                                       "sns:",
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   "ec2:security-group-rule/",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": "ec2:security-group-rule/",
	"aws:wafv2/webAcl:WebAcl":                                   "wafv2:regional/webacl/",
}

// tagRegion is where the tags of services without regions are listed (Resource Groups Tagging API, GetResources).
const tagRegion = "us-east-1"

// taggedResources is GetResources: what has, for each filter, the key with one of the values.
func taggedResources(t *Tx, args Map) (Map, error) {
	refuse := func(message string) error {
		return &Error{Service: "Resource Groups Tagging API", Operation: "GetResources", Code: "InvalidParameterException",
			Message: message, Rule: "Resource Groups Tagging API, GetResources"}
	}
	filters, arns := Maps(args, "tagFilters[]"), Strs(args, "resourceArnLists[]")
	switch {
	case len(filters) > 50:
		return nil, refuse("TagFilters cannot have more than 50 filters")
	case len(arns) > 100:
		return nil, refuse("ResourceARNList cannot have more than 100 ARNs")
	case len(arns) > 0 && len(filters) > 0:
		return nil, refuse("ResourceARNList cannot be combined with TagFilters")
	}
	var found []*Resource
	for _, r := range t.c.resources {
		if taggable[r.Type] != "" && (r.Region == t.Region || r.Region == "" && t.Region == tagRegion) && r.Owner == "" {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b *Resource) int { return a.Serial - b.Serial })
	mappings := []any{}
	for _, r := range found {
		tags, arn := tagsOf(r), tagARN(t, r)
		if len(tags) == 0 || len(arns) > 0 && !contains(arns, arn) || !typeAsked(Strs(args, "resourceTypeFilters[]"), taggable[r.Type]) {
			continue
		}
		if !slices.ContainsFunc(filters, func(f Map) bool { return !hasTag(tags, Str(f, "key"), Strs(f, "values[]")) }) {
			mappings = append(mappings, Map{"complianceDetails": []any{}, "resourceArn": arn, "tags": tags})
		}
	}
	result := Clone(args)
	if result == nil {
		result = Map{}
	}
	result["id"], result["resourceTagMappingLists"] = t.Region, mappings
	return result, nil
}

func tagsOf(r *Resource) Map {
	if all, ok := r.State["tagsAll"].(Map); ok {
		return Clone(all)
	}
	tags, _ := r.State["tags"].(Map)
	return Clone(tags)
}

func tagARN(t *Tx, r *Resource) string {
	if arn := r.Str("arn"); arn != "" {
		return arn
	}
	if strings.HasPrefix(r.ID, "arn:") {
		return r.ID
	}
	service, kind, _ := strings.Cut(taggable[r.Type], ":")
	return t.ARN(service, kind+r.ID)
}

func hasTag(tags Map, key string, values []string) bool {
	got, ok := tags[key].(string)
	return ok && (len(values) == 0 || contains(values, got))
}

// typeAsked reports whether the filters, such as "ec2" or "ec2:subnet", take in a type's service and resource type.
func typeAsked(filters []string, serviceType string) bool {
	full := strings.TrimRight(serviceType, "/:")
	service, _, _ := strings.Cut(full, ":")
	return len(filters) == 0 || contains(filters, full) || contains(filters, service)
}
