package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/deepstreamhub/platform/internal/state"
)

// Locks returns the locks on a stack, each with what is known of its holder.
func (s *Store) Locks(ctx context.Context, project, stack string, now time.Time) ([]state.Judged, error) {
	var locks []state.Lock
	err := s.each(ctx, state.LockDir(project, stack), func(e Entry, data []byte) {
		locks = append(locks, state.ParseLock(e.Key, data))
	})
	if err != nil || len(locks) == 0 {
		return nil, err
	}
	holders, err := s.holders(ctx, project, stack)
	if err != nil {
		return nil, err
	}
	here := Here()
	out := make([]state.Judged, len(locks))
	for i, l := range locks {
		out[i] = state.Judge(l, holders, here, now)
	}
	return out, nil
}

func (s *Store) holders(ctx context.Context, project, stack string) ([]state.Holder, error) {
	var out []state.Holder
	err := s.each(ctx, state.HolderDir(project, stack), func(e Entry, data []byte) {
		h := state.Holder{}
		if json.Unmarshal(data, &h) == nil { // a note that cannot be read proves nothing
			h.Key, h.Heard = e.Key, e.Written
			out = append(out, h)
		}
	})
	return out, err
}

// each reads the files below a prefix. One that goes meanwhile is passed over.
func (s *Store) each(ctx context.Context, prefix string, f func(Entry, []byte)) error {
	entries, err := s.List(ctx, prefix)
	if err != nil {
		return fmt.Errorf("list %s: %w", prefix, err)
	}
	for _, e := range entries {
		data, err := s.Read(ctx, e.Key, "")
		if errors.Is(err, ErrMissing) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", e.Key, err)
		}
		f(e, data)
	}
	return nil
}

// Break removes a lock and hub's note on it. Whether that is right is for the caller to know.
func (s *Store) Break(ctx context.Context, j state.Judged) error {
	if err := s.Delete(ctx, j.Lock.Key); err != nil {
		return fmt.Errorf("remove lock %s: %w", j.Lock.Key, err)
	}
	if j.Holder == nil {
		return nil
	}
	if err := s.Delete(ctx, j.Holder.Key); err != nil {
		return fmt.Errorf("remove note on lock %s: %w", j.Lock.Key, err)
	}
	return nil
}

// Held is a note that hub runs an engine on a stack, renewed until Release or Keep.
type Held struct {
	Holder state.Holder
	store  *Store
	stop   func()
}

// Hold notes that hub runs an engine on a stack. h names the process; where it runs is filled in here. A note that
// cannot be renewed lets the lease run down, which is what it is for.
func (s *Store) Hold(ctx context.Context, project, stack string, h state.Holder, now time.Time) (*Held, error) {
	here := Here()
	h.Machine, h.Host, h.Since = here.Machine, here.Host, now
	h.Started, _ = here.Running(h.Pid)
	h.Key = path.Join(state.HolderDir(project, stack), uuid.NewString()+".json")
	data, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	if err := s.Write(ctx, h.Key, data); err != nil {
		return nil, fmt.Errorf("note who holds %s: %w", stack, err)
	}
	ended := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() {
		ticks := time.NewTicker(state.Beat)
		defer ticks.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticks.C:
				_ = s.Write(ctx, h.Key, data)
			}
		}
	})
	return &Held{Holder: h, store: s, stop: func() { close(ended); beating.Wait() }}, nil
}

// Release ends the note and removes it.
func (h *Held) Release(ctx context.Context) error {
	h.stop()
	return h.store.Delete(ctx, h.Holder.Key)
}

// Keep ends the note and leaves it there, for whoever finds the lock of an engine that did not give it back.
func (h *Held) Keep() { h.stop() }

// Tidy removes notes of engines on this machine that have ended and given their lock back: of a hub that was killed
// while its engine went on.
func (s *Store) Tidy(ctx context.Context, project, stack string) error {
	holders, err := s.holders(ctx, project, stack)
	if err != nil {
		return err
	}
	here := Here()
	for _, h := range holders {
		if started, running := here.Running(h.Pid); h.Machine != here.Machine || running && started == h.Started {
			continue
		}
		if err := s.Delete(ctx, h.Key); err != nil {
			return err
		}
	}
	return nil
}
