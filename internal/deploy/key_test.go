package deploy

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the service encrypts it alone decrypts, and it serves nobody who does not have its token. That the real engine takes it for
// Vault is what every test with HubKey and TestBlindPreviewTakesOneEngine show.
func TestKeyService(t *testing.T) {
	t.Parallel()
	k, err := ServeHubKey()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	ask := func(token, path, body string) (int, string) {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPut, strings.TrimPrefix(k.Environment()[0], "VAULT_SERVER_URL=")+"/v1/transit/"+path, strings.NewReader(body))
		require.NoError(t, err)
		q.Header.Set("X-Vault-Token", token)
		q.Close = true
		r, err := http.DefaultClient.Do(q)
		require.NoError(t, err)
		var answer struct {
			Data   struct{ Plaintext, Ciphertext string }
			Errors []string
		}
		require.NoError(t, json.NewDecoder(r.Body).Decode(&answer))
		require.NoError(t, r.Body.Close())
		require.Equal(t, r.StatusCode != http.StatusOK, len(answer.Errors) > 0)
		return r.StatusCode, strings.Join(append(answer.Errors, answer.Data.Plaintext, answer.Data.Ciphertext), "")
	}
	const secret = `{"plaintext":"c2VjcmV0"}`
	code, sealed := ask(k.token, "encrypt/hub", secret)
	require.Equal(t, http.StatusOK, code)
	require.Regexp(t, `^vault:v1:[A-Za-z0-9+/=]+$`, sealed)
	_, again := ask(k.token, "encrypt/hub", secret)
	require.NotEqual(t, sealed, again)
	code, plain := ask(k.token, "decrypt/hub", `{"ciphertext":"`+sealed+`"}`)
	require.Equal(t, http.StatusOK, code)
	require.Equal(t, "c2VjcmV0", plain)

	for _, token := range []string{"", "mine"} {
		code, text := ask(token, "decrypt/hub", `{"ciphertext":"`+sealed+`"}`)
		require.Equal(t, http.StatusForbidden, code)
		require.NotContains(t, text, "c2VjcmV0")
	}
	for path, body := range map[string]string{
		"decrypt/other": `{"ciphertext":"` + sealed + `"}`, "rewrap/hub": `{}`, "encrypt/hub": `{`,
		"decrypt/hub": `{"ciphertext":"` + strings.TrimPrefix(sealed, "vault:v1:") + `"}`,
	} {
		code, _ := ask(k.token, path, body)
		require.Equal(t, http.StatusBadRequest, code, path)
	}

	other, err := serveNewKey()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, other.Close()) })
	_, err = other.open(sealed)
	require.ErrorContains(t, err, "not made with this key")
	_, err = k.open("vault:v1:AA==")
	require.ErrorContains(t, err, "not made with this key")

	wrapped, err := base64.StdEncoding.DecodeString(other.keys().Encrypted)
	require.NoError(t, err)
	key, err := other.open(string(wrapped))
	require.NoError(t, err)
	require.Len(t, key, 32)
}
