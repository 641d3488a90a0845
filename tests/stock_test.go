package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/tests/harness"
)

// stockEnvironment is what the stock CLI needs to deploy into an offline AWS through a compiled main.go.
func stockEnvironment(aws *harness.AWS, language *harness.Language) []string {
	return append(engine.OfflineEnvironment(os.Environ(), engine.Offline{
		Dir: aws.Dir, Backend: "file://" + aws.Dir, Passphrase: "stock", Providers: map[string]int{"aws": aws.Port()},
	}), language.Variable())
}

// The same program through the other door: the stock CLI and main.go. What it makes is what hub makes.
func TestStockCLI(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	aws := harness.NewAWS(t, nil)
	env := stockEnvironment(aws, harness.NewLanguage(t, filepath.Join(p.Bin, "program")))
	pulumi := func(args ...string) harness.Result {
		return p.Pulumi(env, append(args, "--stack", "prod-eu", "--non-interactive")...)
	}
	must := func(r harness.Result) harness.Result {
		t.Helper()
		require.Zero(t, r.Code, r.Stdout+r.Stderr)
		return r
	}
	must(p.Pulumi(env, "stack", "init", "prod-eu", "--non-interactive"))
	empty := aws.Contents()
	must(pulumi("preview"))
	require.Equal(t, empty, aws.Contents(), "a preview makes nothing")
	must(pulumi("up", "--yes", "--skip-preview"))
	must(pulumi("up", "--yes", "--skip-preview", "--expect-no-changes"))
	stock := decodeCheckpoint(t, must(pulumi("stack", "export")).Stdout)

	refused := pulumi("destroy", "--yes")
	require.NotZero(t, refused.Code)
	require.Contains(t, refused.Stdout+refused.Stderr, "protected")

	q := harness.NewProject(t, &binaries)
	hub := q.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.Zero(t, hub.Code, hub.Stderr)
	text, err := os.ReadFile(filepath.Join(q.Dir, ".hub", "offline", "state", ".pulumi", "stacks", "deepstreamhub", "prod-eu.json"))
	require.NoError(t, err)
	var file struct {
		Checkpoint struct{ Latest json.RawMessage }
	}
	require.NoError(t, json.Unmarshal(text, &file))
	require.Equal(t, stock, decodeCheckpoint(t, `{"deployment":`+string(file.Checkpoint.Latest)+`}`))
}

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
