package crashtest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
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
	Settled int            // how many recoveries were run: one for crashes that left the same
	Run     int            // how many verbs were run after one: one for recoveries that came to the same, by verb
}

// Run captures every crash point of one up, one update and one destroy, and recovers from each by an up and by a destroy. When ctx
// ends it returns what had been tried, and ctx's error.
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
	report := Report{Points: map[string]int{}, Results: sample(points, o)}
	for _, p := range points {
		report.Points[p.Verb]++
	}
	s.tryAll(ctx, dir, &report, whole, o)
	report.Results = slices.DeleteFunc(report.Results, func(r Result) bool { return r.Took == 0 }) // interrupted before
	return report, context.Cause(ctx)
}

// tryAll makes the attempts of a report, each different one once.
func (s Subject) tryAll(ctx context.Context, dir string, report *Report, whole map[string]inventory, o Options) {
	next := make(chan []int)
	var all sync.WaitGroup
	t := attempts{Subject: s, dir: dir, report: report, whole: whole, told: o.Told, endings: map[ending]*outcome{}}
	for range max(o.Workers, 1) {
		all.Go(func() {
			for same := range next {
				t.try(ctx, same)
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

// alike groups attempts whose crashes left the same state and the same cloud, to the byte, of one verb: what is left over is
// found out once for all of them.
func alike(attempts []Result) [][]int {
	type kind struct {
		cut  string
		left [2 * sha256.Size]byte
	}
	place, groups := map[kind]int{}, [][]int(nil)
	for i, a := range attempts {
		k := kind{a.Point.Verb, a.Point.left.hash}
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
		cloudFile: cloudFile(dir),
		contents:  cloud.NewContents(),
	}
	region, err := s.open(ctx, dir, opening{around: r.around})
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
		_, err = r.driver.Destroy(ctx, deploy.Options{})
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
