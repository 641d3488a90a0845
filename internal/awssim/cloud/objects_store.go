package cloud

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// objects is what the buckets hold. An index of all versions is in memory; on disk it is a log that a version or a
// removal is appended to, since a deployment writes its state hundreds of times. Contents are kept compressed by their
// hash, so that the copy of a state costs nothing; they are in memory where the cloud is.
type objects struct {
	dir       string   // empty: in memory
	origin    *objects // of a fork: where contents from before it are
	versions  map[objectKey][]*Object
	versioned map[string]bool // buckets in which there are, or were, versions

	mu     sync.Mutex // of what follows, which is used without the cloud's lock
	log    *os.File
	tail   *os.File // how long the log was when a write to it was last acknowledged
	length int64    // of the log
	memory map[string][]byte
}

// entry is one line of the log.
type entry struct {
	Put  *Object  `json:"put,omitempty"`
	Drop *dropped `json:"drop,omitempty"`
}

type dropped struct {
	Bucket  string `json:"bucket"`
	Key     string `json:"key,omitempty"`
	Version string `json:"version,omitempty"`
	All     bool   `json:"all,omitempty"` // everything in the bucket
}

func newObjects(dir string) *objects {
	return &objects{dir: dir, versions: map[objectKey][]*Object{}, versioned: map[string]bool{}, memory: map[string][]byte{}}
}

// fork returns a copy in memory. Contents never change, so those there are stay where they are.
func (s *objects) fork() *objects {
	f := newObjects("")
	f.origin = s
	for k, all := range s.versions {
		f.versions[k] = slices.Clone(all)
	}
	for bucket := range s.versioned {
		f.versioned[bucket] = true
	}
	return f
}

func (s *objects) logPath() string { return filepath.Join(s.dir, "objects.jsonl") }

func (s *objects) tailPath() string { return filepath.Join(s.dir, "objects.tail") }

// load reads the log. A last line that is cut short is of a write that was never acknowledged: the process was killed. What
// was acknowledged must be there; a log without a tail is of a time when none was kept.
func (s *objects) load() error {
	damaged := func(format string, values ...any) error { return &Damaged{s.logPath(), fmt.Errorf(format, values...)} }
	acknowledged, err := s.acknowledged()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(s.logPath())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if int64(len(text)) < acknowledged {
		return damaged("it has %d bytes of the %d that were written", len(text), acknowledged)
	}
	if err != nil {
		return nil
	}
	whole := bytes.LastIndexByte(text, '\n') + 1
	if int64(whole) < acknowledged {
		return damaged("it is cut short")
	}
	for i, line := range bytes.Split(bytes.TrimSuffix(text[:whole], []byte("\n")), []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return damaged("line %d: %w", i+1, err)
		}
		if (e.Put == nil) == (e.Drop == nil) || e.Put != nil && len(e.Put.Content) < 3 && !e.Put.Marker {
			return damaged("line %d is no entry", i+1)
		}
		s.apply(e)
	}
	if whole < len(text) {
		if err := os.Truncate(s.logPath(), int64(whole)); err != nil {
			return err
		}
	}
	s.length = int64(whole)
	return nil
}

// acknowledged is how long the log was at the last acknowledged write.
func (s *objects) acknowledged() (int64, error) {
	text, err := os.ReadFile(s.tailPath())
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || n < 0 || len(text) != tailBytes {
		return 0, &Damaged{s.tailPath(), errors.New("it is no length of the log beside it")}
	}
	return n, nil
}

// tailBytes is the size of the tail, which is written over in place.
const tailBytes = 20

// apply makes an entry part of the index.
func (s *objects) apply(e entry) {
	switch {
	case e.Put != nil:
		o := e.Put
		k := objectKey{o.Bucket, o.Key}
		all := s.versions[k]
		if o.Version == NullVersion {
			all = slices.DeleteFunc(all, func(old *Object) bool { return old.Version == NullVersion })
		} else {
			s.versioned[o.Bucket] = true
		}
		s.versions[k] = append(all, o)
	case e.Drop != nil && e.Drop.All:
		for _, k := range s.keys(e.Drop.Bucket, "") {
			delete(s.versions, k)
		}
		delete(s.versioned, e.Drop.Bucket)
	case e.Drop != nil:
		k := objectKey{e.Drop.Bucket, e.Drop.Key}
		left := slices.DeleteFunc(s.versions[k], func(o *Object) bool { return o.Version == e.Drop.Version })
		if s.versions[k] = left; len(left) == 0 {
			delete(s.versions, k)
		}
	}
}

// write appends an entry to the log.
func (s *objects) write(e entry) error {
	if s.dir == "" {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log == nil {
		if s.log, err = os.OpenFile(s.logPath(), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
			return err
		}
	}
	if s.tail == nil {
		if s.tail, err = os.OpenFile(s.tailPath(), os.O_WRONLY|os.O_CREATE, 0o600); err != nil {
			return err
		}
	}
	n, err := s.log.Write(append(line, '\n'))
	if err != nil {
		return err
	}
	s.length += int64(n)
	_, err = s.tail.WriteAt(fmt.Appendf(nil, "%*d\n", tailBytes-1, s.length), 0)
	return err
}

func (s *objects) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.log == nil {
		return nil
	}
	err := s.log.Close()
	if s.tail != nil {
		err = errors.Join(err, s.tail.Close())
	}
	return err
}

// The codecs hold no state between calls of EncodeAll and DecodeAll, which may come from many goroutines.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0))
)

// keep stores a content and returns the name under which content finds it.
func (s *objects) keep(body []byte) (string, error) {
	sum := sha256.Sum256(body)
	name := hex.EncodeToString(sum[:])
	if s.dir == "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, there := s.memory[name]; !there {
			s.memory[name] = packer.EncodeAll(body, nil)
		}
		return name, nil
	}
	path := s.contentPath(name)
	if _, err := os.Stat(path); err == nil {
		return name, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "new-")
	if err != nil {
		return "", err
	}
	_, err = temp.Write(packer.EncodeAll(body, nil))
	if err = errors.Join(err, temp.Close()); err != nil {
		return "", err
	}
	return name, os.Rename(temp.Name(), path)
}

func (s *objects) content(name string) ([]byte, error) {
	s.mu.Lock()
	packed, there := s.memory[name]
	s.mu.Unlock()
	switch {
	case !there && s.origin != nil:
		return s.origin.content(name)
	case s.dir != "":
		var err error
		if packed, err = os.ReadFile(s.contentPath(name)); err != nil {
			return nil, err
		}
	}
	body, err := unpacker.DecodeAll(packed, nil)
	if sum := sha256.Sum256(body); err == nil && hex.EncodeToString(sum[:]) != name {
		err = errors.New("it is another content than the one that was written")
	}
	if err != nil {
		return nil, &Damaged{s.contentPath(name), err}
	}
	return body, nil
}

func (s *objects) contentPath(name string) string {
	return filepath.Join(s.dir, "objects", name[:2], name[2:])
}
