package services

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const (
	typeTopic        = "aws:sns/topic:Topic"
	typeTopicPolicy  = "aws:sns/topicPolicy:TopicPolicy"
	typeSubscription = "aws:sns/topicSubscription:TopicSubscription"
)

const snsInvalid = "InvalidParameter" // SNS's code for anything about a parameter

var noSuchTopic = cloud.Refusal{Code: "NotFound", Message: "Topic does not exist", Rule: "SNS API, Subscribe and SetTopicAttributes"}

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeTopic, Service: "SNS", Noun: "Topic", UpdateCall: "SetTopicAttributes",
		Unmodelled: strings.Fields(`
		applicationFailureFeedbackRoleArn applicationSuccessFeedbackRoleArn
		applicationSuccessFeedbackSampleRate firehoseFailureFeedbackRoleArn firehoseSuccessFeedbackRoleArn
		firehoseSuccessFeedbackSampleRate httpFailureFeedbackRoleArn httpSuccessFeedbackRoleArn
		httpSuccessFeedbackSampleRate lambdaFailureFeedbackRoleArn lambdaSuccessFeedbackRoleArn
		lambdaSuccessFeedbackSampleRate sqsFailureFeedbackRoleArn sqsSuccessFeedbackRoleArn
		sqsSuccessFeedbackSampleRate`),
		Name: &cloud.AutoName{Property: "name", Max: 256, Prefix: "namePrefix"},
		Keys: []string{"arn"},
		Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
			Code: snsInvalid, Message: "Invalid parameter: Topic {value} exists already; CreateTopic would return it", Rule: "SNS API, CreateTopic",
		}}},
		Check:  checkTopic,
		Create: createTopic,
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyTopic(t, r) },
		Delete: deleteTopic,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: SNS topic (guess)"},
		Calls:    cloud.Calls{Create: "sns:CreateTopic sns:SetTopicAttributes sns:TagResource", Read: "sns:GetTopicAttributes sns:ListTagsForResource", Update: "sns:SetTopicAttributes sns:TagResource sns:UntagResource", Remove: "sns:DeleteTopic"},
		TaggedAs: "sns:",
	},
	&cloud.Kind{
		Type: typeTopicPolicy, Service: "SNS", Noun: "TopicPolicy", CreateCall: "SetTopicAttributes",
		UpdateCall: "SetTopicAttributes", DeleteCall: "SetTopicAttributes",
		Unique: []cloud.Unique{{Props: []string{"arn"}, Refusal: cloud.Refusal{
			Code: snsInvalid, Message: "Invalid parameter: topic {value} has a policy of another resource, which this one would overwrite", Rule: "provider, sns/topic_policy.go",
		}}},
		Refs:  []cloud.Ref{{Path: "arn", To: typeTopic, Key: "arn", Missing: noSuchTopic}},
		Check: func(c *cloud.Checker) { checkPolicy(c, "policy", iampolicy.Resource) },
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = r.Str("arn")
			r.State["owner"] = t.Account()
			return applyTopicPolicy(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyTopicPolicy(t, r) },
		Delete: func(t *cloud.Tx, r *cloud.Resource) error {
			if topic, ok := t.Find(typeTopic, "arn", r.Str("arn")); ok {
				topic.State["policy"] = defaultTopicPolicy(t, topic)
				t.Save(topic)
			}
			return nil
		},
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: SNS topic policy (guess)"},
		Calls: cloud.Calls{Create: "sns:SetTopicAttributes", Read: "sns:GetTopicAttributes", Update: "sns:SetTopicAttributes", Remove: "sns:SetTopicAttributes"},
	},
	&cloud.Kind{
		Type: typeSubscription, Service: "SNS", Noun: "Subscription", CreateCall: "Subscribe",
		UpdateCall: "SetSubscriptionAttributes", DeleteCall: "Unsubscribe",
		Overwrites: true,
		Refs:       []cloud.Ref{{Path: "topic", To: typeTopic, Key: "arn", Missing: noSuchTopic}},
		Check:      checkSubscription,
		Create:     createSubscription,
		Update:     func(_ *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applySubscription(r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: SNS subscription (guess)"},
		Calls: cloud.Calls{Create: "sns:Subscribe", Read: "sns:GetSubscriptionAttributes", Update: "sns:SetSubscriptionAttributes", Remove: "sns:Unsubscribe"},
	},
)

var (
	topicPattern     = regexp.MustCompile(`^[0-9A-Za-z_-]{1,256}$`)
	fifoTopicPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,251}\.fifo$`)
	topicPrefix      = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)
)

func checkTopic(c *cloud.Checker) {
	fifo, _ := c.Bool("fifoTopic")
	if fifo {
		c.Match("name", fifoTopicPattern, "a FIFO topic's name ends with .fifo")
	} else {
		c.Match("name", topicPattern, "up to 256 letters, digits, underscores and hyphens")
		for _, p := range []string{"archivePolicy", "fifoThroughputScope"} {
			if cloud.Str(c.In, p) != "" {
				c.Fail(p, "can only be set for FIFO topics")
			}
		}
		if cloud.Bool(c.In, "contentBasedDeduplication") {
			c.Fail("contentBasedDeduplication", "can only be set for FIFO topics")
		}
	}
	c.Length("displayName", 0, 100)
	c.Match("namePrefix", topicPrefix, "letters, digits, underscores and hyphens")
	checkPolicy(c, "policy", iampolicy.Resource)
	for _, p := range []string{"deliveryPolicy", "archivePolicy"} {
		c.Document(p, jsonObject)
	}
}

// jsonObject is for documents of which only the outer form is known.
func jsonObject(text string) []cloud.Problem {
	v, err := documents.ReadJSON(text)
	if err != nil {
		return []cloud.Problem{{Reason: err.Error()}}
	}
	if _, ok := v.(cloud.Map); !ok {
		return []cloud.Problem{{Reason: "expected an object, got " + documents.KindOf(v)}}
	}
	return nil
}

func createTopic(t *cloud.Tx, r *cloud.Resource) error {
	cloud.ApplyName(t, r)
	if name := r.Str("name"); r.Bool("fifoTopic") && !strings.HasSuffix(name, ".fifo") {
		r.State["name"] = name + ".fifo" // the provider appends it to names it makes
	}
	r.ID = t.ARN("sns", r.Str("name"))
	r.State["arn"], r.State["owner"] = r.ID, t.Account()
	scope := ""
	if r.Bool("fifoTopic") {
		scope = "Topic"
	}
	cloud.Computed(r, cloud.Map{"beginningArchiveTime": "", "fifoThroughputScope": scope, "signatureVersion": 0.0, "tracingConfig": ""})
	return applyTopic(t, r)
}

// applyTopic checks what creation and update have in common.
func applyTopic(t *cloud.Tx, r *cloud.Resource) error {
	if ref := r.Str("kmsMasterKeyId"); ref != "" {
		key, problem := usableKey(t, ref)
		if problem != "" {
			return cloud.Refuse("KMSNotFound", "SNS API, SetTopicAttributes", "Invalid parameter: the KMS key %s %s", ref, problem)
		}
		if key != nil && key.Str("customerMasterKeySpec") != symmetric {
			return cloud.Refuse(snsInvalid, "SNS Developer Guide, Key management", "Invalid parameter: SNS takes symmetric keys only, %s is not one", ref)
		}
	}
	if policy, given := r.Inputs["policy"].(string); given {
		return checkTopicPolicy(t, r, policy)
	}
	if !cloud.Has(r.State, "policy") {
		r.State["policy"] = defaultTopicPolicy(t, r)
	}
	return nil
}

// deleteTopic takes the topic's policy and subscriptions with it (SNS API, DeleteTopic).
func deleteTopic(t *cloud.Tx, r *cloud.Resource) error {
	for _, h := range t.Holders(r) {
		if h.By.Type == typeTopicPolicy || h.By.Type == typeSubscription {
			t.Remove(h.By)
		}
	}
	return nil
}

// topicActions are what a topic's policy can allow (SNS Developer Guide, "Amazon SNS API permissions").
const topicActions = "addpermission deletetopic getdataprotectionpolicy gettopicattributes listsubscriptionsbytopic " +
	"listtagsforresource publish putdataprotectionpolicy receive removepermission settopicattributes subscribe"

const maxTopicPolicy = 30720 // bytes of a topic's policy (SNS Developer Guide, "Policy constraints")

// checkTopicPolicy refuses a policy that names somebody who does not exist, speaks of another service, or of another
// topic.
func checkTopicPolicy(t *cloud.Tx, topic *cloud.Resource, text string) error {
	statements, err := iampolicy.Parse(text, iampolicy.Resource)
	if err != nil {
		return cloud.Refuse(snsInvalid, "SNS API, SetTopicAttributes", "Invalid parameter: Policy Error: %v", err)
	}
	if len(text) > maxTopicPolicy {
		return cloud.Refuse(snsInvalid, "SNS Developer Guide, Policy constraints", "Invalid parameter: Policy is longer than %d bytes", maxTopicPolicy)
	}
	if _, bad := invalidPrincipal(t, statements, "SNS"); bad {
		return cloud.Refuse(snsInvalid, "facts 122", "Invalid parameter: Policy Error: PrincipalNotFound").For(iamPropagation)
	}
	for _, s := range statements {
		for _, a := range s.Actions {
			name, ours := strings.CutPrefix(strings.ToLower(a), "sns:")
			if !ours || !documents.OneOf(name, topicActions) {
				return cloud.Refuse(snsInvalid, "SNS API, SetTopicAttributes", "Invalid parameter: Policy statement action out of service scope!")
			}
		}
		arn := topic.Str("arn")
		if !slices.ContainsFunc(s.Resources, func(pattern string) bool { return iampolicy.Matches(pattern, arn) }) {
			return cloud.Refuse(snsInvalid, "SNS API, SetTopicAttributes", "Invalid parameter: Policy statement resource does not name the topic %s", arn)
		}
	}
	return nil
}

func applyTopicPolicy(t *cloud.Tx, r *cloud.Resource) error {
	topic, _ := t.Find(typeTopic, "arn", r.Str("arn")) // its Ref found it
	if err := checkTopicPolicy(t, topic, r.Str("policy")); err != nil {
		return err
	}
	topic.State["policy"] = r.Str("policy")
	t.Save(topic)
	return nil
}

// defaultTopicPolicy is what SNS gives a topic: everybody, as far as acting for the topic's own account.
func defaultTopicPolicy(t *cloud.Tx, topic *cloud.Resource) string {
	text, _ := json.Marshal(cloud.Map{ // a tree of strings: always encodable
		"Version": "2008-10-17", "Id": "__default_policy_ID",
		"Statement": cloud.List(cloud.Map{
			"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": cloud.Map{"AWS": "*"}, "Resource": topic.Str("arn"),
			"Action": cloud.List("SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
				"SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"),
			"Condition": cloud.Map{"StringEquals": cloud.Map{"AWS:SourceOwner": t.Account()}},
		}),
	})
	return string(text)
}
