package program

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/accessanalyzer"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ebs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// linkedServices are the services whose service-linked role has to exist before the platform's first use of them: the
// deploy role may not make any. AWS Backup takes its own once a stack's role is gone, to let the recovery points expire
// that outlive the stack; without it they stay and are paid for ("Identity and access management in AWS Backup", AWS Backup
// Developer Guide; AWS Backup API, DeleteRecoveryPoint).
var linkedServices = []string{
	"autoscaling.amazonaws.com",
	"backup.amazonaws.com",
	"ecs.amazonaws.com",
	"ecs.application-autoscaling.amazonaws.com",
	"elasticache.amazonaws.com",
	"elasticloadbalancing.amazonaws.com",
	"rds.amazonaws.com",
	"replication.ecr.amazonaws.com",
	"wafv2.amazonaws.com",
}

func (a *account) serviceRoles() error {
	if !*a.cfg.Baseline.ServiceRoles {
		return nil
	}
	parent, err := a.part("ServiceRoles")
	if err != nil {
		return err
	}
	for _, service := range linkedServices {
		name := "role-" + service
		_, err := iam.NewServiceLinkedRole(a.ctx, name, &iam.ServiceLinkedRoleArgs{AwsServiceName: pulumi.String(service)},
			a.in(a.cfg.Region, parent, a.adopted(name)...)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// baseline switches on what a blank account has off, in every region of the platform where it is regional.
func (a *account) baseline() error {
	parent, err := a.part("Baseline")
	if err != nil {
		return err
	}
	if err := a.accountWide(parent); err != nil {
		return err
	}
	for _, region := range a.cfg.AllRegions() {
		if err := a.regional(region, parent); err != nil {
			return err
		}
	}
	return nil
}

func (a *account) accountWide(parent pulumi.ResourceOption) error {
	b, opts := a.cfg.Baseline, a.in(a.cfg.Region, parent)
	if *b.PublicAccessBlock {
		_, err := s3.NewAccountPublicAccessBlock(a.ctx, "public-access-block", &s3.AccountPublicAccessBlockArgs{
			BlockPublicAcls: pulumi.Bool(true), BlockPublicPolicy: pulumi.Bool(true),
			IgnorePublicAcls: pulumi.Bool(true), RestrictPublicBuckets: pulumi.Bool(true),
		}, opts...)
		if err != nil {
			return err
		}
	}
	if *b.PasswordPolicy { // CIS AWS Foundations Benchmark: 14 characters, none of the last 24 again
		_, err := iam.NewAccountPasswordPolicy(a.ctx, "password-policy", &iam.AccountPasswordPolicyArgs{
			MinimumPasswordLength: pulumi.Int(14), PasswordReusePrevention: pulumi.Int(24), MaxPasswordAge: pulumi.Int(90),
			RequireLowercaseCharacters: pulumi.Bool(true), RequireUppercaseCharacters: pulumi.Bool(true),
			RequireNumbers: pulumi.Bool(true), RequireSymbols: pulumi.Bool(true), AllowUsersToChangePassword: pulumi.Bool(true),
		}, opts...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *account) regional(region string, parent pulumi.ResourceOption) error {
	b := a.cfg.Baseline
	in := func(name string) []pulumi.ResourceOption { return a.in(region, parent, a.adopted(name)...) }
	if *b.VolumeEncryption {
		name := "volume-encryption-" + region
		if _, err := ebs.NewEncryptionByDefault(a.ctx, name, &ebs.EncryptionByDefaultArgs{Enabled: pulumi.Bool(true)}, in(name)...); err != nil {
			return err
		}
	}
	if *b.AccessAnalyzer {
		name := "analyzer-" + region
		_, err := accessanalyzer.NewAnalyzer(a.ctx, name, &accessanalyzer.AnalyzerArgs{AnalyzerName: pulumi.String(a.cfg.Organisation.Analyzer())},
			a.in(region, parent, a.adoptedBut(name, "analyzerName", "type")...)...) // under whatever name it was made
		if err != nil {
			return err
		}
	}
	if *b.GuardDuty {
		name := "detector-" + region
		_, err := guardduty.NewDetector(a.ctx, name, &guardduty.DetectorArgs{
			Enable: pulumi.Bool(true), FindingPublishingFrequency: pulumi.String("FIFTEEN_MINUTES"),
		}, in(name)...)
		if err != nil {
			return err
		}
	}
	if *b.ContainerSettings {
		return a.containerSettings(region, parent)
	}
	return nil
}

// containerSettings lets every host carry as many tasks as it has trunked interfaces for, and measures clusters. They
// hold for hosts and clusters made afterwards, which is why they are the account's and not the region stack's.
func (a *account) containerSettings(region string, parent pulumi.ResourceOption) error {
	for _, setting := range []string{"awsvpcTrunking", "containerInsights"} {
		_, err := ecs.NewAccountSettingDefault(a.ctx, "ecs-"+setting+"-"+region, &ecs.AccountSettingDefaultArgs{
			Name: pulumi.String(setting), Value: pulumi.String("enabled"),
		}, a.in(region, parent)...)
		if err != nil {
			return err
		}
	}
	return nil
}
