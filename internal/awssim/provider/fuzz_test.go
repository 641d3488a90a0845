package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

// prober hands inputs to a provider as an engine would: check, create, change, read, delete.
type prober struct {
	s     *Server
	names int
}

// newProber returns a provider over an account with a few things that inputs can name.
func newProber(t testing.TB) *prober {
	t.Helper()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	p := &prober{s: New(c)}
	config, err := structpb.NewStruct(map[string]any{"region": "eu-central-1"})
	require.NoError(t, err)
	_, err = p.s.Configure(t.Context(), &pulumirpc.ConfigureRequest{Args: config})
	require.NoError(t, err)
	return p
}

// trust is a policy that every role can have.
const trust = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`

// populate makes one of several types and returns what inputs name them by.
func (p *prober) populate(t testing.TB) []string {
	t.Helper()
	var named []string
	made := func(typ string, inputs cloud.Map) string {
		id, state, err := p.s.cloud.Create(t.Context(), "eu-central-1", typ, inputs)
		require.NoError(t, err, typ)
		named = append(named, id)
		if arn := cloud.Str(state, "arn"); arn != "" {
			named = append(named, arn)
		}
		return id
	}
	vpc := made("aws:ec2/vpc:Vpc", cloud.Map{"cidrBlock": "10.0.0.0/16"})
	made("aws:ec2/internetGateway:InternetGateway", cloud.Map{"vpcId": vpc})
	subnets := []any{}
	for i, zone := range []string{"euc1-az1", "euc1-az2"} {
		subnets = append(subnets, made("aws:ec2/subnet:Subnet", cloud.Map{"vpcId": vpc, "cidrBlock": fmt.Sprintf("10.0.%d.0/24", i), "availabilityZoneId": zone}))
	}
	group := made("aws:ec2/securityGroup:SecurityGroup", cloud.Map{"vpcId": vpc, "name": "a", "description": "a"})
	made("aws:ec2/routeTable:RouteTable", cloud.Map{"vpcId": vpc})
	made("aws:ec2/eip:Eip", cloud.Map{})
	made("aws:iam/role:Role", cloud.Map{"name": "role", "assumeRolePolicy": trust})
	made("aws:kms/key:Key", cloud.Map{})
	made("aws:sns/topic:Topic", cloud.Map{"name": "topic"})
	made("aws:s3/bucketV2:BucketV2", cloud.Map{"bucket": "bucket-of-the-account"})
	made("aws:secretsmanager/secret:Secret", cloud.Map{"name": "secret"})
	made("aws:cloudwatch/logGroup:LogGroup", cloud.Map{"name": "logs"})
	made("aws:ecs/cluster:Cluster", cloud.Map{"name": "cluster"})
	made("aws:rds/subnetGroup:SubnetGroup", cloud.Map{"name": "data", "subnetIds": subnets})
	made("aws:elasticache/subnetGroup:SubnetGroup", cloud.Map{"name": "data", "subnetIds": subnets})
	made("aws:backup/vault:Vault", cloud.Map{"name": "vault"})
	made("aws:lb/targetGroup:TargetGroup", cloud.Map{"name": "targets", "port": 80.0, "protocol": "HTTP", "targetType": "ip", "vpcId": vpc})
	made("aws:lb/loadBalancer:LoadBalancer", cloud.Map{"name": "edge", "subnets": subnets, "securityGroups": []any{group}})
	return named
}

// probe does with the inputs what an engine does and returns what is wrong with the answers: a problem that names no
// property, a refusal without a text, a state that does not fit the type. Panics come through.
func (p *prober) probe(ctx context.Context, typ string, inputs, changed *structpb.Struct) error {
	p.names++
	urn := fmt.Sprintf("urn:pulumi:s::p::%s::probe-%d", typ, p.names)
	checked, err := p.s.Check(ctx, &pulumirpc.CheckRequest{Urn: urn, News: inputs, RandomSeed: make([]byte, 32)})
	if err != nil {
		return fmt.Errorf("check: %w", err)
	}
	if len(checked.GetFailures()) > 0 {
		return named(checked.GetFailures())
	}
	made, err := p.s.Create(ctx, &pulumirpc.CreateRequest{Urn: urn, Properties: checked.GetInputs()})
	if err != nil {
		return refusal("create", err)
	}
	if made.GetId() == "" {
		return fmt.Errorf("created without an id")
	}
	state := made.GetProperties()
	again, err := p.s.Check(ctx, &pulumirpc.CheckRequest{Urn: urn, News: changed, Olds: checked.GetInputs(), RandomSeed: make([]byte, 32)})
	if err != nil {
		return fmt.Errorf("check of a change: %w", err)
	}
	if len(again.GetFailures()) > 0 {
		if err := named(again.GetFailures()); err != nil {
			return err
		}
	} else {
		updated, err := p.s.Update(ctx, &pulumirpc.UpdateRequest{Id: made.GetId(), Urn: urn, Olds: state, News: again.GetInputs(), OldInputs: checked.GetInputs()})
		if err := refusal("update", err); err != nil {
			return err
		}
		if updated != nil {
			state = updated.GetProperties()
		}
	}
	if _, err := p.s.Read(ctx, &pulumirpc.ReadRequest{Id: made.GetId(), Urn: urn, Inputs: checked.GetInputs(), Properties: state}); err != nil {
		return fmt.Errorf("read: %w", err)
	}
	_, err = p.s.Delete(ctx, &pulumirpc.DeleteRequest{Id: made.GetId(), Urn: urn, Properties: state, OldInputs: checked.GetInputs()})
	return refusal("delete", err)
}

// named complains of a failure that names no property or gives no reason.
func named(failures []*pulumirpc.CheckFailure) error {
	for _, f := range failures {
		if f.GetProperty() == "" || f.GetReason() == "" {
			return fmt.Errorf("a failure names no property: %v", f)
		}
	}
	return nil
}

// refusal complains of an error that is the offline AWS's own fault.
func refusal(verb string, err error) error {
	if err != nil && (strings.Contains(err.Error(), "offline AWS: state of") || strings.Contains(err.Error(), "handler gave no id")) {
		return fmt.Errorf("%s: %w", verb, err)
	}
	return nil
}

// maker makes inputs at random that mostly have the types which the schema wants.
type maker struct {
	*rand.Rand
	named []string // what exists
}

var oddStrings = []string{
	"", "x", " ", "\x00", "é", "a/b", "-", "default", "10.0.0.0/16", "0.0.0.0/0", "::/0", "tcp", "true", "-1", "eu-central-1", "{}", "[]", `"`, "{", trust,
	"arn:aws:iam::111122223333:role/none", "arn:aws:kms:eu-central-1:111122223333:key/none", "arn:", "vpc-0", "2026-01-01T00:00:00Z", "cron(0 0 * * ? *)",
	"rate(0 minutes)", "service/a/b", "alias/x", "$Latest", "application", "network", "Interface", "aws-waf-logs-x", "mon:00:00-mon:00:30", "03:00-04:00",
}

const absurd = 70_000 // more characters than AWS takes for anything but documents

func (m *maker) value(s *schema.Schema, depth int) any {
	if m.IntN(25) == 0 { // of another type
		return []any{nil, true, 3.5, "text", []any{"a"}, map[string]any{"a": 1.0}}[m.IntN(6)]
	}
	switch s.Type {
	case "bool":
		return m.IntN(2) == 0
	case "number", "integer":
		return []float64{0, 1, -1, 2, 7, 30, 60, 443, 65536, 1e18, -1e18, 0.5}[m.IntN(12)]
	case "string":
		switch m.IntN(12) {
		case 0:
			return strings.Repeat("a", absurd)
		case 1, 2, 3, 4, 5:
			return m.named[m.IntN(len(m.named))]
		}
		return oddStrings[m.IntN(len(oddStrings))]
	case "list":
		out := []any{}
		for range m.IntN(3) {
			out = append(out, m.value(s.Elem, depth+1))
		}
		if m.IntN(60) == 0 && len(out) > 0 {
			for len(out) < 500 {
				out = append(out, out[0])
			}
		}
		return out
	case "map":
		return map[string]any{"a": m.value(s.Elem, depth+1)}
	case "object":
		return m.object(s, depth)
	}
	return "any"
}

func (m *maker) object(s *schema.Schema, depth int) map[string]any {
	out := map[string]any{}
	for _, name := range sorted(s.Fields) {
		required := false
		for _, r := range s.Required {
			required = required || r == name
		}
		if depth < 6 && (required && m.IntN(20) > 0 || m.IntN(4+2*depth) == 0) {
			if v := m.value(s.Fields[name], depth); v != nil {
				out[name] = v
			}
		}
	}
	if m.IntN(30) == 0 {
		out["zzz"] = "no such property"
	}
	return out
}

// Inputs of every shape get an answer: a problem that names a property, a refusal, or a resource that fits its type.
func TestRandomInputsGetAnAnswer(t *testing.T) {
	t.Parallel()
	const rounds = 150
	p := newProber(t)
	m := &maker{rand.New(rand.NewPCG(1, 2)), p.populate(t)}
	for _, typ := range cloud.Types() {
		k, ok := cloud.Lookup(typ)
		require.True(t, ok, typ)
		for range rounds {
			first, second := m.object(k.Schema.Inputs, 0), m.object(k.Schema.Inputs, 0)
			require.NoError(t, p.safely(t.Context(), typ, first, second), "%s\n%s", typ, shown(first, second))
		}
	}
}

// safely turns a panic into an error.
func (p *prober) safely(ctx context.Context, typ string, first, second map[string]any) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	a, err := structpb.NewStruct(first)
	if err != nil {
		return nil //nolint:nilerr // no engine can send it
	}
	b, err := structpb.NewStruct(second)
	if err != nil {
		return nil //nolint:nilerr // no engine can send it
	}
	return p.probe(ctx, typ, a, b)
}

func shown(inputs ...map[string]any) string {
	var b strings.Builder
	for _, in := range inputs {
		text, _ := json.Marshal(in) // for a person
		if len(text) > 2000 {
			text = text[:2000]
		}
		b.Write(append(text, '\n'))
	}
	return b.String()
}

// FuzzOperations hands inputs of every shape to every operation on every type of an account with something in it.
func FuzzOperations(f *testing.F) {
	f.Add(0, `{"cidrBlock":"10.0.0.0/16"}`, `{"cidrBlock":"10.0.0.0/16","enableDnsHostnames":true}`)
	f.Add(3, `{"":{"":null}}`, `{"":""}`)
	f.Add(40, `{"name":"a"}`, `{"name":"a","tags":{"a":"b"}}`)
	p := newProber(f)
	p.populate(f)
	f.Fuzz(func(t *testing.T, n int, first, second string) {
		var a, b structpb.Struct
		if a.UnmarshalJSON([]byte(first)) != nil || b.UnmarshalJSON([]byte(second)) != nil {
			return
		}
		types := cloud.Types()
		typ := types[uint(n)%uint(len(types))]
		if err := p.probe(t.Context(), typ, &a, &b); err != nil {
			t.Errorf("%s: %v", typ, err)
		}
	})
}
