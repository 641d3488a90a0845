package cloud

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// ObjectStore is what the buckets hold. An index of all versions is in memory; on disk it is a log that a version or a
// removal is appended to, since a deployment writes its state hundreds of times. Contents are kept compressed by their
// hash, so that the copy of a state costs nothing; they are in memory where the cloud is.
type ObjectStore struct {
	dir       string       // empty: in memory
	origin    *ObjectStore // of a fork: where contents from before it are
	versions  map[ObjectKey][]*Object
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

func newObjects(dir string) *ObjectStore {
	return &ObjectStore{dir: dir, versions: map[ObjectKey][]*Object{}, versioned: map[string]bool{}, memory: map[string][]byte{}}
}

// NewContents is a store in memory that no cloud has, for whoever keeps contents alone.
func NewContents() *ObjectStore { return newObjects("") }

// fork returns a copy in memory. Contents never change, so those there are stay where they are.
func (s *ObjectStore) fork() *ObjectStore {
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

func (s *ObjectStore) logPath() string { return filepath.Join(s.dir, "objects.jsonl") }

func (s *ObjectStore) tailPath() string { return filepath.Join(s.dir, "objects.tail") }

// load reads the log. A last line that is cut short is of a write that was never acknowledged: the process was killed. What
// was acknowledged must be there; a log without a tail is of a time when none was kept.
func (s *ObjectStore) load() error {
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
func (s *ObjectStore) acknowledged() (int64, error) {
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
func (s *ObjectStore) apply(e entry) {
	switch {
	case e.Put != nil:
		o := e.Put
		k := ObjectKey{o.Bucket, o.Key}
		all := s.versions[k]
		if o.Version == NullVersion {
			all = slices.DeleteFunc(all, func(old *Object) bool { return old.Version == NullVersion })
		} else {
			s.versioned[o.Bucket] = true
		}
		s.versions[k] = append(all, o)
	case e.Drop != nil && e.Drop.All:
		for _, k := range s.Keys(e.Drop.Bucket, "") {
			delete(s.versions, k)
		}
		delete(s.versioned, e.Drop.Bucket)
	case e.Drop != nil:
		k := ObjectKey{e.Drop.Bucket, e.Drop.Key}
		left := slices.DeleteFunc(s.versions[k], func(o *Object) bool { return o.Version == e.Drop.Version })
		if s.versions[k] = left; len(left) == 0 {
			delete(s.versions, k)
		}
	}
}

// write appends an entry to the log.
func (s *ObjectStore) write(e entry) error {
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

func (s *ObjectStore) close() error {
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

// Keep stores a content and returns the name under which content finds it.
func (s *ObjectStore) Keep(body []byte) (string, error) {
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

// Content returns a content by the name that Keep gave it. What is no longer what was kept is a *Damaged.
func (s *ObjectStore) Content(name string) ([]byte, error) {
	s.mu.Lock()
	packed, there := s.memory[name]
	s.mu.Unlock()
	switch {
	case !there && s.origin != nil:
		return s.origin.Content(name)
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

func (s *ObjectStore) contentPath(name string) string {
	return filepath.Join(s.dir, "objects", name[:2], name[2:])
}

// NullVersion is the version id of an object that was written while its bucket was not versioned ("How S3 Versioning
// works", S3 User Guide).
const NullVersion = "null"

// Object is one version of an object in a bucket, or the marker that a deletion left.
type Object struct {
	Bucket   string            `json:"bucket"`
	Key      string            `json:"key"`
	Version  string            `json:"version"`
	Marker   bool              `json:"marker,omitempty"` // a delete marker: no content
	Size     int64             `json:"size,omitempty"`
	MD5      string            `json:"md5,omitempty"` // hexadecimal; the ETag
	Modified time.Time         `json:"modified"`
	KeyARN   string            `json:"keyArn,omitempty"` // KMS key that it is encrypted under; empty: S3's own
	Meta     map[string]string `json:"meta,omitempty"`   // headers it was written with
	Content  string            `json:"content,omitempty"`
}

// ObjectKey is what versions have in common.
type ObjectKey struct{ Bucket, Key string }

// Current is the version that a request without one gets; nil when there is none or it is deleted.
func (s *ObjectStore) Current(k ObjectKey) *Object {
	all := s.versions[k]
	if len(all) == 0 || all[len(all)-1].Marker {
		return nil
	}
	return all[len(all)-1]
}

// Version returns one version of an object; nil where there is none.
func (s *ObjectStore) Version(k ObjectKey, version string) *Object {
	for _, o := range s.versions[k] {
		if o.Version == version {
			return o
		}
	}
	return nil
}

// Keys are the objects of a bucket, deleted ones included, in order.
func (s *ObjectStore) Keys(bucket, prefix string) []ObjectKey {
	var out []ObjectKey
	for k := range maps.Keys(s.versions) {
		if k.Bucket == bucket && strings.HasPrefix(k.Key, prefix) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b ObjectKey) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// Add makes a version the current one. A null version takes the place of the earlier one.
func (s *ObjectStore) Add(o Object) error {
	if err := s.write(entry{Put: &o}); err != nil {
		return fmt.Errorf("write object %s: %w", o.Key, err)
	}
	s.apply(entry{Put: &o})
	return nil
}

// Remove removes a version for good. What is not there counts as removed.
func (s *ObjectStore) Remove(k ObjectKey, version string) error {
	if s.Version(k, version) == nil {
		return nil
	}
	e := entry{Drop: &dropped{Bucket: k.Bucket, Key: k.Key, Version: version}}
	if err := s.write(e); err != nil {
		return fmt.Errorf("delete object %s: %w", k.Key, err)
	}
	s.apply(e)
	return nil
}

// RemoveAll empties a bucket.
func (s *ObjectStore) RemoveAll(bucket string) error {
	e := entry{Drop: &dropped{Bucket: bucket, All: true}}
	if len(s.Keys(bucket, "")) == 0 {
		return nil
	}
	if err := s.write(e); err != nil {
		return fmt.Errorf("empty bucket %s: %w", bucket, err)
	}
	s.apply(e)
	return nil
}

// KeepsVersions reports whether there are, or were, versions in a bucket.
func (s *ObjectStore) KeepsVersions(bucket string) bool { return s.versioned[bucket] }

// VersionsOf are the versions of an object, the newest last.
func (s *ObjectStore) VersionsOf(k ObjectKey) []*Object { return s.versions[k] }
