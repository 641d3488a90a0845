package deploy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"

	"github.com/deepstreamhub/platform/internal/plan"
)

const urn = "urn:pulumi:dev::deepstreamhub::deepstreamhub:network:Network$aws:ec2/vpc:Vpc::network-vpc"

func metadata(op apitype.OpType) apitype.StepEventMetadata {
	return apitype.StepEventMetadata{
		Op: op, URN: urn, Type: "aws:ec2/vpc:Vpc",
		Old: &apitype.StepEventStateMetadata{Parent: "p", Inputs: map[string]any{"a": 1}},
		New: &apitype.StepEventStateMetadata{Parent: "p", Protect: true, Inputs: map[string]any{"a": 2}},
	}
}

func started(op apitype.OpType) apitype.EngineEvent {
	return apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: metadata(op)}}
}

func done(op apitype.OpType) apitype.EngineEvent {
	return apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: metadata(op)}}
}

func said(message, severity string) apitype.EngineEvent {
	return apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{URN: urn, Message: message, Severity: severity}}
}

// fold records events and returns the plan's operations and what the listener heard, each as one line.
func fold(events ...apitype.EngineEvent) (steps, heard []string, r *recorder) {
	r = newRecorder(Target{Stack: "dev"}, false, func(e plan.Event) {
		heard = append(heard, strings.TrimSpace(string(e.Kind)+" "+string(e.Step.Op)+" "+e.Message))
	})
	for _, e := range events {
		r.record(e)
	}
	for _, s := range r.plan().Steps {
		steps = append(steps, string(s.Op))
	}
	return steps, heard, r
}

func TestFold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		events []apitype.EngineEvent
		steps  []string
		heard  []string
	}{
		"create before delete": {
			events: []apitype.EngineEvent{
				started(apitype.OpCreateReplacement), done(apitype.OpCreateReplacement),
				started(apitype.OpReplace), done(apitype.OpReplace),
				started(apitype.OpDeleteReplaced), done(apitype.OpDeleteReplaced),
			},
			steps: []string{"replace"},
			heard: []string{"started replace", "finished replace", "started replace", "finished replace"},
		},
		"delete before create": {
			events: []apitype.EngineEvent{
				started(apitype.OpDeleteReplaced), done(apitype.OpDeleteReplaced),
				started(apitype.OpReplace), done(apitype.OpReplace),
				started(apitype.OpCreateReplacement), done(apitype.OpCreateReplacement),
			},
			steps: []string{"replace"},
			heard: []string{"started replace", "finished replace", "started replace", "finished replace"},
		},
		"leftover of an earlier replacement": {
			events: []apitype.EngineEvent{
				started(apitype.OpSame), done(apitype.OpSame),
				started(apitype.OpDeleteReplaced), done(apitype.OpDeleteReplaced),
			},
			steps: []string{"same", "delete"},
			heard: []string{"started same", "finished same", "started replace", "finished replace"},
		},
		"refresh finds out when it is done": {
			events: []apitype.EngineEvent{started(apitype.OpRefresh), done(apitype.OpUpdate)},
			steps:  []string{"update"},
			heard:  []string{"started refresh", "finished update"},
		},
		"what failed or never ended did not happen": {
			events: []apitype.EngineEvent{
				started(apitype.OpCreate), {ResOpFailedEvent: &apitype.ResOpFailedEvent{Metadata: metadata(apitype.OpCreate)}},
			},
			heard: []string{"started create", "failed create"},
		},
		"component finishes twice": {
			events: []apitype.EngineEvent{started(apitype.OpCreate), done(apitype.OpCreate), done(apitype.OpCreate)},
			steps:  []string{"create"},
			heard:  []string{"started create", "finished create", "finished create"},
		},
		"markup, debug and empty messages": {
			events: []apitype.EngineEvent{
				said("<{%fg 1%}>boom<{%reset%}>\n", "error"), said("detail", "debug"), said("<{%reset%}>", "info"), said("note", "info#err"),
			},
			heard: []string{"diagnostic  boom", "diagnostic  note"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			steps, heard, _ := fold(tt.events...)
			if diff := cmp.Diff(tt.steps, steps); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.heard, heard); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestStepKeepsWhatForcedTheReplacement(t *testing.T) {
	t.Parallel()
	m := metadata(apitype.OpReplace)
	m.Diffs, m.Keys = []string{"tags", "cidrBlock"}, []string{"cidrBlock"}
	plainStep := step(m)
	if diff := cmp.Diff([][]string{{"cidrBlock", "tags"}, {"cidrBlock"}}, [][]string{plainStep.Changed, plainStep.Replaces}); diff != "" {
		t.Error(diff)
	}
	m.DetailedDiff = map[string]apitype.PropertyDiff{
		"tags.Name": {Kind: apitype.DiffUpdate}, "cidrBlock": {Kind: apitype.DiffUpdateReplace},
	}
	detailed := step(m)
	if diff := cmp.Diff([][]string{{"cidrBlock", "tags.Name"}, {"cidrBlock"}}, [][]string{detailed.Changed, detailed.Replaces}); diff != "" {
		t.Error(diff)
	}
	want := plan.Step{
		URN: urn, Type: "aws:ec2/vpc:Vpc", Name: "network-vpc", Parent: "p", Op: plan.OpReplace, Protect: true,
		Changed: detailed.Changed, Replaces: detailed.Replaces, Old: map[string]any{"a": 1}, New: map[string]any{"a": 2},
	}
	if diff := cmp.Diff(want, detailed); diff != "" {
		t.Error(diff)
	}
}

func TestCountsReplacementOnce(t *testing.T) {
	t.Parallel()
	got := counts(map[apitype.OpType]int{
		apitype.OpReplace: 2, apitype.OpCreateReplacement: 2, apitype.OpDeleteReplaced: 2, apitype.OpSame: 5,
	})
	if diff := cmp.Diff(map[plan.Op]int{plan.OpReplace: 2, plan.OpSame: 5}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOutput(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   any
		want plan.Output
	}{
		"plain":          {"x", plan.Output{Value: "x"}},
		"unknown":        {plugin.UnknownStringValue, plan.Output{}},
		"unknown inside": {map[string]any{"a": []any{plugin.UnknownStringValue}}, plan.Output{}},
		"secret":         {map[string]any{sig.Key: sig.Secret, "ciphertext": "c"}, plan.Output{Secret: true}},
		"blinded":        {"[secret]", plan.Output{Secret: true}},
	}
	for name, tt := range tests {
		if diff := cmp.Diff(tt.want, output(tt.in)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestFailuresTakeTheirMessages(t *testing.T) {
	t.Parallel()
	failed := apitype.EngineEvent{ResOpFailedEvent: &apitype.ResOpFailedEvent{Metadata: metadata(apitype.OpCreate)}}
	_, _, r := fold(started(apitype.OpCreate), said("first", "error"), said("first", "error"), said("second", "error"), failed)
	want := []Failure{{URN: urn, Type: "aws:ec2/vpc:Vpc", Name: "network-vpc", Op: plan.OpCreate, Messages: []string{"first", "second"}}}
	if diff := cmp.Diff(want, r.failed()); diff != "" {
		t.Error(diff)
	}
	if got := problems(r.messages, r.failed(), nil); len(got) != 0 {
		t.Errorf("problems beside the failure: %q", got)
	}
}

// What the engine closes with says nothing; what only sounds like it may be all there is to say.
func TestOnlyClosingLinesAreDropped(t *testing.T) {
	t.Parallel()
	for message, dropped := range map[string]bool{
		"update failed": true, "preview failed": true, "update canceled": true, "preview canceled": true,
		"authentication failed": false, "deletion canceled": false, "handshake failed": false, "update failed: it is locked": false, "failed": false, "": false,
	} {
		if got := closing(message); got != dropped {
			t.Errorf("%q: dropped %v", message, got)
		}
	}
	got := problems(map[string][]string{"": {"authentication failed", "update failed"}}, nil, nil)
	if diff := cmp.Diff([]string{"authentication failed"}, got); diff != "" {
		t.Error(diff)
	}
}
