package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/state"
)

// waysBack is how many sound checkpoints since the last deployment are looked for, readAtMost how many are read for it, and
// deployments how many deployments are looked back on.
const (
	waysBack    = 5
	readAtMost  = 25
	deployments = 50
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

// rereads is how often a checkpoint that cannot be read is read again while it changes.
const rereads = 20

// Checkpoint reads a stack's checkpoint. It is nil for a stack that does not exist; a damaged one is a *Damaged with the
// ways back, and so is one that is missing although the stack was deployed. One that changes while it is read is read again.
func (s *Store) Checkpoint(ctx context.Context, project, stack string) (*state.Checkpoint, error) {
	if err := s.layout(ctx); err != nil {
		return nil, err
	}
	before := "nothing"
	for try := 0; ; try++ {
		key, err := s.Key(ctx, project, stack)
		if err != nil {
			return nil, err
		}
		data, tag, why := s.Current(ctx, key)
		var c state.Checkpoint
		switch {
		case why == nil:
			if c, why = s.decode(data); why == nil && !c.New {
				return &c, nil
			}
		case !errors.Is(why, ErrMissing) && !errors.Is(why, ErrFolder):
			return nil, fmt.Errorf("read %s: %w", key, why)
		}
		if why == nil || errors.Is(why, ErrMissing) {
			return s.orLost(ctx, project, stack, key, &c, why)
		}
		if now := tag + why.Error(); now != before && try < rereads {
			before = now
			time.Sleep(beingWritten)
			continue
		}
		return nil, s.damaged(ctx, project, stack, key, why)
	}
}

// decoded is what was read out of a text, which its hash stands for.
type decoded struct {
	text [sha256.Size]byte
	state.Checkpoint
}

// decode reads a checkpoint, unless it is the one that was read last, which takes a tenth of the time.
func (s *Store) decode(data []byte) (state.Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(data)
	if s.last.text == sum {
		return s.last.Checkpoint, nil
	}
	c, err := state.ReadCheckpoint(data)
	if err == nil {
		s.last = decoded{sum, c}
	}
	return c, err
}

func (s *Store) damaged(ctx context.Context, project, stack, key string, why error) error {
	ways, err := s.History(ctx, project, stack)
	if err != nil {
		return errors.Join(&Damaged{Stack: stack, Key: key, Why: why}, err)
	}
	sound := slices.DeleteFunc(ways, func(v state.Version) bool { return v.Damage != "" })
	return &Damaged{Stack: stack, Key: key, Why: why, Ways: sound}
}

// orLost tells a stack that is new from one whose checkpoint is gone or says that it is new. A stack that was removed leaves
// copies of its checkpoint, of which the newest holds nothing, and no record of what was done to it (pkg/backend/diy,
// removeStack). Who may list names alone, as a preview of a pull request may, goes by those records.
func (s *Store) orLost(ctx context.Context, project, stack, key string, c *state.Checkpoint, missing error) (*state.Checkpoint, error) {
	ways, err := s.History(ctx, project, stack)
	if err != nil && !errors.Is(err, ErrForbidden) {
		return nil, err
	}
	sound := slices.IndexFunc(ways, func(v state.Version) bool { return v.Damage == "" })
	holds := sound >= 0 && ways[sound].Resources > 0
	if missing == nil {
		if !holds {
			return c, nil
		}
		return nil, s.damaged(ctx, project, stack, key, errors.New("it says that nothing was ever deployed, although earlier ones hold resources"))
	}
	records, err := s.List(ctx, state.HistoryDir(project, stack))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", state.HistoryDir(project, stack), err)
	}
	recorded := slices.ContainsFunc(records, func(e Entry) bool { _, ok := state.Ended(e.Key); return ok })
	if !holds && !recorded {
		return nil, nil
	}
	return nil, s.damaged(ctx, project, stack, key, errors.New("it is missing, although the stack was deployed before"))
}

// Text returns a stack's checkpoint, unpacked where the engine compressed it; nil where there is none.
func (s *Store) Text(ctx context.Context, project, stack string) ([]byte, error) {
	key, err := s.Key(ctx, project, stack)
	if err != nil {
		return nil, err
	}
	data, err := s.Read(ctx, key, "")
	if errors.Is(err, ErrMissing) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", key, err)
	}
	return state.Unpacked(data)
}

// Key returns where a stack's checkpoint is, or would be: the engine compresses it where it is told to, and goes by the newest then.
func (s *Store) Key(ctx context.Context, project, stack string) (string, error) {
	plain := state.StackFile(project, stack)
	found, err := s.List(ctx, plain)
	if err != nil {
		return "", fmt.Errorf("list %s: %w", plain, err)
	}
	best, at := plain, time.Time{}
	for _, e := range found {
		if (e.Key == plain || e.Key == plain+".gz" || e.Key == plain+".zst") && !e.Written.Before(at) {
			best, at = e.Key, e.Written
		}
	}
	return best, nil
}

// History returns earlier checkpoints of a stack, the newest first: since the last deployment, versions that the bucket
// kept and the copy that the engine made before its last write, until a few sound ones are found; from after each deployment
// one, with what the deployment was. Those that are not sound are in it as well.
func (s *Store) History(ctx context.Context, project, stack string) ([]state.Version, error) {
	records, err := s.List(ctx, state.HistoryDir(project, stack))
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", state.HistoryDir(project, stack), err)
	}
	after := slices.DeleteFunc(records, func(e Entry) bool { return !strings.Contains(path.Base(e.Key), checkpointFile) })
	since, err := s.since(ctx, project, stack, len(after) > 0)
	if err != nil {
		return nil, err
	}
	newest := func(a, b Entry) int { return b.Written.Compare(a.Written) }
	slices.SortStableFunc(since, newest)
	slices.SortStableFunc(after, newest)
	var out []state.Version
	sound := 0
	for i, e := range since {
		if sound == waysBack || i == readAtMost || len(after) > 0 && e.Written.Before(after[0].Written) {
			break
		}
		v, there, err := s.version(ctx, e)
		if err != nil {
			return nil, err
		}
		if there {
			out = append(out, v)
		}
		if there && v.Damage == "" {
			sound++
		}
	}
	for _, e := range after[:min(len(after), deployments)] {
		v, there, err := s.version(ctx, e)
		if err != nil {
			return nil, err
		}
		if !there {
			continue
		}
		out = append(out, s.recorded(ctx, v))
	}
	return out, nil
}

// recorded adds what the engine noted of the deployment that a checkpoint is from after, if it is one's.
func (s *Store) recorded(ctx context.Context, v state.Version) state.Version {
	if !strings.Contains(path.Base(v.Key), checkpointFile) {
		return v
	}
	if record, err := s.Read(ctx, strings.Replace(v.Key, checkpointFile, ".history.json", 1), ""); err == nil {
		v.Take(state.ReadRecord(record))
	}
	return v
}

// Last returns what the engine noted of the last deployment that ended; nil where there was none.
func (s *Store) Last(ctx context.Context, project, stack string) (*state.Version, error) {
	prefix := state.HistoryDir(project, stack)
	records, err := s.List(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", prefix, err)
	}
	records = slices.DeleteFunc(records, func(e Entry) bool { _, ok := state.Ended(e.Key); return !ok })
	if len(records) == 0 {
		return nil, nil
	}
	last := slices.MaxFunc(records, func(a, b Entry) int { return ended(a).Compare(ended(b)) })
	data, err := s.Read(ctx, last.Key, "")
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", last.Key, err)
	}
	key := strings.Replace(last.Key, ".history.json", checkpointFile, 1)
	v := state.Version{ID: path.Base(key), Key: key, Written: ended(last)}
	v.Take(state.ReadRecord(data))
	return &v, nil
}

// checkpointFile is how the engine calls the copy of a checkpoint that it keeps beside its record of a deployment.
const checkpointFile = ".checkpoint.json"

// since are earlier checkpoints that belong to no deployment that is recorded. The copies that the engine makes after each
// are those of the records once more, and all there is of a stack that was removed.
func (s *Store) since(ctx context.Context, project, stack string, recorded bool) ([]Entry, error) {
	key := state.StackFile(project, stack)
	candidates, err := s.Versions(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("list versions of %s: %w", key, err)
	}
	candidates = slices.DeleteFunc(candidates, func(e Entry) bool { return e.Current })
	prefixes := []string{key + ".bak", key + ".gz.bak", key + ".zst.bak"}
	if !recorded {
		prefixes = append(prefixes, state.BackupDir(project, stack))
	}
	for _, prefix := range prefixes {
		copies, err := s.List(ctx, prefix)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", prefix, err)
		}
		candidates = append(candidates, copies...)
	}
	return candidates, nil
}

// version is an earlier checkpoint, if it is still there.
func (s *Store) version(ctx context.Context, e Entry) (state.Version, bool, error) {
	data, err := s.Read(ctx, e.Key, e.Version)
	if errors.Is(err, ErrMissing) {
		return state.Version{}, false, nil
	}
	if err != nil {
		return state.Version{}, false, fmt.Errorf("read %s: %w", e.Key, err)
	}
	v := state.Version{ID: idOf(e), Key: e.Key, Written: e.Written}
	if c, err := state.ReadCheckpoint(data); err != nil {
		v.Damage = err.Error()
	} else {
		v.Resources = c.InCloud
	}
	return v, true, nil
}

// idOf is what an operator names an earlier checkpoint by: the bucket's version, or the name of the copy.
func idOf(e Entry) string {
	if e.Version != "" {
		return e.Version
	}
	return path.Base(e.Key)
}

// Stacks returns the names of a project's stacks that have a checkpoint, sorted.
func (s *Store) Stacks(ctx context.Context, project string) ([]string, error) {
	dir := path.Dir(state.StackFile(project, "x")) + "/"
	found, err := s.List(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", dir, err)
	}
	var names []string
	for _, e := range found {
		name, ok := strings.CutSuffix(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(e.Key, dir), ".gz"), ".zst"), ".json")
		if ok && !strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
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
		backups, history := state.BackupDir(project, stack), state.HistoryDir(project, stack)
		for _, copied := range []string{path.Join(path.Dir(key), id), path.Join(backups, id), path.Join(history, id)} {
			ours := slices.Contains([]string{key + ".bak", key + ".gz.bak", key + ".zst.bak"}, copied) || strings.HasPrefix(copied, backups) ||
				strings.HasPrefix(copied, history) && strings.Contains(id, checkpointFile)
			found, err := s.List(ctx, copied)
			if err != nil {
				return Entry{}, fmt.Errorf("list %s: %w", copied, err)
			}
			if ours && len(found) > 0 && found[0].Key == copied {
				return found[0], nil
			}
		}
	}
	return Entry{}, &NoVersion{stack, id}
}
