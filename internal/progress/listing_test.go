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
	changed.New = map[string]any{"cidrBlock": "hidden"}
	same := vpc
	same.Name, same.Op = "network-other", plan.OpSame
	p := plan.Plan{Stack: "s", Preview: true, Steps: []plan.Step{stackStep, network, vpc, changed, same}}

	for brief, create := range map[bool]string{false: "  + network-vpc (aws:ec2/vpc:Vpc)\n", true: ""} {
		rest := ""
		if brief {
			rest = "  + 1 resources\n"
		}
		var b strings.Builder
		require.NoError(t, WriteChanges(&b, p, brief))
		require.Equal(t, "s network\n"+create+
			"  ! network-data-az1 (aws:ec2/subnet:Subnet) protected cidrBlock, tags.owner, replaced because of cidrBlock\n"+rest+
			"s: 1 to create, 1 to replace, 1 unchanged, in 0s.\n", b.String())
	}
}
