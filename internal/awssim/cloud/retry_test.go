package cloud

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRetriesEndWithOneLastAttempt(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	clock := &Virtual{}
	clock.Set(start)
	call := &Call{c: newCloud(Options{Clock: clock}), began: start, attempts: 1}
	refusal := Refuse("Code", "source", "no").For(2 * time.Minute)

	now, n := start, 0
	for {
		again, repeats := call.retry(now, refusal)
		if !repeats {
			break
		}
		require.True(t, again.After(now))
		require.LessOrEqual(t, again.Sub(now), longestBackoff)
		now, n = again, n+1
	}
	require.Equal(t, start.Add(2*time.Minute), now, "the last attempt is made when the window ends")
	require.Greater(t, n, 10)

	_, repeats := call.retry(start, Refuse("Code", "source", "no"))
	require.False(t, repeats, "without a window the first refusal counts")
	_, repeats = call.retry(start, errors.New("no refusal of AWS"))
	require.False(t, repeats)

	timeless := &Call{c: newCloud(Options{})}
	_, repeats = timeless.retry(start, refusal)
	require.False(t, repeats, "without a clock there is nothing to wait for")
}

func TestChanceIsTheSeeds(t *testing.T) {
	t.Parallel()
	spoilt := func(seed uint64) (n int) {
		f := &Faults{Rate: 0.25, Seed: seed}
		for range 1000 {
			if f.draw(Creating, &Kind{Type: "a:b/c:C"}) != nil {
				n++
			}
		}
		return n
	}
	require.Equal(t, spoilt(1), spoilt(1))
	require.InDelta(t, 250, spoilt(1), 60)
}
