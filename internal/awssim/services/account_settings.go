package services

import (
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
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

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeVolumeDefault, Service: "EC2", Noun: "EbsEncryptionByDefault", Overwrites: true,
		CreateCall: "EnableEbsEncryptionByDefault", UpdateCall: "EnableEbsEncryptionByDefault", DeleteCall: "DisableEbsEncryptionByDefault",
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = "default" // provider: what an import takes; one a region
			cloud.TakeOver(t, r)
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(1, 0, 1),
			Source: "guess"},
	},
	&cloud.Kind{
		Type: typeAccountBlock, Service: "S3 Control", Noun: "PublicAccessBlock", Global: true, CreateCall: "PutPublicAccessBlock", UpdateCall: "PutPublicAccessBlock",
		Overwrites: true,
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			cloud.Computed(r, cloud.Map{"accountId": t.Account()})
			r.ID = r.Str("accountId")
			if r.ID != t.Account() {
				return cloud.Refuse("AccessDenied", "S3 Control API, PutPublicAccessBlock", "Access Denied")
			}
			cloud.TakeOver(t, r)
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(2, 1, 10), Update: cloud.Secs(2, 1, 10), Delete: cloud.Secs(1, 0, 1),
			Source: "as that of a bucket (guess)"},
	},
	&cloud.Kind{
		Type: typeECSDefault, Service: "ECS", Noun: "AccountSettingDefault", Overwrites: true,
		CreateCall: "PutAccountSettingDefault", UpdateCall: "PutAccountSettingDefault", DeleteCall: "PutAccountSettingDefault",
		Check: func(c *cloud.Checker) {
			if name, ok := c.String("name"); ok && ecsSettings[name] != "" {
				c.OneOf("value", strings.Fields(ecsSettings[name])...)
			}
		},
		// The provider's id is the principal's ARN, which all settings share; an import takes the name.
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("name")
			cloud.TakeOver(t, r)
			r.State["principalArn"] = t.GlobalARN("iam", "root")
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(1, 0, 1),
			Source: "guess"},
	},
	&cloud.Kind{
		Type: typeAnalyzer, Service: "AccessAnalyzer", Noun: "Analyzer",
		Unique: []cloud.Unique{{Props: []string{"analyzerName"}, Refusal: cloud.Refusal{Code: "ConflictException",
			Message: "An analyzer with the name {value} already exists.", Rule: "IAM Access Analyzer API, CreateAnalyzer"}}},
		Check: func(c *cloud.Checker) {
			c.Only("type", "ACCOUNT", "ACCOUNT_UNUSED_ACCESS")
			c.Unmodelled("configuration")
		},
		Create: createAnalyzer,
		Timing: cloud.Timing{Create: cloud.Secs(2, 1, 5), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(2, 1, 5),
			Source: "guess"},
		TaggedAs: "access-analyzer:analyzer/",
	},
	&cloud.Kind{
		Type: typeDetector, Service: "GuardDuty", Noun: "Detector", UpdateCall: "UpdateDetector",
		Check: func(c *cloud.Checker) {
			c.OneOf("findingPublishingFrequency", "FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")
			c.Unmodelled("datasources")
		},
		Create: createDetector,
		Timing: cloud.Timing{Create: cloud.Secs(2, 1, 5), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(2, 1, 5),
			Source: "guess"},
		TaggedAs: "guardduty:detector/",
	},
)

// createAnalyzer holds the quota of one analyzer of a type per account and region (IAM User Guide, "IAM Access Analyzer
// quotas").
func createAnalyzer(t *cloud.Tx, r *cloud.Resource) error {
	for _, other := range t.All(typeAnalyzer) {
		if other.Str("type") == r.Str("type") {
			return cloud.Refuse("ServiceQuotaExceededException", "IAM User Guide, IAM Access Analyzer quotas",
				"You have reached the maximum number of analyzers of type %s: 1", r.Str("type"))
		}
	}
	r.ID = r.Str("analyzerName")
	r.State["arn"] = t.ARN("access-analyzer", "analyzer/"+r.ID)
	return nil
}

// createDetector refuses a second detector of a region (github.com/hashicorp/terraform-provider-aws issue 11780).
func createDetector(t *cloud.Tx, r *cloud.Resource) error {
	if len(t.All(typeDetector)) > 0 {
		return cloud.Refuse("BadRequestException", "github.com/hashicorp/terraform-provider-aws issue 11780",
			"The request is rejected because a detector already exists for the current account.")
	}
	r.ID = t.Hex(32)
	r.State["arn"], r.State["accountId"] = t.ARN("guardduty", "detector/"+r.ID), t.Account()
	on := cloud.Map{"enable": true}
	cloud.Computed(r, cloud.Map{"findingPublishingFrequency": "SIX_HOURS", "datasources": cloud.Map{
		"s3Logs": on, "kubernetes": cloud.Map{"auditLogs": on},
		"malwareProtection": cloud.Map{"scanEc2InstanceWithFindings": cloud.Map{"ebsVolumes": on}},
	}})
	return nil
}

// ecsSetting returns an ECS account setting of the call's region: as put, or as declared.
func ecsSetting(t *cloud.Tx, name string) string {
	if put, ok := t.Find(typeECSDefault, "", name); ok {
		return put.Str("value")
	}
	return t.Declared().Regions[t.Region].AccountSettings[name]
}
