package health_test

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/health"
	"github.com/deepstreamhub/platform/internal/plan"
)

func running(change func(*health.ServiceReading)) health.Reading {
	s := health.ServiceReading{
		Service: health.Service{Name: "deepstream", TaskDefinition: "arn:x/deepstream:7"}, Status: "ACTIVE", Current: "arn:x/deepstream:7",
		Desired: 6, Running: 6, Rollouts: []string{"COMPLETED"},
	}
	change(&s)
	return health.Reading{Services: []health.ServiceReading{s}}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	target := func(states map[string]int) health.Reading {
		return health.Reading{Targets: []health.TargetReading{{ARN: "arn:aws:elb:r:1:targetgroup/edge/1", States: states, Reason: "timed out"}}}
	}
	refresh := func(status string) health.Reading {
		return health.Reading{Groups: []health.GroupReading{{Name: "hosts", Status: status, Percent: 40, Reason: "an alarm"}}}
	}
	alarm := func(state string) health.Reading {
		return health.Reading{Alarms: []health.AlarmReading{{Name: "cpu", State: state}}}
	}
	tests := map[string]struct {
		reading health.Reading
		want    string // the first problem; empty: healthy
		final   bool
	}{
		"steady":              {reading: running(func(*health.ServiceReading) {})},
		"steady for long":     {reading: running(func(s *health.ServiceReading) { s.Rollouts = []string{""} })},
		"gone":                {running(func(s *health.ServiceReading) { s.Status = "" }), "service deepstream is gone", true},
		"deleted":             {running(func(s *health.ServiceReading) { s.Status = "INACTIVE" }), "is INACTIVE", true},
		"deployed":            {running(func(s *health.ServiceReading) { s.Rollouts = []string{"IN_PROGRESS", "COMPLETED"} }), "is being deployed", false},
		"begins":              {running(func(s *health.ServiceReading) { s.Rollouts, s.Event = []string{"IN_PROGRESS"}, "no room" }), "is being deployed: no room", false},
		"taken back":          {running(func(s *health.ServiceReading) { s.Current = "arn:x/deepstream:6" }), "runs deepstream:6 and not deepstream:7", true},
		"a task short":        {running(func(s *health.ServiceReading) { s.Running = 5 }), "runs 5 of 6 tasks", false},
		"a task coming":       {running(func(s *health.ServiceReading) { s.Pending = 1 }), "runs 6 of 6 tasks", false},
		"healthy targets":     {reading: target(map[string]int{"healthy": 6, "draining": 2, "initial": 1})},
		"an unhealthy target": {target(map[string]int{"healthy": 5, "unhealthy": 1}), "target group edge has 1 unhealthy target: timed out", false},
		"two unhealthy":       {target(map[string]int{"healthy": 5, "unhealthy": 1, "unavailable": 1}), "has 2 unhealthy targets: timed out", false},
		"no target":           {target(nil), "has no healthy target", false},
		"never refreshed":     {reading: refresh("")},
		"refreshed":           {reading: refresh("Successful")},
		"refreshing":          {refresh("InProgress"), "are being replaced: InProgress, 40 percent", false},
		"refresh taken back":  {refresh("RollbackSuccessful"), "ended as RollbackSuccessful: an alarm", true},
		"refresh failed":      {refresh("Failed"), "ended as Failed", true},
		"a state of tomorrow": {refresh("Levitating"), "ended as Levitating", true},
		"quiet":               {reading: alarm("OK")},
		"without data":        {reading: alarm("INSUFFICIENT_DATA")},
		"firing":              {alarm("ALARM"), "alarm cpu fires", false},
		"an alarm is gone":    {alarm(""), "alarm cpu is gone", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			problems := health.Judge(tt.reading)
			if tt.want == "" {
				if len(problems) > 0 {
					t.Fatalf("not healthy: %v", problems)
				}
				return
			}
			if len(problems) == 0 || !strings.Contains(problems[0].What, tt.want) || problems[0].Final != tt.final {
				t.Fatalf("got %v, want %q, final %t", problems, tt.want, tt.final)
			}
		})
	}
}

// What is looked at is what the stack has, region by region, without what is about to be deleted.
func TestFrom(t *testing.T) {
	t.Parallel()
	const urn = "urn:pulumi:prod-eu::deepstreamhub::pulumi:providers:aws::aws"
	provider := plan.Resource{URN: urn, ID: "1", Type: "pulumi:providers:aws", Inputs: map[string]any{"profile": "prod"}}
	service := plan.Resource{Provider: urn + "::1", Type: "aws:ecs/service:Service", ID: "arn:aws:ecs:eu-central-1:1:service/c/s", Outputs: map[string]any{"name": "s", "taskDefinition": "t"}}
	old := service
	old.Delete = true
	parts := health.From(plan.State{Resources: []plan.Resource{
		provider, service, old,
		{Type: "aws:cloudwatch/metricAlarm:MetricAlarm", ID: "far", Outputs: map[string]any{"name": "far", "arn": "arn:aws:cloudwatch:us-east-1:1:alarm:far"}},
		{Type: "aws:lb/targetGroup:TargetGroup", Outputs: map[string]any{"arn": "arn:aws:elasticloadbalancing:eu-central-1:1:targetgroup/t/1"}},
		{Type: "aws:autoscaling/group:Group", Outputs: map[string]any{"name": "g", "arn": "arn:aws:autoscaling:eu-central-1:1:autoScalingGroup:x:y"}},
		{Type: "aws:ec2/vpc:Vpc", Outputs: map[string]any{"arn": "arn:aws:ec2:eu-west-1:1:vpc/v"}},
		{Type: "deepstreamhub:service:Service"},
	}})
	if len(parts) != 2 {
		t.Fatalf("regions: %v", parts)
	}
	eu, us := parts["eu-central-1"], parts["us-east-1"]
	if len(eu.Services) != 1 || len(eu.Targets) != 1 || len(eu.Groups) != 1 || len(eu.Alarms) != 0 || len(us.Alarms) != 1 {
		t.Errorf("eu %+v, us %+v", eu, us)
	}
	if eu.Access.Profile != "prod" || us.Access.Profile != "" {
		t.Errorf("eu is reached as %+v, us as %+v", eu.Access, us.Access)
	}
}
