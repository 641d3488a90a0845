package crashtest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// points of three moments: the first two left the same, and the same again while something else ran.
func someMoments() []Point {
	left := func(b byte) (h [64]byte) { h[0] = b; return h }
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
	require.Len(t, groups, 6)
	all := 0
	for _, same := range groups {
		all += len(same)
		for _, i := range same {
			first := tried[same[0]]
			require.Equal(t, []any{first.Point.left, first.By, first.Point.Verb}, []any{tried[i].Point.left, tried[i].By, tried[i].Point.Verb})
		}
	}
	require.Equal(t, len(tried), all)
}

// A sample tries so many points, each by one verb, and the next seed's the other one of each.
func TestSampleOfPoints(t *testing.T) {
	t.Parallel()
	require.Len(t, sample(someMoments(), Options{Sample: 2}), 2)
	require.Len(t, sample(someMoments(), Options{Sample: 9}), 8)
	require.Len(t, sample(someMoments(), Options{Step: "destroy"}), 2)
}
