package crashtest

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/deepstreamhub/platform/internal/plan"
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

	state, cloud []byte                // compressed
	left         [2 * sha256.Size]byte // hashes of the two: points at which they are equal are one, whatever was called
	records      string                // folder with the engine's records of the operations that had ended
}

func (p Point) String() string {
	return fmt.Sprintf("%s, %s %s %s (%s)", p.Verb, p.When, p.Call, p.Name, p.Type)
}

// recorder copies state and cloud around every call that changes AWS. No call is inside AWS while it copies, so that a
// copy is what one moment left: the state may be older than the cloud, but whatever the cloud has done was announced in it.
type recorder struct {
	stateFile, cloudFile string
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
	var hash [sha256.Size]byte
	if p.state, hash, r.err = compressed(r.stateFile); r.err != nil {
		return
	}
	copy(p.left[:], hash[:])
	if p.cloud, hash, r.err = compressed(r.cloudFile); r.err != nil {
		return
	}
	copy(p.left[sha256.Size:], hash[:])
	r.points = append(r.points, p)
}

// compressed reads a file, and makes its hash. Its writer renames it into place, so it is always whole.
func compressed(path string) (packed []byte, hash [sha256.Size]byte, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, hash, err
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		return nil, hash, err
	}
	if _, err := w.Write(text); err != nil {
		return nil, hash, err
	}
	if err := w.Close(); err != nil {
		return nil, hash, err
	}
	return b.Bytes(), sha256.Sum256(text), nil
}

func decompress(packed []byte, path string) error {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(r)
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
