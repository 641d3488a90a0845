package endpoint

import (
	"encoding/xml"
	"errors"
	"net/http"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
)

// refusal is an error of S3's ("Error responses", S3 API).
type refusal struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
	Region  string `xml:",omitempty"`
	status  int
}

func (e *refusal) write(w http.ResponseWriter, r *http.Request) {
	if e.Region != "" {
		w.Header().Set("X-Amz-Bucket-Region", e.Region)
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(xml.Header))
		_ = xml.NewEncoder(w).Encode(e) // the client is gone: nobody to tell
	}
}

// admit refuses what S3 refuses before it looks at objects: who asks, for which bucket, in which region, and what the
// bucket's policy says.
func admit(c *cloud.Cloud, r *http.Request) *refusal {
	who, signed := signer(r)
	as, known := identity(c, who.Key)
	switch {
	case !signed:
		return &refusal{Code: "AccessDenied", Message: "Access Denied", status: http.StatusForbidden} // S3 API: anonymous request
	case !known:
		return &refusal{Code: "InvalidAccessKeyId", status: http.StatusForbidden,
			Message: "The AWS Access Key Id you provided does not exist in our records."}
	}
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if name == "" {
		return nil
	}
	bucket, ok := services.FindBucket(c, name)
	if !ok {
		return &refusal{Code: "NoSuchBucket", Message: "The specified bucket does not exist", status: http.StatusNotFound}
	}
	if bucket.Region != who.Region { // S3 User Guide, "Making requests": PermanentRedirect
		return &refusal{Code: "PermanentRedirect", Region: bucket.Region, status: http.StatusMovedPermanently,
			Message: "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."}
	}
	action, known := actionOf(r, key)
	if !known {
		return &refusal{Code: "NotImplemented", status: http.StatusNotImplemented,
			Message: "A header or query you provided implies functionality that is not implemented: the offline S3 keeps objects; buckets are made through the AWS provider"}
	}
	return refuse(services.MayUse(c, as, name, action, key, conditionsOf(r)))
}

// refuse makes S3's answer of a refusal by the cloud.
func refuse(err error) *refusal {
	if err == nil {
		return nil
	}
	status := http.StatusBadRequest
	switch cloud.Code(err) {
	case "AccessDenied":
		status = http.StatusForbidden
	case "NoSuchBucket", "NoSuchKey", "NoSuchVersion":
		status = http.StatusNotFound
	case "":
		return &refusal{Code: "InternalError", Message: err.Error(), status: http.StatusInternalServerError}
	}
	e, _ := errors.AsType[*cloud.Error](err) // it has a code
	return &refusal{Code: e.Code, Message: e.Message, status: status}
}

// bucketQueries are what a request on a bucket can ask for besides its objects, of what the offline S3 knows.
var bucketQueries = map[string]string{"versions": "s3:ListBucketVersions", "versioning": "s3:GetBucketVersioning", "location": "s3:GetBucketLocation", "uploads": "s3:ListBucketMultipartUploads"}

// actionOf is the action by which a policy decides on a request ("Actions, resources, and condition keys for Amazon S3",
// Service Authorization Reference).
func actionOf(r *http.Request, key string) (string, bool) {
	query := r.URL.Query()
	for _, q := range []string{"acl", "policy", "tagging", "lifecycle", "encryption", "cors", "website", "replication", "object-lock", "retention", "legal-hold"} {
		if query.Has(q) {
			return "", false
		}
	}
	if key == "" {
		switch {
		case r.Method == http.MethodPost && query.Has("delete"):
			return "s3:DeleteObject", true
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			return "", false // the bucket itself is the provider's
		}
		for q, action := range bucketQueries {
			if query.Has(q) {
				return action, true
			}
		}
		return "s3:ListBucket", true
	}
	action := map[string]string{
		http.MethodGet: "s3:GetObject", http.MethodHead: "s3:GetObject", http.MethodPut: "s3:PutObject", http.MethodPost: "s3:PutObject",
		http.MethodDelete: "s3:DeleteObject",
	}[r.Method]
	if query.Has("versionId") && action != "s3:PutObject" {
		action += "Version"
	}
	return action, action != ""
}

// conditionsOf are the condition keys that a request carries. The loopback port stands for S3's own, which is TLS.
func conditionsOf(r *http.Request) map[string]string {
	keys := map[string]string{"aws:securetransport": "true", "s3:tlsversion": "1.3"}
	for _, name := range []string{"X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "X-Amz-Acl"} {
		if v := r.Header.Get(name); v != "" {
			keys["s3:"+strings.ToLower(name)] = v
		}
	}
	return keys
}
