package health

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ecs"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/deepstreamhub/platform/internal/awsenv"
)

// Account says which AWS is asked. The zero value is the one of the environment: its credentials, as any AWS tool finds
// them.
type Account struct {
	Endpoint       string // http://host:port of an offline AWS; empty: the real one
	Key, KeySecret string // its credentials
}

// most is how many names one call takes (Amazon ECS API Reference, DescribeServices: 10; CloudWatch API Reference,
// DescribeAlarms: 100).
const (
	mostServices = 10
	mostAlarms   = 100
)

// Read asks AWS how the parts of a region are.
func (a Account) Read(ctx context.Context, region string, p *Part) (Reading, error) {
	cfg, err := a.config(ctx, region, p.Access)
	if err != nil {
		return Reading{}, fmt.Errorf("find credentials: %w", err)
	}
	var r Reading
	for _, read := range []func(context.Context, aws.Config, *Part, *Reading) error{services, targets, groups, alarms} {
		if err := read(ctx, cfg, p, &r); err != nil {
			return r, fmt.Errorf("read health in %s: %w", region, err)
		}
	}
	return r, nil
}

func (a Account) config(ctx context.Context, region string, access awsenv.Access) (aws.Config, error) {
	if a.Endpoint == "" {
		return awsenv.Config(ctx, nil, region, access)
	}
	return aws.Config{
		Region: region, BaseEndpoint: aws.String(a.Endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(a.Key, a.KeySecret, ""),
	}, nil
}

func services(ctx context.Context, cfg aws.Config, p *Part, r *Reading) error {
	client := ecs.NewFromConfig(cfg)
	byCluster := map[string][]Service{}
	for _, s := range p.Services {
		byCluster[s.Cluster] = append(byCluster[s.Cluster], s)
	}
	for cluster, all := range byCluster {
		for some := range slices.Chunk(all, mostServices) {
			arns := make([]string, len(some))
			for i, s := range some {
				arns[i] = s.ARN
			}
			out, err := client.DescribeServices(ctx, &ecs.DescribeServicesInput{Cluster: &cluster, Services: arns})
			if err != nil {
				return err
			}
			for _, s := range some {
				r.Services = append(r.Services, service(s, out))
			}
		}
	}
	slices.SortFunc(r.Services, func(a, b ServiceReading) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

func service(s Service, from *ecs.DescribeServicesOutput) ServiceReading {
	r := ServiceReading{Service: s}
	for _, d := range from.Services {
		if aws.ToString(d.ServiceArn) != s.ARN {
			continue
		}
		r.Status, r.Current = aws.ToString(d.Status), aws.ToString(d.TaskDefinition)
		r.Desired, r.Running, r.Pending = int(d.DesiredCount), int(d.RunningCount), int(d.PendingCount)
		for _, rollout := range d.Deployments {
			r.Rollouts = append(r.Rollouts, string(rollout.RolloutState))
			if aws.ToString(rollout.Status) == "PRIMARY" {
				r.Current = aws.ToString(rollout.TaskDefinition)
			}
		}
		if len(d.Events) > 0 { // the newest first
			r.Event = aws.ToString(d.Events[0].Message)
		}
	}
	return r
}

func targets(ctx context.Context, cfg aws.Config, p *Part, r *Reading) error {
	client := elb.NewFromConfig(cfg)
	for _, arn := range p.Targets {
		out, err := client.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &arn})
		if err != nil {
			return err
		}
		t := TargetReading{ARN: arn, States: map[string]int{}}
		for _, d := range out.TargetHealthDescriptions {
			if d.TargetHealth == nil {
				continue
			}
			state := string(d.TargetHealth.State)
			t.States[state]++
			if state == "unhealthy" {
				t.Reason = aws.ToString(d.TargetHealth.Description)
			}
		}
		r.Targets = append(r.Targets, t)
	}
	return nil
}

func groups(ctx context.Context, cfg aws.Config, p *Part, r *Reading) error {
	client := autoscaling.NewFromConfig(cfg)
	for _, name := range p.Groups {
		out, err := client.DescribeInstanceRefreshes(ctx, &autoscaling.DescribeInstanceRefreshesInput{
			AutoScalingGroupName: &name, MaxRecords: aws.Int32(1), // the newest first
		})
		if err != nil {
			return err
		}
		g := GroupReading{Name: name}
		if len(out.InstanceRefreshes) > 0 {
			last := out.InstanceRefreshes[0]
			g.Status, g.Reason, g.Percent = string(last.Status), aws.ToString(last.StatusReason), int(aws.ToInt32(last.PercentageComplete))
		}
		r.Groups = append(r.Groups, g)
	}
	return nil
}

func alarms(ctx context.Context, cfg aws.Config, p *Part, r *Reading) error {
	client := cloudwatch.NewFromConfig(cfg)
	found := map[string]AlarmReading{}
	for names := range slices.Chunk(p.Alarms, mostAlarms) {
		out, err := client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: names, MaxRecords: aws.Int32(mostAlarms)})
		if err != nil {
			return err
		}
		for _, a := range out.MetricAlarms {
			name := aws.ToString(a.AlarmName)
			found[name] = AlarmReading{Name: name, State: string(a.StateValue), Reason: aws.ToString(a.StateReason)}
		}
	}
	for _, name := range p.Alarms {
		a := found[name]
		a.Name = name
		r.Alarms = append(r.Alarms, a)
	}
	return nil
}
