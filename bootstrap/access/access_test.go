package access

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/policy"
)

var account = Account{
	Organisation: "deepstreamhub",
	ID:           "111122223333", Home: "eu-central-1", Regions: []string{"eu-central-1", "us-east-1"}, Bucket: "deepstreamhub-state-111122223333",
	StateKey: "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000",
	Secrets:  "arn:aws:kms:eu-central-1:111122223333:key/mrk-00000000000000000000000000000000",
	ZoneID:   "Z0OFFLINE0DEEPSTREAM", Repositories: []string{"deepstream"},
}

// elsewhere and alone are accounts of other regions, and of one.
var elsewhere, alone = func() (Account, Account) {
	a, b := account, account
	a.Home, a.Regions, a.CopyRegions, a.ZoneID = "eu-west-1", []string{"eu-west-1", "us-west-2", "ca-central-1"}, []string{"eu-north-1"}, ""
	b.Regions = []string{"eu-central-1"}
	return a, b
}()

// Every document is one that IAM takes, and no longer than it takes.
func TestDocumentsFit(t *testing.T) {
	t.Parallel()
	fits := func(limit policy.Limit, d policy.Document) {
		t.Helper()
		text, err := d.JSON()
		require.NoError(t, err)
		require.NoError(t, limit.Check(text))
	}
	fits(policy.ManagedPolicy, Boundary(account.Organisation))
	from := From{Repository: "deepstreamhub/platform", Environments: []string{"prod-eu", "prod-us"}, Branch: "main"}
	fits(policy.TrustPolicy, Trust("arn:aws:iam::111122223333:oidc-provider/"+tokens, from))
	for _, role := range roles(account) {
		require.LessOrEqual(t, len(role), 10, "IAM attaches ten managed policies to a role")
		seen := map[string]bool{}
		for _, n := range role {
			require.False(t, seen[n.Name])
			seen[n.Name] = true
			fits(policy.ManagedPolicy, n.Document)
		}
	}
}

// The trust names whole subjects: a wildcard would let in pull requests of forks and branches that nobody reviewed.
func TestTrustNamesWholeSubjects(t *testing.T) {
	t.Parallel()
	text, err := Trust("arn:aws:iam::111122223333:oidc-provider/"+tokens, From{Repository: "a/b", Environments: []string{"prod"}, Branch: "main"}).JSON()
	require.NoError(t, err)
	require.Contains(t, text, `"token.actions.githubusercontent.com:sub":["repo:a/b:environment:prod","repo:a/b:ref:refs/heads/main"]`)
	require.NotContains(t, text, "StringLike")
	require.NotContains(t, text, "*")
}
