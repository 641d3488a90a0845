package state

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// lock is one that hub's engine took at noon, and note is hub's on it.
func lock() (Lock, Holder) {
	return Lock{Key: "l", Pid: 42, User: "ada", Host: "build-7", Taken: noon},
		Holder{Machine: "boot-1 pid:[1]", Host: "build-7", Pid: 42, Started: "100", Verb: "up", Since: noon.Add(-time.Second), Heard: noon}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	// what runs on the machine that judges: process to the time of its start
	here := func(machine, host string, processes map[int]string) Here {
		return Here{Machine: machine, Host: host, Running: func(pid int) (string, bool) { s, ok := processes[pid]; return s, ok }}
	}
	same := func(p map[int]string) Here { return here("boot-1 pid:[1]", "build-7", p) }
	for name, test := range map[string]struct {
		note   func(*Holder) bool // changes the note; false: there is none
		here   Here
		after  time.Duration
		want   Verdict
		forced bool // whether --force removes it
	}{
		"runs here":           {here: same(map[int]string{42: "100"}), want: Alive},
		"runs here for a day": {here: same(map[int]string{42: "100"}), after: 24 * time.Hour, want: Alive},
		"ended here":          {here: same(nil), want: Gone, forced: true},
		"its number was given to another process":     {here: same(map[int]string{42: "999"}), want: Gone, forced: true},
		"another container of that name, ended there": {here: here("boot-1 pid:[2]", "build-7", nil), after: time.Minute, want: Alive},
		"another machine of that name, long silent":   {here: here("boot-2 pid:[1]", "build-7", nil), after: Quiet, want: Unknown, forced: true},
		"heard of elsewhere":                          {here: here("boot-2 pid:[1]", "laptop", nil), after: Quiet - time.Second, want: Alive},
		"silent elsewhere":                            {here: here("boot-2 pid:[1]", "laptop", nil), after: Lease - time.Second, want: Unknown, forced: true},
		"lease over elsewhere":                        {here: here("boot-2 pid:[1]", "laptop", nil), after: Lease, want: Gone, forced: true},
		"of a machine without identity": {
			note: func(h *Holder) bool { h.Machine = ""; return true }, here: here("", "build-7", nil), after: Quiet, want: Unknown, forced: true},
		"plain pulumi elsewhere": {
			note: func(*Holder) bool { return false }, here: here("boot-2 pid:[1]", "laptop", nil), after: 1000 * time.Hour, want: Unknown, forced: true},
		"plain pulumi here, ended": {note: func(*Holder) bool { return false }, here: same(nil), want: Unknown, forced: true},
		"plain pulumi here":        {note: func(*Holder) bool { return false }, here: same(map[int]string{42: "7"}), want: Alive},
		"the note is on an earlier process of that number": {
			note: func(h *Holder) bool { h.Since = noon.Add(time.Hour); return true }, here: same(nil), want: Unknown, forced: true},
		"the note is on another host's process": {
			note: func(h *Holder) bool { h.Host = "build-8"; return true }, here: same(nil), want: Unknown, forced: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, h := lock()
			notes := []Holder{h}
			if test.note != nil && !test.note(&notes[0]) {
				notes = nil
			}
			j := Judge(l, notes, test.here, noon.Add(test.after))
			require.Equal(t, test.want, j.Verdict, j.Why)
			require.NotEmpty(t, j.Why)
			may, why := j.Forcible()
			require.Equal(t, test.forced, may)
			require.Equal(t, may, why == "")
		})
	}
}

// A note from an earlier run says nothing of who holds the lock now, whatever it has in common with the holder.
func TestNotesBelongToTheirLocks(t *testing.T) {
	t.Parallel()
	l, h := lock()
	l.Key, l.Written = "locks/b.json", noon
	alive := Here{Machine: "boot-1 pid:[1]", Host: "build-7", Running: func(int) (string, bool) { return "100", true },
		Begun: func(int) time.Time { return noon.Add(-time.Second) }}
	earlier := h
	earlier.Started, earlier.Lock, earlier.Since, earlier.Heard = "50", "a.json", noon.Add(-time.Minute), noon.Add(-30*time.Second)
	unnamed := earlier
	unnamed.Lock = ""
	old := unnamed
	old.Since, old.Heard = noon.Add(-24*time.Hour), noon.Add(-24*time.Hour)
	silent := unnamed
	silent.Heard = noon.Add(-Quiet - time.Second)
	named := h
	named.Lock = "b.json"
	for name, test := range map[string]struct {
		notes []Holder
		here  Here
		after time.Duration
		want  Verdict
		note  bool
	}{
		"an earlier run's note on its own lock":    {[]Holder{earlier}, alive, 0, Alive, false},
		"an earlier run's note without its lock":   {[]Holder{unnamed}, alive, 0, Alive, true},
		"a day old":                                {[]Holder{old}, alive, 0, Alive, false},
		"silent before the lock was taken":         {[]Holder{silent}, alive, 0, Alive, false},
		"the holder's own note first":              {[]Holder{h, unnamed}, alive, 0, Alive, true},
		"the holder's own note last":               {[]Holder{unnamed, h}, alive, 0, Alive, true},
		"the note that names the lock goes before": {[]Holder{unnamed, named, unnamed}, Here{Machine: "boot-1 pid:[1]", Host: "build-7", Running: func(int) (string, bool) { return "", false }}, 0, Gone, true},
		"its clock is hours ahead of the store's":  {[]Holder{named}, Here{Machine: "boot-2", Host: "laptop"}, time.Minute, Alive, true},
		"named by another process's note":          {[]Holder{earlier}, Here{Machine: "boot-2", Host: "laptop"}, 1000 * time.Hour, Unknown, false},
		"another host's note that names the lock":  {[]Holder{func() Holder { n := named; n.Host, n.Pid = "x", 7; return n }()}, Here{Machine: "boot-2", Host: "laptop"}, Lease, Gone, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := Judge(l, test.notes, test.here, noon.Add(test.after))
			require.Equal(t, test.want, j.Verdict, j.Why)
			require.Equal(t, test.note, j.Holder != nil)
			require.Equal(t, noon.Add(test.after), j.At)
		})
	}
	// The lock's owner may believe it is next year; the store knows when the file was written.
	ahead := l
	ahead.Taken = noon.AddDate(1, 0, 0)
	require.Contains(t, Judge(ahead, []Holder{named}, alive, noon.Add(time.Minute)).Describe(noon.Add(time.Minute)), "for 1 min (since 2026-11-25 12:00:00 UTC)")
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	l, h := lock()
	h.Run = "https://github.com/deepstreamhub/platform/actions/runs/17"
	j := Judge(l, []Holder{h}, Here{Machine: "other"}, noon.Add(90*time.Second))
	require.Equal(t, "held by ada@build-7, process 42, for 1 min (since 2026-11-25 12:00:00 UTC), up in https://github.com/deepstreamhub/platform/actions/runs/17; it was heard of 1 min ago",
		j.Describe(noon.Add(90*time.Second)))
	require.Equal(t, noon.Add(Quiet), j.Until)
}

// An interrupt belongs to the hub that runs the engine: the engine's own would reach hub as a failure.
func TestInterruptGoesToHub(t *testing.T) {
	t.Parallel()
	l, h := lock()
	here := Here{Machine: h.Machine, Host: h.Host, Running: func(int) (string, bool) { return h.Started, true }}
	for hub, want := range map[int]string{0: ": end it first, with one interrupt", 41: " for hub, process 41: end that first, with one interrupt"} {
		h.Hub = hub
		may, why := Judge(l, []Holder{h}, here, noon).Forcible()
		require.False(t, may)
		require.Contains(t, why, "process 42 ")
		require.Contains(t, why, want)
	}
}

func TestUnreadableLockIsHeld(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"pid":`, "", "null", "{}", "[]", "1", "\x00\xff", `{"pid":0,"hostname":"h"}`, `{"pid":-1,"hostname":"h"}`, `{"pid":7}`, `{"pid":"7"}`} {
		l := ParseLock("k", []byte(text))
		j := Judge(l, nil, Here{Host: "h"}, noon)
		require.Equal(t, Unknown, j.Verdict, text)
		require.Contains(t, j.Describe(noon), "unreadable lock file", text)
		may, _ := j.Forcible()
		require.True(t, may)
	}
}

func TestSpan(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min", 61 * time.Minute: "1 h 1 min", 49 * time.Hour: "2 days",
	} {
		require.Equal(t, want, Span(d))
	}
}

func TestReadCheckpoint(t *testing.T) {
	t.Parallel()
	const sound = `{"version":3,"checkpoint":{"stack":"s","latest":{"resources":[
		{"urn":"a","type":"pulumi:pulumi:Stack"},{"urn":"b","type":"t","parent":"a","dependencies":["a"]}],
		"pending_operations":[{"type":"creating","resource":{"urn":"c","type":"t"}}]}}}`
	c, err := ReadCheckpoint([]byte(sound))
	require.NoError(t, err)
	require.Equal(t, Checkpoint{Resources: 2, InCloud: 1, Pending: []string{"creating c"}}, c)
	c, err = ReadCheckpoint([]byte(`{"version":3,"checkpoint":{"stack":"s"}}`))
	require.NoError(t, err, "a stack without a deployment")
	require.True(t, c.New)
	for at := range len(sound) {
		_, err := ReadCheckpoint([]byte(sound[:at]))
		require.Error(t, err, "cut short after %d bytes", at)
	}
	for text, why := range map[string]string{
		" \n":                           "it is empty",
		sound[:50]:                      "it is cut short after 50 bytes",
		"not JSON":                      "it is no JSON",
		"{}":                            "it is no checkpoint",
		`{"version":9,"checkpoint":{}}`: "version 9",
		`{"version":3,"checkpoint":{"latest":null}}`:                                      "deployment is null",
		`{"version":3,"checkpoint":{"latest":{}}}`:                                        "deployment is {}",
		`{"version":3,"checkpoint":{"latest":[]}}`:                                        "no checkpoint",
		`{"version":3,"checkpoint":{"latest":{"resources":null}}}`:                        "resources is null",
		`{"version":3,"checkpoint":{"latest":{"manifest":null,"resources":[]}}}`:          "manifest is null",
		`{"version":3,"checkpoint":{"latest":{"manifest":{"version":"v1","magic":"x"}}}}`: "manifest was changed",
		`{"version":3,"checkpoint":null}`:                                                 "no checkpoint",
		`{"version":-3,"checkpoint":{}}`:                                                  "no checkpoint",
		`{"version":"3","checkpoint":{}}`:                                                 "version is a string",
		`[]`:                                                                              "all of it is a array",
		`null`:                                                                            "no checkpoint",
		sound + "x":                                                                       "no JSON",
		"\x1f\x8b\x08\x00":                                                                "cannot be unpacked",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t"},{"urn":"a","type":"t"}]}}}`:              "a is in it twice",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t","parent":"b"},{"urn":"b","type":"t"}]}}}`: "which comes after it",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t","deletedWith":"b"}]}}}`:                   "refers to b",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t","propertyDependencies":{"p":["b"]}}]}}}`:  "refers to b",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t","custom":true,"provider":"p::1"}]}}}`:     "refers to the provider p::1",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t","id":"1"}]}}}`:                            "no resource of a provider",
		`{"version":3,"checkpoint":{"latest":{"pending_operations":[{"type":"creating"}]}}}`:                               "has no resource",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a"}]}}}`:                                                "no type",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t","parent":"gone"}]}}}`:                     "refers to gone",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t","dependencies":["gone"]}]}}}`:             "refers to gone",
	} {
		_, err := ReadCheckpoint([]byte(text))
		require.ErrorContains(t, err, why)
	}
}

// Sound ones stay sound, in every form in which the engine writes them.
func TestSoundCheckpoints(t *testing.T) {
	t.Parallel()
	const replaced = `{"version":3,"checkpoint":{"latest":{"manifest":{"version":"v1","magic":"3bfc269594ef649228e9a74bab00f042efc91d5acc6fbee31a382e80d42388fe"},
		"secrets_providers":{"type":"passphrase","state":{"salt":"v1:abc"}},"resources":[{"urn":"p","type":"pulumi:providers:aws","id":"1","custom":true},
		{"urn":"a","type":"t","custom":true,"provider":"p::1"},{"urn":"a","type":"t","custom":true,"delete":true,"provider":"p::1"},
		{"urn":"a","type":"t","custom":true,"delete":true,"provider":"p::1"}]}}}`
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(replaced))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for _, text := range []string{replaced, packed.String()} {
		c, err := ReadCheckpoint([]byte(text))
		require.NoError(t, err)
		require.Equal(t, Checkpoint{Resources: 4, InCloud: 3, Keys: Keys{Salt: "v1:abc"}, Condemned: 2}, c)
	}
}

// FuzzReadCheckpoint reads anything: it is sound or it is said what is wrong, never a panic.
func FuzzReadCheckpoint(f *testing.F) {
	f.Add([]byte(`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"a","type":"t","dependencies":["a"]}]}}}`))
	f.Add([]byte("\x1f\x8b\x08\x00"))
	f.Add([]byte(`{"version":3,"checkpoint":{"latest":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ReadCheckpoint(data)
		if err != nil && (err.Error() == "" || c.Resources != 0) {
			t.Errorf("%+v, %v", c, err)
		}
	})
}

func TestEnded(t *testing.T) {
	t.Parallel()
	at, ok := Ended(HistoryDir("p", "prod-eu") + "prod-eu-1795644741340954117.history.json.gz")
	require.True(t, ok)
	require.Equal(t, "2026-11-25T22:12:21.340954117Z", at.UTC().Format(time.RFC3339Nano))
	for _, other := range []string{"prod-eu-1795644741340954117.checkpoint.json", "prod-eu.history.json", "", "prod-eu-17.json"} {
		_, ok := Ended(HistoryDir("p", "prod-eu") + other)
		require.False(t, ok, other)
	}
}

// FuzzParseLock reads any file as a lock: it is held, by somebody who can be named.
func FuzzParseLock(f *testing.F) {
	f.Add([]byte(`{"pid":42,"username":"ada","hostname":"h","timestamp":"2026-11-25T12:00:00Z"}`))
	f.Add([]byte("null"))
	f.Fuzz(func(t *testing.T, data []byte) {
		j := Judge(ParseLock("k", data), nil, Here{Host: "h", Running: func(int) (string, bool) { return "", false }}, noon)
		if j.Verdict == Gone || j.Describe(noon) == "" {
			t.Errorf("%+v", j)
		}
	})
}

// Wherever a checkpoint is cut, it is said to be cut short.
func TestCheckpointCutAnywhere(t *testing.T) {
	t.Parallel()
	whole := `{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u","type":"t","custom":true,"protect":false,"parent":null,"id":-1.5e3}]}}}`
	for n := 1; n < len(whole); n++ {
		_, err := ReadCheckpoint([]byte(whole[:n]))
		require.ErrorContains(t, err, fmt.Sprintf("it is cut short after %d bytes", n), whole[:n])
	}
}
