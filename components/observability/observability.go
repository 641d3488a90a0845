package observability

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:observability:Observability"

// Observability is what tells people how a region is.
type Observability struct {
	pulumi.ResourceState

	TopicArn      pulumi.StringOutput // known once CloudWatch and EventBridge may publish to it
	KeyArn        pulumi.StringOutput // key that the topic is encrypted under
	DashboardName pulumi.StringOutput
}

// builder holds what the steps of New hand to each other.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  *Args
	child pulumi.ResourceOption // makes a resource a child of the observability
	out   *Observability

	key      *kms.Key
	topic    *sns.Topic
	topicArn pulumi.StringOutput // known once the topic's policy is in place
	alarms   []*cloudwatch.MetricAlarm
}

// New registers an Observability. It refuses invalid arguments before registering anything.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Observability, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("create observability %s: %w", name, err)
	}
	o := &Observability{}
	if err := ctx.RegisterComponentResourceV2(Type, name, args.inputs(), o, opts...); err != nil {
		return nil, fmt.Errorf("create observability %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(o), out: o}
	for _, step := range []func() error{b.encryption, b.notification, b.subscriptions, b.alarm, b.passOnEvents, b.dashboard} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("create observability %s: %w", name, err)
		}
	}
	return o, ctx.RegisterResourceOutputs(o, pulumi.Map{
		"topicArn":      o.TopicArn,
		"keyArn":        o.KeyArn,
		"dashboardName": o.DashboardName,
	})
}

// encryption makes the topic's key. The one that AWS manages for SNS would not do: CloudWatch may not use it.
func (b *builder) encryption() error {
	key, err := kms.NewKey(b.ctx, b.name+"-key", &kms.KeyArgs{
		Description:          pulumi.Sprintf("Alarms and events of %s", b.args.Stack),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30),
		Policy:               b.here(place.keyPolicy),
	}, b.child)
	if err != nil {
		return err
	}
	b.key = key
	b.out.KeyArn = key.Arn
	_, err = kms.NewAlias(b.ctx, b.name+"-key-alias", &kms.AliasArgs{
		Name:        pulumi.Sprintf("alias/deepstreamhub/%s/%s", b.args.Stack, b.name),
		TargetKeyId: key.KeyId,
	}, b.child)
	return err
}

// notification makes the topic. Whoever publishes to it waits for its policy: an alarm that goes off earlier would be
// lost without a trace.
func (b *builder) notification() error {
	topic, err := sns.NewTopic(b.ctx, b.name+"-topic", &sns.TopicArgs{
		DisplayName:    pulumi.String(b.args.Stack),
		KmsMasterKeyId: b.key.Arn,
	}, b.child)
	if err != nil {
		return err
	}
	b.topic = topic
	document := pulumi.All(b.args.Cluster.Arn, topic.Arn).ApplyT(func(arns []any) (string, error) {
		p, err := placeOf(arns[0].(string), b.args.Region)
		if err != nil {
			return "", err
		}
		return p.topicPolicy(arns[1].(string))
	}).(pulumi.StringOutput)
	policy, err := sns.NewTopicPolicy(b.ctx, b.name+"-topic-policy", &sns.TopicPolicyArgs{Arn: topic.Arn, Policy: document}, b.child)
	if err != nil {
		return err
	}
	b.topicArn = policy.Arn
	b.out.TopicArn = policy.Arn
	return nil
}

func (b *builder) subscriptions() error {
	for _, s := range b.args.Subscriptions {
		_, err := sns.NewTopicSubscription(b.ctx, b.name+"-"+s.key(), &sns.TopicSubscriptionArgs{
			Topic:    b.topic.Arn,
			Protocol: pulumi.String(s.Protocol),
			Endpoint: pulumi.String(s.Endpoint),
		}, b.child)
		if err != nil {
			return err
		}
	}
	return nil
}

// here writes something once it is known in which account the region lies.
func (b *builder) here(write func(place) (string, error)) pulumi.StringOutput {
	return b.args.Cluster.Arn.ToStringOutput().ApplyT(func(clusterArn string) (string, error) {
		p, err := placeOf(clusterArn, b.args.Region)
		if err != nil {
			return "", err
		}
		return write(p)
	}).(pulumi.StringOutput)
}
