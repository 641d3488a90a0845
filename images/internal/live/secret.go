package live

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// Secret is a secret that holds JSON with "password", behind an endpoint that answers GetSecretValue as Secrets Manager does
// (AWS Secrets Manager API Reference).
type Secret struct {
	ARN string

	endpoint string
	mu       sync.Mutex
	stages   map[string]string // password by staging label
	reads    int
}

// StartSecret serves one that holds a password.
func StartSecret(t testing.TB, password string) *Secret {
	t.Helper()
	s := &Secret{ARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:live-AbCdEf", stages: map[string]string{"AWSCURRENT": password}}
	server := httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(server.Close)
	s.endpoint = server.URL
	return s
}

// Put makes a password the current one, and the current one the one before.
func (s *Secret) Put(password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stages["AWSPREVIOUS"], s.stages["AWSCURRENT"] = s.stages["AWSCURRENT"], password
}

// Reads is how often the secret was read.
func (s *Secret) Reads() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// Environment has a process find the endpoint, and credentials for it.
func (s *Secret) Environment() map[string]string {
	return map[string]string{"AWS_ENDPOINT_URL_SECRETS_MANAGER": s.endpoint, "AWS_ACCESS_KEY_ID": "live", "AWS_SECRET_ACCESS_KEY": "live"}
}

func (s *Secret) answer(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	refuse := func(kind string) {
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": kind, "Message": kind})
	}
	var asked struct{ SecretId, VersionStage string } //nolint:revive // the API's names
	if json.NewDecoder(r.Body).Decode(&asked) != nil || r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
		refuse("InvalidRequestException")
		return
	}
	password, ok := s.stages[asked.VersionStage]
	if asked.SecretId != s.ARN || !ok {
		refuse("ResourceNotFoundException")
		return
	}
	text, _ := json.Marshal(map[string]string{"username": User, "password": password})
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(map[string]any{"ARN": s.ARN, "VersionStages": []string{asked.VersionStage}, "SecretString": string(text)})
}
