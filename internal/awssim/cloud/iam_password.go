package cloud

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

const typePasswordPolicy = "aws:iam/accountPasswordPolicy:AccountPasswordPolicy"

// The ranges are those of the IAM API, UpdateAccountPasswordPolicy.
var _ = register(&Kind{
	Type: typePasswordPolicy, Service: "IAM", Noun: "AccountPasswordPolicy", Global: true, Overwrites: true,
	Kept:       words("allowUsersToChangePassword"),
	CreateCall: "UpdateAccountPasswordPolicy", UpdateCall: "UpdateAccountPasswordPolicy",
	Check: func(c *Checker) {
		c.Between("minimumPasswordLength", 6, 128)
		c.Between("maxPasswordAge", 1, 1095)
		c.Between("passwordReusePrevention", 1, 24)
	},
	Create: func(t *Tx, r *Resource) error {
		r.ID = "iam-account-password-policy" // provider, iam/account_password_policy.go
		takeOver(t, r)
		applyPasswordPolicy(r)
		return nil
	},
	Update: func(_ *Tx, r *Resource, _ Map) error { applyPasswordPolicy(r); return nil },
	Schema: schema.Of(iam.AccountPasswordPolicy{}, iam.AccountPasswordPolicyArgs{}),
	Timing: Timing{Create: secs(1, 0, 1), Update: secs(1, 0, 1), Delete: secs(1, 0, 1),
		Source: "as an inline policy (guess)"},
})

func applyPasswordPolicy(r *Resource) {
	computed(r, Map{
		"hardExpiry": false, "maxPasswordAge": 0.0, "passwordReusePrevention": 0.0, "requireLowercaseCharacters": false,
		"requireNumbers": false, "requireSymbols": false, "requireUppercaseCharacters": false,
	})
	r.State["expirePasswords"] = r.Int("maxPasswordAge") > 0
}
