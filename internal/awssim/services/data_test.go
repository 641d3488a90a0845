package services

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const home = "eu-central-1"

// still is a clock that a test sets by hand, and that waits move on at once.
type still struct{ now time.Time }

func (s *still) Now() time.Time { return s.now }
func (s *still) Sleep(ctx context.Context, d time.Duration) error {
	s.now = s.now.Add(max(d, 0))
	return ctx.Err()
}

// dataCloud is an account with a VPC, a subnet in each of three zones, and a security group, as the data tiers need.
type dataCloud struct {
	*testing.T
	*cloud.Cloud
	clock   *still
	subnets []any
	group   string
}

func newDataCloud(t *testing.T) *dataCloud {
	t.Helper()
	clock := &still{time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	c, err := cloud.Open(cloud.Options{Clock: clock})
	require.NoError(t, err)
	d := &dataCloud{T: t, Cloud: c, clock: clock, group: "sg-1"}
	d.place("aws:ec2/vpc:Vpc", "vpc-1", cloud.Map{"defaultSecurityGroupId": "sg-default"})
	for zone, id := range map[string]string{"eu-central-1a": "subnet-a", "eu-central-1b": "subnet-b", "eu-central-1c": "subnet-c"} {
		d.place(typeSubnet, id, cloud.Map{"vpcId": "vpc-1", "availabilityZone": zone, "cidrBlock": "10.0." + strconv.Itoa(int(id[len(id)-1])) + ".0/24"})
	}
	d.place(typeSubnet, "subnet-far", cloud.Map{"vpcId": "vpc-2", "availabilityZone": "eu-central-1a"})
	d.place(typeSecurityGroup, "sg-1", cloud.Map{"vpcId": "vpc-1"})
	d.place(typeSecurityGroup, "sg-far", cloud.Map{"vpcId": "vpc-2"})
	d.subnets = cloud.List("subnet-a", "subnet-b", "subnet-c")
	return d
}

// place puts a resource of another tier into the account without its kind's rules.
func (d *dataCloud) place(typ, id string, state cloud.Map) {
	state["id"] = id
	at(d.Cloud, home).Place(&cloud.Resource{Type: typ, Region: home, ID: id, Inputs: cloud.Map{}, State: state})
}

// at is the account seen from a region, for tests that are alone with it.
func at(c *cloud.Cloud, region string) *cloud.Tx {
	t, leave := c.Enter(region)
	leave()
	return t
}

// held is a resource as the account holds it, one that is being deleted too; nil where there is none.
func held(c *cloud.Cloud, typ, region, id string) *cloud.Resource {
	r, _ := at(c, region).Lookup(cloud.KindOf(typ), id)
	return r
}

// make creates a resource that AWS accepts and checks it against the provider's rules as well.
func (d *dataCloud) make(typ string, inputs cloud.Map) (id string, state cloud.Map) {
	d.Helper()
	require.Empty(d, problems(typ, inputs))
	id, state, err := d.Create(context.Background(), home, typ, inputs)
	require.NoError(d, err)
	return id, state
}

// refused expects AWS to refuse a creation by that code.
func (d *dataCloud) refused(code, typ string, inputs cloud.Map) {
	d.Helper()
	_, _, err := d.Create(context.Background(), home, typ, inputs)
	require.Errorf(d, err, "%s %v", typ, inputs)
	require.Equalf(d, code, cloud.Code(err), "%s %v: %v", typ, inputs, err)
}

func (d *dataCloud) change(typ, id string, inputs cloud.Map) (cloud.Map, error) {
	return d.Update(context.Background(), home, typ, id, inputs)
}

func (d *dataCloud) gone(typ, id string, inputs cloud.Map) error {
	return d.Delete(context.Background(), home, typ, id, inputs)
}

func (d *dataCloud) read(typ, id string) cloud.Map {
	d.Helper()
	_, state, err := d.Read(home, typ, id)
	require.NoError(d, err)
	return state
}

// problems are what the provider finds in the inputs of a type.
func problems(typ string, inputs cloud.Map) []cloud.Problem {
	return cloud.KindOf(typ).Problems(home, inputs)
}

// with returns the inputs with some of them changed; nil takes one away.
func with(inputs, changes cloud.Map) cloud.Map {
	out := cloud.Clone(inputs)
	for k, v := range changes {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

// badInput is one input that the provider refuses before anything is created.
type badInput struct {
	path  string
	value any
}

func refusesInputs(t *testing.T, typ string, good cloud.Map, bad []badInput) {
	t.Helper()
	require.Empty(t, problems(typ, good))
	for _, b := range bad {
		require.NotEmptyf(t, problems(typ, with(good, cloud.Map{b.path: b.value})), "%s = %v", b.path, b.value)
		unknown := with(good, cloud.Map{b.path: cloud.Unknown})
		require.Emptyf(t, problems(typ, unknown), "%s unknown", b.path)
	}
}
