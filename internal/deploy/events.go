package deploy

import (
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"

	"github.com/deepstreamhub/platform/internal/plan"
)

// ops maps the engine's operations to the plan's. The steps of a replacement are one operation seen from outside. A
// deletion of something replaced counts as part of that replacement; recorder tells the leftover of an earlier,
// failed replacement from it.
var ops = map[apitype.OpType]plan.Op{
	apitype.OpSame:                 plan.OpSame,
	apitype.OpCreate:               plan.OpCreate,
	apitype.OpUpdate:               plan.OpUpdate,
	apitype.OpDelete:               plan.OpDelete,
	apitype.OpReplace:              plan.OpReplace,
	apitype.OpCreateReplacement:    plan.OpReplace,
	apitype.OpDeleteReplaced:       plan.OpReplace,
	apitype.OpImportReplacement:    plan.OpReplace,
	apitype.OpReadReplacement:      plan.OpRead,
	apitype.OpRead:                 plan.OpRead,
	apitype.OpReadDiscard:          plan.OpRead,
	apitype.OpDiscardReplaced:      plan.OpReplace,
	apitype.OpRemovePendingReplace: plan.OpReplace,
	apitype.OpRefresh:              plan.OpRefresh,
	apitype.OpImport:               plan.OpImport,
}

// op is the plan's operation for the engine's, and the engine's own word for one that is new to this table.
func op(from apitype.OpType) plan.Op {
	if to, ok := ops[from]; ok {
		return to
	}
	return plan.Op(from)
}

// counts adds up the engine's summary by the plan's operations. A replacement is counted once: by its logical step,
// which the engine always reports beside the create and the delete.
func counts(from map[apitype.OpType]int) map[plan.Op]int {
	partial := []apitype.OpType{
		apitype.OpCreateReplacement, apitype.OpDeleteReplaced, apitype.OpDiscardReplaced, apitype.OpRemovePendingReplace,
	}
	to := map[plan.Op]int{}
	for o, n := range from {
		if !slices.Contains(partial, o) {
			to[op(o)] += n
		}
	}
	return to
}

// step describes what the engine reported about one resource.
func step(m apitype.StepEventMetadata) plan.Step {
	s := plan.Step{URN: m.URN, Type: m.Type, Name: plan.Name(m.URN), Op: op(m.Op)}
	if m.Old != nil {
		s.Parent, s.Protect, s.Old = m.Old.Parent, m.Old.Protect, inputs(m.Old.Inputs)
	}
	if m.New != nil {
		s.Unprotect = s.Protect && !m.New.Protect
		s.Parent, s.Protect, s.New = m.New.Parent, m.New.Protect, inputs(m.New.Inputs)
	}
	if s.Op == plan.OpUpdate || s.Op == plan.OpReplace {
		s.Changed, s.Replaces = differences(m)
	}
	return s
}

// differences returns the paths that changed and those that force a replacement, both sorted. Providers that give no
// detailed diff are known by the names of top-level properties only.
func differences(m apitype.StepEventMetadata) (changed, replaces []string) {
	changed, replaces = slices.Clone(m.Diffs), slices.Clone(m.Keys)
	if len(m.DetailedDiff) > 0 {
		changed = slices.Collect(maps.Keys(m.DetailedDiff))
		var detailed []string
		for path, d := range m.DetailedDiff {
			if strings.HasSuffix(string(d.Kind), "-replace") {
				detailed = append(detailed, path)
			}
		}
		if len(detailed) > 0 {
			replaces = detailed
		}
	}
	slices.Sort(changed)
	slices.Sort(replaces)
	return slices.Compact(changed), slices.Compact(replaces)
}

// plain removes the engine's colour markup, <{%red%}>, and the blanks around a message.
func plain(message string) string { return strings.TrimSpace(colors.Never.Colorize(message)) }

// severity is the diagnostic's severity in the plan's words; false for what nobody but a debugger wants to see.
func severity(of string) (string, bool) {
	switch of {
	case "info", "info#err":
		return "info", true
	case "warning", "error":
		return of, true
	}
	return "", false
}

// outputs reads the stack's outputs from its own resource in an event. Secrets are blinded there and have no value.
func outputs(from map[string]any) map[string]plan.Output {
	out := make(map[string]plan.Output, len(from))
	for name, value := range from {
		out[name] = output(value)
	}
	return out
}

func output(value any) plan.Output {
	if containsUnknown(value) {
		return plan.Output{}
	}
	if m, ok := value.(map[string]any); ok && m[sig.Key] == sig.Secret {
		return plan.Output{Secret: true}
	}
	if value == "[secret]" {
		return plan.Output{Secret: true}
	}
	return plan.Output{Value: value}
}

func containsUnknown(value any) bool {
	switch v := value.(type) {
	case string:
		return v == plugin.UnknownStringValue
	case []any:
		return slices.ContainsFunc(v, containsUnknown)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), containsUnknown)
	}
	return false
}
