package crashtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/recovery"
	"github.com/deepstreamhub/platform/internal/state"
)

// Point is one moment at which the engine could have been killed, with what it would have left.
type Point struct {
	Verb   string // up, update or destroy: what was running
	When   string // before: the call has not reached AWS; after: AWS has done it and nobody knows
	Call   string // create, update, delete
	Type   string // of the resource
	Name   string // its logical name
	Number int    // in order of time, from 1

	left    remains
	records string // folder with the engine's records of the operations that had ended
}

// remains are the state and the cloud at one moment.
type remains struct {
	contents     *cloud.ObjectStore    // which has both, packed
	state, cloud string                // their names in it
	hash         [2 * sha256.Size]byte // of the two: where it is equal they are one, whatever was called
}

func (p Point) String() string {
	return fmt.Sprintf("%s, %s %s %s (%s)", p.Verb, p.When, p.Call, p.Name, p.Type)
}

// recorder copies state and cloud around every call that changes AWS. No call is inside AWS while it copies, so that a
// copy is what one moment left: the state may be older than the cloud, but whatever the cloud has done was announced in it.
type recorder struct {
	stateFile, cloudFile string
	contents             *cloud.ObjectStore
	freeze               sync.RWMutex // held for reading by whoever is inside AWS

	mu      sync.Mutex
	verb    string // empty: nothing is recorded
	records string
	points  []Point
	err     error
}

// record begins to copy, for a run of that verb before which that folder held the engine's records.
func (r *recorder) record(verb, records string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verb, r.records = verb, records
}

// end ends to copy.
func (r *recorder) end() { r.record("", "") }

// around is the interceptor.
func (r *recorder) around(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	call, urn := changes(req)
	if call == "" {
		return handler(ctx, req)
	}
	r.copy("before", call, urn)
	r.freeze.RLock()
	resp, err := handler(ctx, req)
	r.freeze.RUnlock()
	r.copy("after", call, urn)
	return resp, err
}

// changes returns what a request does to which resource, and nothing for one that changes nothing.
func changes(req any) (call, urn string) {
	switch req := req.(type) {
	case *pulumirpc.CreateRequest:
		if !req.GetPreview() {
			return "create", req.GetUrn()
		}
	case *pulumirpc.UpdateRequest:
		if !req.GetPreview() {
			return "update", req.GetUrn()
		}
	case *pulumirpc.DeleteRequest:
		return "delete", req.GetUrn()
	}
	return "", ""
}

func (r *recorder) copy(when, call, urn string) {
	r.freeze.Lock()
	defer r.freeze.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.verb == "" || r.err != nil {
		return
	}
	p := Point{Verb: r.verb, When: when, Call: call, Type: plan.Type(urn), Name: plan.Name(urn), Number: len(r.points) + 1, records: r.records}
	if p.left, r.err = keep(r.contents, r.stateFile, r.cloudFile, everyByte, everyByte); r.err != nil {
		return
	}
	r.points = append(r.points, p)
}

// keep takes a copy of a state and a cloud. Each one's writer renames it into place, so it is always whole. Of both, what counts
// is hashed.
func keep(in *cloud.ObjectStore, stateFile, cloudFile string, ofState, ofCloud counts) (r remains, err error) {
	r.contents = in
	for i, part := range []struct {
		file   string
		counts counts
		name   *string
	}{{stateFile, ofState, &r.state}, {cloudFile, ofCloud, &r.cloud}} {
		text, err := os.ReadFile(part.file)
		if err != nil {
			return r, err
		}
		if *part.name, err = in.Keep(text); err != nil {
			return r, err
		}
		if text, err = part.counts(text); err != nil {
			return r, err
		}
		hash := sha256.Sum256(text)
		copy(r.hash[i*sha256.Size:], hash[:])
	}
	return r, nil
}

// counts is what of a state or of a cloud decides what becomes of it.
type counts func(text []byte) ([]byte, error)

// everyByte counts.
func everyByte(text []byte) ([]byte, error) { return text, nil }

// settledState leaves out of a state that is whole, as an import has found, when it was written, and the order in which it has
// what does not depend on each other. Of a secret only that it is one counts: each writer encrypts it anew.
func settledState(text []byte) ([]byte, error) {
	c, err := readCheckpoint(text)
	if err != nil {
		return nil, err
	}
	for _, r := range c.Resources {
		delete(r, "created")
		delete(r, "modified")
	}
	slices.SortFunc(c.Resources, func(a, b recovery.Resource) int {
		return cmp.Or(cmp.Compare(a.URN(), b.URN()), cmp.Compare(a.ID(), b.ID()))
	})
	text, err = json.Marshal(c.Resources)
	return ciphertext.ReplaceAll(text, nil), err
}

var ciphertext = regexp.MustCompile(`"ciphertext":"[^"]*"`)

// settledCloud leaves out of a cloud when it was written.
func settledCloud(text []byte) ([]byte, error) {
	var c map[string]json.RawMessage
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, err
	}
	delete(c, "time")
	return json.Marshal(c)
}

// write puts a content that was kept into a file.
func (r remains) write(name, path string) error {
	text, err := r.contents.Content(name)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// stateFile is where a file backend keeps a stack's checkpoint.
func stateFile(backendDir, project, stack string) string {
	return filepath.Join(backendDir, filepath.FromSlash(state.StackFile(project, stack)))
}

// copyRecords copies the engine's records of the operations that have ended, of which there are none at first.
func copyRecords(from, to string) error {
	if err := os.CopyFS(to, os.DirFS(from)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.MkdirAll(to, 0o700)
}

// recordsDir is where a file backend keeps them.
func recordsDir(backendDir, project, stack string) string {
	return filepath.Join(backendDir, filepath.FromSlash(state.HistoryDir(project, stack)))
}
