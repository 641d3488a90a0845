package cloud

import (
	"cmp"
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

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

// objectKey is what versions have in common.
type objectKey struct{ Bucket, Key string }

// Put is what is to be written into a bucket.
type Put struct {
	Key     string
	Body    []byte
	Meta    map[string]string
	Allowed func(current *Object) error // a condition on what is there now, nil for nothing; nil: none
}

// Bucket is a bucket as S3's own API shows it.
type Bucket struct {
	Name, Region string
	Versioning   string // Enabled, Suspended, or empty when it never was
}

// Bucket returns the bucket of a name, wherever in the account it is.
func (c *Cloud) Bucket(name string) (Bucket, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.bucket(name)
	if !ok {
		return Bucket{}, false
	}
	return Bucket{Name: name, Region: r.Region, Versioning: c.versioning(r)}, true
}

// Buckets returns all buckets by name.
func (c *Cloud) Buckets() []Bucket {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Bucket
	for _, r := range (&Tx{c: c}).Anywhere(typeBucket) {
		out = append(out, Bucket{Name: r.ID, Region: r.Region, Versioning: c.versioning(r)})
	}
	slices.SortFunc(out, func(a, b Bucket) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (c *Cloud) bucket(name string) (*Resource, bool) {
	for _, r := range c.byType[typeBucket] {
		if r.ID == name {
			return r, true
		}
	}
	return nil, false
}

// versioning is a bucket's versioning status. Taking the setting away suspends it, as the provider does
// (s3/bucket_versioning.go); what has versions then keeps them.
func (c *Cloud) versioning(bucket *Resource) string {
	v, ok := there(c.resources[key{typeVersioning, bucket.Region, bucket.ID}])
	if ok {
		if status := v.Str("versioningConfiguration.status"); status != "Disabled" {
			return status
		}
		return ""
	}
	if c.objects.versioned[bucket.ID] {
		return "Suspended"
	}
	return ""
}

// PutObject writes an object as the bucket's settings say: as a new version, or over the one that is there.
func (c *Cloud) PutObject(bucket string, p Put) (Object, error) {
	content, err := c.objects.keep(p.Body)
	if err != nil {
		return Object{}, err
	}
	sum := md5.Sum(p.Body)
	o := Object{
		Bucket: bucket, Key: p.Key, Size: int64(len(p.Body)), MD5: hex.EncodeToString(sum[:]), Meta: p.Meta, Content: content,
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.putObject(o, p.Allowed)
}

// CopyObject writes the current version of an object under another key.
func (c *Cloud) CopyObject(fromBucket, from, bucket, to string, meta map[string]string) (Object, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	source := c.objects.current(objectKey{fromBucket, from})
	if source == nil {
		return Object{}, Refuse("NoSuchKey", "S3 API, CopyObject", "The specified key does not exist.")
	}
	return c.putObject(Object{Bucket: bucket, Key: to, Size: source.Size, MD5: source.MD5, Meta: meta, Content: source.Content}, nil)
}

func (c *Cloud) putObject(o Object, allowed func(*Object) error) (Object, error) {
	r, ok := c.bucket(o.Bucket)
	if !ok {
		return Object{}, noSuchBucket.error()
	}
	k := objectKey{o.Bucket, o.Key}
	if allowed != nil {
		if err := allowed(c.objects.current(k)); err != nil {
			return Object{}, err
		}
	}
	arn, err := c.objectKeyARN(r)
	if err != nil {
		return Object{}, err
	}
	o.KeyARN, o.Modified, o.Version = arn, c.now(), NullVersion
	if c.versioning(r) == "Enabled" {
		o.Version = rand.Text()
	}
	return o, c.objects.add(o)
}

// objectKeyARN is the KMS key under which a bucket's default encryption puts what is written now.
func (c *Cloud) objectKeyARN(bucket *Resource) (string, error) {
	t := &Tx{c: c, Region: bucket.Region}
	encryption, ok := t.Find(typeEncryption, "", bucket.ID)
	const by = "rules[].applyServerSideEncryptionByDefault."
	if !ok || !strings.HasPrefix(Str(encryption.State, by+"sseAlgorithm"), "aws:kms") {
		return "", nil
	}
	ref := Str(encryption.State, by+"kmsMasterKeyId")
	if ref == "" {
		return "", nil // the key that AWS manages
	}
	k, err := t.cryptoKey(ref)
	if err != nil || k == nil {
		return "", inS3(err)
	}
	return k.Str("arn"), nil
}

// inS3 is a refusal by KMS as S3 passes it on: with the service in front of the code (S3 User Guide, "Troubleshoot
// access denied errors": KMS.DisabledException, KMS.NotFoundException).
func inS3(err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	return &Error{Service: "S3", Code: "KMS." + e.Code, Message: e.Message, Type: e.Type, ID: e.ID, Rule: e.Rule}
}

// GetObject returns a version of an object with its content; an empty version is the current one.
func (c *Cloud) GetObject(bucket, name, version string) (Object, []byte, error) {
	o, err := c.HeadObject(bucket, name, version)
	if err != nil || o.Marker {
		return o, nil, err
	}
	body, err := c.objects.content(o.Content)
	return o, body, err
}

// HeadObject returns a version of an object; an empty version is the current one. What is encrypted under a key that
// cannot decrypt is refused.
func (c *Cloud) HeadObject(bucket, name, version string) (Object, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.bucket(bucket)
	if !ok {
		return Object{}, noSuchBucket.error()
	}
	k := objectKey{bucket, name}
	o := c.objects.current(k)
	if version != "" {
		o = c.objects.version(k, version)
	}
	switch {
	case o == nil && version != "":
		return Object{}, Refuse("NoSuchVersion", "S3 API, GetObject", "The specified version does not exist.")
	case o == nil:
		return Object{}, Refuse("NoSuchKey", "S3 API, GetObject", "The specified key does not exist.")
	case o.KeyARN != "":
		if _, err := (&Tx{c: c, Region: r.Region}).cryptoKey(o.KeyARN); err != nil {
			return Object{}, inS3(err)
		}
	}
	return *o, nil
}

// Objects returns the current versions of a bucket's objects whose keys begin with prefix, by key, without those that
// are deleted.
func (c *Cloud) Objects(bucket, prefix string) []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Object
	for _, k := range c.objects.keys(bucket, prefix) {
		if o := c.objects.current(k); o != nil {
			out = append(out, *o)
		}
	}
	return out
}

// ObjectVersions returns all versions and delete markers of a bucket's objects whose keys begin with prefix: by key, the
// newest first.
func (c *Cloud) ObjectVersions(bucket, prefix string) []Object {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Object
	for _, k := range c.objects.keys(bucket, prefix) {
		for _, o := range slices.Backward(c.objects.versions[k]) {
			out = append(out, *o)
		}
	}
	return out
}

// DeleteObject deletes an object as the bucket's settings say: by a delete marker, or for good. What is not there
// counts as deleted.
func (c *Cloud) DeleteObject(bucket, name string) (Object, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.bucket(bucket)
	if !ok {
		return Object{}, noSuchBucket.error()
	}
	marker := Object{Bucket: bucket, Key: name, Version: NullVersion, Marker: true, Modified: c.now()}
	switch c.versioning(r) {
	case "":
		return Object{}, c.objects.remove(objectKey{bucket, name}, NullVersion)
	case "Enabled":
		marker.Version = rand.Text()
	}
	return marker, c.objects.add(marker)
}

// DeleteObjectVersion removes one version for good and returns what it was; the zero Object when it was not there.
func (c *Cloud) DeleteObjectVersion(bucket, name, version string) (Object, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.bucket(bucket); !ok {
		return Object{}, noSuchBucket.error()
	}
	k := objectKey{bucket, name}
	o := c.objects.version(k, version)
	if o == nil {
		return Object{}, nil
	}
	return *o, c.objects.remove(k, version)
}

// MayUse decides by the bucket's policy, and by those of the identity that asks, whether it may do something in a bucket: an
// administrator may whatever no policy denies.
func (c *Cloud) MayUse(as, bucket, action, name string, context map[string]string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.bucket(bucket)
	if !ok {
		return noSuchBucket.error()
	}
	arn := r.Str("arn")
	if name != "" {
		arn += "/" + name
	}
	t := &Tx{c: c, Region: r.Region}
	c.noteObject(r, action, arn)
	for _, a := range c.objectAccesses(r, action, arn) {
		if err := t.may(as, a); err != nil {
			return err
		}
	}
	q := iampolicy.Request{Principal: iampolicy.Principal{Kind: "AWS", ID: c.account.Principal}, Action: action, Resource: arn, Context: context}
	for _, s := range bucketStatements(t, r) {
		if s.Deny && s.Covers(q) {
			return Refuse("AccessDenied", "S3 User Guide, Bucket policies", "User: %s is not authorized to perform: %s on resource: %q with an explicit deny in a resource-based policy",
				c.account.Principal, action, arn)
		}
	}
	return nil
}

// error is the refusal without anything filled in.
func (f Refusal) error() *Error { return &Error{Code: f.Code, Message: f.Message, Rule: f.Rule} }

// current is the version that a request without one gets; nil when there is none or it is deleted.
func (s *objects) current(k objectKey) *Object {
	all := s.versions[k]
	if len(all) == 0 || all[len(all)-1].Marker {
		return nil
	}
	return all[len(all)-1]
}

func (s *objects) version(k objectKey, version string) *Object {
	for _, o := range s.versions[k] {
		if o.Version == version {
			return o
		}
	}
	return nil
}

// keys are the objects of a bucket, deleted ones included, in order.
func (s *objects) keys(bucket, prefix string) []objectKey {
	var out []objectKey
	for k := range maps.Keys(s.versions) {
		if k.Bucket == bucket && strings.HasPrefix(k.Key, prefix) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, func(a, b objectKey) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// add makes a version the current one. A null version takes the place of the earlier one.
func (s *objects) add(o Object) error {
	if err := s.write(entry{Put: &o}); err != nil {
		return fmt.Errorf("write object %s: %w", o.Key, err)
	}
	s.apply(entry{Put: &o})
	return nil
}

func (s *objects) remove(k objectKey, version string) error {
	if s.version(k, version) == nil {
		return nil
	}
	e := entry{Drop: &dropped{Bucket: k.Bucket, Key: k.Key, Version: version}}
	if err := s.write(e); err != nil {
		return fmt.Errorf("delete object %s: %w", k.Key, err)
	}
	s.apply(e)
	return nil
}

// removeAll empties a bucket.
func (s *objects) removeAll(bucket string) error {
	e := entry{Drop: &dropped{Bucket: bucket, All: true}}
	if len(s.keys(bucket, "")) == 0 {
		return nil
	}
	if err := s.write(e); err != nil {
		return fmt.Errorf("empty bucket %s: %w", bucket, err)
	}
	s.apply(e)
	return nil
}
