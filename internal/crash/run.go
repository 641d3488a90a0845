package crash

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/deploy"
)

// Options say how many crashes are tried.
type Options struct {
	Sample  int    // so many of all points, chosen by Seed; 0: all
	Seed    uint64 //
	Workers int    // recoveries at once; 0: one
	// Crosswise recovers from every second crash by the other verb: an up that was killed is destroyed, and the reverse.
	Crosswise bool
	Told      func(done, all int, r Result) // called after each, from one goroutine at a time; nil: nobody listens
}

// Result is what became of one crash.
type Result struct {
	Point  Point
	By     string   // the verb that recovered: up or destroy
	Err    error    // the next run did not finish
	Leaked []string // what AWS holds and the state does not know
	Unseen []string // leaked as well, but of a type that no call of the provider lists: nobody could have found it
	Lost   []string // what the state holds and AWS does not
	Differ []string // what there is more or less of than after a run that was left alone
	Took   time.Duration
}

// OK reports whether the crash left nothing behind that could have been found.
func (r Result) OK() bool {
	return r.Err == nil && len(r.Leaked)+len(r.Lost)+len(r.Differ) == 0
}

// Report is the outcome of all.
type Report struct {
	Points  map[string]int // how many there were, by verb
	Results []Result       // of those tried, in order of time
}

// Run captures every crash point of one up and one destroy, and recovers from each: with the verb that was interrupted or,
// where Crosswise says so, with the other one.
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
	points = sample(points, o)
	report.Results = make([]Result, len(points))
	next, done := make(chan int), 0
	var all sync.WaitGroup
	var told sync.Mutex
	for range max(o.Workers, 1) {
		all.Go(func() {
			for i := range next {
				verb := points[i].Verb
				if o.Crosswise && i%2 == 1 {
					verb = other[verb]
				}
				r := s.try(ctx, filepath.Join(dir, fmt.Sprint(i)), points[i], verb, whole)
				told.Lock()
				report.Results[i] = r
				done++
				if o.Told != nil {
					o.Told(done, len(points), r)
				}
				told.Unlock()
			}
		})
	}
	for i := range points {
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

// capture runs an up and a destroy and returns the points of both, and what each leaves when it is left alone.
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
	for _, verb := range []string{"up", "destroy"} {
		r.record(verb)
		if err := run(ctx, region.driver, verb); err != nil {
			return nil, nil, err
		}
		r.record("")
		left, err := region.take(ctx)
		if err != nil {
			return nil, nil, err
		}
		whole[verb] = left
	}
	return r.points, whole, r.err
}

func run(ctx context.Context, d *deploy.Driver, verb string) error {
	var err error
	if verb == "destroy" {
		_, err = d.Destroy(ctx, deploy.Options{RunProgram: true}) // as hub does
	} else {
		_, err = d.Up(ctx, deploy.Options{})
	}
	return err
}

// sample picks the points to be tried. A seed picks the same calls in every run, although their order differs.
func sample(points []Point, o Options) []Point {
	slices.SortFunc(points, func(a, b Point) int {
		return cmp.Or(cmp.Compare(b.Verb, a.Verb), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(b.When, a.When))
	})
	if o.Sample == 0 || o.Sample >= len(points) {
		return points
	}
	chosen := rand.New(rand.NewPCG(o.Seed, 0)).Perm(len(points))[:o.Sample]
	slices.Sort(chosen)
	var out []Point
	for _, i := range chosen {
		out = append(out, points[i])
	}
	return out
}

var other = map[string]string{"up": "destroy", "destroy": "up"}

// try recovers from one point by a verb, in a folder of its own.
func (s Subject) try(ctx context.Context, dir string, p Point, verb string, whole map[string]inventory) Result {
	began := time.Now()
	out := Result{Point: p, By: verb}
	out.Err = s.recover(ctx, dir, p, whole[verb], &out)
	out.Took = time.Since(began)
	_ = os.RemoveAll(dir)
	return out
}

// quick keeps the engine from writing its checkpoint after every step: nobody kills it this time.
var quick = []string{"PULUMI_EXPERIMENTAL=true", "PULUMI_SKIP_CHECKPOINTS=true"}

func (s Subject) recover(ctx context.Context, dir string, p Point, whole inventory, out *Result) error {
	if err := decompress(p.cloud, filepath.Join(cloudDir(dir), "cloud.json")); err != nil {
		return err
	}
	if err := decompress(p.state, stateFile(stateDir(dir), s.Project, s.Stack)); err != nil {
		return err
	}
	region, err := s.open(ctx, dir, nil, quick...)
	if err != nil {
		return err
	}
	defer func() { _ = region.close() }()
	if err := run(ctx, region.driver, out.By); err != nil {
		return err
	}
	left, err := region.take(ctx)
	if err != nil {
		return err
	}
	out.Leaked, out.Unseen = left.leaked(whole)
	out.Lost = left.lost()
	if len(out.Unseen) == 0 {
		out.Differ = left.differences(whole)
	}
	return nil
}
