package crashtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/engine"
)

// Options say how many crashes are tried.
type Options struct {
	Step    string // only crashes in whose text this occurs; empty: all
	Sample  int    // so many of them, chosen by Seed; 0: all
	Seed    uint64
	Workers int                           // recoveries at once; 0: one
	Told    func(done, all int, r Result) // called after each, from one goroutine at a time; nil: nobody listens
}

// Result is what became of one crash.
type Result struct {
	Point  Point
	By     string   // the verb that recovered: up or destroy
	Err    error    // the next run did not finish
	Leaked []string // what AWS holds and the state does not know
	Lost   []string // what the state holds and AWS does not
	Differ []string // what there is more or less of than after a run that was left alone
	Took   time.Duration
}

// OK reports whether the crash left nothing behind.
func (r Result) OK() bool {
	return r.Err == nil && len(r.Leaked)+len(r.Lost)+len(r.Differ) == 0
}

// Report is the outcome of all.
type Report struct {
	Points  map[string]int // how many there were, by verb
	Results []Result       // of those tried, in order of time
	Run     int            // how many recoveries were run: one for results whose crash left the same, recovered by the same verb
}

// Run captures every crash point of one up, one update and one destroy, and recovers from each by an up and by a destroy. When ctx
// ends it returns what had been tried, and ctx's error.
func Run(ctx context.Context, s Subject, o Options) (report Report, err error) {
	dir, err := os.MkdirTemp("", "hub-crash-")
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system's temporary folder
	if s.keeper, err = openKeeper(ctx); err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, s.keeper.close()) }()
	points, whole, err := capture(ctx, s, filepath.Join(dir, "capture"))
	if err != nil {
		return Report{}, fmt.Errorf("capture crash points of %s: %w", s.Stack, err)
	}
	report = Report{Points: map[string]int{}, Results: sample(points, o)}
	for _, p := range points {
		report.Points[p.Verb]++
	}
	s.tryAll(ctx, dir, &report, whole, o)
	report.Results = slices.DeleteFunc(report.Results, func(r Result) bool { return r.Took == 0 }) // interrupted before
	return report, context.Cause(ctx)
}

// tryAll makes the attempts of a report, each different one once.
func (s Subject) tryAll(ctx context.Context, dir string, report *Report, whole map[string]inventory, o Options) {
	next, done := make(chan []int), 0
	var all sync.WaitGroup
	var told sync.Mutex
	for range max(o.Workers, 1) {
		all.Go(func() {
			for same := range next {
				outcome := s.try(ctx, filepath.Join(dir, fmt.Sprint(same[0])), report.Results[same[0]], whole)
				if ctx.Err() != nil && !outcome.OK() {
					continue // interrupted: nobody knows what would have become of it
				}
				told.Lock()
				report.Run++
				for _, i := range same {
					outcome.Point = report.Results[i].Point
					report.Results[i] = outcome
					done++
					if o.Told != nil {
						o.Told(done, len(report.Results), outcome)
					}
				}
				told.Unlock()
			}
		})
	}
	for _, same := range alike(report.Results) {
		if ctx.Err() != nil {
			break
		}
		next <- same
	}
	close(next)
	all.Wait()
}

// alike groups attempts of which one says what all would: of one verb, cut off with the same state and the same cloud to the
// byte, recovered from by one verb.
func alike(attempts []Result) [][]int {
	type kind struct {
		cut, by string
		left    [2 * sha256.Size]byte
	}
	place, groups := map[kind]int{}, [][]int(nil)
	for i, a := range attempts {
		k := kind{a.Point.Verb, a.By, a.Point.left}
		if _, known := place[k]; !known {
			place[k] = len(groups)
			groups = append(groups, nil)
		}
		groups[place[k]] = append(groups[place[k]], i)
	}
	return groups
}

// capture runs an up, an update and a destroy, and returns the points of all, and what each leaves when it is left alone.
func capture(ctx context.Context, s Subject, dir string) (points []Point, whole map[string]inventory, err error) {
	r := &recorder{
		stateFile: stateFile(stateDir(dir), s.Project, s.Stack),
		cloudFile: filepath.Join(cloudDir(dir), "cloud.json"),
	}
	region, err := s.open(ctx, dir, r.around)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = region.close() }() // what counts is copied
	whole = map[string]inventory{}
	for _, verb := range []string{"up", "update", "destroy"} {
		records := filepath.Join(dir, "before "+verb)
		if err := copyRecords(recordsDir(stateDir(dir), s.Project, s.Stack), records); err != nil {
			return nil, nil, err
		}
		r.record(verb, records)
		if err := s.run(ctx, region, verb, verb); err != nil {
			return nil, nil, err
		}
		r.end()
		left, err := region.take()
		if err != nil {
			return nil, nil, err
		}
		whole[verb] = left
	}
	return r.points, whole, r.err
}

// run runs a verb on what a run of another one left, or left over: after an update the program is the changed one.
func (s Subject) run(ctx context.Context, r *region, cut, verb string) error {
	if cut != "up" {
		r.program.Store(&s.Changed)
	}
	var err error
	if verb == "destroy" {
		_, err = r.driver.Destroy(ctx, deploy.Options{RunProgram: true}) // as hub does
	} else {
		_, err = r.driver.Up(ctx, deploy.Options{})
	}
	return err
}

// verbs recover.
var verbs = [...]string{"up", "destroy"}

// sample picks what is tried: each point, recovered from by both verbs, or so many points by one of the two each. A seed
// picks the same in every run, although the order of the points differs.
func sample(points []Point, o Options) []Result {
	points = slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		return cmp.Or(cmp.Compare(b.Verb, a.Verb), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(b.When, a.When))
	})
	var all, out []Result
	for i, p := range points {
		if !strings.Contains(p.String(), o.Step) {
			continue
		}
		first := (uint64(i+i/2) + o.Seed) % 2 // neither before nor after the calls is always the same
		all = append(all, Result{Point: p, By: verbs[first]}, Result{Point: p, By: verbs[1-first]})
	}
	if o.Sample == 0 || 2*o.Sample >= len(all) {
		return all
	}
	chosen := rand.New(rand.NewPCG(o.Seed, 0)).Perm(len(all) / 2)[:o.Sample]
	slices.Sort(chosen)
	for _, i := range chosen {
		out = append(out, all[2*i])
	}
	return out
}

// try makes an attempt in a folder of its own.
func (s Subject) try(ctx context.Context, dir string, attempt Result, whole map[string]inventory) Result {
	began := time.Now()
	attempt.Err = s.recover(ctx, dir, expect(attempt.Point.Verb, attempt.By, whole), &attempt)
	attempt.Took = time.Since(began)
	_ = os.RemoveAll(dir)
	return attempt
}

func (s Subject) recover(ctx context.Context, dir string, want expected, out *Result) error {
	if err := decompress(out.Point.cloud, filepath.Join(cloudDir(dir), "cloud.json")); err != nil {
		return err
	}
	if err := decompress(out.Point.state, stateFile(stateDir(dir), s.Project, s.Stack)); err != nil {
		return err
	}
	if err := copyRecords(out.Point.records, recordsDir(stateDir(dir), s.Project, s.Stack)); err != nil {
		return err
	}
	region, err := s.open(ctx, dir, nil, engine.NoCheckpoints...) // nobody kills it this time
	if err != nil {
		return err
	}
	defer func() { _ = region.close() }()
	if err := s.run(ctx, region, out.Point.Verb, out.By); err != nil {
		return err
	}
	left, err := region.take()
	if err != nil {
		return err
	}
	out.Leaked, out.Lost, out.Differ = left.leaked(want), left.lost(), left.differences(want)
	return nil
}
