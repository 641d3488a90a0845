package crash

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/deploy"
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
}

// Run captures every crash point of one up, one update and one destroy, and recovers from each by an up or by a destroy.
func Run(ctx context.Context, s Subject, o Options) (Report, error) {
	dir, err := os.MkdirTemp("", "hub-crash-")
	if err != nil {
		return Report{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system's temporary folder
	points, whole, err := capture(ctx, s, filepath.Join(dir, "capture"))
	if err != nil {
		return Report{}, fmt.Errorf("capture crash points of %s: %w", s.Stack, err)
	}
	report := Report{Points: map[string]int{}}
	for _, p := range points {
		report.Points[p.Verb]++
	}
	attempts := sample(points, o)
	report.Results = make([]Result, len(attempts))
	next, done := make(chan int), 0
	var all sync.WaitGroup
	var told sync.Mutex
	for range max(o.Workers, 1) {
		all.Go(func() {
			for i := range next {
				r := s.try(ctx, filepath.Join(dir, fmt.Sprint(i)), attempts[i], whole)
				told.Lock()
				report.Results[i] = r
				done++
				if o.Told != nil {
					o.Told(done, len(attempts), r)
				}
				told.Unlock()
			}
		})
	}
	for i := range attempts {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	all.Wait()
	report.Results = slices.DeleteFunc(report.Results, func(r Result) bool { return r.By == "" }) // interrupted before
	return report, context.Cause(ctx)
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
		left, err := region.take(ctx)
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

// sample picks what is tried: each point, half of them recovered from by the verb that was interrupted, half by the other
// one. A seed picks the same in every run, although the order of the points differs; the next seed picks the other verb
// for each, so that two of them try everything.
func sample(points []Point, o Options) []Result {
	points = slices.SortedFunc(slices.Values(points), func(a, b Point) int {
		return cmp.Or(cmp.Compare(b.Verb, a.Verb), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(b.When, a.When))
	})
	var all []Result
	for i, p := range points {
		if strings.Contains(p.String(), o.Step) {
			verb := i + i/2 // neither before nor after the calls is always the same
			all = append(all, Result{Point: p, By: []string{"up", "destroy"}[(uint64(verb)+o.Seed)%2]})
		}
	}
	if o.Sample == 0 || o.Sample >= len(all) {
		return all
	}
	chosen := rand.New(rand.NewPCG(o.Seed, 0)).Perm(len(all))[:o.Sample]
	slices.Sort(chosen)
	var out []Result
	for _, i := range chosen {
		out = append(out, all[i])
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

// quick keeps the engine from writing its checkpoint after every step: nobody kills it this time.
var quick = []string{"PULUMI_EXPERIMENTAL=true", "PULUMI_SKIP_CHECKPOINTS=true"}

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
	region, err := s.open(ctx, dir, nil, quick...)
	if err != nil {
		return err
	}
	defer func() { _ = region.close() }()
	if err := s.run(ctx, region, out.Point.Verb, out.By); err != nil {
		return err
	}
	left, err := region.take(ctx)
	if err != nil {
		return err
	}
	out.Leaked, out.Lost, out.Differ = left.leaked(want), left.lost(), left.differences(want)
	return nil
}
