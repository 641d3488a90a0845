package cli

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/state"
)

// sound is a checkpoint with a resource of that name.
func sound(urn string) string {
	return `{"version":3,"checkpoint":{"stack":"s","latest":{"resources":[{"urn":"` + urn + `","type":"t"}]}}}`
}

// withState puts the state of a stack and an earlier one of it into the offline account.
func withState(t *testing.T, stack string) (w *world, write func(key, text string), read func() string) {
	t.Helper()
	w = newWorld(t)
	dir := offlineDirs(w.Dir).state
	write = func(key, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(key))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	key := state.StackFile("deepstreamhub", stack)
	write(key+".bak", sound("earlier"))
	write(key, sound("now"))
	require.NoError(t, os.MkdirAll(offlineDirs(w.Dir).cloud, 0o700))
	return w, write, func() string {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(key)))
		require.NoError(t, err)
		return string(text)
	}
}

// meanwhile is somebody who says yes after something else has happened.
type meanwhile struct {
	io.Reader
	happens func()
}

func (m meanwhile) Read(p []byte) (int, error) { m.happens(); return m.Reader.Read(p) }

func TestStateRestore(t *testing.T) {
	t.Parallel()
	const restore = "state restore dev --offline --version dev.json.bak"
	w, _, read := withState(t, "dev")
	text, code := w.run(restore + " --yes")
	require.Zero(t, code, text)
	require.Equal(t, sound("earlier"), read())
	require.Contains(t, w.err.String(), "What was there is kept as .deepstreamhub/replaced/")

	w, write, read := withState(t, "dev")
	w.Terminal.Asks = true
	w.In = meanwhile{strings.NewReader("yes\n"), func() { write(state.StackFile("deepstreamhub", "dev"), sound("other")) }}
	text, code = w.run(restore)
	require.Equal(t, 4, code)
	require.Contains(t, text, "was changed meanwhile; nothing was restored")
	require.Contains(t, text, "hub state versions dev --offline")
	require.Equal(t, sound("other"), read())

	w, write, read = withState(t, "dev")
	lock := func() {
		write(state.LockDir("deepstreamhub", "dev")+"1.json", `{"pid":4242,"username":"ada","hostname":"build-7","timestamp":"2026-11-25T12:00:00Z"}`)
	}
	w.Terminal.Asks = true
	w.In = meanwhile{strings.NewReader("yes\n"), lock}
	text, code = w.run(restore)
	require.Equal(t, 4, code)
	require.Contains(t, text, "restore dev: the stack is locked: held by ada@build-7")
	require.Equal(t, sound("now"), read())
	text, code = w.run(restore + " --yes")
	require.Equal(t, 4, code)
	require.Contains(t, text, "hub unlock dev --offline")
	require.Equal(t, sound("now"), read())
}

// What is there is listed where something that is not there was asked for, and the exit code is that of a bad command line.
func TestUnknownStacksAndVersions(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"state restore dev --offline --yes":                   {"say --version which", "hub state restore --help"},
		"state restore dev --offline --yes --version none":    {"restore dev: there is no version none", "hub state versions dev --offline"},
		"state restore nosuch --offline --yes --version none": {"there is no such stack", "Stacks with a state: dev. Stacks with a file here: prod-eu."},
		"state versions nosuch --offline":                     {"versions nosuch: there is no such stack", "Stacks with a state: dev"},
		"unlock nosuch --offline":                             {"unlock nosuch: there is no such stack", "Stacks with a file here: prod-eu"},
		"unlock nosuch --offline --force":                     {"there is no such stack"},
		"publish":                                             {"hub publish: no command; known: comment, issue"},
		"publish nothing":                                     {`unknown command "nothing"`},
		"state":                                               {"hub state: no command; known: key, restore, versions"},
		"state nothing":                                       {`unknown command "nothing"`},
		"pin nosuch --ami ami-01234567":                       {"there is no Pulumi.nosuch.yaml; stacks with a file here: prod-eu"},
		"new it-1 --like nosuch --for 1h":                     {"there is no Pulumi.nosuch.yaml; stacks with a file here: prod-eu"},
	} {
		w, _, read := withState(t, "dev")
		require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.prod-eu.yaml"), nil, 0o600))
		text, code := w.run(line)
		require.Equal(t, 2, code, "%s: %s", line, text)
		for _, part := range want {
			require.Contains(t, text, part, line)
		}
		require.Equal(t, sound("now"), read())
	}
	w, _, _ := withState(t, "dev")
	require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.prod-eu.yaml"), nil, 0o600))
	for _, line := range []string{"unlock dev --offline", "unlock prod-eu --offline", "state versions dev --offline"} {
		text, code := w.run(line)
		require.Zero(t, code, "%s: %s", line, text)
	}
}

// missing is what a driver says of a stack that is not there.
type missing struct{ unopened }

func (missing) Error() string { return "open stack nosuch: no stack named 'nosuch' found" }

func TestMissingStackListsTheOthers(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"destroy nosuch --yes", "refresh nosuch --yes", "outputs nosuch", "drift nosuch"} {
		w, _, _ := withState(t, "dev")
		w.openErrs = map[string]error{offlineDirs(w.Dir).backend(): missing{unopened{missing: true}}}
		text, code := w.run(line + " --offline")
		require.Equal(t, 2, code, "%s: %s", line, text)
		require.Contains(t, text, "no stack named 'nosuch' found")
		require.Contains(t, text, "Stacks with a state: dev.")
	}
}

// Damage is said with the way back, and nothing is started.
func TestDamageIsSaid(t *testing.T) {
	t.Parallel()
	w, write, _ := withState(t, "dev")
	write(state.StackFile("deepstreamhub", "dev"), `{"version":3,"checkpoint":{"latest":null}}`)
	text, code := w.run("state versions dev --offline")
	require.Zero(t, code, text)
	write(".pulumi/meta.yaml", "")
	text, code = w.run("unlock dev --offline")
	require.Equal(t, 1, code)
	require.Contains(t, text, "Remove .pulumi/meta.yaml there")

	w, _, _ = withState(t, "dev")
	require.NoError(t, os.Remove(offlineDirs(w.Dir).cloud))
	text, code = w.run("up dev --offline --yes")
	require.Equal(t, 1, code)
	require.Contains(t, text, "is missing, although the state of dev holds 1 resources in it")
	require.Contains(t, text, "rm -r "+offlineDirs(w.Dir).base)
	require.False(t, w.did("up"))

	w = newWorld(t)
	cloudFile := filepath.Join(offlineDirs(w.Dir).cloud, "cloud.json")
	require.NoError(t, os.MkdirAll(filepath.Dir(cloudFile), 0o700))
	require.NoError(t, os.WriteFile(cloudFile, bytes.Repeat([]byte("x"), 10), 0o600))
	w.deps.shareCloud = shareCloud
	text, code = w.run("up dev --offline --yes")
	require.Equal(t, 1, code)
	require.Contains(t, text, "cloud.json is damaged")
	require.Contains(t, text, "rm -r "+offlineDirs(w.Dir).base)
	require.False(t, w.did("up"))
}
