package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/deepstreamhub/platform/internal/plan"
)

// decodeState reads an exported checkpoint. A stack that was never deployed has no deployment in it. A schema newer
// than the SDK's is an error: whatever judges a state must not judge half of it.
func decodeState(stack string, exported apitype.UntypedDeployment) (plan.State, error) {
	state := plan.State{Stack: stack}
	if exported.Version > apitype.DeploymentSchemaVersionLatest {
		return state, fmt.Errorf("decode checkpoint: its schema is version %d, the newest one known here is %d",
			exported.Version, apitype.DeploymentSchemaVersionLatest)
	}
	if len(exported.Deployment) == 0 {
		return state, nil
	}
	var d apitype.DeploymentV3
	if err := json.Unmarshal(exported.Deployment, &d); err != nil {
		return state, fmt.Errorf("decode checkpoint: %w", err)
	}
	for _, r := range d.Resources {
		state.Resources = append(state.Resources, resource(r))
	}
	for _, op := range d.PendingOperations {
		state.Pending = append(state.Pending, plan.Pending{
			URN:  string(op.Resource.URN),
			Type: string(op.Resource.Type),
			Op:   string(op.Type),
		})
	}
	return state, nil
}

// untyped is a checkpoint as it would be exported, its secrets encrypted.
func untyped(checkpoint []byte) (apitype.UntypedDeployment, error) {
	var file struct {
		Version    int
		Features   []string
		Checkpoint struct{ Latest json.RawMessage }
	}
	if err := json.Unmarshal(checkpoint, &file); err != nil {
		return apitype.UntypedDeployment{}, fmt.Errorf("decode checkpoint: %w", err)
	}
	return apitype.UntypedDeployment{Version: file.Version, Features: file.Features, Deployment: file.Checkpoint.Latest}, nil
}

// deployment is the stack's checkpoint as it is stored, its secrets encrypted; the zero value where there is none. The engine is
// asked for it on a backend of a kind that hub cannot look into.
func (d *Driver) deployment(ctx context.Context) (exported apitype.UntypedDeployment, err error) {
	if d.store != nil {
		text, err := d.stored(ctx)
		if err != nil || text == nil {
			return exported, err
		}
		return untyped(text)
	}
	// The Automation API's own export decrypts all secrets.
	out, told, _, err := rereading{d.command, d}.Run(ctx, d.target.WorkDir, nil, nil, nil, nil, "stack", "export", "--stack", d.target.Stack)
	if err != nil {
		return exported, fmt.Errorf("export state: %w: %s", err, strings.TrimSpace(told))
	}
	if err := json.Unmarshal([]byte(out), &exported); err != nil {
		return exported, fmt.Errorf("export state: %w", err)
	}
	return exported, nil
}

func resource(r apitype.ResourceV3) plan.Resource {
	out := plan.Resource{
		URN:      string(r.URN),
		Type:     string(r.Type),
		Name:     plan.Name(string(r.URN)),
		ID:       string(r.ID),
		Parent:   string(r.Parent),
		Provider: r.Provider,
		Protect:  r.Protect,
		Retain:   r.RetainOnDelete,
		Custom:   r.Custom,
		Delete:   r.Delete,
		Inputs:   r.Inputs,
		Outputs:  r.Outputs,

		DeletedWith: string(r.DeletedWith),
	}
	for _, urn := range r.Dependencies {
		out.Dependencies = append(out.Dependencies, string(urn))
	}
	for property, urns := range r.PropertyDependencies {
		if out.PropertyDependencies == nil {
			out.PropertyDependencies = map[string][]string{}
		}
		for _, urn := range urns {
			out.PropertyDependencies[string(property)] = append(out.PropertyDependencies[string(property)], string(urn))
		}
	}
	for _, urn := range r.Aliases {
		out.Aliases = append(out.Aliases, string(urn))
	}
	return out
}
