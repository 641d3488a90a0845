package cli

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/bootstrap/settings"
)

// freshWorld is a world whose project is as it is published.
func freshWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	for _, name := range []string{"Pulumi.yaml", "Pulumi.prod-eu.yaml", "bootstrap/Pulumi.yaml", "bootstrap/Pulumi.production.yaml"} {
		text, err := os.ReadFile(filepath.Join("..", "..", name))
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(w.Dir, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(w.Dir, name), text, 0o600))
	}
	return w
}

// On a terminal init asks for what no flag says, and only for what is needed.
func TestInitAsks(t *testing.T) {
	t.Parallel()
	w := freshWorld(t)
	w.answer("acme\nacme.example\n\n444455556666\nsa-east-1\nus-east-2\nplatform\nacme/platform\nyes\n")
	text, code := w.run("init --budget 0")
	require.Zero(t, code, text)
	asked := w.err.String()
	for _, question := range []string{"organisation (", "domain (", "account (", "regions (", "copies (", "owner (", "repository ("} {
		require.Contains(t, asked, question)
	}
	for _, unasked := range []string{"cost-centre (", "budget (", "notify ("} {
		require.NotContains(t, asked, unasked)
	}
	require.Contains(t, asked, "No git knows these files, which are replaced or removed: Pulumi.prod-eu.yaml, Pulumi.yaml, bootstrap/Pulumi.production.yaml, bootstrap/Pulumi.yaml.")
	file, err := os.ReadFile(filepath.Join(w.Dir, "Pulumi.prod-sa.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(file), "acme:edge:\n    zone: acme.example\n    hostname: sa.acme.example\n")
	require.NoFileExists(t, filepath.Join(w.Dir, "Pulumi.prod-eu.yaml"))
	w.Terminal.Asks = false
	_, code = w.run("init")
	require.Equal(t, 2, code, "it is acme's by now")
}

func TestInitIsDeclined(t *testing.T) {
	t.Parallel()
	for _, said := range []string{"", "no\n"} {
		w := freshWorld(t)
		w.answer(said)
		text, code := w.run("init --organisation acme --domain acme.example --account 444455556666 --regions sa-east-1,us-east-2 --owner o --repository a/b --budget 0")
		require.Equal(t, 1, code, text)
		require.Contains(t, text, "nothing was changed")
		require.FileExists(t, filepath.Join(w.Dir, "Pulumi.prod-eu.yaml"))
		require.NoFileExists(t, filepath.Join(w.Dir, "Pulumi.prod-sa.yaml"))
	}
	w := freshWorld(t)
	w.answer("")
	_, code := w.run("init")
	require.Equal(t, 1, code, "an input that ends answers nothing")
}

// A file that cannot be put in its place takes all others back.
func TestFilesAreWrittenTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &session{App: w.App, root: w.Dir}
	old, more := filepath.Join(w.Dir, "Pulumi.old.yaml"), filepath.Join(w.Dir, "Pulumi.more.yaml")
	require.NoError(t, os.WriteFile(old, []byte("old"), 0o600))
	for name, files := range map[string]map[string][]byte{
		"a folder that is not there": {old: nil, more: []byte("new"), filepath.Join(w.Dir, "nowhere", "x"): []byte("x")},
		"a file that is a folder":    {old: []byte("new"), w.Dir: []byte("x")},
	} {
		require.Error(t, s.writeAll(files, func() error { return nil }), name)
		text, err := os.ReadFile(old)
		require.NoError(t, err, name)
		require.Equal(t, "old", string(text), name)
		require.NoFileExists(t, more, name)
	}
	require.Error(t, s.writeAll(map[string][]byte{old: nil, more: []byte("new")}, func() error { return errors.New("does not pass") }))
	require.FileExists(t, old)
	require.NoFileExists(t, more)
	require.NoError(t, s.writeAll(map[string][]byte{old: nil, more: []byte("new")}, func() error { return nil }))
	require.NoFileExists(t, old)
}

// What fails at one file leaves those alone that it never came to, and what somebody else's files beside them are called.
func TestFilesThatWereNotReachedStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &session{App: w.App, root: w.Dir}
	edited, beside := filepath.Join(w.Dir, "Pulumi.b.yaml"), filepath.Join(w.Dir, "Pulumi.a.yaml.new")
	require.NoError(t, os.WriteFile(edited, []byte("edited"), 0o600))
	require.NoError(t, os.Mkdir(beside, 0o700))
	first := filepath.Join(w.Dir, "A", "nowhere") // comes before the other, and cannot be written
	require.Error(t, s.writeAll(map[string][]byte{first: []byte("x"), edited: []byte("new")}, func() error { return nil }))
	text, err := os.ReadFile(edited)
	require.NoError(t, err)
	require.Equal(t, "edited", string(text))

	require.NoError(t, s.writeAll(map[string][]byte{filepath.Join(w.Dir, "Pulumi.a.yaml"): []byte("x"), edited: []byte("new")}, func() error { return nil }))
	require.DirExists(t, beside)
	entries, err := os.ReadDir(w.Dir)
	require.NoError(t, err)
	require.Len(t, entries, 4, "nothing else is left: %v", entries)
}

// The list that workflows go by is in the order of the environments, and refuses one that nothing says what it is.
func TestStacks(t *testing.T) {
	t.Parallel()
	w := freshWorld(t)
	environments := []string{"prod-eu"}
	w.deps.settings = func(string, bool) (settings.Settings, error) {
		return settings.Settings{
			Region: "eu-central-1", Account: settings.Account{Regions: []string{"eu-central-1"}, Copies: []string{"eu-north-1"}},
			State: settings.State{ReplicaRegion: "us-east-1"}, GitHub: settings.GitHub{Environments: environments},
		}, nil
	}
	require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.mine.yaml"), []byte("config: {aws:region: us-west-2}\n"), 0o600))
	text, code := w.run("stacks --json")
	require.Zero(t, code, text)
	require.JSONEq(t, `{"organisation": "deepstreamhub", "region": "eu-central-1", "stacks": [{"stack": "prod-eu", "region": "eu-central-1"}]}`, w.out.String())
	require.Contains(t, w.err.String(), "Pulumi.mine.yaml: no workflow deploys it")

	require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.mine.yaml"), []byte("config: {aws:region: moon-1}\n"), 0o600))
	environments = []string{"prod-us", "mine", "prod-eu"}
	text, code = w.run("stacks")
	require.Equal(t, 2, code)
	require.Contains(t, text, `github.environments[0] = "prod-us": there is no Pulumi.prod-us.yaml; stacks with a file here: mine, prod-eu`)
	require.Contains(t, text, `aws:region = "moon-1" in Pulumi.mine.yaml`)

	// A file that cannot be read at all says where, and not what follows from that.
	require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.mine.yaml"), []byte("config:\n  aws:region: us-west-2\n  aws:region: us-west-2\n"), 0o600))
	text, code = w.run("stacks")
	require.Equal(t, 2, code)
	require.Contains(t, text, `github.environments[1] = "mine": read `+filepath.Join(w.Dir, "Pulumi.mine.yaml")+`: line 3: mapping key "aws:region" already defined at line 2`)
	require.NotContains(t, text, `aws:region = ""`)

	// What the account gives the stack's role no rights for is told here, and not by AWS in the middle of a deployment.
	environments = []string{"mine"}
	for file, refused := range map[string]string{
		`{aws:region: us-west-2}`: `aws:region = "us-west-2": the account has neither rights nor image repositories there; add it to account.regions`,
		`{aws:region: us-east-1}`: `add it to account.regions in bootstrap's settings, and run hub bootstrap`,
		`{aws:region: eu-central-1, "deepstreamhub:backup": {copyTo: eu-west-3}}`:  `backup.copyTo = "eu-west-3": the role that deploys the stack has no rights there; add it to account.copies`,
		`{aws:region: eu-central-1, "deepstreamhub:backup": {copyTo: eu-north-1}}`: "",
		`{aws:region: eu-central-1, "deepstreamhub:backup": {copyTo: us-east-1}}`:  "",
		`{aws:region: eu-central-1}`: "",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(w.Dir, "Pulumi.mine.yaml"), []byte("config: "+file+"\n"), 0o600))
		text, code = w.run("stacks")
		require.Equal(t, map[bool]int{true: 0, false: 2}[refused == ""], code, file)
		require.Contains(t, text, refused)
	}
}
