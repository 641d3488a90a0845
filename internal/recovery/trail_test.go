package recovery_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/recovery"
)

// stored is a checkpoint as an engine stores it: "name=id", with "@time" for a change of it, and "kind name" or
// "kind name=id" for what is under way.
func stored(second int, resources, pending string) []byte {
	var all, notes []string
	for _, text := range strings.Fields(resources) {
		text, modified, _ := strings.Cut(text, "@")
		name, id, _ := strings.Cut(text, "=")
		all = append(all, fmt.Sprintf(`{"urn":"u::%s","id":"%s","modified":"%s"}`, name, id, modified))
	}
	for _, text := range strings.Split(pending, ",") {
		kind, name, noted := strings.Cut(strings.TrimSpace(text), " ")
		name, id, _ := strings.Cut(name, "=")
		if noted {
			notes = append(notes, fmt.Sprintf(`{"type":"%s","resource":{"urn":"u::%s","id":"%s","inputs":{"n":1,"secret":{
				"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","ciphertext":"v1:abc"}}}}`, kind, name, id))
		}
	}
	return fmt.Appendf(nil, `{"version":3,"checkpoint":{"latest":{"manifest":{"time":%q},"resources":[%s],"pending_operations":[%s]}}}`,
		trailStart.Add(time.Duration(second)*time.Second).Format(time.RFC3339), strings.Join(all, ","), strings.Join(notes, ","))
}

var trailStart = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

func trailOf(t *testing.T, checkpoints ...[]byte) []recovery.Operation {
	t.Helper()
	trail := recovery.NewTrail(trailStart)
	for _, c := range checkpoints {
		require.NoError(t, trail.Next(c))
	}
	return trail.Failed()
}

// An operation is known by its note, and what became of it by the first checkpoint without that note.
func TestTrailFindsWhatEndedWithoutSuccess(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		checkpoints [][]byte
		want        []string
	}{
		"nothing": {},
		"a creation that went well": {checkpoints: [][]byte{
			stored(1, "", "creating a"), stored(2, "", "creating a=a-1"), stored(3, "a=a-1", "")}},
		"a creation that did not": {checkpoints: [][]byte{
			stored(1, "", "creating a"), stored(2, "b=b-1", "creating a"), stored(3, "b=b-1", "")}, want: []string{"creating u::a "}},
		"an update whose first note has no id, and that went well": {checkpoints: [][]byte{
			stored(1, "a=a-1@1", "updating a"), stored(2, "a=a-1@1", "updating a=a-1"), stored(3, "a=a-1@3", "")}},
		"an update whose first note has no id, and that did not": {checkpoints: [][]byte{
			stored(1, "a=a-1@1", "updating a"), stored(2, "a=a-1@1", "")}, want: []string{"updating u::a a-1"}},
		"a replacement that went well": {checkpoints: [][]byte{
			stored(1, "a=a-1", "creating a"), stored(2, "a=a-2 a=a-1", "")}},
		"a replacement that did not": {checkpoints: [][]byte{
			stored(1, "a=a-1", "creating a"), stored(2, "a=a-1", "")}, want: []string{"creating u::a "}},
		"an update that went well": {checkpoints: [][]byte{
			stored(1, "a=a-1@noon", "updating a=a-1"), stored(2, "a=a-1@one", "")}},
		"an update that did not": {checkpoints: [][]byte{
			stored(1, "a=a-1@noon", "updating a=a-1"), stored(2, "a=a-1@noon", "")}, want: []string{"updating u::a a-1"}},
		"a deletion that went well": {checkpoints: [][]byte{
			stored(1, "a=a-2 a=a-1", "deleting a=a-1"), stored(2, "a=a-2", "")}},
		"a deletion that did not": {checkpoints: [][]byte{
			stored(1, "a=a-2 a=a-1", "deleting a=a-1"), stored(2, "a=a-2 a=a-1", "")}, want: []string{"deleting u::a a-1"}},
		"what is noted still is for the checkpoint to tell": {checkpoints: [][]byte{stored(1, "", "creating a, creating b")}},
		"several": {checkpoints: [][]byte{
			stored(1, "", "creating b, creating a"), stored(2, "b=b-1", "creating a, creating c"), stored(3, "b=b-1", "")},
			want: []string{"creating u::a ", "creating u::c "}},
		"the same one twice": {checkpoints: [][]byte{
			stored(1, "", "creating a"), stored(2, "", ""), stored(3, "", "creating a"), stored(4, "a=a-2", "")}, want: []string{"creating u::a "}},
		"an earlier run's": {checkpoints: [][]byte{stored(-2, "", "creating a"), stored(1, "", "")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, op := range trailOf(t, c.checkpoints...) {
				got = append(got, op.Kind+" "+op.Resource.URN()+" "+op.Resource.ID())
				require.Empty(t, recovery.Plain(op.Resource.Inputs()["secret"]), "a secret that cannot be read is known to be one")
				require.NotContains(t, fmt.Sprint(op.Resource), "ciphertext")
			}
			require.Equal(t, c.want, got)
		})
	}
	require.ErrorContains(t, recovery.NewTrail(trailStart).Next([]byte(`{"checkp`)), "decode checkpoint")
}

// A creation is looked for late, when a later run has made the thing anew: what is found then is what goes.
func TestWhatWasMadeAnewStays(t *testing.T) {
	t.Parallel()
	failed := trailOf(t, stored(1, "a=a-0", "creating a"), stored(2, "a=a-0", ""))
	require.Len(t, failed, 1)
	for name, c := range map[string]struct {
		state string
		want  []string // the one that stays first, as the engine wants it
	}{
		"replaced by it": {`{"urn":"u::a","id":"a-0"}`, []string{"a-1", "a-0 goes"}},
		"made anew since": {`{"urn":"u::a","id":"a-2"},{"urn":"u::a","id":"a-0","delete":true}`,
			[]string{"a-2", "a-0 goes", "a-1 goes"}},
		"gone since": {``, []string{"a-1"}},
	} {
		checkpoint, err := recovery.Decode([]byte(`{"resources":[` + c.state + `]}`))
		require.NoError(t, err)
		checkpoint.Adopt(failed[0], recovery.Resource{"urn": "x", "id": "a-1"})
		var got []string
		for _, r := range checkpoint.Resources {
			if r["delete"] == true {
				got = append(got, r.ID()+" goes")
			} else {
				got = append(got, r.ID())
			}
		}
		require.Equal(t, c.want, got, name)
		require.True(t, checkpoint.Holds(failed[0], recovery.Resource{"id": "a-1"}))
		require.False(t, checkpoint.Holds(failed[0], recovery.Resource{"id": "a-9"}))
	}
}
