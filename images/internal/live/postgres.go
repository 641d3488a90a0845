package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Credentials of the database, and the bus's password, as the server gets them.
const (
	Database = "deepstream"
	User     = "deepstream"
	Password = "correct-horse-battery"
)

// Postgres is a PostgreSQL server with TLS.
type Postgres struct {
	t         testing.TB
	authority *Authority
	names     []string
	bin       string
	dir       string
	uid       int
	gid       int
	password  string
	Port      int
	*Process
}

func (p *Postgres) data() string { return filepath.Join(p.dir, "data") }

// postgresBin is where all of PostgreSQL's programs are, which Debian keeps off the PATH, or empty.
func postgresBin() string {
	candidates, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.Reverse(candidates)
	if initdb, err := exec.LookPath("initdb"); err == nil {
		candidates = append(candidates, filepath.Dir(initdb))
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err != nil {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "pg_isready")); err == nil {
			return dir
		}
	}
	return ""
}

// blank is the directory of an empty database, made once a process and copied from then on: to make one takes seconds.
var blank struct {
	once sync.Once
	dir  string
}

// StartPostgres starts one with an empty database. PostgreSQL refuses to be root, so root starts it as postgres.
func StartPostgres(t testing.TB, a *Authority, names ...string) *Postgres {
	t.Helper()
	p := newPostgres(t, a, names...)
	blank.once.Do(func() {
		dir, err := os.MkdirTemp("", "deepstream-live-blank-")
		require.NoError(t, err)
		if p.uid >= 0 {
			require.NoError(t, os.Chown(dir, p.uid, p.gid))
		}
		pw := filepath.Join(p.dir, "pw")
		p.own(pw, Password)
		p.run("initdb", "-D", dir, "-U", User, "-A", "scram-sha-256", "--pwfile", pw, "--no-sync", "-E", "UTF8", "--locale=C", "--wal-segsize", "1")
		create := p.command("postgres", "--single", "-D", dir, "postgres")
		create.Stdin = strings.NewReader("CREATE DATABASE " + Database + "\n")
		out, err := create.CombinedOutput()
		require.NoError(t, err, "%s", out)
		blank.dir = dir
	})
	require.NotEmpty(t, blank.dir, "the first test that wanted a database could not make it")
	out, err := exec.Command("cp", "-a", blank.dir, p.data()).CombinedOutput()
	require.NoError(t, err, "%s", out)
	p.configure()
	p.Start()
	return p
}

func newPostgres(t testing.TB, a *Authority, names ...string) *Postgres {
	t.Helper()
	p := &Postgres{t: t, authority: a, names: names, bin: postgresBin(), dir: Directory(t), uid: -1, gid: -1, password: Password, Port: FreePort(t)}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		require.NoError(t, err)
		p.uid, _ = strconv.Atoi(u.Uid)
		p.gid, _ = strconv.Atoi(u.Gid)
		require.NoError(t, os.Chown(p.dir, p.uid, p.gid))
	}
	return p
}

// own writes a file of the database's user.
func (p *Postgres) own(file, text string) {
	p.t.Helper()
	require.NoError(p.t, os.WriteFile(file, []byte(text), 0o600))
	if p.uid >= 0 {
		require.NoError(p.t, os.Chown(file, p.uid, p.gid))
	}
}

// configure writes the server's settings, with further ones.
func (p *Postgres) configure(more ...string) {
	p.t.Helper()
	certs := filepath.Join(p.dir, "tls")
	require.NoError(p.t, os.MkdirAll(certs, 0o755))
	cert, key := p.authority.Issue(certs, p.names...)
	if p.uid >= 0 {
		require.NoError(p.t, os.Chown(key, p.uid, p.gid))
	}
	p.own(filepath.Join(p.data(), "postgresql.auto.conf"), strings.Join(append([]string{
		"listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", "fsync = off", "max_connections = 60",
		"shared_buffers = '16MB'", "ssl = on", "ssl_cert_file = '" + cert + "'", "ssl_key_file = '" + key + "'",
	}, more...), "\n")+"\n")
	// Nobody without TLS.
	p.own(filepath.Join(p.data(), "pg_hba.conf"), "hostssl all,replication all 127.0.0.1/32 scram-sha-256\n")
}

// Start starts the server, again after it was stopped.
func (p *Postgres) Start() {
	p.t.Helper()
	cmd := exec.Command(filepath.Join(p.bin, "postgres"), "-D", p.data(), "-p", strconv.Itoa(p.Port))
	cmd.Dir = p.dir
	cmd.Env = append(os.Environ(), "HOME="+p.dir) // where a standby looks for keys, and may
	p.Process = start(p.t, "postgres", cmd, p.uid, p.gid)
	var said []byte
	defer func() {
		if p.t.Failed() {
			p.t.Logf("pg_isready says %s", said)
		}
	}()
	Eventually(p.t, time.Minute, "PostgreSQL answers", func() (ready bool) {
		var err error
		said, err = p.command("pg_isready", "-h", "127.0.0.1", "-p", strconv.Itoa(p.Port), "-U", User, "-d", "postgres").CombinedOutput()
		return err == nil
	})
}

// Stop ends the server as an outage does, by breaking all connections, and waits until it is gone.
func (p *Postgres) Stop() {
	p.t.Helper()
	p.Signal(syscall.SIGINT) // its fast shutdown
	p.WaitExit(time.Minute)
}

// Successor starts another server, on a port of its own, on the data of this one, which must have ended. So Aurora fails
// over: the next instance opens the same storage.
func (p *Postgres) Successor() *Postgres {
	p.t.Helper()
	next := *p
	next.Port = FreePort(p.t)
	next.Start()
	return &next
}

// Standby starts another server that follows this one over streaming replication. It returns once this one acknowledges
// nothing that the other has not, as storage that several zones share does.
func (p *Postgres) Standby() *Postgres {
	p.t.Helper()
	s := newPostgres(p.t, p.authority, p.names...)
	s.run("pg_basebackup", "-h", "127.0.0.1", "-p", strconv.Itoa(p.Port), "-U", User, "-D", s.data(), "-X", "stream", "-c", "fast", "--no-sync")
	s.configure(fmt.Sprintf("primary_conninfo = 'host=127.0.0.1 port=%d user=%s password=%s sslmode=require'", p.Port, User, p.password))
	s.own(filepath.Join(s.data(), "standby.signal"), "")
	s.Start()
	p.Query("ALTER SYSTEM SET synchronous_standby_names = '*'")
	p.Query("SELECT pg_reload_conf()")
	Eventually(p.t, 30*time.Second, "the standby follows", func() bool {
		return p.Query("SELECT sync_state FROM pg_stat_replication") == "sync"
	})
	return s
}

// Query runs a statement and returns its rows, unaligned and without headers.
func (p *Postgres) Query(sql string) string {
	p.t.Helper()
	out, err := p.command("psql", "-h", "127.0.0.1", "-p", strconv.Itoa(p.Port), "-U", User, "-d", Database, "-XAtc", sql).CombinedOutput()
	require.NoError(p.t, err, "%s: %s", sql, out)
	return strings.TrimSpace(string(out))
}

// ChangePassword changes the user's password, as ModifyDBCluster does the master user's: open connections go on.
func (p *Postgres) ChangePassword(password string) {
	p.t.Helper()
	p.Query(fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", User, password))
	p.password = password
}

// Cut ends all connections but the one that asks, as a failover does, and returns how many there were.
func (p *Postgres) Cut() int {
	p.t.Helper()
	out := p.Query(fmt.Sprintf("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '%s' AND pid <> pg_backend_pid()", User))
	n, err := strconv.Atoi(out)
	require.NoError(p.t, err)
	return n
}

func (p *Postgres) command(program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), filepath.Join(p.bin, program), args...)
	cmd.Dir = p.dir
	cmd.SysProcAttr = as(p.uid, p.gid)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+p.password, "PGSSLMODE=require", "PGCONNECT_TIMEOUT=10", "HOME="+p.dir)
	return cmd
}

func (p *Postgres) run(program string, args ...string) {
	p.t.Helper()
	out, err := p.command(program, args...).CombinedOutput()
	require.NoError(p.t, err, "%s: %s", program, out)
}
