package recovery_test

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/recovery"
)

// Every type of the tracked stacks, and of what an account needs once, has a row, and every row says all that its way needs.
func TestTableIsComplete(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir("../../tests/testdata/golden")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		text, err := os.ReadFile("../../tests/testdata/golden/" + f.Name())
		require.NoError(t, err)
		for line := range strings.Lines(string(text)) {
			typ, _, _ := strings.Cut(line, " ")
			if _, known := recovery.Of(typ); strings.HasPrefix(typ, "aws:") && !known {
				t.Errorf("%s: no row for %s", f.Name(), typ)
			}
		}
	}
	for _, typ := range recovery.Types() {
		row, _ := recovery.Of(typ)
		require.Equal(t, row.By == recovery.ByTags, row.ARN != "", typ)
		require.Equal(t, row.By == recovery.ByLookup, row.Lookup != nil, typ)
		require.Equal(t, row.By == recovery.Again, row.Why != "", typ)
		require.Equal(t, row.By == recovery.ByKey || row.By == recovery.ByLookup, row.Import != "" && row.By != recovery.ByTags, typ)
	}
}

const providerRef = "urn:pulumi:s::p::pulumi:providers:aws::aws::id"

func resource(typ, name string, inputs map[string]any) recovery.Resource {
	return recovery.Resource{
		"urn": "urn:pulumi:s::p::" + typ + "::" + name, "type": typ, "custom": true, "inputs": inputs, "provider": providerRef,
	}
}

func TestCandidates(t *testing.T) {
	t.Parallel()
	tags := map[string]any{"stack": "s", "Name": "s-vpc"}
	listed := []recovery.Tagged{
		{ARN: "arn:aws:ec2:eu-central-1:1:vpc/vpc-old", Tags: map[string]string{"stack": "s", "Name": "s-vpc"}},
		{ARN: "arn:aws:ec2:eu-central-1:1:vpc/vpc-other", Tags: map[string]string{"stack": "s", "Name": "s-other"}},
		{ARN: "arn:aws:ec2:eu-central-1:1:vpc/vpc-new", Tags: map[string]string{"stack": "s", "Name": "s-vpc"}},
		{ARN: "arn:aws:ec2:eu-central-1:1:vpc-endpoint/vpce-1", Tags: map[string]string{"stack": "s", "Name": "s-vpc"}},
		{ARN: "arn:aws:wafv2:eu-central-1:1:regional/webacl/acl/1-2", Tags: map[string]string{"stack": "s", "Name": "s-vpc"}},
		{ARN: "arn:aws:sns:eu-central-1:1:topic", Tags: map[string]string{"stack": "s", "Name": "s-vpc"}},
	}
	for name, c := range map[string]struct {
		resource recovery.Resource
		known    map[string]bool
		found    map[string]any
		want     []string
	}{
		"by tags, the latest first": {resource: resource("aws:ec2/vpc:Vpc", "vpc", map[string]any{"tags": tags}), want: []string{"vpc-new", "vpc-old"}},
		"not what the state has":    {resource: resource("aws:ec2/vpc:Vpc", "vpc", map[string]any{"tags": tags}), known: map[string]bool{"vpc-old": true}, want: []string{"vpc-new"}},
		"by ARN":                    {resource: resource("aws:sns/topic:Topic", "t", map[string]any{"tags": tags}), want: []string{"arn:aws:sns:eu-central-1:1:topic"}},
		"parts of the ARN":          {resource: resource("aws:wafv2/webAcl:WebAcl", "w", map[string]any{"tags": tags}), want: []string{"1-2/acl/REGIONAL"}},
		"by its parent and name":    {resource: resource("aws:iam/rolePolicy:RolePolicy", "p", map[string]any{"role": "r-1", "name": "p-2"}), want: []string{"r-1:p-2"}},
		"one of several":            {resource: resource("aws:ec2/route:Route", "r", map[string]any{"routeTableId": "rtb-1", "destinationIpv6CidrBlock": "::/0"}), want: []string{"rtb-1_::/0"}},
		"end of an ARN":             {resource: resource("aws:ecs/service:Service", "s", map[string]any{"cluster": "arn:aws:ecs:r:1:cluster/c", "name": "s"}), want: []string{"c/s"}},
		"a domain": {
			resource: resource("aws:route53/record:Record", "r", map[string]any{"zoneId": "Z1", "name": "_A.Example.com.", "type": "CNAME"}),
			want:     []string{"Z1__a.example.com_CNAME"},
		},
		"one of a set": {
			resource: resource("aws:route53/record:Record", "r", map[string]any{"zoneId": "Z1", "name": "a.b", "type": "A", "setIdentifier": "eu"}),
			want:     []string{"Z1_a.b_A_eu"},
		},
		"by a lookup": {
			resource: resource("aws:secretsmanager/secretVersion:SecretVersion", "v", map[string]any{"secretId": "arn"}),
			found:    map[string]any{"versionId": "v1"}, want: []string{"arn|v1"},
		},
		"a lookup that found nothing": {resource: resource("aws:secretsmanager/secretVersion:SecretVersion", "v", map[string]any{"secretId": "arn"})},
		"a list that holds one": {
			resource: resource("aws:iam/serviceLinkedRole:ServiceLinkedRole", "r", map[string]any{"awsServiceName": "ecs.amazonaws.com"}),
			found:    map[string]any{"arns": []any{"arn:role"}}, want: []string{"arn:role"},
		},
		"a list that holds none": {
			resource: resource("aws:iam/serviceLinkedRole:ServiceLinkedRole", "r", map[string]any{"awsServiceName": "ecs.amazonaws.com"}),
			found:    map[string]any{"arns": []any{}},
		},
		"created again": {resource: resource("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "d", map[string]any{"vpcId": "vpc-1"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := recovery.Candidates(c.resource, c.known, listed, c.found)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
	for name, r := range map[string]recovery.Resource{
		"an unknown type": resource("slow:index:Thing", "x", nil),
		"no tags":         resource("aws:ec2/vpc:Vpc", "vpc", nil),
		"no name":         resource("aws:iam/role:Role", "role", map[string]any{}),
	} {
		_, err := recovery.Candidates(r, nil, listed, nil)
		require.Error(t, err, name)
	}
}

func TestLookupSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	row, _ := recovery.Of("aws:secretsmanager/secretVersion:SecretVersion")
	require.True(t, row.Lookup.Absent(errors.New("api error ResourceNotFoundException: none")))
	require.False(t, row.Lookup.Absent(errors.New("api error AccessDeniedException")))
	args, err := row.Lookup.Arguments(resource("", "v", map[string]any{"secretId": "arn"}))
	require.NoError(t, err)
	require.Equal(t, map[string]any{"secretId": "arn"}, args)
}

// What a key finds may be somebody else's.
func TestMismatch(t *testing.T) {
	t.Parallel()
	role := resource("aws:iam/role:Role", "r", map[string]any{"name": "r", "tags": map[string]any{"stack": "s"}})
	read := func(outputs map[string]any) recovery.Resource { return recovery.Resource{"outputs": outputs} }
	require.Empty(t, recovery.Mismatch(role, read(map[string]any{"tags": map[string]any{"stack": "s", "more": "x"}})))
	require.NotEmpty(t, recovery.Mismatch(role, read(map[string]any{"tags": map[string]any{"stack": "other"}})))
	require.NotEmpty(t, recovery.Mismatch(role, read(map[string]any{})))

	alias := resource("aws:kms/alias:Alias", "a", map[string]any{"name": "alias/a", "targetKeyId": "k1"})
	require.Empty(t, recovery.Mismatch(alias, read(map[string]any{"targetKeyId": "k1"})))
	require.NotEmpty(t, recovery.Mismatch(alias, read(map[string]any{"targetKeyId": "k2"})))

	board := resource("aws:cloudwatch/dashboard:Dashboard", "d", map[string]any{"dashboardName": "d", "dashboardBody": `{"a": [1, 2]}`})
	require.Empty(t, recovery.Mismatch(board, read(map[string]any{"dashboardBody": `{"a":[2,1]}`})))
	require.NotEmpty(t, recovery.Mismatch(board, read(map[string]any{"dashboardBody": `{"a":[1]}`})))

	record := resource("aws:route53/record:Record", "r", map[string]any{"records": []any{"One.example.com."}})
	require.Empty(t, recovery.Mismatch(record, read(map[string]any{"records": []any{"one.example.com"}})))
	require.NotEmpty(t, recovery.Mismatch(record, read(map[string]any{"records": []any{"two.example.com"}})))
}

func checkpoint(t *testing.T, resources ...recovery.Resource) *recovery.Checkpoint {
	t.Helper()
	text, err := json.Marshal(map[string]any{"manifest": map[string]any{"magic": "m"}, "resources": resources})
	require.NoError(t, err)
	c, err := recovery.Decode(text)
	require.NoError(t, err)
	return c
}

func names(c *recovery.Checkpoint) []string {
	var out []string
	for _, r := range c.Resources {
		name := r.Name()
		if r["delete"] == true {
			name += " deleted"
		}
		out = append(out, name)
	}
	return out
}

// What was made comes after what it needs and before what needs it; what it replaces goes next.
func TestAdopt(t *testing.T) {
	t.Parallel()
	provider := recovery.Resource{"urn": "urn:pulumi:s::p::pulumi:providers:aws::aws", "type": "pulumi:providers:aws", "id": "id", "custom": true}
	vpc := resource("aws:ec2/vpc:Vpc", "vpc", nil)
	subnet := resource("aws:ec2/subnet:Subnet", "subnet", nil)
	subnet["id"], subnet["dependencies"] = "subnet-old", []any{vpc.URN()}
	user := resource("aws:ec2/natGateway:NatGateway", "nat", nil)
	user["dependencies"] = []any{subnet.URN()}
	secret := map[string]any{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": `"x"`}
	asked := resource("aws:ec2/subnet:Subnet", "subnet", map[string]any{
		"cidrBlock": "10.0.0.0/24", "hidden": secret, "unread": "u", "__defaults": []any{"cidrBlock"},
	})
	asked["dependencies"] = []any{vpc.URN()}
	read := recovery.Resource{
		"id": "subnet-new", "inputs": map[string]any{"cidrBlock": "10.0.1.0/24", "hidden": "x", "__defaults": []any{}, "computed": true},
		"outputs": map[string]any{"id": "subnet-new", "hidden": "x"},
	}
	c := checkpoint(t, provider, vpc, subnet, user)
	c.Adopt(recovery.Operation{Kind: "creating", Resource: asked}, read)
	require.Equal(t, []string{"aws", "vpc", "subnet", "subnet deleted", "nat"}, names(c))
	made := c.Resources[2]
	require.Equal(t, "subnet-new", made.ID())
	require.Equal(t, map[string]any{
		"cidrBlock": "10.0.1.0/24", "hidden": secret, "unread": "u", "__defaults": []any{"cidrBlock"},
	}, made.Inputs(), "as it came out, but for what no read shows")
	require.Equal(t, map[string]any{"id": "subnet-new", "hidden": secret}, made.Outputs(), "what was secret stays so")

	gone := maps(subnet)
	gone["pendingReplacement"] = true
	c = checkpoint(t, provider, vpc, gone, user)
	c.Adopt(recovery.Operation{Kind: "creating", Resource: asked}, read)
	require.Equal(t, []string{"aws", "vpc", "subnet", "nat"}, names(c), "the mark of one that was deleted first has done its part")

	loose := resource("aws:ec2/eip:Eip", "eip", nil)
	c = checkpoint(t, provider, vpc, user)
	c.Adopt(recovery.Operation{Kind: "creating", Resource: loose, Loose: true}, recovery.Resource{"id": "eip-1"})
	require.Equal(t, []string{"aws", "vpc", "nat", "eip"}, names(c))
	require.Equal(t, []any{vpc.URN(), user.URN()}, c.Resources[3]["dependencies"], "it goes before all others")
}

func maps(r recovery.Resource) recovery.Resource {
	out := recovery.Resource{}
	for k, v := range r {
		out[k] = v
	}
	return out
}

func TestDrop(t *testing.T) {
	t.Parallel()
	vpc := resource("aws:ec2/vpc:Vpc", "vpc", nil)
	vpc["id"] = "vpc-1"
	user := resource("aws:ec2/subnet:Subnet", "subnet", nil)
	user["dependencies"] = []any{vpc.URN()}
	user["propertyDependencies"] = map[string]any{"vpcId": []any{vpc.URN()}}
	user["deletedWith"] = vpc.URN()
	c := checkpoint(t, vpc, user)
	c.Drop(vpc.URN(), "another")
	require.Len(t, c.Resources, 2)
	c.Drop(vpc.URN(), "vpc-1")
	require.Equal(t, []string{"subnet"}, names(c))
	text, err := c.Encode()
	require.NoError(t, err)
	require.NotContains(t, string(text), "::vpc", "nothing says that it depends on it")
	require.Contains(t, string(text), `"magic"`, "what this package does not know stays")

	child := resource("aws:ec2/subnet:Subnet", "child", nil)
	child["parent"] = vpc.URN()
	c = checkpoint(t, vpc, child)
	c.Drop(vpc.URN(), "vpc-1")
	require.Len(t, c.Resources, 2, "a parent stays")
}

func TestPendingOperations(t *testing.T) {
	t.Parallel()
	c, err := recovery.Decode(json.RawMessage(`{"pending_operations":[{"type":"creating","resource":{"urn":"u","type":"aws:ec2/vpc:Vpc","custom":true}}]}`))
	require.NoError(t, err)
	require.Len(t, c.Pending, 1)
	require.Equal(t, "creating", c.Pending[0].Kind)
	require.True(t, c.Pending[0].Resource.Custom())
	text, err := c.Encode()
	require.NoError(t, err)
	require.False(t, slices.Contains(strings.Split(string(text), `"`), "pending_operations"))
	empty, err := recovery.Decode(nil)
	require.NoError(t, err)
	require.Empty(t, empty.Pending)
}

// A replacement was cut off between its two halves, and its older half is wanted again: made anew it would clash with itself.
func TestTakeBack(t *testing.T) {
	t.Parallel()
	const typ = "aws:route53/record:Record"
	named := func(name, id string, more map[string]any) recovery.Resource {
		r := resource(typ, "host", map[string]any{"zoneId": "Z1", "name": name, "type": "A"})
		r["id"] = id
		for k, v := range more {
			r[k] = v
		}
		return r
	}
	wanted := func(name string) map[string]any { return map[string]any{"zoneId": "Z1", "name": name, "type": "A"} }
	balancer := resource("aws:lb/loadBalancer:LoadBalancer", "balancer", nil)
	balancer["id"] = "arn"
	old := func() recovery.Resource {
		return named("old.a.b", "Z1_old.a.b_A", map[string]any{"delete": true, "dependencies": []any{balancer.URN()}})
	}
	live := func() recovery.Resource {
		return named("new.a.b", "Z1_new.a.b_A", map[string]any{"dependencies": []any{balancer.URN()}})
	}
	worn := resource("aws:lb/loadBalancer:LoadBalancer", "balancer", nil) // was replaced as well
	worn["id"], worn["delete"] = "worn", true
	after := resource("aws:route53/healthCheck:HealthCheck", "check", nil)
	after["id"], after["dependencies"] = "h", []any{old().URN()}
	for name, c := range map[string]struct {
		resources []recovery.Resource
		wanted    map[string]any
		want      []string // ids, in order; a - marks what is to be deleted
	}{
		"wanted again":        {[]recovery.Resource{balancer, live(), after, old()}, wanted("old.a.b"), []string{"arn", "Z1_old.a.b_A", "-Z1_new.a.b_A", "h"}},
		"with what it needs":  {[]recovery.Resource{balancer, live(), after, worn, old()}, wanted("old.a.b"), []string{"arn", "Z1_old.a.b_A", "-Z1_new.a.b_A", "h", "-worn"}},
		"the newer is wanted": {[]recovery.Resource{balancer, live(), after, old()}, wanted("new.a.b"), nil},
		"a third is wanted":   {[]recovery.Resource{balancer, live(), after, old()}, wanted("third.a.b"), nil},
		"nothing is left":     {[]recovery.Resource{balancer, live(), after}, wanted("old.a.b"), nil},
		"unknown yet":         {[]recovery.Resource{balancer, live(), after, old()}, map[string]any{"zoneId": "Z1", "type": "A"}, nil},
	} {
		checkpoint := &recovery.Checkpoint{Resources: c.resources}
		require.Equal(t, c.want != nil, checkpoint.TakeBack(old().URN(), c.wanted), name)
		if c.want == nil {
			continue
		}
		var got []string
		for _, r := range checkpoint.Resources {
			id := r.ID()
			if gone, _ := r["delete"].(bool); gone {
				id = "-" + id
			}
			got = append(got, id)
		}
		require.Equal(t, c.want, got, name)
	}
}
