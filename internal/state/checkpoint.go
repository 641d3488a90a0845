package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
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

// KeptFile is where a checkpoint goes that a restore takes the place of.
func KeptFile(project, stack string, at time.Time) string {
	return path.Join(".deepstreamhub", "replaced", project, stack, at.UTC().Format("20060102T150405.000Z")+".json")
}

// Checkpoint is what matters here of a checkpoint.
type Checkpoint struct {
	Resources int
	Pending   []string  // operations that had begun and not ended, as "creating TYPE NAME"
	Written   time.Time // by the engine; importing it somewhere else does not change it
}

// newestFormat is the newest version of the checkpoint's format that is known here (sdk/go/common/apitype: 3, and 4 with
// features).
const newestFormat = 4

// ReadCheckpoint reads a checkpoint and refuses one that is damaged: cut short, not a checkpoint, or without something
// that its resources refer to. The engine refuses the same, later and without a way back.
func ReadCheckpoint(data []byte) (Checkpoint, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return Checkpoint{}, errors.New("it is empty")
	}
	var file struct {
		Version    int `json:"version"`
		Checkpoint *struct {
			Latest *deployment `json:"latest"`
		} `json:"checkpoint"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && syntax.Offset >= int64(len(data)) {
			return Checkpoint{}, fmt.Errorf("it is cut short after %d bytes", len(data))
		}
		return Checkpoint{}, fmt.Errorf("it is no JSON: %w", err)
	}
	switch {
	case file.Checkpoint == nil || file.Version == 0:
		return Checkpoint{}, errors.New("it is no checkpoint: it lacks version and checkpoint")
	case file.Version > newestFormat:
		return Checkpoint{}, fmt.Errorf("its format is version %d, the newest one known here is %d", file.Version, newestFormat)
	case file.Checkpoint.Latest == nil:
		return Checkpoint{}, nil // a stack without a deployment
	}
	return file.Checkpoint.Latest.read()
}

// deployment is the part of a checkpoint that tells what exists.
type deployment struct {
	Manifest struct {
		Time time.Time `json:"time"`
	} `json:"manifest"`
	Resources []struct {
		URN          string   `json:"urn"`
		Type         string   `json:"type"`
		Parent       string   `json:"parent"`
		Dependencies []string `json:"dependencies"`
	} `json:"resources"`
	Pending []struct {
		Type     string `json:"type"`
		Resource struct {
			URN  string `json:"urn"`
			Type string `json:"type"`
		} `json:"resource"`
	} `json:"pending_operations"`
}

func (d deployment) read() (Checkpoint, error) {
	known := map[string]bool{}
	for i, r := range d.Resources {
		if r.URN == "" || r.Type == "" {
			return Checkpoint{}, fmt.Errorf("resource %d of %d has no name or no type", i+1, len(d.Resources))
		}
		known[r.URN] = true
	}
	for _, r := range d.Resources {
		for _, other := range append(r.Dependencies, r.Parent) {
			if other != "" && !known[other] {
				return Checkpoint{}, fmt.Errorf("%s refers to %s, which is not in it", r.URN, other)
			}
		}
	}
	c := Checkpoint{Resources: len(d.Resources), Written: d.Manifest.Time}
	for _, p := range d.Pending {
		c.Pending = append(c.Pending, p.Type+" "+p.Resource.URN)
	}
	return c, nil
}

// Version is an earlier checkpoint that a stack can go back to.
type Version struct {
	ID        string    `json:"version"` // what restore takes: the bucket's version id, or the name of a copy
	Key       string    `json:"key"`
	Written   time.Time `json:"written"`
	Resources int       `json:"resources"`
	Damage    string    `json:"damage,omitempty"` // why it is of no use
}
