// Package provider serves the offline AWS to a Pulumi engine, in place of the AWS provider's plugin. It speaks the
// provider protocol, checks inputs against the SDK's own types, and leaves every question about AWS to package cloud.
package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/services"
)

// Version is the provider version that the offline AWS answers as: that of the SDK in go.mod.
const Version = "6.83.4"

// Server answers the engine's calls. One server serves any number of engines; each provider instance of a stack has
// a connection of its own, and its configuration is kept by connection.
type Server struct {
	pulumirpc.UnimplementedResourceProviderServer
	cloud *cloud.Cloud
	as    string // whose requests they are: the name of a role, or cloud.Administrator

	mu      sync.Mutex
	regions map[connection]string
}

// New returns a server over c that acts as its administrator.
func New(c *cloud.Cloud) *Server { return As(c, services.Administrator) }

// As returns a server over c that acts as a role, by its name, or as the administrator: as a provider with such credentials
// does.
func As(c *cloud.Cloud, role string) *Server {
	return &Server{cloud: c, as: role, regions: map[connection]string{}}
}

// GRPC returns a gRPC server that serves s. Each call passes through around, for those who want to see it before and
// after; nil for nobody.
func (s *Server) GRPC(around grpc.UnaryServerInterceptor) *grpc.Server {
	const limit = 400 << 20 // the engine's own message limit
	options := []grpc.ServerOption{grpc.StatsHandler(&tagger{server: s}), grpc.MaxRecvMsgSize(limit)}
	if around != nil {
		options = append(options, grpc.UnaryInterceptor(around))
	}
	g := grpc.NewServer(options...)
	pulumirpc.RegisterResourceProviderServer(g, s)
	return g
}

// connection identifies one engine connection, and so one provider instance.
type connection int64

type connectionKey struct{}

// tagger numbers connections, since gRPC does not tell a handler which connection a call came by.
type tagger struct {
	server *Server
	mu     sync.Mutex
	last   connection
}

func (t *tagger) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last++
	return context.WithValue(ctx, connectionKey{}, t.last)
}

func (t *tagger) HandleConn(ctx context.Context, s stats.ConnStats) {
	if _, ended := s.(*stats.ConnEnd); !ended {
		return
	}
	id, _ := ctx.Value(connectionKey{}).(connection)
	t.server.mu.Lock()
	defer t.server.mu.Unlock()
	delete(t.server.regions, id)
}

func (t *tagger) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }
func (t *tagger) HandleRPC(context.Context, stats.RPCStats)                       {}

func (s *Server) region(ctx context.Context) (string, error) {
	id, _ := ctx.Value(connectionKey{}).(connection)
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.regions[id]
	if !ok {
		return "", status.Error(codes.FailedPrecondition, "the provider was not configured")
	}
	return r, nil
}

// Handshake and Attach are how the engine meets a provider that it did not start itself.
func (s *Server) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{}, nil
}

// Attach accepts the engine's address, of which the offline AWS has no need.
func (s *Server) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// GetPluginInfo tells the version.
func (s *Server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: Version}, nil
}

// GetMapping says that the provider has no mappings to other tools' names.
func (s *Server) GetMapping(context.Context, *pulumirpc.GetMappingRequest) (*pulumirpc.GetMappingResponse, error) {
	return &pulumirpc.GetMappingResponse{}, nil
}

// Cancel lets running operations finish, so that state and cloud stay equal: the engine waits for them.
func (s *Server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// CheckConfig checks the provider's own inputs.
func (s *Server) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	in, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	delete(in, "version") // added by the engine
	decoded, problems := decodeConfig(in)
	problems = append(problems, providerSchema.Check(decoded)...)
	if region, _ := decoded["region"].(string); region == "" && !cloud.IsUnknown(decoded["region"]) {
		problems = append(problems, cloud.Problem{Path: "region", Reason: "missing required property"})
	}
	return &pulumirpc.CheckResponse{Inputs: req.GetNews(), Failures: failures(problems)}, nil
}

// DiffConfig compares two provider configurations: another region is another provider.
func (s *Server) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	old, err := unmarshal(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	new, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	return diffResponse(compare(&cloud.Kind{}, configFacts, old, new, nil), false), nil
}

// configFacts are those of the provider's own configuration: another region is another provider.
var configFacts = &facts.Type{Fields: map[string]*facts.Property{"region": {Type: "string", Change: facts.Replace}}}

// Configure keeps the region of the connection's provider.
func (s *Server) Configure(ctx context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	region := req.GetArgs().GetFields()["region"].GetStringValue()
	if _, ok := s.cloud.Account().Regions[region]; !ok {
		return nil, status.Errorf(codes.InvalidArgument, "configure aws: region %q is not among the offline account's regions", region)
	}
	if err := s.allowed(req); err != nil {
		return nil, err
	}
	id, _ := ctx.Value(connectionKey{}).(connection)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.regions[id] = region
	return &pulumirpc.ConfigureResponse{SupportsPreview: true}, nil
}

// allowed refuses to serve accounts of which the offline one is none, in the real provider's words (aws-sdk-go-base,
// VerifyAccountIDAllowed). Without a list, or with an empty one, every account is served.
func (s *Server) allowed(req *pulumirpc.ConfigureRequest) error {
	in, err := unmarshal(req.GetArgs())
	if err != nil {
		return err
	}
	config, problems := decodeConfig(in)
	if len(problems) > 0 {
		return status.Errorf(codes.InvalidArgument, "configure aws: %v", problemsError(problems))
	}
	ids, _ := config["allowedAccountIds"].([]any)
	if own := s.cloud.Account().ID; len(ids) > 0 && !slices.Contains(ids, any(own)) {
		return status.Errorf(codes.InvalidArgument, "configure aws: AWS account ID not allowed: %s", own)
	}
	return nil
}

// Invoke calls a provider function.
func (s *Server) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	region, err := s.region(ctx)
	if err != nil {
		return nil, err
	}
	schema, ok := cloud.FunctionSchema(req.GetTok())
	if !ok {
		return nil, status.Errorf(codes.Unimplemented, "the offline AWS does not know the function %s", req.GetTok())
	}
	args, err := unmarshal(req.GetArgs())
	if err != nil {
		return nil, err
	}
	if problems := schema.Args.Check(args); len(problems) > 0 {
		return &pulumirpc.InvokeResponse{Failures: failures(problems)}, nil
	}
	if err := services.MayInvoke(s.cloud, s.as, region, req.GetTok()); err != nil {
		return nil, fmt.Errorf("invoking %s: %w", req.GetTok(), err)
	}
	result, err := s.cloud.Invoke(region, req.GetTok(), args)
	if err != nil {
		return nil, fmt.Errorf("invoking %s: %w", req.GetTok(), err)
	}
	if problems := schema.Result.Check(result); len(problems) > 0 {
		return nil, fmt.Errorf("offline AWS: result of %s: %w", req.GetTok(), problemsError(problems))
	}
	out, err := marshal(result)
	return &pulumirpc.InvokeResponse{Return: out}, err
}

// failed turns an error into what the engine shows. An error after the resource was made carries its id and state, so
// that the engine keeps both.
func failed(verb string, req interface{ GetUrn() string }, id string, state, inputs cloud.Map, err error) error {
	err = fmt.Errorf("%s %s: %w", verb, req.GetUrn()[lastColons(req.GetUrn()):], err)
	if id == "" || state == nil {
		return err
	}
	out, e1 := marshal(state)
	in, e2 := marshal(inputs)
	if e := errors.Join(e1, e2); e != nil {
		return errors.Join(err, e)
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, err.Error()), &pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: out, Inputs: in, Reasons: []string{err.Error()},
	})
}
