package deploy

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/state"
)

// HubKey is the secrets provider of states with nothing in them to protect: hub itself is the key service, and every hub has its
// key. A passphrase would do as well, but each engine takes a fifth of a second of a processor to derive a key from it.
const HubKey = "hashivault://hub"

// KeyService is a key, handed out as by the transit engine of HashiCorp Vault (Vault API, "Encrypt data" and "Decrypt data"): of the
// key services that the engine knows, the one that it finds by variables which mean nothing to a provider of AWS.
type KeyService struct {
	key      cipher.AEAD
	server   http.Server
	listener net.Listener
	token    string // without which nobody on this machine is served
}

// ServeHubKey serves the key of HubKey on the loopback interface until Close.
func ServeHubKey() (*KeyService, error) { return serveKey(sha256.Sum256([]byte("hub"))) }

// serveNewKey serves a key that nobody has and that is written nowhere.
func serveNewKey() (*KeyService, error) {
	return serveKey(newKey())
}

// newKey is a key of AES-256, which the engine wants for secrets too (sdk/go/common/resource/config, NewSymmetricCrypter).
func newKey() (key [32]byte) {
	_, _ = rand.Read(key[:]) // it never fails
	return key
}

func serveKey(key [32]byte) (*KeyService, error) {
	k := &KeyService{token: rand.Text()}
	block, err := aes.NewCipher(key[:])
	if err == nil {
		k.key, err = cipher.NewGCMWithRandomNonce(block)
	}
	if err == nil {
		k.listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("serve the key of secrets: %w", err)
	}
	k.server = http.Server{ReadHeaderTimeout: time.Minute, Handler: k}
	go func() { _ = k.server.Serve(k.listener) }() // until it is closed
	return k, nil
}

// sealed is how what Vault encrypts begins.
const sealed = "vault:v1:"

// ServeHTTP answers a request to encrypt or to decrypt.
func (k *KeyService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Plaintext  []byte `json:"plaintext"`
		Ciphertext string `json:"ciphertext"`
	}
	if r.Header.Get("X-Vault-Token") != k.token {
		http.Error(w, `{"errors":["permission denied"]}`, http.StatusForbidden)
		return
	}
	answer := map[string]any{}
	err := json.NewDecoder(r.Body).Decode(&asked)
	switch {
	case err != nil:
	case r.URL.Path == "/v1/transit/encrypt/hub":
		answer["ciphertext"] = k.seal(asked.Plaintext)
	case r.URL.Path == "/v1/transit/decrypt/hub":
		answer["plaintext"], err = k.open(asked.Ciphertext)
	default:
		err = fmt.Errorf("unsupported path %s", r.URL.Path)
	}
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"errors": []string{err.Error()}})
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": answer}) // who does not get it says so
}

func (k *KeyService) seal(plain []byte) string {
	return sealed + base64.StdEncoding.EncodeToString(k.key.Seal(nil, nil, plain, nil))
}

func (k *KeyService) open(text string) ([]byte, error) {
	text, ok := strings.CutPrefix(text, sealed)
	data, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		data, err = k.key.Open(nil, nil, data, nil)
	}
	if err != nil || !ok {
		return nil, errors.New("invalid ciphertext: it was not made with this key")
	}
	return data, nil
}

// keys are a new key of a stack's secrets, encrypted under the service's.
func (k *KeyService) keys() state.Keys {
	data := newKey()
	return state.Keys{Provider: HubKey, Encrypted: base64.StdEncoding.EncodeToString([]byte(k.seal(data[:])))}
}

// Environment is how an engine finds the service, KEY=VALUE.
func (k *KeyService) Environment() []string {
	return []string{"VAULT_SERVER_URL=http://" + k.listener.Addr().String(), "VAULT_SERVER_TOKEN=" + k.token}
}

// Close ends the service.
func (k *KeyService) Close() error { return k.server.Close() }
