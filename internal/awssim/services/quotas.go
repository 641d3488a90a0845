package services

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/servicequotas"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

var (
	_ = cloud.RegisterFunction("aws:servicequotas/getServiceQuota:getServiceQuota", serviceQuota, schema.OfFunction(servicequotas.LookupServiceQuotaArgs{}, servicequotas.LookupServiceQuotaResult{}), "servicequotas:GetServiceQuota servicequotas:GetAWSDefaultServiceQuota")
	_ = cloud.RegisterFunction("aws:ec2/getVpcs:getVpcs", vpcs, schema.OfFunction(ec2.GetVpcsArgs{}, ec2.GetVpcsResult{}), "ec2:DescribeVpcs")
	_ = cloud.RegisterFunction("aws:ec2/getEips:getEips", addresses, schema.OfFunction(ec2.GetEipsArgs{}, ec2.GetEipsResult{}), "ec2:DescribeAddresses")
	_ = cloud.RegisterFunction("aws:ec2/getInstances:getInstances", instances, schema.OfFunction(ec2.GetInstancesArgs{}, ec2.GetInstancesResult{}), "ec2:DescribeInstances")
)

// servedQuotas are the quotas that can be asked for, by service and code: their names and what they are here.
var servedQuotas = map[string]struct {
	name string
	of   func(t *cloud.Tx) int
}{
	"vpc L-F678F1CE": {"VPCs per Region", func(*cloud.Tx) int { return cloud.KindOf("aws:ec2/vpc:Vpc").Quota.Max }},
	"ec2 L-0263D0A3": {"EC2-VPC Elastic IPs", func(*cloud.Tx) int { return cloud.KindOf(typeEIP).Quota.Max }},
	"ec2 L-1216C47A": {"Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", vcpuQuota},
	"ec2 L-34B43A08": {"All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", vcpuQuota},
}

// vcpuQuota is how many vCPUs may run in the region.
func vcpuQuota(t *cloud.Tx) int {
	if n := t.Declared().Regions[t.Region].VCPUs; n > 0 {
		return n
	}
	return 1 << 20
}

// serviceQuota answers for one quota by its code (provider, servicequotas/service_quota_data_source.go).
func serviceQuota(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	service, code := cloud.Str(args, "serviceCode"), cloud.Str(args, "quotaCode")
	q, known := servedQuotas[service+" "+code]
	if !known {
		return nil, &cloud.Error{Service: "Service Quotas", Operation: "GetServiceQuota", Code: "NoSuchResourceException",
			Message: "The request failed because the specified quota does not exist.", Rule: "Service Quotas API, GetServiceQuota"}
	}
	arn := t.ARN("servicequotas", service+"/"+code)
	return cloud.Map{
		"id": arn, "arn": arn, "serviceCode": service, "serviceName": service, "quotaCode": code, "quotaName": q.name, "value": float64(q.of(t)),
		"defaultValue": 5.0, "adjustable": true, "globalQuota": false, "usageMetrics": []any{},
	}, nil
}

// carries reports whether a resource carries all the tags.
func carries(r *cloud.Resource, wanted cloud.Map) bool {
	has := tagsOf(r)
	for key, value := range wanted {
		if has[key] != value {
			return false
		}
	}
	return true
}

func vpcs(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	var ids []string
	wanted, _ := args["tags"].(cloud.Map)
	for _, r := range t.All("aws:ec2/vpc:Vpc") {
		if carries(r, wanted) {
			ids = append(ids, r.ID)
		}
	}
	return cloud.Map{"id": t.Region, "ids": cloud.List(ids...), "tags": cloud.Clone(wanted)}, nil
}

func addresses(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	var ids, ips []string
	wanted, _ := args["tags"].(cloud.Map)
	for _, r := range t.All(typeEIP) {
		if carries(r, wanted) {
			ids, ips = append(ids, r.ID), append(ips, r.Str("publicIp"))
		}
	}
	return cloud.Map{"id": t.Region, "allocationIds": cloud.List(ids...), "publicIps": cloud.List(ips...), "tags": cloud.Clone(wanted)}, nil
}

// instances lists the hosts of the region's groups, which are the only instances here, by the filters for a type and for
// spot. Which hosts of a mixed group are spot is not modelled: all count as on demand.
func instances(t *cloud.Tx, args cloud.Map) (cloud.Map, error) {
	ids := []any{}
	for _, group := range t.All(typeGroup) {
		name := hostType(t, group)
		fits := true
		for _, f := range cloud.Maps(args, "filters[]") {
			switch wanted := strings.Join(cloud.Strs(f, "values[]"), " "); cloud.Str(f, "name") {
			case "instance-type":
				fits = fits && strings.HasSuffix(name, strings.TrimPrefix(wanted, "*"))
			default:
				fits = false
			}
		}
		for i := 0; fits && i < group.Int("desiredCapacity"); i++ {
			ids = append(ids, fmt.Sprintf("%s/%d", group.ID, i))
		}
	}
	result := cloud.Clone(args)
	if result == nil {
		result = cloud.Map{}
	}
	none := []any{}
	result["id"], result["ids"], result["ipv6Addresses"], result["privateIps"], result["publicIps"] = t.Region, ids, none, none, none
	if result["instanceTags"] == nil {
		result["instanceTags"] = cloud.Map{}
	}
	return result, nil
}

// hostType is the instance type of a group's launch template.
func hostType(t *cloud.Tx, group *cloud.Resource) string {
	named := groupTemplate(group.State)
	for _, property := range []string{"id", "name"} {
		if template, ok := t.Find("aws:ec2/launchTemplate:LaunchTemplate", strings.Replace(property, "id", "", 1), cloud.Str(named, property)); ok {
			return template.Str("instanceType")
		}
	}
	return ""
}

// cpuProblem says, in EC2's words, that a group's instances are more than the account may run (EC2 API, error codes).
func cpuProblem(t *cloud.Tx, group *cloud.Resource, content cloud.Map) string {
	limit, all := vcpuQuota(t), 0
	for _, g := range t.All(typeGroup) {
		if g.ID == group.ID {
			continue
		}
		m, _ := machineOf(hostType(t, g))
		all += g.Int("desiredCapacity") * m.CPU / 1024
	}
	m, _ := machineOf(cloud.Str(content, "instanceType"))
	if all += group.Int("desiredCapacity") * m.CPU / 1024; all > limit {
		return fmt.Sprintf("You have requested more vCPU capacity than your current vCPU limit of %d allows for the instance bucket that the specified instance type belongs to. "+
			"Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.", limit)
	}
	return ""
}
