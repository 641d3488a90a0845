package observability

import (
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/policy"
)

// place is where everything that is watched lies, as far as the ARN of the cluster tells it.
type place struct{ policy.ARN }

const clusterResource = "cluster/"

// placeOf reads the ARN of the cluster, which has to be in the region.
func placeOf(clusterArn, region string) (place, error) {
	arn, err := policy.ParseARN(clusterArn, "ecs", clusterResource)
	if err == nil && arn.Region != region {
		err = fmt.Errorf("read account: the cluster is in %s, not in %s", arn.Region, region)
	}
	return place{arn}, err
}

// cluster is its name.
func (p place) cluster() string { return strings.TrimPrefix(p.Resource, clusterResource) }

// sender is a service that publishes to the topic.
type sender struct {
	sid, principal string
	// anonymous senders tell neither the key nor the topic on whose behalf they publish, so that a condition on the
	// source never holds and their messages are dropped.
	anonymous bool
}

var senders = []sender{
	{sid: "Alarms", principal: "cloudwatch.amazonaws.com"},
	// "Configuring AWS KMS permissions", SNS Developer Guide: aws:SourceAccount and aws:SourceArn are not supported in
	// EventBridge-to-encrypted topics policies. "Troubleshooting Amazon EventBridge", EventBridge User Guide: Condition
	// blocks cannot be used in topic policies for EventBridge.
	{sid: "Events", principal: "events.amazonaws.com", anonymous: true},
}

func (s sender) conditions(p place) []policy.Condition {
	if s.anonymous {
		return nil
	}
	return []policy.Condition{{Operator: "StringEquals", Key: "aws:SourceAccount", Values: []string{p.Account}}}
}

// keyPolicy is the policy of the key under which the topic is encrypted: besides the account itself, whoever publishes
// to the topic may use it, since SNS encrypts in the publisher's name.
func (p place) keyPolicy() (string, error) {
	itself := policy.AnyResource("in a key's policy, * is the key itself")
	root := policy.ARN{Partition: p.Partition, Service: "iam", Account: p.Account, Resource: "root"}.String()
	document := policy.Document{Kind: policy.Resource, Statements: []policy.Statement{{
		Sid:        "Account", // leaves access to the account's IAM policies; without it nobody could manage the key
		Principals: []policy.Principal{policy.AWS(root)},
		Actions:    []string{"kms:*"},
		Resources:  itself,
	}}}
	for _, s := range senders {
		document.Statements = append(document.Statements, policy.Statement{
			Sid:        s.sid,
			Principals: []policy.Principal{policy.Service(s.principal)},
			Actions:    []string{"kms:Decrypt", "kms:GenerateDataKey*"},
			Resources:  itself,
			Conditions: s.conditions(p),
		})
	}
	return document.JSON()
}

// topicPolicy is the topic's policy. The account's own users need no statement: their IAM policies are enough.
func (p place) topicPolicy(topicArn string) (string, error) {
	document := policy.Document{Kind: policy.Resource}
	for _, s := range senders {
		document.Statements = append(document.Statements, policy.Statement{
			Sid:        s.sid,
			Principals: []policy.Principal{policy.Service(s.principal)},
			Actions:    []string{"sns:Publish"},
			Resources:  policy.On(topicArn),
			Conditions: s.conditions(p),
		})
	}
	return document.JSON()
}
