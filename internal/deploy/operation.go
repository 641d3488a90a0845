package deploy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/teardown"
)

// firstEvent is how long an interrupt waits for the engine's first event. The engine locks the stack some time before it
// listens for interrupts; one that comes in between kills it and leaves the lock behind.
const firstEvent = 10 * time.Second

// Options are what one operation can be told. The zero value is the whole stack.
type Options struct {
	Events  func(plan.Event) // called for everything that happens, in order and from one goroutine; nil: nobody listens
	Targets []string         // only these: URNs or globs such as **$deepstreamhub:service:Service$**
	Exclude []string         // all but these, URNs or globs, and what they stand on
	Message string           // kept in the stack's history
	Judged  string           // Up, TakeDown: the checkpoint by which somebody said yes, see Checkpoint; another one is left alone

	PreviewOnly     bool // Refresh, Destroy: say what would change and change nothing
	Refresh         bool // Preview, Up, Destroy: read the cloud first
	Diff            bool // Preview: keep what the engine writes of it, as pulumi preview --diff does
	Dependents      bool // Targets and Exclude take along what depends on them
	ContinueOnError bool // Up, Destroy: go on with what does not depend on a failed resource
}

// option makes a plain function an option of any of the Automation API's verbs.
type option[O any] func(*O)

// ApplyOption is what the verbs call.
func (f option[O]) ApplyOption(o *O) { f(o) }

// stream is where the Automation API sends what the engine reports.
type stream []chan<- events.EngineEvent

// Preview says what Up would do and changes nothing. It takes no lock.
func (d *Driver) Preview(ctx context.Context, o Options) (plan.Plan, error) {
	var text string
	p, err := d.run(ctx, "preview", true, o, func(ctx context.Context, to stream) (map[string]plan.Output, error) {
		result, err := d.stack.Preview(ctx, option[optpreview.Options](func(v *optpreview.Options) {
			v.Target, v.TargetDependents, v.Exclude, v.ExcludeDependents = o.Targets, o.targetDependents(), o.Exclude, o.excludeDependents()
			v.Message, v.Parallel, v.EventStreams = o.Message, d.target.Parallel, to
			v.Refresh, v.Diff = o.Refresh, o.Diff
		}))
		text = result.StdOut
		return nil, err
	})
	if o.Diff {
		p.Diff = text
	}
	d.planned = p.Steps
	return p, err
}

// Up makes the cloud what the program says. On failure the plan holds what was done until then and the error is an
// *Error.
func (d *Driver) Up(ctx context.Context, o Options) (plan.Plan, error) {
	return d.run(ctx, "up", false, o, func(ctx context.Context, to stream) (map[string]plan.Output, error) {
		result, err := d.stack.Up(ctx, option[optup.Options](func(v *optup.Options) {
			v.Target, v.TargetDependents, v.Exclude, v.ExcludeDependents = o.Targets, o.targetDependents(), o.Exclude, o.excludeDependents()
			v.Message, v.Parallel, v.EventStreams = o.Message, d.target.Parallel, to
			v.Refresh, v.ContinueOnError = o.Refresh, o.ContinueOnError
		}))
		return stackOutputs(result.Outputs), err
	})
}

// Refresh makes the state what the cloud says; with PreviewOnly it only tells how they differ. A step's operation is
// what the cloud did behind the state's back: same, update or delete. Nothing did anything to a copy of what was never deployed:
// the engine, which refuses to leave anything out of that, is not asked.
func (d *Driver) Refresh(ctx context.Context, o Options) (plan.Plan, error) {
	if d.undeployed && o.PreviewOnly {
		return plan.Plan{Stack: d.target.Stack}, nil
	}
	return d.run(ctx, "refresh", o.PreviewOnly, o, func(ctx context.Context, to stream) (map[string]plan.Output, error) {
		settings := option[optrefresh.Options](func(v *optrefresh.Options) {
			v.Target, v.TargetDependents, v.Exclude, v.ExcludeDependents = o.Targets, o.targetDependents(), o.Exclude, o.excludeDependents()
			v.Message, v.Parallel, v.EventStreams = o.Message, d.target.Parallel, to
			v.RunProgram = new(bool) // whatever PULUMI_RUN_PROGRAM says
		})
		var err error
		if o.PreviewOnly {
			_, err = d.stack.PreviewRefresh(ctx, settings)
		} else {
			_, err = d.stack.Refresh(ctx, settings)
		}
		return nil, err
	})
}

// Destroy deletes what the stack holds, without asking and without a preview; judging is package gate's. The stack
// itself stays: see Remove. It goes by the state alone: in the program's place only the target's error hooks run.
func (d *Driver) Destroy(ctx context.Context, o Options) (plan.Plan, error) {
	hooked := len(d.target.OnError) > 0 && !o.PreviewOnly
	d.program.hooksOnly.Store(hooked)
	defer d.program.hooksOnly.Store(false)
	return d.run(ctx, "destroy", o.PreviewOnly, o, func(ctx context.Context, to stream) (map[string]plan.Output, error) {
		settings := option[optdestroy.Options](func(v *optdestroy.Options) {
			v.Target, v.TargetDependents, v.Exclude, v.ExcludeDependents = o.Targets, o.targetDependents(), o.Exclude, o.excludeDependents()
			v.Message, v.Parallel, v.EventStreams = o.Message, d.target.Parallel, to
			v.Refresh, v.ContinueOnError = o.Refresh, o.ContinueOnError
			v.RunProgram = &hooked
		})
		var err error
		if o.PreviewOnly {
			_, err = d.stack.PreviewDestroy(ctx, settings)
		} else {
			_, err = d.stack.Destroy(ctx, settings)
		}
		return nil, err
	})
}

// TakeDown deletes all that the stack holds, but for o.Exclude and what that stands on, as Destroy does, in the runs of the engine
// that package teardown says: together they take AWS less time than one. Of o, Exclude, which are URNs, Events and Message count.
// Each run is in the stack's history; what one leaves when it fails, or is cut off, is an ordinary stack that holds less.
func (d *Driver) TakeDown(ctx context.Context, o Options) (plan.Plan, error) {
	whole := plan.Plan{Stack: d.target.Stack}
	if err := d.ready(ctx, "destroy", o); err != nil {
		return whole, err
	}
	state, err := d.Stored(ctx)
	if err != nil {
		return whole, err
	}
	told := func(e plan.Event) {
		if o.Events != nil {
			o.Events(e)
		}
	}
	summary := plan.Event{Counts: map[plan.Op]int{}} // of all runs: it ends what a listener shows
	runs := teardown.Runs(state, o.Exclude...)
	if len(runs) == 0 {
		runs = []teardown.Run{{}} // the engine says that there is nothing
	}
	for _, run := range runs {
		if ctx.Err() != nil {
			err = d.failed(ctx, "destroy", ctx.Err(), nil)
			break
		}
		one := Options{Targets: run.Targets, Dependents: true, Message: o.Message}
		if len(run.Targets) == 0 {
			one.Exclude, one.Dependents = o.Exclude, false
		}
		one.Events = func(e plan.Event) {
			if e.Kind != plan.EventSummary {
				told(e)
				return
			}
			for op, n := range e.Counts {
				summary.Counts[op] += n
			}
			e.Counts = summary.Counts
			summary = e
		}
		var p plan.Plan
		p, err = d.Destroy(ctx, one)
		if whole = joined(whole, p); err != nil {
			break
		}
	}
	if summary.Kind == plan.EventSummary {
		told(summary)
	}
	return whole, err
}

// joined is what one run did and then another. What the first left as it was, the second may have deleted.
func joined(first, then plan.Plan) plan.Plan {
	again := func(s plan.Step) bool {
		return slices.ContainsFunc(then.Steps, func(t plan.Step) bool { return t.URN == s.URN })
	}
	first.Steps = append(slices.DeleteFunc(first.Steps, again), then.Steps...)
	first.Failed = append(first.Failed, then.Failed...)
	first.Outputs, first.Took = then.Outputs, first.Took+then.Took
	return first
}

func (o Options) targetDependents() bool  { return o.Dependents && len(o.Targets) > 0 }
func (o Options) excludeDependents() bool { return o.Dependents && len(o.Exclude) > 0 }

// Recover does what each operation does before it begins: it sees to it that nobody holds the stack, finds out what an
// operation that was cut off has left in AWS, and writes that into the state.
func (d *Driver) Recover(ctx context.Context) error { return d.ready(ctx, "recover", Options{}) }

func (d *Driver) ready(ctx context.Context, verb string, o Options) error {
	if err := d.free(ctx, verb); err != nil {
		return err
	}
	if o.Judged != "" {
		if now, err := d.Checkpoint(ctx); err != nil || now != o.Judged {
			return d.failed(ctx, verb, cmp.Or(err, errMoved), nil)
		}
	}
	return d.recoverOnce(ctx, o.Events)
}

// operation runs one verb of the Automation API. The outputs it returns stand in for those seen in the events, which
// hide secrets; nil when it knows none.
type operation func(ctx context.Context, to stream) (map[string]plan.Output, error)

// run is what the verbs share: locks, recovery from a killed engine, events to plan and listener, interrupts, errors.
func (d *Driver) run(ctx context.Context, verb string, preview bool, o Options, op operation) (plan.Plan, error) {
	if !preview && d.target.Blind {
		return plan.Plan{Stack: d.target.Stack}, fmt.Errorf("%s %s: %w", verb, d.target.Stack, errBlind)
	}
	if !preview {
		if err := d.ready(ctx, verb, o); err != nil {
			return plan.Plan{Stack: d.target.Stack}, err
		}
	}
	recorded := newRecorder(d.target, preview, o.Events)
	from, finished, drained := make(chan events.EngineEvent), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drained)
		recorded.listen(from, finished)
	}()
	engineCtx, stop := d.interruptible(ctx, recorded, finished)
	defer stop()

	outputs, err := op(engineCtx, stream{from})
	close(finished) // an engine that never got as far as an event leaves the stream open
	<-drained

	p := recorded.plan()
	if outputs != nil {
		p.Outputs = outputs
	}
	if err == nil {
		if !preview {
			err = d.forget(ctx)
		}
		return p, err
	}
	failed := d.failed(ctx, verb, err, recorded)
	after, done := d.untilForced(ctx)
	defer done()
	if d.recovered = !d.command.Killed(); d.recovered && len(recorded.cutOff) > 0 {
		if err := d.recover(after, o.Events, recorded.cutOff); err != nil {
			d.recovered = false // the next operation, or process, finds it in the state's history
			failed.Problems = append(failed.Problems, "find out what became of what failed: "+err.Error())
		}
	}
	if d.recovered && verb == "up" {
		if err := d.takeBack(after, o.Events, p.Failed); err != nil {
			failed.Problems = append(failed.Problems, "find out what is there already: "+err.Error())
		}
	}
	return p, failed
}

// untilForced returns a context for what goes on after an interrupt: the second one ends it.
func (d *Driver) untilForced(ctx context.Context) (context.Context, context.CancelFunc) {
	after, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-d.target.Force:
			cancel()
		case <-after.Done():
		}
	}()
	return after, cancel
}

// interruptible returns a context that is cancelled after ctx is, while the engine listens for it: not before, and not when it is
// over and the engine writes its history and gives the lock back, which it would leave. Only a second interrupt ends that.
func (d *Driver) interruptible(ctx context.Context, r *recorder, finished <-chan struct{}) (context.Context, context.CancelFunc) {
	engineCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() {
		select {
		case <-ctx.Done():
		case <-finished:
			return
		}
		timeout := time.NewTimer(firstEvent)
		defer timeout.Stop()
		select {
		case <-r.begun:
		case <-finished:
		case <-timeout.C:
		}
		select {
		case <-r.over:
			select {
			case <-d.target.Force:
			case <-finished:
			}
		default:
		}
		cancel()
	}()
	return engineCtx, cancel
}
