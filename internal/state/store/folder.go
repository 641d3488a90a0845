package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// folder is storage on disk. It keeps no versions.
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
		return nil, ErrMissing
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

func (f folder) Versions(context.Context, string) ([]Entry, error) { return nil, nil }
