package services

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// killed returns a folder with what a kill at this moment would leave of the cloud in dir.
func killed(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "cloud.json"))
	require.NoError(t, err)
	left := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(left, "cloud.json"), text, 0o600))
	return left
}

// slow returns a cloud in a folder in which everything takes an hour.
func slow(t *testing.T, dir string, from time.Time) (*cloud.Cloud, *cloud.Virtual) {
	t.Helper()
	clock := &cloud.Virtual{}
	clock.Set(from)
	c, err := cloud.Open(cloud.Options{Dir: dir, Clock: clock, Length: func(cloud.Timing, string, string) time.Duration { return time.Hour }})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c, clock
}

// A cloud that was killed in the middle of its work, and goes on without time, has finished that work: nothing is refused
// because of it, since nothing would try again.
func TestTimelessCloudHasFinishedWhatAKilledOneBegan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, _ := slow(t, dir, time.Now().Add(24*time.Hour)) // as a clock that runs fast ends up
	vpc, _, err := c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	subnet, _, err := c.Create(t.Context(), home, "aws:ec2/subnet:Subnet", cloud.Map{"vpcId": vpc, "cidrBlock": "10.0.0.0/24"})
	require.NoError(t, err)
	_, done := c.StartDelete(home, "aws:ec2/subnet:Subnet", subnet, nil).Step()
	require.False(t, done)

	next, err := cloud.Open(cloud.Options{Dir: killed(t, dir)})
	require.NoError(t, err)
	require.NoError(t, next.Delete(t.Context(), home, typeTestVPC, vpc, nil))
	require.NoError(t, next.Close())
}

// What a caller was told of has happened, whoever is killed then.
func TestKilledCloudTakesNothingBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c, clock := slow(t, dir, start)
	vpc, _, err := c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	require.NoError(t, c.Delete(t.Context(), home, typeTestVPC, vpc, nil))
	told := clock.Now()

	there := killed(t, dir)
	next, clock := slow(t, there, start)
	require.False(t, next.Now().Before(told), "time stepped back by %s", told.Sub(next.Now()))
	_, _, err = next.Read(home, typeTestVPC, vpc)
	require.ErrorAs(t, err, new(*cloud.NotFound))
	requireGone(t, next, vpc)

	// A read tells as much as the end of a call.
	vpc, _, err = next.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	at, _ := next.StartDelete(home, typeTestVPC, vpc, nil).Step()
	clock.Set(at)
	_, _, err = next.Read(home, typeTestVPC, vpc)
	require.ErrorAs(t, err, new(*cloud.NotFound))
	last, _ := slow(t, killed(t, there), start)
	requireGone(t, last, vpc)
}

// A provider whose engine has gone asks AWS for nothing more: what waited for its turn would be done after somebody has
// looked what there is.
func TestNothingIsAskedForWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	vpc, _, err := c.Create(t.Context(), home, typeTestVPC, cloud.Map{"cidrBlock": "10.0.0.0/16"})
	require.NoError(t, err)
	ctx, hangUp := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	_, leave := c.Enter("") // another call has its turn
	go func() {
		_, err := c.Update(ctx, home, typeTestVPC, vpc, cloud.Map{"cidrBlock": "10.0.0.0/16", "tags": cloud.Map{"owner": "late"}})
		ended <- err
	}()
	time.Sleep(50 * time.Millisecond)
	hangUp()
	leave()
	require.ErrorIs(t, <-ended, context.Canceled)
	inputs, _, err := c.Read(home, typeTestVPC, vpc)
	require.NoError(t, err)
	require.NotContains(t, inputs, "tags")
}

func requireGone(t *testing.T, c *cloud.Cloud, vpc string) {
	t.Helper()
	_, leaving := at(c, home).Leaving(typeTestVPC, vpc)
	require.False(t, leaving)
}
