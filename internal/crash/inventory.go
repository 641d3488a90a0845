package crash

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/reclaim"
)

// inventory is what AWS and the state hold after a run.
type inventory struct {
	cloud map[string]string // "type id" of what AWS holds, with its type
	state map[string]string // "type id" of what the state holds, with its URN
}

// take compares the region's AWS with its state.
func (r *region) take(ctx context.Context) (inventory, error) {
	state, err := r.driver.State(ctx)
	if err != nil {
		return inventory{}, err
	}
	left := inventory{cloud: map[string]string{}, state: map[string]string{}}
	for _, held := range r.aws.Cloud().List() {
		if !held.Declared {
			left.cloud[identity(held.Type, held.Str("id"), held.Str("arn"))] = held.Type
		}
	}
	for _, known := range state.Resources {
		if known.Custom && !plan.IsComponent(known.Type) {
			arn, _ := known.Outputs["arn"].(string)
			left.state[identity(known.Type, known.ID, arn)] = known.URN
		}
	}
	for _, p := range state.Pending {
		left.state["pending "+p.Op] = p.URN
	}
	return left, nil
}

// identity tells resources apart. Revisions of a task definition share an id, and so do aliases in two regions.
func identity(typ, id, arn string) string {
	if arn == id {
		arn = ""
	}
	return strings.TrimSpace(typ + " " + id + " " + arn)
}

// leaked lists what AWS holds and the state does not know, but for as many of a type as a run that was left alone leaves
// on purpose: retained keys and vaults. unseen are those of them that no call of the provider lists.
func (i inventory) leaked(whole inventory) (leaked, unseen []string) {
	allowed := map[string]int{}
	for id, typ := range whole.cloud {
		if _, known := whole.state[id]; !known {
			allowed[typ]++
		}
	}
	for _, id := range slices.Sorted(maps.Keys(i.cloud)) {
		if _, known := i.state[id]; known {
			continue
		}
		typ := i.cloud[id]
		row, _ := reclaim.Of(typ)
		switch {
		case allowed[typ] > 0:
			allowed[typ]--
		case row.By == reclaim.Unseen:
			unseen = append(unseen, id)
		default:
			leaked = append(leaked, id)
		}
	}
	return leaked, unseen
}

// lost lists what the state holds and AWS does not, pending operations among it.
func (i inventory) lost() []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(i.state)) {
		if _, held := i.cloud[id]; !held {
			out = append(out, id)
		}
	}
	return out
}

// differences lists the types of which AWS holds another number than after a run that was left alone, and the URNs that
// only one of the two states has.
func (i inventory) differences(whole inventory) []string {
	var out []string
	have, want := count(i.cloud), count(whole.cloud)
	for typ := range want {
		have[typ] += 0
	}
	for _, typ := range slices.Sorted(maps.Keys(have)) {
		if have[typ] != want[typ] {
			out = append(out, fmt.Sprintf("%s: %d, not %d", typ, have[typ], want[typ]))
		}
	}
	haveURN, wantURN := count(i.state), count(whole.state)
	for urn := range wantURN {
		haveURN[urn] += 0
	}
	for _, urn := range slices.Sorted(maps.Keys(haveURN)) {
		if haveURN[urn] != wantURN[urn] {
			out = append(out, fmt.Sprintf("%s: %d, not %d", urn, haveURN[urn], wantURN[urn]))
		}
	}
	return out
}

// count returns how often each value occurs.
func count(m map[string]string) map[string]int {
	n := map[string]int{}
	for _, v := range m {
		n[v]++
	}
	return n
}
