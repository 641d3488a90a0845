// Package tfplugin asks a Terraform provider what it knows: the schemas of its resources, which configurations it refuses, and
// what it plans to do for a change. It starts the provider's released binary and speaks protocol 5 with it, as Terraform does;
// nothing is created, and with the configuration that Start gives no request leaves the machine.
package tfplugin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// BinaryVariable names the environment variable that says where the provider's binary is.
const BinaryVariable = "AWS_PROVIDER_BINARY"

// Version is the release of the provider that the SDK in use wraps (pulumi-aws 6.83.4).
const Version = "5.100.0"

// ErrMissing is Find's error where there is no provider. Its text says how to get one.
var ErrMissing = fmt.Errorf("the AWS provider %s for Terraform is not there: set %s to its binary, or have `terraform init` fill a plugin cache (TF_PLUGIN_CACHE_DIR)",
	Version, BinaryVariable)

// Find returns the path of the provider's binary: what the environment names, or what a directory holds in which Terraform
// looks for providers itself (Terraform CLI, "Implied Local Mirror Directories" and the plugin cache), or /opt/tf-plugins.
func Find() (string, error) {
	if path := os.Getenv(BinaryVariable); path != "" {
		if _, err := os.Stat(path); err != nil {
			return "", fmt.Errorf("%s: %w", BinaryVariable, err)
		}
		return path, nil
	}
	home, _ := os.UserHomeDir()
	for _, dir := range []string{
		os.Getenv("TF_PLUGIN_CACHE_DIR"), filepath.Join(home, ".terraform.d/plugins"), filepath.Join(home, ".terraform.d/plugin-cache"),
		filepath.Join(home, ".local/share/terraform/plugins"), "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins", "/opt/tf-plugins",
	} {
		if dir == "" {
			continue
		}
		found, _ := filepath.Glob(filepath.Join(dir, "*/hashicorp/aws", Version, "*", "terraform-provider-aws_v"+Version+"*"))
		if len(found) > 0 {
			return found[0], nil
		}
	}
	return "", ErrMissing
}

// Provider is a running provider.
type Provider struct {
	Schemas map[string]*Block // by Terraform's name of the resource type

	cmd    *exec.Cmd
	conn   *grpc.ClientConn
	exited chan error
	once   sync.Once
	log    tail
}

// handshake is how long a provider may take to say where it listens.
const handshake = 2 * time.Minute

// Start runs the provider at path and configures it for a region with credentials that open nothing.
func Start(ctx context.Context, path, region string) (*Provider, error) {
	p := &Provider{exited: make(chan error, 1)}
	p.cmd = exec.Command(path)
	// The cookie tells the binary that it is run as a plugin (Terraform's plugin handshake).
	p.cmd.Env = []string{
		"TF_PLUGIN_MAGIC_COOKIE=d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2", "PLUGIN_PROTOCOL_VERSIONS=5",
		"PLUGIN_MIN_PORT=10000", "PLUGIN_MAX_PORT=25000", "TMPDIR=" + os.TempDir(), "PATH=" + os.Getenv("PATH"),
		"AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "AWS_EC2_METADATA_DISABLED=true",
		"TF_LOG=ERROR", "TF_LOG_SDK=OFF", "TF_LOG_SDK_PROTO=OFF", "TF_LOG_SDK_MUX=OFF", "TF_LOG_SDK_FRAMEWORK=OFF", "TF_LOG_SDK_HELPER_SCHEMA=OFF",
	}
	p.cmd.Stderr = &p.log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start provider: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start provider: %w", err)
	}
	lines := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		lines <- line
		_, _ = io.Copy(io.Discard, r)
		p.exited <- p.cmd.Wait()
	}()
	if err := p.connect(ctx, lines, region); err != nil {
		p.Close()
		return nil, fmt.Errorf("start provider: %w", err)
	}
	return p, nil
}

func (p *Provider) connect(ctx context.Context, lines <-chan string, region string) error {
	var line string
	select {
	case line = <-lines:
	case <-time.After(handshake):
		return errors.New("no handshake")
	case <-ctx.Done():
		return ctx.Err()
	}
	parts := strings.Split(strings.TrimSpace(line), "|") // core protocol, protocol, network, address, kind
	if len(parts) < 5 || parts[1] != "5" || parts[4] != "grpc" {
		return fmt.Errorf("unexpected handshake %q", line)
	}
	address := parts[3]
	if parts[2] == "unix" {
		address = "unix:" + address
	}
	var err error
	const longest = 256 << 20 // bytes; the answer with all schemas has some 20 MB
	p.conn, err = grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(longest), grpc.MaxCallSendMsgSize(longest)))
	if err != nil {
		return err
	}
	return p.configure(ctx, region)
}

func (p *Provider) configure(ctx context.Context, region string) error {
	r, err := p.call(ctx, "GetSchema", newMessage("SchemaRequest"), "SchemaResponse")
	if err != nil {
		return err
	}
	p.Schemas = map[string]*Block{}
	for _, s := range r.all("resource_schemas") {
		if p.Schemas[s.text("key")], err = readBlock(s.sub("value").sub("block")); err != nil {
			return fmt.Errorf("schema of %s: %w", s.text("key"), err)
		}
	}
	own, err := readBlock(r.sub("provider").sub("block"))
	if err != nil {
		return err
	}
	config, err := own.Value(map[string]any{
		"region": region, "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "none", "skip_credentials_validation": true,
		"skip_requesting_account_id": true, "skip_metadata_api_check": "true", "skip_region_validation": true, "max_retries": 0.0,
	})
	if err != nil {
		return err
	}
	packed, err := own.pack(config)
	if err != nil {
		return err
	}
	request := newMessage("ConfigureRequest").set("terraform_version", "1.11.0").set("config", packed)
	r, err = p.call(ctx, "Configure", request, "Diagnostics")
	if err != nil {
		return err
	}
	return errors.Join(errorsOf(r)...)
}

// Close ends the provider.
func (p *Provider) Close() {
	p.once.Do(func() {
		if p.conn != nil {
			_ = p.conn.Close()
		}
		_ = p.cmd.Process.Kill()
		<-p.exited
	})
}

func (p *Provider) call(ctx context.Context, method string, in message, out protoreflect.Name) (message, error) {
	r := newMessage(out)
	err := p.conn.Invoke(ctx, "/tfplugin5.Provider/"+method, in.Interface(), r.Interface())
	if status.Code(err) == codes.Unavailable {
		p.Close()
		err = fmt.Errorf("%w: %w; its last words:\n%s", ErrGone, err, p.log.String())
	}
	return r, err
}

// ErrGone is in the error of a call in which the provider ended: some of its functions panic on what no validation let through.
var ErrGone = errors.New("the provider ended")

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	last []byte
}

// keep is how many bytes a tail holds.
const keep = 8 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, b...)
	if len(t.last) > keep {
		t.last = t.last[len(t.last)-keep:]
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}

// Problem is one error that the provider finds.
type Problem struct {
	Path    []string // steps to the attribute, as far as the provider says
	Summary string
	Detail  string
}

func (p *Problem) Error() string {
	return strings.TrimSpace(strings.Join(slices.DeleteFunc([]string{strings.Join(p.Path, "."), p.Summary, p.Detail}, func(s string) bool { return s == "" }), ": "))
}

func errorsOf(r message) []error {
	var out []error
	for _, p := range problemsOf(r) {
		out = append(out, p)
	}
	return out
}

func problemsOf(r message) (out []*Problem) {
	const isError = 1
	for _, d := range r.all("diagnostics") {
		if d.number("severity") == isError {
			out = append(out, &Problem{stepsOf(d.sub("attribute")), d.text("summary"), d.text("detail")})
		}
	}
	return out
}

// stepsOf returns a path's steps: attribute names, and for elements of lists and maps their index or key in brackets.
func stepsOf(path message) []string {
	var out []string
	for _, s := range path.all("steps") {
		switch {
		case s.text("attribute_name") != "":
			out = append(out, s.text("attribute_name"))
		case s.text("element_key_string") != "":
			out = append(out, "["+s.text("element_key_string")+"]")
		default:
			out = append(out, fmt.Sprintf("[%d]", s.number("element_key_int")))
		}
	}
	return out
}
