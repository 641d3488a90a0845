package observability

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
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

	outlet outlet
	alarms []*cloudwatch.MetricAlarm
}

// New registers an Observability. It refuses invalid arguments before registering anything.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Observability, error) {
	if err := errors.Join(blocks.PlainProblem("name", name, maxName), args.Validate()); err != nil {
		return nil, fmt.Errorf("create observability %s: %w", name, err)
	}
	o := &Observability{}
	if err := blocks.Register(ctx, Type, name, args, args.Tags, o, opts); err != nil {
		return nil, fmt.Errorf("create observability %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(o), out: o}
	for _, step := range []func() error{b.main, b.alarm, b.health, b.passOnEvents, b.dashboard} {
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

// outlet is a topic with who is told. Alarms publish only to topics of their own region.
type outlet struct {
	key      *kms.Key
	topicArn pulumi.StringOutput // known once the topic's policy is in place
}

// main makes the region's own outlet.
func (b *builder) main() (err error) {
	if b.outlet, err = b.newOutlet(b.name); err != nil {
		return err
	}
	b.out.TopicArn, b.out.KeyArn = b.outlet.topicArn, b.outlet.key.Arn
	return nil
}

// newOutlet makes an outlet in the region of the provider among the options, or else in the component's own. The key
// that AWS manages for SNS would not do: CloudWatch may not use it. Whoever publishes to the topic waits for its policy:
// an alarm that goes off earlier would be lost without a trace.
func (b *builder) newOutlet(name string, where ...pulumi.ResourceOption) (outlet, error) {
	options := append([]pulumi.ResourceOption{b.child}, where...)
	key, err := kms.NewKey(b.ctx, name+"-key", &kms.KeyArgs{
		Description:          pulumi.Sprintf("Alarms and events of %s", b.args.Stack),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(30),
		Policy:               b.here(place.keyPolicy),
	}, options...)
	if err != nil {
		return outlet{}, err
	}
	if _, err := kms.NewAlias(b.ctx, name+"-key-alias", &kms.AliasArgs{
		Name:        pulumi.String("alias/" + blocks.Name(b.ctx, b.args.NamePrefix, b.args.Stack, name)),
		TargetKeyId: key.KeyId,
	}, options...); err != nil {
		return outlet{}, err
	}
	topic, err := sns.NewTopic(b.ctx, name+"-topic", &sns.TopicArgs{
		DisplayName:    pulumi.String(b.args.Stack),
		KmsMasterKeyId: key.Arn,
	}, options...)
	if err != nil {
		return outlet{}, err
	}
	document := pulumi.All(b.args.Cluster.Arn, topic.Arn).ApplyT(func(arns []any) (string, error) {
		p, err := placeOf(arns[0].(string), b.args.Region)
		if err != nil {
			return "", err
		}
		return p.topicPolicy(arns[1].(string))
	}).(pulumi.StringOutput)
	policy, err := sns.NewTopicPolicy(b.ctx, name+"-topic-policy", &sns.TopicPolicyArgs{Arn: topic.Arn, Policy: document}, options...)
	if err != nil {
		return outlet{}, err
	}
	for _, s := range b.args.Subscriptions {
		if _, err := sns.NewTopicSubscription(b.ctx, name+"-"+s.key(), &sns.TopicSubscriptionArgs{
			Topic:    topic.Arn,
			Protocol: pulumi.String(s.Protocol),
			Endpoint: pulumi.String(s.Endpoint),
		}, options...); err != nil {
			return outlet{}, err
		}
	}
	return outlet{key, policy.Arn}, nil
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
