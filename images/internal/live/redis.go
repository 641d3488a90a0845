package live

import (
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Redis is a Redis server with TLS and a password, which keeps nothing on disk, as the platform's bus.
type Redis struct {
	t        testing.TB
	dir      string
	args     []string
	password string
	Port     int
	*Process
}

// StartRedis starts one, with further arguments of redis-server.
func StartRedis(t testing.TB, a *Authority, args ...string) *Redis {
	t.Helper()
	r := &Redis{t: t, dir: Directory(t), password: Password, Port: FreePort(t)}
	cert, key := a.Issue(r.dir)
	r.args = append([]string{
		"--port", "0", "--tls-port", strconv.Itoa(r.Port), "--bind", "127.0.0.1", "--tls-cert-file", cert, "--tls-key-file", key,
		"--tls-ca-cert-file", a.File, "--tls-auth-clients", "no", "--tls-replication", "yes", "--requirepass", Password,
		"--masterauth", Password, "--save", "", "--dir", r.dir, "--repl-diskless-sync-delay", "0",
	}, args...)
	r.Start()
	return r
}

// Start starts the server, again after it was killed.
func (r *Redis) Start() {
	r.t.Helper()
	r.Process = start(r.t, "redis", exec.Command("redis-server", r.args...), -1, -1)
	Eventually(r.t, 30*time.Second, "Redis answers", func() bool {
		out, err := r.cli("PING").CombinedOutput()
		return err == nil && strings.TrimSpace(string(out)) == "PONG"
	})
}

// Do runs a command and returns what redis-cli prints.
func (r *Redis) Do(args ...string) string {
	r.t.Helper()
	out, err := r.cli(args...).CombinedOutput()
	require.NoError(r.t, err, "%v: %s", args, out)
	return strings.TrimSpace(string(out))
}

// AddPassword has the server take a second password beside the first, as ElastiCache does after ROTATE.
func (r *Redis) AddPassword(password string) {
	r.t.Helper()
	r.Do("ACL", "SETUSER", "default", ">"+password)
}

// KeepPassword has the server take one of its passwords only, as ElastiCache does after SET. Open connections go on.
func (r *Redis) KeepPassword(password string) {
	r.t.Helper()
	r.Do("ACL", "SETUSER", "default", "resetpass", ">"+password)
	r.password = password
}

func (r *Redis) cli(args ...string) *exec.Cmd {
	return exec.CommandContext(context.Background(), "redis-cli", append([]string{
		"-h", "127.0.0.1", "-p", strconv.Itoa(r.Port), "--tls", "--cacert", filepath.Join(r.dir, "cert.pem"), "--insecure",
		"--no-auth-warning", "-a", r.password,
	}, args...)...)
}
