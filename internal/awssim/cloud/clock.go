package cloud

import (
	"context"
	"time"
)

// Clock is the offline AWS's only source of time: what it is, and how to wait. Every duration that a rule or a
// latency is given in passes through it, so that time can be scaled, or be virtual.
type Clock interface {
	// Now returns the clock's time. It never goes back.
	Now() time.Time
	// Sleep waits for d of the clock's time, or until ctx ends, whose error it then returns.
	Sleep(ctx context.Context, d time.Duration) error
}

// Wall is a clock driven by the machine's: one second of its time takes Scale seconds of the machine's. With a Scale of
// 0 it tells the machine's time and waits for nothing.
type Wall struct {
	Time  func() time.Time // the machine's time
	Scale float64
	start time.Time // the machine's time when the clock started
}

// NewWall returns a clock that starts at the machine's time and runs at the given scale from then on.
func NewWall(machine func() time.Time, scale float64) Wall {
	return Wall{Time: machine, Scale: scale, start: machine()}
}

// Now returns the clock's time in UTC.
func (w Wall) Now() time.Time {
	now := w.Time()
	if w.Scale == 0 || w.start.IsZero() {
		return now.UTC()
	}
	return w.start.Add(time.Duration(float64(now.Sub(w.start)) / w.Scale)).UTC()
}

// Sleep waits for d times Scale.
func (w Wall) Sleep(ctx context.Context, d time.Duration) error {
	d = time.Duration(float64(d) * w.Scale)
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Virtual is a clock that stands still until it is set. Whoever replays calls in virtual time sets it before each Step.
type Virtual struct{ now time.Time }

// Set moves the clock to a later time.
func (v *Virtual) Set(to time.Time) { v.now = to }

// Now returns the time that was set.
func (v *Virtual) Now() time.Time { return v.now }

// Sleep moves the clock on by d at once.
func (v *Virtual) Sleep(ctx context.Context, d time.Duration) error {
	v.now = v.now.Add(max(d, 0))
	return ctx.Err()
}
