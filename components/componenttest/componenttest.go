// Package componenttest runs one component against Pulumi's mocks and keeps what it registered, so that a test can
// look at types, names, parents, inputs and options without an engine. Mocks never check, diff or transform: what
// needs those is proved by the tests that run the engine.
package componenttest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Resource is one resource as the program registered it.
type Resource struct {
	Type         string
	Name         string
	Parent       string               // logical name; empty at the top of the stack
	Inputs       resource.PropertyMap // secrets and unknowns keep their marks; see Plain
	Dependencies []string             // sorted logical names of what it waits for: DependsOn and resources behind its inputs
	Protect      bool
	Provider     string                             // provider reference, "<urn>::<id>"; empty for components and the default provider
	RPC          *pulumirpc.RegisterResourceRequest // everything else: aliases, ignoreChanges, retainOnDelete, hooks
}

// Plain returns the inputs as plain Go values, secrets unwrapped: maps, slices, strings, float64s and bools.
func (r Resource) Plain() map[string]any {
	plain := resource.NewProperty(r.Inputs).MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		if v.IsSecret() {
			return v.SecretValue().Element.Mappable(), true
		}
		return nil, false
	})
	return plain.(map[string]any)
}

// Call is one provider function that the program invoked.
type Call struct {
	Token    string
	Args     resource.PropertyMap
	Provider string // provider reference; empty for the default provider
}

// Recorder answers the program in the engine's place. Set its fields before Run; use it for one Run only.
type Recorder struct {
	// Preview runs the program as `pulumi preview` does: whatever is not an input stays unknown.
	Preview bool
	// Computed holds, by type token, the outputs that a provider adds to a resource's inputs. Every resource has
	// the id "<name>-id" and, unless told otherwise here, the arn "arn:aws:mock:::<name>".
	Computed map[string]func(Resource) resource.PropertyMap
	// Functions holds the provider functions by token. Invoking any other one fails.
	Functions map[string]func(args resource.PropertyMap) (resource.PropertyMap, error)

	mu        sync.Mutex
	resources []Resource
	calls     []Call
}

// New returns a Recorder that knows no functions and adds no outputs but ids and arns.
func New() *Recorder { return &Recorder{} }

// Run runs the program and returns what it registered, sorted by type and name, beside the program's error.
func (r *Recorder) Run(program pulumi.RunFunc) ([]Resource, error) {
	preview := func(info *pulumi.RunInfo) { info.DryRun = r.Preview }
	err := pulumi.RunErr(program, pulumi.WithMocks("deepstreamhub", "test", r), preview)
	slices.SortFunc(r.resources, func(a, b Resource) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
	return r.resources, err
}

// Calls returns the functions that the program invoked, in their order.
func (r *Recorder) Calls() []Call { return r.calls }

// NewResource records one registration; it is how the SDK reaches the Recorder.
func (r *Recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	rpc := args.RegisterRPC
	if rpc == nil {
		return "", nil, fmt.Errorf("read resource %s: only registrations are recorded", args.Name)
	}
	// The mock monitor turns unknown inputs into nulls, so they are read again from the request.
	inputs, err := plugin.UnmarshalProperties(rpc.GetObject(), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		return "", nil, fmt.Errorf("read inputs of %s: %w", args.Name, err)
	}
	rec := Resource{
		Type:     args.TypeToken,
		Name:     args.Name,
		Parent:   parentName(rpc.GetParent()),
		Inputs:   inputs,
		Protect:  rpc.GetProtect(),
		Provider: rpc.GetProvider(),
		RPC:      rpc,
	}
	for _, urn := range rpc.GetDependencies() {
		rec.Dependencies = append(rec.Dependencies, plan.Name(urn))
	}
	slices.Sort(rec.Dependencies)
	rec.Dependencies = slices.Compact(rec.Dependencies)

	r.mu.Lock()
	r.resources = append(r.resources, rec)
	r.mu.Unlock()

	if !args.Custom {
		return "", args.Inputs, nil
	}
	outputs := maps.Clone(args.Inputs)
	if r.Preview {
		return "", outputs, nil
	}
	outputs["arn"] = resource.NewProperty("arn:aws:mock:::" + args.Name)
	if computed, ok := r.Computed[args.TypeToken]; ok {
		maps.Copy(outputs, computed(rec))
	}
	return args.Name + "-id", outputs, nil
}

// Call records and answers one function; it is how the SDK reaches the Recorder.
func (r *Recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mu.Lock()
	r.calls = append(r.calls, Call{Token: args.Token, Args: args.Args, Provider: args.Provider})
	r.mu.Unlock()
	if f, ok := r.Functions[args.Token]; ok {
		return f(args.Args)
	}
	return nil, fmt.Errorf("invoke %s: no such function in this test", args.Token)
}

// Find returns the resource of that type and name and fails the test when there is none.
func Find(t testing.TB, resources []Resource, typ, name string) Resource {
	t.Helper()
	for _, r := range resources {
		if r.Type == typ && r.Name == name {
			return r
		}
	}
	t.Fatalf("no %s named %s among %v", typ, name, Names(resources))
	return Resource{}
}

// Names returns "<type> <name>" of each resource, in the given order.
func Names(resources []Resource) []string {
	out := make([]string, len(resources))
	for i, r := range resources {
		out[i] = r.Type + " " + r.Name
	}
	return out
}

// parentName leaves out the stack itself, which every top-level resource has for a parent.
func parentName(urn string) string {
	if urn == "" || plan.Type(urn) == string(resource.RootStackType) {
		return ""
	}
	return plan.Name(urn)
}
