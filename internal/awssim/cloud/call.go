package cloud

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Verb is what a call does to its resource.
type Verb string

const (
	Creating Verb = "create"
	Updating Verb = "update"
	Deleting Verb = "delete"
)

// Call is one operation under way, from the provider's first request to its return: attempts, repeated as long as the
// provider repeats them, then the time that AWS takes, then the provider's own wait. Step moves it on; whoever calls Step
// decides how time passes, which is all that a real engine and a replay in virtual time differ in.
type Call struct {
	c      *Cloud
	ctx    context.Context // ends when nobody waits for the call any more; nil: never
	verb   Verb
	kind   *Kind
	region string // in which the request is made, also for the types of global services
	token  string // what is made, by a name that is the same in every run; seeds ids
	id     string // update, delete: as the provider knows it
	inputs Map
	draft  *Draft // what is made

	began    time.Time     // first attempt
	backoff  time.Duration // until the next attempt
	attempts int
	fault    *Fault    // what goes wrong with this call on purpose; nil: nothing
	lost     error     // a fault that hid what was done
	ready    time.Time // when AWS is done; set by the attempt that it accepts
	accepted bool
	r        *Resource
	done     bool
	err      error
}

// StartCreate prepares the creation of a resource. The token names it in a way that is the same in every run, such as
// the engine's URN: the same seed and token give the same ids, whatever else happens meanwhile. An empty token stands
// for one that nobody else has.
func (c *Cloud) StartCreate(region, typ, token string, inputs Map) *Call {
	return c.StartDraft(region, token, NewDraft(typ, inputs))
}

// StartDraft is StartCreate for what is asked for more than once.
func (c *Cloud) StartDraft(region, token string, d *Draft) *Call {
	return c.start(&Call{verb: Creating, region: region, token: token, inputs: d.inputs, draft: d}, d.typ)
}

// StartUpdate prepares giving a resource new inputs.
func (c *Cloud) StartUpdate(region, typ, id string, inputs Map) *Call {
	return c.start(&Call{verb: Updating, region: region, id: id, token: typ + "/" + id, inputs: inputs}, typ)
}

// StartDelete prepares the removal of a resource. What is gone already counts as removed, as it does for the provider.
// The inputs that only deletion reads (whether to take a final snapshot) come from inputs, which is what the engine's
// state holds.
func (c *Cloud) StartDelete(region, typ, id string, inputs Map) *Call {
	if k := kinds[typ]; k != nil && k.ShownID != "" && Has(inputs, "arn") {
		id = Str(inputs, "arn") // the shown id may be a younger resource's by now
	}
	return c.start(&Call{verb: Deleting, region: region, id: id, token: typ + "/" + id, inputs: inputs}, typ)
}

func (c *Cloud) start(o *Call, typ string) *Call {
	o.c = c
	k, ok := kinds[typ]
	if !ok {
		o.done, o.err = true, fmt.Errorf("%s %s: the offline AWS does not know this resource type", o.verb, typ)
		return o
	}
	o.kind = k
	return o
}

// Result returns what a finished call came to: the resource's id and state, none after a deletion. An error with an id
// means that the resource exists all the same.
func (o *Call) Result() (id string, state Map, err error) {
	if o.r == nil || o.verb == Deleting || o.lost != nil {
		return "", nil, o.err
	}
	return o.kind.Shown(o.r), o.c.snapshot(o.r), o.err
}

// Run makes a call to its end, in the cloud's own time. It returns early, with ctx's error, when ctx ends; what AWS has
// accepted by then goes on, and what the provider has not asked for yet is never asked for.
func (c *Cloud) Run(ctx context.Context, o *Call) (id string, state Map, err error) {
	o.ctx = ctx
	for {
		next, done := o.Step()
		if done {
			break
		}
		if err := c.clock.Sleep(ctx, next.Sub(c.Now())); err != nil {
			id, state, _ := o.Result()
			return id, state, err
		}
	}
	id, state, err = o.Result()
	if err == nil && o.verb == Creating {
		err = c.wait(ctx, c.slow[o.kind.Type])
	}
	return id, state, err
}

// Outcome is Result without the state, for whoever plays thousands of calls and looks at none.
func (o *Call) Outcome() (id string, err error) {
	if o.r == nil || o.verb == Deleting || o.lost != nil {
		return "", o.err
	}
	return o.kind.Shown(o.r), o.err
}

// Step does what is due now. It returns when to call it again, or that the call is over.
func (o *Call) Step() (next time.Time, done bool) {
	if o.done {
		return time.Time{}, true
	}
	o.c.mu.Lock()
	defer o.c.mu.Unlock()
	now := o.c.now()
	o.c.settle(now)
	switch {
	case o.accepted:
		return o.finish()
	case o.ctx != nil && o.ctx.Err() != nil: // the engine has hung up while this call waited for its turn
		return o.end(o.ctx.Err())
	case o.attempts == 0:
		o.began, o.fault = now, o.c.faults.draw(o.verb, o.kind)
	}
	o.attempts++
	if err := o.attempt(now); err != nil {
		if again, repeats := o.retry(now, err); repeats {
			return again, false
		}
		return o.end(err)
	}
	o.accepted = true
	switch {
	case o.lost != nil:
		return o.end(o.lost)
	case o.r == nil: // there was nothing to delete
		return o.end(nil)
	case o.c.timeless:
		return o.finish()
	}
	return o.ready.Add(o.kind.timing(o.inputs).Wait.of(o.verb)), false
}

func (o *Call) end(err error) (time.Time, bool) {
	o.done, o.err = true, err
	return time.Time{}, true
}

// finish ends a call whose time is over. What AWS accepted and could not bring up fails now, and exists all the same. That
// the time is over is kept: after a kill, nothing may be under way again that its caller was told of.
func (o *Call) finish() (time.Time, bool) {
	if o.ready.After(o.began) {
		if err := o.c.save(&Tx{c: o.c}); err != nil {
			return o.end(err)
		}
	}
	if o.kind.Fails == nil || o.verb != Creating {
		return o.end(nil)
	}
	t := &Tx{c: o.c, Region: o.region, salt: o.salt() + "/failed"}
	if err := o.kind.Fails(t, o.r); err != nil {
		return o.end(o.kind.Complete(err, o.operation(), o.r.ID))
	}
	return o.end(nil)
}

// How the provider repeats a refused call (plugin SDK v2, helper/retry, with the provider's MinTimeout of 500 ms), and
// how often the AWS SDK beneath it repeats what AWS was too busy for (the provider's max_retries).
const (
	firstBackoff   = 500 * time.Millisecond
	longestBackoff = 10 * time.Second
	sdkAttempts    = 25
)

// retry says when a refused attempt is repeated. When the provider's window ends, it makes the call once more, and the
// error of that last attempt is the one the user sees.
func (o *Call) retry(now time.Time, err error) (again time.Time, repeats bool) {
	refusal, _ := errors.AsType[*Error](err)
	if refusal == nil {
		return time.Time{}, false
	}
	o.backoff = min(max(2*o.backoff, firstBackoff), longestBackoff)
	again = now.Add(o.backoff)
	if refusal.busy {
		return again, o.attempts < sdkAttempts
	}
	until := o.began.Add(refusal.Retry)
	if o.c.timeless || !now.Before(until) {
		return time.Time{}, false
	}
	if again.After(until) {
		again = until
	}
	return again, true
}

// attempt makes the request once. A refusal leaves the account as it was.
func (o *Call) attempt(now time.Time) error {
	if err := o.fault.before(o); err != nil {
		return o.kind.Complete(err, o.operation(), o.id)
	}
	if o.token == "" {
		o.c.serial++
		o.token = fmt.Sprintf("%s#%d", o.kind.Type, o.c.serial)
	}
	t := &Tx{c: o.c, Region: o.region, call: o}
	if o.verb == Deleting && o.c.recorded != nil {
		if r, err := o.c.lookup(o.kind, o.region, o.id); err == nil {
			o.c.noteAll(t, o.verb, r)
		}
	}
	if err := o.apply(t, now); err != nil {
		return o.kind.Complete(err, o.operation(), o.id)
	}
	if o.verb != Deleting && o.r != nil {
		o.c.noteAll(t, o.verb, o.r)
	}
	if o.verb != Deleting || t.drawn > 0 {
		o.c.made[o.token]++
	}
	o.lost = o.fault.after(o)
	return o.c.save(t)
}

// Attempt makes the request once. What the provider does about a refusal is Step's.
func (o *Call) Attempt() error {
	o.c.mu.Lock()
	defer o.c.mu.Unlock()
	return o.attempt(o.c.now())
}

// salt makes the ids of this call differ from those of every other.
func (o *Call) salt() string {
	return string(o.verb) + "/" + o.token + "/" + strconv.Itoa(o.c.made[o.token])
}

func (o *Call) operation() string {
	switch o.verb {
	case Creating:
		return o.kind.call("Create", o.kind.CreateCall)
	case Updating:
		return o.kind.call("Modify", o.kind.UpdateCall)
	}
	return o.kind.call("Delete", o.kind.DeleteCall)
}

func (o *Call) apply(t *Tx, now time.Time) error {
	switch o.verb {
	case Creating:
		return o.create(t, now)
	case Updating:
		return o.update(t, now)
	}
	return o.remove(t, now)
}

func (o *Call) create(t *Tx, now time.Time) error {
	r := &Resource{Type: o.kind.Type, Region: o.kind.region(t.Region), Inputs: o.draft.inputs, State: Clone(o.draft.state), Born: now}
	if err := o.c.create(t, o.kind, r); err != nil {
		return err
	}
	from := now
	if o.kind.Awaits != nil && !o.c.timeless {
		from = o.kind.Awaits(t, r)
	}
	o.r, o.ready = r, from.Add(o.length())
	r.Busy = o.ready
	return nil
}

// busy refuses what a resource cannot take while AWS is at work on it.
func (o *Call) busy(r *Resource, now time.Time, f Refusal) error {
	if f.Code == "" || !now.Before(r.Busy) {
		return nil
	}
	return o.kind.refusal(o.operation(), f.Fill("{id}", r.ID, "{name}", r.Name()), r.ID)
}

func (o *Call) update(t *Tx, now time.Time) error {
	r, err := o.c.lookup(o.kind, o.region, o.id)
	if err != nil {
		return fmt.Errorf("update %s: %w", o.kind.Type, err)
	}
	if err := o.busy(r, now, o.kind.Busy.Update); err != nil {
		return err
	}
	o.r, o.ready = r, now.Add(o.length())
	if err := o.c.update(t, o.kind, r, o.inputs); err != nil {
		return err
	}
	r.Busy = o.ready
	return nil
}

func (o *Call) remove(t *Tx, now time.Time) error {
	r, err := o.c.lookup(o.kind, o.region, o.id)
	if err != nil {
		return nil //nolint:nilerr // what is gone counts as deleted
	}
	o.r, o.ready = r, r.Gone
	if !r.Gone.IsZero() { // AWS is at it already, for a call that was cut off
		return nil
	}
	if err := o.busy(r, now, o.kind.Busy.Delete); err != nil {
		return err
	}
	o.ready = now.Add(o.length())
	if o.kind.GoesAfter {
		for _, h := range o.c.holders(r) {
			o.ready = later(o.ready, h.By.Gone)
		}
	}
	for _, p := range o.kind.DeleteOnly {
		if v, ok := o.inputs[p]; ok {
			r.State[p] = Clone(v)
		}
	}
	return o.c.remove(t, o.kind, r, o.ready)
}

// length is how long AWS takes for this call.
func (o *Call) length() time.Duration {
	if o.c.timeless {
		return 0
	}
	return o.c.length(o.kind.timing(o.inputs), string(o.verb), o.token)
}
