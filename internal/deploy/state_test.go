package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/deepstreamhub/platform/internal/plan"
)

func TestDecodeState(t *testing.T) {
	t.Parallel()
	got, err := decodeState("dev", apitype.UntypedDeployment{Version: 3, Deployment: []byte(`{
		"resources": [{"urn": "urn:pulumi:dev::p::a:b/c:D::d", "type": "a:b/c:D", "id": "i", "custom": true, "protect": true,
			"retainOnDelete": true, "delete": true, "parent": "p", "dependencies": ["x"], "aliases": ["y"], "inputs": {"k": "v"},
			"deletedWith": "w", "propertyDependencies": {"k": ["x"]}}],
		"pending_operations": [{"resource": {"urn": "u::e", "type": "a:b/c:E"}, "type": "creating"}]}`)})
	if err != nil {
		t.Fatal(err)
	}
	want := plan.State{
		Stack: "dev",
		Resources: []plan.Resource{{
			URN: "urn:pulumi:dev::p::a:b/c:D::d", Type: "a:b/c:D", Name: "d", ID: "i", Custom: true, Protect: true, Retain: true, Delete: true,
			Parent: "p", Dependencies: []string{"x"}, Aliases: []string{"y"}, Inputs: map[string]any{"k": "v"},
			DeletedWith: "w", PropertyDependencies: map[string][]string{"k": {"x"}},
		}},
		Pending: []plan.Pending{{URN: "u::e", Type: "a:b/c:E", Op: "creating"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeStateRefusesWhatItMayNotUnderstand(t *testing.T) {
	t.Parallel()
	for name, exported := range map[string]apitype.UntypedDeployment{
		"newer schema": {Version: apitype.DeploymentSchemaVersionLatest + 1, Deployment: []byte(`{}`)},
		"not JSON":     {Version: 3, Deployment: []byte(`{`)},
	} {
		if _, err := decodeState("dev", exported); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := decodeState("dev", apitype.UntypedDeployment{Version: 3}); err != nil {
		t.Errorf("a stack never deployed: %v", err)
	}
}
