package deploy_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// slow is a provider of one resource type, slow:index:Thing, whose creation takes as long as a test wants. An input
// "fail" makes it fail with that message; a change of "size" updates, of "kind" replaces.
type slow struct {
	pulumirpc.UnimplementedResourceProviderServer
	delay   time.Duration
	began   chan struct{} // gets a value when a creation begins
	mu      sync.Mutex
	created int
	refuses int                         // so many deletions, before it deletes
	things  map[string]*structpb.Struct // by id: the cloud
}

// serve starts the provider and returns it with its port.
func serve(t *testing.T, delay time.Duration) (*slow, int) {
	t.Helper()
	p := &slow{delay: delay, began: make(chan struct{}, 16), things: map[string]*structpb.Struct{}}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(s, p)
			return nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { close(cancel); <-handle.Done })
	return p, handle.Port
}

func (p *slow) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (p *slow) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

func (p *slow) CheckConfig(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.News}, nil
}

func (p *slow) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{}, nil
}

func (p *slow) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

func (p *slow) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: r.News}, nil
}

func (p *slow) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	out := &pulumirpc.DiffResponse{
		Changes:         pulumirpc.DiffResponse_DIFF_NONE,
		HasDetailedDiff: true,
		DetailedDiff:    map[string]*pulumirpc.PropertyDiff{},
	}
	kinds := map[string]pulumirpc.PropertyDiff_Kind{
		"size": pulumirpc.PropertyDiff_UPDATE,
		"kind": pulumirpc.PropertyDiff_UPDATE_REPLACE,
	}
	for name, kind := range kinds {
		if r.OldInputs.Fields[name].String() == r.News.Fields[name].String() {
			continue
		}
		out.Changes = pulumirpc.DiffResponse_DIFF_SOME
		out.Diffs = append(out.Diffs, name)
		out.DetailedDiff[name] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
		if kind == pulumirpc.PropertyDiff_UPDATE_REPLACE {
			out.Replaces = append(out.Replaces, name)
		}
	}
	return out, nil
}

func (p *slow) Create(_ context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	if r.Preview {
		return &pulumirpc.CreateResponse{Properties: r.Properties}, nil
	}
	select {
	case p.began <- struct{}{}:
	default:
	}
	time.Sleep(p.delay) // whatever the engine does: a call to AWS is not undone by hanging up
	if fail := r.Properties.Fields["fail"].GetStringValue(); fail != "" {
		return nil, status.Error(codes.Unknown, fail)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.created++
	id := fmt.Sprintf("thing-%d", p.created)
	p.things[id] = r.Properties
	return &pulumirpc.CreateResponse{Id: id, Properties: r.Properties}, nil
}

func (p *slow) Read(_ context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	thing, ok := p.things[r.Id]
	if !ok {
		return &pulumirpc.ReadResponse{}, nil
	}
	return &pulumirpc.ReadResponse{Id: r.Id, Properties: thing, Inputs: thing}, nil
}

func (p *slow) Update(_ context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !r.Preview {
		p.things[r.Id] = r.News
	}
	return &pulumirpc.UpdateResponse{Properties: r.News}, nil
}

func (p *slow) Delete(_ context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuses > 0 {
		p.refuses--
		return nil, status.Error(codes.Unknown, "not yet")
	}
	delete(p.things, r.Id)
	return &emptypb.Empty{}, nil
}

// ids are the things that exist.
func (p *slow) ids() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []string{}
	for id := range p.things {
		out = append(out, id)
	}
	return out
}

// lose deletes a thing behind the engine's back.
func (p *slow) lose(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.things, id)
}
