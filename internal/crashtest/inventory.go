package crashtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/recovery"
)

// inventory is what AWS and the state hold after a run.
type inventory struct {
	cloud map[string]string // "type id" of what AWS holds, with its type
	state map[string]string // "type id" of what the state holds, with its URN
}

// take compares the region's AWS with its state, which is read from its file.
func (r *region) take() (inventory, error) {
	checkpoint, err := openCheckpoint(r.state)
	if err != nil {
		return inventory{}, err
	}
	left := inventory{cloud: map[string]string{}, state: map[string]string{}}
	for _, held := range r.aws.Cloud().List() {
		if !held.Declared {
			left.cloud[identity(held.Type, held.Str("id"), held.Str("arn"))] = held.Type
		}
	}
	for _, known := range checkpoint.Resources {
		if known.Custom() && !plan.IsComponent(known.Type()) {
			left.state[identityOf(known)] = known.URN()
		}
	}
	for _, p := range checkpoint.Pending {
		left.state["pending "+p.Kind] = p.Resource.URN()
	}
	return left, nil
}

// identityOf is that of what a state holds.
func identityOf(known recovery.Resource) string {
	arn, _ := known.Outputs()["arn"].(string)
	return identity(known.Type(), known.ID(), arn)
}

// identity tells resources apart. Revisions of a task definition share an id, and so do aliases in two regions.
func identity(typ, id, arn string) string {
	if arn == id {
		arn = ""
	}
	return strings.TrimSpace(typ + " " + id + " " + arn)
}

// strays counts, by type, what AWS holds and the state does not know: what a run leaves on purpose, such as retained keys
// and vaults, when nobody kills it.
func (i inventory) strays() map[string]int {
	n := map[string]int{}
	for id, typ := range i.cloud {
		if _, known := i.state[id]; !known {
			n[typ]++
		}
	}
	return n
}

// expected is what AWS and the state have to hold in the end.
type expected struct {
	inventory
	// strays are how many of a type AWS may hold that the state does not know.
	strays map[string]int
	// more and fewer are how many more of a type AWS may hold than the inventory: what a destroy that was cut off had
	// left already, when an up makes it anew. fewer: nothing of what outlives a stack need have been there yet, when an
	// up or an update that was cut off is destroyed.
	more  map[string]int
	fewer map[string]int
}

// expect says what is there in the end when a run of one verb was cut off and another verb recovered, given what whole
// runs leave.
func expect(cut, by string, whole map[string]inventory) expected {
	if by == "up" && cut != "up" { // of the changed program
		by = "update"
	}
	e := expected{inventory: whole[by], strays: whole[by].strays()}
	switch {
	case cut == "destroy" && by == "update":
		e.more = whole["destroy"].strays()
		for typ, n := range e.more {
			e.strays[typ] += n
		}
	case by == "destroy" && cut != "destroy":
		e.fewer = e.strays
	}
	return e
}

// leaked lists what AWS holds and the state does not know, but for what it may.
func (i inventory) leaked(want expected) []string {
	allowed, leaked := maps.Clone(want.strays), []string(nil)
	for _, id := range slices.Sorted(maps.Keys(i.cloud)) {
		if _, known := i.state[id]; known {
			continue
		}
		typ := i.cloud[id]
		if allowed[typ]--; allowed[typ] < 0 {
			leaked = append(leaked, id)
		}
	}
	return leaked
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

// differences lists the types of which AWS holds another number than expected, and the URNs that only one of the two
// states has.
func (i inventory) differences(want expected) []string {
	out := unequal(count(i.cloud), count(want.cloud), want.more, want.fewer)
	return append(out, unequal(count(i.state), count(want.state), nil, nil)...)
}

// unequal compares two counts of the same things.
func unequal(have, want, more, fewer map[string]int) []string {
	all := maps.Clone(have)
	maps.Copy(all, want)
	var out []string
	for _, what := range slices.Sorted(maps.Keys(all)) {
		if have[what] < want[what]-fewer[what] || have[what] > want[what]+more[what] {
			out = append(out, fmt.Sprintf("%s: %d, not %d", what, have[what], want[what]))
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
