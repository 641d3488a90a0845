package store

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/state"
)

// waysBack is how many sound earlier checkpoints are looked for, and readAtMost how many are read for it.
const (
	waysBack   = 5
	readAtMost = 25
)

// Damaged is a checkpoint that must not be worked with.
type Damaged struct {
	Stack, Key string
	Why        error
	Ways       []state.Version // sound earlier ones, the newest first
}

func (e *Damaged) Error() string {
	return fmt.Sprintf("read state of %s: the checkpoint %s is damaged: %v", e.Stack, e.Key, e.Why)
}

func (e *Damaged) Unwrap() error { return e.Why }

// Checkpoint reads a stack's checkpoint. It is nil for a stack that does not exist; a damaged one is a *Damaged with the
// ways back.
func (s *Store) Checkpoint(ctx context.Context, project, stack string) (*state.Checkpoint, error) {
	key := state.StackFile(project, stack)
	data, err := s.Read(ctx, key, "")
	if errors.Is(err, ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	c, why := state.ReadCheckpoint(data)
	if why == nil {
		return &c, nil
	}
	ways, err := s.History(ctx, project, stack)
	if err != nil {
		return nil, errors.Join(&Damaged{Stack: stack, Key: key, Why: why}, err)
	}
	sound := slices.DeleteFunc(ways, func(v state.Version) bool { return v.Damage != "" })
	return nil, &Damaged{Stack: stack, Key: key, Why: why, Ways: sound}
}

// History returns earlier checkpoints of a stack, the newest first: versions that the bucket kept, the copy that the
// engine made before its last write, and the copies from after each operation. It looks until it has found a few that
// are sound; those that are not are in it as well.
func (s *Store) History(ctx context.Context, project, stack string) ([]state.Version, error) {
	key := state.StackFile(project, stack)
	candidates, err := s.Versions(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", key, err)
	}
	candidates = slices.DeleteFunc(candidates, func(e Entry) bool { return e.Current })
	for _, prefix := range []string{key + ".bak", state.BackupDir(project, stack)} {
		copies, err := s.List(ctx, prefix)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, err)
		}
		candidates = append(candidates, copies...)
	}
	slices.SortStableFunc(candidates, func(a, b Entry) int { return b.Written.Compare(a.Written) })
	var out []state.Version
	sound := 0
	for i, e := range candidates {
		if sound == waysBack || i == readAtMost {
			break
		}
		data, err := s.Read(ctx, e.Key, e.Version)
		if errors.Is(err, ErrMissing) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", e.Key, err)
		}
		v := state.Version{ID: idOf(e), Key: e.Key, Written: e.Written}
		if c, err := state.ReadCheckpoint(data); err != nil {
			v.Damage = err.Error()
		} else {
			v.Resources = c.Resources
			sound++
		}
		out = append(out, v)
	}
	return out, nil
}

// idOf is what an operator names an earlier checkpoint by: the bucket's version, or the name of the copy.
func idOf(e Entry) string {
	if e.Version != "" {
		return e.Version
	}
	return path.Base(e.Key)
}

// Restored tells of a restore.
type Restored struct {
	From     state.Version
	Replaced string // where what was there before is kept; empty when nothing was
}

// Restore makes an earlier checkpoint the current one. What it takes the place of is kept beside it.
func (s *Store) Restore(ctx context.Context, project, stack, id string, now time.Time) (Restored, error) {
	key := state.StackFile(project, stack)
	e, err := s.find(ctx, project, stack, id)
	if err != nil {
		return Restored{}, err
	}
	data, err := s.Read(ctx, e.Key, e.Version)
	if err != nil {
		return Restored{}, fmt.Errorf("read %s, version %s: %w", e.Key, id, err)
	}
	c, err := state.ReadCheckpoint(data)
	if err != nil {
		return Restored{}, fmt.Errorf("restore %s: version %s is damaged as well: %w", stack, id, err)
	}
	done := Restored{From: state.Version{ID: id, Key: e.Key, Written: e.Written, Resources: c.Resources}}
	before, err := s.Read(ctx, key, "")
	if err == nil {
		done.Replaced = state.KeptFile(project, stack, now)
		err = s.Write(ctx, done.Replaced, before)
	}
	if err != nil && !errors.Is(err, ErrMissing) {
		return Restored{}, fmt.Errorf("keep the checkpoint that is there: %w", err)
	}
	if err := s.Write(ctx, key, data); err != nil {
		return Restored{}, fmt.Errorf("write %s: %w", key, err)
	}
	return done, nil
}

// find finds an earlier checkpoint by what idOf called it.
func (s *Store) find(ctx context.Context, project, stack, id string) (Entry, error) {
	key := state.StackFile(project, stack)
	versions, err := s.Versions(ctx, key)
	if err != nil {
		return Entry{}, fmt.Errorf("list versions of %s: %w", key, err)
	}
	for _, e := range versions {
		if e.Version == id {
			return e, nil
		}
	}
	if !strings.Contains(id, "/") {
		for _, copied := range []string{path.Join(path.Dir(key), id), path.Join(state.BackupDir(project, stack), id)} {
			ours := copied == key+".bak" || strings.HasPrefix(copied, state.BackupDir(project, stack))
			found, err := s.List(ctx, copied)
			if err != nil {
				return Entry{}, fmt.Errorf("list %s: %w", copied, err)
			}
			if ours && len(found) > 0 && found[0].Key == copied {
				return found[0], nil
			}
		}
	}
	return Entry{}, fmt.Errorf("restore %s: there is no version %s", stack, id)
}
