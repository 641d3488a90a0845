package program

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// images makes a repository per image in every region, all alike. An image is pushed where the state lives and ECR copies
// it into the other regions; a repository that ECR had to make there itself would be open to changes of tags.
func (a *account) images() error {
	if len(a.cfg.Images.Repositories) == 0 {
		return nil
	}
	parent, err := a.part("Images")
	if err != nil {
		return err
	}
	var first []pulumi.Resource // what has to be there before anything is copied
	for _, region := range a.cfg.Account.Regions {
		key, err := a.key("images-key-"+region, "container images", a.in(region, parent))
		if err != nil {
			return err
		}
		for _, name := range a.cfg.Images.Repositories {
			repository, err := a.repository(name, region, key.Arn, parent)
			if err != nil {
				return err
			}
			first = append(first, repository)
		}
	}
	return a.copyImages(parent, first)
}

func (a *account) repository(name, region string, key pulumi.StringOutput, parent pulumi.ResourceOption) (*ecr.Repository, error) {
	logical := "images-" + name + "-" + region
	repository, err := ecr.NewRepository(a.ctx, logical, &ecr.RepositoryArgs{
		Name:                       pulumi.String(name),
		ImageTagMutability:         pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: &ecr.RepositoryImageScanningConfigurationArgs{ScanOnPush: pulumi.Bool(true)},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{&ecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"), KmsKey: key,
		}},
	}, a.in(region, parent, a.adoptedBut(logical, "encryptionConfigurations")...)...) // what a repository has from its beginning
	if err != nil {
		return nil, err
	}
	rules, err := a.imageRules()
	if err != nil {
		return nil, err
	}
	_, err = ecr.NewLifecyclePolicy(a.ctx, logical+"-expiry", &ecr.LifecyclePolicyArgs{
		Repository: repository.Name, Policy: pulumi.String(rules),
	}, a.in(region, parent)...)
	return repository, err
}

// imageRules take away images without a tag, which nobody pinned by a name, and the oldest beyond a number.
func (a *account) imageRules() (string, error) {
	type rule map[string]any
	c := a.cfg.Images
	text, err := json.Marshal(map[string]any{"rules": []rule{
		{
			"rulePriority": 1, "description": fmt.Sprintf("images without a tag go after %d days", c.UntaggedDays),
			"selection": rule{"tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": c.UntaggedDays},
			"action":    rule{"type": "expire"},
		},
		{
			"rulePriority": 2, "description": fmt.Sprintf("the newest %d images stay", c.Keep),
			"selection": rule{"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": c.Keep},
			"action":    rule{"type": "expire"},
		},
	}})
	return string(text), err
}

// copyImages has ECR copy what is pushed where the state lives into every other region of the platform.
func (a *account) copyImages(parent pulumi.ResourceOption, first []pulumi.Resource) error {
	var to ecr.ReplicationConfigurationReplicationConfigurationRuleDestinationArray
	for _, region := range a.cfg.Account.Regions {
		if region != a.cfg.Region {
			to = append(to, &ecr.ReplicationConfigurationReplicationConfigurationRuleDestinationArgs{
				Region: pulumi.String(region), RegistryId: pulumi.String(a.cfg.Account.ID),
			})
		}
	}
	if len(to) == 0 {
		return nil
	}
	var only ecr.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArray
	for _, name := range a.cfg.Images.Repositories {
		only = append(only, &ecr.ReplicationConfigurationReplicationConfigurationRuleRepositoryFilterArgs{
			Filter: pulumi.String(name), FilterType: pulumi.String("PREFIX_MATCH"),
		})
	}
	_, err := ecr.NewReplicationConfiguration(a.ctx, "images-replication", &ecr.ReplicationConfigurationArgs{
		ReplicationConfiguration: &ecr.ReplicationConfigurationReplicationConfigurationArgs{
			Rules: ecr.ReplicationConfigurationReplicationConfigurationRuleArray{
				&ecr.ReplicationConfigurationReplicationConfigurationRuleArgs{Destinations: to, RepositoryFilters: only},
			},
		},
	}, a.in(a.cfg.Region, parent, pulumi.DependsOn(first))...)
	return err
}
