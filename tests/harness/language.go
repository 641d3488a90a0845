package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// Language is a language runtime for the stock CLI that does nothing but execute a compiled program, as
// pulumi-language-go does with runtime.options.binary. The CLI attaches to it by PULUMI_DEBUG_LANGUAGES=go:<port>.
type Language struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	binary   string
	listener net.Listener

	mu     sync.Mutex
	engine string
}

// NewLanguage serves a runtime for binary until the test ends.
func NewLanguage(t testing.TB, binary string) *Language {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &Language{binary: binary, listener: l}
	g := grpc.NewServer()
	pulumirpc.RegisterLanguageRuntimeServer(g, s)
	done := make(chan error, 1)
	go func() { done <- g.Serve(l) }()
	t.Cleanup(func() {
		g.Stop()
		require.NoError(t, <-done)
	})
	return s
}

// Variable is the environment variable by which the CLI attaches.
func (l *Language) Variable() string {
	return "PULUMI_DEBUG_LANGUAGES=go:" + strconv.Itoa(l.listener.Addr().(*net.TCPAddr).Port)
}

// Handshake remembers where the engine listens: the program reports its diagnostics there.
func (l *Language) Handshake(_ context.Context, req *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.engine = req.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo tells the version.
func (l *Language) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "3.250.0"}, nil
}

// GetRequiredPackages names no packages: the providers are attached.
func (l *Language) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GetRequiredPlugins names no plugins: the providers are attached.
func (l *Language) GetRequiredPlugins(context.Context, *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// GenerateProgram takes the engine's own description of the resources of an import, bound to the provider's schema, for the code.
func (l *Language) GenerateProgram(_ context.Context, req *pulumirpc.GenerateProgramRequest) (*pulumirpc.GenerateProgramResponse, error) {
	files := map[string][]byte{}
	for name, text := range req.GetSource() {
		files[name] = []byte(text)
	}
	return &pulumirpc.GenerateProgramResponse{Source: files}, nil
}

// Run executes the program with the environment in which the Go language host would.
func (l *Language) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	config, err := json.Marshal(req.GetConfig())
	if err != nil {
		return nil, err
	}
	secrets, err := json.Marshal(req.GetConfigSecretKeys())
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	address := l.engine
	l.mu.Unlock()
	binary := l.binary
	if named := req.GetInfo().GetOptions().GetFields()["binary"].GetStringValue(); named != "" { // runtime.options.binary
		binary = filepath.Join(req.GetInfo().GetRootDirectory(), named)
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Dir = req.GetPwd()
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "DEEPSTREAMHUB_OFFLINE=1",
		pulumi.EnvOrganization + "=" + req.GetOrganization(),
		pulumi.EnvProject + "=" + req.GetProject(),
		pulumi.EnvStack + "=" + req.GetStack(),
		pulumi.EnvConfig + "=" + string(config),
		pulumi.EnvConfigSecretKeys + "=" + string(secrets),
		pulumi.EnvDryRun + "=" + strconv.FormatBool(req.GetDryRun()),
		pulumi.EnvParallel + "=" + strconv.Itoa(int(req.GetParallel())),
		pulumi.EnvMonitor + "=" + req.GetMonitorAddress(),
		pulumi.EnvEngine + "=" + address,
	}
	output, err := cmd.CombinedOutput()
	if exit, failed := errors.AsType[*exec.ExitError](err); failed {
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited with %d: %s", exit.ExitCode(), output)}, nil
	}
	if err != nil {
		return nil, err
	}
	return &pulumirpc.RunResponse{}, nil
}
