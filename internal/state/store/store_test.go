package store_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/endpoint"
	"github.com/deepstreamhub/platform/internal/state"
	"github.com/deepstreamhub/platform/internal/state/store"
)

// stores are a folder and a versioned bucket.
func stores(t *testing.T) map[string]*store.Store {
	t.Helper()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	for typ, inputs := range map[string]cloud.Map{"aws:s3/bucketV2:BucketV2": {"bucket": "vault"}} {
		_, _, err := c.Create(t.Context(), "eu-central-1", typ, inputs)
		require.NoError(t, err)
	}
	_, _, err = c.Create(t.Context(), "eu-central-1", "aws:s3/bucketVersioningV2:BucketVersioningV2",
		cloud.Map{"bucket": "vault", "versioningConfiguration": cloud.Map{"status": "Enabled"}})
	require.NoError(t, err)
	s := httptest.NewServer(endpoint.Handler(c))
	t.Cleanup(s.Close)
	env := endpoint.Environment(strings.TrimPrefix(s.URL, "http://"))
	out := map[string]*store.Store{}
	for name, url := range map[string]string{
		"folder": "file://" + t.TempDir(), "bucket": "s3://vault?region=eu-central-1", "part of a bucket": "s3://vault/team/a?region=eu-central-1",
	} {
		out[name], err = store.Open(t.Context(), url, env)
		require.NoError(t, err)
	}
	_, err = store.Open(t.Context(), "s3://none?region=eu-central-1", env)
	require.ErrorContains(t, err, "the bucket none, where the state lives, does not exist (s3, eu-central-1)")
	_, err = store.Open(t.Context(), "s3://vault?region=us-east-1", env)
	require.ErrorContains(t, err, "it is in another region than the address says")
	_, err = store.Open(t.Context(), "s3://vault?region=eu-central-1&role=arn:aws:iam::1:role/r", env)
	require.ErrorContains(t, err, "hub does not know its parameter role")
	elsewhere, err := store.Open(t.Context(), "https://api.pulumi.com", env)
	require.NoError(t, err)
	require.Nil(t, elsewhere)
	return out
}

// checkpoint is a sound one with n resources.
func checkpoint(n int) []byte {
	return []byte(`{"version":3,"checkpoint":{"stack":"s","latest":{"resources":[` + strings.TrimSuffix(strings.Repeat(`{"urn":"a","type":"t"},`, n), ",") + `]}}}`)
}

func TestLocksInAnyStore(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			judged, err := s.Locks(ctx, "p", "s", time.Now())
			require.NoError(t, err)
			require.Empty(t, judged)

			process := exec.Command("sleep", "60")
			require.NoError(t, process.Start())
			defer func() { _ = process.Process.Kill() }()
			held, err := s.Hold(ctx, "p", "s", state.Holder{Pid: process.Process.Pid, Verb: "up"}, time.Now())
			require.NoError(t, err)
			host, err := os.Hostname()
			require.NoError(t, err)
			lock := []byte(`{"pid":` + strconv.Itoa(process.Process.Pid) + `,"username":"ada","hostname":"` + host + `","timestamp":"` + time.Now().Format(time.RFC3339Nano) + `"}`)
			require.NoError(t, s.Write(ctx, state.LockDir("p", "s")+"1.json", lock))
			require.NoError(t, s.Write(ctx, state.LockDir("p", "s2")+"1.json", lock), "another stack's")

			judged, err = s.Locks(ctx, "p", "s", time.Now())
			require.NoError(t, err)
			require.Len(t, judged, 1)
			require.Equal(t, state.Alive, judged[0].Verdict, judged[0].Why)
			require.NoError(t, s.Tidy(ctx, "p", "s"))
			require.NoError(t, process.Process.Kill())
			_ = process.Wait()
			held.Keep()
			judged, err = s.Locks(ctx, "p", "s", time.Now())
			require.NoError(t, err)
			require.Equal(t, state.Gone, judged[0].Verdict, judged[0].Why)

			require.NoError(t, s.Break(ctx, judged[0]))
			require.NoError(t, s.Break(ctx, judged[0]), "somebody else was faster")
			judged, err = s.Locks(ctx, "p", "s", time.Now())
			require.NoError(t, err)
			require.Empty(t, judged)
			left, err := s.List(ctx, ".deepstreamhub/")
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestWayBackInAnyStore(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			key := state.StackFile("p", "s")
			none, err := s.Checkpoint(ctx, "p", "s")
			require.NoError(t, err)
			require.Nil(t, none)
			write := func(key string, data []byte) { t.Helper(); require.NoError(t, s.Write(ctx, key, data)) }
			write(state.BackupDir("p", "s")+"s.1.json", checkpoint(1))
			write(key, checkpoint(2))
			write(key+".bak", checkpoint(2))
			write(state.BackupDir("p", "s2")+"s2.1.json", checkpoint(9))
			write(key, []byte(`{"version":3,`))
			write(key, []byte(`{"vers`))

			_, err = s.Checkpoint(ctx, "p", "s")
			var damaged *store.Damaged
			require.ErrorAs(t, err, &damaged)
			require.ErrorContains(t, err, "is damaged: it is cut short after 6 bytes")
			var found []int
			for _, v := range damaged.Ways {
				found = append(found, v.Resources)
			}
			require.Contains(t, found, 1)
			require.Contains(t, found, 2)
			require.NotContains(t, found, 9, "of another stack")

			for _, bad := range []string{"none", "../s2/s2.1.json", "s2.1.json", "s.json"} {
				_, err = s.Restore(ctx, "p", "s", bad, time.Now())
				require.ErrorContains(t, err, "there is no version "+bad)
			}
			done, err := s.Restore(ctx, "p", "s", damaged.Ways[0].ID, time.Now())
			require.NoError(t, err)
			c, err := s.Checkpoint(ctx, "p", "s")
			require.NoError(t, err)
			require.Equal(t, damaged.Ways[0].Resources, c.Resources)
			kept, err := s.Read(ctx, done.Replaced, "")
			require.NoError(t, err)
			require.Equal(t, `{"vers`, string(kept))

			versions, err := s.Versions(ctx, key)
			require.NoError(t, err)
			if name != "folder" {
				require.Len(t, versions, 4)
				_, err = s.Restore(ctx, "p", "s", versions[1].Version, time.Now())
				require.ErrorContains(t, err, "is damaged as well")
			}
		})
	}
}

// An operation that ended has left a record that is younger than what it wrote, and says how it ended.
func TestEndingInAnyStore(t *testing.T) {
	t.Parallel()
	written := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	record := func(stack string, after time.Duration) string {
		return state.HistoryDir("p", stack) + stack + "-" + strconv.FormatInt(written.Add(after).UnixNano(), 10) + ".history.json"
	}
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, s.Write(t.Context(), state.StackFile("p", "s"),
				[]byte(`{"version":3,"checkpoint":{"latest":{"manifest":{"time":"2026-11-25T12:00:00Z"},"resources":[]}}}`)))
			c, err := s.Checkpoint(t.Context(), "p", "s")
			require.NoError(t, err)
			require.Equal(t, written, c.Written)
			for _, step := range []struct {
				key, text string
				well      bool
				before    time.Duration // from written; 0: nothing tells
			}{
				{"", "", false, 0},
				{record("s", -2*time.Second), `{"result":"succeeded"}`, false, -2 * time.Second},
				{record("s", -time.Second), `{"result":"succeeded"}`, false, -time.Second},
				{record("s2", time.Second), `{"result":"succeeded"}`, false, -time.Second},
				{record("s", time.Second), `{"result":"failed"}`, false, -time.Second},
				{record("s", 2*time.Second), `{"resu`, false, time.Second},
				{record("s", 3*time.Second), `{"result":"succeeded"}`, true, 2 * time.Second},
			} {
				if step.key != "" {
					require.NoError(t, s.Write(t.Context(), step.key, []byte(step.text)))
				}
				e, err := s.Ending(t.Context(), "p", "s", c)
				require.NoError(t, err)
				require.Equal(t, step.well, e.Well, step.key)
				if step.before == 0 {
					require.Zero(t, e.Before)
				} else {
					require.True(t, e.Before.Equal(written.Add(step.before)), step.key)
				}
			}
		})
	}
}

// What was written of a checkpoint is read in order, the current one last; what the engine copied is removed when nobody
// needs it any more.
func TestTrailInAnyStore(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, began := state.StackFile("p", "s"), time.Now()
			var want []string
			for i := range 20 {
				text := "version " + strconv.Itoa(i)
				if s.Copies { // as the engine does
					require.NoError(t, s.Write(t.Context(), key+"."+strconv.FormatInt(time.Now().UnixNano(), 10), []byte(text)))
				}
				require.NoError(t, s.Write(t.Context(), key, []byte(text)))
				want = append(want, text)
			}
			require.NoError(t, s.Write(t.Context(), key+".bak", []byte("no version")))
			if s.Copies {
				want = append(want, want[19]) // the last copy is of the current one
			}
			read := func(since time.Time) (got []string) {
				require.NoError(t, s.Trail(t.Context(), "p", "s", since, func(data []byte) error {
					got = append(got, string(data))
					return nil
				}))
				return got
			}
			require.Equal(t, want, read(began))
			require.Equal(t, want[19:20], read(began.Add(time.Hour)))
			require.ErrorContains(t, s.Trail(t.Context(), "p", "s", began, func([]byte) error { return os.ErrInvalid }), "invalid argument")

			require.NoError(t, s.Forget(t.Context(), key))
			if s.Copies {
				require.Equal(t, want[19:20], read(began))
			}
			_, err := s.Read(t.Context(), key+".bak", "")
			require.NoError(t, err)
		})
	}
}
