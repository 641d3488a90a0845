package cloud

import (
	"context"
	"time"
)

// Clock is the offline AWS's only source of time: what it is, and how to wait. Every duration that a rule or a
// latency is given in passes through it, so that time can be scaled, or be virtual.
type Clock interface {
	// Now returns the cloud's time.
	Now() time.Time
	// Sleep waits for d of the cloud's time, or until ctx ends, whose error it then returns.
	Sleep(ctx context.Context, d time.Duration) error
}

// Wall is the machine's clock, with every wait multiplied by Scale: 0 waits for nothing, 1 is real time.
type Wall struct {
	Time  func() time.Time // the machine's time
	Scale float64
}

// Now returns the machine's time in UTC.
func (w Wall) Now() time.Time { return w.Time().UTC() }

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
