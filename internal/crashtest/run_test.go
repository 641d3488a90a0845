package crashtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// points of three moments: the first two left the same, and the same again while something else ran.
func someMoments() []Point {
	left := func(b byte) (r remains) { r.hash[0] = b; return r }
	return []Point{
		{Verb: "up", When: "before", Name: "a", left: left(1)}, {Verb: "up", When: "before", Name: "b", left: left(1)},
		{Verb: "up", When: "after", Name: "a", left: left(2)}, {Verb: "destroy", When: "before", Name: "a", left: left(1)},
	}
}

// Without a sample each point is recovered from by both verbs, and what is the same to the byte is run once.
func TestEveryPointByBothVerbs(t *testing.T) {
	t.Parallel()
	tried := sample(someMoments(), Options{Seed: 1})
	var text []string
	for _, a := range tried {
		text = append(text, fmt.Sprintf("%s %s %s by %s", a.Point.Verb, a.Point.When, a.Point.Name, a.By))
	}
	slices.Sort(text)
	require.Equal(t, []string{
		"destroy before a by destroy", "destroy before a by up", "up after a by destroy", "up after a by up",
		"up before a by destroy", "up before a by up", "up before b by destroy", "up before b by up",
	}, text)
	groups := alike(tried)
	require.Len(t, groups, 3)
	all := 0
	for _, same := range groups {
		all += len(same)
		for _, i := range same {
			first := tried[same[0]]
			require.Equal(t, []any{first.Point.left.hash, first.Point.Verb}, []any{tried[i].Point.left.hash, tried[i].Point.Verb})
		}
	}
	require.Equal(t, len(tried), all)
}

// Two recoveries come to the same where state and cloud do, whenever and in whatever order they were written.
func TestWhatCountsOfARecovery(t *testing.T) {
	t.Parallel()
	state := func(resources ...string) string {
		return `{"version":3,"checkpoint":{"latest":{"resources":[` + strings.Join(resources, ",") + `]}}}`
	}
	first := `{"urn":"a","id":"1","modified":"then","inputs":{"secret":{"ciphertext":"v1:abc"}}}`
	again := `{"urn":"a","id":"1","modified":"now","inputs":{"secret":{"ciphertext":"v1:xyz"}}}`
	for name, c := range map[string]struct {
		of     counts
		a, b   string
		differ bool
	}{
		"written again":         {settledState, state(first), state(again), false},
		"another order":         {settledState, state(first, `{"urn":"b"}`), state(`{"urn":"b"}`, first), false},
		"another id":            {settledState, state(first), state(strings.Replace(first, `"id":"1"`, `"id":"2"`, 1)), true},
		"no secret":             {settledState, state(first), state(strings.Replace(first, `{"ciphertext":"v1:abc"}`, `"abc"`, 1)), true},
		"one more":              {settledState, state(first), state(first, `{"urn":"b"}`), true},
		"a cloud written again": {settledCloud, `{"time":"then","serial":1}`, `{"serial":1,"time":"now"}`, false},
		"another cloud":         {settledCloud, `{"time":"then","serial":1}`, `{"time":"then","serial":2}`, true},
	} {
		a, err := c.of([]byte(c.a))
		require.NoError(t, err, name)
		b, err := c.of([]byte(c.b))
		require.NoError(t, err, name)
		require.Equal(t, c.differ, string(a) != string(b), name)
	}
}

// A sample tries so many points, each by one verb, and the next seed's the other one of each.
func TestSampleOfPoints(t *testing.T) {
	t.Parallel()
	require.Len(t, sample(someMoments(), Options{Sample: 2}), 2)
	require.Len(t, sample(someMoments(), Options{Sample: 9}), 8)
	require.Len(t, sample(someMoments(), Options{Step: "destroy"}), 2)
}
