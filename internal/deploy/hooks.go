package deploy

import (
	"context"
	"fmt"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/proto"
)

// OnError says whether an operation on a resource of a type, create, update or delete, is done again, after it has waited as
// long as it sees fit. failures are what the provider has said so far, the last first. ctx ends with the engine.
type OnError = func(ctx context.Context, typ, operation string, failures []string) bool

// hooks are the error hooks that entries of a state name. An engine that deletes such an entry asks the hook that was
// registered under that name, whoever registered it.
type hooks struct {
	pulumirpc.UnimplementedCallbacksServer
	byName map[string]OnError
}

// register makes the hooks, which are called back at an address, known to an engine, and waits until it needs them no more.
func (h hooks) register(ctx context.Context, m pulumirpc.ResourceMonitorClient, address string) error {
	for name := range h.byName {
		_, err := m.RegisterErrorHook(ctx, &pulumirpc.RegisterErrorHookRequest{
			Name: name, Callback: &pulumirpc.Callback{Target: address, Token: name},
		})
		if err != nil {
			return fmt.Errorf("register hook %s: %w", name, err)
		}
	}
	return awaitShutdown(ctx, m)
}

// Invoke runs a hook for an engine.
func (h hooks) Invoke(ctx context.Context, req *pulumirpc.CallbackInvokeRequest) (*pulumirpc.CallbackInvokeResponse, error) {
	hook, ok := h.byName[req.GetToken()]
	if !ok {
		return nil, fmt.Errorf("call hook %s: there is none", req.GetToken())
	}
	var about pulumirpc.ErrorHookRequest
	if err := proto.Unmarshal(req.GetRequest(), &about); err != nil {
		return nil, fmt.Errorf("call hook %s: %w", req.GetToken(), err)
	}
	again := hook(ctx, about.GetType(), about.GetFailedOperation(), about.GetErrors())
	answer, err := proto.Marshal(&pulumirpc.ErrorHookResponse{Retry: again})
	return &pulumirpc.CallbackInvokeResponse{Response: answer}, err
}
