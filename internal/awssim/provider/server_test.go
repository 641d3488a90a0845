package provider

import (
	"net"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const (
	vpcType    = "aws:ec2/vpc:Vpc"
	groupType  = "aws:ec2/securityGroup:SecurityGroup"
	subnetType = "aws:ec2/subnet:Subnet"
)

// engine is a client that talks as an engine does, on one connection for each provider instance.
type engine struct {
	t       *testing.T
	address string
	client  pulumirpc.ResourceProviderClient
}

func newEngine(t *testing.T) *engine {
	t.Helper()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server := New(c).GRPC(nil)
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Stop()
		require.NoError(t, <-done)
	})
	return (&engine{t: t, address: l.Addr().String()}).connect("eu-central-1")
}

// connect returns a client for another provider instance of the same cloud.
func (e *engine) connect(region string) *engine {
	e.t.Helper()
	conn, err := grpc.NewClient(e.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(e.t, err)
	e.t.Cleanup(func() { require.NoError(e.t, conn.Close()) })
	client := pulumirpc.NewResourceProviderClient(conn)
	_, err = client.Configure(e.t.Context(), &pulumirpc.ConfigureRequest{Args: e.wire(map[string]any{"region": region})})
	require.NoError(e.t, err)
	return &engine{t: e.t, address: e.address, client: client}
}

func (e *engine) wire(m map[string]any) *structpb.Struct {
	e.t.Helper()
	s, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(m), options)
	require.NoError(e.t, err)
	return s
}

func (e *engine) tree(s *structpb.Struct) cloud.Map {
	e.t.Helper()
	m, err := unmarshal(s)
	require.NoError(e.t, err)
	return m
}

func urn(typ string) string { return "urn:pulumi:s::p::" + typ + "::thing" }

func (e *engine) check(typ string, olds, news map[string]any) *pulumirpc.CheckResponse {
	e.t.Helper()
	r, err := e.client.Check(e.t.Context(), &pulumirpc.CheckRequest{
		Urn: urn(typ), Olds: e.wire(olds), News: e.wire(news), RandomSeed: []byte("0123456789abcdef0123456789abcdef"),
	})
	require.NoError(e.t, err)
	return r
}

func (e *engine) create(typ string, in map[string]any) (id string, state cloud.Map) {
	e.t.Helper()
	checked := e.check(typ, nil, in)
	require.Empty(e.t, checked.GetFailures())
	r, err := e.client.Create(e.t.Context(), &pulumirpc.CreateRequest{Urn: urn(typ), Properties: checked.GetInputs()})
	require.NoError(e.t, err)
	return r.GetId(), e.tree(r.GetProperties())
}

// What a kind says of properties must be properties of the SDK's type.
func TestKindsNameOnlyPropertiesThatExist(t *testing.T) {
	t.Parallel()
	for _, typ := range cloud.Types() {
		k, _ := cloud.Lookup(typ)
		in, out := k.Schema.Inputs, k.Schema.Outputs
		for what, paths := range map[string][]string{
			"Required": k.Required, "DeleteOnly": k.DeleteOnly, "Swaps": k.Swaps, "ReplaceIf": sorted(k.ReplaceIf),
		} {
			for _, p := range paths {
				require.True(t, has(in, p), "%s: %s of %s is no input", p, what, typ)
			}
		}
		for _, p := range k.Keys {
			require.True(t, has(out, p) || has(in, p), "%s of %s is no property", p, typ)
		}
		for _, r := range k.Refs {
			require.True(t, has(in, r.Path), "reference %s of %s is no input", r.Path, typ)
		}
	}
}

// has follows a path of property names, through lists and maps, in a schema.
func has(s *schema.Schema, path string) bool {
	for path != "" {
		for s.Type == "list" {
			s = s.Elem
		}
		var name string
		name, path = cut(path)
		if s = s.Fields[name]; s == nil {
			return false
		}
	}
	return true
}

func cut(path string) (name, rest string) {
	for i, c := range path {
		switch c {
		case '.':
			return path[:i], path[i+1:]
		case '[':
			rest := path[i+2:]
			if rest != "" {
				rest = rest[1:]
			}
			return path[:i], rest
		}
	}
	return path, ""
}

func TestCheckNamesEveryWrongProperty(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	for name, c := range map[string]struct {
		typ  string
		in   map[string]any
		want []string
	}{
		"unknown property":         {vpcType, map[string]any{"cidrBlock": "10.0.0.0/16", "cidr": "x"}, []string{"cidr: no such property"}},
		"wrong type":               {vpcType, map[string]any{"cidrBlock": 7}, []string{"cidrBlock: expected string, got float64 7"}},
		"missing":                  {subnetType, map[string]any{"cidrBlock": "10.0.0.0/24"}, []string{"vpcId: missing required property"}},
		"wrong type in a map":      {vpcType, map[string]any{"cidrBlock": "10.0.0.0/16", "tags": map[string]any{"a": true}}, []string{"tags.a: expected string, got bool true"}},
		"two problems":             {subnetType, map[string]any{"cidrBlock": true}, []string{"cidrBlock: expected string, got bool true", "vpcId: missing required property"}},
		"fraction for an integer":  {"aws:lb/targetGroup:TargetGroup", map[string]any{"port": 1.5}, []string{"port: expected integer, got float64 1.5"}},
		"unknown nested property":  {"aws:lb/targetGroup:TargetGroup", map[string]any{"healthCheck": map[string]any{"pfad": "/"}}, []string{"healthCheck.pfad: no such property"}},
		"list for an object":       {"aws:lb/targetGroup:TargetGroup", map[string]any{"healthCheck": []any{}}, []string{"healthCheck: expected object, got list"}},
		"the provider's own rules": {vpcType, map[string]any{"cidrBlock": "10.0.0.0/8"}, []string{`cidrBlock: invalid value "10.0.0.0/8": must be a cidr of a VPC`}},
	} {
		var got []string
		for _, f := range e.check(c.typ, nil, c.in).GetFailures() {
			got = append(got, f.GetReason())
		}
		require.Equal(t, c.want, got, name)
	}
}

func TestAutoNamesStay(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	first := e.tree(e.check(groupType, nil, map[string]any{"vpcId": "vpc-1"}).GetInputs())
	require.Regexp(t, `^thing-[0-9a-f]{7}$`, first["name"])
	again := e.tree(e.check(groupType, first, map[string]any{"vpcId": "vpc-1"}).GetInputs())
	require.Equal(t, first["name"], again["name"])
	explicit := e.tree(e.check(groupType, first, map[string]any{"vpcId": "vpc-1", "name": "mine"}).GetInputs())
	require.Equal(t, "mine", explicit["name"])
}

// A replacement is made before the old one goes, unless both would have the same name.
func TestDiff(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	diff := func(old, new map[string]any) *pulumirpc.DiffResponse {
		r, err := e.client.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn(groupType), OldInputs: e.wire(old), News: e.wire(new)})
		require.NoError(t, err)
		return r
	}
	auto := func(description string) map[string]any {
		return map[string]any{"vpcId": "vpc-1", "name": "thing-1", "description": description, "__defaults": []any{"name"}}
	}
	explicit := func(description string) map[string]any {
		return map[string]any{"vpcId": "vpc-1", "name": "mine", "description": description}
	}
	require.Equal(t, pulumirpc.DiffResponse_DIFF_NONE, diff(auto("a"), auto("a")).GetChanges())
	r := diff(auto("a"), auto("b"))
	require.Equal(t, []string{"description"}, r.GetReplaces())
	require.False(t, r.GetDeleteBeforeReplace())
	require.True(t, diff(explicit("a"), explicit("b")).GetDeleteBeforeReplace())

	tagged := auto("a")
	tagged["tags"] = map[string]any{"k": "v"}
	r = diff(auto("a"), tagged)
	require.Equal(t, pulumirpc.DiffResponse_DIFF_SOME, r.GetChanges())
	require.Empty(t, r.GetReplaces())
	require.Contains(t, r.GetDetailedDiff(), "tags")
}

// Two providers of one stack have a connection each, and do not see each other's region.
func TestRegionsAreKeptByConnection(t *testing.T) {
	t.Parallel()
	eu := newEngine(t)
	us := eu.connect("us-east-1")
	id, state := eu.create(vpcType, map[string]any{"cidrBlock": "10.0.0.0/16"})
	require.Contains(t, state["arn"], ":eu-central-1:")
	_, state = us.create(vpcType, map[string]any{"cidrBlock": "10.0.0.0/16"})
	require.Contains(t, state["arn"], ":us-east-1:")
	r, err := us.client.Read(t.Context(), &pulumirpc.ReadRequest{Urn: urn(vpcType), Id: id})
	require.NoError(t, err)
	require.Empty(t, r.GetId(), "the other region has no such VPC")

	_, err = us.client.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: us.wire(map[string]any{"region": "mars-north-1"})})
	require.ErrorContains(t, err, "mars-north-1")
}

func TestUnknownTypesAndFunctionsAreRefusedByName(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	_, err := e.client.Check(t.Context(), &pulumirpc.CheckRequest{Urn: urn("aws:ec2/instance:Instance")})
	require.ErrorContains(t, err, "aws:ec2/instance:Instance")
	_, err = e.client.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:ec2/getAmi:getAmi"})
	require.ErrorContains(t, err, "aws:ec2/getAmi:getAmi")
	r, err := e.client.Invoke(t.Context(), &pulumirpc.InvokeRequest{Tok: "aws:route53/getZone:getZone", Args: e.wire(map[string]any{"nom": "x"})})
	require.NoError(t, err)
	require.Equal(t, "nom: no such property", r.GetFailures()[0].GetReason())
}

// FuzzCheck sends inputs of every shape to every type: a problem that names a property, or none, but never a panic.
func FuzzCheck(f *testing.F) {
	f.Add(0, `{"cidrBlock":"10.0.0.0/16"}`)
	f.Add(7, `{"tags":{"a":[]},"vpcId":{},"x":null}`)
	f.Add(3, `{"":1,"tags":{"":[]}}`)
	f.Fuzz(func(t *testing.T, n int, text string) {
		var s structpb.Struct
		if err := s.UnmarshalJSON([]byte(text)); err != nil {
			return
		}
		in, err := unmarshal(&s)
		if err != nil {
			return
		}
		types := cloud.Types()
		typ := types[uint(n)%uint(len(types))]
		k, _ := cloud.Lookup(typ)
		problems := k.Schema.Inputs.Check(in)
		if len(problems) == 0 {
			problems = k.Problems("eu-central-1", in)
		}
		for _, p := range problems {
			if p.Path == "" || p.Reason == "" {
				t.Errorf("%s: a problem names no property: %+v", typ, p)
			}
		}
	})
}
