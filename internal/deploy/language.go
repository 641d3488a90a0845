package deploy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
)

// language runs a program in this process for the engines that attach to it. It stands in for the Automation API's own
// server for inline programs, which ends a program as soon as it has registered everything: the engine then finds
// nobody to ask when a deletion fails, and error hooks never run on a destroy.
type language struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	run      pulumi.RunFunc
	hooks    hooks
	server   *grpc.Server
	listener net.Listener
	done     chan error

	hooksOnly atomic.Bool // what an engine runs next registers the hooks and nothing else

	mu     sync.Mutex
	engine string // where the engine that attached last takes diagnostics
	err    error  // of the program's last run, which the engine only passes on as text
	runs   []*pulumi.Context
}

// serveProgram serves run, and in its place onError alone, on the loopback interface until close.
func serveProgram(run pulumi.RunFunc, onError map[string]OnError) (*language, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the program: %w", err)
	}
	s := &language{run: run, hooks: hooks{byName: onError}, server: grpc.NewServer(), listener: l, done: make(chan error, 1)}
	pulumirpc.RegisterLanguageRuntimeServer(s.server, s)
	pulumirpc.RegisterCallbacksServer(s.server, s.hooks)
	go func() { s.done <- s.server.Serve(l) }()
	return s, nil
}

// variable is the environment variable by which an engine attaches instead of starting a language host of its own.
func (l *language) variable() string {
	return "PULUMI_DEBUG_LANGUAGES=go:" + strconv.Itoa(l.listener.Addr().(*net.TCPAddr).Port)
}

// close ends what is served. An engine may call the hooks of a program that has failed for as long as it runs itself.
func (l *language) close() error {
	l.server.Stop()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, run := range l.runs {
		endCallbacks(run)
	}
	l.runs = nil
	if err := <-l.done; !errors.Is(err, grpc.ErrServerStopped) { // it was closed before it had begun
		return err
	}
	return nil
}

// takeError returns the remembered error and forgets it. Where no program is served there is none.
func (l *language) takeError() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.err
	l.err = nil
	return err
}

// Handshake remembers where the engine listens.
func (l *language) Handshake(_ context.Context, req *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.engine = req.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo tells a version, which nothing depends on.
func (l *language) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

// GetRequiredPackages names no packages: each resource tells its provider's version when it registers.
func (l *language) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GetRequiredPlugins names no plugins, for engines that ask so.
func (l *language) GetRequiredPlugins(context.Context, *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// Run runs the program once, and stays until the engine has done what the program asked for.
func (l *language) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if l.hooksOnly.Load() {
		err := atMonitor(req.GetMonitorAddress(), func(m pulumirpc.ResourceMonitorClient) error {
			return l.hooks.register(ctx, m, l.listener.Addr().String())
		})
		return response(err), nil
	}
	l.mu.Lock()
	engine := l.engine
	l.mu.Unlock()
	pctx, err := pulumi.NewContext(ctx, pulumi.RunInfo{
		EngineAddr:       engine,
		MonitorAddr:      req.GetMonitorAddress(),
		Config:           req.GetConfig(),
		ConfigSecretKeys: req.GetConfigSecretKeys(),
		Project:          req.GetProject(),
		Stack:            req.GetStack(),
		Parallel:         req.GetParallel(),
		DryRun:           req.GetDryRun(),
		Organization:     req.GetOrganization(),
	})
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.runs = append(l.runs, pctx)
	l.mu.Unlock()
	err = l.recovered(pctx)
	if err == nil {
		err = atMonitor(req.GetMonitorAddress(), func(m pulumirpc.ResourceMonitorClient) error { return awaitShutdown(ctx, m) })
	}
	return response(errors.Join(err, pctx.Close())), nil
}

// response is how a program ended.
func response(err error) *pulumirpc.RunResponse {
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}
	}
	return &pulumirpc.RunResponse{}
}

// recovered runs the program, a panic of which is an error like any other: the engine has to hear of it.
func (l *language) recovered(pctx *pulumi.Context) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the program panicked: %v", r)
		}
	}()
	return pulumi.RunWithContext(pctx, func(ctx *pulumi.Context) error {
		err := l.run(ctx)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.err = err
		return err
	})
}

// atMonitor calls f with where an engine takes registrations.
func atMonitor(address string, f func(pulumirpc.ResourceMonitorClient) error) error {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("reach the engine: %w", err)
	}
	return errors.Join(f(pulumirpc.NewResourceMonitorClient(conn)), conn.Close())
}

// awaitShutdown tells the engine that everything is registered and waits until it needs the program no more, as
// pulumi.Run does for a program in a process of its own.
func awaitShutdown(ctx context.Context, m pulumirpc.ResourceMonitorClient) error {
	if _, err := m.SignalAndWaitForShutdown(ctx, &emptypb.Empty{}); err != nil {
		return fmt.Errorf("wait for the engine: %w", err)
	}
	return nil
}
