package services

import (
	"context"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// start is when the clocks of these tests start.
var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// timed returns a cloud in virtual time in which every operation takes AWS the given time.
func timed(t *testing.T, length time.Duration, faults *cloud.Faults) (*cloud.Cloud, *cloud.Virtual) {
	t.Helper()
	clock := &cloud.Virtual{}
	clock.Set(start)
	c, err := cloud.Open(cloud.Options{Clock: clock, Faults: faults, Length: func(cloud.Timing, string, string) time.Duration { return length }})
	require.NoError(t, err)
	return c, clock
}

const (
	typeTestVPC = "aws:ec2/vpc:Vpc"
	typeTestSG  = "aws:ec2/securityGroup:SecurityGroup"
)

func TestCallTakesTime(t *testing.T) {
	t.Parallel()
	c, clock := timed(t, time.Minute, nil)
	id, _, err := c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	require.GreaterOrEqual(t, clock.Now().Sub(start), time.Minute)

	before := clock.Now()
	require.NoError(t, c.Delete(t.Context(), home, typeTestVPC, id, nil))
	require.GreaterOrEqual(t, clock.Now().Sub(before), time.Minute)
	_, _, err = c.Read(home, typeTestVPC, id)
	require.ErrorAs(t, err, new(*cloud.NotFound))
}

// While AWS deletes something, nothing finds it and everything it stands on stays in use.
func TestWhatIsBeingDeletedHoldsWhatItStandsOn(t *testing.T) {
	t.Parallel()
	c, clock := timed(t, time.Minute, nil)
	vpc, _, err := c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	group, _, err := c.Create(t.Context(), home, typeTestSG, cloud.Map{"name": "a", "vpcId": vpc, "description": "a"})
	require.NoError(t, err)

	deletion := c.StartDelete(home, typeTestSG, group, nil)
	next, done := deletion.Step()
	require.False(t, done)
	_, _, err = c.Read(home, typeTestSG, group)
	require.ErrorAs(t, err, new(*cloud.NotFound))

	stood := held(c, typeTestVPC, home, vpc)
	require.NotEmpty(t, at(c, home).Holders(stood))
	clock.Set(next)
	_, done = deletion.Step()
	require.True(t, done)
	require.Empty(t, at(c, home).Holders(stood))
	require.NoError(t, c.Delete(t.Context(), home, typeTestVPC, vpc, nil))
}

// A creation that is cut off after AWS accepted it exists; a second deletion waits for the first.
func TestCallsThatAreCutOff(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	clock := &cloud.Virtual{}
	clock.Set(start)
	c, err := cloud.Open(cloud.Options{Clock: clock, Length: func(cloud.Timing, string, string) time.Duration {
		cancel() // AWS has the request by now
		return time.Minute
	}})
	require.NoError(t, err)
	id, state, err := c.Create(ctx, home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.ErrorIs(t, err, context.Canceled)
	require.NotEmpty(t, id)
	require.Equal(t, "10.0.0.0/16", state["cidrBlock"])

	clock.Set(start.Add(time.Hour))
	first := c.StartDelete(home, typeTestVPC, id, nil)
	until, _ := first.Step()
	second := c.StartDelete(home, typeTestVPC, id, nil)
	next, done := second.Step()
	require.False(t, done)
	require.False(t, next.Before(until))
}

// Ids follow from what is made, not from when: only then can orders be replayed.
func TestIDsDoNotFollowFromTheOrder(t *testing.T) {
	t.Parallel()
	make := func(tokens ...string) map[string]string {
		c, err := cloud.Open(cloud.Options{Seed: 7})
		require.NoError(t, err)
		ids := map[string]string{}
		for _, token := range tokens {
			id, _, err := c.Run(t.Context(), c.StartCreate(home, typeTestVPC, token, cloud.Map{"cidrBlock": "10.0.0.0/16"}))
			require.NoError(t, err)
			ids[token] = id
		}
		return ids
	}
	require.Equal(t, make("a", "b", "c"), make("c", "a", "b"))
	require.NotEqual(t, make("a")["a"], make("b")["b"])

	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	again := map[string]bool{}
	for range 2 { // as a replacement does: one URN, two resources
		id, _, err := c.Run(t.Context(), c.StartCreate(home, typeTestVPC, "a", cloud.Map{"cidrBlock": "10.0.0.0/16"}))
		require.NoError(t, err)
		again[id] = true
	}
	require.Len(t, again, 2)
}

// Accounts that make the resource of one draft have nothing of it in common.
func TestDraftIsNobodys(t *testing.T) {
	t.Parallel()
	inputs := cloud.Map{"cidrBlock": "10.0.0.0/16", "tags": cloud.Map{"a": "b"}}
	d := cloud.NewDraft(typeTestVPC, inputs)
	inputs["tags"].(cloud.Map)["a"] = "the caller's"
	make := func() (c *cloud.Cloud, id string, state cloud.Map) {
		c, err := cloud.Open(cloud.Options{})
		require.NoError(t, err)
		id, state, err = c.Run(t.Context(), c.StartDraft(home, "a", d))
		require.NoError(t, err)
		return c, id, state
	}
	first, id, state := make()
	require.NoError(t, first.Change(home, func(t *cloud.Tx) error {
		r, _ := t.Find(typeTestVPC, "", id)
		r.State["cidrBlock"] = "changed"
		r.State["tags"].(cloud.Map)["a"] = "changed"
		return nil
	}))
	second, id, same := make()
	require.Equal(t, state, same)
	given, _, err := second.Read(home, typeTestVPC, id)
	require.NoError(t, err)
	require.Equal(t, cloud.Map{"cidrBlock": "10.0.0.0/16", "tags": cloud.Map{"a": "b"}}, given)
}

func TestForkIsIndependent(t *testing.T) {
	t.Parallel()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	vpc, _, err := c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	_, _, err = c.Create(t.Context(), home, typeTestSG, cloud.Map{"name": "a", "vpcId": vpc, "description": "a"})
	require.NoError(t, err)

	f := c.Fork(cloud.Options{})
	require.Equal(t, c.List(), f.List())
	require.Equal(t, "DependencyViolation", cloud.Code(f.Delete(t.Context(), home, typeTestVPC, vpc, nil)), "references are forked too")
	_, err = f.Update(t.Context(), home, typeTestVPC, vpc, cloud.Map{"cidrBlock": "10.0.0.0/16", "tags": cloud.Map{"a": "b"}})
	require.NoError(t, err)
	_, state, err := c.Read(home, typeTestVPC, vpc)
	require.NoError(t, err)
	require.False(t, cloud.Has(state, "tags.a"))
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  string
		code   string // of the error; empty for a call that succeeds
		failed bool
		made   bool
	}{
		"a moment of throttling is absorbed": {"throttle:create:aws:ec2/vpc:Vpc*3", "", false, true},
		"lasting throttling is not":          {"throttle:create:aws:ec2/vpc:Vpc", "ThrottlingException", true, false},
		"AWS's own fault":                    {"internal:any:any", "InternalFailure", true, false},
		"no capacity":                        {"capacity:create:any", "InsufficientInstanceCapacity", true, false},
		"lost answer":                        {"lost:create:aws:ec2/vpc:Vpc#1", "", true, true},
		"the second call":                    {"capacity:create:aws:ec2/vpc:Vpc#2", "", false, true},
		"another type":                       {"capacity:create:aws:ec2/subnet:Subnet", "", false, true},
		"another call":                       {"capacity:delete:aws:ec2/vpc:Vpc", "", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := cloud.ParseFault(test.fault)
			require.NoError(t, err)
			c, _ := timed(t, time.Second, &cloud.Faults{List: []cloud.Fault{f}})
			before := len(c.List())
			id, _, err := c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
			require.Equal(t, test.failed, err != nil, "%v", err)
			require.Equal(t, test.code, cloud.Code(err))
			require.Equal(t, test.made, len(c.List()) > before)
			if test.failed {
				require.Empty(t, id)
			}
		})
	}
}

func TestFaultsByChance(t *testing.T) {
	t.Parallel()
	c, _ := timed(t, time.Second, &cloud.Faults{Rate: 1})
	_, _, err := c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err, "what passes, the provider absorbs")
}

func TestParseFaultRefuses(t *testing.T) {
	t.Parallel()
	for text, problems := range map[string][]string{
		"throttle":                    {"must be KIND:CALL:TYPE"},
		"melt:make:aws:x/y:Z#0":       {`kind "melt"`, `call "make"`, `type "aws:x/y:Z"`, `"0" after #`},
		"lost:create:aws:ec2/vpc:vpc": {`type "aws:ec2/vpc:vpc"`},
		"lost:create:any*many":        {`"many" after *`},
	} {
		_, err := cloud.ParseFault(text)
		for _, p := range problems {
			require.ErrorContains(t, err, p, text)
		}
	}
}

func TestWallRunsAtItsScale(t *testing.T) {
	t.Parallel()
	machine := start
	w := cloud.NewWall(func() time.Time { return machine }, 0.01)
	machine = machine.Add(time.Second)
	require.Equal(t, start.Add(100*time.Second), w.Now())
}

// A cloud that passed more time than its machine does not go back when it is opened again.
func TestTimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	clock := &cloud.Virtual{}
	clock.Set(time.Now().Add(24 * time.Hour))
	c, err := cloud.Open(cloud.Options{Dir: dir, Clock: clock})
	require.NoError(t, err)
	_, _, err = c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	last := c.Now()
	require.NoError(t, c.Close())

	c, err = cloud.Open(cloud.Options{Dir: dir})
	require.NoError(t, err)
	require.False(t, c.Now().Before(last))
	require.NoError(t, c.Close())
}
