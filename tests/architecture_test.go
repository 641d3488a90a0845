package tests

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

const module = "github.com/deepstreamhub/platform"

// arrow bans imports: packages that begin with From must not import what begins with To, except what begins with
// Except.
type arrow struct {
	From, To string
	Except   []string
	Reason   string
}

var bans = []arrow{
	{From: "components/", To: module + "/components/", Except: []string{"components/componenttest", "components/internal/"},
		Reason: "components meet only in internal/program: to change one, open one folder; components/internal is what they share"},
	{From: "components/", To: module + "/internal/", Except: []string{"internal/policy", "internal/sizing", "internal/parameters", "internal/windows", "internal/tagging"},
		Reason: "a component takes arguments; it knows neither configuration nor program nor driver"},
	{From: "internal/config", To: "github.com/pulumi/", Reason: "configuration is checked before any engine starts"},
	{From: "internal/sizing", To: module, Reason: "sizes follow from numbers alone"},
	{From: "internal/policy", To: "github.com/pulumi/", Reason: "policies are plain values, tested without an engine"},
	{From: "bootstrap/settings", To: "github.com/pulumi/", Reason: "configuration is checked before any engine starts"},
	{From: "bootstrap/access", To: "github.com/pulumi/", Reason: "what roles may do is plain values, tested without an engine"},
	{From: "bootstrap/", To: module + "/internal/awssim", Reason: "production code never reaches the offline AWS"},
	{From: "bootstrap/", To: module + "/internal/deploy", Reason: "the program does not know its driver"},
	{From: "internal/program", To: module + "/bootstrap", Reason: "a region knows its account by names alone"},
	{From: "internal/naming", To: module, Reason: "names follow from one value alone"},
	{From: "internal/plan", To: module, Reason: "plan types stand alone: everything may import them"},
	{From: "internal/plan", To: "github.com/pulumi/", Reason: "plan types are plain"},
	{From: "internal/state", To: "github.com/pulumi/", Reason: "locks and checkpoints are judged as plain files"},
	{From: "internal/state", To: module + "/internal/", Except: []string{"internal/state", "internal/awsenv", "internal/naming", "internal/plan"}, Reason: "what state is, is known without a program or a driver"},
	{From: "internal/gate", To: "github.com/pulumi/", Reason: "gates judge plain plans"},
	{From: "internal/risk", To: "github.com/pulumi/", Reason: "risk is judged on plain plans"},
	{From: "internal/risk", To: module, Except: []string{"internal/plan", "internal/risk", "internal/aurora"}, Reason: "the fleet is a few numbers: whoever has them can judge"},
	{From: "internal/drift", To: "github.com/pulumi/", Reason: "drift is judged on plain plans"},
	{From: "internal/health", To: "github.com/pulumi/", Reason: "health is asked of AWS, not of an engine"},
	{From: "internal/health", To: module + "/internal/awssim", Reason: "health is asked of every AWS alike"},
	{From: "internal/github", To: module, Reason: "GitHub is told texts; it knows nothing of what they are about"},
	{From: "internal/prcomment", To: "github.com/pulumi/", Reason: "comments are written from plain values"},
	{From: "internal/values", To: module, Except: []string{"internal/plan"}, Reason: "what may be shown is decided on plain values, once for all"},
	{From: "internal/progress", To: "github.com/pulumi/", Reason: "renderers fold plain events"},
	{From: "internal/awssim/cloud", To: "github.com/pulumi/", Reason: "how an account behaves is said without the engine and without any service"},
	{From: "internal/awssim/cloud", To: module, Except: []string{"internal/awssim/facts", "internal/awssim/schema", "internal/awssim/documents"},
		Reason: "the core of the offline AWS knows no service"},
	{From: "internal/awssim/services", To: "github.com/pulumi/pulumi/", Reason: "the offline AWS knows AWS, not the engine; of Pulumi's only the types of its resources"},
	{From: "internal/awssim/services", To: module, Except: []string{"internal/iamdata", "internal/awssim/cloud", "internal/awssim/facts", "internal/awssim/schema", "internal/awssim/documents", "internal/awssim/iampolicy", "internal/aurora", "internal/parameters"},
		Reason: "the offline AWS stands alone, but for AWS's own data and the provider's facts"},
	{From: "internal/awssim/services", To: module + "/internal/awssim/provider", Reason: "services do not know who asks them"},
	{From: "internal/awssim/schema", To: module, Except: []string{"internal/awssim/facts"}, Reason: "schemas are read off Go types, and their defaults are facts"},
	{From: "internal/aurora", To: module, Reason: "which versions AWS has is data"},
	{From: "internal/parameters", To: module, Reason: "which parameters AWS has is data"},
	{From: "internal/windows", To: module, Reason: "hours are text and arithmetic"},
	{From: "internal/iamdata", To: "github.com/", Except: []string{"internal/iamdata"}, Reason: "AWS's own data is data"},
	{From: "internal/awssim/documents", To: module, Except: []string{"internal/awssim/facts"}, Reason: "documents are read without an account"},
	{From: "internal/awssim/iampolicy", To: module, Except: []string{"internal/awssim/documents", "internal/awssim/facts"}, Reason: "policies are decided without an account"},
	{From: "internal/awssim/facts", To: module, Reason: "facts are measured, and know nothing of who reads them"},
	{From: "internal/awssim", To: module + "/internal/program", Reason: "the offline AWS must not know what it is asked to run"},
	{From: "internal/explore", To: "github.com/pulumi/", Reason: "orders are replayed without an engine"},
	{From: "internal/program", To: module + "/internal/awssim", Reason: "production code never reaches the offline AWS"},
	{From: "internal/deploy", To: module + "/internal/awssim", Reason: "the driver treats every AWS alike", Except: nil},
	{From: "internal/program", To: module + "/internal/deploy", Reason: "the program does not know its driver"},
}

// onlyHome says which package alone may import something.
var onlyHome = map[string]string{
	"github.com/pulumi/pulumi/sdk/v3/go/auto": "internal/deploy",
}

func TestImportsFollowTheDesign(t *testing.T) {
	t.Parallel()
	for _, p := range listPackages(t) {
		from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		for _, to := range p.Imports {
			for _, ban := range bans {
				if covers(ban, from, to) {
					t.Errorf("%s imports %s: %s", from, to, ban.Reason)
				}
			}
			for target, home := range onlyHome {
				if (to == target || strings.HasPrefix(to, target+"/")) && !strings.HasPrefix(from, home) {
					t.Errorf("%s imports %s, which only %s may", from, to, home)
				}
			}
		}
	}
}

func TestMainIsOneLine(t *testing.T) {
	t.Parallel()
	programs := map[string]string{module: module + "/internal/program", module + "/bootstrap": module + "/bootstrap/program"}
	for _, p := range listPackages(t) {
		if program := programs[p.ImportPath]; program != "" {
			require.ElementsMatch(t, []string{"github.com/pulumi/pulumi/sdk/v3/go/pulumi", program}, p.Imports)
			delete(programs, p.ImportPath)
		}
	}
	require.Empty(t, programs, "main packages that are not there")
}

func covers(ban arrow, from, to string) bool {
	if !strings.HasPrefix(from, ban.From) || !strings.HasPrefix(to, ban.To) || from == "components/componenttest" {
		return false // the components' test recorder is no component
	}
	local := strings.TrimPrefix(strings.TrimPrefix(to, module), "/")
	if local == from {
		return false
	}
	for _, e := range ban.Except {
		if strings.HasPrefix(local, e) {
			return false
		}
	}
	return true
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = harness.Root(t)
	out, err := cmd.Output()
	require.NoError(t, err)
	var all []goPackage
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, p)
	}
}
