// Package store reads and writes the files of a self-managed Pulumi backend: the locks, the checkpoints and what came
// before them, in a bucket or a folder. What they mean is package state's.
package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path"
	"sync"
	"time"
)

// Blobs is a backend's storage. Keys are slash paths; a missing one is ErrMissing.
type Blobs interface {
	List(ctx context.Context, prefix string) ([]Entry, error)
	Read(ctx context.Context, key, version string) ([]byte, error) // an empty version is the current one
	Write(ctx context.Context, key string, data []byte) error
	// Current reads what is there now, with a tag that changes whenever it is written.
	Current(ctx context.Context, key string) (data []byte, tag string, err error)
	// Replace writes over what has the tag, or where nothing is when the tag is empty. All else is ErrChanged.
	Replace(ctx context.Context, key, tag string, data []byte) error
	Now(ctx context.Context) (time.Time, error) // the time by the clock that Entry.Written is of
	Delete(ctx context.Context, key string) error
	Versions(ctx context.Context, key string) ([]Entry, error) // all, the newest first; none where none are kept
	Forget(ctx context.Context, key string) error              // removes earlier versions, where nothing else does
}

// Entry is one file, or one version of one.
type Entry struct {
	Key     string
	Version string
	Current bool
	Written time.Time
	Size    int64
}

// ErrMissing is returned for a file that is not there.
var ErrMissing = errors.New("there is no such file")

// ErrForbidden is returned for what the caller has no right to.
var ErrForbidden = errors.New("access denied")

// ErrChanged is returned where something else is than what was read.
var ErrChanged = errors.New("it was changed meanwhile")

// ErrFolder is returned for a folder where a file should be.
var ErrFolder = errors.New("it is a folder, not a file")

// Store is a backend's storage as locks and checkpoints.
type Store struct {
	Blobs
	URL string
	// Copies is set where the storage keeps no versions, so that the engine has to.
	Copies bool

	mu   sync.Mutex
	last decoded
}

// Open opens the storage that a backend's address names, and makes sure that it is there. It is nil, without an error,
// for an address of another kind than file:// and s3://, where hub knows nothing of locks and versions.
//
// env, KEY=VALUE, is the environment that the engine is given. When it holds an access key, that is used and nothing
// else; otherwise the SDK finds credentials as the engine does, from this process's environment.
func Open(ctx context.Context, backend string, env []string) (*Store, error) {
	u, err := url.Parse(backend)
	if err != nil {
		return nil, fmt.Errorf("read state address: %w", err)
	}
	var blobs Blobs
	switch u.Scheme {
	case "file":
		blobs = folder{dir: path.Join(u.Host+u.Path, "/")}
		if u.Host != "" { // file://./state is relative
			blobs = folder{dir: u.Host + u.Path}
		}
	case "s3":
		if blobs, err = openBucket(ctx, u, env); err != nil {
			return nil, err
		}
	default:
		return nil, nil
	}
	return &Store{Blobs: blobs, URL: backend, Copies: u.Scheme == "file"}, nil
}
