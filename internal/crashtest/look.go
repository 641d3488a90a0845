package crashtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/recovery"
)

// sight is what a project's AWS and state hold, and where they disagree.
type sight struct {
	inventory
	pending []string
	wrong   []disagreement
}

// disagreement is a property of which the state says something else than AWS was asked for last.
type disagreement struct{ typ, id, name, state, aws string }

func (d disagreement) property() string { return d.typ + " " + d.name }
func (d disagreement) String() string {
	return fmt.Sprintf("%s %s: %s is %s in the state and %s in AWS", d.typ, d.id, d.name, d.state, d.aws)
}

// look reads both from their files. No process of the project runs.
func (p *project) look(context.Context) (s sight, err error) {
	c, err := cloud.Open(cloud.Options{Dir: filepath.Join(p.base(), "cloud")})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	checkpoint, err := openCheckpoint(p.stateFile())
	if err != nil {
		return s, err
	}
	s.inventory = inventory{cloud: map[string]string{}, state: map[string]string{}}
	asked := map[string]cloud.Map{}
	for _, held := range c.List() {
		if !held.Declared {
			id := identity(held.Type, held.Str("id"), held.Str("arn"))
			s.cloud[id], asked[id] = held.Type, held.Inputs
		}
	}
	for _, known := range checkpoint.Resources {
		if !known.Custom() || plan.IsComponent(known.Type()) {
			continue
		}
		id := identityOf(known)
		s.state[id] = known.URN()
		s.wrong = append(s.wrong, disagreements(known, asked[id])...)
	}
	for _, op := range checkpoint.Pending {
		s.pending = append(s.pending, op.Kind+" "+op.Resource.URN())
	}
	return s, nil
}

// disagreements compares what the state says of a resource with what AWS was asked for. Secrets are not compared.
func disagreements(known recovery.Resource, asked cloud.Map) []disagreement {
	var out []disagreement
	for name, want := range asked {
		got := known.Inputs()[name]
		if text := spelled(got); text != spelled(want) && !strings.Contains(text, "ciphertext") {
			out = append(out, disagreement{known.Type(), known.ID(), name, text, spelled(want)})
		}
	}
	slices.SortFunc(out, func(a, b disagreement) int { return strings.Compare(a.name, b.name) })
	return out
}

// spelled is a value as text that is the same for equal values, whatever numbers and JSON in strings are written like.
func spelled(v any) string {
	if text, ok := v.(string); ok {
		var inner any
		if strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &inner) == nil {
			v = inner
		}
	}
	text, err := json.Marshal(v)
	var plain any
	if err != nil || json.Unmarshal(text, &plain) != nil {
		return reflect.ValueOf(v).String()
	}
	text, _ = json.Marshal(plain) // it came out of JSON
	return string(text)
}

// known reports whether the stack has a state at all.
func (p *project) known() bool {
	_, err := os.Stat(p.stateFile())
	return err == nil
}

func (p *project) stateFile() string {
	return stateFile(filepath.Join(p.base(), "state"), p.Project, p.Stack)
}

// openCheckpoint reads a state's file, which is as good as empty where there is none.
func openCheckpoint(path string) (*recovery.Checkpoint, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &recovery.Checkpoint{}, nil
	}
	if err != nil {
		return nil, err
	}
	return readCheckpoint(text)
}

func readCheckpoint(text []byte) (*recovery.Checkpoint, error) {
	var file struct {
		Checkpoint struct{ Latest json.RawMessage }
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	return recovery.Decode(file.Checkpoint.Latest)
}
