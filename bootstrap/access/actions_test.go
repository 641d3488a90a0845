package access

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/iamdata"
)

// roles are all that there are, by what they are for.
func roles(a Account) map[string][]Named {
	return map[string][]Named{
		"deploy": a.Deploy("prod-eu"), "ephemeral": a.Ephemeral(), "images": a.Images(), "preview": a.Preview(), "drift": a.Drift(),
		"boundary": {{"boundary", Boundary(account.Organisation)}},
	}
}

// Every action exists and can be scoped as it is written, in AWS's own reference: an action without resource types stands on
// everything, one with them on an ARN of such a type, and is decided by the condition keys that the statement names.
func TestActionsAreAsAWSHasThem(t *testing.T) {
	t.Parallel()
	ref := iamdata.Get()
	require.Greater(t, len(ref.Actions), 2500)
	for _, a := range []Account{account, elsewhere, alone} {
		for role, documents := range roles(a) {
			for _, n := range documents {
				for _, s := range statementsOf(t, n) {
					for _, pattern := range s.Action {
						actions := ref.Matching(pattern)
						assert.NotEmpty(t, actions, "%s %s: %s does not exist", role, n.Name, pattern)
						if s.Effect == "Deny" {
							continue
						}
						for _, action := range actions {
							requireScoped(t, ref, role+" "+n.Name, action, s)
						}
					}
				}
			}
		}
	}
}

func requireScoped(t *testing.T, ref iamdata.Reference, where, action string, s statement) {
	t.Helper()
	scoped := false
	for _, arn := range s.Resource {
		scoped = scoped || arn == "*" || ref.Scopes(action, arn)
	}
	assert.True(t, scoped, "%s: %s cannot be scoped to %v: it is for %v", where, action, s.Resource, ref.Actions[action].Resources)
	for operator, keys := range s.Condition {
		if strings.HasSuffix(operator, "IfExists") {
			continue // passes where AWS does not send the key
		}
		for key := range keys {
			assert.True(t, ref.Knows(action, key), "%s: %s is not decided by %s", where, action, key)
		}
	}
}

type statement struct {
	Sid, Effect      string
	Action, Resource []string
	Condition        map[string]map[string][]string
}

func statementsOf(t *testing.T, n Named) []statement {
	t.Helper()
	text, err := n.Document.JSON()
	require.NoError(t, err)
	var doc struct{ Statement []statement }
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	return doc.Statement
}

// The check can say no.
func TestTheReferenceSaysNo(t *testing.T) {
	t.Parallel()
	ref := iamdata.Get()
	require.Empty(t, ref.Matching("ec2:CreateVPCs"))
	require.NotEmpty(t, ref.Matching("ecs:Submit*"))
	require.False(t, ref.Scopes("ec2:DescribeVpcs", "arn:aws:ec2:*:111122223333:*"), "it has no resource types")
	require.False(t, ref.Scopes("s3:GetObject", "arn:aws:kms:*:111122223333:key/*"))
	require.True(t, ref.Scopes("s3:GetObject", "arn:aws:s3:::state/.pulumi/*"))
	require.True(t, ref.Scopes("kms:CreateAlias", "arn:aws:kms:*:111122223333:alias/deepstreamhub/prod-eu/*"))
	require.True(t, ref.Knows("secretsmanager:GetSecretValue", "aws:ResourceTag/stack"))
	require.False(t, ref.Knows("route53:ChangeResourceRecordSets", "aws:ResourceTag/stack"))
	require.True(t, ref.Knows("route53:ChangeResourceRecordSets", "route53:ChangeResourceRecordSetsNormalizedRecordNames"))
	require.Contains(t, ref.Actions["ec2:CreateVpcEndpoint"].Dependent, "route53:AssociateVPCWithHostedZone")
}
