package cloud

import (
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/accessanalyzer"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ebs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	typeVolumeDefault = "aws:ebs/encryptionByDefault:EncryptionByDefault"
	typeAccountBlock  = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
	typeECSDefault    = "aws:ecs/accountSettingDefault:AccountSettingDefault"
	typeAnalyzer      = "aws:accessanalyzer/analyzer:Analyzer"
	typeDetector      = "aws:guardduty/detector:Detector"
)

// ecsSettings are the ECS account settings and the values of each (ECS API, PutAccountSettingDefault).
var ecsSettings = map[string]string{
	"awsvpcTrunking": "enabled disabled", "containerInsights": "enabled disabled enhanced", "dualStackIPv6": "enabled disabled",
	"containerInstanceLongArnFormat": "enabled disabled", "serviceLongArnFormat": "enabled disabled", "taskLongArnFormat": "enabled disabled",
	"fargateFIPSMode": "enabled disabled", "guardDutyActivate": "on off", "tagResourceAuthorization": "on off",
	"fargateTaskRetirementWaitPeriod": "0 7 14", "defaultLogDriverMode": "blocking non-blocking",
}

var _ = register(
	&Kind{
		Type: typeVolumeDefault, Service: "EC2", Noun: "EbsEncryptionByDefault", Overwrites: true, Kept: words("enabled"),
		CreateCall: "EnableEbsEncryptionByDefault", UpdateCall: "EnableEbsEncryptionByDefault", DeleteCall: "DisableEbsEncryptionByDefault",
		Create: func(t *Tx, r *Resource) error {
			r.ID = "default" // provider: what an import takes; one a region
			takeOver(t, r)
			return nil
		},
		Schema: schema.Of(ebs.EncryptionByDefault{}, ebs.EncryptionByDefaultArgs{}),
		Timing: Timing{Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1),
			Source: "guess"},
	},
	&Kind{
		Type: typeAccountBlock, Service: "S3 Control", Noun: "PublicAccessBlock", Global: true, CreateCall: "PutPublicAccessBlock", UpdateCall: "PutPublicAccessBlock",
		Kept:       words("blockPublicAcls ignorePublicAcls restrictPublicBuckets"),
		Overwrites: true,
		Create: func(t *Tx, r *Resource) error {
			computed(r, Map{"accountId": t.Account()})
			r.ID = r.Str("accountId")
			if r.ID != t.Account() {
				return Refuse("AccessDenied", "S3 Control API, PutPublicAccessBlock", "Access Denied")
			}
			takeOver(t, r)
			return nil
		},
		Schema: schema.Of(s3.AccountPublicAccessBlock{}, s3.AccountPublicAccessBlockArgs{}),
		Timing: Timing{Create: secs(2, 1, 10), Update: secs(2, 1, 10), Delete: secs(1, 0, 1),
			Source: "as that of a bucket (guess)"},
	},
	&Kind{
		Type: typeECSDefault, Service: "ECS", Noun: "AccountSettingDefault", Overwrites: true,
		CreateCall: "PutAccountSettingDefault", UpdateCall: "PutAccountSettingDefault", DeleteCall: "PutAccountSettingDefault",
		Check: func(c *Checker) {
			if name, ok := c.String("name"); ok && ecsSettings[name] != "" {
				c.OneOf("value", strings.Fields(ecsSettings[name])...)
			}
		},
		// The provider's id is the principal's ARN, which all settings share; an import takes the name.
		Create: func(t *Tx, r *Resource) error {
			r.ID = r.Str("name")
			takeOver(t, r)
			r.State["principalArn"] = t.GlobalARN("iam", "root")
			return nil
		},
		Schema: schema.Of(ecs.AccountSettingDefault{}, ecs.AccountSettingDefaultArgs{}),
		Timing: Timing{Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1),
			Source: "guess"},
	},
	&Kind{
		Type: typeAnalyzer, Service: "AccessAnalyzer", Noun: "Analyzer",
		Unique: []Unique{{Props: []string{"analyzerName"}, Refusal: Refusal{Code: "ConflictException",
			Message: "An analyzer with the name {value} already exists.", Rule: "IAM Access Analyzer API, CreateAnalyzer"}}},
		Check: func(c *Checker) {
			c.OneOf("type", "ACCOUNT", "ACCOUNT_UNUSED_ACCESS")
			c.Unmodelled("configuration")
		},
		Create: createAnalyzer,
		Update: func(_ *Tx, r *Resource, _ Map) error { tagsAll(r); return nil },
		Schema: schema.Of(accessanalyzer.Analyzer{}, accessanalyzer.AnalyzerArgs{}),
		Timing: Timing{Create: secs(2, 1, 5), Update: secs(1, 0, 2), Delete: secs(2, 1, 5),
			Source: "guess"},
		TaggedAs: "access-analyzer:analyzer/",
	},
	&Kind{
		Type: typeDetector, Service: "GuardDuty", Noun: "Detector", UpdateCall: "UpdateDetector",
		Check: func(c *Checker) {
			c.OneOf("findingPublishingFrequency", "FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")
			c.Unmodelled("datasources")
		},
		Create: createDetector,
		Update: func(_ *Tx, r *Resource, old Map) error {
			keep(r, old, "findingPublishingFrequency", "datasources")
			tagsAll(r)
			return nil
		},
		Schema: schema.Of(guardduty.Detector{}, guardduty.DetectorArgs{}),
		Timing: Timing{Create: secs(2, 1, 5), Update: secs(1, 0, 3), Delete: secs(2, 1, 5),
			Source: "guess"},
		TaggedAs: "guardduty:detector/",
	},
)

// createAnalyzer holds the quota of one analyzer of a type per account and region (IAM User Guide, "IAM Access Analyzer
// quotas").
func createAnalyzer(t *Tx, r *Resource) error {
	for _, other := range t.All(typeAnalyzer) {
		if other.Str("type") == r.Str("type") {
			return Refuse("ServiceQuotaExceededException", "IAM User Guide, IAM Access Analyzer quotas",
				"You have reached the maximum number of analyzers of type %s: 1", r.Str("type"))
		}
	}
	r.ID = r.Str("analyzerName")
	r.State["arn"] = t.ARN("access-analyzer", "analyzer/"+r.ID)
	tagsAll(r)
	return nil
}

// createDetector refuses a second detector of a region (github.com/hashicorp/terraform-provider-aws issue 11780).
func createDetector(t *Tx, r *Resource) error {
	if len(t.All(typeDetector)) > 0 {
		return Refuse("BadRequestException", "github.com/hashicorp/terraform-provider-aws issue 11780",
			"The request is rejected because a detector already exists for the current account.")
	}
	r.ID = t.Hex(32)
	r.State["arn"], r.State["accountId"] = t.ARN("guardduty", "detector/"+r.ID), t.Account()
	on := Map{"enable": true}
	computed(r, Map{"findingPublishingFrequency": "SIX_HOURS", "datasources": Map{
		"s3Logs": on, "kubernetes": Map{"auditLogs": on},
		"malwareProtection": Map{"scanEc2InstanceWithFindings": Map{"ebsVolumes": on}},
	}})
	tagsAll(r)
	return nil
}

// ecsSetting returns an ECS account setting of the call's region: as put, or as declared.
func ecsSetting(t *Tx, name string) string {
	if put, ok := t.Find(typeECSDefault, "", name); ok {
		return put.Str("value")
	}
	return t.Declared().Regions[t.Region].AccountSettings[name]
}
