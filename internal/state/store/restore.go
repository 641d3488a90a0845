package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/deepstreamhub/platform/internal/state"
)

// Restored tells of a restore.
type Restored struct {
	From     state.Version
	Replaced string // where what was there before is kept; empty when nothing was
}

// Restoration is a restore that is prepared: what is restored was read and is sound, what it takes the place of was seen.
type Restoration struct {
	store          *Store
	project, stack string
	key            string
	data           []byte
	from           state.Version
	tag            string // of what was there; empty when nothing was
}

// Prepare looks at an earlier checkpoint and at what it is to take the place of. One that there is not is a *NoVersion.
func (s *Store) Prepare(ctx context.Context, project, stack, id string) (*Restoration, error) {
	key, err := s.Key(ctx, project, stack)
	if err != nil {
		return nil, err
	}
	e, err := s.find(ctx, project, stack, id)
	if err != nil {
		return nil, err
	}
	data, err := s.Read(ctx, e.Key, e.Version)
	if err != nil {
		return nil, fmt.Errorf("read %s, version %s: %w", e.Key, id, err)
	}
	c, err := state.ReadCheckpoint(data)
	if err != nil {
		return nil, fmt.Errorf("restore %s: version %s is damaged as well: %w", stack, id, err)
	}
	r := &Restoration{
		store: s, project: project, stack: stack, key: key, data: data,
		from: s.recorded(ctx, state.Version{ID: id, Key: e.Key, Written: e.Written, Resources: c.InCloud}),
	}
	if _, r.tag, err = s.Current(ctx, key); err != nil && !errors.Is(err, ErrMissing) && !errors.Is(err, ErrFolder) {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return r, nil
}

// From is the checkpoint that is restored, with the deployment that it is from after.
func (r *Restoration) From() state.Version { return r.from }

// Apply makes the earlier checkpoint the current one, under the stack's lock and over nothing but what Prepare saw, which is
// kept beside it. A stack that is held is a *Locked, another checkpoint a *Changed.
func (r *Restoration) Apply(ctx context.Context, now time.Time) (done Restored, err error) {
	s := r.store
	back, err := s.Take(ctx, r.project, r.stack, "restore", now)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, back(context.WithoutCancel(ctx))) }()
	done.From = r.from
	before, tag, err := s.Current(ctx, r.key)
	switch {
	case err == nil && tag == r.tag:
		done.Replaced = state.KeptFile(r.project, r.stack, now)
		err = s.Write(ctx, done.Replaced, before)
	case err == nil:
		return Restored{}, &Changed{r.stack, r.key}
	case errors.Is(err, ErrMissing) || errors.Is(err, ErrFolder):
		err = nil // Replace says if it was there before
	}
	if err != nil {
		return Restored{}, fmt.Errorf("keep the checkpoint that is there: %w", err)
	}
	switch err := s.Replace(ctx, r.key, r.tag, r.data); {
	case errors.Is(err, ErrChanged):
		return Restored{}, &Changed{r.stack, r.key}
	case err != nil:
		return Restored{}, fmt.Errorf("write %s: %w", r.key, err)
	}
	return done, nil
}

// Restore makes an earlier checkpoint the current one, as Prepare and Apply do.
func (s *Store) Restore(ctx context.Context, project, stack, id string, now time.Time) (Restored, error) {
	r, err := s.Prepare(ctx, project, stack, id)
	if err != nil {
		return Restored{}, err
	}
	return r.Apply(ctx, now)
}

// Changed is a checkpoint that is another than the one that was to be replaced.
type Changed struct{ Stack, Key string }

func (e *Changed) Error() string {
	return fmt.Sprintf("restore %s: the checkpoint %s was changed meanwhile; nothing was restored", e.Stack, e.Key)
}

// NoVersion is an earlier checkpoint that does not exist.
type NoVersion struct{ Stack, ID string }

func (e *NoVersion) Error() string {
	return fmt.Sprintf("restore %s: there is no version %s", e.Stack, e.ID)
}
