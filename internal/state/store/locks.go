package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/deepstreamhub/platform/internal/state"
)

// Locks returns the locks on a stack, each with what is known of its holder. Ages are counted by the store's clock; now is
// taken where it does not tell the time.
func (s *Store) Locks(ctx context.Context, project, stack string, now time.Time) ([]state.Judged, error) {
	var locks []state.Lock
	err := s.each(ctx, state.LockDir(project, stack), func(e Entry, data []byte) {
		l := state.ParseLock(e.Key, data)
		l.Written = e.Written
		locks = append(locks, l)
	})
	if err != nil || len(locks) == 0 {
		return nil, err
	}
	holders, err := s.holders(ctx, project, stack)
	if err != nil {
		return nil, err
	}
	now = s.clock(ctx, now)
	here := Here()
	out := make([]state.Judged, len(locks))
	for i, l := range locks {
		out[i] = state.Judge(l, holders, here, now)
	}
	return out, nil
}

// clock is the time by the store's clock.
func (s *Store) clock(ctx context.Context, otherwise time.Time) time.Time {
	if now, err := s.Now(ctx); err == nil {
		return now
	}
	return otherwise
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
	beating.Go(func() { s.beat(ctx, project, stack, h, ended) })
	return &Held{Holder: h, store: s, stop: func() { close(ended); beating.Wait() }}, nil
}

// beat renews a note until it has ended, and names the lock in it as soon as the process has taken one.
func (s *Store) beat(ctx context.Context, project, stack string, h state.Holder, ended <-chan struct{}) {
	beats, looks := time.NewTicker(state.Beat), time.NewTicker(looking)
	defer beats.Stop()
	defer looks.Stop()
	until := time.After(state.Soon)
	renew := func() {
		if data, err := json.Marshal(h); err == nil {
			_ = s.Write(ctx, h.Key, data) // a note that cannot be renewed lets the lease run down
		}
	}
	for {
		select {
		case <-ended:
			return
		case <-beats.C:
			renew()
		case <-until:
			looks.Stop()
		case <-looks.C:
			if h.Lock == "" {
				if h.Lock = s.lockOf(ctx, project, stack, h); h.Lock != "" {
					looks.Stop()
					renew()
				}
			}
		}
	}
}

// looking is how often the lock of an engine that was just started is looked for.
const looking = time.Second

// lockOf is the id of the lock that a process has taken; empty when there is none yet.
func (s *Store) lockOf(ctx context.Context, project, stack string, h state.Holder) (id string) {
	_ = s.each(ctx, state.LockDir(project, stack), func(e Entry, data []byte) { // looked for again
		if l := state.ParseLock(e.Key, data); h.Took(l) {
			id = l.ID()
		}
	})
	return id
}

// Release ends the note and removes it.
func (h *Held) Release(ctx context.Context) error {
	h.stop()
	return h.store.Delete(ctx, h.Holder.Key)
}

// Keep ends the note and leaves it there, for whoever finds the lock of an engine that did not give it back.
func (h *Held) Keep() { h.stop() }

// Tidy removes notes on locks that were given back: of engines on this machine that have ended, as when hub was killed while
// its engine went on, and of any machine that were not renewed for as long as a lease.
func (s *Store) Tidy(ctx context.Context, project, stack string) error {
	holders, err := s.holders(ctx, project, stack)
	if err != nil || len(holders) == 0 {
		return err
	}
	here, now := Here(), s.clock(ctx, time.Time{})
	for _, h := range holders {
		started, running := here.Running(h.Pid)
		ended := h.Machine != "" && h.Machine == here.Machine && (!running || started != h.Started)
		if !ended && now.Sub(h.Heard) < state.Lease {
			continue
		}
		if err := s.Delete(ctx, h.Key); err != nil {
			return err
		}
	}
	return nil
}

// Take takes a stack's lock for this process, as an engine does, with hub's note on it; the returned function gives it back.
// A stack that somebody holds is a *Locked.
func (s *Store) Take(ctx context.Context, project, stack, verb string, now time.Time) (func(context.Context) error, error) {
	held := func(own string) error {
		locks, err := s.Locks(ctx, project, stack, now)
		others := slices.DeleteFunc(locks, func(j state.Judged) bool { return j.Lock.Key == own })
		if err == nil && len(others) > 0 {
			err = &Locked{Stack: stack, Verb: verb, Locks: others}
		}
		return err
	}
	if err := held(""); err != nil {
		return nil, err
	}
	who := "somebody" // as whom it is held is for people
	if u, err := user.Current(); err == nil {
		who = u.Username
	}
	here := Here()
	l := state.Lock{Pid: os.Getpid(), User: who, Host: here.Host, Taken: now}
	l.Key = state.LockDir(project, stack) + uuid.NewString() + ".json"
	data, err := json.Marshal(l)
	if err != nil {
		return nil, err
	}
	note, err := s.Hold(ctx, project, stack, state.Holder{Pid: l.Pid, Lock: l.ID(), User: who, Verb: verb}, now)
	if err != nil {
		return nil, err
	}
	back := func(ctx context.Context) error { return errors.Join(s.Delete(ctx, l.Key), note.Release(ctx)) }
	if err := s.Write(ctx, l.Key, data); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", stack, err), back(ctx))
	}
	if err := held(l.Key); err != nil { // somebody took it at the same time, and sees this one as well
		return nil, errors.Join(err, back(ctx))
	}
	return back, nil
}

// Locked is a stack that somebody else holds.
type Locked struct {
	Stack, Verb string
	Locks       []state.Judged
}

func (e *Locked) Error() string {
	lines := make([]string, len(e.Locks))
	for i, j := range e.Locks {
		lines[i] = j.Describe(j.At)
	}
	return fmt.Sprintf("%s %s: the stack is locked: %s", e.Verb, e.Stack, strings.Join(lines, "\n"))
}
