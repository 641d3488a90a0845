package provider

import (
	"reflect"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/resourcegroupstaggingapi"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/servicequotas"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
)

// Function is the schema of one provider function.
type Function struct{ Args, Result *Schema }

func functionOf(args, result any) Function {
	read := structs{}
	return Function{Args: read.plain(reflect.TypeOf(args)), Result: read.plain(reflect.TypeOf(result))}
}

// functions holds the SDK types of every provider function that the offline AWS knows.
var functions = map[string]Function{
	"aws:ec2/getEips:getEips":                                   functionOf(ec2.GetEipsArgs{}, ec2.GetEipsResult{}),
	"aws:ec2/getInstances:getInstances":                         functionOf(ec2.GetInstancesArgs{}, ec2.GetInstancesResult{}),
	"aws:ec2/getVpcs:getVpcs":                                   functionOf(ec2.GetVpcsArgs{}, ec2.GetVpcsResult{}),
	"aws:servicequotas/getServiceQuota:getServiceQuota":         functionOf(servicequotas.LookupServiceQuotaArgs{}, servicequotas.LookupServiceQuotaResult{}),
	"aws:budgets/getBudget:getBudget":                           functionOf(budgets.LookupBudgetArgs{}, budgets.LookupBudgetResult{}),
	"aws:ecr/getRepositories:getRepositories":                   functionOf(struct{}{}, ecr.GetRepositoriesResult{}),
	"aws:guardduty/getDetector:getDetector":                     functionOf(guardduty.LookupDetectorArgs{}, guardduty.LookupDetectorResult{}),
	"aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": functionOf(iam.LookupOpenIdConnectProviderArgs{}, iam.LookupOpenIdConnectProviderResult{}),
	"aws:iam/getRoles:getRoles":                                 functionOf(iam.GetRolesArgs{}, iam.GetRolesResult{}),
	"aws:ssm/getDocument:getDocument":                           functionOf(ssm.LookupDocumentArgs{}, ssm.LookupDocumentResult{}),
	"aws:index/getAvailabilityZones:getAvailabilityZones":       functionOf(aws.GetAvailabilityZonesArgs{}, aws.GetAvailabilityZonesResult{}),
	"aws:index/getCallerIdentity:getCallerIdentity":             functionOf(aws.GetCallerIdentityArgs{}, aws.GetCallerIdentityResult{}),
	"aws:index/getPartition:getPartition":                       functionOf(aws.GetPartitionArgs{}, aws.GetPartitionResult{}),
	"aws:index/getRegion:getRegion":                             functionOf(aws.GetRegionArgs{}, aws.GetRegionResult{}),
	"aws:resourcegroupstaggingapi/getResources:getResources":    functionOf(resourcegroupstaggingapi.GetResourcesArgs{}, resourcegroupstaggingapi.GetResourcesResult{}),
	"aws:route53/getZone:getZone":                               functionOf(route53.LookupZoneArgs{}, route53.LookupZoneResult{}),
	"aws:kms/getKey:getKey":                                     functionOf(kms.LookupKeyArgs{}, kms.LookupKeyResult{}),
	"aws:secretsmanager/getSecret:getSecret":                    functionOf(secretsmanager.LookupSecretArgs{}, secretsmanager.LookupSecretResult{}),
	"aws:secretsmanager/getRandomPassword:getRandomPassword":    functionOf(secretsmanager.GetRandomPasswordArgs{}, secretsmanager.GetRandomPasswordResult{}),
	"aws:secretsmanager/getSecretVersion:getSecretVersion":      functionOf(secretsmanager.LookupSecretVersionArgs{}, secretsmanager.LookupSecretVersionResult{}),
}
