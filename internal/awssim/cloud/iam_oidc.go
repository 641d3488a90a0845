package cloud

import (
	"net/url"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const typeOIDC = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"

var _ = register(&Kind{
	Type: typeOIDC, Service: "IAM", Noun: "OpenIDConnectProvider", Global: true, UpdateCall: "UpdateOpenIDConnectProviderThumbprint",
	Kept: words("clientIdLists"),
	Keys: []string{"arn"},
	Quota: &Quota{Max: 100, Refusal: Refusal{Code: "LimitExceeded",
		Message: "Cannot exceed quota for OpenIdConnectProvidersPerAccount: {value}", Rule: "IAM User Guide, IAM and AWS STS quotas"}},
	Check: func(c *Checker) {
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
	Update: func(_ *Tx, r *Resource, old Map) error {
		keep(r, old, "thumbprintLists")
		tagsAll(r)
		return nil
	},
	Schema: schema.Of(iam.OpenIdConnectProvider{}, iam.OpenIdConnectProviderArgs{}),
	Timing: Timing{Create: secs(1, 0, 2), Update: secs(1, 0, 2), Delete: secs(1, 0, 1),
		Source: "facts, section 1: OIDC provider (guess)"},
})

// createOIDC refuses a second provider of one URL. IAM finds a thumbprint itself where none is given (IAM API,
// CreateOpenIDConnectProvider).
func createOIDC(t *Tx, r *Resource) error {
	host := strings.TrimPrefix(r.Str("url"), "https://")
	r.ID = t.GlobalARN("iam", "oidc-provider/"+host)
	if _, taken := t.Find(typeOIDC, "", r.ID); taken {
		return Refuse("EntityAlreadyExists", "facts 29", "Provider with url %s already exists.", r.Str("url"))
	}
	r.State["arn"] = r.ID
	computed(r, Map{"thumbprintLists": List(t.stable(host, 40))})
	tagsAll(r)
	return nil
}
