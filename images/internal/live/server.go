package live

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Image is the directory images/deepstream.
func Image(t testing.TB) string {
	t.Helper()
	_, file, _, ok := runtime.Caller(0)
	require.True(t, ok)
	return filepath.Join(filepath.Dir(file), "..", "..", "deepstream")
}

// Server is a deepstream server laid out as in its image.
type Server struct {
	t    testing.TB
	dir  string
	user [2]int
	Port int
	*Process
}

// ServerOptions say how a server differs from the one in the image.
type ServerOptions struct {
	Version  Version
	Env      map[string]string // all of it, besides the PATH
	Edit     func(config string) string
	Stock    bool // the image as it was before, with stock connectors and SIGINT
	Open     bool // permissions that allow everything
	Command  []string
	User     [2]int // user and group; zero is whoever runs the test
	KeepPort bool   // 6020, as in the image, rather than a free one
	NoWait   bool   // return before it is ready
}

const openPermissions = `{"record":{"*":{"create":true,"write":true,"read":true,"delete":true,"listen":true,"notify":true}},
"event":{"*":{"publish":true,"subscribe":true,"listen":true}},"rpc":{"*":{"provide":true,"request":true}},"presence":{"*":{"allow":true}}}`

// Lay lays the image's files out in a directory, with the server of a version, and returns it.
func Lay(t testing.TB, o ServerOptions) string {
	t.Helper()
	image, dir := Image(t), Directory(t)
	modules := Modules(t, image)
	dist := o.Version.Dist
	if os.Getuid() == 0 && o.User[0] != 0 { // who need not reach the cache of root
		npm := filepath.Join(dir, "npm")
		out, err := exec.Command("cp", "-a", filepath.Dir(modules), npm).CombinedOutput()
		require.NoError(t, err, "%s", out)
		if inside, err := filepath.Rel(filepath.Dir(modules), dist); err == nil && filepath.IsLocal(inside) {
			dist = filepath.Join(npm, inside)
		}
		modules = filepath.Join(npm, "node_modules")
	}
	require.NoError(t, os.CopyFS(filepath.Join(dir, "plugins"), os.DirFS(filepath.Join(image, "plugins"))))
	for _, link := range [][2]string{
		{filepath.Join(dist, "bin"), "bin"}, {filepath.Join(dist, "src"), "src"}, {modules, "plugins/node_modules"},
	} {
		require.NoError(t, os.Symlink(link[0], filepath.Join(dir, link[1])))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "conf"), 0o755))
	config, err := os.ReadFile(filepath.Join(image, "config.yml"))
	require.NoError(t, err)
	permissions, err := os.ReadFile(filepath.Join(image, "permissions.yml"))
	require.NoError(t, err)
	text := string(config)
	if o.Edit != nil {
		text = o.Edit(text)
	}
	if o.Open {
		permissions = []byte(openPermissions)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "conf", "config.yml"), []byte(text), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "conf", "permissions.yml"), permissions, 0o644))
	return dir
}

// StartServer starts one and waits until it is healthy.
func StartServer(t testing.TB, o ServerOptions) *Server {
	t.Helper()
	s := &Server{t: t, Port: 6020, user: o.User}
	edit := o.Edit
	if !o.KeepPort {
		s.Port = FreePort(t)
	}
	o.Edit = func(config string) string {
		if edit != nil {
			config = edit(config)
		}
		if o.Stock {
			config = stock(config)
		}
		return strings.Replace(config, "port: 6020", fmt.Sprintf("port: %d", s.Port), 1)
	}
	s.dir = Lay(t, o)
	command := o.Command
	if command == nil {
		command = []string{"node", "./bin/deepstream.js", "start"}
	}
	program, err := exec.LookPath(command[0])
	require.NoError(t, err)
	cmd := exec.Command(program, command[1:]...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for _, name := range slices.Sorted(maps.Keys(o.Env)) {
		cmd.Env = append(cmd.Env, name+"="+o.Env[name])
	}
	uid, gid := -1, -1
	if o.User[0] != 0 {
		uid, gid = o.User[0], o.User[1]
	}
	s.Process = start(t, "deepstream "+strconv.Itoa(s.Port), cmd, uid, gid)
	if !o.NoWait {
		s.WaitHealthy(2 * time.Minute)
		if o.Stock {
			s.WaitOutput("Deepstream started", 2*time.Minute)
		}
	}
	return s
}

// stock is the configuration with the stock connectors under the same addresses, as it was before the plugins.
func stock(config string) string {
	for _, plugin := range [][2]string{
		{"path: ./plugins/bus.js", "path: ./plugins/node_modules/@deepstream/clusternode-redis"}, {"path: ./plugins/cache.js", "path: ./plugins/node_modules/@deepstream/cache-redis"}, {"path: ./plugins/storage.js", "path: ./plugins/node_modules/@deepstream/storage-postgres"},
		{"    max: 10\n", "    max: 10\n    idleTimeoutMillis: 30000\n    notifications: {CREATE_TABLE: false, DESTROY_TABLE: false, INSERT: false, UPDATE: false, DELETE: false}\n"},
	} {
		config = strings.ReplaceAll(config, plugin[0], plugin[1])
	}
	config = regexp.MustCompile(`passwordFrom: (\w+)`).ReplaceAllString(config, `password: "$${${1}}"`)
	config, _, _ = strings.Cut(config, "# What CloudWatch is told")
	// What is not named stays as the server has it.
	for _, key := range []string{"cacheRetrievalTimeout", "storageRetrievalTimeout", "record:", "unauthenticatedClientTimeout"} {
		lines := strings.Split(config, "\n")
		config = strings.Join(slices.DeleteFunc(lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), key) }), "\n")
	}
	return config
}

// client asks each time on a connection of its own: the server ends those that are idle, and a POST that meets that is not repeated.
var client = http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}

// Health asks the server as the load balancer does, and returns status and body. Status 0 is no answer.
func (s *Server) Health() (int, string) {
	client := client
	client.Timeout = 2 * time.Second
	r, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d/health-check", s.Port))
	if err != nil {
		return 0, ""
	}
	defer func() { _ = r.Body.Close() }()
	body, _ := io.ReadAll(r.Body)
	return r.StatusCode, strings.TrimSpace(string(body))
}

// WaitHealthy waits until the server answers 200.
func (s *Server) WaitHealthy(most time.Duration) {
	s.t.Helper()
	Eventually(s.t, most, s.name+" is healthy", func() bool {
		if !s.Running() {
			s.t.Fatalf("%s has ended", s.name)
		}
		status, _ := s.Health()
		return status == http.StatusOK
	})
}

// Post sends a request to the REST API and returns status and body.
func (s *Server) Post(path string, request any) (int, string) {
	s.t.Helper()
	text, err := json.Marshal(request)
	require.NoError(s.t, err)
	r, err := client.Post(fmt.Sprintf("http://127.0.0.1:%d%s", s.Port, path), "application/json", strings.NewReader(string(text)))
	require.NoError(s.t, err)
	defer func() { _ = r.Body.Close() }()
	body, err := io.ReadAll(r.Body)
	require.NoError(s.t, err)
	return r.StatusCode, strings.TrimSpace(string(body))
}

// URL is where WebSocket clients connect.
func (s *Server) URL() string { return fmt.Sprintf("ws://127.0.0.1:%d/deepstream", s.Port) }
