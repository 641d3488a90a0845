package program

import (
	"fmt"
	"reflect"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/config"
)

// Provider makes the AWS provider of a region, as the stack's configuration wants it. The error names a service that the
// AWS plugin does not know.
func Provider(ctx *pulumi.Context, name, region string, c config.AWS) (*aws.Provider, error) {
	args := &aws.ProviderArgs{
		Region:                    pulumi.String(region),
		Profile:                   given(c.Profile),
		SkipCredentialsValidation: flag(c.SkipCredentialsValidation),
		SkipMetadataApiCheck:      flag(c.SkipMetadataAPICheck),
		SkipRegionValidation:      flag(c.SkipRegionValidation),
		SkipRequestingAccountId:   flag(c.SkipRequestingAccountID),
	}
	if len(c.AllowedAccountIDs) > 0 {
		args.AllowedAccountIds = pulumi.ToStringArray(c.AllowedAccountIDs)
	}
	if role := c.AssumeRole; role.RoleARN != "" {
		args.AssumeRole = aws.ProviderAssumeRoleArgs{
			RoleArn: pulumi.String(role.RoleARN), SessionName: given(role.SessionName), ExternalId: given(role.ExternalID), Duration: given(role.Duration),
		}
	}
	endpoints, err := endpointsOf(c.Endpoints)
	if err != nil {
		return nil, err
	}
	if len(endpoints) > 0 {
		args.Endpoints = endpoints
	}
	return aws.NewProvider(ctx, name, args)
}

// endpointsOf are addresses by service as the plugin's arguments, which have a field for each service.
func endpointsOf(all []map[string]string) (aws.ProviderEndpointArray, error) {
	var out aws.ProviderEndpointArray
	for i, endpoint := range all {
		args := aws.ProviderEndpointArgs{}
		fields := reflect.ValueOf(&args).Elem()
		for service, address := range endpoint {
			field := fieldOf(fields, service)
			if !field.IsValid() {
				return nil, fmt.Errorf("aws:endpoints[%d].%s: the AWS plugin knows no such service", i, service)
			}
			field.Set(reflect.ValueOf(pulumi.StringPtr(address)))
		}
		out = append(out, args)
	}
	return out, nil
}

// fieldOf finds the field of an argument by the name that the plugin has for it.
func fieldOf(args reflect.Value, name string) reflect.Value {
	for i := range args.NumField() {
		if args.Type().Field(i).Tag.Get("pulumi") == name {
			return args.Field(i)
		}
	}
	return reflect.Value{}
}

// given and flag leave out what is not set.
func given(s string) pulumi.StringPtrInput {
	if s == "" {
		return nil
	}
	return pulumi.String(s)
}

func flag(b *bool) pulumi.BoolPtrInput {
	if b == nil {
		return nil
	}
	return pulumi.Bool(*b)
}
