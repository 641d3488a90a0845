package tests

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/tests/harness"
)

// stockEnvironment is what the stock CLI needs to deploy into an offline AWS through a compiled main.go.
func stockEnvironment(aws *harness.AWS, language *harness.Language) []string {
	return append(engine.OfflineEnvironment(os.Environ(), engine.Offline{
		Dir: aws.Dir, Backend: "file://" + aws.Dir, Passphrase: "stock", Providers: map[string]int{"aws": aws.Port()},
	}), language.Variable())
}

// The same program through the other door: the stock CLI and main.go, in an account that was bootstrapped and in the
// environment that hub offline-aws prints: state and key are those that the project's files name. What it makes is what hub
// makes: each finds nothing to change in the other's, and their checkpoints are alike.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	language := harness.NewLanguage(t, filepath.Join(p.Bin, "program"))
	ready := p.Hub(nil, "bootstrap", "--offline", "--yes")
	require.Zero(t, ready.Code, ready.Stderr)
	exported, _, stop := serveOfflineAWS(t, p)
	env := append([]string{"PATH=" + os.Getenv("PATH"), language.Variable()}, exported...)
	pulumi := func(args ...string) harness.Result {
		return p.Pulumi(env, append(args, "--stack", "prod-eu", "--non-interactive")...)
	}
	must := func(r harness.Result) harness.Result {
		t.Helper()
		require.Zero(t, r.Code, r.Stdout+r.Stderr)
		return r
	}
	must(p.Pulumi(env, "stack", "init", "prod-eu", "--secrets-provider", state.Secrets(harness.Organisation, "eu-central-1"), "--non-interactive"))
	must(pulumi("preview"))
	must(pulumi("up", "--yes", "--skip-preview"))
	must(pulumi("up", "--yes", "--skip-preview", "--expect-no-changes"))
	exportedState := must(pulumi("stack", "export")).Stdout
	require.Contains(t, exportedState, `"url": "`+state.Secrets(harness.Organisation, "eu-central-1"), "secrets are under the account's key")
	stock := decodeCheckpoint(t, exportedState)
	stockOutputs := decodeOutputs(t, must(pulumi("stack", "output", "--json")).Stdout)
	refused := pulumi("destroy", "--yes")
	require.NotZero(t, refused.Code)
	require.Contains(t, refused.Stdout+refused.Stderr, "protected")
	stop()

	// The same state and cloud, by the other door.
	again := p.Hub(nil, "preview", "prod-eu", "--offline", "--json")
	require.Zero(t, again.Code, again.Stderr)
	require.Contains(t, again.Stdout, `"op":"same"`)
	require.NotContains(t, again.Stdout, `"op":"create"`)
	require.NotContains(t, again.Stdout, `"op":"update"`)
	require.NotContains(t, again.Stdout, `"op":"replace"`)

	q := harness.NewProject(t, &binaries)
	hub := q.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Zero(t, hub.Code, hub.Stderr)
	text, err := os.ReadFile(filepath.Join(q.Dir, ".hub", "offline", "state", ".pulumi", "stacks", "deepstreamhub", "prod-eu.json"))
	require.NoError(t, err)
	var file struct {
		Checkpoint struct{ Latest json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(text, &file))
	mine := decodeCheckpoint(t, `{"deployment":`+string(file.Checkpoint.Latest)+`}`)
	require.Empty(t, cmp.Diff(stock, mine))

	outputs := q.Hub(nil, "outputs", "prod-eu", "--offline", "--json")
	require.Zero(t, outputs.Code, outputs.Stderr)
	var byStack map[string]map[string]any
	require.NoError(t, json.Unmarshal([]byte(outputs.Stdout), &byStack))
	require.Empty(t, cmp.Diff(stockOutputs, anonymous(byStack["prod-eu"])))
}

// Pulumi.yaml asks for the engine that tools/go.mod pins: it is the one that the tests run.
func TestTheProjectNamesItsEngine(t *testing.T) {
	t.Parallel()
	project, err := os.ReadFile(filepath.Join(harness.Root(t), "Pulumi.yaml"))
	require.NoError(t, err)
	tools, err := os.ReadFile(filepath.Join(harness.Root(t), "tools", "go.mod"))
	require.NoError(t, err)
	pinned := regexp.MustCompile(`github\.com/pulumi/pulumi/pkg/v3 v(\S+)`).FindSubmatch(tools)
	require.NotNil(t, pinned)
	require.Contains(t, string(project), `requiredPulumiVersion: ">=`+string(pinned[1])+`"`)
}

func decodeOutputs(t *testing.T, text string) any {
	t.Helper()
	var out map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &out))
	return anonymous(out)
}

// serveOfflineAWS runs hub offline-aws in a project and returns the environment that it prints, the commands that it says come
// before, and what ends it.
func serveOfflineAWS(t *testing.T, p *harness.Project) (env, first []string, stop func()) {
	t.Helper()
	cmd := exec.Command(filepath.Join(p.Bin, "hub"), "offline-aws")
	cmd.Dir = p.Dir
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var once sync.Once
	stop = func() {
		once.Do(func() {
			require.NoError(t, cmd.Process.Signal(os.Interrupt))
			require.NoError(t, cmd.Wait())
		})
	}
	t.Cleanup(stop)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		line := strings.TrimPrefix(lines.Text(), "export ")
		if command, ok := strings.CutPrefix(line, "#   "); ok {
			first = append(first, command)
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		require.True(t, ok, line)
		env = append(env, name+"="+strings.Trim(value, "'"))
		if name == "PULUMI_DEBUG_PROVIDERS" {
			return env, first, stop // printed last
		}
	}
	t.Fatal("hub offline-aws ended without an environment")
	return nil, nil, nil
}

var zoneID = regexp.MustCompile(`"zoneId":\s*"Z[0-9A-Z]+"`)

// entry is what two checkpoints of the same program have in common: all but what AWS and the engine chose at random.
type entry struct {
	URN, Type, Parent string
	Protect           bool
	Dependencies      map[string]bool
	Inputs            map[string]any
	Outputs           []string
}

func decodeCheckpoint(t *testing.T, text string) map[string]entry {
	t.Helper()
	text = zoneID.ReplaceAllString(text, `"zoneId":"Z*"`) // the declared account's zone is not the bootstrapped one's
	var export struct {
		Deployment struct {
			Resources []struct {
				URN, Type, Parent string
				Protect           bool
				Dependencies      []string
				Inputs, Outputs   map[string]any
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(text), &export))
	require.NotEmpty(t, export.Deployment.Resources)
	out := map[string]entry{}
	for _, r := range export.Deployment.Resources {
		e := entry{URN: r.URN, Type: r.Type, Parent: r.Parent, Protect: r.Protect, Dependencies: map[string]bool{}, Inputs: map[string]any{}}
		for _, d := range r.Dependencies {
			e.Dependencies[d] = true
		}
		for k, v := range r.Inputs {
			e.Inputs[k] = anonymous(v)
		}
		for k := range r.Outputs {
			e.Outputs = append(e.Outputs, k)
		}
		slices.Sort(e.Outputs)
		out[r.URN] = e
	}
	return out
}
