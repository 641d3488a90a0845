package deploy_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// Whatever engine takes the stack's lock, hub has noted which process it is, so that a lock which a kill leaves can be judged.
// The engine is the real one, behind a script that waits for the note on its own process.
func TestEveryEngineThatLocksIsNoted(t *testing.T) {
	t.Parallel()
	e, err := engine.Find(t.Context(), engine.Options{ToolsDir: "../../tools", Progress: t.Output()})
	require.NoError(t, err)
	from := target(t, 0, func(*pulumi.Context) error { return nil })
	to := from
	to.WorkDir, to.Backend = filepath.Join(t.TempDir(), "work"), "file://"+filepath.Join(t.TempDir(), "state")
	notes := func(of deploy.Target) string {
		return filepath.Join(of.Backend[len("file://"):], filepath.FromSlash(state.HolderDir(of.Project, of.Stack)))
	}
	log := filepath.Join(t.TempDir(), "log")
	script := filepath.Join(t.TempDir(), "pulumi")
	write(t, script, `#!/bin/sh
case " $* " in
*" --preview-only "*)
	sleep 0.5
	if grep -qs "\"pid\":$$," '`+notes(from)+`'/*; then echo "yes: $*" >> '`+log+`'; fi;;
*" preview "*|*" select "*|*" export "*|*" ls "*|*" output "*|*" version "*) ;;
*)	noted=no
	for i in $(seq 50); do
		if grep -qs "\"pid\":$$," '`+notes(from)+`'/* '`+notes(to)+`'/*; then noted=yes; break; fi
		sleep 0.1
	done
	echo "$noted: $*" >> '`+log+`';;
esac
exec '`+e.Path+`' "$@"
`)
	require.NoError(t, os.Chmod(script, 0o700))
	e.Path = script

	d, err := deploy.Open(t.Context(), e, from)
	require.NoError(t, err)
	_, err = d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
	_, err = d.Refresh(t.Context(), deploy.Options{})
	require.NoError(t, err)
	_, err = d.Refresh(t.Context(), deploy.Options{PreviewOnly: true})
	require.NoError(t, err)
	_, err = d.Destroy(t.Context(), deploy.Options{PreviewOnly: true})
	require.NoError(t, err)
	_, err = deploy.Move(t.Context(), e, from, to)
	require.NoError(t, err)
	_, err = d.Destroy(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.NoError(t, d.Remove(t.Context()))
	require.NoError(t, d.Close())

	text, err := os.ReadFile(log)
	require.NoError(t, err)
	var seen []string
	for line := range strings.Lines(string(text)) {
		noted, command, _ := strings.Cut(strings.TrimSpace(line), ": ")
		require.Equal(t, "yes", noted, command)
		words := strings.Fields(strings.ReplaceAll(strings.TrimPrefix(command, "--non-interactive "), "stack ", ""))
		seen = append(seen, words[0])
	}
	slices.Sort(seen)
	require.Equal(t, []string{"destroy", "import", "init", "init", "refresh", "rm", "up"}, seen, "previews only take no lock")
	for _, of := range []deploy.Target{from, to} {
		left, err := filepath.Glob(filepath.Join(notes(of), "*"))
		require.NoError(t, err)
		require.Empty(t, left, "notes end with their engines")
	}
}

// A stack that was being made when hub and engine were killed is made by the next one.
func TestLockOfAStackThatWasBeingMade(t *testing.T) {
	t.Parallel()
	of := target(t, 0, func(*pulumi.Context) error { return nil })
	backend := of.Backend[len("file://"):]
	host, err := os.Hostname()
	require.NoError(t, err)
	put := func(path, text string) {
		path = filepath.Join(backend, filepath.FromSlash(path))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		write(t, path, text)
	}
	machine := store.Here().Machine
	at := time.Now().UTC().Format(time.RFC3339Nano)
	put(state.LockDir(of.Project, of.Stack)+"left.json", `{"pid":2147483646,"username":"x","hostname":"`+host+`","timestamp":"`+at+`"}`)
	put(state.HolderDir(of.Project, of.Stack)+"note.json", `{"machine":"`+machine+`","host":"`+host+`","pid":2147483646,"started":"1","user":"x","verb":"init","since":"`+at+`"}`)
	d := open(t, of)
	_, err = d.Up(t.Context(), deploy.Options{})
	require.NoError(t, err)
}
