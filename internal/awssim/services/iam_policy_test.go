package services

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/stretchr/testify/require"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	f := newFleetNetwork(t)
	inputs := func(changes cloud.Map) cloud.Map {
		in := cloud.Map{"name": "most", "path": "/deepstreamhub/", "policy": anyLogs}
		for k, v := range changes {
			in[k] = v
		}
		return in
	}
	arn, state := f.make(typePolicy, inputs(nil))
	require.Equal(t, "arn:aws:iam::111122223333:policy/deepstreamhub/most", arn)
	require.Equal(t, arn, state["arn"])
	f.refused("EntityAlreadyExists", typePolicy, inputs(cloud.Map{"path": "/"}))
	long := strings.Replace(anyLogs, `"Allow"`, `"Allow","Sid":"`+strings.Repeat("x", managedLimit)+`"`, 1)
	f.refused("LimitExceeded", typePolicy, inputs(cloud.Map{"name": "long", "policy": long}))
	refusesInputs(t, typePolicy, inputs(nil), []badInput{{"policy", hostTrust}, {"path", "deepstreamhub"}, {"name", "a b"}})

	f.make(typeRole, cloud.Map{"name": "bounded", "assumeRolePolicy": hostTrust, "permissionsBoundary": arn})
	f.message(f.gone(typePolicy, arn, nil), "DeleteConflict", "attached to entities")
	_, err := f.change(typeRole, "bounded", cloud.Map{"name": "bounded", "assumeRolePolicy": hostTrust})
	require.NoError(t, err)
	attached, _ := f.make(typeRoleAttachment, cloud.Map{"role": "bounded", "policyArn": arn})
	f.message(f.gone(typePolicy, arn, nil), "DeleteConflict", "attached to entities")
	require.NoError(t, f.gone(typeRoleAttachment, attached, nil))
	require.NoError(t, f.gone(typePolicy, arn, nil))
}

// A boundary allows nothing by itself, and takes away what it does not name.
func TestBoundary(t *testing.T) {
	t.Parallel()
	f := newFleetNetwork(t)
	arn, _ := f.make(typePolicy, cloud.Map{"name": "logs", "policy": anyLogs})
	f.make(typeRole, cloud.Map{"name": "a", "assumeRolePolicy": hostTrust, "permissionsBoundary": arn})
	may := func(action string) bool {
		tx := at(f.Cloud, home)
		role, ok := tx.Find(typeRole, "", "a")
		require.True(t, ok)
		return roleAllows(tx, role, action, "*", nil)
	}
	require.False(t, may("logs:PutLogEvents"))
	f.make(typeRoleAttachment, cloud.Map{"role": "a", "policyArn": iampolicy.ManagedPolicyPrefix + "AdministratorAccess"})
	require.True(t, may("logs:PutLogEvents"))
	require.False(t, may("s3:GetObject"))
}

// What the account is declared to have is there from the start, and in a cloud that was kept from before it was declared.
func TestDeclaredPolicies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	account := cloud.DefaultAccount()
	policies := account.Policies
	require.NotEmpty(t, policies)
	account.Policies = nil
	for _, declared := range [][]cloud.AccountPolicy{nil, policies, policies} {
		account.Policies = declared
		c, err := cloud.Open(cloud.Options{Dir: dir, Account: account})
		require.NoError(t, err)
		n := 0
		for _, r := range c.List() {
			if r.Type == typePolicy {
				n++
			}
		}
		require.Equal(t, len(declared), n)
		require.NoError(t, c.Close())
	}
}
