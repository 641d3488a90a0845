package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/deepstreamhub/platform/internal/awsenv"
)

// bucket is storage in S3.
type bucket struct {
	client *s3.Client
	name   string
	prefix string // empty, or the part of the address behind the bucket with a slash at its end
}

// NoBucket is a state bucket that cannot be used.
type NoBucket struct {
	Bucket, Region string
	Missing        bool // it does not exist; else it is somebody else's, elsewhere, or closed to the caller
	Cause          error
}

func (e *NoBucket) Error() string {
	if e.Missing {
		return fmt.Sprintf("the bucket %s, where the state lives, does not exist (s3, %s)", e.Bucket, e.Region)
	}
	return fmt.Sprintf("the bucket %s, where the state lives, cannot be used (s3, %s): %v", e.Bucket, e.Region, e.Cause)
}

func (e *NoBucket) Unwrap() error { return e.Cause }

// parameters are what the engine takes in a bucket's address (gocloud.dev/blob/s3blob) and what is understood here as
// well. What is left would change where or as whom the bucket is used.
var parameters = []string{"region", "profile", "endpoint", "use_path_style", "s3ForcePathStyle", "disable_https", "awssdk", "hostname_immutable"}

func openBucket(ctx context.Context, u *url.URL, env []string) (Blobs, error) {
	q := u.Query()
	for name := range q {
		if !slices.Contains(parameters, name) {
			return nil, fmt.Errorf("read state address %s: hub does not know its parameter %s; it knows %s", u, name, strings.Join(parameters, ", "))
		}
	}
	cfg, err := awsenv.Config(ctx, env, q.Get("region"), awsenv.Access{Profile: q.Get("profile")})
	if err != nil {
		return nil, fmt.Errorf("open state: %w", err)
	}
	endpoint := q.Get("endpoint")
	if endpoint == "" {
		endpoint = awsenv.Get(env, "AWS_ENDPOINT_URL_S3")
	}
	b := bucket{name: u.Host, client: s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = q.Get("use_path_style") == "true" || q.Get("s3ForcePathStyle") == "true"
		o.EndpointOptions.DisableHTTPS = q.Get("disable_https") == "true"
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
	})}
	if prefix := strings.Trim(u.Path, "/"); prefix != "" {
		b.prefix = prefix + "/"
	}
	if _, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.name}); err != nil {
		return nil, &NoBucket{Bucket: b.name, Region: cfg.Region, Missing: status(err) == http.StatusNotFound, Cause: told(err)}
	}
	return b, nil
}

func status(err error) int {
	if e, ok := errors.AsType[*awshttp.ResponseError](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

// told is an error of the SDK's in few words: what the service said, if it was the service.
func told(err error) error {
	e, service := errors.AsType[smithy.APIError](err)
	switch {
	case status(err) == http.StatusMovedPermanently:
		return errors.New("it is in another region than the address says")
	case status(err) == http.StatusForbidden && (!service || e.ErrorMessage() == "" || e.ErrorMessage() == http.StatusText(http.StatusForbidden)):
		return ErrForbidden
	case status(err) == http.StatusForbidden:
		return forbidden{fmt.Sprintf("%s: %s", e.ErrorCode(), e.ErrorMessage())}
	case service && e.ErrorMessage() != "" && e.ErrorMessage() != http.StatusText(status(err)):
		return fmt.Errorf("%s: %s", e.ErrorCode(), e.ErrorMessage())
	}
	return err
}

// forbidden is ErrForbidden in the service's words.
type forbidden struct{ text string }

func (f forbidden) Error() string        { return f.text }
func (f forbidden) Is(target error) bool { return target == ErrForbidden }

func (b bucket) List(ctx context.Context, prefix string) ([]Entry, error) {
	var out []Entry
	pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.name, Prefix: aws.String(b.prefix + prefix)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, told(err)
		}
		for _, o := range page.Contents {
			out = append(out, Entry{
				Key: strings.TrimPrefix(*o.Key, b.prefix), Current: true, Written: aws.ToTime(o.LastModified), Size: aws.ToInt64(o.Size),
			})
		}
	}
	return out, nil
}

func (b bucket) Read(ctx context.Context, key, version string) ([]byte, error) {
	in := &s3.GetObjectInput{Bucket: &b.name, Key: aws.String(b.prefix + key)}
	if version != "" {
		in.VersionId = &version
	}
	out, err := b.client.GetObject(ctx, in)
	if err != nil {
		if status(err) == http.StatusNotFound {
			return nil, ErrMissing
		}
		return nil, told(err)
	}
	data, err := io.ReadAll(out.Body)
	return data, errors.Join(err, out.Body.Close())
}

func (b bucket) Current(ctx context.Context, key string) ([]byte, string, error) {
	out, err := b.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: aws.String(b.prefix + key)})
	if err != nil {
		if status(err) == http.StatusNotFound {
			return nil, "", ErrMissing
		}
		return nil, "", told(err)
	}
	data, err := io.ReadAll(out.Body)
	return data, aws.ToString(out.ETag), errors.Join(err, out.Body.Close())
}

// Replace is a conditional write (S3 User Guide, "How to prevent object overwrites with conditional writes"): 412 says that
// something else is there, 409 that somebody else writes right now, 404 that what was there is gone.
func (b bucket) Replace(ctx context.Context, key, tag string, data []byte) error {
	in := &s3.PutObjectInput{Bucket: &b.name, Key: aws.String(b.prefix + key), Body: bytes.NewReader(data)}
	if tag == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &tag
	}
	if _, err := b.client.PutObject(ctx, in); err != nil {
		switch status(err) {
		case http.StatusPreconditionFailed, http.StatusConflict, http.StatusNotFound:
			return ErrChanged
		}
		return told(err)
	}
	return nil
}

// Now is the time that S3 says, as it does with every answer.
func (b bucket) Now(ctx context.Context) (time.Time, error) {
	out, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.name})
	if err != nil {
		return time.Time{}, told(err)
	}
	at, ok := awsmiddleware.GetServerTime(out.ResultMetadata)
	if !ok {
		return time.Time{}, errors.New("S3 does not tell the time")
	}
	return at, nil
}

func (b bucket) Write(ctx context.Context, key string, data []byte) error {
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: aws.String(b.prefix + key), Body: bytes.NewReader(data)})
	if err != nil {
		return told(err)
	}
	return nil
}

func (b bucket) Delete(ctx context.Context, key string) error {
	_, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.name, Key: aws.String(b.prefix + key)})
	if err != nil {
		return told(err)
	}
	return nil
}

func (b bucket) Versions(ctx context.Context, key string) ([]Entry, error) {
	var out []Entry
	pages := s3.NewListObjectVersionsPaginator(b.client, &s3.ListObjectVersionsInput{Bucket: &b.name, Prefix: aws.String(b.prefix + key)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, told(err)
		}
		out = append(out, versionsOf(page.Versions, b.prefix+key)...)
	}
	for i := range out {
		out[i].Key = key
	}
	return out, nil
}

// Forget leaves versions to the bucket's own rules.
func (b bucket) Forget(context.Context, string) error { return nil }

func versionsOf(all []types.ObjectVersion, key string) []Entry {
	var out []Entry
	for _, v := range all {
		if aws.ToString(v.Key) == key && aws.ToString(v.VersionId) != "null" {
			out = append(out, Entry{
				Version: *v.VersionId, Current: aws.ToBool(v.IsLatest), Written: aws.ToTime(v.LastModified), Size: aws.ToInt64(v.Size),
			})
		}
	}
	return out
}
