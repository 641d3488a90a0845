package observability

import (
	"encoding/json"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// event is one row of the table of what is passed on as it happens.
type event struct {
	suffix string // of the logical name
	means  string // what happened, as the message and the rule's description say it
	source string // the service that reports it
	types  []string
	// detail is what the event has to say, by property; each of the properties has to have one of its values.
	detail pulumi.StringArrayMap
	// services narrows it to events about services of the region's cluster.
	services bool
	paths    map[string]string // what the message takes from the event, as JSON paths
	text     string            // what the message says after means; <name> stands for what is at a path
}

// longestRule is the suffix of the rule with the longest name.
const longestRule = "-deployment-failed"

// pattern is an event pattern ("Amazon EventBridge event patterns", EventBridge User Guide).
type pattern struct {
	Source     []string            `json:"source"`
	DetailType []string            `json:"detail-type"`
	Resources  []prefix            `json:"resources,omitempty"`
	Detail     map[string][]string `json:"detail"`
}

// prefix fits every value that begins with it.
type prefix struct {
	Prefix string `json:"prefix"`
}

// events lists everything that is passed on.
func (a *Args) events() []event {
	detail := func(property string, values ...pulumi.StringInput) pulumi.StringArrayMap {
		return pulumi.StringArrayMap{property: append(pulumi.StringArray{}, values...)}
	}
	rows := []event{
		{
			suffix: longestRule,
			means:  "A deployment failed and was taken back.",
			source: "aws.ecs", types: []string{"ECS Deployment State Change"},
			services: true,
			detail:   detail("eventName", pulumi.String("SERVICE_DEPLOYMENT_FAILED")),
			paths:    map[string]string{"service": "$.resources[0]", "reason": "$.detail.reason"},
			text:     "<service>: <reason>",
		},
		{
			suffix: "-hosts-failed",
			means:  "Hosts could not be replaced or started.",
			source: "aws.autoscaling", types: []string{
				"EC2 Auto Scaling Instance Refresh Failed", "EC2 Auto Scaling Instance Refresh Rollback Started",
				"EC2 Auto Scaling Instance Refresh Rollback Failed", "EC2 Instance Launch Unsuccessful",
			},
			detail: detail("AutoScalingGroupName", a.Cluster.AutoScalingGroupName),
			paths:  map[string]string{"group": "$.detail.AutoScalingGroupName", "what": "$.detail-type"},
			text:   "<group>: <what>",
		},
		{
			suffix: "-database-event",
			means:  "The database failed over, failed, or is short of storage.",
			source: "aws.rds", types: []string{"RDS DB Cluster Event", "RDS DB Instance Event"},
			detail: pulumi.StringArrayMap{
				"EventCategories":  pulumi.ToStringArray([]string{"failover", "failure", "low storage"}),
				"SourceIdentifier": append(pulumi.StringArray{a.Database.ClusterIdentifier}, a.Database.InstanceIdentifiers...),
			},
			paths: map[string]string{"what": "$.detail.Message", "which": "$.detail.SourceIdentifier"},
			text:  "<which>: <what>",
		},
	}
	if a.Backup == nil {
		return rows
	}
	jobs := func(suffix, means, typ, vault string) event {
		match := detail("state", pulumi.String("ABORTED"), pulumi.String("EXPIRED"), pulumi.String("FAILED"))
		match[vault] = pulumi.StringArray{a.Backup.VaultArn}
		return event{
			suffix: suffix, means: means, source: "aws.backup", types: []string{typ}, detail: match,
			paths: map[string]string{"what": "$.detail.resourceArn", "state": "$.detail.state", "reason": "$.detail.statusMessage"},
			text:  "<what>: <state>, <reason>",
		}
	}
	return append(rows,
		jobs("-backup-failed", "A backup failed.", "Backup Job State Change", "backupVaultArn"),
		jobs("-copy-failed", "Copying a backup to the other region failed.", "Copy Job State Change", "sourceBackupVaultArn"))
}

// passOnEvents registers the table: a rule for each row, and the topic as its target.
func (b *builder) passOnEvents() error {
	for _, row := range b.args.events() {
		rule, err := cloudwatch.NewEventRule(b.ctx, b.name+row.suffix, &cloudwatch.EventRuleArgs{
			Description:  pulumi.Sprintf("%s: %s", b.args.Stack, row.means),
			EventPattern: b.pattern(row),
		}, b.child)
		if err != nil {
			return err
		}
		// What EventBridge would send by itself is the whole event, as JSON. The text is JSON as well: a string.
		message, err := json.Marshal(b.args.Stack + ": " + row.means)
		if err != nil {
			return err
		}
		_, err = cloudwatch.NewEventTarget(b.ctx, b.name+row.suffix+"-topic", &cloudwatch.EventTargetArgs{
			Rule: rule.Name,
			// Of its own choosing the provider makes up an id, by which nobody finds the target again whose creation was
			// interrupted.
			TargetId: pulumi.String("topic"),
			Arn:      b.outlet.topicArn,
			InputTransformer: &cloudwatch.EventTargetInputTransformerArgs{
				InputPaths:    pulumi.ToStringMap(row.paths),
				InputTemplate: pulumi.String(string(message[:len(message)-1]) + " " + row.text + `"`),
			},
		}, b.child)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) pattern(row event) pulumi.StringOutput {
	return pulumi.All(b.args.Cluster.Arn, row.detail).ApplyT(func(values []any) (string, error) {
		p := pattern{Source: []string{row.source}, DetailType: row.types, Detail: values[1].(map[string][]string)}
		if row.services {
			here, err := placeOf(values[0].(string), b.args.Region)
			if err != nil {
				return "", err
			}
			p.Resources = []prefix{{here.Near("ecs", "service/"+here.cluster()+"/")}}
		}
		text, err := json.Marshal(p)
		return string(text), err
	}).(pulumi.StringOutput)
}
