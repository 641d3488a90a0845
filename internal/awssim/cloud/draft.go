package cloud

import (
	"maps"
)

// Draft is a resource as it is asked for, before AWS computes anything: its inputs, and the state that they come to with the
// provider's defaults. Nobody changes either, so that many accounts may make the resource of one draft.
type Draft struct {
	typ           string
	inputs, state Map
}

// NewDraft works out what is asked for. The inputs stay the caller's. A type that is not known is the call's to refuse.
func NewDraft(typ string, inputs Map) *Draft {
	d := &Draft{typ: typ, inputs: Clone(inputs)}
	if k := kinds[typ]; k != nil {
		d.state = roomy(k, withDefaults(k, inputs))
	}
	return d
}

// roomy is a state with room for what AWS computes, so that its copies need not grow.
func roomy(k *Kind, state Map) Map {
	t := k.facts()
	if t == nil {
		return state
	}
	size := len(state) + 1 // the id
	for name, p := range t.Fields {
		if _, there := state[name]; !there && p.Computed {
			size++
		}
	}
	out := make(Map, size)
	maps.Copy(out, state)
	return out
}

func withDefaults(k *Kind, inputs Map) Map {
	state := Clone(inputs)
	if state == nil {
		state = Map{}
	}
	if t := k.facts(); t != nil {
		t.Fill(state)
		state = t.Spelled(state)
	}
	return state
}
