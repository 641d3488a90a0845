package services

import (
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

// principalExists reports whether AWS knows a principal of the account's trust and resource policies. Principals of
// other accounts are unknown here: the offline AWS is one account. A new role is unknown until the service that was given
// the policy has heard of it.
func principalExists(t *cloud.Tx, p iampolicy.Principal, by string) bool {
	switch p.Kind {
	case "Service":
		return iampolicy.KnownService(p.ID)
	case "AWS":
		if p.ID == "*" || len(p.ID) == 12 || strings.HasSuffix(p.ID, ":root") || p.ID == t.Declared().Principal {
			return true
		}
		role, ok := roleByARN(t, p.ID)
		return ok && t.Visible(role, by) || strings.Contains(p.ID, ":assumed-role/")
	case "Federated":
		_, ok := t.Find("aws:iam/openIdConnectProvider:OpenIdConnectProvider", "arn", p.ID)
		return ok || !strings.HasPrefix(p.ID, "arn:")
	}
	return true
}

// invalidPrincipal returns the first principal that AWS does not know, as IAM writes it: "AWS":"arn:...".
func invalidPrincipal(t *cloud.Tx, statements []iampolicy.Statement, by string) (string, bool) {
	for _, s := range statements {
		for _, p := range s.Principals {
			if !principalExists(t, p, by) {
				kind, why := p.Kind, ""
				if kind != "AWS" {
					kind = strings.ToUpper(kind)
				}
				if p.Kind == "Service" {
					why = ", a service that the offline AWS does not know"
				}
				return fmt.Sprintf("%q:%q%s", kind, p.ID, why), true
			}
		}
	}
	return "", false
}
