package program

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/policy"
)

// roles is what every role of a stack has in common.
type roles struct {
	path     pulumi.String
	boundary pulumi.StringPtrInput // ARN of the managed policy that bounds it; nil for none

	// bucketPrefix is how the names of buckets begin; empty: as their logical names do. The role that brings short-lived
	// stacks up knows their buckets by it, which S3 does not tell by tags.
	bucketPrefix pulumi.String
}

// rolesOf asks AWS for the account, which is part of the boundary's ARN and of no configuration.
func rolesOf(ctx *pulumi.Context, provider *aws.Provider, p config.Platform) roles {
	r := roles{path: pulumi.String(p.RolePath)}
	if strings.HasPrefix(ctx.Stack(), naming.ShortLived) {
		r.bucketPrefix = pulumi.String(ctx.Stack() + "-")
	}
	if p.PermissionsBoundary == config.NoBoundary {
		return r
	}
	caller := aws.GetCallerIdentityOutput(ctx, aws.GetCallerIdentityOutputArgs{}, pulumi.Provider(provider))
	r.boundary = caller.AccountId().ApplyT(func(account string) *string {
		// Stacks are in commercial regions, which internal/config holds; all of them are in one partition.
		arn := policy.ARN{Partition: "aws", Service: "iam", Account: account, Resource: "policy" + p.PermissionsBoundary}.String()
		return &arn
	}).(pulumi.StringPtrOutput)
	return r
}

// bounded gives every role its path and its boundary, and instance profiles the path. It is a transformation, as tags
// are, so that no role can be forgotten: one without the boundary is one that the deploy role may not make.
func (r roles) bounded() pulumi.ResourceOption {
	return pulumi.Transformations([]pulumi.ResourceTransformation{
		func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
			opts := args.Opts
			switch props := args.Props.(type) {
			case *iam.RoleArgs:
				props.Path, props.PermissionsBoundary = r.path, r.boundary
				// Nobody who deploys may change who takes a role that is there: one with another trust is made anew.
				opts = append(opts, pulumi.ReplaceOnChanges([]string{"assumeRolePolicy"}))
			case *iam.InstanceProfileArgs:
				props.Path = r.path
			case *s3.BucketV2Args:
				if r.bucketPrefix == "" {
					return nil
				}
				props.BucketPrefix = r.bucketPrefix
			default:
				return nil
			}
			return &pulumi.ResourceTransformationResult{Props: args.Props, Opts: opts}
		},
	})
}
