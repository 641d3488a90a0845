package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/state"
)

// Ending tells how the last operation on a stack ended.
type Ending struct {
	// Well is set when it succeeded and nothing was written since. Else its engine was killed, or something that it did
	// failed. Where no record is kept nothing ended well.
	Well bool
	// Before is when the operation before it ended; zero where nothing tells. What was written since is the last one's.
	Before time.Time
}

// Ending reads how the last operation ended: every one that ends, however it ends, leaves a record that is younger than the
// checkpoint that it wrote.
func (s *Store) Ending(ctx context.Context, project, stack string, c *state.Checkpoint) (Ending, error) {
	records, err := s.records(ctx, project, stack)
	switch {
	case err != nil:
		return Ending{}, err
	case len(records) == 0:
		return Ending{}, nil
	case ended(records[0]).Before(c.Written):
		return Ending{Before: ended(records[0])}, nil
	}
	var e Ending
	if len(records) > 1 {
		e.Before = ended(records[1])
	}
	data, err := s.Read(ctx, records[0].Key, "")
	if err != nil {
		return Ending{}, fmt.Errorf("read %s: %w", records[0].Key, err)
	}
	e.Well = state.ReadRecord(data).Result == "succeeded" // pulumi/pkg/backend/updates.go
	return e, nil
}

// records lists the records of the operations that ended, the last first.
func (s *Store) records(ctx context.Context, project, stack string) ([]Entry, error) {
	prefix := state.HistoryDir(project, stack)
	records, err := s.List(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", prefix, err)
	}
	records = slices.DeleteFunc(records, func(e Entry) bool { _, ok := state.Ended(e.Key); return !ok })
	slices.SortFunc(records, func(a, b Entry) int { return ended(b).Compare(ended(a)) })
	return records, nil
}

// Whole returns the checkpoint from before the destroys that were the last operations to end, unpacked; nil where nothing else is
// on record.
func (s *Store) Whole(ctx context.Context, project, stack string) ([]byte, error) {
	records, err := s.records(ctx, project, stack)
	for _, e := range records {
		var data []byte
		if data, err = s.Read(ctx, e.Key, ""); err != nil {
			break
		}
		if state.ReadRecord(data).Kind == "destroy" {
			continue
		}
		data, err = s.Read(ctx, strings.Replace(e.Key, ".history.json", ".checkpoint.json", 1), "")
		switch {
		case errors.Is(err, ErrMissing):
			return nil, nil
		case err == nil:
			return state.Unpacked(data)
		}
		break
	}
	return nil, err
}

func ended(record Entry) time.Time { at, _ := state.Ended(record.Key); return at }

// How far the clocks of the storage and of whoever wrote a record may be apart, and how many versions are read at once.
const (
	clocksApart = 5 * time.Minute
	readAtOnce  = 8
)

// Trail calls f with what was written of a stack's checkpoint since then, unpacked, in order, the current one last. An error of
// f ends it. An earlier one that is cut short, as on a full disk, is passed over: the engine began nothing that it could not note.
func (s *Store) Trail(ctx context.Context, project, stack string, since time.Time, f func([]byte) error) error {
	key, err := s.Key(ctx, project, stack)
	if err != nil {
		return err
	}
	versions, err := s.Versions(ctx, key)
	if err != nil {
		return fmt.Errorf("list versions of %s: %w", key, err)
	}
	versions = slices.DeleteFunc(versions, func(e Entry) bool { return e.Current || e.Written.Before(since.Add(-clocksApart)) })
	slices.Reverse(versions)
	versions = append(versions, Entry{Key: key})
	for some := range slices.Chunk(versions, readAtOnce) {
		all, err := s.readAll(ctx, some)
		if err != nil {
			return fmt.Errorf("read versions of %s: %w", key, err)
		}
		for i, data := range all {
			if data == nil { // removed meanwhile
				continue
			}
			text, err := state.Unpacked(data)
			if some[i].Version != "" && (err != nil || !json.Valid(text)) {
				continue
			}
			if err == nil {
				err = f(text)
			}
			if err != nil {
				return fmt.Errorf("read versions of %s: %w", key, err)
			}
		}
	}
	return nil
}

// readAll reads several versions at once; one that is not there any more is nil.
func (s *Store) readAll(ctx context.Context, some []Entry) ([][]byte, error) {
	all, errs := make([][]byte, len(some)), make([]error, len(some))
	var reading sync.WaitGroup
	for i, e := range some {
		reading.Go(func() {
			all[i], errs[i] = s.Read(ctx, e.Key, e.Version)
			if errors.Is(errs[i], ErrMissing) {
				all[i], errs[i] = nil, nil
			}
		})
	}
	reading.Wait()
	return all, errors.Join(errs...)
}
