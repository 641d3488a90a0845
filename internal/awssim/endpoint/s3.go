package endpoint

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/johannesboyne/gofakes3"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
)

// buckets are a cloud's buckets as the protocol library wants to see them.
type buckets struct{ c *cloud.Cloud }

var (
	_ gofakes3.Backend          = (*buckets)(nil)
	_ gofakes3.VersionedBackend = (*buckets)(nil)
)

// fault is the cloud's refusal in the library's terms.
func fault(err error) error {
	switch code := cloud.Code(err); {
	case err == nil:
		return nil
	case code == "":
		return err
	default:
		e, _ := errors.AsType[*cloud.Error](err)
		return gofakes3.ErrorMessage(gofakes3.ErrorCode(code), e.Message)
	}
}

func (b *buckets) ListBuckets() ([]gofakes3.BucketInfo, error) {
	var out []gofakes3.BucketInfo
	for _, bucket := range services.Buckets(b.c) {
		out = append(out, gofakes3.BucketInfo{Name: bucket.Name})
	}
	return out, nil
}

func (b *buckets) BucketExists(name string) (bool, error) {
	_, ok := services.FindBucket(b.c, name)
	return ok, nil
}

// CreateBucket and the other two are not reached: buckets are made and deleted through the AWS provider.
func (b *buckets) CreateBucket(string) error      { return gofakes3.ErrNotImplemented }
func (b *buckets) DeleteBucket(string) error      { return gofakes3.ErrNotImplemented }
func (b *buckets) ForceDeleteBucket(string) error { return gofakes3.ErrNotImplemented }

// ListBucket lists current objects, those below a further delimiter as one prefix.
func (b *buckets) ListBucket(name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	out := gofakes3.NewObjectList()
	var n int64
	last := ""
	for _, o := range services.ListObjects(b.c, name, prefix.Prefix) {
		common := commonPrefix(o.Key, prefix)
		if page.HasMarker && (o.Key <= page.Marker || common != "" && common <= page.Marker) || common != "" && common == last {
			continue
		}
		if page.MaxKeys > 0 && n == page.MaxKeys {
			out.IsTruncated = true
			return out, nil
		}
		n++
		if common != "" {
			out.AddPrefix(common)
			last, out.NextMarker = common, common
			continue
		}
		out.NextMarker = o.Key
		out.Add(&gofakes3.Content{Key: o.Key, LastModified: gofakes3.NewContentTime(o.Modified), ETag: `"` + o.MD5 + `"`, Size: o.Size})
	}
	out.NextMarker = ""
	return out, nil
}

// commonPrefix is a key up to the first delimiter after the prefix; empty when there is none.
func commonPrefix(key string, prefix *gofakes3.Prefix) string {
	if !prefix.HasDelimiter {
		return ""
	}
	rest := strings.TrimPrefix(key, prefix.Prefix)
	before, _, found := strings.Cut(rest, prefix.Delimiter)
	if !found {
		return ""
	}
	return prefix.Prefix + before + prefix.Delimiter
}

func (b *buckets) GetObject(bucket, key string, asked *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	return b.GetObjectVersion(bucket, key, "", asked)
}

func (b *buckets) GetObjectVersion(bucket, key string, version gofakes3.VersionID, asked *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	o, body, err := services.GetObject(b.c, bucket, key, string(version))
	if err != nil {
		return nil, fault(err)
	}
	part, err := asked.Range(o.Size)
	if err != nil {
		return nil, err
	}
	if part != nil {
		body = body[part.Start : part.Start+part.Length]
	}
	out := object(o, body)
	out.Range = part
	return out, nil
}

func (b *buckets) HeadObject(bucket, key string) (*gofakes3.Object, error) {
	return b.HeadObjectVersion(bucket, key, "")
}

func (b *buckets) HeadObjectVersion(bucket, key string, version gofakes3.VersionID) (*gofakes3.Object, error) {
	o, err := services.HeadObject(b.c, bucket, key, string(version))
	if err != nil {
		return nil, fault(err)
	}
	return object(o, nil), nil
}

func object(o cloud.Object, body []byte) *gofakes3.Object {
	hash, _ := hex.DecodeString(o.MD5) // made by hex.EncodeToString
	meta := map[string]string{"Last-Modified": o.Modified.UTC().Format(http.TimeFormat)}
	for name, value := range o.Meta {
		meta[name] = value
	}
	if o.KeyARN != "" {
		meta["X-Amz-Server-Side-Encryption"], meta["X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"] = "aws:kms", o.KeyARN
	} else {
		meta["X-Amz-Server-Side-Encryption"] = "AES256"
	}
	out := &gofakes3.Object{
		Name: o.Key, Metadata: meta, Size: o.Size, Contents: io.NopCloser(bytes.NewReader(body)), Hash: hash, IsDeleteMarker: o.Marker,
	}
	if o.Version != cloud.NullVersion {
		out.VersionID = gofakes3.VersionID(o.Version)
	}
	return out
}

// kept are the headers of an upload that S3 gives back with the object.
func kept(meta map[string]string) map[string]string {
	out := map[string]string{}
	for name, value := range meta {
		if strings.HasPrefix(name, "X-Amz-Meta-") || strings.HasPrefix(name, "Content-") {
			out[name] = value
		}
	}
	return out
}

func (b *buckets) PutObject(bucket, key string, meta map[string]string, input io.Reader, size int64, conditions *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	body, err := gofakes3.ReadAll(input, size)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	p := services.Put{Key: key, Body: body, Meta: kept(meta)}
	if conditions != nil {
		p.Allowed = func(current *cloud.Object) error {
			now := &gofakes3.ConditionalObjectInfo{Exists: current != nil}
			if current != nil {
				now.Hash, _ = hex.DecodeString(current.MD5)
			}
			return gofakes3.CheckPutConditions(conditions, now)
		}
	}
	o, err := services.PutObject(b.c, bucket, p)
	if err != nil {
		return gofakes3.PutObjectResult{}, fault(err)
	}
	return gofakes3.PutObjectResult{VersionID: versionID(o)}, nil
}

func (b *buckets) CopyObject(fromBucket, from, bucket, key string, meta map[string]string) (gofakes3.CopyObjectResult, error) {
	o, err := services.CopyObject(b.c, fromBucket, from, bucket, key, kept(meta))
	if err != nil {
		return gofakes3.CopyObjectResult{}, fault(err)
	}
	return gofakes3.CopyObjectResult{ETag: `"` + o.MD5 + `"`, LastModified: gofakes3.NewContentTime(o.Modified)}, nil
}

func (b *buckets) DeleteObject(bucket, key string) (gofakes3.ObjectDeleteResult, error) {
	o, err := services.DeleteObject(b.c, bucket, key)
	return gofakes3.ObjectDeleteResult{IsDeleteMarker: o.Marker, VersionID: versionID(o)}, fault(err)
}

func (b *buckets) DeleteObjectVersion(bucket, key string, version gofakes3.VersionID) (gofakes3.ObjectDeleteResult, error) {
	o, err := services.DeleteObjectVersion(b.c, bucket, key, string(version))
	return gofakes3.ObjectDeleteResult{IsDeleteMarker: o.Marker, VersionID: versionID(o)}, fault(err)
}

func (b *buckets) DeleteMulti(bucket string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	ids := make([]gofakes3.ObjectID, len(keys))
	for i, key := range keys {
		ids[i].Key = key
	}
	return b.DeleteMultiVersions(bucket, ids...)
}

func (b *buckets) DeleteMultiVersions(bucket string, ids ...gofakes3.ObjectID) (gofakes3.MultiDeleteResult, error) {
	var out gofakes3.MultiDeleteResult
	for _, id := range ids {
		var err error
		if id.VersionID == "" {
			_, err = services.DeleteObject(b.c, bucket, id.Key)
		} else {
			_, err = services.DeleteObjectVersion(b.c, bucket, id.Key, id.VersionID)
		}
		if err != nil {
			out.Error = append(out.Error, gofakes3.ErrorResultFromError(fault(err)))
			continue
		}
		out.Deleted = append(out.Deleted, id)
	}
	return out, nil
}

func (b *buckets) VersioningConfiguration(name string) (gofakes3.VersioningConfiguration, error) {
	bucket, _ := services.FindBucket(b.c, name)
	return gofakes3.VersioningConfiguration{Status: gofakes3.VersioningStatus(bucket.Versioning)}, nil
}

// SetVersioningConfiguration is not reached: versioning is set through the AWS provider.
func (b *buckets) SetVersioningConfiguration(string, gofakes3.VersioningConfiguration) error {
	return gofakes3.ErrNotImplemented
}

// ListBucketVersions lists versions and delete markers: by key, the newest first.
func (b *buckets) ListBucketVersions(name string, prefix *gofakes3.Prefix, page *gofakes3.ListBucketVersionsPage) (*gofakes3.ListBucketVersionsResult, error) {
	out := gofakes3.NewListBucketVersionsResult(name, prefix, page)
	latest, begun := "", !page.HasKeyMarker
	for _, o := range services.ObjectVersions(b.c, name, prefix.Prefix) {
		isLatest := o.Key != latest
		latest = o.Key
		if !begun { // what follows the marker, which itself was on the page before
			begun = o.Key > page.KeyMarker
			if o.Key == page.KeyMarker && page.HasVersionIDMarker && o.Version == string(page.VersionIDMarker) {
				begun = true
				continue
			}
			if !begun {
				continue
			}
		}
		if common := commonPrefix(o.Key, prefix); common != "" {
			out.AddPrefix(common)
			continue
		}
		if page.MaxKeys > 0 && int64(len(out.Versions)) == page.MaxKeys {
			out.IsTruncated = true
			return out, nil
		}
		out.NextKeyMarker, out.NextVersionIDMarker = o.Key, gofakes3.VersionID(o.Version)
		out.Versions = append(out.Versions, version(o, isLatest))
	}
	out.NextKeyMarker, out.NextVersionIDMarker = "", ""
	return out, nil
}

func version(o cloud.Object, latest bool) gofakes3.VersionItem {
	modified := gofakes3.NewContentTime(o.Modified)
	if o.Marker {
		return &gofakes3.DeleteMarker{Key: o.Key, VersionID: gofakes3.VersionID(o.Version), IsLatest: latest, LastModified: modified}
	}
	return &gofakes3.Version{Key: o.Key, VersionID: gofakes3.VersionID(o.Version), IsLatest: latest, LastModified: modified,
		Size: o.Size, ETag: `"` + o.MD5 + `"`}
}

func versionID(o cloud.Object) gofakes3.VersionID {
	if o.Version == cloud.NullVersion {
		return ""
	}
	return gofakes3.VersionID(o.Version)
}
