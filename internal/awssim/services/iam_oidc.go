package services

import (
	"net/url"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeOIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"

var _ = cloud.Register(&cloud.Kind{
	Type: typeOIDC, Service: "IAM", Noun: "OpenIDConnectProvider", Global: true, UpdateCall: "UpdateOpenIDConnectProviderThumbprint",
	Keys: []string{"arn"},
	Quota: &cloud.Quota{Max: 100, Refusal: cloud.Refusal{Code: "LimitExceeded",
		Message: "Cannot exceed quota for OpenIdConnectProvidersPerAccount: {value}", Rule: "IAM User Guide, IAM and AWS STS quotas"}},
	Check: func(c *cloud.Checker) {
		// provider, iam/validate.go: validOpenIDURL
		if text, ok := c.String("url"); ok {
			u, err := url.Parse(text)
			if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" {
				c.Fail("url", "%q must be an https URL without a query", text)
			}
		}
		c.Length("thumbprintLists[]", 40, 40)
	},
	Create: createOIDC,
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
		Source: "facts, section 1: OIDC provider (guess)"},
})

// createOIDC refuses a second provider of one URL. IAM finds a thumbprint itself where none is given (IAM API,
// CreateOpenIDConnectProvider).
func createOIDC(t *cloud.Tx, r *cloud.Resource) error {
	host := strings.TrimPrefix(r.Str("url"), "https://")
	r.ID = t.GlobalARN("iam", "oidc-provider/"+host)
	if _, taken := t.Find(typeOIDC, "", r.ID); taken {
		return cloud.Refuse("EntityAlreadyExists", "facts 29", "Provider with url %s already exists.", r.Str("url"))
	}
	r.State["arn"] = r.ID
	cloud.Computed(r, cloud.Map{"thumbprintLists": cloud.List(t.Stable(host, 40))})
	return nil
}
