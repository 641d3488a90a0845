package services

import (
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typePasswordPolicy = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"

// The ranges are those of the IAM API, UpdateAccountPasswordPolicy.
var _ = cloud.Register(&cloud.Kind{
	Type: typePasswordPolicy, Service: "IAM", Noun: "AccountPasswordPolicy", Global: true, Overwrites: true,
	CreateCall: "UpdateAccountPasswordPolicy", UpdateCall: "UpdateAccountPasswordPolicy",
	Check: func(c *cloud.Checker) {
		c.Between("minimumPasswordLength", 6, 128)
		c.Between("maxPasswordAge", 1, 1095)
		c.Between("passwordReusePrevention", 1, 24)
	},
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		r.ID = "iam-account-password-policy" // provider, iam/account_password_policy.go
		cloud.TakeOver(t, r)
		applyPasswordPolicy(r)
		return nil
	},
	Update: func(_ *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { applyPasswordPolicy(r); return nil },
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 1), Update: cloud.Secs(1, 0, 1), Delete: cloud.Secs(1, 0, 1),
		Source: "as an inline policy (guess)"},
})

func applyPasswordPolicy(r *cloud.Resource) {
	cloud.Computed(r, cloud.Map{
		"hardExpiry": false, "maxPasswordAge": 0.0, "passwordReusePrevention": 0.0, "requireLowercaseCharacters": false,
		"requireNumbers": false, "requireSymbols": false, "requireUppercaseCharacters": false,
	})
	r.State["expirePasswords"] = r.Int("maxPasswordAge") > 0
}
