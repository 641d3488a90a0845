package progress

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

const prefix = "urn:pulumi:s::deepstreamhub::"

var (
	stackStep = plan.Step{URN: prefix + "pulumi:pulumi:Stack::deepstreamhub-s", Type: stackType, Name: "deepstreamhub-s"}
	network   = plan.Step{
		URN: prefix + "deepstreamhub:network:Network::network", Type: "deepstreamhub:network:Network", Name: "network",
		Parent: stackStep.URN, Op: plan.OpCreate,
	}
	vpc = plan.Step{
		URN: prefix + "deepstreamhub:network:Network$aws:ec2/vpc:Vpc::network-vpc", Type: "aws:ec2/vpc:Vpc", Name: "network-vpc",
		Parent: network.URN, Op: plan.OpCreate,
	}
	subnet = plan.Step{
		URN:  prefix + "deepstreamhub:network:Network$aws:ec2/subnet:Subnet::network-data-az1",
		Type: "aws:ec2/subnet:Subnet", Name: "network-data-az1", Parent: network.URN, Op: plan.OpCreate,
	}
)

// bare is the step as a diagnostic knows it.
func bare(s plan.Step) plan.Step { return plan.Step{URN: s.URN, Type: s.Type, Name: s.Name} }

func at(second int, kind plan.EventKind, step plan.Step) plan.Event {
	return plan.Event{Time: time.Unix(int64(second), 0).UTC(), Stack: "s", Kind: kind, Step: step}
}

func errorAt(second int, step plan.Step, message string) plan.Event {
	e := at(second, plan.EventDiagnostic, bare(step))
	e.Severity, e.Message = "error", message
	return e
}

func TestFoldCountsByTier(t *testing.T) {
	t.Parallel()
	replaced := vpc
	replaced.Op = plan.OpReplace
	lone := plan.Step{URN: prefix + "aws:s3/bucket:Bucket::logs", Type: "aws:s3/bucket:Bucket", Name: "logs", Parent: stackStep.URN, Op: plan.OpSame}
	tree := NewTree("s")
	for _, e := range []plan.Event{
		at(0, plan.EventStarted, stackStep), at(0, plan.EventFinished, stackStep),
		at(1, plan.EventStarted, network), at(1, plan.EventFinished, network),
		at(2, plan.EventStarted, replaced), at(3, plan.EventFinished, replaced),
		at(3, plan.EventStarted, lone), at(3, plan.EventFinished, lone),
		at(4, plan.EventStarted, subnet),
		at(5, plan.EventStarted, replaced), at(6, plan.EventFinished, replaced),
	} {
		require.Empty(t, tree.Fold(e))
	}
	s := tree.Stack("s")
	require.Equal(t, map[plan.Op]int{plan.OpReplace: 1, plan.OpSame: 1}, s.Counts())
	require.Len(t, s.Tiers, 2)
	require.Equal(t, "network", s.Tiers[0].Name)
	require.Equal(t, "stack", s.Tiers[1].Name)
	require.Equal(t, []Item{{Step: subnet, Since: time.Unix(4, 0).UTC()}}, s.Active())
	require.False(t, s.Over)
	tree.Fold(at(7, plan.EventSummary, plan.Step{}))
	require.True(t, s.Over)
}

func TestFoldPutsAChildOfAnUnseenParentUnderIt(t *testing.T) {
	t.Parallel()
	deleted := vpc
	deleted.Op = plan.OpDelete
	tree := NewTree()
	tree.Fold(at(0, plan.EventStarted, deleted))
	tree.Fold(at(1, plan.EventFinished, deleted))
	require.Equal(t, "network", tree.Stack("s").Tiers[0].Name)
}

func TestFoldNestedComponentsCountForTheTopmost(t *testing.T) {
	t.Parallel()
	zone := plan.Step{
		URN: prefix + "deepstreamhub:network:Network$deepstreamhub:network:Zone::network-az1", Type: "deepstreamhub:network:Zone",
		Name: "network-az1", Parent: network.URN, Op: plan.OpCreate,
	}
	inner := subnet
	inner.Parent = zone.URN
	tree := NewTree("s")
	for _, e := range []plan.Event{at(0, plan.EventStarted, network), at(0, plan.EventStarted, zone), at(1, plan.EventStarted, inner)} {
		tree.Fold(e)
	}
	require.Len(t, tree.Stack("s").Tiers, 1)
	require.Equal(t, "network", tree.Stack("s").Tiers[0].Name)
}

// A refresh finds out what it is when it is done.
func TestFoldStepMayEndAsAnotherOperation(t *testing.T) {
	t.Parallel()
	refresh, found := vpc, vpc
	refresh.Op, found.Op = plan.OpRefresh, plan.OpUpdate
	tree := NewTree("s")
	tree.Fold(at(0, plan.EventStarted, refresh))
	tree.Fold(at(1, plan.EventFinished, found))
	require.Empty(t, tree.Stack("s").Active())
	require.Equal(t, map[plan.Op]int{plan.OpUpdate: 1}, tree.Stack("s").Counts())
}

// The engine sends the message and the failed step in either order; each failure must be told once, complete.
func TestFoldFailureIsToldOnce(t *testing.T) {
	t.Parallel()
	const said = "creating EC2 VPC: VpcLimitExceeded: The maximum number of VPCs has been reached."
	begin := []plan.Event{at(0, plan.EventStarted, network), at(2, plan.EventStarted, vpc), at(3, plan.EventStarted, subnet)}
	cases := map[string][]plan.Event{
		"message first": {errorAt(9, vpc, said), at(9, plan.EventFailed, vpc)},
		"step first":    {at(9, plan.EventFailed, vpc), errorAt(9, vpc, said)},
		"message twice": {errorAt(9, vpc, said), errorAt(9, vpc, said), at(9, plan.EventFailed, vpc)},
	}
	for name, end := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := NewTree("s")
			var told []Failure
			for _, e := range append(append(begin, end...),
				errorAt(10, stackStep, "update failed"), at(11, plan.EventSummary, plan.Step{})) {
				told = append(told, tree.Fold(e)...)
			}
			require.Len(t, told, 1)
			f := told[0]
			require.Equal(t, said, f.Message)
			require.Equal(t, "network", f.Tier)
			require.Equal(t, vpc.URN, f.Step.URN)
			require.Equal(t, 7*time.Second, f.Took)
			require.Equal(t, []Item{{Step: subnet, Since: time.Unix(3, 0).UTC()}}, f.Beside)
			require.Equal(t, 1, tree.Stack("s").Tiers[0].Failed)
			require.Len(t, tree.Stack("s").Failures, 1)
		})
	}
}

func TestFoldFailureWithoutAMessageIsToldAtTheEnd(t *testing.T) {
	t.Parallel()
	tree := NewTree("s")
	tree.Fold(at(2, plan.EventStarted, vpc))
	require.Empty(t, tree.Fold(at(4, plan.EventFailed, vpc)))
	told := tree.Fold(at(5, plan.EventSummary, plan.Step{}))
	require.Len(t, told, 1)
	require.Equal(t, "the engine gave no reason", told[0].Message)
	require.Empty(t, tree.Fold(at(5, plan.EventSummary, plan.Step{})))
}

// Inputs that the provider refuses, and faults of the program, have a message but no failed step.
func TestFoldTellsErrorsThatHaveNoStep(t *testing.T) {
	t.Parallel()
	tree := NewTree("s")
	tree.Fold(at(0, plan.EventStarted, network))
	told := tree.Fold(errorAt(1, vpc, "invalid value for cidrBlock"))
	require.Len(t, told, 1)
	require.Equal(t, "network", told[0].Tier, "found by the types in the URN")
	told = tree.Fold(errorAt(2, stackStep, "program failed"))
	require.Len(t, told, 1)
	require.Empty(t, told[0].Tier)
	told = tree.Fold(errorAt(2, plan.Step{}, "cannot reach the provider"))
	require.Len(t, told, 1)
	require.Equal(t, []string{"FAILED s: the stack failed", "    cannot reach the provider"}, told[0].lines())
	require.Empty(t, tree.Fold(errorAt(3, stackStep, "update failed")))
	require.Empty(t, tree.Fold(errorAt(3, plan.Step{}, "update canceled")))
}

func TestElapsed(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 1400 * time.Millisecond: "1s", 59 * time.Second: "59s", 64 * time.Second: "1m04s",
		time.Hour + 5*time.Minute: "1h05m",
	} {
		require.Equal(t, want, Elapsed(d), d.String())
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	p := plan.Plan{Stack: "s", Took: 64 * time.Second, Steps: []plan.Step{network, vpc, subnet}}
	require.Equal(t, "s: 2 created, in 1m04s.", Summary(p))
	p.Preview = true
	require.Equal(t, "s: 2 to create, in 1m04s.", Summary(p))
	require.Equal(t, "s: nothing to do, in 0s.", Summary(plan.Plan{Stack: "s"}))
}
