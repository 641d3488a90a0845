package progress

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/plan"
)

func TestWriteChanges(t *testing.T) {
	t.Parallel()
	changed := subnet
	changed.Op, changed.Protect, changed.Changed, changed.Replaces = plan.OpReplace, true, []string{"cidrBlock", "tags.owner"}, []string{"cidrBlock"}
	changed.Old = map[string]any{"cidrBlock": "10.0.0.0/20", "tags": map[string]any{"owner": "a"}}
	changed.New = map[string]any{"cidrBlock": plan.Unknown, "tags": map[string]any{"owner": ""}}
	one := subnet
	one.Name, one.Op, one.Changed = "network-one", plan.OpUpdate, []string{"masterPassword"}
	one.Old, one.New = map[string]any{"masterPassword": "correct"}, map[string]any{"masterPassword": "horse"}
	same := vpc
	same.Name, same.Op = "network-other", plan.OpSame
	p := plan.Plan{Stack: "s", Preview: true, Steps: []plan.Step{stackStep, network, vpc, changed, one, same}}

	for brief, create := range map[bool]string{false: "  + network-vpc (aws:ec2/vpc:Vpc)\n", true: ""} {
		rest := ""
		if brief {
			rest = "  + 1 resources\n"
		}
		var b strings.Builder
		require.NoError(t, WriteChanges(&b, p, brief))
		require.Equal(t, "s network\n"+create+
			"  ! network-data-az1 (aws:ec2/subnet:Subnet) protected, replaced because of cidrBlock\n"+
			"      cidrBlock: 10.0.0.0/20 → known after the run\n      tags.owner: a → \"\"\n"+
			"  ~ network-one (aws:ec2/subnet:Subnet) masterPassword: [secret] → [secret]\n"+rest+
			"s: 1 to create, 1 to update, 1 to replace, 1 unchanged, in 0s.\n", b.String())
	}
}
