package deploy

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"

	"github.com/deepstreamhub/platform/internal/plan"
)

// blinded is what the engine's events have in place of a secret.
const blinded = "[secret]"

// inputs puts the plan's marks in place of the engine's for what is secret or unknown.
func inputs(from map[string]any) map[string]any {
	if from == nil {
		return nil
	}
	out := make(map[string]any, len(from))
	for name, v := range from {
		out[name] = value(v)
	}
	return out
}

func value(v any) any {
	switch v := v.(type) {
	case string:
		switch v {
		case blinded:
			return plan.Secret
		case plugin.UnknownStringValue:
			return plan.Unknown
		}
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = value(e)
		}
		return out
	case map[string]any:
		return object(v)
	}
	return v
}

// object is a map, or one of the engine's own kinds of value, which are maps with a signature.
func object(m map[string]any) any {
	switch m[sig.Key] {
	case sig.Secret:
		return plan.Secret
	case sig.OutputValue:
		if m["secret"] == true {
			return plan.Secret
		}
		known, ok := m["value"]
		if !ok {
			return plan.Unknown
		}
		return value(known)
	}
	return inputs(m)
}
