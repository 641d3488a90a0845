package services

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// collected is how many rules the collection has.
const collected = 122

// exempt says why a collected rule is no rule of the offline AWS: it is about types that nobody uses here, and becomes one
// as soon as somebody does; or the provider sees to it, so that nothing is ever refused.
type exempt struct {
	types string // that it is about, none of them known here
	why   string
}

var exempted = map[int]exempt{
	6:   {"aws:ec2/instance:Instance aws:ec2/networkInterface:NetworkInterface", "an address that belongs to an instance or an interface"},
	9:   {"aws:ec2/eipAssociation:EipAssociation aws:ec2/instance:Instance", "an address given to an instance before the gateway is attached"},
	32:  {"", "the provider repeats concurrent changes of one role for 2 minutes, and they take less than one second"},
	38:  {"aws:ec2/instance:Instance", "an instance of its own, outside a group"},
	44:  {"", "the provider cancels the refresh that is under way"},
	45:  {"", "says what starts a refresh; nothing is refused, and nobody waits for it"},
	71:  {"aws:lb/targetGroupAttachment:TargetGroupAttachment", "a target registered by the program; ECS registers its own"},
	78:  {"aws:servicediscovery/privateDnsNamespace:PrivateDnsNamespace", "private zones, which the offline AWS refuses, and namespaces"},
	79:  {"aws:servicediscovery/service:Service", "a Cloud Map service"},
	82:  {"aws:rds/instance:Instance", "a database instance outside a cluster"},
	86:  {"aws:rds/instance:Instance", "a replica outside a cluster"},
	88:  {"aws:rds/globalCluster:GlobalCluster", "a cluster that replicates another"},
	89:  {"aws:rds/instance:Instance", "a replica outside a cluster"},
	90:  {"aws:rds/instance:Instance", "a replica outside a cluster"},
	107: {"aws:s3/bucketAclV2:BucketAclV2", "access lists of buckets; the deprecated input of a bucket is refused"},
	111: {"", "the provider repeats concurrent deletions for 1 minute, and they take about one second"},
	115: {"aws:imagebuilder/imageRecipe:ImageRecipe aws:imagebuilder/component:Component", "Image Builder"},
	116: {"aws:imagebuilder/infrastructureConfiguration:InfrastructureConfiguration", "Image Builder"},
	121: {"aws:ssm/parameter:Parameter", "a parameter of Systems Manager"},
}

// modelled are rules by which AWS answers nothing: the provider refuses by itself or does something instead. The function
// that does it here is named.
var modelled = map[int]string{
	62: "the provider refuses names of load balancers and target groups in a preview (elbName)",
	84: "the provider refuses to delete a cluster whose final snapshot is neither named nor declined (deleteDBCluster)",
	23: "the deletion of a load balancer takes as long as its network interfaces stay (its timing)",
	26: "a role leaves its instance profiles before it goes (deleteRole)",
}

var factPattern = regexp.MustCompile(`\bfacts ([0-9][0-9, ]*)`)

// factsIn returns the numbers of the collected rules that a source names.
func factsIn(rule string) []int {
	var out []int
	for _, m := range factPattern.FindAllStringSubmatch(rule, -1) {
		for text := range strings.SplitSeq(m[1], ",") {
			if n, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}

// ruled returns, for every collected rule that refuses something here, the codes of its answers.
func ruled(s *source) map[int][]string {
	out := map[int][]string{}
	for _, rows := range s.refusals {
		for _, r := range rows {
			for _, n := range factsIn(r.rule) {
				if !slices.Contains(out[n], r.code) {
					out[n] = append(out[n], r.code)
				}
			}
		}
	}
	for n := range out {
		slices.Sort(out[n])
	}
	return out
}

// Every collected rule that is about a type in use is a rule here.
func TestEveryCollectedRule(t *testing.T) {
	t.Parallel()
	s := readSource(t)
	rules := ruled(s)
	for n := 1; n <= collected; n++ {
		if len(rules[n]) > 0 || modelled[n] != "" {
			continue
		}
		e, ok := exempted[n]
		require.True(t, ok, "facts %d is neither a rule nor exempted", n)
		for _, typ := range strings.Fields(e.types) {
			require.NotContains(t, cloud.Types(), typ, "facts %d is about a type in use now: make it a rule", n)
		}
	}
	for n := range rules {
		require.True(t, n >= 1 && n <= collected, "there is no facts %d", n)
	}
}

// Every type says how long it takes, so that no replay calls something done that AWS has hardly begun.
func TestEveryTypeTakesTime(t *testing.T) {
	t.Parallel()
	for _, typ := range cloud.Types() {
		timing := cloud.KindOf(typ).Timing
		require.Regexp(t, `guess|\d+ (logs?|issues?|deletions?)|\.go|#\d+|schema`, timing.Source, "%s: say what the figures are from, or guess", typ)
		for _, r := range []cloud.Range{timing.Create, timing.Update, timing.Delete, cloud.KindOf(typ).Propagation, cloud.KindOf(typ).ReleaseDelay} {
			require.True(t, r.Min <= r.Typical && r.Typical <= r.Max, "%s: %+v", typ, r)
		}
		for _, part := range []struct {
			own         cloud.Range
			wait, limit any
		}{{timing.Create, timing.Wait.Create, timing.Limit.Create}, {timing.Delete, timing.Wait.Delete, timing.Limit.Delete}} {
			require.NotZero(t, part.limit, typ)
		}
		require.LessOrEqual(t, timing.Create.Typical+timing.Wait.Create, timing.Limit.Create, typ)
		require.LessOrEqual(t, timing.Delete.Typical+timing.Wait.Delete, timing.Limit.Delete, typ)
	}
}

const factsHead = `Each of the collected rules, and what becomes of it here.

| Rule | What is answered, or why nothing is |
| --- | --- |
`

func documentFacts(s *source) string {
	rules := ruled(s)
	var b strings.Builder
	for n := 1; n <= collected; n++ {
		text := strings.Join(rules[n], ", ")
		switch e := exempted[n]; {
		case text != "":
		case modelled[n] != "":
			text = modelled[n]
		case e.types == "":
			text = "never seen: " + e.why
		default:
			text = "no type in use: " + e.why
		}
		fmt.Fprintf(&b, "| %d | %s |\n", n, text)
	}
	return b.String()
}
