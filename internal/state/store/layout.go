package store

import (
	"context"
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

// metaFile says how the state is laid out (pkg/backend/diy/meta.go).
const metaFile = ".pulumi/meta.yaml"

// BadLayout is a state whose layout cannot be told, or is not the one that there is.
type BadLayout struct {
	URL, Key string
	Why      error
}

func (e *BadLayout) Error() string {
	return fmt.Sprintf("read state: %s in %s is damaged: %v", e.Key, e.URL, e.Why)
}

func (e *BadLayout) Unwrap() error { return e.Why }

// layout refuses a state in which the engine would look for stacks elsewhere. Without the file it makes the right one.
func (s *Store) layout(ctx context.Context) error {
	data, err := s.Read(ctx, metaFile, "")
	if errors.Is(err, ErrMissing) {
		return nil
	}
	if err != nil && !errors.Is(err, ErrFolder) {
		return fmt.Errorf("read %s: %w", metaFile, err)
	}
	var meta struct {
		Version *int `yaml:"version"`
	}
	switch {
	case err != nil:
	case yaml.Unmarshal(data, &meta) != nil || meta.Version == nil:
		err = errors.New("it names no version")
	case *meta.Version != 1:
		err = fmt.Errorf("it names version %d of the layout, and only 1 is known here", *meta.Version)
	}
	if err != nil {
		return &BadLayout{s.URL, metaFile, err}
	}
	return nil
}

// WriteLayout makes the storage one in which the engine keeps stacks by their projects, as it does itself where nothing is yet.
func (s *Store) WriteLayout(ctx context.Context) error {
	return s.Write(ctx, metaFile, []byte("version: 1\n"))
}

// Heal takes away what the engine's library keeps beside files in a folder and cannot read any more, and returns what it
// took away. Nothing is lost by it.
func (s *Store) Heal() ([]string, error) {
	if f, ok := s.Blobs.(folder); ok {
		return f.heal()
	}
	return nil, nil
}
