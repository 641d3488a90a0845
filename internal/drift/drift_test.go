package drift_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/internal/blind"
	"github.com/deepstreamhub/platform/internal/drift"
	"github.com/deepstreamhub/platform/internal/plan"
)

func TestOf(t *testing.T) {
	t.Parallel()
	const service, group, vpc = "aws:ecs/service:Service", "aws:autoscaling/group:Group", "aws:ec2/vpc:Vpc"
	tests := map[string]struct {
		step   plan.Step
		want   []string // the inputs that drifted; nil: none
		scaled int
	}{
		"same":             {step: plan.Step{Type: vpc, Op: plan.OpSame}},
		"refreshed":        {step: plan.Step{Type: vpc, Op: plan.OpRefresh}},
		"a tag":            {step: plan.Step{Type: vpc, Op: plan.OpUpdate, Changed: []string{"tags.owner"}}, want: []string{"tags.owner"}},
		"deleted":          {step: plan.Step{Type: vpc, Op: plan.OpDelete}, want: []string{}},
		"without detail":   {step: plan.Step{Type: service, Op: plan.OpUpdate}, want: []string{}},
		"scaled tasks":     {step: plan.Step{Type: service, Op: plan.OpUpdate, Changed: []string{"desiredCount"}}, scaled: 1},
		"scaled hosts":     {step: plan.Step{Type: group, Op: plan.OpUpdate, Changed: []string{"desiredCapacity"}}, scaled: 1},
		"scaled and more":  {step: plan.Step{Type: group, Op: plan.OpUpdate, Changed: []string{"desiredCapacity", "maxSize"}}, want: []string{"maxSize"}},
		"scaled elsewhere": {step: plan.Step{Type: vpc, Op: plan.OpUpdate, Changed: []string{"desiredCount"}}, want: []string{"desiredCount"}},
		"service deleted":  {step: plan.Step{Type: service, Op: plan.OpDelete}, want: []string{}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := strings.Join(tt.step.Changed, " ")
			r := drift.Of(plan.Plan{Stack: "s", Steps: []plan.Step{tt.step, {Type: "deepstreamhub:network:Network", Op: plan.OpUpdate}}})
			if r.Looked != 1 || r.Scaled != tt.scaled || (len(r.Drifted) > 0) != (tt.want != nil) {
				t.Fatalf("got %+v", r)
			}
			if tt.want != nil {
				if diff := cmp.Diff(strings.Join(tt.want, " "), strings.Join(r.Drifted[0].Changed, " ")); diff != "" {
					t.Error(diff)
				}
			}
			if strings.Join(tt.step.Changed, " ") != given {
				t.Error("the plan was changed")
			}
			err := drift.Judge(drift.Report{Stack: "other"}, r)
			if (err != nil) != (tt.want != nil) {
				t.Fatalf("judged as %v", err)
			}
			var found *drift.Error
			if errors.As(err, &found) && (found.ExitCode() != drift.Found || !strings.Contains(found.Advice(), "hub refresh s\n") || strings.Contains(err.Error(), "other")) {
				t.Errorf("got %v\n%s", err, found.Advice())
			}
		})
	}
}

// What the state's copy does not know is left out, by name and of its own resource alone; what else changed is drift.
func TestOfLeavesOutWhatIsSecret(t *testing.T) {
	t.Parallel()
	const typ = "aws:rds/cluster:Cluster"
	lacks := []blind.Secret{
		{URN: "a", Type: typ, Name: "db", Path: "masterPassword"}, {URN: "a", Type: typ, Name: "db", Path: "masterPassword", Output: true},
		{URN: "a", Type: typ, Name: "db", Path: "list[0].token"},
	}
	r := drift.Of(plan.Plan{Steps: []plan.Step{
		{URN: "a", Type: typ, Op: plan.OpUpdate, Changed: []string{"masterPassword", "list[0].token"}},
		{URN: "b", Type: typ, Op: plan.OpUpdate, Changed: []string{"masterPassword"}},
	}}, lacks...)
	if diff := cmp.Diff([]string{"db list", "db masterPassword"}, r.Unknown); diff != "" {
		t.Error(diff)
	}
	if len(r.Drifted) != 1 || r.Drifted[0].URN != "b" || r.Scaled != 0 {
		t.Errorf("got %+v", r)
	}
	r = drift.Of(plan.Plan{Steps: []plan.Step{
		{URN: "a", Type: typ, Op: plan.OpUpdate, Changed: []string{"engineVersion", "masterPassword"}},
	}}, lacks...)
	if len(r.Drifted) != 1 || strings.Join(r.Drifted[0].Changed, " ") != "engineVersion" {
		t.Errorf("got %+v", r)
	}
	r = drift.Of(plan.Plan{Steps: []plan.Step{{URN: "a", Type: typ, Op: plan.OpDelete}}}, lacks...)
	if len(r.Drifted) != 1 {
		t.Errorf("a deleted resource is drift: %+v", r)
	}
}
