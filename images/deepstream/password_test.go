package deepstream_test

import (
	"maps"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/deepstream"
	"github.com/deepstreamhub/platform/images/internal/live"
)

const newPassword = "another-horse-battery"

// secretOf is what a task finds in its environment whose password of bus or database is in a secret.
func secretOf(s *live.Secret, variable string, more map[string]string) map[string]string {
	env := s.Environment()
	env[variable] = s.ARN
	maps.Copy(env, more)
	return env
}

// The database's password is changed under load: open connections go on, new ones begin with what the secret says, and
// what was acknowledged is stored. A server that starts while the secret says the new one already, and the database the old
// one still, starts.
func TestDatabasePasswordIsChanged(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	secret := live.StartSecret(t, live.Password)
	v := version(t)
	a := r.Server(v, secretOf(secret, deepstream.EnvPostgresSecret, nil))
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	require.NoError(t, c.Write("a", "first", map[string]any{"n": 0}))
	load := c.Go("load", map[string]any{"client": "a", "prefix": "r", "perSecond": 40, "seconds": 20})
	time.Sleep(time.Second)

	secret.Put(newPassword)
	b := r.Server(v, secretOf(secret, deepstream.EnvPostgresSecret, map[string]string{deepstream.EnvPostgresPassword: newPassword}))
	require.Positive(t, secret.Reads(), "the new one was refused, and the one before it taken")
	r.Postgres.ChangePassword(newPassword)
	time.Sleep(time.Second)
	require.NotContains(t, a.Output(), "the database is away", "open connections go on")
	require.Positive(t, r.Postgres.Cut(), "now nobody has a connection that was opened with the old one")

	var l loaded
	require.NoError(t, load.Wait(2*time.Minute, &l))
	require.Empty(t, l.Failed)
	require.Len(t, l.Acked, 20*40)
	l.requireStored(t, r)
	c.Connect("b", b.URL())
	require.NoError(t, c.Write("b", "last", map[string]any{"n": 1}))
	for _, s := range []*live.Server{a, b} {
		status, body := s.Health()
		require.Equal(t, http.StatusOK, status)
		require.JSONEq(t, `{"state":"ready","down":[]}`, body)
		require.NotContains(t, s.Output(), newPassword)
	}
}

// A server that cannot read the secret loses its database with the change: it takes the secret to find the way back.
func TestDatabasePasswordIsChangedWithoutTheSecret(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	secret := live.StartSecret(t, live.Password)
	a := r.Server(version(t), secretOf(secret, deepstream.EnvPostgresSecret, map[string]string{deepstream.EnvPostgresSecret: secret.ARN + "x"}))
	c := live.StartClients(t)
	c.Connect("a", a.URL())
	require.NoError(t, c.Write("a", "first", map[string]any{"n": 0}))
	secret.Put(newPassword)
	r.Postgres.ChangePassword(newPassword)
	r.Postgres.Cut()
	write := c.Go("write", map[string]any{"client": "a", "record": "second", "data": map[string]any{"n": 1}})
	a.WaitOutput("the database is away", 30*time.Second)
	live.Eventually(t, 30*time.Second, "the secret was asked for in vain", func() bool { return secret.Reads() > 2 })
	_, body := a.Health()
	require.JSONEq(t, `{"state":"ready","down":["database"]}`, body)
	r.Postgres.ChangePassword(live.Password)
	require.NoError(t, write.Wait(time.Minute, nil), "what waited is stored")
}

// The bus's password is changed in two phases while two servers talk: both are valid, a server with the new one takes the
// place of one with the old, and then only the new one is. One that was left with the old loses its connections and finds
// the way back.
func TestBusPasswordIsChanged(t *testing.T) {
	t.Parallel()
	r := live.StartRegion(t)
	secret := live.StartSecret(t, live.Password)
	v := version(t)
	left := r.Server(v, secretOf(secret, deepstream.EnvBusSecret, nil))
	leaves := r.Server(v, secretOf(secret, deepstream.EnvBusSecret, nil))
	c := live.StartClients(t)
	c.Connect("a", left.URL())
	require.NoError(t, c.Write("a", "first", map[string]any{"n": 0}))
	load := c.Go("load", map[string]any{"client": "a", "prefix": "r", "perSecond": 20, "seconds": 25})
	time.Sleep(time.Second)

	secret.Put(newPassword)
	early := r.Server(v, secretOf(secret, deepstream.EnvBusSecret, map[string]string{deepstream.EnvBusPassword: newPassword}))
	require.Positive(t, secret.Reads(), "the new one was refused, and the one before it taken")
	r.Redis.AddPassword(newPassword)
	reads := secret.Reads()
	comes := r.Server(v, secretOf(secret, deepstream.EnvBusSecret, map[string]string{deepstream.EnvBusPassword: newPassword}))
	require.Equal(t, reads, secret.Reads(), "the new one opens the bus")
	leaves.Signal(syscall.SIGTERM)
	require.Zero(t, leaves.WaitExit(30*time.Second))
	r.Redis.KeepPassword(newPassword)
	time.Sleep(time.Second)
	require.NotContains(t, left.Output(), "connection is lost", "open connections go on")
	reads = secret.Reads()
	r.ToBus.Cut(0)

	var l loaded
	require.NoError(t, load.Wait(2*time.Minute, &l))
	require.Empty(t, l.Failed)
	require.Len(t, l.Acked, 25*20)
	l.requireStored(t, r)
	require.Greater(t, secret.Reads(), reads, "it came back with the old one, which was refused")
	for _, s := range []*live.Server{left, early, comes} {
		live.Eventually(t, 30*time.Second, "it is on the bus again", func() bool {
			_, body := s.Health()
			return body == `{"state":"ready","down":[]}`
		})
	}
	c.Connect("b", comes.URL())
	c.Do("subscribe", map[string]any{"client": "b", "event": "tick"}, nil)
	live.Eventually(t, 30*time.Second, "they hear each other", func() bool {
		c.Do("emit", map[string]any{"client": "a", "event": "tick", "data": 1}, nil)
		return len(heardNumbers(c, "b", "tick")) > 0
	})
}

// A password may hold whatever it likes, and is not printed with what is wrong with the configuration beside it.
func TestPasswordsOfAnyCharacters(t *testing.T) {
	t.Parallel()
	const odd = `a"b\c${PATH}#d: e\n%s,`
	r := live.StartRegion(t)
	r.Postgres.ChangePassword(odd)
	r.Redis.KeepPassword(odd)
	v := version(t)
	env := map[string]string{deepstream.EnvPostgresPassword: odd, deepstream.EnvBusPassword: odd}
	c := live.StartClients(t)
	c.Connect("a", r.Server(v, env).URL())
	require.NoError(t, c.Write("a", "hello", map[string]any{"n": 1}))
	require.Equal(t, `1 {"n":1}`, r.Row("default", "hello"))

	for variable, value := range map[string]string{
		deepstream.EnvBusPort: "6379: x", deepstream.EnvPostgresPort: "[5432", deepstream.EnvAuthType: "jwt",
		deepstream.EnvFlushSeconds: "", deepstream.EnvDrainSeconds: "soon", deepstream.EnvDrainPerSecond: "0",
	} {
		env[variable] = value
		s := r.Server(v, env, func(o *live.ServerOptions) { o.NoWait = true })
		require.Equal(t, 1, s.WaitExit(time.Minute), "%s: %s", variable, s.Output())
		delete(env, variable)
		require.NotContains(t, s.Output(), odd[:4], variable)
		switch {
		case variable == deepstream.EnvPostgresPort: // an open bracket: some YAML readers quote the line after it
			require.Contains(t, s.Output(), "YAMLException", "it says what is wrong")
		case value != "":
			require.Contains(t, s.Output(), value, "it says what is wrong")
		}
	}
}
