package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/tests/harness"
)

// workflow is what the rules look at in a file of .github.
type workflow struct {
	file        string
	text        string
	On          yaml.Node      `yaml:"on"`
	Permissions map[string]any `yaml:"permissions"`
	Concurrency concurrency    `yaml:"concurrency"`
	Jobs        map[string]job `yaml:"jobs"`
}

type concurrency struct {
	Group  string `yaml:"group"`
	Cancel bool   `yaml:"cancel-in-progress"`
}

type job struct {
	If          string            `yaml:"if"`
	Environment string            `yaml:"environment"`
	Permissions map[string]string `yaml:"permissions"`
	Concurrency concurrency       `yaml:"concurrency"`
	Uses        string            `yaml:"uses"`
	Timeout     int               `yaml:"timeout-minutes"`
	Steps       []jobStep         `yaml:"steps"`
}

type jobStep struct {
	Uses string         `yaml:"uses"`
	Run  string         `yaml:"run"`
	With map[string]any `yaml:"with"`
}

func workflows(t *testing.T) []workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(harness.Root(t), ".github", "workflows", "*.yml"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var all []workflow
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		w := workflow{file: filepath.Base(f), text: string(text)}
		require.NoError(t, yaml.Unmarshal(text, &w), f)
		all = append(all, w)
	}
	return all
}

// The linter that is pinned in tools/lint finds nothing.
func TestActionlint(t *testing.T) {
	t.Parallel()
	lint(t, harness.Root(t))
}

// lint fails the test if the linter finds something in the workflows of a repository.
func lint(t *testing.T, repository string) {
	t.Helper()
	linter := filepath.Join(t.TempDir(), "actionlint")
	build := exec.Command("go", "build", "-C", filepath.Join(harness.Root(t), "tools", "lint"), "-o", linter, "github.com/rhysd/actionlint/cmd/actionlint")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	lint := exec.Command(linter, "-shellcheck=", "-pyflakes=") // which a machine may lack
	lint.Dir = repository
	out, err = lint.CombinedOutput()
	require.NoError(t, err, string(out))
}

var pinned = regexp.MustCompile(`^(\./\.github/.*|[\w-]+/[\w-]+@[0-9a-f]{40})$`)

// What a job may do and whose code it runs.
func TestWorkflowsHoldTheHouseRules(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	cfg, err := settings.Read(filepath.Join(root, "bootstrap"), settings.Stack, config.Options{Offline: true})
	require.NoError(t, err)
	for _, w := range workflows(t) {
		t.Run(w.file, func(t *testing.T) {
			require.NotContains(t, w.text, "pull_request_target", "it would run a branch's code with the repository's rights")
			require.NotNil(t, w.Permissions, "no rights but those that a job names")
			require.Empty(t, w.Permissions)
			for _, line := range strings.Split(w.text, "\n") {
				if strings.Contains(line, "uses: ") && !strings.Contains(line, "uses: ./") {
					require.Regexp(t, `@[0-9a-f]{40} # v\d+\.\d+\.\d+$`, line, "the tag that the commit was")
				}
			}
			for name, j := range w.Jobs {
				requireJob(t, w, name, j, cfg.GitHub)
			}
		})
	}
	action, err := os.ReadFile(filepath.Join(root, ".github", "actions", "hub", "action.yml"))
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`uses: (\S+)`).FindAllStringSubmatch(string(action), -1) {
		require.Regexp(t, pinned, m[1])
	}
}

// deployRoles is how the names of the roles begin that change one stack.
var deployRoles = harness.Organisation.DeployRole("")

func requireJob(t *testing.T, w workflow, name string, j job, github settings.GitHub) {
	t.Helper()
	require.NotEmpty(t, j.Permissions, "%s names its rights", name)
	writes := 0
	for right, level := range j.Permissions {
		require.Contains(t, []string{"read", "write"}, level)
		if level == "write" && right != "id-token" {
			writes++
		}
	}
	if j.Permissions["id-token"] == "write" {
		require.Zero(t, writes, "%s: whoever has a role in AWS writes nothing to GitHub", name)
	}
	if j.Uses != "" {
		require.Regexp(t, pinned, j.Uses)
		return
	}
	require.NotZero(t, j.Timeout, "%s ends", name)
	role := ""
	for _, s := range j.Steps {
		if s.Uses != "" {
			require.Regexp(t, pinned, s.Uses)
		}
		if strings.HasPrefix(s.Uses, "actions/checkout@") && j.Permissions["contents"] != "write" {
			require.Equal(t, false, s.With["persist-credentials"], "%s: no token is left where a step finds it", name)
		}
		if arn, ok := s.With["role-to-assume"].(string); ok {
			require.Regexp(t, `/\$\{\{ fromJSON\((steps\.hub|needs\.stacks)\.outputs\.platform\)\.organisation \}\}-`, arn, "%s: whose role it is follows from the project", name)
			role = harness.Organisation.Project() + arn[strings.Index(arn, ".organisation }}")+len(".organisation }}"):]
		}
		require.LessOrEqual(t, strings.Count(s.Run, "\n"), 6, "%s: what is longer belongs into hub", name)
		require.NotContains(t, s.Run, "${{", "%s: values come by the environment, where they are not code", name)
		if changesStacks.MatchString(s.Run) {
			require.True(t, strings.HasPrefix(role, deployRoles) || role == harness.Organisation.ShortRole(), "%s changes stacks as %s", name, role)
			require.False(t, j.Concurrency.Cancel || w.Concurrency.Cancel, "%s: an up is never cancelled", name)
			require.NotEmpty(t, j.Concurrency.Group+w.Concurrency.Group, "%s: one at a time", name)
		}
	}
	requireRole(t, w, name, j, role, github)
}

// requireRole holds that a job takes a role from where the role lets it in, and for what the role is for.
func requireRole(t *testing.T, w workflow, name string, j job, role string, github settings.GitHub) {
	t.Helper()
	onPullRequests := strings.Contains(w.text, "pull_request:")
	stack, deploys := strings.CutPrefix(role, deployRoles)
	switch {
	case deploys:
		require.Equal(t, stack, j.Environment, "%s: each stack's role is given to the stack's environment", name)
		require.Equal(t, "${{ inputs.stack }}", stack, "%s: which stacks there are is said by the project's files", name)
		require.False(t, onPullRequests, "%s: nothing that was not merged deploys", name)
	case role == harness.Organisation.ShortRole():
		require.Equal(t, github.ShortEnvironment, j.Environment, name)
		require.Contains(t, j.If, "github.ref == 'refs/heads/main'", name)
	case role == harness.Organisation.ImagesRole():
		require.Equal(t, github.ImagesEnvironment, j.Environment, name)
		require.Contains(t, j.If, "github.ref == 'refs/heads/main'", name)
	case role == harness.Organisation.PreviewRole():
		require.Equal(t, github.PreviewEnvironment, j.Environment, name)
		require.Equal(t, "github.event.pull_request.head.repo.full_name == github.repository", j.If, "%s: no forks", name)
	case role == harness.Organisation.DriftRole():
		require.Empty(t, j.Environment, "%s: a job with an environment has no branch in its token", name)
		require.Equal(t, "github.ref == 'refs/heads/main'", j.If, name)
		require.False(t, onPullRequests, name)
	case role == "":
		require.NotContains(t, j.Permissions, "id-token", name)
	default:
		t.Errorf("%s takes the role %q, which bootstrap does not make", name, role)
	}
}

var changesStacks = regexp.MustCompile(`hub (up|destroy|reap|refresh|unlock|bootstrap|state)\b`)

// Every command line of hub in a workflow is one that hub has, with flags that it has.
func TestWorkflowsCallHubAsItIs(t *testing.T) {
	t.Parallel()
	hub := filepath.Join(binaries.Build(t), "hub")
	call := regexp.MustCompile(`(?m)(?:^|run: )\s*hub ((?:[a-z]+ ?)+)([^|>#\n]*)`)
	calls := 0
	for _, w := range workflows(t) {
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				for _, m := range call.FindAllStringSubmatch(s.Run, -1) {
					calls++
					verb := strings.Fields(m[1])[:1]
					if verb[0] == "publish" {
						verb = strings.Fields(m[1])[:2]
					}
					help, err := exec.Command(hub, append(verb, "--help")...).Output()
					require.NoError(t, err, m[0])
					require.Contains(t, string(help), "hub "+strings.Join(verb, " "), m[0])
					for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(m[2], -1) {
						require.Contains(t, string(help), flag+" ", m[0])
					}
				}
			}
		}
	}
	require.Greater(t, calls, 8)
}

// A step ends with what its commands end with: of a command inside of another's words, such as echo "x=$(false)", the shell
// forgets that it failed, and the next jobs go on with nothing.
func TestStepsFailWithTheirCommands(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	text, err := os.ReadFile(filepath.Join(root, ".github", "actions", "hub", "action.yml"))
	require.NoError(t, err)
	var action struct {
		Runs struct {
			Steps []struct {
				ID  string `yaml:"id"`
				Run string `yaml:"run"`
			} `yaml:"steps"`
		} `yaml:"runs"`
	}
	require.NoError(t, yaml.Unmarshal(text, &action))
	forgets := regexp.MustCompile(`(?m)^\s*echo .*\$\(`)
	ran := false
	for _, s := range action.Runs.Steps {
		require.NotRegexp(t, forgets, s.Run, "of the action")
		if s.ID != "stacks" {
			continue
		}
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "bin"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "bin", "hub"), []byte("#!/bin/sh\necho '{\"kind\":\"error\"}'\nexit 2\n"), 0o755))
		step := exec.Command("bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", s.Run) // as GitHub does
		step.Dir, step.Env = dir, append(os.Environ(), "GITHUB_OUTPUT="+filepath.Join(dir, "output"))
		require.Error(t, step.Run(), "hub could not say which stacks there are")
		require.NoFileExists(t, filepath.Join(dir, "output"))
		ran = true
	}
	require.True(t, ran)
	for _, w := range workflows(t) {
		for name, j := range w.Jobs {
			for _, s := range j.Steps {
				require.NotRegexp(t, forgets, s.Run, "%s: %s", w.file, name)
			}
		}
	}
}

// A cache that hits must hold what would be built: whatever goes into hub or the engine is in its key.
func TestCacheKeysCoverTheSources(t *testing.T) {
	t.Parallel()
	root := harness.Root(t)
	action, err := os.ReadFile(filepath.Join(root, ".github", "actions", "hub", "action.yml"))
	require.NoError(t, err)
	keys := regexp.MustCompile(`key: (hub|engine)-.*hashFiles\((.*)\)`).FindAllStringSubmatch(string(action), -1)
	require.Len(t, keys, 2)
	patterns := map[string]string{keys[0][1]: keys[0][2], keys[1][1]: keys[1][2]}
	for _, file := range []string{"tools/go.mod", "tools/go.sum"} {
		require.Contains(t, patterns["engine"], "'"+file+"'")
	}
	list := exec.Command("go", "list", "-deps", "-f", "{{$d := .Dir}}{{if .Module}}{{if .Module.Main}}{{range .GoFiles}}{{$d}}/{{.}}\n{{end}}{{range .EmbedFiles}}{{$d}}/{{.}}\n{{end}}{{end}}{{end}}", "./cmd/hub")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	for _, file := range append(strings.Fields(string(out)), filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum")) {
		rel, err := filepath.Rel(root, file)
		require.NoError(t, err)
		covered := strings.Contains(patterns["hub"], "'"+rel+"'") ||
			strings.HasSuffix(rel, ".go") && strings.Contains(patterns["hub"], "'**/*.go'") ||
			strings.HasPrefix(rel, "internal/") && strings.Contains(patterns["hub"], "'internal/**/*"+filepath.Ext(rel)+"'") ||
			strings.HasPrefix(rel, "images/") && strings.Contains(patterns["hub"], "'images/**'")
		require.True(t, covered, "%s goes into hub and not into the key of its cache", rel)
	}
}

// The credentials of a job that deploys outlive what it waits for, in a region of the committed sizes: half an hour to make it,
// a deployment, and AWS's own replacing of hosts. The role allows such a session, and the job ends before it.
func TestDeployingJobsHaveTheTime(t *testing.T) {
	t.Parallel()
	aws := harness.NewBlankAWS(t)
	harness.NewAccount(t, aws, harness.AccountSettings(t)).Up()
	role := aws.Find("aws:iam/role:Role")
	at := slices.IndexFunc(role, func(r cloud.Resource) bool { return r.ID == "deepstreamhub-deploy-prod-eu" })
	require.GreaterOrEqual(t, at, 0)
	sessions := 0
	for _, w := range workflows(t) {
		for _, j := range w.Jobs {
			for _, s := range j.Steps {
				seconds, asked := s.With["role-duration-seconds"].(int)
				if !asked {
					continue
				}
				sessions++
				require.LessOrEqual(t, float64(seconds), role[at].State["maxSessionDuration"], w.file)
				require.LessOrEqual(t, j.Timeout*60, seconds, w.file)
				require.LessOrEqual(t, j.Timeout, 6*60, "a job of GitHub lasts six hours at most")
				if !slices.ContainsFunc(j.Steps, func(s jobStep) bool { return strings.Contains(s.Run, "hub up ") }) {
					continue
				}
				for _, stack := range []string{"prod-eu", "prod-us"} {
					sizes := harness.Ephemeral(t, stack).Sizes
					require.Less(t, 1800+sizes.DeploymentTimeout+sizes.SettleSeconds(), j.Timeout*60, "%s: %s", w.file, stack)
				}
			}
		}
	}
	require.Positive(t, sessions)
}
