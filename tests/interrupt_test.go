package tests

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// slowCreate is how long the create lasts that is under way when the interrupt comes: longer than the ten seconds after
// which the Automation API by itself would kill the engine.
const slowCreate = 30 * time.Second

// An interrupt while a resource is being made waits for it: no operation is left pending, and state and cloud agree.
func TestInterruptDuringACreate(t *testing.T) {
	t.Parallel()
	for name, interrupt := range map[string]func(*testing.T, *os.Process, io.Writer){
		"Ctrl-C in a terminal": func(t *testing.T, _ *os.Process, terminal io.Writer) {
			_, err := terminal.Write([]byte{3})
			require.NoError(t, err)
		},
		"SIGTERM": func(t *testing.T, p *os.Process, _ io.Writer) { require.NoError(t, p.Signal(syscall.SIGTERM)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := harness.NewProject(t, &binaries)
			cmd := exec.Command(filepath.Join(p.Bin, "hub"), "up", "prod-eu", "--offline", "--yes",
				"--offline-slow", "aws:ec2/vpc:Vpc="+slowCreate.String())
			cmd.Dir = p.Dir
			terminal, err := pty.Start(cmd)
			require.NoError(t, err)
			defer func() { _ = cmd.Process.Kill() }()
			screen := &screen{}
			copied := make(chan struct{})
			go func() { defer close(copied); _, _ = io.Copy(screen, terminal) }()

			waitForVPC(t, p, screen)
			time.Sleep(2 * time.Second)
			began := time.Now()
			interrupt(t, cmd.Process, terminal)
			_ = cmd.Wait()
			took := time.Since(began)
			require.NoError(t, terminal.Close())
			<-copied

			require.Equal(t, 130, cmd.ProcessState.ExitCode(), screen.String())
			require.Greater(t, took, slowCreate/2, "it must have waited for the create: %s", screen.String())
			require.Less(t, took, slowCreate+30*time.Second)
			pending, ids := checkpoint(t, p, "prod-eu")
			require.Empty(t, pending)
			require.Contains(t, ids, vpcOf(openCloud(t, p)))
			require.Equal(t, openCloud(t, p).made, ids, "state and cloud hold the same")
		})
	}
}

// waitForVPC returns when the cloud has a VPC, whose create lasts on.
func waitForVPC(t *testing.T, p *harness.Project, screen *screen) {
	t.Helper()
	path := filepath.Join(p.Dir, ".hub", "offline", "cloud", "cloud.json")
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(path)
		return err == nil && bytes.Contains(text, []byte(`"aws:ec2/vpc:Vpc"`))
	}, 5*time.Minute, 100*time.Millisecond, "no VPC: %s", screen)
}

// checkpoint returns a stack's pending operations and the "type id" of all resources that AWS holds, sorted.
func checkpoint(t *testing.T, p *harness.Project, stack string) (pending []json.RawMessage, ids []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(p.Dir, ".hub", "offline", "state", ".pulumi", "stacks", "deepstreamhub", stack+".json"))
	require.NoError(t, err)
	var file struct {
		Checkpoint struct {
			Latest struct {
				PendingOperations []json.RawMessage `json:"pending_operations"`
				Resources         []struct{ Type, ID string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &file))
	for _, r := range file.Checkpoint.Latest.Resources {
		if len(r.Type) > 4 && r.Type[:4] == "aws:" {
			ids = append(ids, r.Type+" "+r.ID)
		}
	}
	slices.Sort(ids)
	return file.Checkpoint.Latest.PendingOperations, ids
}

func vpcOf(c contents) string {
	for _, id := range c.ids {
		if strings.HasPrefix(id, "aws:ec2/vpc:Vpc ") {
			return id
		}
	}
	return "no VPC"
}

// screen collects what a terminal shows.
type screen struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}
