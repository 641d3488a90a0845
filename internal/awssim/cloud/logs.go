package cloud

import (
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"

	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const typeLogGroup = "aws:cloudwatch/logGroup:LogGroup"

var _ = register(&Kind{
	Type: typeLogGroup, Service: "CloudWatch Logs", Noun: "LogGroup", UpdateCall: "AssociateKmsKey",
	Name:   &AutoName{Property: "name", Max: 512, Prefix: "namePrefix"},
	Keys:   []string{"arn"},
	Unique: []Unique{{Props: []string{"name"}, Refusal: logGroupExists}},
	Check:  checkLogGroup,
	Create: func(t *Tx, r *Resource) error {
		r.ID = applyName(t, r)
		if _, kept := t.Remnant("logGroup", r.ID); kept {
			return Refuse(logGroupExists.Code, logGroupExists.Rule, "%s", logGroupExists.Message)
		}
		if !Has(r.State, "logGroupClass") {
			r.State["logGroupClass"] = "STANDARD"
		}
		r.State["arn"] = t.ARN("logs", "log-group:"+r.ID)
		return applyLogGroup(t, r)
	},
	Update: func(t *Tx, r *Resource, _ Map) error { return applyLogGroup(t, r) },
	Delete: func(t *Tx, r *Resource) error {
		if r.Bool("skipDestroy") {
			t.Leave("logGroup", r, r.ID, time.Time{}, Clone(r.State))
		}
		return nil
	},
	Schema: schema.Of(cloudwatch.LogGroup{}, cloudwatch.LogGroupArgs{}),
	Timing: Timing{Create: secs(1, 0, 5), Update: secs(1, 0, 2), Delete: secs(1, 0, 1),
		Source: "facts, section 1: CloudWatch log group, 1 log"},
	Calls: Calls{"logs:CreateLogGroup logs:PutRetentionPolicy logs:AssociateKmsKey logs:TagResource", "logs:DescribeLogGroups logs:ListTagsForResource",
		"logs:PutRetentionPolicy logs:DeleteRetentionPolicy logs:AssociateKmsKey logs:DisassociateKmsKey logs:TagResource logs:UntagResource", "logs:DeleteLogGroup"},
	TaggedAs: "logs:log-group:",
})

var (
	logGroupExists  = Refusal{"ResourceAlreadyExistsException", "The specified log group already exists", "facts 109"}
	retentionPeriod = []float64{0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)

func checkLogGroup(c *Checker) {
	if days, ok := c.Number("retentionInDays"); ok && !contains(retentionPeriod, days) {
		c.Fail("retentionInDays", "expected retentionInDays to be one of %v, got %v", retentionPeriod, days)
	}
	c.Match("kmsKeyId", arnPattern, "an ARN")
}

// applyLogGroup checks that CloudWatch Logs may use the group's key.
func applyLogGroup(t *Tx, r *Resource) error {
	tagsAll(r)
	arn := r.Str("kmsKeyId")
	if arn == "" {
		return nil
	}
	key, ok := t.Find("aws:kms/key:Key", "arn", arn)
	if !ok || !logsMayUse(t, key, r) {
		return Refuse("AccessDeniedException", "facts 110",
			"The specified KMS key does not exist or is not allowed to be used with Arn '%s'", r.Str("arn"))
	}
	return nil
}

// logsMayUse asks the key's policy for what CloudWatch Logs does with it (CloudWatch Logs User Guide, "Encrypt log data
// in CloudWatch Logs using AWS Key Management Service").
func logsMayUse(t *Tx, key, group *Resource) bool {
	if enabled, ok := known[bool](key.State, "isEnabled"); ok && !enabled {
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
