package crashtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// attempts are those under way. An attempt has two halves: what the crash left is settled, which is the same whatever runs
// next, and then a verb runs. Crashes before a call and after the one before it often come to the same once they are settled;
// then the verb runs once for all.
type attempts struct {
	Subject
	dir   string // a folder for each run is made in it
	whole map[string]inventory
	told  func(done, all int, r Result)

	mu      sync.Mutex
	report  *Report
	done    int
	endings map[ending]*outcome
}

// ending is what decides how an attempt ends: the verb that was cut off, the one that runs next, and hashes of state and cloud
// once they are settled.
type ending struct {
	cut, by string
	settled [2 * sha256.Size]byte
}

// outcome is that of all attempts with the same ending.
type outcome struct {
	once sync.Once
	Result
}

// try makes attempts whose crashes left the same. An interrupted one counts as not made: nobody knows what would have become of it.
func (t *attempts) try(ctx context.Context, same []int) {
	first := t.report.Results[same[0]].Point
	dir := filepath.Join(t.dir, fmt.Sprint(same[0]))
	began := time.Now()
	settled, err := t.settle(ctx, dir, first)
	took := time.Since(began)
	if ctx.Err() != nil {
		return
	}
	t.mu.Lock()
	t.report.Settled++
	t.mu.Unlock()
	for _, i := range same {
		r := t.report.Results[i]
		if r.Err = err; err == nil {
			o := t.end(ctx, dir, ending{first.Verb, r.By, settled.hash}, first, settled)
			r.Err, r.Leaked, r.Lost, r.Differ, r.Took = o.Err, o.Leaked, o.Lost, o.Differ, o.Took
		}
		if r.Took += took; ctx.Err() != nil && !r.OK() {
			return
		}
		t.tell(i, r)
	}
}

// tell enters a result.
func (t *attempts) tell(i int, r Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.report.Results[i] = r
	t.done++
	if t.told != nil {
		t.told(t.done, len(t.report.Results), r)
	}
}

// settle has the driver find out what a crash left, and returns what it made of it.
func (t *attempts) settle(ctx context.Context, dir string, p Point) (settled remains, err error) {
	defer func() { _ = os.RemoveAll(dir) }()
	if err := t.in(ctx, dir, p.left, p.records, false, func(r *region) error { return r.driver.Recover(ctx) }); err != nil {
		return settled, err
	}
	return keep(cloud.NewContents(), stateFile(stateDir(dir), t.Project, t.Stack), cloudFile(dir), settledState, settledCloud)
}

// end runs the verb of an ending on what was settled, unless it has been, and waits for whoever does.
func (t *attempts) end(ctx context.Context, dir string, e ending, p Point, settled remains) *outcome {
	t.mu.Lock()
	o := t.endings[e]
	if o == nil {
		o = &outcome{}
		t.endings[e] = o
	}
	t.mu.Unlock()
	o.once.Do(func() {
		defer func() { _ = os.RemoveAll(dir) }()
		began := time.Now()
		o.Err = t.in(ctx, dir, settled, p.records, true, func(r *region) error {
			if err := t.run(ctx, r, e.cut, e.by); err != nil {
				return err
			}
			left, err := r.take()
			want := expect(e.cut, e.by, t.whole)
			o.Leaked, o.Lost, o.Differ = left.leaked(want), left.lost(), left.differences(want)
			return err
		})
		o.Took = time.Since(began)
		t.mu.Lock()
		t.report.Run++
		t.mu.Unlock()
	})
	return o
}

// in does something in a region that begins with what was left.
func (t *attempts) in(ctx context.Context, dir string, left remains, records string, settled bool, do func(*region) error) error {
	if err := left.write(left.cloud, cloudFile(dir)); err != nil {
		return err
	}
	if err := left.write(left.state, stateFile(stateDir(dir), t.Project, t.Stack)); err != nil {
		return err
	}
	if err := copyRecords(records, recordsDir(stateDir(dir), t.Project, t.Stack)); err != nil {
		return err
	}
	r, err := t.open(ctx, dir, opening{settled: settled, safe: true})
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.close())
}
