package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
	"github.com/deepstreamhub/platform/internal/awssim/services"
)

// providerSchema is the schema of the provider's own configuration.
var providerSchema = schema.OfArgs(aws.ProviderArgs{})

// suffixDigits is how many hexadecimal digits the AWS provider appends to a logical name.
const suffixDigits = 7

func lookup(urn string) (*cloud.Kind, schema.Resource, error) {
	typ := typeOf(urn)
	k, known := cloud.Lookup(typ)
	if !known {
		return nil, schema.Resource{}, status.Errorf(codes.Unimplemented, "the offline AWS does not know the resource type %s", typ)
	}
	return k, k.Schema, nil
}

// typeOf returns the resource type in a URN: the last part of its qualified type.
func typeOf(urn string) string {
	parts := strings.Split(urn, "::")
	if len(parts) < 4 {
		return urn
	}
	return parts[2][strings.LastIndex(parts[2], "$")+1:]
}

func lastColons(urn string) int {
	if i := strings.LastIndex(urn, "::"); i >= 0 {
		return i + 2
	}
	return 0
}

// operation is what every call on a resource begins with.
type operation struct {
	kind     *cloud.Kind
	schema   schema.Resource
	region   string    // of the connection's provider
	props    cloud.Map // what the call carries, without the list of defaults
	defaults []any
}

func (s *Server) begin(ctx context.Context, urn string, props *structpb.Struct) (op operation, err error) {
	if op.kind, op.schema, err = lookup(urn); err != nil {
		return op, err
	}
	if op.region, err = s.region(ctx); err != nil {
		return op, err
	}
	all, err := unmarshal(props)
	op.props, op.defaults = split(all)
	return op, err
}

// Check refuses inputs that the provider would refuse before creation, and names what the program left unnamed.
func (s *Server) Check(ctx context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	op, err := s.begin(ctx, req.GetUrn(), req.GetNews())
	if err != nil {
		return nil, err
	}
	olds, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	k, in, t := op.kind, op.props, factsOf(op.kind.Type)
	defaults, problems := autoName(k, req, olds, in)
	problems = append(problems, documents(op.schema, t, in)...)
	problems = append(problems, op.schema.Inputs.Check(in)...)
	problems = append(problems, unnamed(op.schema, k, in)...)
	problems = append(problems, limits(op.schema, t, in)...)
	if len(problems) == 0 {
		problems = k.Problems(op.region, in)
	}
	if len(problems) > 0 {
		return &pulumirpc.CheckResponse{Failures: failures(problems)}, nil
	}
	for _, name := range t.Fill(in) {
		defaults = append(defaults, name)
	}
	slices.SortFunc(defaults, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	out, err := marshal(unite(in, slices.Compact(defaults)))
	return &pulumirpc.CheckResponse{Inputs: out}, err
}

// factsOf returns what the provider says of a type; nothing of one that is not in the facts yet, which a test refuses.
func factsOf(token string) *facts.Type {
	if t, ok := facts.Of(token); ok {
		return t
	}
	return &facts.Type{}
}

// autoName gives the resource the name it had, or a new one, when the program gives none.
func autoName(k *cloud.Kind, req *pulumirpc.CheckRequest, olds, in cloud.Map) (defaults []any, problems []cloud.Problem) {
	n := k.Name
	if n == nil || cloud.Has(in, n.Property) || n.Prefix != "" && cloud.Has(in, n.Prefix) {
		return nil, nil
	}
	old, was := split(olds)
	if name, ok := old[n.Property].(string); ok && slices.Contains(was, any(n.Property)) {
		in[n.Property] = name
		return []any{n.Property}, nil
	}
	prefix := req.GetUrn()[lastColons(req.GetUrn()):] + "-"
	if n.Lower {
		prefix = strings.ToLower(prefix)
	}
	name, err := resource.NewUniqueName(req.GetRandomSeed(), prefix, suffixDigits, n.Max, nil)
	if err != nil {
		return nil, []cloud.Problem{{Path: n.Property, Reason: err.Error()}}
	}
	in[n.Property] = name
	return []any{n.Property}, nil
}

// Diff compares inputs as the engine last stored them with new ones.
func (s *Server) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	k, _, err := lookup(req.GetUrn())
	if err != nil {
		return nil, err
	}
	oldInputs, err := unmarshal(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	news, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	state, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	old, _ := split(oldInputs)
	new, defaults := split(news)
	// A name that the program chose is taken until its holder is gone.
	explicit := k.Name != nil && !slices.Contains(defaults, any(k.Name.Property)) && cloud.Has(new, k.Name.Property)
	return diffResponse(compare(k, factsOf(k.Type), old, new, state), explicit || k.DeleteFirst), nil
}

func diffResponse(changes []change, deleteFirst bool) *pulumirpc.DiffResponse {
	resp := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}, HasDetailedDiff: true,
	}
	kinds := map[changeKind][2]pulumirpc.PropertyDiff_Kind{
		added:   {pulumirpc.PropertyDiff_ADD, pulumirpc.PropertyDiff_ADD_REPLACE},
		deleted: {pulumirpc.PropertyDiff_DELETE, pulumirpc.PropertyDiff_DELETE_REPLACE},
		updated: {pulumirpc.PropertyDiff_UPDATE, pulumirpc.PropertyDiff_UPDATE_REPLACE},
	}
	top := map[string]bool{}
	for _, c := range changes {
		resp.Changes = pulumirpc.DiffResponse_DIFF_SOME
		root, _, _ := strings.Cut(strings.ReplaceAll(c.Path, "[", "."), ".")
		if !top[root] {
			top[root] = true
			resp.Diffs = append(resp.Diffs, root)
		}
		kind := kinds[c.Kind][0]
		if c.Replaces {
			kind = kinds[c.Kind][1]
			resp.Replaces = append(resp.Replaces, root)
		}
		resp.DetailedDiff[c.Path] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
	}
	resp.DeleteBeforeReplace = deleteFirst && len(resp.Replaces) > 0
	return resp
}

// Create makes a resource. In a preview nothing is made and every value that AWS computes is unknown.
func (s *Server) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	op, err := s.begin(ctx, req.GetUrn(), req.GetProperties())
	if err != nil {
		return nil, err
	}
	if req.GetPreview() {
		out, err := marshal(planned(op.schema, op.kind.Planned(op.props)))
		return &pulumirpc.CreateResponse{Properties: out}, err
	}
	if err := services.May(s.cloud, s.as, op.region, op.kind.Type, "create", "", op.props); err != nil {
		return nil, failed("creating", req, "", nil, nil, err)
	}
	id, state, err := s.cloud.Run(ctx, s.cloud.StartCreate(op.region, op.kind.Type, req.GetUrn(), op.props))
	if err != nil {
		return nil, failed("creating", req, id, state, unite(op.props, op.defaults), err)
	}
	if err := verify(op.schema, op.kind.Type, state); err != nil {
		return nil, err
	}
	out, err := marshal(state)
	return &pulumirpc.CreateResponse{Id: id, Properties: out}, err
}

// Read refreshes a resource, or imports one: a call that knows no state asks by what an import takes for an id.
func (s *Server) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	op, err := s.begin(ctx, req.GetUrn(), req.GetInputs())
	if err != nil {
		return nil, err
	}
	id := req.GetId()
	if len(req.GetProperties().GetFields()) == 0 {
		if id, err = s.cloud.Import(op.region, op.kind.Type, id); err != nil {
			return gone(err)
		}
	}
	if err := services.May(s.cloud, s.as, op.region, op.kind.Type, "read", id, op.props); err != nil {
		return nil, failed("reading", req, "", nil, nil, err)
	}
	inputs, state, err := s.cloud.Read(op.region, op.kind.Type, id)
	if err != nil {
		return gone(err)
	}
	if err := verify(op.schema, op.kind.Type, state); err != nil {
		return nil, err
	}
	in, err := marshal(unite(inputs, op.defaults))
	if err != nil {
		return nil, err
	}
	out, err := marshal(state)
	return &pulumirpc.ReadResponse{Id: id, Properties: out, Inputs: in}, err
}

// gone is the answer to a read that found nothing: no resource, which is no error.
func gone(err error) (*pulumirpc.ReadResponse, error) {
	if missing, _ := errors.AsType[*cloud.NotFound](err); missing != nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	return nil, err
}

// Update changes a resource in place.
func (s *Server) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	op, err := s.begin(ctx, req.GetUrn(), req.GetNews())
	if err != nil {
		return nil, err
	}
	if req.GetPreview() {
		return previewUpdate(op.kind, req, op.props)
	}
	if err := services.May(s.cloud, s.as, op.region, op.kind.Type, "update", req.GetId(), op.props); err != nil {
		return nil, failed("updating", req, "", nil, nil, err)
	}
	state, err := s.cloud.Update(ctx, op.region, op.kind.Type, req.GetId(), op.props)
	if err != nil {
		return nil, failed("updating", req, "", nil, nil, err)
	}
	if err := verify(op.schema, op.kind.Type, state); err != nil {
		return nil, err
	}
	out, err := marshal(state)
	return &pulumirpc.UpdateResponse{Properties: out}, err
}

func previewUpdate(k *cloud.Kind, req *pulumirpc.UpdateRequest, in cloud.Map) (*pulumirpc.UpdateResponse, error) {
	state, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	oldInputs, err := unmarshal(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	old, _ := split(oldInputs)
	out, err := marshal(k.PlannedUpdate(old, state, in))
	return &pulumirpc.UpdateResponse{Properties: out}, err
}

// Delete removes a resource.
func (s *Server) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	op, err := s.begin(ctx, req.GetUrn(), req.GetProperties())
	if err != nil {
		return nil, err
	}
	if err := services.May(s.cloud, s.as, op.region, op.kind.Type, "delete", req.GetId(), op.props); err != nil {
		return nil, failed("deleting", req, "", nil, nil, err)
	}
	if err := s.cloud.Delete(ctx, op.region, op.kind.Type, req.GetId(), op.props); err != nil {
		return nil, failed("deleting", req, "", nil, nil, err)
	}
	return &emptypb.Empty{}, nil
}

// planned adds to a planned state everything that only AWS can fill in.
func planned(r schema.Resource, state cloud.Map) cloud.Map {
	for name := range r.Outputs.Fields {
		if _, ok := state[name]; !ok {
			state[name] = cloud.Unknown
		}
	}
	return state
}

// verify holds the offline AWS to the SDK's types: a computed value of another shape is its own fault, not the
// program's.
func verify(r schema.Resource, typ string, state cloud.Map) error {
	plain := make(cloud.Map, len(state))
	for k, v := range state {
		if k != "id" {
			plain[k] = v
		}
	}
	if problems := r.Outputs.Check(plain); len(problems) > 0 {
		return fmt.Errorf("offline AWS: state of %s: %w", typ, problemsError(problems))
	}
	return nil
}

func failures(problems []cloud.Problem) []*pulumirpc.CheckFailure {
	var out []*pulumirpc.CheckFailure
	for _, p := range problems {
		out = append(out, &pulumirpc.CheckFailure{Property: p.Path, Reason: p.Path + ": " + p.Reason})
	}
	return out
}

func problemsError(problems []cloud.Problem) error {
	var errs []error
	for _, p := range problems {
		errs = append(errs, fmt.Errorf("%s: %s", p.Path, p.Reason))
	}
	return errors.Join(errs...)
}

// decodeConfig turns provider inputs into plain values: those that are not strings travel as JSON text.
func decodeConfig(in cloud.Map) (cloud.Map, []cloud.Problem) {
	out := cloud.Map{}
	var problems []cloud.Problem
	for _, k := range sorted(in) {
		out[k] = in[k]
		text, isText := in[k].(string)
		field := providerSchema.Fields[k]
		if !isText || field == nil || field.Type == "string" {
			continue
		}
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			problems = append(problems, cloud.Problem{Path: k, Reason: "not JSON: " + err.Error()})
			delete(out, k)
			continue
		}
		out[k] = v
	}
	return out, problems
}
