package recovery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Trail follows an engine's operations through the checkpoints that it wrote one after another. An operation whose call got
// no answer, because the provider was gone, is one that failed to the engine: it takes its note out again and ends in order.
// Nothing in the last checkpoint tells of it; the ones before do.
type Trail struct {
	since  time.Time
	open   map[string]Operation // by kind, URN and id
	before map[string][]entry   // what the last checkpoint held, by URN
	failed []Operation
}

// entry is what a trail wants to know of a resource.
type entry struct {
	URN      string `json:"urn"`
	ID       string `json:"id"`
	Modified string `json:"modified"`
}

// NewTrail begins a trail. Checkpoints that were written before then are not part of it.
func NewTrail(since time.Time) *Trail { return &Trail{since: since, open: map[string]Operation{}} }

// Next takes the next checkpoint, as it is stored.
func (t *Trail) Next(stored []byte) error {
	var file struct {
		Checkpoint struct {
			Latest struct {
				Manifest struct {
					Time time.Time `json:"time"`
				} `json:"manifest"`
				Resources []entry `json:"resources"`
				Pending   []struct {
					Type     string   `json:"type"`
					Resource Resource `json:"resource"`
				} `json:"pending_operations"`
			} `json:"latest"`
		} `json:"checkpoint"`
	}
	d := json.NewDecoder(bytes.NewReader(stored))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		return fmt.Errorf("decode checkpoint: %w", err)
	}
	latest := file.Checkpoint.Latest
	if latest.Manifest.Time.Before(t.since) {
		return nil
	}
	now, open := map[string][]entry{}, map[string]Operation{}
	for _, r := range latest.Resources {
		now[r.URN] = append(now[r.URN], r)
	}
	for _, p := range latest.Pending {
		op := Operation{Kind: p.Type, Resource: p.Resource}
		if there := now[op.Resource.URN()]; len(there) > 0 {
			op.of(there[0].ID)
		}
		key := fmt.Sprint(op.Kind, " ", op.Resource.URN())
		if op.Kind != "creating" { // its note gets an id when it ends
			key += " " + op.Resource.ID()
		}
		if known, ok := t.open[key]; ok {
			op.Beside = known.Beside
		} else {
			op.Beside = ids(now[op.Resource.URN()])
		}
		open[key] = op
	}
	for key, op := range t.open {
		if _, goesOn := open[key]; !goesOn && !t.succeeded(op, now) {
			op.Resource = withoutCiphers(op.Resource)
			t.failed = append(t.failed, op)
		}
	}
	t.open, t.before = open, now
	return nil
}

// succeeded reports whether an operation that has ended did what it was to do, by the checkpoint that is the first without
// its note.
func (t *Trail) succeeded(op Operation, now map[string][]entry) bool {
	urn, id := op.Resource.URN(), op.Resource.ID()
	switch op.Kind {
	case creating:
		old := ids(t.before[urn])
		return slices.ContainsFunc(ids(now[urn]), func(id string) bool { return !slices.Contains(old, id) })
	case "deleting":
		return !slices.Contains(ids(now[urn]), id)
	}
	return modified(now[urn], id) != modified(t.before[urn], id)
}

// Failed are the operations that have ended without success. What AWS refused is among them.
func (t *Trail) Failed() []Operation {
	slices.SortFunc(t.failed, func(a, b Operation) int { return bytes.Compare([]byte(a.Resource.URN()), []byte(b.Resource.URN())) })
	return t.failed
}

func ids(entries []entry) []string {
	out := []string{}
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

func modified(entries []entry, id string) string {
	for _, e := range entries {
		if e.ID == id {
			return e.Modified
		}
	}
	return ""
}

// withoutCiphers marks secrets as such that are encrypted: what they are cannot be told from here.
func withoutCiphers(r Resource) Resource {
	marked, _ := replaced(map[string]any(r), func(map[string]any) any { return Hide("") }).(map[string]any)
	return marked
}
