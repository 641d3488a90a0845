package cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// store keeps a cloud in one JSON file that a person can read, written whole and renamed into place after every
// change. Resources that did not change are not encoded again.
type store struct {
	path    string
	lock    *os.File
	atClose bool // the file is written at the end alone
	written bool // since it was opened: there is something to write
	encoded map[key]json.RawMessage
}

// document is the file's content.
type document struct {
	Version   int               `json:"version"`
	Seed      uint64            `json:"seed"`
	Serial    int               `json:"serial"`
	Time      time.Time         `json:"time,omitzero"` // the cloud's, at the last change
	Made      map[string]int    `json:"made,omitempty"`
	Remnants  []Remnant         `json:"remnants,omitempty"`
	Resources []json.RawMessage `json:"resources"`
}

const storeVersion = 1

// Damaged is a file of an offline cloud that is not what was written.
type Damaged struct {
	Path string
	Why  error
}

func (e *Damaged) Error() string { return fmt.Sprintf("%s is damaged: %v", e.Path, e.Why) }
func (e *Damaged) Unwrap() error { return e.Why }

// InUse is a cloud that another process works on.
type InUse struct{ Process string } // its number, as it wrote it

func (e *InUse) Error() string { return "in use by process " + e.Process }

// openStore locks a directory. One that is new gets the file of an empty cloud first, so that from then on there is one: a
// directory that was locked before and has none has lost it.
func openStore(dir string, seed uint64, atClose bool) (*store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &store{path: filepath.Join(dir, "cloud.json"), atClose: atClose, encoded: map[key]json.RawMessage{}}
	if _, err := os.Stat(filepath.Join(dir, "lock")); errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat(s.path); errors.Is(err, os.ErrNotExist) {
			if err := s.write(document{Version: storeVersion, Seed: seed}); err != nil {
				return nil, err
			}
		}
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(lock.Name())
		return nil, errors.Join(&InUse{string(bytes.TrimSpace(holder))}, lock.Close())
	}
	if _, err := fmt.Fprintln(lock, os.Getpid()); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.lock = lock
	return s, nil
}

// close releases the lock and leaves no trace of the holder, so that a command that changed nothing changed no byte.
func (s *store) close() error { return errors.Join(s.lock.Truncate(0), s.lock.Close()) }

// load reads the file into the cloud.
func (c *Cloud) load() error {
	damaged := func(format string, values ...any) error { return &Damaged{c.store.path, fmt.Errorf(format, values...)} }
	text, err := os.ReadFile(c.store.path)
	if errors.Is(err, os.ErrNotExist) {
		return damaged("it is missing, although the cloud was used before")
	}
	if err != nil {
		return err
	}
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		return damaged("%w", err)
	}
	if doc.Version == 0 || doc.Resources == nil {
		return damaged("it holds no cloud")
	}
	if doc.Version != storeVersion {
		return fmt.Errorf("%s: written in format %d, this program reads %d", c.store.path, doc.Version, storeVersion)
	}
	c.seed, c.serial, c.remnants = doc.Seed, doc.Serial, doc.Remnants
	maps.Copy(c.made, doc.Made)
	c.ahead = max(0, doc.Time.Sub(c.clock.Now()))
	var all []*Resource
	for _, raw := range doc.Resources {
		r := &Resource{}
		if err := json.Unmarshal(raw, r); err != nil {
			return damaged("%w", err)
		}
		if kinds[r.Type] == nil || r.ID == "" || r.State == nil {
			return damaged("a resource has no id, no state, or the type %q, which is not known", r.Type)
		}
		all = append(all, r)
		c.store.encoded[keyOf(r)] = raw
		if !r.Gone.IsZero() {
			c.leaving = append(c.leaving, r)
		}
	}
	if c.timeless { // an earlier run let things take time; nobody waits for them any more
		c.ahead = max(c.ahead, c.settled(all).Sub(c.clock.Now()))
	}
	for _, pass := range []int{1, 2} { // references may point forward, so everything is indexed once before
		for _, r := range all {
			if pass == 2 {
				c.drop(r)
			}
			c.put(&Tx{c: c, Region: r.Region}, kinds[r.Type], r)
		}
	}
	return nil
}

// settled is when AWS is done with all that an earlier run had begun.
func (c *Cloud) settled(all []*Resource) time.Time {
	var last time.Time
	for _, r := range all {
		last = later(later(last, r.Busy), r.Gone)
	}
	for _, m := range c.remnants {
		if m.Brief {
			last = later(last, m.Until)
		}
	}
	return last
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// forget takes a resource out of what the next save writes.
func (c *Cloud) forget(r *Resource) {
	if c.store != nil {
		delete(c.store.encoded, keyOf(r))
	}
}

// save writes the cloud's file after a change, unless that is for its end.
func (c *Cloud) save(t *Tx) error {
	if c.store == nil {
		return nil
	}
	for _, r := range t.changed {
		if c.resources[keyOf(r)] != r {
			delete(c.store.encoded, keyOf(r))
			continue
		}
		raw, err := json.Marshal(r)
		if err != nil {
			return fmt.Errorf("encode %s %s: %w", r.Type, r.ID, err)
		}
		c.store.encoded[keyOf(r)] = raw
	}
	c.store.written = true
	if c.store.atClose {
		return nil
	}
	return c.writeFile()
}

func (c *Cloud) writeFile() error {
	var all []*Resource
	for _, r := range c.resources {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b *Resource) int { return a.Serial - b.Serial })
	doc := document{Version: storeVersion, Seed: c.seed, Serial: c.serial, Time: c.now(), Made: c.made, Remnants: c.remnants}
	for _, r := range all {
		doc.Resources = append(doc.Resources, c.store.encoded[keyOf(r)])
	}
	return c.store.write(doc)
}

func (s *store) write(doc document) error {
	head, err := json.Marshal(document{Version: doc.Version, Seed: doc.Seed, Serial: doc.Serial, Time: doc.Time, Made: doc.Made, Remnants: doc.Remnants, Resources: []json.RawMessage{}})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.Write(bytes.TrimSuffix(head, []byte("]}")))
	for i, raw := range doc.Resources {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		b.Write(raw)
	}
	b.WriteString("\n]}\n")
	temp := s.path + ".new"
	if err := os.WriteFile(temp, b.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(temp, s.path)
}
