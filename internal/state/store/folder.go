package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// folder is storage on disk. It keeps no versions but those that the engine is told to keep: copies of a file beside it, whose
// names go on with a dot and the nanoseconds at which they were made (pulumi/pkg/backend/diy/state.go, saveCheckpoint).
type folder struct{ dir string }

func (f folder) path(key string) string { return filepath.Join(f.dir, filepath.FromSlash(key)) }

// List lists the files below a prefix. Files that go while it looks are no error: locks do.
func (f folder) List(_ context.Context, prefix string) ([]Entry, error) {
	var out []Entry
	err := filepath.WalkDir(f.path(filepath.Dir(prefix+"x")), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		key, err := filepath.Rel(f.dir, path)
		if err != nil {
			return err
		}
		if key = filepath.ToSlash(key); strings.HasPrefix(key, prefix) && !strings.HasSuffix(key, attributes) {
			out = append(out, Entry{Key: key, Current: true, Written: info.ModTime(), Size: info.Size()})
		}
		return nil
	})
	return out, err
}

func (f folder) Read(_ context.Context, key, version string) ([]byte, error) {
	if version != "" {
		key += "." + version
	}
	data, err := os.ReadFile(f.path(key))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, ErrMissing
	case errors.Is(err, syscall.EISDIR):
		return nil, ErrFolder
	}
	return data, err
}

func (f folder) Current(ctx context.Context, key string) ([]byte, string, error) {
	data, err := f.Read(ctx, key, "")
	if err != nil {
		return nil, "", err
	}
	return data, tagOf(data), nil
}

func tagOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Replace compares right before it puts the file in place. Who else writes holds the stack's lock, as its caller does.
func (f folder) Replace(ctx context.Context, key, tag string, data []byte) error {
	_, there, err := f.Current(ctx, key)
	if errors.Is(err, ErrFolder) { // nothing that anybody could have written: it is put aside whole
		err = os.Rename(f.path(key), f.path(key)+".replaced-"+rand.Text())
	}
	if err != nil && !errors.Is(err, ErrMissing) {
		return err
	}
	if there != tag {
		return ErrChanged
	}
	return f.Write(ctx, key, data)
}

// Now is the time by the clock of the disk, which may be another machine's.
func (f folder) Now(context.Context) (time.Time, error) {
	temp, err := os.CreateTemp(f.dir, ".hub-clock-")
	if err != nil {
		return time.Time{}, err
	}
	info, err := temp.Stat()
	if err = errors.Join(err, temp.Close(), os.Remove(temp.Name())); err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// heal takes away attributes that cannot be read. The engine's library keeps some beside each file: its checksum and type,
// which nothing needs, and reads no file whose attributes it cannot read. A file without them is as good as with them.
func (f folder) heal() (healed []string, err error) {
	err = filepath.WalkDir(f.path(".pulumi"), func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !strings.HasSuffix(path, attributes) {
			return err
		}
		if readable(path) {
			return nil
		}
		time.Sleep(beingWritten) // they are written in place: somebody may be at it
		if readable(path) {
			return nil
		}
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove attributes that cannot be read: %w", err)
		}
		healed = append(healed, path)
		if d.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return healed, err
}

// attributes is how the engine's library calls what it keeps beside a file (gocloud.dev/blob/fileblob/attrs.go).
const attributes = ".attrs"

// beingWritten is how long something that is being written is waited for.
const beingWritten = 100 * time.Millisecond

// readable reports whether the engine's library can read attributes; what is not there is no obstacle.
func readable(path string) bool {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	if err != nil {
		return false
	}
	defer file.Close()
	var read struct { // the types matter: another one is an error as well
		A string            `json:"user.cache_control"`
		B string            `json:"user.content_disposition"`
		C string            `json:"user.content_encoding"`
		D string            `json:"user.content_language"`
		E string            `json:"user.content_type"`
		F map[string]string `json:"user.metadata"`
		G []byte            `json:"md5"`
	}
	return json.NewDecoder(file).Decode(&read) == nil
}

// Write puts a file in place whole.
func (f folder) Write(_ context.Context, key string, data []byte) error {
	path := f.path(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), ".hub-")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// Delete removes a file, and the folders that it leaves empty.
func (f folder) Delete(_ context.Context, key string) error {
	for _, path := range []string{f.path(key), f.path(key) + attributes} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for dir := filepath.Dir(f.path(key)); len(dir) > len(f.dir); dir = filepath.Dir(dir) {
		if os.Remove(dir) != nil { // not empty
			break
		}
	}
	return nil
}

func (f folder) Versions(ctx context.Context, key string) ([]Entry, error) {
	copies, err := f.List(ctx, key+".")
	if err != nil {
		return nil, err
	}
	var out []Entry
	for _, e := range copies {
		version := strings.TrimPrefix(e.Key, key+".")
		if made, err := strconv.ParseInt(version, 10, 64); err == nil {
			out = append(out, Entry{Key: key, Version: version, Written: time.Unix(0, made), Size: e.Size})
		}
	}
	slices.SortFunc(out, func(a, b Entry) int { return b.Written.Compare(a.Written) })
	return out, nil
}

func (f folder) Forget(ctx context.Context, key string) error {
	copies, err := f.Versions(ctx, key)
	for _, e := range copies {
		err = errors.Join(err, f.Delete(ctx, key+"."+e.Version))
	}
	return err
}
