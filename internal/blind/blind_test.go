package blind_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/deepstreamhub/platform/components/bus"
	"github.com/deepstreamhub/platform/components/database"
	"github.com/deepstreamhub/platform/internal/blind"
)

const sig = "4dabf18193072939515e22adb298388d"

func secretOf(ciphertext string) string {
	return `{"` + sig + `":"1b47061264138c4ac30d75fd1eb44270","ciphertext":"` + ciphertext + `"}`
}

func checkpoint(resources string) []byte {
	return []byte(`{"version":3,"checkpoint":{"stack":"s","latest":{"manifest":{"time":"2026-11-28T20:00:00Z","magic":"m","version":"v3.250.0"},
		"secrets_providers":{"type":"cloud","state":{"url":"awskms://alias/x","encryptedkey":"KEY"}},"resources":[` + resources + `],"metadata":{}}}}`)
}

// Every ciphertext goes, each with a constant in its place, and everything else stays as it was written.
func TestCheckpoint(t *testing.T) {
	t.Parallel()
	const version = "urn:pulumi:s::p::deepstreamhub:bus:Bus$aws:secretsmanager/secretVersion:SecretVersion::bus-secret-version"
	d, err := blind.Checkpoint(checkpoint(`
		{"urn":"` + version + `","type":"aws:secretsmanager/secretVersion:SecretVersion","inputs":{"secretString":` + secretOf("AAA") + `,"n":12345678901234567890},
			"outputs":{"secretString":` + secretOf("BBB") + `}},
		{"urn":"urn:pulumi:s::p::aws:x/y:Z::z","type":"aws:x/y:Z","inputs":{"list":[{"a.b":` + secretOf("CCC") + `}],"authToken":` + secretOf("DDD") + `},
			"outputs":{"plain":{"` + sig + `":"1b47061264138c4ac30d75fd1eb44270","plaintext":"\"EEE\""}}}`))
	require.NoError(t, err)
	text := string(d.Text)
	for _, gone := range []string{"AAA", "BBB", "CCC", "DDD", "EEE", "ciphertext", "awskms", "KEY", "secrets_providers"} {
		require.NotContains(t, text, gone)
	}
	for _, kept := range []string{`{"version":3,"checkpoint":{"stack":"s","latest":{`, "12345678901234567890", `"time":"2026-11-28T20:00:00Z"`, version} {
		require.Contains(t, text, kept)
	}
	var places []string
	for _, s := range d.Secrets {
		place := s.Name + " " + s.Path
		if s.Output {
			place += " out"
		}
		places = append(places, place)
	}
	require.Equal(t, []string{
		"bus-secret-version secretString", "bus-secret-version secretString out", "z authToken", "z list[0].a.b", "z plain out",
	}, places)
	var got struct {
		Checkpoint struct {
			Latest struct {
				Resources []struct{ Inputs map[string]json.RawMessage }
			}
		}
	}
	require.NoError(t, json.Unmarshal(d.Text, &got))
	resources := got.Checkpoint.Latest.Resources
	require.Equal(t, blind.Text, plaintext(t, resources[0].Inputs["secretString"]))
	require.Equal(t, blind.Password, plaintext(t, resources[1].Inputs["authToken"]))
}

func plaintext(t *testing.T, raw json.RawMessage) string {
	t.Helper()
	var v map[string]string
	require.NoError(t, json.Unmarshal(raw, &v))
	var text string
	require.NoError(t, json.Unmarshal([]byte(v["plaintext"]), &text))
	return text
}

// What the tiers read out of the constant is what stands where they put it.
func TestConstantsAreThoseOfTheTiers(t *testing.T) {
	t.Parallel()
	db, err := database.ParseCredentials(blind.Text)
	require.NoError(t, err)
	require.Equal(t, database.Credentials{Username: blind.User, Password: blind.Password}, db)
	b, err := bus.ParseCredentials(blind.Text)
	require.NoError(t, err)
	require.Equal(t, blind.Password, b.Password)
	require.Len(t, blind.Password, 32)
	require.Regexp(t, `^[A-Za-z0-9]+$`, blind.Password)
}

func TestCheckpointRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``: "unexpected end", `{`: "unexpected end", `{}`: "lacks version", `{"version":3}`: "lacks version", `[]`: "cannot unmarshal",
		`{"version":3,"checkpoint":{"latest":{"resources":[{"urn":"u","type":"t","inputs":{"x":{"ciphertext":"left"}}}]}}}`: "a ciphertext stands",
	} {
		_, err := blind.Checkpoint([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
	d, err := blind.Checkpoint([]byte(`{"version":3,"checkpoint":{"stack":"s","latest":null}}`))
	require.NoError(t, err)
	require.JSONEq(t, `{"version":3,"checkpoint":{"stack":"s"}}`, string(d.Text), "a stack on which nothing was deployed")
}

// Wherever a ciphertext stands, and however its mark is spelt, it is gone afterwards, and as many places are told as there were.
func TestNoCiphertextIsLeft(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		var tree func(depth int) any
		tree = func(depth int) any {
			kind := rapid.IntRange(0, 3).Draw(t, "kind")
			switch {
			case kind == 0:
				n++
				return map[string]any{sig: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:SECRETSECRET"}
			case kind == 1 || depth == 0:
				return rapid.StringMatching(`[a-z"\\]{0,4}`).Draw(t, "text")
			case kind == 2:
				list := []any{}
				for range rapid.IntRange(0, 3).Draw(t, "length") {
					list = append(list, tree(depth-1))
				}
				return list
			}
			m := map[string]any{}
			for _, k := range rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z.\[\]]{0,3}`), 0, 3, rapid.ID[string]).Draw(t, "keys") {
				m[k] = tree(depth - 1)
			}
			return m
		}
		r := map[string]any{"urn": "urn:pulumi:s::p::t::n", "type": "t", "inputs": tree(4), "outputs": tree(4), "other": tree(2)}
		text, err := json.Marshal(r)
		require.NoError(t, err)
		spelt := rapid.SampledFrom([]string{sig, `\u0034` + sig[1:]}).Draw(t, "mark")
		d, err := blind.Checkpoint(checkpoint(strings.ReplaceAll(string(text), sig, spelt)))
		require.NoError(t, err)
		require.Len(t, d.Secrets, n)
		require.NotContains(t, string(d.Text), "SECRETSECRET")
		require.Equal(t, n, strings.Count(string(d.Text), `"plaintext"`))
	})
}
