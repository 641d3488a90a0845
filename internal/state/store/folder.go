package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
		if key = filepath.ToSlash(key); strings.HasPrefix(key, prefix) && !strings.HasSuffix(key, ".attrs") { // the engine's library keeps attributes beside a file
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
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	return data, err
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
	for _, path := range []string{f.path(key), f.path(key) + ".attrs"} {
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
