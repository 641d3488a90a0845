package cloud

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	typeTopic        = "aws:sns/topic:Topic"
	typeTopicPolicy  = "aws:sns/topicPolicy:TopicPolicy"
	typeSubscription = "aws:sns/topicSubscription:TopicSubscription"
)

const snsInvalid = "InvalidParameter" // SNS's code for anything about a parameter

var noSuchTopic = Refusal{"NotFound", "Topic does not exist", "SNS API, Subscribe and SetTopicAttributes"}

var _ = register(
	&Kind{
		Type: typeTopic, Service: "SNS", Noun: "Topic", UpdateCall: "SetTopicAttributes",
		Unmodelled: words(`
		applicationFailureFeedbackRoleArn applicationSuccessFeedbackRoleArn
		applicationSuccessFeedbackSampleRate firehoseFailureFeedbackRoleArn firehoseSuccessFeedbackRoleArn
		firehoseSuccessFeedbackSampleRate httpFailureFeedbackRoleArn httpSuccessFeedbackRoleArn
		httpSuccessFeedbackSampleRate lambdaFailureFeedbackRoleArn lambdaSuccessFeedbackRoleArn
		lambdaSuccessFeedbackSampleRate sqsFailureFeedbackRoleArn sqsSuccessFeedbackRoleArn
		sqsSuccessFeedbackSampleRate`),
		Name: &AutoName{Property: "name", Max: 256, Prefix: "namePrefix"},
		JSON: []string{"policy", "deliveryPolicy", "archivePolicy"},
		Keys: []string{"arn"},
		Unique: []Unique{{Props: []string{"name"}, Refusal: Refusal{
			snsInvalid, "Invalid parameter: Topic {value} exists already; CreateTopic would return it", "SNS API, CreateTopic",
		}}},
		Check:  checkTopic,
		Create: createTopic,
		Update: func(t *Tx, r *Resource, old Map) error {
			keep(r, old, "policy", "fifoThroughputScope", "signatureVersion", "tracingConfig")
			return applyTopic(t, r)
		},
		Delete: deleteTopic,
		Schema: schema.Of(sns.Topic{}, sns.TopicArgs{}),
		Timing: Timing{Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1),
			Source: "facts, section 1: SNS topic (guess)"},
		Calls:    Calls{"sns:CreateTopic sns:SetTopicAttributes sns:TagResource", "sns:GetTopicAttributes sns:ListTagsForResource", "sns:SetTopicAttributes sns:TagResource sns:UntagResource", "sns:DeleteTopic"},
		TaggedAs: "sns:",
	},
	&Kind{
		Type: typeTopicPolicy, Service: "SNS", Noun: "TopicPolicy", CreateCall: "SetTopicAttributes",
		UpdateCall: "SetTopicAttributes", DeleteCall: "SetTopicAttributes",
		JSON: []string{"policy"},
		Unique: []Unique{{Props: []string{"arn"}, Refusal: Refusal{
			snsInvalid, "Invalid parameter: topic {value} has a policy of another resource, which this one would overwrite", "provider, sns/topic_policy.go",
		}}},
		Refs: []Ref{{Path: "arn", To: typeTopic, Key: "arn", Missing: noSuchTopic}},
		Check: func(c *Checker) {
			c.policy("policy", iampolicy.Resource)
		},
		Create: func(t *Tx, r *Resource) error {
			r.ID = r.Str("arn")
			r.State["owner"] = t.Account()
			return applyTopicPolicy(t, r)
		},
		Update: func(t *Tx, r *Resource, _ Map) error { return applyTopicPolicy(t, r) },
		Delete: func(t *Tx, r *Resource) error {
			if topic, ok := t.Find(typeTopic, "arn", r.Str("arn")); ok {
				topic.State["policy"] = defaultTopicPolicy(t, topic)
				t.Save(topic)
			}
			return nil
		},
		Schema: schema.Of(sns.TopicPolicy{}, sns.TopicPolicyArgs{}),
		Timing: Timing{Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1),
			Source: "facts, section 1: SNS topic policy (guess)"},
		Calls: Calls{"sns:SetTopicAttributes", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:SetTopicAttributes"},
	},
	&Kind{
		Type: typeSubscription, Service: "SNS", Noun: "Subscription", CreateCall: "Subscribe",
		Kept:       words("confirmationTimeoutInMinutes"),
		UpdateCall: "SetSubscriptionAttributes", DeleteCall: "Unsubscribe",
		JSON:       []string{"deliveryPolicy", "filterPolicy", "redrivePolicy", "replayPolicy"},
		Overwrites: true,
		Refs:       []Ref{{Path: "topic", To: typeTopic, Key: "arn", Missing: noSuchTopic}},
		Check:      checkSubscription,
		Create:     createSubscription,
		Update:     func(_ *Tx, r *Resource, _ Map) error { return applySubscription(r) },
		Schema:     schema.Of(sns.TopicSubscription{}, sns.TopicSubscriptionArgs{}),
		Timing: Timing{Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1),
			Source: "facts, section 1: SNS subscription (guess)"},
		Calls: Calls{"sns:Subscribe", "sns:GetSubscriptionAttributes", "sns:SetSubscriptionAttributes", "sns:Unsubscribe"},
	},
)

var (
	topicPattern     = regexp.MustCompile(`^[0-9A-Za-z_-]{1,256}$`)
	fifoTopicPattern = regexp.MustCompile(`^[0-9A-Za-z_-]{1,251}\.fifo$`)
	topicPrefix      = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)
)

func checkTopic(c *Checker) {
	fifo, _ := c.Bool("fifoTopic")
	if fifo {
		c.Match("name", fifoTopicPattern, "a FIFO topic's name ends with .fifo")
	} else {
		c.Match("name", topicPattern, "up to 256 letters, digits, underscores and hyphens")
		for _, p := range []string{"archivePolicy", "fifoThroughputScope"} {
			if Str(c.In, p) != "" {
				c.Fail(p, "can only be set for FIFO topics")
			}
		}
		if Bool(c.In, "contentBasedDeduplication") {
			c.Fail("contentBasedDeduplication", "can only be set for FIFO topics")
		}
	}
	c.Length("displayName", 0, 100)
	c.Match("namePrefix", topicPrefix, "letters, digits, underscores and hyphens")
	c.policy("policy", iampolicy.Resource)
	for _, p := range []string{"deliveryPolicy", "archivePolicy"} {
		c.document(p, jsonObject)
	}
}

// jsonObject is for documents of which only the outer form is known.
func jsonObject(text string) []Problem {
	v, err := documents.ReadJSON(text)
	if err != nil {
		return []Problem{{Reason: err.Error()}}
	}
	if _, ok := v.(Map); !ok {
		return []Problem{{Reason: "expected an object, got " + documents.KindOf(v)}}
	}
	return nil
}

func createTopic(t *Tx, r *Resource) error {
	applyName(t, r)
	if name := r.Str("name"); r.Bool("fifoTopic") && !strings.HasSuffix(name, ".fifo") {
		r.State["name"] = name + ".fifo" // the provider appends it to names it makes
	}
	r.ID = t.ARN("sns", r.Str("name"))
	r.State["arn"], r.State["owner"] = r.ID, t.Account()
	scope := ""
	if r.Bool("fifoTopic") {
		scope = "Topic"
	}
	computed(r, Map{"beginningArchiveTime": "", "fifoThroughputScope": scope, "signatureVersion": 0.0, "tracingConfig": ""})
	return applyTopic(t, r)
}

// applyTopic checks what creation and update have in common.
func applyTopic(t *Tx, r *Resource) error {
	tagsAll(r)
	if ref := r.Str("kmsMasterKeyId"); ref != "" {
		key, problem := usableKey(t, ref)
		if problem != "" {
			return Refuse("KMSNotFound", "SNS API, SetTopicAttributes", "Invalid parameter: the KMS key %s %s", ref, problem)
		}
		if key != nil && key.Str("customerMasterKeySpec") != symmetric {
			return Refuse(snsInvalid, "SNS Developer Guide, Key management", "Invalid parameter: SNS takes symmetric keys only, %s is not one", ref)
		}
	}
	if policy, given := r.Inputs["policy"].(string); given {
		return checkTopicPolicy(t, r, policy)
	}
	if !Has(r.State, "policy") {
		r.State["policy"] = defaultTopicPolicy(t, r)
	}
	return nil
}

// deleteTopic takes the topic's policy and subscriptions with it (SNS API, DeleteTopic).
func deleteTopic(t *Tx, r *Resource) error {
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
func checkTopicPolicy(t *Tx, topic *Resource, text string) error {
	statements, err := iampolicy.Parse(text, iampolicy.Resource)
	if err != nil {
		return Refuse(snsInvalid, "SNS API, SetTopicAttributes", "Invalid parameter: Policy Error: %v", err)
	}
	if len(text) > maxTopicPolicy {
		return Refuse(snsInvalid, "SNS Developer Guide, Policy constraints", "Invalid parameter: Policy is longer than %d bytes", maxTopicPolicy)
	}
	if _, bad := invalidPrincipal(t, statements, "SNS"); bad {
		return Refuse(snsInvalid, "facts 122", "Invalid parameter: Policy Error: PrincipalNotFound")
	}
	for _, s := range statements {
		for _, a := range s.Actions {
			name, ours := strings.CutPrefix(strings.ToLower(a), "sns:")
			if !ours || !documents.OneOf(name, topicActions) {
				return Refuse(snsInvalid, "SNS API, SetTopicAttributes", "Invalid parameter: Policy statement action out of service scope!")
			}
		}
		arn := topic.Str("arn")
		if !slices.ContainsFunc(s.Resources, func(pattern string) bool { return iampolicy.Matches(pattern, arn) }) {
			return Refuse(snsInvalid, "SNS API, SetTopicAttributes", "Invalid parameter: Policy statement resource does not name the topic %s", arn)
		}
	}
	return nil
}

func applyTopicPolicy(t *Tx, r *Resource) error {
	topic, _ := t.Find(typeTopic, "arn", r.Str("arn")) // its Ref found it
	if err := checkTopicPolicy(t, topic, r.Str("policy")); err != nil {
		return err
	}
	topic.State["policy"] = r.Str("policy")
	t.Save(topic)
	return nil
}

// defaultTopicPolicy is what SNS gives a topic: everybody, as far as acting for the topic's own account.
func defaultTopicPolicy(t *Tx, topic *Resource) string {
	text, _ := json.Marshal(Map{ // a tree of strings: always encodable
		"Version": "2008-10-17", "Id": "__default_policy_ID",
		"Statement": List(Map{
			"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": Map{"AWS": "*"}, "Resource": topic.Str("arn"),
			"Action": List("SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
				"SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"),
			"Condition": Map{"StringEquals": Map{"AWS:SourceOwner": t.Account()}},
		}),
	})
	return string(text)
}
