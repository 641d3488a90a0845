package services

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// publishPolicy is a topic's policy that lets services publish, each as far as its condition holds.
func publishPolicy(topic string, conditions map[string]string) string {
	var statements []string
	for _, service := range slices.Sorted(maps.Keys(conditions)) {
		condition := ""
		if c := conditions[service]; c != "" {
			condition = `,"Condition":` + c
		}
		statements = append(statements, fmt.Sprintf(
			`{"Effect":"Allow","Principal":{"Service":"%s.amazonaws.com"},"Action":"sns:Publish","Resource":%q%s}`, service, topic, condition))
	}
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const ownAccount = `{"StringEquals":{"aws:SourceAccount":"111122223333"}}`

// topicKeyPolicy is a key's policy that lets the account and services use it.
func topicKeyPolicy(conditions map[string]string) string {
	statements := fmt.Sprintf(`{"Effect":"Allow","Principal":%s,"Action":"kms:*","Resource":"*"}`, rootPrincipal)
	for _, service := range slices.Sorted(maps.Keys(conditions)) {
		condition := ""
		if c := conditions[service]; c != "" {
			condition = `,"Condition":` + c
		}
		statements += fmt.Sprintf(`,{"Effect":"Allow","Principal":{"Service":"%s.amazonaws.com"},"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"*"%s}`,
			service, condition)
	}
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

func TestTopic(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	_, key := d.make(typeKey, cloud.Map{})
	id, topic := d.make(typeTopic, cloud.Map{"name": "alarms", "kmsMasterKeyId": key["arn"], "tags": cloud.Map{"a": "b"}})
	require.Equal(t, "arn:aws:sns:eu-central-1:111122223333:alarms", id)
	require.Equal(t, id, topic["arn"])
	require.Equal(t, "111122223333", topic["owner"])
	require.Equal(t, cloud.Map{"a": "b"}, topic["tagsAll"])
	require.Contains(t, topic["policy"], "__default_statement_ID")
	require.Empty(t, problems(typeTopic, cloud.Map{"policy": topic["policy"]}))

	_, auto := d.make(typeTopic, cloud.Map{"fifoTopic": true, "namePrefix": "queue-"})
	require.Regexp(t, `^queue-\w+\.fifo$`, auto["name"])

	d.refused(snsInvalid, typeTopic, cloud.Map{"name": "alarms"})
	d.refused("KMSNotFound", typeTopic, cloud.Map{"name": "b", "kmsMasterKeyId": "arn:aws:kms:eu-central-1:111122223333:key/none"})
	_, asymmetric := d.make(typeKey, cloud.Map{"customerMasterKeySpec": "RSA_2048"})
	d.refused(snsInvalid, typeTopic, cloud.Map{"name": "b", "kmsMasterKeyId": asymmetric["arn"]})

	state, err := d.change(typeTopic, id, cloud.Map{"name": "alarms", "displayName": "Alarms"})
	require.NoError(t, err)
	require.Equal(t, topic["policy"], state["policy"])
}

func TestTopicChecks(t *testing.T) {
	t.Parallel()
	refusesInputs(t, typeTopic, cloud.Map{"name": "alarms"}, []badInput{
		{"name", "a b"}, {"name", strings.Repeat("a", 257)}, {"name", "a.fifo"}, {"signatureVersion", 3.0}, {"tracingConfig", "On"},
		{"policy", `{"Statement":[]}`}, {"deliveryPolicy", `[]`}, {"deliveryPolicy", `{`}, {"archivePolicy", `{}`},
		{"contentBasedDeduplication", true}, {"fifoThroughputScope", "Topic"}, {"httpSuccessFeedbackSampleRate", 101.0},
		{"lambdaFailureFeedbackRoleArn", "role"},
	})
	require.NotEmpty(t, problems(typeTopic, cloud.Map{"name": "a", "namePrefix": "b"}))
	require.NotEmpty(t, problems(typeTopic, cloud.Map{"name": "a", "fifoTopic": true}))
	require.Empty(t, problems(typeTopic, cloud.Map{"name": "a.fifo", "fifoTopic": true, "contentBasedDeduplication": true}))
}

func TestTopicPolicy(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	arn, topic := d.make(typeTopic, cloud.Map{"name": "alarms"})
	good := publishPolicy(arn, map[string]string{"cloudwatch": ownAccount})
	id, state := d.make(typeTopicPolicy, cloud.Map{"arn": arn, "policy": good})
	require.Equal(t, arn, id)
	require.Equal(t, "111122223333", state["owner"])
	require.Equal(t, good, d.read(typeTopic, arn)["policy"])

	d.refused(snsInvalid, typeTopicPolicy, cloud.Map{"arn": arn, "policy": good})
	d.refused("NotFound", typeTopicPolicy, cloud.Map{"arn": arn + "2", "policy": good})
	for _, bad := range []string{
		publishPolicy(arn+"2", map[string]string{"cloudwatch": ""}),
		strings.Replace(good, "sns:Publish", "sqs:SendMessage", 1),
		strings.Replace(good, "sns:Publish", "sns:*", 1),
		strings.Replace(good, `{"Service":"cloudwatch.amazonaws.com"}`, `{"AWS":"arn:aws:iam::111122223333:role/none"}`, 1),
		strings.Replace(good, arn, arn+`","`+arn+strings.Repeat("x", maxTopicPolicy), 1),
	} {
		_, err := d.change(typeTopicPolicy, id, cloud.Map{"arn": arn, "policy": bad})
		require.Equal(t, snsInvalid, cloud.Code(err), "%.200s: %v", bad, err)
	}
	require.Equal(t, good, d.read(typeTopic, arn)["policy"])
	refusesInputs(t, typeTopicPolicy, cloud.Map{"arn": arn, "policy": good}, []badInput{{"arn", "alarms"}, {"policy", "{}"}})

	require.NoError(t, d.gone(typeTopicPolicy, id, nil))
	require.Equal(t, topic["policy"], d.read(typeTopic, arn)["policy"])
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	arn, _ := d.make(typeTopic, cloud.Map{"name": "alarms"})
	for protocol, test := range map[string]struct {
		endpoint, bad string
		pending       bool
	}{
		"email": {"ops@deepstreamhub.com", "ops", true},
		"https": {"https://example.com/hook", "http://example.com/hook", true},
		"http":  {"http://example.com/hook", "https://example.com/hook", true},
		"sqs":   {"arn:aws:sqs:eu-central-1:111122223333:alarms", "alarms", false},
		"sms":   {"+4915112345678", "me", false},
	} {
		in := cloud.Map{"topic": arn, "protocol": protocol, "endpoint": test.endpoint}
		id, state := d.make(typeSubscription, in)
		require.True(t, strings.HasPrefix(id, arn+":"), id)
		require.Equal(t, test.pending, state["pendingConfirmation"], protocol)
		require.Equal(t, "111122223333", state["ownerId"])
		again, _ := d.make(typeSubscription, in)
		require.Equal(t, id, again, "AWS answers with the one that is there")
		d.refused(snsInvalid, typeSubscription, with(in, cloud.Map{"deliveryPolicy": "{}"}))
		d.refused(snsInvalid, typeSubscription, with(in, cloud.Map{"endpoint": test.bad}))
	}
	_, state := d.make(typeSubscription, cloud.Map{"topic": arn, "protocol": "https", "endpoint": "https://auto", "endpointAutoConfirms": true})
	require.Equal(t, false, state["pendingConfirmation"])

	email := cloud.Map{"topic": arn, "protocol": "email", "endpoint": "a@b.org"}
	d.refused("NotFound", typeSubscription, with(email, cloud.Map{"topic": arn + "2"}))
	d.refused(snsInvalid, typeSubscription, with(email, cloud.Map{"rawMessageDelivery": true}))
	d.refused(snsInvalid, typeSubscription, with(email, cloud.Map{"deliveryPolicy": "{}"}))
	d.refused(snsInvalid, typeSubscription, with(email, cloud.Map{"replayPolicy": "{}"}))
	d.refused(snsInvalid, typeSubscription, with(email, cloud.Map{"endpoint": "a@@b.org"}))
	d.refused(snsInvalid, typeSubscription, cloud.Map{"topic": arn, "protocol": "firehose",
		"endpoint": "arn:aws:firehose:eu-central-1:111122223333:deliverystream/a"})
	fifo, _ := d.make(typeTopic, cloud.Map{"name": "a.fifo", "fifoTopic": true})
	d.refused(snsInvalid, typeSubscription, with(email, cloud.Map{"topic": fifo}))

	refusesInputs(t, typeSubscription, with(email, cloud.Map{"filterPolicy": "{}"}), []badInput{
		{"topic", "alarms"}, {"protocol", "fax"}, {"filterPolicy", "["}, {"filterPolicyScope", "Header"}, {"subscriptionRoleArn", "role"},
	})
	require.NotEmpty(t, problems(typeSubscription, with(email, cloud.Map{"filterPolicyScope": "MessageBody"})))
}

// TestTopicTakesItsOwn deletes a topic before what depends on it, as a person in the console may.
func TestTopicTakesItsOwn(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	arn, _ := d.make(typeTopic, cloud.Map{"name": "alarms"})
	policy, _ := d.make(typeTopicPolicy, cloud.Map{"arn": arn, "policy": publishPolicy(arn, map[string]string{"events": ""})})
	subscription, _ := d.make(typeSubscription, cloud.Map{"topic": arn, "protocol": "email", "endpoint": "a@b.org"})
	require.NoError(t, d.gone(typeTopic, arn, nil))
	for typ, id := range map[string]string{typeTopicPolicy: policy, typeSubscription: subscription} {
		_, _, err := d.Read(home, typ, id)
		require.ErrorAs(t, err, new(*cloud.NotFound), typ)
		require.NoError(t, d.Delete(context.Background(), home, typ, id, nil))
	}
}
