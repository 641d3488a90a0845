package services

import (
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const typeLogGroup = "aws:cloudwatch/logGroup:LogGroup"

var _ = cloud.Register(&cloud.Kind{
	Type: typeLogGroup, Service: "CloudWatch Logs", Noun: "LogGroup", UpdateCall: "AssociateKmsKey",
	Name:   &cloud.AutoName{Property: "name", Max: 512, Prefix: "namePrefix"},
	Keys:   []string{"arn"},
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: logGroupExists}},
	Check:  checkLogGroup,
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		r.ID = cloud.ApplyName(t, r)
		if _, kept := t.Remnant("logGroup", r.ID); kept {
			return logGroupExists.AsError()
		}
		if !cloud.Has(r.State, "logGroupClass") {
			r.State["logGroupClass"] = "STANDARD"
		}
		r.State["arn"] = t.ARN("logs", "log-group:"+r.ID)
		return applyLogGroup(t, r)
	},
	Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyLogGroup(t, r) },
	Delete: func(t *cloud.Tx, r *cloud.Resource) error {
		if r.Bool("skipDestroy") {
			t.Leave("logGroup", r, r.ID, time.Time{}, cloud.Clone(r.State))
		}
		return nil
	},
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 5), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
		Source: "facts, section 1: CloudWatch log group, 1 log"},
	Calls: cloud.Calls{Create: "logs:CreateLogGroup logs:PutRetentionPolicy logs:AssociateKmsKey logs:TagResource", Read: "logs:DescribeLogGroups logs:ListTagsForResource",
		Update: "logs:PutRetentionPolicy logs:DeleteRetentionPolicy logs:AssociateKmsKey logs:DisassociateKmsKey logs:TagResource logs:UntagResource", Remove: "logs:DeleteLogGroup"},
	TaggedAs: "logs:log-group:",
})

var (
	logGroupExists = cloud.Refusal{Code: "ResourceAlreadyExistsException", Message: "The specified log group already exists", Rule: "facts 109"}
)

func checkLogGroup(c *cloud.Checker) {
	c.Match("kmsKeyId", arnPattern, "an ARN")
}

// applyLogGroup checks that CloudWatch Logs may use the group's key.
func applyLogGroup(t *cloud.Tx, r *cloud.Resource) error {
	arn := r.Str("kmsKeyId")
	if arn == "" {
		return nil
	}
	key, ok := t.Find("aws:kms/key:Key", "arn", arn)
	if !ok || !logsMayUse(t, key, r) {
		return cloud.Refuse("AccessDeniedException", "facts 110",
			"The specified KMS key does not exist or is not allowed to be used with Arn '%s'", r.Str("arn"))
	}
	return nil
}

// logsMayUse asks the key's policy for what CloudWatch Logs does with it (CloudWatch Logs User Guide, "Encrypt log data
// in CloudWatch Logs using AWS Key Management Service").
func logsMayUse(t *cloud.Tx, key, group *cloud.Resource) bool {
	if enabled, ok := cloud.Known[bool](key.State, "isEnabled"); ok && !enabled {
		return false
	}
	statements, err := iampolicy.Parse(key.Str("policy"), iampolicy.Resource)
	if err != nil {
		return false
	}
	for _, action := range strings.Fields("kms:Encrypt kms:Decrypt kms:ReEncryptFrom kms:ReEncryptTo kms:GenerateDataKey kms:DescribeKey") {
		ok := iampolicy.Allows(statements, iampolicy.Request{
			Principal: iampolicy.Principal{Kind: "Service", ID: "logs." + t.Region + ".amazonaws.com"}, Action: action, Resource: key.Str("arn"),
			Context: map[string]string{
				"kms:encryptioncontext:aws:logs:arn": group.Str("arn"),
				"aws:sourcearn":                      group.Str("arn"),
				"aws:sourceaccount":                  t.Account(),
			},
		})
		if !ok {
			return false
		}
	}
	return true
}
