// Package endpoint serves the parts of the offline AWS that are reached by AWS's own protocols rather than through the
// AWS provider: S3, where the engine keeps its state, KMS, under whose key it encrypts secrets, and the few calls by which
// hub itself asks how something is. All are served over the same cloud, so there is exactly what a deployment made.
//
// A client needs no special URL: the SDKs take the endpoint from AWS_ENDPOINT_URL_S3 and its likes, so that the addresses
// of state and key are the ones that a real account has.
package endpoint

import (
	"net/http"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
)

// The credentials of the offline account's only user. Any other key is one of a real account, or nobody's.
const (
	AccessKey = "AKIAOFFLINEOFFLINE00"
	SecretKey = "offline"
)

// roleKey is how the access keys begin of those who took a role; the role's name follows.
const roleKey = "ASIAOFFLINE-"

// Key is the access key of an identity, the name of a role or cloud.Administrator, as if it had been given out by STS.
func Key(as string) string {
	if as == services.Administrator {
		return AccessKey
	}
	return roleKey + as
}

// identity is whose an access key is; false for one that is not of the account.
func identity(c *cloud.Cloud, key string) (as string, ok bool) {
	if key == AccessKey {
		return services.Administrator, true
	}
	role, taken := strings.CutPrefix(key, roleKey)
	return role, taken && services.HasRole(c, role)
}

// Environment is what makes an AWS SDK's clients use an endpoint at address, host and port, and nothing else.
func Environment(address string) []string { return EnvironmentOf(services.Administrator, address) }

// EnvironmentOf is Environment for an identity: the name of a role, or cloud.Administrator.
func EnvironmentOf(as, address string) []string {
	return []string{
		"AWS_ACCESS_KEY_ID=" + Key(as), "AWS_SECRET_ACCESS_KEY=" + SecretKey,
		"AWS_ENDPOINT_URL_S3=http://" + address, "AWS_ENDPOINT_URL_KMS=http://" + address,
		"AWS_ENDPOINT_URL_BACKUP=http://" + address,
		// What hub asks itself for a region's health.
		"AWS_ENDPOINT_URL_ECS=http://" + address, "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2=http://" + address,
		"AWS_ENDPOINT_URL_AUTO_SCALING=http://" + address, "AWS_ENDPOINT_URL_CLOUDWATCH=http://" + address,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Handler serves a cloud's buckets, keys and health.
func Handler(c *cloud.Cloud) http.Handler {
	objects := gofakes3.New(&buckets{c}, gofakes3.WithTimeSource(clock{})).Server()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("X-Amz-Target"), kmsPrefix) {
			serveKMS(c, w, r)
			return
		}
		if who, signed := signer(r); signed {
			if s, known := apis[who.Service]; known {
				s.serve(c, w, r, who)
				return
			}
		}
		if refused := admit(c, r); refused != nil {
			refused.write(w, r)
			return
		}
		objects.ServeHTTP(w, r)
	})
}

// clock is the time of uploads, whose own clock the protocol library keeps.
type clock struct{}

func (clock) Now() time.Time                  { return time.Now().UTC() }
func (clock) Since(t time.Time) time.Duration { return time.Since(t) }

// scope is what a signature says of its request (Signature Version 4, "Credential scope").
type scope struct{ Key, Region, Service string }

// signer reads who signed a request, for which region. The signature itself is not verified: there is nobody to keep
// out who can reach a loopback port.
func signer(r *http.Request) (scope, bool) {
	_, credential, ok := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !ok {
		return scope{}, false
	}
	credential, _, _ = strings.Cut(credential, ",")
	parts := strings.Split(strings.TrimSpace(credential), "/") // key/date/region/service/aws4_request
	if len(parts) != 5 {
		return scope{}, false
	}
	return scope{Key: parts[0], Region: parts[2], Service: parts[3]}, true
}
