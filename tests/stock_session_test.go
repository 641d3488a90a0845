package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// stockSession is somebody who works on prod-eu with the stock CLI alone, in a checkout that git watches.
type stockSession struct {
	t   *testing.T
	p   *harness.Project
	env []string
}

// newCheckout puts a project under git, with the program compiled to where runtime.options.binary says.
func newCheckout(t *testing.T) *stockSession {
	t.Helper()
	s := &stockSession{t: t, p: harness.NewProject(t, &binaries)}
	s.p.Edit("Pulumi.yaml", "runtime: go\n", "runtime:\n  name: go\n  options:\n    binary: bin/program\n")
	require.NoError(t, os.Symlink(s.p.Bin, filepath.Join(s.p.Dir, "bin")))
	require.NoError(t, os.WriteFile(filepath.Join(s.p.Dir, ".gitignore"), []byte("/.hub/\n/bin\n/tools\n"), 0o600))
	s.git("init", "--quiet")
	s.commit("as it is published")
	return s
}

func (s *stockSession) git(args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Dir = s.p.Dir
	out, err := cmd.CombinedOutput()
	require.NoError(s.t, err, "%s", out)
	return string(out)
}

func (s *stockSession) commit(message string) {
	s.t.Helper()
	s.git("add", "--all")
	s.git("commit", "--quiet", "--message", message)
}

// pulumi runs a command, which must succeed and leave every tracked file as it was.
func (s *stockSession) pulumi(args ...string) string {
	s.t.Helper()
	r := s.p.Pulumi(s.env, append(args, "--non-interactive")...)
	require.Zero(s.t, r.Code, "pulumi %s\n%s%s", strings.Join(args, " "), r.Stdout, r.Stderr)
	require.Empty(s.t, s.git("status", "--porcelain"), "after pulumi %s\n%s", strings.Join(args, " "), s.git("diff"))
	return r.Stdout
}

// edit runs a command that is to change the stack file, and holds what it changes.
func (s *stockSession) edit(want string, args ...string) {
	s.t.Helper()
	r := s.p.Pulumi(s.env, append(args, "--non-interactive")...)
	require.Zero(s.t, r.Code, "pulumi %s\n%s%s", strings.Join(args, " "), r.Stdout, r.Stderr)
	require.Equal(s.t, want, s.changed(), "pulumi %s", strings.Join(args, " "))
	s.commit("edited")
}

// changed are the lines that the checkout has lost and gained.
func (s *stockSession) changed() string {
	s.t.Helper()
	var lines []string
	for line := range strings.Lines(s.git("diff", "--unified=0")) {
		if (line[0] == '-' || line[0] == '+') && !strings.HasPrefix(line, "---") && !strings.HasPrefix(line, "+++") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "")
}

// refused previews with other lines in the stack file and expects what the program or the provider says of them.
func (s *stockSession) refused(edit func(), want ...string) {
	s.t.Helper()
	edit()
	r := s.p.Pulumi(s.env, "preview", "--non-interactive")
	require.NotZero(s.t, r.Code)
	for _, w := range want {
		require.Contains(s.t, r.Stdout+r.Stderr, w)
	}
	s.git("checkout", "--quiet", ".")
}

// Everything that somebody does who knows Pulumi and not hub, on prod-eu, with the stock CLI and a language host that executes
// the compiled program: in the declared offline account, in which hub brought the stack up, and in the one that was
// bootstrapped, in which the stock CLI makes it. No command writes into a tracked file but the one that is to.
func TestStockSession(t *testing.T) {
	t.Parallel()
	t.Run("declared", func(t *testing.T) {
		t.Parallel()
		s := newCheckout(t)
		up := s.p.Hub(nil, "up", "prod-eu", "--offline", "--yes", "--no-wait")
		require.Zero(t, up.Code, up.Stderr)
		require.Empty(t, s.git("status", "--porcelain"), "after hub up")
		key := s.p.Hub(nil, "state", "key", "prod-eu", "--offline")
		require.Zero(t, key.Code, key.Stderr)
		require.Regexp(t, `^-secretsprovider: awskms://.*\n\+secretsprovider: hashivault://hub .*\n\+encryptedkey: \S+\n$`, s.changed())
		s.commit("the key of the state")
		again := s.p.Hub(nil, "state", "key", "prod-eu", "--offline")
		require.Contains(t, again.Stderr, "Pulumi.prod-eu.yaml names the key of its secrets already.")
		exported, first, stop := serveOfflineAWS(t, s.p)
		require.Equal(t, []string{"pulumi stack init prod-us --secrets-provider 'hashivault://hub'"}, first)
		s.session(exported, "Z0OFFLINE0DEEPSTREAM")
		stop()
		s.byHub()
	})
	t.Run("bootstrapped", func(t *testing.T) {
		t.Parallel()
		s := newCheckout(t)
		ready := s.p.Hub(nil, "bootstrap", "--offline", "--yes")
		require.Zero(t, ready.Code, ready.Stderr)
		exported, first, stop := serveOfflineAWS(t, s.p)
		require.Len(t, first, 2)
		require.Contains(t, first[0], "pulumi stack init prod-eu --secrets-provider 'awskms://")
		shell := exec.CommandContext(t.Context(), "sh", "-c", first[0]+" --non-interactive")
		pulumi := filepath.Dir(harness.Engine(t).Path)
		shell.Dir, shell.Env = s.p.Dir, append([]string{"PATH=" + pulumi + ":" + os.Getenv("PATH")}, exported...)
		out, err := shell.CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.Regexp(t, `^\+encryptedkey: \S+\n$`, s.changed(), "what the engine writes of a new stack")
		s.commit("the key of the state")
		s.session(exported, "")
		stop()
		s.byHub()
	})
}

// session is the work itself. Zone is a hosted zone to import; empty for none.
func (s *stockSession) session(exported []string, zone string) {
	t := s.t
	t.Helper()
	language := harness.NewLanguage(t, "/nowhere") // the project says what to execute
	s.env = append([]string{"PATH=" + os.Getenv("PATH"), language.Variable()}, exported...)

	s.pulumi("stack", "select", "prod-eu")
	s.pulumi("preview")
	s.pulumi("up", "--yes", "--skip-preview")
	s.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
	s.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
	require.Equal(t, "wss://eu.deepstreamhub.com/deepstream\n", s.pulumi("stack", "output", "url"))

	s.edit("-    owner: platform-eu\n+    owner: platform-we\n", "config", "set", "--path", "deepstreamhub:platform.owner", "platform-we")
	s.pulumi("preview")
	s.pulumi("up", "--yes", "--skip-preview", "--target", "**$aws:ec2/vpc:Vpc**")
	left := s.pulumi("preview", "--json")
	require.Contains(t, left, `"update"`, "one resource was taken along, the others were not")
	s.pulumi("up", "--yes", "--skip-preview")
	s.pulumi("preview", "--expect-no-changes")

	if zone != "" {
		code := s.pulumi("import", "aws:route53/zone:Zone", "zone", zone, "--yes", "--protect=false")
		require.Contains(t, code, `name = "deepstreamhub.com"`, "the code of the import, by the provider's schema")
		s.pulumi("state", "delete", "urn:pulumi:prod-eu::deepstreamhub::aws:route53/zone:Zone::zone", "--yes")
	}

	file := func(old, new string) func() { return func() { s.p.Edit("Pulumi.prod-eu.yaml", old, new) } }
	const region = "  aws:region: eu-central-1\n"
	s.refused(file(region, region+"  aws:allowedAccountIds: ['444455556666']\n"), "AWS account ID not allowed: 111122223333")
	s.refused(file(region, region+"  aws:secretKey: abc\n"), "aws:secretKey")
	s.refused(file(region, region+"  aws:defaultTags: {tags: {a: b}}\n"), "aws:defaultTags")
	s.refused(func() {
		r := s.p.Pulumi(s.env, "config", "set", "--secret", "--path", "deepstreamhub:platform.owner", "who", "--non-interactive")
		require.Zero(t, r.Code, r.Stderr)
	}, `platform = "(not shown)": must not be a secret`)

	s.p.Edit("Pulumi.prod-eu.yaml", region, region+"  aws:skipMetadataApiCheck: 'true'\n") // one that is honoured reaches the providers
	r := s.p.Pulumi(s.env, "preview", "--json", "--non-interactive")
	require.Zero(t, r.Code, r.Stderr)
	require.Contains(t, r.Stdout, "skipMetadataApiCheck")
	s.git("checkout", "--quiet", ".")

	kept := s.p.Pulumi(s.env, "destroy", "--yes", "--non-interactive")
	require.NotZero(t, kept.Code)
	require.Contains(t, kept.Stdout+kept.Stderr, "protected")
	require.Empty(t, s.git("status", "--porcelain"))
	s.pulumi("up", "--yes", "--skip-preview") // what the refused destroy took before it came to what is protected
	s.edit("-    protect: true # production data\n+    protect: false # production data\n", "config", "set", "--path", "deepstreamhub:platform.protect", "false")
	s.pulumi("up", "--yes", "--skip-preview")
	s.pulumi("destroy", "--yes", "--skip-preview", "--run-program")
}

// byHub holds that hub goes on where the stock CLI ended, and writes nothing into a tracked file.
func (s *stockSession) byHub() {
	t := s.t
	t.Helper()
	preview := s.p.Hub(nil, "preview", "prod-eu", "--offline", "--json")
	require.Zero(t, preview.Code, preview.Stderr)
	require.Contains(t, preview.Stdout, `"op":"create"`, "nothing is left of it")
	require.Empty(t, s.git("status", "--porcelain"), "after hub preview")
}
