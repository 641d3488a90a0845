package live

import (
	"fmt"
	"maps"
	"strconv"
	"testing"
)

// Region is a bus and a database, each behind a name that can be moved, for servers to run on.
type Region struct {
	t         testing.TB
	Authority *Authority
	Postgres  *Postgres
	Redis     *Redis
	ToDB      *Proxy
	ToBus     *Proxy
}

// StartRegion starts both, Redis with further arguments.
func StartRegion(t testing.TB, redis ...string) *Region {
	t.Helper()
	Modules(t, Image(t))
	a := NewAuthority(t)
	r := &Region{t: t, Authority: a, Postgres: StartPostgres(t, a), Redis: StartRedis(t, a, redis...)}
	r.ToDB, r.ToBus = StartProxy(t, r.Postgres.Port), StartProxy(t, r.Redis.Port)
	return r
}

// Environment is what a task of the region gets.
func (r *Region) Environment() map[string]string {
	return map[string]string{
		"NODE_EXTRA_CA_CERTS":      r.Authority.File,
		"DEEPSTREAM_POSTGRES_HOST": "127.0.0.1", "DEEPSTREAM_POSTGRES_PORT": strconv.Itoa(r.ToDB.Port),
		"DEEPSTREAM_POSTGRES_DATABASE": Database, "DEEPSTREAM_POSTGRES_USER": User, "DEEPSTREAM_POSTGRES_PASSWORD": Password,
		"DEEPSTREAM_BUS_HOST": "127.0.0.1", "DEEPSTREAM_BUS_PORT": strconv.Itoa(r.ToBus.Port), "DEEPSTREAM_BUS_PASSWORD": Password,
		"DEEPSTREAM_POSTGRES_SECRET_ARN": "", "DEEPSTREAM_BUS_SECRET_ARN": "",
		"DEEPSTREAM_METRICS_STACK": "test", "DEEPSTREAM_METRICS_NAMESPACE": "test", "DEEPSTREAM_AUTH_TYPE": "none", "DEEPSTREAM_AUTH_URL": "",
		"DEEPSTREAM_TARGET_GROUP_ARN": "", "DEEPSTREAM_DRAIN_POLL_SECONDS": "1", "DEEPSTREAM_DRAIN_SECONDS": "20",
		"DEEPSTREAM_DRAIN_PER_SECOND": "50", "DEEPSTREAM_FLUSH_SECONDS": "30",
	}
}

// Server starts a server of the region, on which everybody may do everything, with changes to the environment.
func (r *Region) Server(version Version, changes map[string]string, more ...func(*ServerOptions)) *Server {
	r.t.Helper()
	env := r.Environment()
	maps.Copy(env, changes)
	o := ServerOptions{Version: version, Env: env, Open: true}
	for _, change := range more {
		change(&o)
	}
	return StartServer(r.t, o)
}

// Row is a record as the database has it, "version value", empty if it has none.
func (r *Region) Row(table, id string) string {
	r.t.Helper()
	return r.Postgres.Query(fmt.Sprintf(`SELECT version || ' ' || val FROM ds."%s" WHERE id = '%s'`, table, id))
}
