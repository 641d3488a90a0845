package conformance

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

var (
	every   = flag.Bool("every", false, "list every disagreement, those with a reason too")
	combine = flag.Int("combine", 0, "judge so many combinations of two or three changes of each resource as well")
	seed    = flag.Uint64("seed", 1, "which combinations")
)

// subjects are the resources of all stacks: an account's bootstrap, both regions, and a region with every option on. Of those
// that give the same inputs the first stands for all.
func subjects(t *testing.T) []subject {
	t.Helper()
	all := harness.Ephemeral(t, "prod-eu")
	yes := true
	all.Observability.Notify = []string{"mailto:ops@deepstreamhub.com"}
	all.Backup.Lock = "governance"
	all.Database.Readers, all.Database.Parameters["work_mem"], all.Bus.Parameters["timeout"] = 2, "65536", "300"
	all.Database.BackupWindow, all.Bus.SnapshotWindow = "23:45-00:15", "04:45-05:45"
	all.Network.IPv6, all.Database.FinalSnapshot = &yes, &yes
	all.Edge.GlobalName, all.Edge.DataScope = "global.deepstreamhub.com", "perRegion"
	all.Service.ScaleOn = config.ScaleOnCPU
	all.Services = map[string]config.FurtherService{
		"orders": {Image: all.Service.Image, Port: 8080, HealthPath: "/health", Path: "/orders", Tasks: 2, CPU: 256, MemoryMiB: 512},
	}
	var clouds []*harness.AWS
	account := harness.NewBlankAWS(t)
	harness.NewAccount(t, account, harness.AccountSettings(t)).Up()
	clouds = append(clouds, account)
	for _, cfg := range []config.Config{all, harness.Ephemeral(t, "prod-eu"), harness.Ephemeral(t, "prod-us")} {
		aws := harness.NewAWS(t, nil)
		harness.NewStack(t, aws, "conform", cfg).Up()
		clouds = append(clouds, aws)
	}
	var out []subject
	seen := map[string]bool{}
	for _, aws := range clouds {
		for _, r := range aws.Cloud().List() {
			if r.Declared {
				continue
			}
			k := r.Type + " " + strings.Join(slices.Sorted(maps.Keys(r.Inputs)), " ")
			if !seen[k] {
				seen[k] = true
				out = append(out, subject{r.Type, r.Inputs, r.State})
			}
		}
	}
	return out
}

// cached keeps the subjects of one run for the next, where a developer names a file for it: bringing four stacks up takes
// longer than judging them.
func cached(t *testing.T) []subject {
	path := os.Getenv("CONFORMANCE_SUBJECTS")
	var out []subject
	if text, err := os.ReadFile(path); err == nil {
		require.NoError(t, json.Unmarshal(text, &out))
		return out
	}
	out = subjects(t)
	if path != "" {
		text, err := json.Marshal(out)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
	return out
}

// The real provider takes every input of every stack, and every change of one comes to the same here as there.
func TestOfflineAgreesWithTheProvider(t *testing.T) {
	tf := real(t)
	off := newOffline(t)
	reasons := readReasons(t, "reasons.txt")
	tally := map[string]int{}
	for _, s := range cached(t) {
		j, err := newJudge(t.Context(), tf, s)
		if err != nil {
			tally["not judged"]++
			t.Logf("NOT JUDGED %v", err)
			continue
		}
		if action, because := off.says(t.Context(), t, s, s.Inputs); action != "no-op" {
			tally["not judged"]++
			t.Logf("NOT JUDGED %s: unchanged inputs are here a %s: %s", s.Type, action, because)
			continue
		}
		for _, v := range variants(j.facts, s) {
			judgeOne(t, j, off, s, v, tally, reasons)
		}
	}
	report(t, tally)
}

// Changes made together come to the same here as there. There is no end of combinations: this is for who looks for more.
func TestOfflineAgreesOnCombinedChanges(t *testing.T) {
	if *combine == 0 {
		t.Skip("no combinations asked for: go test ./tests/conformance -combine 100 -seed 7")
	}
	tf := real(t)
	off := newOffline(t)
	reasons := readReasons(t, "reasons.txt")
	tally := map[string]int{}
	rng := rand.New(rand.NewPCG(*seed, 0))
	for _, s := range cached(t) {
		j, err := newJudge(t.Context(), tf, s)
		require.NoError(t, err)
		n := *combine
		if s.Type == webACL {
			n = min(n, costly)
		}
		for range n {
			judgeOne(t, j, off, s, combined(j.facts, s, rng), tally, reasons)
		}
	}
	agree(t, tally)
}

// judgeOne asks both about one variant, and counts what they say.
func judgeOne(t *testing.T, j *judge, off offline, s subject, v variant, tally map[string]int, reasons reasons) {
	t.Helper()
	there, why, err := j.says(t.Context(), v.Inputs)
	if err != nil {
		tally["not a value"]++
		return
	}
	here, because := off.says(t.Context(), t, s, v.Inputs)
	compareOne(t, tally, reasons, finding{s.Type, v.Kind, v.Path, there, here, why, because})
}

// finding is what both say of one variant.
type finding struct{ Type, Kind, Path, There, Here, Why, Because string }

func (f finding) String() string {
	return fmt.Sprintf("%s | %s %s | there %s, here %s | there: %.160s | here: %.160s", f.Type, f.Kind, f.Path, f.There, f.Here, strings.ReplaceAll(f.Why, "\n", " "), f.Because)
}

func compareOne(t *testing.T, tally map[string]int, reasons reasons, f finding) {
	group := "changes"
	switch {
	case f.There == refused:
		group = "wrong inputs"
	case f.There == refusedInPlan:
		group = "wrong plans"
	case f.Here == refused:
		group = "refused here alone"
	}
	tally[group]++
	agree := f.There == f.Here || f.There == refusedInPlan && f.Here == refused
	switch {
	case agree:
		return
	case reasons.explain(f):
		tally[group+", apart for a reason"]++
		if *every {
			t.Log("REASON ", f)
		}
	default:
		tally[group+", apart"]++
		t.Log("APART ", group, f)
	}
}

// unexplained is how many inputs may be refused here alone without a listed reason.
const unexplained = 0

func report(t *testing.T, tally map[string]int) {
	require.Zero(t, tally["not judged"])
	require.GreaterOrEqual(t, tally["changes"], 3000)
	require.GreaterOrEqual(t, tally["wrong inputs"], 600)
	agree(t, tally)
	require.LessOrEqual(t, tally["refused here alone, apart"], unexplained, "inputs that the real provider takes are refused here, and no reason is listed")
}

// agree prints the tally and holds the shares of what is alike.
func agree(t *testing.T, tally map[string]int) {
	for _, k := range slices.Sorted(maps.Keys(tally)) {
		t.Logf("%-40s %6d", k, tally[k])
	}
	share := func(group string) float64 { return 1 - float64(tally[group+", apart"])/float64(max(tally[group], 1)) }
	require.GreaterOrEqual(t, share("changes"), 0.998, "share of changes that come to the same")
	require.GreaterOrEqual(t, share("wrong inputs"), 0.997, "share of wrong inputs that are refused here too")
}

// reasons are why the offline AWS says something else on purpose: lines of "type | path | there | here | words | reason", in which
// * stands for anything, and words are some of what the offline AWS says.
type reasons []*reason

type reason struct {
	typ, path, there, here, words string
	used                          int
}

func readReasons(t *testing.T, file string) reasons {
	text, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	var out reasons
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, " | ")
		require.Len(t, f, 6, "%s: %q", file, line)
		out = append(out, &reason{f[0], f[1], f[2], f[3], f[4], 0})
	}
	return out
}

func (rs reasons) explain(f finding) bool {
	for _, r := range rs {
		at := func(path string) bool { return matches(r.path, path) }
		if matches(r.typ, f.Type) && slices.ContainsFunc(strings.Split(f.Path, together), at) && matches(r.there, f.There) && matches(r.here, f.Here) && (r.words == "*" || strings.Contains(f.Because, r.words)) {
			r.used++
			return true
		}
	}
	return false
}

// matches holds a text against a pattern in which each * stands for anything.
func matches(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	for i, p := range parts {
		parts[i] = regexp.QuoteMeta(p)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(s)
}
