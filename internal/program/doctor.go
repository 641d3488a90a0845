package program

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/servicequotas"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/sizing"
)

// Finding is what regions need of one quota, against what the account has of it in the region.
type Finding struct {
	Region  string   `json:"region"`
	Stacks  []string `json:"stacks"` // that do not stand yet: what needs it
	What    string   `json:"what"`
	Service string   `json:"service"` // code in Service Quotas
	Quota   string   `json:"quota"`   // code in Service Quotas
	Needed  int      `json:"needed"`
	Used    int      `json:"used"`              // by what is in the account already
	Limit   int      `json:"limit"`             // 0 with Unknown
	Unknown string   `json:"unknown,omitempty"` // why it could not be asked; empty where it could
}

// Enough reports whether the account has room for what is needed, or nobody could say.
func (f Finding) Enough() bool { return f.Unknown != "" || f.Needed == 0 || f.Used+f.Needed <= f.Limit }

// String says it in a line.
func (f Finding) String() string {
	if f.Unknown != "" {
		return fmt.Sprintf("%s: %s: %d needed, the limit is unknown: %s", f.Region, f.What, f.Needed, f.Unknown)
	}
	return fmt.Sprintf("%s: %s: %d needed, %d of %d in use (%s %s)", f.Region, f.What, f.Needed, f.Used, f.Limit, f.Service, f.Quota)
}

// quota is one limit of an account in a region, by its codes in Service Quotas, with what a region takes of it and how what
// is taken already is counted.
type quota struct {
	what, service, code string
	needs               func(config.Config) int
	used                func(*pulumi.Context, pulumi.InvokeOption) (int, error)
}

// quotas are those that a new account's defaults fall short of: five addresses and five VPCs a region, and as few as five
// vCPUs (Amazon EC2 and Amazon VPC service quotas).
var quotas = []quota{
	{"VPCs", "vpc", "L-F678F1CE", func(config.Config) int { return 1 }, usedVPCs},
	{"elastic addresses", "ec2", "L-0263D0A3", addresses, usedAddresses},
	{"vCPUs of running on-demand standard instances", "ec2", "L-1216C47A", func(c config.Config) int { return hostCPUs(c, false) }, usedCPUs("")},
	{"vCPUs of standard spot instances", "ec2", "L-34B43A08", func(c config.Config) int { return hostCPUs(c, true) }, usedCPUs("spot")},
}

// addresses is how many NAT gateways take one.
func addresses(c config.Config) int {
	return map[string]int{"perZone": len(c.Network.Zones), "single": 1}[c.Network.NAT]
}

// hostCPUs is how many vCPUs hosts have at the peak, while a refresh replaces some: of the largest type there may be, since
// any may be taken.
func hostCPUs(c config.Config, spot bool) int {
	most := 0
	for _, t := range append([]string{c.Cluster.InstanceType}, c.Cluster.OtherInstanceTypes...) {
		if h, known := sizing.HostOf(t); known {
			most = max(most, h.CPU/1024)
		}
	}
	above := max(0, c.Sizes.MaxHosts-c.Sizes.MinHosts) // the fewest are on demand
	spots := above * c.Cluster.SpotPercent / 100
	if spot {
		return spots * most
	}
	return (c.Sizes.MaxHosts - spots) * most
}

func usedVPCs(ctx *pulumi.Context, in pulumi.InvokeOption) (int, error) {
	there, err := ec2.GetVpcs(ctx, &ec2.GetVpcsArgs{}, in)
	if err != nil {
		return 0, err
	}
	return len(there.Ids), nil
}

func usedAddresses(ctx *pulumi.Context, in pulumi.InvokeOption) (int, error) {
	there, err := ec2.GetEips(ctx, &ec2.GetEipsArgs{}, in)
	if err != nil {
		return 0, err
	}
	return len(there.AllocationIds), nil
}

// sizesOf are the vCPUs of instances by the size in their type's name; metal ones are left out.
var sizesOf = map[string]int{
	"nano": 2, "micro": 2, "small": 2, "medium": 2, "large": 2, "xlarge": 4, "2xlarge": 8, "3xlarge": 12, "4xlarge": 16, "6xlarge": 24, "8xlarge": 32,
	"9xlarge": 36, "10xlarge": 40, "12xlarge": 48, "16xlarge": 64, "18xlarge": 72, "24xlarge": 96, "32xlarge": 128, "48xlarge": 192,
}

// usedCPUs counts the vCPUs of what runs, by the sizes in the names of instance types: the lists that EC2 gives name no
// types, but can be asked for some.
func usedCPUs(lifecycle string) func(*pulumi.Context, pulumi.InvokeOption) (int, error) {
	return func(ctx *pulumi.Context, in pulumi.InvokeOption) (int, error) {
		all := 0
		for _, size := range append([]string{""}, slices.Sorted(maps.Keys(sizesOf))...) {
			filters := []ec2.GetInstancesFilter{}
			if lifecycle != "" {
				filters = append(filters, ec2.GetInstancesFilter{Name: "instance-lifecycle", Values: []string{lifecycle}})
			}
			if size != "" {
				filters = append(filters, ec2.GetInstancesFilter{Name: "instance-type", Values: []string{"*." + size}})
			}
			there, err := ec2.GetInstances(ctx, &ec2.GetInstancesArgs{Filters: filters, InstanceStateNames: []string{"pending", "running"}}, in)
			if err != nil {
				return 0, err
			}
			if size == "" && len(there.Ids) == 0 { // nothing runs at all
				return 0, nil
			}
			all += len(there.Ids) * sizesOf[size]
		}
		return all, nil
	}
}

// Doctor asks, in a preview that makes nothing, what an account has left of what the regions need before they stand. What
// it finds is appended to found, region by region. What cannot be asked, for want of a right, is found unknown.
func Doctor(cfgs map[string]config.Config, found *[]Finding) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		*found = nil
		byRegion := map[string][]string{}
		for _, stack := range slices.Sorted(maps.Keys(cfgs)) {
			byRegion[cfgs[stack].Region] = append(byRegion[cfgs[stack].Region], stack)
		}
		for _, region := range slices.Sorted(maps.Keys(byRegion)) {
			provider, err := Provider(ctx, "aws-"+region, region, cfgs[byRegion[region][0]].AWS)
			if err != nil {
				return err
			}
			in := pulumi.Provider(provider)
			var stacks []string
			for _, stack := range byRegion[region] {
				stands, err := ec2.GetVpcs(ctx, &ec2.GetVpcsArgs{Tags: map[string]string{stackTag: stack}}, in)
				if err != nil {
					return fmt.Errorf("look for the VPC of %s: %w", stack, err)
				}
				if len(stands.Ids) == 0 {
					stacks = append(stacks, stack)
				}
			}
			for _, q := range quotas {
				*found = append(*found, q.look(ctx, in, region, stacks, cfgs))
			}
		}
		return nil
	}
}

func (q quota) look(ctx *pulumi.Context, in pulumi.InvokeOption, region string, stacks []string, cfgs map[string]config.Config) Finding {
	f := Finding{Region: region, Stacks: append([]string{}, stacks...), What: q.what, Service: q.service, Quota: q.code}
	for _, stack := range stacks {
		f.Needed += q.needs(cfgs[stack])
	}
	limit, err := servicequotas.LookupServiceQuota(ctx, &servicequotas.LookupServiceQuotaArgs{ServiceCode: q.service, QuotaCode: &q.code}, in)
	if err == nil {
		f.Limit = int(limit.Value)
		f.Used, err = q.used(ctx, in)
	}
	if err != nil {
		f.Unknown = err.Error()
	}
	return f
}
