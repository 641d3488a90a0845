package deploy

import (
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	status "github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"

	"github.com/deepstreamhub/platform/internal/recovery"
)

// refused is how the AWS provider words an answer by which AWS says that it did nothing: a client error, other than the
// two that may come of a call that went through (408 Request Timeout, and 404 after a retry of one that had worked).
var refused = regexp.MustCompile(`StatusCode: 4(0[0-35-79]|[1-9]\d)`)

// doing are the engine's steps by the name that a pending operation has of them.
var doing = map[apitype.OpType]string{
	apitype.OpCreate:            creating,
	apitype.OpCreateReplacement: creating,
	apitype.OpUpdate:            "updating",
	apitype.OpDelete:            "deleting",
	apitype.OpDeleteReplaced:    "deleting",
}

// unanswered returns a failed step as an operation of unknown outcome, if that is what it is: the call ended without an
// answer from AWS, as after a timeout or the death of the provider, and the engine, which has forgotten it by now, kept
// nothing of what it may have made.
func unanswered(e apitype.ResOpFailedEvent, messages []string) (recovery.Operation, bool) {
	m := e.Metadata
	kind, known := doing[m.Op]
	state := m.New
	if kind == "deleting" || kind == "updating" {
		state = m.Old
	}
	if !known || state == nil || e.Status == int(status.StatusPartialFailure) || slices.ContainsFunc(messages, refused.MatchString) {
		return recovery.Operation{}, false
	}
	if _, found := recovery.Of(state.Type); !found {
		return recovery.Operation{}, false
	}
	r := recovery.Resource{
		"urn": state.URN, "type": state.Type, "custom": state.Custom, "id": state.ID, "provider": state.Provider,
		"inputs": hidden(state.Inputs),
	}
	if state.Parent != "" {
		r["parent"] = state.Parent
	}
	if state.Protect {
		r["protect"] = true
	}
	if state.RetainOnDelete {
		r["retainOnDelete"] = true
	}
	return recovery.Operation{Kind: kind, Resource: r, Loose: true}, true
}

// hidden gives the inputs in an event back their secrets, as marks: what they hide is not in the event.
func hidden(inputs map[string]any) map[string]any {
	out := map[string]any{}
	for k, v := range inputs {
		out[k] = marked(v)
	}
	return out
}

func marked(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if v[sig.Key] == sig.Secret {
			return recovery.Hide("")
		}
		return hidden(v)
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = marked(e)
		}
		return out
	}
	if v == "[secret]" {
		return recovery.Hide("")
	}
	return v
}
