package state

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/deepstreamhub/platform/internal/plan"
)

// StackFile is where a stack's checkpoint is.
func StackFile(project, stack string) string {
	return path.Join(".pulumi", "stacks", project, stack+".json")
}

// BackupDir is where the engine keeps a copy of the checkpoint from after every operation.
func BackupDir(project, stack string) string {
	return path.Join(".pulumi", "backups", project, stack) + "/"
}

// HistoryDir is where the engine writes a record of every operation when it ends, however it ends.
func HistoryDir(project, stack string) string {
	return path.Join(".pulumi", "history", project, stack) + "/"
}

// Ended returns when the operation ended that a file of HistoryDir tells of: STACK-NANOSECONDS.history.json, perhaps
// compressed (pulumi/pkg/backend/diy/state.go, addToHistory). It is false for any other file.
func Ended(key string) (time.Time, bool) {
	name, _, record := strings.Cut(path.Base(key), ".history.json")
	nanoseconds, err := strconv.ParseInt(name[strings.LastIndex(name, "-")+1:], 10, 64)
	return time.Unix(0, nanoseconds), record && err == nil
}

// Record is what the engine noted of an operation that ended.
type Record struct {
	Kind    string         `json:"kind"`
	Result  string         `json:"result"`
	Message string         `json:"message"`
	Start   int64          `json:"startTime"` // in seconds since 1970
	End     int64          `json:"endTime"`
	Changes map[string]int `json:"resourceChanges"` // by operation, components among them
}

// ReadRecord reads a file of HistoryDir. One that cannot be read says nothing. The message is what was given to the Automation API,
// which quotes it (sdk v3.250.0, go/auto/stack.go: --message=%q).
func ReadRecord(data []byte) Record {
	var r Record
	if data, err := Unpacked(data); err != nil || json.Unmarshal(data, &r) != nil {
		return Record{}
	}
	if message, err := strconv.Unquote(r.Message); err == nil {
		r.Message = message
	}
	return r
}

// KeptFile is where a checkpoint goes that a restore takes the place of.
func KeptFile(project, stack string, at time.Time) string {
	return path.Join(folder(project), "replaced", project, stack, at.UTC().Format("20060102T150405.000Z")+".json")
}

// Checkpoint is what matters here of a checkpoint.
type Checkpoint struct {
	Resources int
	InCloud   int       // of them, what a provider made
	Expires   time.Time // when a short-lived stack is to be taken down; zero where nothing says so
	Pending   []string  // operations that had begun and not ended, as "creating TYPE NAME"
	Written   time.Time // by the engine; importing it somewhere else does not change it
	Keys      Keys      // what its secrets are encrypted under
	New       bool      // nothing was ever deployed
	Condemned int       // resources that have been replaced and are still to be deleted

	StagingLabels map[string][]string // of the versions of secrets, by the version's logical name; nil: no version has any
}

// newestFormat is the newest version of the checkpoint's format that is known here (sdk/go/common/apitype: 3, and 4 with
// features).
const newestFormat = 4

// NewCheckpoint is that of a stack to which nothing was ever deployed, as the engine writes it.
func NewCheckpoint(project, stack string) []byte {
	return fmt.Appendf(nil, `{"version":3,"checkpoint":{"stack":%q}}`, "organization/"+project+"/"+stack)
}

// ReadCheckpoint reads a checkpoint and refuses one that is damaged: cut short, not a checkpoint, or one that the engine
// would not work with. The engine refuses the same, later and without a way back, or not at all.
func ReadCheckpoint(data []byte) (Checkpoint, error) {
	data, err := Unpacked(data)
	if err != nil {
		return Checkpoint{}, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return Checkpoint{}, errors.New("it is empty")
	}
	var file struct {
		Version    int `json:"version"`
		Checkpoint *struct {
			Latest map[string]json.RawMessage `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := decode(data, &file); err != nil {
		return Checkpoint{}, err
	}
	switch {
	case file.Checkpoint == nil || file.Version < 1:
		return Checkpoint{}, errors.New("it is no checkpoint: it lacks version and checkpoint")
	case file.Version > newestFormat:
		return Checkpoint{}, fmt.Errorf("its format is version %d, the newest one known here is %d", file.Version, newestFormat)
	case len(file.Checkpoint.Latest) == 0:
		return readNothing(data)
	}
	return readDeployment(file.Checkpoint.Latest)
}

// readNothing reads a checkpoint without any part of a deployment: that of a stack without one, as the engine writes it, has none.
func readNothing(data []byte) (Checkpoint, error) {
	var file struct {
		Checkpoint struct {
			Latest json.RawMessage `json:"latest"`
		} `json:"checkpoint"`
	}
	err := decode(data, &file)
	if latest := file.Checkpoint.Latest; err == nil && latest != nil {
		err = fmt.Errorf("its deployment is %s: what was deployed is lost", latest)
	}
	return Checkpoint{New: err == nil}, err
}

// Unpacked returns a checkpoint as it was before the engine compressed it (PULUMI_DIY_BACKEND_GZIP and its successor).
// What is compressed and cannot be unpacked is an error.
func Unpacked(data []byte) ([]byte, error) {
	var from io.Reader
	var err error
	switch {
	case bytes.HasPrefix(data, []byte{0x1f, 0x8b}):
		from, err = gzip.NewReader(bytes.NewReader(data))
	case bytes.HasPrefix(data, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		from, err = zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1))
	default:
		return data, nil
	}
	if err == nil {
		data, err = io.ReadAll(from)
	}
	if err != nil {
		return nil, fmt.Errorf("it is compressed and cannot be unpacked: %w", err)
	}
	return data, nil
}

// decode reads JSON and tells apart how it can be wrong.
func decode(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	if err == nil {
		return nil
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && endsEarly(data, syntax) {
		return fmt.Errorf("it is cut short after %d bytes", len(data))
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("it is no checkpoint: %s is a %s", cmp.Or(wrong.Field, "all of it"), wrong.Value)
	}
	return fmt.Errorf("it is no JSON: %w", err)
}

// endsEarly reports whether JSON is wrong only because it ends: the package says that by the blank which it reads then where a
// literal or a number is cut.
func endsEarly(data []byte, err *json.SyntaxError) bool {
	return err.Error() == "unexpected end of JSON input" ||
		err.Offset == int64(len(data)) && strings.HasPrefix(err.Error(), "invalid character ' ' ") && !bytes.HasSuffix(data, []byte(" "))
}

// deployment is the part of a checkpoint that tells what exists.
type deployment struct {
	Manifest struct {
		Time    time.Time `json:"time"`
		Magic   string    `json:"magic"`
		Version string    `json:"version"`
	}
	Secrets   secrets
	Resources []resource
	Pending   []struct {
		Type     string `json:"type"`
		Resource struct {
			URN  string `json:"urn"`
			Type string `json:"type"`
		} `json:"resource"`
	}
}

type resource struct {
	URN                string              `json:"urn"`
	Type               string              `json:"type"`
	ID                 string              `json:"id"`
	Custom             bool                `json:"custom"`
	Delete             bool                `json:"delete"`
	PendingReplacement bool                `json:"pendingReplacement"`
	Parent             string              `json:"parent"`
	Provider           string              `json:"provider"`
	DeletedWith        string              `json:"deletedWith"`
	Dependencies       []string            `json:"dependencies"`
	Properties         map[string][]string `json:"propertyDependencies"`
	Inputs             json.RawMessage     `json:"inputs"` // read only for their tags and staging labels
}

// refers are all others that a resource names, each of which comes before it.
func (r resource) refers() []string {
	all := append([]string{r.Parent, r.DeletedWith}, r.Dependencies...)
	for _, of := range slices.Sorted(maps.Keys(r.Properties)) {
		all = append(all, r.Properties[of]...)
	}
	return slices.DeleteFunc(all, func(urn string) bool { return urn == "" })
}

// never are parts of a deployment that the engine leaves out where there is nothing to say, and never writes as null.
var never = []string{"manifest", "resources", "pending_operations"}

// expires reads the tag that says when the stack may be taken down. Most stacks have none, and no input is decoded to see that.
func (r resource) expires() time.Time {
	var inputs struct {
		Tags struct{ Expires string }
	}
	if !bytes.Contains(r.Inputs, []byte(`"expires"`)) || json.Unmarshal(r.Inputs, &inputs) != nil {
		return time.Time{}
	}
	at, _ := time.Parse(time.RFC3339, inputs.Tags.Expires)
	return at
}

// readDeployment reads a deployment by its parts, so that most of it is gone through once.
func readDeployment(parts map[string]json.RawMessage) (Checkpoint, error) {
	for _, name := range never {
		if part, there := parts[name]; there && string(part) == "null" {
			return Checkpoint{}, fmt.Errorf("its %s is null: what was deployed is lost", strings.ReplaceAll(name, "_", " "))
		}
	}
	var d deployment
	for _, part := range []struct {
		name string
		into any
	}{{"manifest", &d.Manifest}, {"secrets_providers", &d.Secrets}, {"resources", &d.Resources}, {"pending_operations", &d.Pending}} {
		if text, there := parts[part.name]; there {
			if err := decode(text, part.into); err != nil {
				return Checkpoint{}, fmt.Errorf("its %s: %w", strings.ReplaceAll(part.name, "_", " "), err)
			}
		}
	}
	if err := d.check(); err != nil {
		return Checkpoint{}, err
	}
	c := Checkpoint{Resources: len(d.Resources), Written: d.Manifest.Time, Keys: d.Secrets.keys()}
	for _, r := range d.Resources {
		if !plan.IsComponent(r.Type) {
			c.InCloud++
		}
		if at := r.expires(); at.After(c.Expires) {
			c.Expires = at
		}
		if labels := r.stagingLabels(); len(labels) > 0 {
			if c.StagingLabels == nil {
				c.StagingLabels = map[string][]string{}
			}
			c.StagingLabels[plan.Name(r.URN)] = labels
		}
	}
	for _, r := range d.Resources {
		if r.Delete {
			c.Condemned++
		}
	}
	for _, p := range d.Pending {
		if p.Resource.URN == "" {
			return Checkpoint{}, errors.New("an operation that was under way has no resource")
		}
		c.Pending = append(c.Pending, p.Type+" "+p.Resource.URN)
	}
	return c, nil
}

// check holds a deployment to what the engine wants of it (pkg/resource/stack/snapshot/integrity.go, VerifyIntegrity).
func (d deployment) check() error {
	if want := magic(d.Manifest.Version); d.Manifest.Magic != want {
		return errors.New("its manifest was changed: its checksum is another")
	}
	all := map[string]bool{}
	for _, r := range d.Resources {
		all[r.URN] = true
	}
	known, providers, live := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, r := range d.Resources {
		if r.URN == "" || r.Type == "" {
			return fmt.Errorf("resource %d of %d has no name or no type", i+1, len(d.Resources))
		}
		if !r.Custom && r.ID != "" {
			return fmt.Errorf("%s has an id although it is no resource of a provider", r.URN)
		}
		for _, other := range r.refers() {
			switch {
			case !all[other]:
				return fmt.Errorf("%s refers to %s, which is not in it", r.URN, other)
			case !known[other]:
				return fmt.Errorf("%s refers to %s, which comes after it", r.URN, other)
			}
		}
		if strings.HasPrefix(r.Type, "pulumi:providers:") {
			providers[r.URN+"::"+r.ID] = true
		}
		if r.Provider != "" && !r.PendingReplacement && !providers[r.Provider] {
			return fmt.Errorf("%s refers to the provider %s, which is not in it", r.URN, r.Provider)
		}
		if !r.Delete {
			if live[r.URN] {
				return fmt.Errorf("%s is in it twice", r.URN)
			}
			live[r.URN] = true
		}
		known[r.URN] = true
	}
	return nil
}

// magic is the checksum of a manifest (sdk/go/common/apitype, ManifestV1.NewMagic).
func magic(version string) string {
	if version == "" {
		return ""
	}
	return fmt.Sprintf("%x", sha256.Sum256([]byte(version)))
}

// Version is an earlier checkpoint that a stack can go back to.
type Version struct {
	ID        string    `json:"version"` // what restore takes: the bucket's version id, or the name of a copy
	Key       string    `json:"key"`
	Written   time.Time `json:"written"`
	Resources int       `json:"resources"`        // components left out
	Verb      string    `json:"verb,omitempty"`   // of the deployment that it is from after: update, refresh, destroy, ...
	Result    string    `json:"result,omitempty"` // succeeded or failed
	Message   string    `json:"message,omitempty"`
	Note      Note      `json:"note,omitzero"` // what hub wrote into the message

	Seconds int64          `json:"seconds,omitempty"` // that the deployment took
	Counts  map[string]int `json:"counts,omitempty"`  // of its operations as the engine counts, components among them

	Damage string `json:"damage,omitempty"` // why it is of no use
}

// Take adds what the engine noted of the deployment that a checkpoint is from after.
func (v *Version) Take(r Record) {
	v.Verb, v.Result, v.Message, v.Note, v.Counts = r.Kind, r.Result, r.Message, ReadNote(r.Message), r.Changes
	if v.Seconds = r.End - r.Start; v.Seconds < 0 {
		v.Seconds = 0
	}
}

// stagingLabels are those of a secret's version that is not about to be deleted, which are how far a rotation of its password
// has come.
func (r resource) stagingLabels() []string {
	var inputs struct{ VersionStages []string }
	if r.Type != "aws:secretsmanager/secretVersion:SecretVersion" || r.Delete || json.Unmarshal(r.Inputs, &inputs) != nil {
		return nil
	}
	return inputs.VersionStages
}
