package tests

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

// clone is a project as somebody has it who cloned the repository, with what git keeps of it.
func clone(t *testing.T) *harness.Project {
	t.Helper()
	p := harness.NewProject(t, &binaries)
	require.NoError(t, os.CopyFS(filepath.Join(p.Dir, ".github"), os.DirFS(filepath.Join(harness.Root(t), ".github"))))
	require.NoError(t, os.WriteFile(filepath.Join(p.Dir, ".gitignore"), []byte("/.hub/\n"), 0o600))
	git(t, p, "init", "--quiet")
	commit(t, p)
	return p
}

func git(t *testing.T, p *harness.Project, args ...string) string {
	t.Helper()
	c := exec.Command("git", append([]string{"-C", p.Dir, "-c", "user.name=anna", "-c", "user.email=anna@acme.example"}, args...)...)
	out, err := c.CombinedOutput()
	require.NoError(t, err, "%v: %s", args, out)
	return string(out)
}

func commit(t *testing.T, p *harness.Project) {
	t.Helper()
	git(t, p, "add", "--all")
	git(t, p, "commit", "--quiet", "--message", "As it is")
}

// initialised are the arguments of an init that passes, with some of its flags changed; empty takes a flag away.
func initialised(changes map[string]string) []string {
	flags := map[string]string{
		"organisation": "orbital-chat", "domain": "orbital.example", "account": "444455556666", "regions": "sa-east-1,ap-northeast-3",
		"owner": "Team Orbit", "repository": "orbital/region-cells", "budget": "900", "notify": "bill@orbital.example",
	}
	args := []string{"init"}
	for flag, value := range changes {
		flags[flag] = value
	}
	for flag, value := range flags {
		if value != "" {
			args = append(args, "--"+flag, value)
		}
	}
	return args
}

// A fresh clone becomes somebody else's by one command: both regions come up, a third one beside them, the account is
// bootstrapped and the handbook typed through, under a name, a domain, an account and regions that nothing here has. What
// was written names the other organisation nowhere, and neither does anything in the accounts.
func TestInit(t *testing.T) {
	t.Parallel()
	p := clone(t)
	r := p.Hub(nil, initialised(nil)...)
	require.Zero(t, r.Code, r.Stderr)
	require.Contains(t, r.Stderr, "Try it with: hub up prod-sa prod-ap --offline")
	require.Equal(t, []string{
		" M .github/CODEOWNERS", " D Pulumi.prod-eu.yaml", " D Pulumi.prod-us.yaml", " M Pulumi.yaml", " M bootstrap/Pulumi.production.yaml",
		" M bootstrap/Pulumi.yaml", "?? Pulumi.prod-ap.yaml", "?? Pulumi.prod-sa.yaml",
	}, strings.Split(strings.TrimSuffix(git(t, p, "status", "--porcelain"), "\n"), "\n"))
	for _, file := range []string{".github/CODEOWNERS", "Pulumi.yaml", "bootstrap/Pulumi.production.yaml", "bootstrap/Pulumi.yaml", "Pulumi.prod-ap.yaml", "Pulumi.prod-sa.yaml"} {
		text, err := os.ReadFile(filepath.Join(p.Dir, file))
		require.NoError(t, err)
		for _, others := range []string{"deepstreamhub", "111122223333", "eu-central-1", "us-east-1"} {
			require.NotContains(t, strings.ToLower(string(text)), others, file)
		}
	}
	require.Equal(t, "prod-sa  sa-east-1\nprod-ap  ap-northeast-3\n", p.Hub(nil, "stacks").Stdout)
	lint(t, p.Dir)
	commit(t, p)

	again := p.Hub(nil, initialised(nil)...)
	require.Equal(t, 2, again.Code)
	require.Contains(t, again.Stderr, "this project is somebody's already")

	hub := func(args ...string) {
		t.Helper()
		r := p.Hub(nil, args...)
		require.Zero(t, r.Code, "%v\n%s%s", args, r.Stdout, r.Stderr)
	}
	hub("region", "add", "ca-central-1", "--like", "prod-sa")
	hub("up", "prod-sa", "prod-ap", "prod-ca", "--offline", "--yes")
	hub("health", "prod-sa", "prod-ap", "prod-ca", "--offline")
	held := requireNames(t, p, "offline", "orbital-chat", "444455556666")
	for _, name := range []string{"/orbital-chat/prod-ca/deepstream", "alias/orbital-chat/prod-sa/bus", "ap.orbital.example"} {
		require.Contains(t, held, name)
	}
	git(t, p, "checkout", "--", "bootstrap")
	require.NoError(t, os.Remove(filepath.Join(p.Dir, "Pulumi.prod-ca.yaml")))

	typed(t, p, docCommands(t, "docs/operations.md"), "--offline=blank",
		"prod-eu", "prod-sa", "prod-us", "prod-ap", "deepstreamhub.com", "orbital.example", "deepstreamhub", "orbital-chat", "111122223333", "444455556666",
		"eu-central-1", "sa-east-1", "us-east-1", "ap-northeast-3",
		"ami-0a1b2c3d4e5f60718", config.StandInAMI("sa-east-1"), "ami-0b2c3d4e5f6071829", config.StandInAMI("ap-northeast-3"))
	require.Contains(t, requireNames(t, p, "blank", "orbital-chat", "444455556666"), "orbital-chat-state-444455556666")
}

// requireNames holds that nothing in one of a project's offline accounts carries the name of the organisation whose the tracked
// project is, and returns all that is in it as text.
func requireNames(t *testing.T, p *harness.Project, name, organisation, account string) string {
	t.Helper()
	owner := cloud.DefaultAccount()
	owner.Give(organisation, account, nil)
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", name, "cloud"), Account: owner})
	require.NoError(t, err)
	var all strings.Builder
	for _, r := range c.List() {
		text, err := json.Marshal(map[string]any{"type": r.Type, "id": r.ID, "inputs": r.Inputs, "state": r.State})
		require.NoError(t, err)
		require.NotContains(t, strings.ToLower(string(text)), "deepstreamhub")
		require.NotContains(t, string(text), "111122223333")
		all.Write(append(text, '\n'))
	}
	require.NoError(t, c.Close())
	require.Greater(t, strings.Count(all.String(), "\n"), 150)
	return all.String()
}

// What would not pass is refused before a file is touched, with everything that is wrong.
func TestInitRefuses(t *testing.T) {
	t.Parallel()
	p := clone(t)
	all := harness.Snapshot(t, p.Dir)
	for name, c := range map[string]struct {
		change map[string]string
		says   []string
	}{
		"nothing said": {map[string]string{"organisation": "", "domain": "", "account": "", "regions": "", "owner": "", "repository": "", "budget": ""},
			[]string{"7 wrong or missing", "--organisation is missing", "--domain is missing", "--account is missing", "--regions is missing", "--owner is missing", "--repository is missing", "--budget is missing"}},
		"everything wrong": {map[string]string{"organisation": "Orbital", "domain": "orbital", "account": "12", "regions": "mars-1,sa-east-1", "owner": "aws:x", "repository": "orbital", "budget": "much"},
			[]string{"--organisation \"Orbital\": must be lower-case letters", "--regions: \"mars-1\": must be a commercial region with three zones", "--budget \"much\": must be a whole number", "--domain \"orbital\"", "--account \"12\"", "--owner \"aws:x\"", "--repository \"orbital\""}},
		"by the files' own rules": {map[string]string{"domain": "orbital", "account": "12", "owner": "aws:x", "repository": "orbital", "notify": "nobody"},
			[]string{"--domain \"orbital\": must be", "--account \"12\": must be the account's number, twelve digits", "--owner \"aws:x\": must be a tag's value", "--repository \"orbital\": must be owner/name", "--notify"}},
		"one region, no copies":  {map[string]string{"regions": "sa-east-1"}, []string{"1 wrong or missing", "--copies is missing"}},
		"copies beside the rest": {map[string]string{"regions": "sa-east-1", "copies": "sa-east-1"}, []string{"--copies \"sa-east-1\": must be another region"}},
		"region twice":           {map[string]string{"regions": "sa-east-1,sa-east-1"}, []string{"\"sa-east-1\": stands there twice"}},
		"the published name":     {map[string]string{"organisation": "deepstreamhub"}, []string{"must be another"}},
		"nobody told":            {map[string]string{"notify": ""}, []string{"--notify is missing"}},
		"more than one line":     {map[string]string{"owner": "a\nb"}, []string{"must be on one line"}},
		"YAML in an owner":       {map[string]string{"owner": "x: y", "account": "1"}, []string{"1 wrong or missing", "--account"}},
	} {
		r := p.Hub(nil, initialised(c.change)...)
		require.Equal(t, 2, r.Code, "%s: %s", name, r.Stderr)
		for _, text := range c.says {
			require.Contains(t, r.Stderr, text, name)
		}
		require.Empty(t, harness.Differences(all, harness.Snapshot(t, p.Dir)), name)
	}

	p.Edit("Pulumi.prod-eu.yaml", "owner: platform-eu", "owner: somebody")
	changed := p.Hub(nil, initialised(nil)...)
	require.Equal(t, 2, changed.Code)
	require.Contains(t, changed.Stderr, "changed since they were committed: Pulumi.prod-eu.yaml")
	git(t, p, "checkout", "--", ".")
	state := filepath.Join(p.Dir, ".hub", "bootstrap", "state")
	require.NoError(t, os.MkdirAll(filepath.Join(state, ".pulumi"), 0o700))
	real := p.Hub(nil, initialised(nil)...)
	require.Equal(t, 2, real.Code, real.Stderr)
	require.Contains(t, real.Stderr, "holds the state of an account, made under the name deepstreamhub")
	require.NoError(t, os.RemoveAll(filepath.Join(p.Dir, ".hub", "bootstrap")))
	held, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")})
	require.NoError(t, err)
	require.Equal(t, 4, p.Hub(nil, initialised(nil)...).Code, "a process is at work there")
	require.NoError(t, held.Close())
	require.FileExists(t, filepath.Join(p.Dir, "Pulumi.prod-us.yaml"))

	// Without git nobody could bring the files back: that needs a yes.
	require.NoError(t, os.RemoveAll(filepath.Join(p.Dir, ".git")))
	unknown := p.Hub(nil, initialised(nil)...)
	require.Equal(t, 2, unknown.Code, unknown.Stderr)
	require.Contains(t, unknown.Stderr, "Add --yes")
	require.FileExists(t, filepath.Join(p.Dir, "Pulumi.prod-eu.yaml"))
	require.Zero(t, p.Hub(nil, append(initialised(map[string]string{"regions": "us-west-2", "copies": "us-east-2", "cost-centre": "cells", "budget": "0"}), "--yes")...).Code)
	require.NoFileExists(t, filepath.Join(p.Dir, "Pulumi.prod-eu.yaml"))
	require.NoDirExists(t, filepath.Join(p.Dir, ".hub", "offline"), "what was tried before is put aside")
	aside, err := filepath.Glob(filepath.Join(p.Dir, ".hub", "offline.before-init-*", "cloud"))
	require.NoError(t, err)
	require.Len(t, aside, 1)
	text, err := os.ReadFile(filepath.Join(p.Dir, "bootstrap", "Pulumi.production.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(text), "copies: [us-east-2]")
}
