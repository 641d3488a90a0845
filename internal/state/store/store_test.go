package store_test

import (
	"compress/gzip"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
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
	var resources []string
	for i := range n {
		resources = append(resources, `{"urn":"a`+strconv.Itoa(i)+`","type":"t"}`)
	}
	return []byte(`{"version":3,"checkpoint":{"stack":"s","latest":{"resources":[` + strings.Join(resources, ",") + `]}}}`)
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
				{record("s", 4*time.Second) + ".gz", gzipped(t, `{"result":"failed"}`), false, 3 * time.Second},
				{record("s", 5*time.Second) + ".gz", gzipped(t, `{"result":"succeeded"}`), true, 4 * time.Second},
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

// What was written of a checkpoint is read in order, the current one last, and what a full disk cut short is not; what the engine
// copied is removed when nobody needs it any more.
func TestTrailInAnyStore(t *testing.T) {
	t.Parallel()
	plain := func(_ *testing.T, text string) string { return text }
	for ending, packed := range map[string]func(*testing.T, string) string{"": plain, ".gz": gzipped} {
		for name, s := range stores(t) {
			t.Run(name+ending, func(t *testing.T) {
				t.Parallel()
				trail(t, s, state.StackFile("p", "s")+ending, packed)
			})
		}
	}
}

func trail(t *testing.T, s *store.Store, key string, packed func(*testing.T, string) string) {
	t.Helper()
	began := time.Now()
	var want []string
	for i := range 20 {
		text := `"version ` + strconv.Itoa(i) + `"`
		whole := packed(t, text)
		for _, stored := range []string{whole[:len(whole)-1], whole} {
			if s.Copies { // as the engine does
				require.NoError(t, s.Write(t.Context(), key+"."+strconv.FormatInt(time.Now().UnixNano(), 10), []byte(stored)))
			}
			require.NoError(t, s.Write(t.Context(), key, []byte(stored)))
		}
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
}

// gzipped is a text as the engine stores it where it is told to compress.
func gzipped(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	w := gzip.NewWriter(&out)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.String()
}

// spoilt are the ways in which a file is spoilt; nil takes it away.
func spoilt(sound []byte) map[string][]byte {
	return map[string][]byte{
		"removed": nil, "emptied": {}, "one byte": sound[:1], "half": sound[:len(sound)/2], "one byte short": sound[:len(sound)-1],
		"garbage": []byte("\x00\xff\x00garbage"), "null": []byte("null"), "an empty object": []byte("{}"), "a list": []byte("[]"), "a number": []byte("7"),
		"spaces": []byte(" \n\t "), "zeros": make([]byte, len(sound)), "twice": append(append([]byte{}, sound...), sound...),
	}
}

// A checkpoint that is spoilt in any way is refused with the ways back, one of which works; so is one that is gone from a stack
// that was deployed. What else is spoilt changes no answer.
func TestSpoiltFilesInAnyStore(t *testing.T) {
	t.Parallel()
	sound := checkpoint(2)
	record := state.HistoryDir("p", "s") + "s-1795644741340954117"
	files := map[string][]byte{
		state.StackFile("p", "s"): sound, state.StackFile("p", "s") + ".bak": checkpoint(1), state.BackupDir("p", "s") + "s.1795644741340954118.json": sound,
		record + ".history.json": []byte(`{"kind":"update","result":"succeeded","message":"m"}`), record + ".checkpoint.json": sound,
		state.HolderDir("p", "s") + "1.json": []byte(`{"pid":1,"host":"h"}`),
	}
	for name, s := range stores(t) {
		for key := range files {
			for how, data := range spoilt(files[key]) {
				stack := "s" + strconv.Itoa(len(how)+100*len(key)) + how[:1]
				there := func(key string) string {
					return strings.ReplaceAll(strings.ReplaceAll(key, "/s/", "/"+stack+"/"), "p/s.json", "p/"+stack+".json")
				}
				for other, text := range files {
					if other == key && data == nil {
						continue
					}
					if other == key {
						text = data
					}
					require.NoError(t, s.Write(t.Context(), there(other), text))
				}
				c, err := s.Checkpoint(t.Context(), "p", stack)
				if key != state.StackFile("p", "s") {
					require.NoError(t, err, "%s: %s %s", name, key, how)
					require.Equal(t, 2, c.Resources)
					locks, err := s.Locks(t.Context(), "p", stack, time.Now())
					require.NoError(t, err)
					require.Empty(t, locks)
					_, err = s.History(t.Context(), "p", stack)
					require.NoError(t, err, "%s: %s %s", name, key, how)
					continue
				}
				var damaged *store.Damaged
				require.ErrorAs(t, err, &damaged, "%s: %s %s", name, key, how)
				require.NotEmpty(t, damaged.Ways)
				done, err := s.Restore(t.Context(), "p", stack, damaged.Ways[0].ID, time.Now())
				require.NoError(t, err, "%s: %s", name, how)
				require.Equal(t, data == nil, done.Replaced == "", how)
				c, err = s.Checkpoint(t.Context(), "p", stack)
				require.NoError(t, err)
				require.Equal(t, damaged.Ways[0].Resources, c.Resources)
			}
		}
	}
}

// A stack that was removed is none; one that lost its checkpoint is not new.
func TestRemovedAndLostInAnyStore(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		write := func(key string, data []byte) { t.Helper(); require.NoError(t, s.Write(t.Context(), key, data)) }
		look := func(stack string) error {
			c, err := s.Checkpoint(t.Context(), "p", stack)
			require.Nil(t, c)
			return err
		}
		require.NoError(t, look("never"), name)
		write(state.BackupDir("p", "removed")+"removed.1.json", checkpoint(3))
		write(state.BackupDir("p", "removed")+"removed.2.json", checkpoint(0))
		write(state.StackFile("p", "removed")+".bak", checkpoint(0))
		require.NoError(t, look("removed"), "as the engine leaves it: %s", name)
		write(state.BackupDir("p", "lost")+"lost.1.json", checkpoint(3))
		require.ErrorContains(t, look("lost"), "it is missing, although the stack was deployed before")
		write(state.HistoryDir("p", "noted")+"noted-1795644741340954117.history.json", []byte("{}"))
		require.ErrorContains(t, look("noted"), "it is missing")
		write(state.StackFile("p", "emptied"), []byte(`{"version":3,"checkpoint":{"stack":"emptied"}}`))
		c, err := s.Checkpoint(t.Context(), "p", "emptied")
		require.NoError(t, err)
		require.True(t, c.New)
		write(state.StackFile("p", "emptied")+".bak", checkpoint(3))
		require.ErrorContains(t, look("emptied"), "nothing was ever deployed, although")
		names, err := s.Stacks(t.Context(), "p")
		require.NoError(t, err)
		require.Equal(t, []string{"emptied"}, names)
	}
}

// A restore writes under the lock and over nothing but what was seen.
func TestRestoreInAnyStore(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		ctx, key := t.Context(), state.StackFile("p", "s")
		write := func(key string, data []byte) { t.Helper(); require.NoError(t, s.Write(ctx, key, data)) }
		current := func() string {
			data, err := s.Read(ctx, key, "")
			require.NoError(t, err)
			return string(data)
		}
		write(key+".bak", checkpoint(1))
		write(key, checkpoint(2))
		prepared, err := s.Prepare(ctx, "p", "s", "s.json.bak")
		require.NoError(t, err)
		write(key, checkpoint(5)) // while somebody thinks about it
		_, err = prepared.Apply(ctx, time.Now())
		var changed *store.Changed
		require.ErrorAs(t, err, &changed, name)
		require.Equal(t, string(checkpoint(5)), current())

		lock := state.LockDir("p", "s") + "other.json"
		write(lock, []byte(`{"pid":4242,"username":"ada","hostname":"build-7","timestamp":"2026-11-25T12:00:00Z"}`))
		_, err = s.Restore(ctx, "p", "s", "s.json.bak", time.Now())
		var locked *store.Locked
		require.ErrorAs(t, err, &locked, name)
		require.ErrorContains(t, err, "held by ada@build-7, process 4242")
		require.Equal(t, string(checkpoint(5)), current())
		left, err := s.List(ctx, state.LockDir("p", "s"))
		require.NoError(t, err)
		require.Len(t, left, 1, "its own is given back")

		require.NoError(t, s.Delete(ctx, lock))
		back, err := s.Take(ctx, "p", "s", "restore", time.Now())
		require.NoError(t, err)
		judged, err := s.Locks(ctx, "p", "s", time.Now().Add(1000*time.Hour))
		require.NoError(t, err)
		require.Len(t, judged, 1)
		require.Equal(t, state.Alive, judged[0].Verdict, judged[0].Why)
		require.Equal(t, "restore", judged[0].Holder.Verb)
		_, err = s.Restore(ctx, "p", "s", "s.json.bak", time.Now())
		require.ErrorAs(t, err, &locked, "%s: this process holds it already", name)
		require.NoError(t, back(ctx))

		_, err = s.Restore(ctx, "p", "s", "s.json.bak", time.Now())
		require.NoError(t, err)
		require.Equal(t, string(checkpoint(1)), current())
		for _, prefix := range []string{state.LockDir("p", "s"), state.HolderDir("p", "s")} {
			left, err := s.List(ctx, prefix)
			require.NoError(t, err)
			require.Empty(t, left)
		}
		require.ErrorIs(t, s.Replace(ctx, key, "", []byte("x")), store.ErrChanged, name)
		require.ErrorIs(t, s.Replace(ctx, key, `"0123"`, []byte("x")), store.ErrChanged, name)
		require.ErrorIs(t, s.Replace(ctx, key+"none", `"0123"`, []byte("x")), store.ErrChanged, name)
	}
}

// An earlier run's note, and a clock that is wrong, free no lock: the store says when something was heard of.
func TestLocksGoByTheStoresClock(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		ctx := t.Context()
		require.NoError(t, s.Write(ctx, state.LockDir("p", "s")+"1.json", []byte(`{"pid":42,"username":"ada","hostname":"far","timestamp":"2026-11-25T12:00:00Z"}`)))
		require.NoError(t, s.Write(ctx, state.HolderDir("p", "s")+"1.json",
			[]byte(`{"lock":"1.json","machine":"other","host":"far","pid":42,"started":"1","verb":"up","since":"2026-11-25T12:00:00Z"}`)))
		require.NoError(t, s.Write(ctx, state.HolderDir("p", "s")+"2.json",
			[]byte(`{"lock":"0.json","machine":"other","host":"far","pid":42,"started":"1","verb":"destroy","since":"2026-11-25T11:59:59Z"}`)))
		for _, now := range []time.Time{time.Now(), time.Now().Add(100 * time.Hour), time.Now().Add(-100 * time.Hour)} {
			judged, err := s.Locks(ctx, "p", "s", now)
			require.NoError(t, err)
			require.Len(t, judged, 1)
			require.Equal(t, state.Alive, judged[0].Verdict, "%s: %s", name, judged[0].Why)
			require.Equal(t, "up", judged[0].Holder.Verb)
		}
	}
}

// Attributes that cannot be read are taken away, sound ones stay; a layout that is not ours is refused; a folder in the place
// of the checkpoint is put aside by a restore.
func TestFolderIsHealed(t *testing.T) {
	t.Parallel()
	s := stores(t)["folder"]
	dir := strings.TrimPrefix(s.URL, "file://")
	key := state.StackFile("p", "s")
	require.NoError(t, s.Write(t.Context(), key, checkpoint(2)))
	require.NoError(t, s.Write(t.Context(), key+".bak", checkpoint(1)))
	const good = `{"user.content_type":"text/plain; charset=utf-8","md5":"1B2M2Y8AsgTpgAmY7PhCfg=="}`
	require.NoError(t, os.WriteFile(filepath.Join(dir, key+".bak.attrs"), []byte(good+"\n"), 0o600))
	for _, bad := range []string{"", "{", good[:20], "null x"[4:], "[]", "garbage", `{"md5":7}`, "\x00"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, key+".attrs"), []byte(bad), 0o600))
		healed, err := s.Heal()
		require.NoError(t, err)
		require.Equal(t, []string{filepath.Join(dir, key+".attrs")}, healed, "%q", bad)
		c, err := s.Checkpoint(t.Context(), "p", "s")
		require.NoError(t, err)
		require.Equal(t, 2, c.Resources)
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, key+".attrs"), 0o700))
	healed, err := s.Heal()
	require.NoError(t, err)
	require.Len(t, healed, 1)
	healed, err = s.Heal()
	require.NoError(t, err)
	require.Empty(t, healed)

	for _, bad := range []string{"", "version:", "version: 0\n", "version: 2\n", "null", "garbage", "\x00", "[]"} {
		require.NoError(t, s.Write(t.Context(), ".pulumi/meta.yaml", []byte(bad)))
		_, err := s.Checkpoint(t.Context(), "p", "s")
		require.ErrorContains(t, err, ".pulumi/meta.yaml in file://", "%q", bad)
	}
	require.NoError(t, s.Write(t.Context(), ".pulumi/meta.yaml", []byte("version: 1\n")))

	require.NoError(t, s.Delete(t.Context(), key))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, key, "something"), 0o700))
	_, err = s.Checkpoint(t.Context(), "p", "s")
	require.ErrorContains(t, err, "it is a folder, not a file")
	_, err = s.Restore(t.Context(), "p", "s", "s.json.bak", time.Now())
	require.NoError(t, err)
	c, err := s.Checkpoint(t.Context(), "p", "s")
	require.NoError(t, err)
	require.Equal(t, 1, c.Resources)
}

// Past the last deployment there is one row for each that was.
func TestHistoryByDeployment(t *testing.T) {
	t.Parallel()
	for name, s := range stores(t) {
		key := state.StackFile("p", "s")
		for i := range 7 {
			for range 30 { // a deployment writes often
				require.NoError(t, s.Write(t.Context(), key, checkpoint(i)))
			}
			record := state.HistoryDir("p", "s") + "s-" + strconv.Itoa(1795644741340954117+i)
			require.NoError(t, s.Write(t.Context(), record+".history.json", []byte(`{"kind":"update","result":"failed","message":"m`+strconv.Itoa(i)+`"}`)))
			require.NoError(t, s.Write(t.Context(), record+".checkpoint.json", checkpoint(i)))
			time.Sleep(2 * time.Millisecond)
		}
		versions, err := s.History(t.Context(), "p", "s")
		require.NoError(t, err)
		var rows []string
		for _, v := range versions {
			if v.Verb != "" {
				rows = append(rows, v.Verb+" "+v.Result+" "+v.Message+" "+strconv.Itoa(v.Resources))
			}
		}
		require.Len(t, rows, 7, name)
		require.Equal(t, "update failed m0 0", rows[6])
		oldest := versions[len(versions)-1]
		done, err := s.Restore(t.Context(), "p", "s", oldest.ID, time.Now())
		require.NoError(t, err)
		require.Zero(t, done.From.Resources)
	}
}
