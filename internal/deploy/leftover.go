package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/recovery"
)

// leftOver is what the storage tells of the last operation.
type leftOver struct {
	nothing   bool // there is nothing to look for
	condemned bool // something that was replaced is still to be deleted
	failed    []recovery.Operation
}

// leftOver looks into the storage, which tells sooner than the engine that nothing is left over. It does not tell of a
// backend of another kind: of that only what the engine noted is known.
func (d *Driver) leftOver(ctx context.Context) (left leftOver, err error) {
	if d.store == nil {
		return left, nil
	}
	project, stack := d.target.Project, d.target.Stack
	c, err := d.store.Checkpoint(ctx, project, stack)
	if err != nil || c == nil {
		return left, err
	}
	if c.Resources > 0 {
		ending, err := d.store.Ending(ctx, project, stack, c)
		if err != nil {
			return left, err
		}
		if !ending.Well {
			trail := recovery.NewTrail(ending.Before)
			if err := d.store.Trail(ctx, project, stack, ending.Before, trail.Next); err != nil {
				return left, err
			}
			left.failed = trail.Failed()
		}
	}
	left.nothing, left.condemned = len(left.failed)+len(c.Pending) == 0, c.Condemned > 0
	return left, nil
}

// takeBack keeps the engine from making what is there: a replacement that was cut off left two of one resource, and the
// older one is wanted again. What is wanted is what the last preview said, or what a run failed to make.
func (d *Driver) takeBack(ctx context.Context, tell func(plan.Event), wanted []plan.Step) error {
	if len(wanted) == 0 {
		return nil
	}
	if condemned, err := d.condemned(ctx); err != nil || !condemned {
		return err
	}
	r, err := d.inquire(ctx, tell)
	if err != nil {
		return err
	}
	changed := false
	for _, step := range wanted {
		if step.New != nil && r.checkpoint.TakeBack(step.URN, step.New) {
			r.say(step.URN, "it had been replaced and is wanted again; what replaced it goes")
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return r.write(ctx)
}

// condemned reports whether the state may hold something that has been replaced and is still to be deleted.
func (d *Driver) condemned(ctx context.Context) (bool, error) {
	if d.store == nil {
		return true, nil
	}
	c, err := d.store.Checkpoint(ctx, d.target.Project, d.target.Stack)
	return err == nil && c != nil && c.Condemned > 0, err
}

// forget removes the copies of checkpoints that recovery reads, once they have nothing more to tell.
func (d *Driver) forget(ctx context.Context) error {
	if d.store == nil {
		return nil
	}
	key, err := d.store.Key(ctx, d.target.Project, d.target.Stack)
	if err == nil {
		err = d.store.Forget(ctx, key)
	}
	if err != nil {
		return fmt.Errorf("remove copies of checkpoints: %w", err)
	}
	return nil
}

// errMoved is returned when somebody else has changed the state meanwhile.
var errMoved = errors.New("the state has changed meanwhile: another operation ran on this stack")

// write puts the changed checkpoint in the place of the one that was read, unless nothing in it changed, or somebody else was
// quicker. The engine writes it, which holds it to its own rules and encrypts what became secret.
func (r *inquiry) write(ctx context.Context) error {
	text, err := r.checkpoint.Encode()
	if err != nil {
		return err
	}
	if same, err := r.unchanged(text); same || err != nil {
		return err
	}
	now, err := r.driver.deployment(ctx)
	if err != nil {
		return err
	}
	if !bytes.Equal(now.Deployment, r.before.Deployment) {
		return errMoved
	}
	changed := r.before
	changed.Deployment = text
	return r.driver.stack.Import(ctx, changed)
}

// unchanged reports whether an encoded checkpoint says what the one that was read does.
func (r *inquiry) unchanged(text []byte) (bool, error) {
	if len(r.checkpoint.Pending) > 0 { // which are not encoded
		return false, nil
	}
	before, err := recovery.Decode(r.before.Deployment)
	if err != nil {
		return false, err
	}
	was, err := before.Encode()
	return bytes.Equal(was, text), err
}
