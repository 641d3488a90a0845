package services

import (
	"net/mail"
	"reflect"
	"regexp"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

func checkSubscription(c *cloud.Checker) {
	if cloud.Has(c.In, "filterPolicyScope") && !cloud.Has(c.In, "filterPolicy") {
		c.Fail("filterPolicyScope", "filter_policy is required when filter_policy_scope is set")
	}
	for _, p := range []string{"deliveryPolicy", "filterPolicy", "redrivePolicy", "replayPolicy"} {
		c.Document(p, jsonObject)
	}
}

// endpoint is what a protocol delivers to (SNS API, Subscribe).
type endpoint struct {
	is        *regexp.Regexp
	message   string // of the refusal when it is not
	confirmed bool   // AWS confirms it by itself; the others wait for their owner
	raw       bool   // takes messages without the envelope
}

var endpoints = map[string]endpoint{
	"application": {regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:endpoint/\S+$`), "Application endpoint ARN", true, false},
	"email":       {regexp.MustCompile(`^\S+@\S+$`), "Email address", false, false},
	"email-json":  {regexp.MustCompile(`^\S+@\S+$`), "Email address", false, false},
	"firehose":    {regexp.MustCompile(`^arn:aws[a-z-]*:firehose:[a-z0-9-]+:\d{12}:deliverystream/\S+$`), "Firehose endpoint ARN", true, true},
	"http":        {regexp.MustCompile(`^http://\S+$`), "Endpoint must match the specified protocol", false, true},
	"https":       {regexp.MustCompile(`^https://\S+$`), "Endpoint must match the specified protocol", false, true},
	"lambda":      {regexp.MustCompile(`^arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:\S+$`), "Lambda endpoint ARN", true, false},
	"sms":         {regexp.MustCompile(`^\+?[0-9]{5,20}$`), "Invalid SMS endpoint", true, false},
	"sqs":         {regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?$`), "SQS endpoint ARN", true, true},
}

func createSubscription(t *cloud.Tx, r *cloud.Resource) error {
	protocol := r.Str("protocol")
	e, to := endpoints[protocol], r.Str("endpoint")
	_, err := mail.ParseAddress(to)
	if !e.is.MatchString(to) || strings.HasPrefix(protocol, "email") && err != nil {
		return cloud.Refuse(snsInvalid, "SNS API, Subscribe", "Invalid parameter: %s", e.message)
	}
	topic, _ := t.Find(typeTopic, "arn", r.Str("topic")) // its Ref found it
	if topic.Bool("fifoTopic") && protocol != "sqs" {
		return cloud.Refuse(snsInvalid, "SNS Developer Guide, FIFO topics", "Invalid parameter: Invalid protocol type: %s", protocol)
	}
	if cloud.Has(r.State, "replayPolicy") && !topic.Bool("fifoTopic") {
		return cloud.Refuse(snsInvalid, "SNS Developer Guide, Message archiving", "Invalid parameter: ReplayPolicy is for FIFO topics only")
	}
	if protocol == "firehose" && r.Str("subscriptionRoleArn") == "" {
		return cloud.Refuse(snsInvalid, "SNS API, Subscribe", "Invalid parameter: SubscriptionRoleArn is required for firehose")
	}
	confirmed := e.confirmed || r.Bool("endpointAutoConfirms") && strings.HasPrefix(protocol, "http")
	r.ID = r.Str("topic") + ":" + t.UUID()
	for _, other := range t.All(typeSubscription) {
		if other.Str("topic") != r.Str("topic") || other.Str("protocol") != protocol || other.Str("endpoint") != to {
			continue
		}
		if !reflect.DeepEqual(other.Inputs, r.Inputs) {
			return cloud.Refuse(snsInvalid, "SNS API, Subscribe; localstack issue 8816 has AWS's answer",
				"Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
		}
		r.ID = other.ID // Subscribe answers with the one that is there
	}
	r.State["arn"], r.State["ownerId"] = r.ID, t.Account()
	r.State["pendingConfirmation"], r.State["confirmationWasAuthenticated"] = !confirmed, e.confirmed
	return applySubscription(r)
}

// applySubscription checks what creation and update have in common.
func applySubscription(r *cloud.Resource) error {
	protocol := r.Str("protocol")
	if r.Bool("rawMessageDelivery") && !endpoints[protocol].raw {
		return cloud.Refuse(snsInvalid, "SNS Developer Guide, Raw message delivery",
			"Invalid parameter: Delivery protocol [%s] does not support raw message delivery.", protocol)
	}
	if cloud.Has(r.State, "deliveryPolicy") && !strings.HasPrefix(protocol, "http") {
		return cloud.Refuse(snsInvalid, "SNS API, SetSubscriptionAttributes", "Invalid parameter: DeliveryPolicy is for HTTP and HTTPS only")
	}
	scope := ""
	if cloud.Has(r.State, "filterPolicy") {
		scope = "MessageAttributes"
	}
	cloud.Computed(r, cloud.Map{"filterPolicyScope": scope})
	return nil
}

// publisher is an AWS service that publishes to topics.
type publisher struct {
	service string
	// anonymous publishers name no source, so that no condition on one holds: EventBridge (SNS Developer Guide,
	// "Configuring AWS KMS permissions"; EventBridge User Guide, "Troubleshooting Amazon EventBridge").
	anonymous bool
}

var (
	alarmPublisher = publisher{service: "cloudwatch.amazonaws.com"}
	eventPublisher = publisher{service: "events.amazonaws.com", anonymous: true}
)

// delivers refuses a topic that does not exist here or that would drop what the publisher sends. CloudWatch and
// EventBridge themselves accept such a topic, try, and fail where nobody looks; source is the ARN of what publishes.
func delivers(t *cloud.Tx, p publisher, source, topicArn string) error {
	topic, ok := t.Find(typeTopic, "arn", topicArn)
	if !ok {
		return cloud.Refuse("ValidationError", "SNS API, Publish", "Topic %s does not exist: nothing would be delivered", topicArn)
	}
	context := map[string]string{}
	if !p.anonymous {
		context = map[string]string{"aws:sourceaccount": t.Account(), "aws:sourceowner": t.Account(), "aws:sourcearn": source}
	}
	who := iampolicy.Principal{Kind: "Service", ID: p.service}
	statements, err := iampolicy.Parse(topic.Str("policy"), iampolicy.Resource)
	if err != nil || !iampolicy.Allows(statements, iampolicy.Request{Principal: who, Action: "sns:Publish", Resource: topicArn, Context: context}) {
		return cloud.Refuse("ValidationError", "SNS Developer Guide, Example cases for Amazon SNS access control",
			"%s is not authorized to perform: SNS:Publish on resource: %s", p.service, topicArn)
	}
	ref := topic.Str("kmsMasterKeyId")
	if ref == "" {
		return nil
	}
	key, problem := usableKey(t, ref)
	if problem == "" && key != nil && mayPublishUnder(key, who, context) {
		return nil
	}
	return cloud.Refuse("ValidationError", "SNS Developer Guide, Configuring AWS KMS permissions",
		"%s does not have authorization to access the SNS topic encryption key %s", p.service, ref)
}

// mayPublishUnder reports whether a key's policy allows what publishing to an encrypted topic takes. A key managed by AWS
// never does.
func mayPublishUnder(key *cloud.Resource, who iampolicy.Principal, context map[string]string) bool {
	statements, err := iampolicy.Parse(key.Str("policy"), iampolicy.Resource)
	if err != nil {
		return false
	}
	for _, action := range []string{"kms:Decrypt", "kms:GenerateDataKey"} {
		if !iampolicy.Allows(statements, iampolicy.Request{Principal: who, Action: action, Resource: key.Str("arn"), Context: context}) {
			return false
		}
	}
	return true
}
