package tests

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/bus"
	"github.com/deepstreamhub/platform/internal/awssim"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/tests/harness"
)

// passwords are those of a region, as AWS has them.
type passwords struct {
	opensBus, opensDatabase []string
	busSecret, dbSecret     string            // the current one
	tasks                   map[string]string // by secret, what the running tasks have read at their start
}

func passwordsIn(t *testing.T, resources []cloud.Resource) passwords {
	t.Helper()
	p := passwords{tasks: map[string]string{}}
	names := map[string]string{}
	read := func(value any) string {
		var held struct{ Password string }
		require.NoError(t, json.Unmarshal([]byte(fmt.Sprint(value)), &held))
		return held.Password
	}
	for _, r := range resources {
		if r.Type == "aws:secretsmanager/secret:Secret" {
			names[r.ID] = r.Str("name")
		}
	}
	for _, r := range resources {
		switch r.Type {
		case "aws:elasticache/replicationGroup:ReplicationGroup":
			p.opensBus = append(p.opensBus, cloud.Strs(r.Hidden, "authTokens[]")...)
		case "aws:rds/cluster:Cluster":
			p.opensDatabase = []string{r.Str("masterPassword")}
		case "aws:secretsmanager/secretVersion:SecretVersion":
			if !strings.Contains(fmt.Sprint(r.State["versionStages"]), "AWSCURRENT") {
				continue
			}
			if strings.HasPrefix(names[r.Str("secretId")], "bus-") {
				p.busSecret = read(r.State["secretString"])
			} else {
				p.dbSecret = read(r.State["secretString"])
			}
		case "aws:ecs/service:Service":
			held, _ := r.Hidden["readAtStart"].(cloud.Map)
			for arn, value := range held {
				if name := names[arn]; name != "" {
					tier, _, _ := strings.Cut(name, "-")
					p.tasks[tier] = read(value)
				}
			}
		}
	}
	return p
}

// rotated are a stack's passwords, from its offline account.
func rotated(t *testing.T, p *harness.Project) passwords {
	t.Helper()
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	return passwordsIn(t, c.List())
}

// Bus and database get other passwords, and the old ones open nothing any more; whatever is killed on the way, the next
// command goes on, and between the steps the region works and nothing is left to do.
func TestRotate(t *testing.T) {
	t.Parallel()
	p := harness.NewProject(t, &binaries)
	hub := func(code int, args ...string) string {
		t.Helper()
		r := p.Hub(nil, append(args, "--offline")...)
		require.Equal(t, code, r.Code, r.Stdout+r.Stderr)
		return r.Stdout + r.Stderr
	}
	well := func() {
		t.Helper()
		hub(0, "health", "prod-eu")
		require.Regexp(t, `prod-eu: \d+ unchanged`, hub(0, "preview", "prod-eu"))
		require.Contains(t, hub(0, "drift", "prod-eu"), "prod-eu: 0 of ")
	}
	require.Contains(t, hub(2, "rotate", "bus", "prod-eu", "--yes"), "no stack named 'prod-eu' found")
	p.Deploy()
	first := rotated(t, p)
	require.Equal(t, []string{first.busSecret}, first.opensBus)
	require.Equal(t, []string{first.dbSecret}, first.opensDatabase)
	require.Equal(t, map[string]string{"bus": first.busSecret, "database": first.dbSecret}, first.tasks)

	hub(0, "rotate", "database", "prod-eu", "--yes")
	second := rotated(t, p)
	require.NotEqual(t, first.dbSecret, second.dbSecret)
	require.Equal(t, []string{second.dbSecret}, second.opensDatabase, "the old one opens nothing")
	require.Equal(t, first.tasks, second.tasks, "the same tasks run, which read the secret when they are refused")
	require.Equal(t, first.opensBus, second.opensBus)
	well()

	// hub is killed between the two runs: both passwords of the bus are valid, and all tasks have the new one.
	killedAt(t, p, ": 2 updated, 2 replaced", "rotate", "bus", "prod-eu", "--offline", "--yes")
	between := rotated(t, p)
	require.Equal(t, []string{between.busSecret, first.busSecret}, between.opensBus)
	require.Equal(t, between.busSecret, between.tasks["bus"])
	well()
	require.Regexp(t, `unchanged(.|\n)*a rotation of the bus is under way(.|\n)*hub rotate bus prod-eu --offline`, hub(0, "up", "prod-eu", "--yes"))
	require.Contains(t, hub(0, "status", "prod-eu", "--quick"), "rotates  the password of the bus, half way")
	require.Equal(t, between.opensBus, rotated(t, p).opensBus, "an up locks nobody out")
	said := hub(2, "rotate", "database", "prod-eu", "--yes")
	require.Contains(t, said, "rotate database prod-eu: a rotation of the bus is under way")
	require.Contains(t, said, "hub rotate bus prod-eu --offline")
	require.Contains(t, hub(0, "rotate", "bus", "prod-eu", "--yes"), "a rotation of the bus is under way: finishing that one")
	third := rotated(t, p)
	require.Equal(t, []string{between.busSecret}, third.opensBus, "the new one alone")
	well()

	// hub is killed once the secret has the new password, and perhaps nothing else.
	killedAt(t, p, "replaced bus-secret-version", "rotate", "bus", "prod-eu", "--offline", "--yes")
	hub(0, "up", "prod-eu", "--yes")
	between = rotated(t, p)
	require.Equal(t, []string{between.busSecret, third.busSecret}, between.opensBus)
	require.Equal(t, between.busSecret, between.tasks["bus"])
	require.Contains(t, hub(0, "rotate", "bus", "prod-eu", "--yes"), "finishing that one")
	require.Equal(t, []string{between.busSecret}, rotated(t, p).opensBus)
	well()
	killedAt(t, p, "replaced database-secret-version", "rotate", "database", "prod-eu", "--offline", "--yes")
	require.Contains(t, hub(0, "rotate", "database", "prod-eu", "--yes", "--json"), `"healthy":true`)
	last := rotated(t, p)
	require.Equal(t, []string{last.dbSecret}, last.opensDatabase)
	require.NotEqual(t, second.dbSecret, last.dbSecret)
	well()
}

// killedAt runs hub until it has said something, and kills it and its engine then.
func killedAt(t *testing.T, p *harness.Project, at string, args ...string) {
	t.Helper()
	cmd := exec.Command(filepath.Join(p.Bin, "hub"), args...)
	cmd.Dir = p.Dir
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var all []string
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		all = append(all, lines.Text())
		if strings.Contains(lines.Text(), at) {
			for _, pid := range append(children(cmd.Process.Pid), cmd.Process.Pid) {
				_ = syscall.Kill(pid, syscall.SIGKILL) // an engine may have ended on its own
			}
			_ = cmd.Wait()
			require.False(t, cmd.ProcessState.Exited(), "it ended before it was killed: %s", strings.Join(all, "\n"))
			require.Eventually(t, func() bool { // a process that it was about to start has its lock until then
				c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.Dir, ".hub", "offline", "cloud")})
				return err == nil && c.Close() == nil
			}, 10*time.Second, 50*time.Millisecond)
			return
		}
	}
	_ = cmd.Wait()
	require.Fail(t, "hub never said "+at, strings.Join(all, "\n"))
}

// children are the processes that a process has started.
func children(pid int) (pids []int) {
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, file := range tasks {
		text, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}

// rotating has the next run of a stack's program be a step of a rotation.
func rotating(t *testing.T, s *harness.Stack, tier string, step bus.Rotation) func(pulumi.RunFunc) pulumi.RunFunc {
	return func(pulumi.RunFunc) pulumi.RunFunc {
		cfg, err := s.Config.Sized()
		require.NoError(t, err)
		return program.Rotating(cfg, program.Rotation{Tier: tier, Step: step})
	}
}

// Whichever call of a rotation fails, or succeeds without an answer, the tasks that run can open bus and database again, a
// plain up goes on with it, and it can be finished.
func TestRotationFailsAnywhere(t *testing.T) {
	t.Parallel()
	const (
		version = "aws:secretsmanager/secretVersion:SecretVersion"
		group   = "aws:elasticache/replicationGroup:ReplicationGroup"
		cluster = "aws:rds/cluster:Cluster"
		service = "aws:ecs/service:Service"
	)
	refused := cloud.Refusal{Code: "ServiceUnavailable", Message: "asked for by a test", Rule: "a test"}
	for name, tc := range map[string]struct {
		tier  string
		fault cloud.Fault
	}{
		"the bus's secret is written unheard": {"bus", cloud.Fault{Kind: cloud.Lost, Call: "create", Type: version, Nth: 3}},
		"the bus takes no new password":       {"bus", cloud.Fault{Kind: cloud.Refused, Call: "update", Type: group, Nth: 1, Answer: refused}},
		"the bus takes it unheard":            {"bus", cloud.Fault{Kind: cloud.Lost, Call: "update", Type: group, Nth: 1}},
		"no deployment":                       {"bus", cloud.Fault{Kind: cloud.Refused, Call: "update", Type: service, Nth: 1, Answer: refused}},
		"the database's secret unheard":       {"database", cloud.Fault{Kind: cloud.Lost, Call: "create", Type: version, Nth: 3}},
		"the database takes it unheard":       {"database", cloud.Fault{Kind: cloud.Lost, Call: "update", Type: cluster, Nth: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			aws := harness.StartAWS(t, awssim.Options{Faults: []cloud.Fault{tc.fault}})
			s := harness.NewStack(t, aws, "rotate", harness.Ephemeral(t, "prod-eu"))
			s.Up()
			step := func(step bus.Rotation) { s.Around = rotating(t, s, tc.tier, step) }
			lockedOut := func() {
				t.Helper()
				require.Empty(t, problems(t, s))
			}
			before := passwordsIn(t, aws.Cloud().List())

			step(program.BeginRotation)
			_, err := s.TryUp()
			require.Error(t, err)
			lockedOut()
			s.Around = nil
			s.Up()
			lockedOut()
			require.Empty(t, harness.Changed(s.Preview()))
			_, underWay := program.Rotates(s.State(), tc.tier)
			if !underWay { // nothing had happened
				require.Equal(t, before, passwordsIn(t, aws.Cloud().List()))
				step(program.BeginRotation)
				s.Up()
				lockedOut()
			}
			between := passwordsIn(t, aws.Cloud().List())
			step(program.FinishRotation)
			s.Up()
			lockedOut()
			s.Around = nil
			require.Empty(t, harness.Changed(s.Preview()))
			require.Empty(t, s.BlindDrift().Drifted)
			after := passwordsIn(t, aws.Cloud().List())
			if tc.tier == "bus" {
				require.Equal(t, []string{after.busSecret, before.busSecret}, between.opensBus)
				require.Equal(t, []string{after.busSecret}, after.opensBus)
				require.Equal(t, after.busSecret, after.tasks["bus"])
			}
			require.Equal(t, []string{after.dbSecret}, after.opensDatabase)
			require.NotEqual(t, [2]string{before.busSecret, before.dbSecret}, [2]string{after.busSecret, after.dbSecret})
		})
	}
}
