package deepstream

import (
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	bundle       = "-----BEGIN CERTIFICATE-----\nnot looked into\n-----END CERTIFICATE-----\n"
	typeManifest = "application/vnd.docker.distribution.manifest.v2+json"
	typeConfig   = "application/vnd.docker.container.image.v1+json"
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	base         = "deepstreamio/deepstream.io"
)

// registry answers as one does ("OCI Distribution Specification": pull), and as the host of RDS's certificates.
type registry struct {
	*httptest.Server
	t    *testing.T
	blob map[string][]byte // by path
	kind map[string]string
	file string // of the authority to trust
}

func startRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{t: t, blob: map[string][]byte{}, kind: map[string]string{}}
	r.Server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		text, ok := r.blob[q.URL.Path]
		switch {
		case q.URL.Path == "/v2/":
		case !ok:
			http.NotFound(w, q)
		default:
			w.Header().Set("Content-Type", r.kind[q.URL.Path])
			w.Header().Set("Docker-Content-Digest", digestOf(text))
			w.Header().Set("Content-Length", fmt.Sprint(len(text)))
			if q.Method != http.MethodHead {
				_, _ = w.Write(text)
			}
		}
	}))
	t.Cleanup(r.Close)
	r.put("/global-bundle.pem", "text/plain", []byte(bundle))
	r.file = filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate().Raw})
	require.NoError(t, os.WriteFile(r.file, text, 0o600))
	return r
}

func digestOf(text []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(text)) }

func (r *registry) put(path, kind string, text []byte) { r.blob[path], r.kind[path] = text, kind }

func (r *registry) object(kind string, value any) (digest string, descriptor map[string]any) {
	text, err := json.Marshal(value)
	require.NoError(r.t, err)
	digest = digestOf(text)
	where := "manifests"
	if kind == typeConfig {
		where = "blobs"
	}
	r.put("/v2/"+base+"/"+where+"/"+digest, kind, text)
	return digest, map[string]any{"mediaType": kind, "digest": digest, "size": len(text)}
}

// build is an image for one architecture, by digest alone.
func (r *registry) build(architecture string) (digest string, descriptor map[string]any) {
	_, config := r.object(typeConfig, map[string]any{"architecture": architecture, "os": "linux", "rootfs": map[string]any{"type": "layers", "diff_ids": []string{}}})
	return r.object(typeManifest, map[string]any{"schemaVersion": 2, "mediaType": typeManifest, "config": config, "layers": []any{}})
}

func (r *registry) tag(digest string) {
	from := "/v2/" + base + "/manifests/" + digest
	r.put("/v2/"+base+"/manifests/10.1.4", r.kind[from], r.blob[from])
}

// run runs one of the image's scripts on a Dockerfile whose sources this registry holds, and returns what it said and
// the Dockerfile after it.
func (r *registry) run(dockerfile, script string, args ...string) (said, after string, err error) {
	r.t.Helper()
	dir := r.t.TempDir()
	text, err := os.ReadFile(script)
	require.NoError(r.t, err)
	require.NoError(r.t, os.WriteFile(filepath.Join(dir, script), text, 0o700))
	host := strings.TrimPrefix(r.URL, "https://")
	there := strings.NewReplacer(base+":", host+"/"+base+":", "truststore.pki.rds.amazonaws.com/global", host)
	require.NoError(r.t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(there.Replace(dockerfile)), 0o600))
	cmd := exec.CommandContext(r.t.Context(), filepath.Join(dir, script), args...)
	cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+r.file, "CURL_CA_BUNDLE="+r.file, "DOCKER_CONFIG="+dir)
	out, err := cmd.CombinedOutput()
	text, readErr := os.ReadFile(filepath.Join(dir, "Dockerfile"))
	require.NoError(r.t, readErr)
	back := strings.NewReplacer(host+"/"+base+":", base+":", host, "truststore.pki.rds.amazonaws.com/global")
	return string(out), back.Replace(string(text)), err
}

func needPrograms(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s missing: apt-get install -y docker.io jq curl", program)
		}
	}
}

// The script writes what the registry has for the hosts' architecture, and takes nothing else.
func TestPinSources(t *testing.T) {
	t.Parallel()
	needPrograms(t, "docker", "jq", "curl")
	r := startRegistry(t)
	arm, armDescriptor := r.build("arm64")
	amd, amdDescriptor := r.build("amd64")
	pinned := func(digest string) string {
		text := regexp.MustCompile(`(?m)^(FROM [^@\n]*@)sha256:[0-9a-f]*`).ReplaceAllString(Dockerfile, "${1}"+digest)
		return regexp.MustCompile(`--checksum=sha256:[0-9a-f]*`).ReplaceAllString(text, "--checksum="+digestOf([]byte(bundle)))
	}

	r.tag(arm)
	said, after, err := r.run(Dockerfile, "pin-sources", "arm64")
	require.NoError(t, err, said)
	require.Equal(t, pinned(arm), after)
	_, again, err := r.run(after, "pin-sources", "arm64")
	require.NoError(t, err)
	require.Equal(t, after, again, "what is pinned is looked at anew")

	r.tag(amd)
	said, after, err = r.run(Dockerfile, "pin-sources", "arm64")
	require.Error(t, err, "the tag is of another architecture")
	require.Contains(t, said, "is built for linux/amd64, not once for linux/arm64: give the digest")
	require.Equal(t, Dockerfile, after)
	said, after, err = r.run(Dockerfile, "pin-sources", "arm64", arm)
	require.NoError(t, err, said)
	require.Equal(t, pinned(arm), after)
	_, _, err = r.run(Dockerfile, "pin-sources", "arm64", amd)
	require.Error(t, err, "so is the digest given")
	_, after, err = r.run(Dockerfile, "pin-sources", "arm64", "sha256:"+strings.Repeat("1", 64))
	require.Error(t, err, "nobody has it")
	require.Equal(t, Dockerfile, after)

	armDescriptor["platform"] = map[string]any{"os": "linux", "architecture": "arm64"}
	amdDescriptor["platform"] = map[string]any{"os": "linux", "architecture": "amd64"}
	both, _ := r.object(typeIndex, map[string]any{"schemaVersion": 2, "mediaType": typeIndex, "manifests": []any{amdDescriptor, armDescriptor}})
	r.tag(both)
	said, after, err = r.run(Dockerfile, "pin-sources", "arm64")
	require.NoError(t, err, said)
	require.Equal(t, pinned(arm), after, "of several builds the right one")

	r.put("/global-bundle.pem", "text/html", []byte("<html>moved</html>"))
	said, after, err = r.run(Dockerfile, "pin-sources", "arm64")
	require.Error(t, err)
	require.Contains(t, said, "holds no certificate")
	require.Equal(t, Dockerfile, after)
	delete(r.blob, "/global-bundle.pem")
	_, after, err = r.run(Dockerfile, "pin-sources", "arm64")
	require.Error(t, err)
	require.Equal(t, Dockerfile, after)
}

// A build of placeholders says what to do; one of digests goes to docker.
func TestBuildRefusesPlaceholders(t *testing.T) {
	t.Parallel()
	const none = "sha256:0000000000000000000000000000000000000000000000000000000000000000"
	some := "sha256:" + strings.Repeat("a", 64)
	fixed := strings.ReplaceAll(Dockerfile, none, some)
	r := startRegistry(t)
	open := map[string]string{
		"a base":       regexp.MustCompile(`(?m)^(FROM [^@\n]*@)sha256:[0-9a-f]*`).ReplaceAllString(fixed, "${1}"+none),
		"certificates": regexp.MustCompile(`--checksum=sha256:[0-9a-f]*`).ReplaceAllString(fixed, "--checksum="+none),
	}
	for name, text := range open {
		said, _, err := r.run(text, "build", "arm64", "a:b")
		require.Error(t, err, name)
		require.Contains(t, said, "run images/deepstream/pin-sources arm64", name)
		require.Contains(t, said, none, name)
	}
	// A docker that says what it was told, which is all that can be had without the base.
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "docker"), []byte("#!/bin/sh\necho docker \"$@\"\n"), 0o700))
	said, err := func() (string, error) {
		text, err := os.ReadFile("build")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "build"), text, 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(fixed), 0o600))
		cmd := exec.CommandContext(t.Context(), filepath.Join(dir, "build"), "arm64", "a:b")
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}()
	require.NoError(t, err, said)
	require.Equal(t, "docker build --platform linux/arm64 --tag a:b .\n", said)
}
