package services

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

// Put is what is to be written into a bucket.
type Put struct {
	Key     string
	Body    []byte
	Meta    map[string]string
	Allowed func(current *cloud.Object) error // a condition on what is there now, nil for nothing; nil: none
}

// Bucket is a bucket as S3's own API shows it.
type Bucket struct {
	Name, Region string
	Versioning   string // Enabled, Suspended, or empty when it never was
}

// FindBucket returns the bucket of a name, wherever in the account it is.
func FindBucket(c *cloud.Cloud, name string) (Bucket, bool) {
	t, leave := c.Enter("")
	defer leave()
	r, ok := bucketNamed(t, name)
	if !ok {
		return Bucket{}, false
	}
	return Bucket{Name: name, Region: r.Region, Versioning: versioningOf(t, r)}, true
}

// Buckets returns all buckets by name.
func Buckets(c *cloud.Cloud) []Bucket {
	t, leave := c.Enter("")
	defer leave()
	var out []Bucket
	for _, r := range t.Anywhere(typeBucket) {
		out = append(out, Bucket{Name: r.ID, Region: r.Region, Versioning: versioningOf(t, r)})
	}
	slices.SortFunc(out, func(a, b Bucket) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func bucketNamed(t *cloud.Tx, name string) (*cloud.Resource, bool) {
	for _, r := range t.Anywhere(typeBucket) {
		if r.ID == name {
			return r, true
		}
	}
	return nil, false
}

// versioningOf is a bucket's versioning status. Taking the setting away suspends it, as the provider does
// (s3/bucket_versioning.go); what has versions then keeps them.
func versioningOf(t *cloud.Tx, bucket *cloud.Resource) string {
	v, ok := t.In(bucket.Region).Find(typeVersioning, "", bucket.ID)
	if ok {
		if status := v.Str("versioningConfiguration.status"); status != "Disabled" {
			return status
		}
		return ""
	}
	if t.Contents().KeepsVersions(bucket.ID) {
		return "Suspended"
	}
	return ""
}

// PutObject writes an object as the bucket's settings say: as a new version, or over the one that is there.
func PutObject(c *cloud.Cloud, bucket string, p Put) (cloud.Object, error) {
	content, err := c.Contents().Keep(p.Body)
	if err != nil {
		return cloud.Object{}, err
	}
	sum := md5.Sum(p.Body)
	o := cloud.Object{
		Bucket: bucket, Key: p.Key, Size: int64(len(p.Body)), MD5: hex.EncodeToString(sum[:]), Meta: p.Meta, Content: content,
	}
	t, leave := c.Enter("")
	defer leave()
	return storeObject(t, o, p.Allowed)
}

// CopyObject writes the current version of an object under another key.
func CopyObject(c *cloud.Cloud, fromBucket, from, bucket, to string, meta map[string]string) (cloud.Object, error) {
	t, leave := c.Enter("")
	defer leave()
	source := t.Contents().Current(cloud.ObjectKey{Bucket: fromBucket, Key: from})
	if source == nil {
		return cloud.Object{}, cloud.Refuse("NoSuchKey", "S3 API, CopyObject", "The specified key does not exist.")
	}
	return storeObject(t, cloud.Object{Bucket: bucket, Key: to, Size: source.Size, MD5: source.MD5, Meta: meta, Content: source.Content}, nil)
}

func storeObject(t *cloud.Tx, o cloud.Object, allowed func(*cloud.Object) error) (cloud.Object, error) {
	r, ok := bucketNamed(t, o.Bucket)
	if !ok {
		return cloud.Object{}, noSuchBucket.AsError()
	}
	k := cloud.ObjectKey{Bucket: o.Bucket, Key: o.Key}
	if allowed != nil {
		if err := allowed(t.Contents().Current(k)); err != nil {
			return cloud.Object{}, err
		}
	}
	arn, err := objectKeyARN(t, r)
	if err != nil {
		return cloud.Object{}, err
	}
	o.KeyARN, o.Modified, o.Version = arn, t.Now(), cloud.NullVersion
	if versioningOf(t, r) == "Enabled" {
		o.Version = rand.Text()
	}
	return o, t.Contents().Add(o)
}

// objectKeyARN is the KMS key under which a bucket's default encryption puts what is written now.
func objectKeyARN(t *cloud.Tx, bucket *cloud.Resource) (string, error) {
	t = t.In(bucket.Region)
	encryption, ok := t.Find(typeEncryption, "", bucket.ID)
	const by = "rules[].applyServerSideEncryptionByDefault."
	if !ok || !strings.HasPrefix(cloud.Str(encryption.State, by+"sseAlgorithm"), "aws:kms") {
		return "", nil
	}
	ref := cloud.Str(encryption.State, by+"kmsMasterKeyId")
	if ref == "" {
		return "", nil // the key that AWS manages
	}
	k, err := cryptoKey(t, ref)
	if err != nil || k == nil {
		return "", inS3(err)
	}
	return k.Str("arn"), nil
}

// inS3 is a refusal by KMS as S3 passes it on: with the service in front of the code (S3 User Guide, "Troubleshoot
// access denied errors": KMS.DisabledException, KMS.NotFoundException).
func inS3(err error) error {
	e, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return err
	}
	return &cloud.Error{Service: "S3", Code: "KMS." + e.Code, Message: e.Message, Type: e.Type, ID: e.ID, Rule: e.Rule}
}

// GetObject returns a version of an object with its content; an empty version is the current one.
func GetObject(c *cloud.Cloud, bucket, name, version string) (cloud.Object, []byte, error) {
	o, err := HeadObject(c, bucket, name, version)
	if err != nil || o.Marker {
		return o, nil, err
	}
	body, err := c.Contents().Content(o.Content)
	return o, body, err
}

// HeadObject returns a version of an object; an empty version is the current one. What is encrypted under a key that
// cannot decrypt is refused.
func HeadObject(c *cloud.Cloud, bucket, name, version string) (cloud.Object, error) {
	t, leave := c.Enter("")
	defer leave()
	r, ok := bucketNamed(t, bucket)
	if !ok {
		return cloud.Object{}, noSuchBucket.AsError()
	}
	k := cloud.ObjectKey{Bucket: bucket, Key: name}
	o := t.Contents().Current(k)
	if version != "" {
		o = t.Contents().Version(k, version)
	}
	switch {
	case o == nil && version != "":
		return cloud.Object{}, cloud.Refuse("NoSuchVersion", "S3 API, GetObject", "The specified version does not exist.")
	case o == nil:
		return cloud.Object{}, cloud.Refuse("NoSuchKey", "S3 API, GetObject", "The specified key does not exist.")
	case o.KeyARN != "":
		if _, err := cryptoKey(t.In(r.Region), o.KeyARN); err != nil {
			return cloud.Object{}, inS3(err)
		}
	}
	return *o, nil
}

// ListObjects returns the current versions of a bucket's objects whose keys begin with prefix, by key, without those that
// are deleted.
func ListObjects(c *cloud.Cloud, bucket, prefix string) []cloud.Object {
	t, leave := c.Enter("")
	defer leave()
	var out []cloud.Object
	for _, k := range t.Contents().Keys(bucket, prefix) {
		if o := t.Contents().Current(k); o != nil {
			out = append(out, *o)
		}
	}
	return out
}

// ObjectVersions returns all versions and delete markers of a bucket's objects whose keys begin with prefix: by key, the
// newest first.
func ObjectVersions(c *cloud.Cloud, bucket, prefix string) []cloud.Object {
	t, leave := c.Enter("")
	defer leave()
	var out []cloud.Object
	for _, k := range t.Contents().Keys(bucket, prefix) {
		for _, o := range slices.Backward(t.Contents().VersionsOf(k)) {
			out = append(out, *o)
		}
	}
	return out
}

// DeleteObject deletes an object as the bucket's settings say: by a delete marker, or for good. What is not there
// counts as deleted.
func DeleteObject(c *cloud.Cloud, bucket, name string) (cloud.Object, error) {
	t, leave := c.Enter("")
	defer leave()
	r, ok := bucketNamed(t, bucket)
	if !ok {
		return cloud.Object{}, noSuchBucket.AsError()
	}
	marker := cloud.Object{Bucket: bucket, Key: name, Version: cloud.NullVersion, Marker: true, Modified: t.Now()}
	switch versioningOf(t, r) {
	case "":
		return cloud.Object{}, t.Contents().Remove(cloud.ObjectKey{Bucket: bucket, Key: name}, cloud.NullVersion)
	case "Enabled":
		marker.Version = rand.Text()
	}
	return marker, t.Contents().Add(marker)
}

// DeleteObjectVersion removes one version for good and returns what it was; the zero Object when it was not there.
func DeleteObjectVersion(c *cloud.Cloud, bucket, name, version string) (cloud.Object, error) {
	t, leave := c.Enter("")
	defer leave()
	if _, ok := bucketNamed(t, bucket); !ok {
		return cloud.Object{}, noSuchBucket.AsError()
	}
	k := cloud.ObjectKey{Bucket: bucket, Key: name}
	o := t.Contents().Version(k, version)
	if o == nil {
		return cloud.Object{}, nil
	}
	return *o, t.Contents().Remove(k, version)
}

// MayUse decides by the bucket's policy, and by those of the identity that asks, whether it may do something in a bucket: an
// administrator may whatever no policy denies.
func MayUse(c *cloud.Cloud, as, bucket, action, name string, context map[string]string) error {
	t, leave := c.Enter("")
	defer leave()
	r, ok := bucketNamed(t, bucket)
	if !ok {
		return noSuchBucket.AsError()
	}
	arn := r.Str("arn")
	if name != "" {
		arn += "/" + name
	}
	t = t.In(r.Region)
	noteObject(t, r, action, arn)
	for _, a := range objectAccesses(t, r, action, arn) {
		if err := may(t, as, a); err != nil {
			return err
		}
	}
	q := iampolicy.Request{Principal: iampolicy.Principal{Kind: "AWS", ID: t.Declared().Principal}, Action: action, Resource: arn, Context: context}
	for _, s := range bucketStatements(t, r) {
		if s.Deny && s.Covers(q) {
			return cloud.Refuse("AccessDenied", "S3 User Guide, Bucket policies", "User: %s is not authorized to perform: %s on resource: %q with an explicit deny in a resource-based policy",
				t.Declared().Principal, action, arn)
		}
	}
	return nil
}
