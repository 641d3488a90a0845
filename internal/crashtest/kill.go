package crashtest

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

	"github.com/deepstreamhub/platform/internal/engine"
)

// Victims are the names of what is killed.
const (
	killHub      = "hub"
	killEngine   = "engine"
	killBoth     = "hub and engine"
	killProvider = "provider"
)

// Killed is a stack whose processes are killed: those of hub itself, on a copy of the project.
type Killed struct {
	Stack   string
	Project string // Pulumi.yaml's name
	Files   string // folder with Pulumi.yaml and the stack file, protection lifted, nothing in it a placeholder
	Changed []byte // the stack file of the update that is killed
	Hub     string // the command
	Engine  engine.Engine
	Environ []string // of its processes, without anything that leads to an account
	Path    string   // its PATH; the engine's folder comes before it
}

// KillOptions say how many kills are tried.
type KillOptions struct {
	Tries   int
	Seed    uint64 // of the first; each next one has the next
	Workers int
	Told    func(done int, r KillResult) // called after each, from one goroutine at a time; nil: nobody listens
}

// KillResult is what became of one kill.
type KillResult struct {
	Seed    uint64
	What    string   // in words: what ran, what was killed and when, what recovered
	Killed  bool     // something was: what ran had not ended before
	Stuck   string   // what the last of several recoveries said; empty when one went through
	Lost    []string // what the state holds and AWS does not
	Leaked  []string // what AWS holds and the state does not know
	Pending []string // what the state notes as under way
	Wrong   []string // of what the state says something else than AWS
	Differ  []string // what there is more or less of than after runs that were left alone
	Err     error    // the try itself failed
	Took    time.Duration
}

// OK reports whether the kill left nothing behind.
func (r KillResult) OK() bool {
	return r.Err == nil && r.Stuck == "" && len(r.Lost)+len(r.Leaked)+len(r.Pending)+len(r.Wrong)+len(r.Differ) == 0
}

// draw is what one seed decides.
type draw struct {
	seed   uint64
	verb   string // what is killed: up, update, destroy or refresh
	apart  bool   // the provider is a process of its own, as a plugin is
	victim string
	at     moment
	by     []string // what recovers, each but the last killed too
	victim2,
	scale, scale2 string
	at2     moment
	watched bool // the last that recovers writes its checkpoints too, as an operator's does, though nobody kills it
}

// moment is so long after so many lines of the command's progress.
type moment struct {
	lines int
	after time.Duration
}

// recoverers are what may recover from a kill of each verb; restore is an up without the update.
var recoverers = map[string][]string{
	"up": {"up", "destroy"}, "update": {"update", "restore", "destroy"}, "destroy": {"destroy", "up"}, "refresh": {"refresh", "up", "destroy"},
}

// drawn decides by a seed. lines are how many lines a run that is left alone prints, by verb.
func drawn(seed uint64, lines map[string]int) draw {
	rng := rand.New(rand.NewPCG(seed, 0))
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	d := draw{seed: seed, verb: pick("up", "up", "up", "up", "update", "update", "update", "destroy", "destroy", "destroy", "refresh")}
	victims := []string{killHub, killEngine, killBoth}
	if d.apart = rng.IntN(5) < 2; d.apart {
		victims = append(victims, killProvider)
	}
	at := func(most int) moment {
		return moment{rng.IntN(most + 1), time.Duration(rng.IntN(400)) * time.Millisecond}
	}
	d.victim, d.at, d.by = pick(victims...), at(lines[d.verb]), []string{pick(recoverers[d.verb]...)}
	if d.verb == "refresh" { // which prints little
		d.at.after = time.Duration(rng.IntN(4000)) * time.Millisecond
	}
	if rng.IntN(3) == 0 {
		d.by, d.victim2, d.at2 = append(d.by, d.by[0]), pick(victims...), at(40)
	}
	d.scale, d.scale2 = pick("0.005", "0.02"), pick("0", "0.01")
	d.watched = rng.IntN(4) == 0
	return d
}

func (d draw) String() string {
	where := "of hub's process"
	if d.apart {
		where = "of its own process"
	}
	text := fmt.Sprintf("%s, provider %s, time scale %s, %s killed %s after line %d", d.verb, where, d.scale, d.victim, d.at.after, d.at.lines)
	for i, by := range d.by {
		text += "; then " + by
		if i < len(d.by)-1 {
			text += fmt.Sprintf(", %s killed %s after line %d", d.victim2, d.at2.after, d.at2.lines)
		}
	}
	if d.watched {
		text += ", with checkpoints"
	}
	return text
}

// Kill kills and recovers as often as asked, and says what each kill left behind. When ctx ends it returns what had been tried,
// and ctx's error. Its processes, and theirs, have ended when it returns.
func Kill(ctx context.Context, k Killed, o KillOptions) (results []KillResult, err error) {
	dir, err := os.MkdirTemp("", "hub-kill-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system's temporary folder
	base, err := k.prepare(ctx, dir)
	if err != nil {
		return nil, fmt.Errorf("run %s without a kill: %w", k.Stack, err)
	}
	next := make(chan uint64)
	var all sync.WaitGroup
	var told sync.Mutex
	for range max(o.Workers, 1) {
		all.Go(func() {
			for seed := range next {
				r := base.try(ctx, filepath.Join(dir, fmt.Sprint("try", seed)), drawn(seed, base.lines))
				if ctx.Err() != nil && !r.OK() {
					continue // interrupted: nobody knows what would have become of it
				}
				told.Lock()
				if results = append(results, r); o.Told != nil {
					o.Told(len(results), r)
				}
				told.Unlock()
			}
		})
	}
	for i := range o.Tries {
		if ctx.Err() != nil {
			break
		}
		next <- o.Seed + uint64(i)
	}
	close(next)
	all.Wait()
	slices.SortFunc(results, func(a, b KillResult) int { return cmp.Compare(a.Seed, b.Seed) })
	return results, context.Cause(ctx)
}

// bases is what runs that nobody killed leave.
type bases struct {
	Killed
	watched, unwatched string               // PATH of processes that are killed, and of those that are left alone
	up                 string               // a project with the stack brought up
	whole              map[string]inventory // by the last verb
	lines              map[string]int
	spoken             map[string]bool // properties in which state and AWS differ without any kill, as "type property"
}

// prepare runs each verb once.
func (k Killed) prepare(ctx context.Context, dir string) (*bases, error) {
	b := &bases{Killed: k, up: filepath.Join(dir, "up"), whole: map[string]inventory{}, lines: map[string]int{}, spoken: map[string]bool{}}
	updated := filepath.Join(dir, "updated")
	if err := b.paths(dir); err != nil {
		return nil, err
	}
	for _, step := range []struct{ verb, in, from string }{
		{"up", b.up, ""}, {"refresh", filepath.Join(dir, "refreshed"), b.up}, {"update", updated, b.up},
		{"destroy", filepath.Join(dir, "destroyed"), b.up}, {"restore", updated, ""},
	} {
		p, err := b.project(step.in, step.from)
		if err != nil {
			return nil, err
		}
		out, err := p.run(ctx, step.verb, "0", b.unwatched)
		if err == nil && out.code != 0 {
			err = fmt.Errorf("%s: %s", step.verb, out.text)
		}
		if err != nil {
			return nil, err
		}
		look, err := p.look(ctx)
		if err != nil {
			return nil, err
		}
		b.whole[step.verb], b.lines[step.verb] = look.inventory, strings.Count(out.text, "\n")
		for _, w := range look.wrong {
			b.spoken[w.property()] = true
		}
	}
	return b, nil
}

// paths makes the two PATHs. No command line or variable of hub's keeps an offline engine from writing checkpoints, so what is left
// alone finds a script in the engine's place.
func (b *bases) paths(dir string) error {
	alone, err := b.Engine.Unwatched(filepath.Join(dir, "unwatched"))
	path := func(e engine.Engine) string {
		return "PATH=" + filepath.Dir(e.Path) + string(filepath.ListSeparator) + b.Path
	}
	b.watched, b.unwatched = path(b.Engine), path(alone)
	return err
}

// tries is how often a recovery is tried: a second time is what a person does.
const tries = 3

// try kills once, or twice, recovers and looks.
func (b *bases) try(ctx context.Context, dir string, d draw) KillResult {
	began := time.Now()
	r := KillResult{Seed: d.seed, What: d.String()}
	r.Err = b.attempt(ctx, dir, d, &r)
	r.Took = time.Since(began)
	_ = os.RemoveAll(dir)
	return r
}

func (b *bases) attempt(ctx context.Context, dir string, d draw, r *KillResult) (err error) {
	from := b.up
	if d.verb == "up" {
		from = ""
	}
	p, err := b.project(dir, from)
	if err != nil {
		return err
	}
	defer p.end() // whatever became of it
	p.apart = d.apart
	if r.Killed, err = p.kill(ctx, d.verb, d.scale, d.victim, d.at); err != nil {
		return err
	}
	if len(d.by) > 1 {
		if _, err := p.kill(ctx, d.by[0], d.scale, d.victim2, d.at2); err != nil {
			return err
		}
	}
	by, path := d.by[len(d.by)-1], b.unwatched
	if d.watched {
		path = b.watched
	}
	for i := range tries {
		out, err := p.run(ctx, by, d.scale2, path)
		if err != nil {
			return err
		}
		if r.Stuck = ""; out.code == 0 || by == "destroy" && !p.known() { // a stack that was never begun is refused by name
			break
		}
		r.Stuck = fmt.Sprintf("attempt %d: exit code %d: %s%s", i+1, out.code, out.tail(), p.served())
	}
	p.end()
	left, err := p.look(ctx)
	if err != nil {
		return err
	}
	want := b.expected(d.verb, by)
	r.Lost, r.Leaked, r.Pending = left.lost(), left.leaked(want), left.pending
	if r.Stuck == "" {
		r.Differ = left.differences(want)
		for _, w := range left.wrong {
			if !b.spoken[w.property()] {
				r.Wrong = append(r.Wrong, w.String())
			}
		}
	}
	return nil
}

// expected is what has to be there after a kill of one verb and a recovery by another. Of what runs leave on purpose, such
// as retained keys and earlier revisions of tasks, there may be as much as whole runs of both leave, and less.
func (b *bases) expected(cut, by string) expected {
	if by == "refresh" {
		by = "up"
	}
	e := expected{inventory: b.whole[by], strays: map[string]int{}, more: map[string]int{}, fewer: b.whole[by].strays()}
	for _, verb := range []string{cut, by, "update"} {
		for typ, n := range b.whole[verb].strays() {
			e.more[typ] += n
			e.strays[typ] += n
		}
	}
	return e
}
