package services

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
	"github.com/stretchr/testify/require"
)

func trustOf(principal string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":%s,"Action":"sts:AssumeRole"}}`, principal)
}

const anyLogs = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}}`

func TestRole(t *testing.T) {
	t.Parallel()
	f := newFleetNetwork(t)
	id, state := f.make(typeRole, cloud.Map{"name": "a", "assumeRolePolicy": hostTrust, "tags": cloud.Map{"k": "v"}})
	require.Equal(t, "a", id)
	require.Equal(t, "arn:aws:iam::111122223333:role/a", state["arn"])
	require.Equal(t, cloud.Map{"k": "v"}, state["tagsAll"])
	require.Regexp(t, `^AROA[0-9A-F]{17}$`, state["uniqueId"])
	f.make(typeRole, cloud.Map{"name": "b", "assumeRolePolicy": trustOf(`{"AWS":"arn:aws:iam::111122223333:role/a"}`)})

	for name, tc := range map[string]struct{ inputs, code, text any }{
		"same name":       {cloud.Map{"name": "a", "assumeRolePolicy": hostTrust}, "EntityAlreadyExists", "Role with name a already exists."},
		"no such role":    {cloud.Map{"name": "c", "assumeRolePolicy": trustOf(`{"AWS":"arn:aws:iam::111122223333:role/x"}`)}, "MalformedPolicyDocument", `Invalid principal in policy: "AWS":"arn:aws:iam::111122223333:role/x"`},
		"no such service": {cloud.Map{"name": "c", "assumeRolePolicy": trustOf(`{"Service":"ecs-task.amazonaws.com"}`)}, "MalformedPolicyDocument", `"SERVICE":"ecs-task.amazonaws.com"`},
		"long trust":      {cloud.Map{"name": "c", "assumeRolePolicy": strings.Replace(hostTrust, `"Allow"`, `"Allow","Sid":"`+strings.Repeat("x", 2048)+`"`, 1)}, "LimitExceeded", "ACLSizePerRole"},
		"no such policy":  {cloud.Map{"name": "c", "assumeRolePolicy": hostTrust, "managedPolicyArns": cloud.List(iampolicy.ManagedPolicyPrefix + "AmazonECS")}, "NoSuchEntity", "does not exist or is not attachable"},
		"boundary":        {cloud.Map{"name": "c", "assumeRolePolicy": hostTrust, "permissionsBoundary": iampolicy.ManagedPolicyPrefix + "Nothing"}, "NoSuchEntity", "Scope ARN: "},
	} {
		f.message(f.create(typeRole, tc.inputs.(cloud.Map)), tc.code.(string), tc.text.(string))
		_ = name
	}
	_, err := f.change(typeRole, "a", cloud.Map{"name": "a", "assumeRolePolicy": trustOf(`{"AWS":"arn:aws:iam::111122223333:user/nobody"}`)})
	f.message(err, "MalformedPolicyDocument", "user/nobody")
	refusesInputs(t, typeRole, cloud.Map{"name": "a", "assumeRolePolicy": hostTrust, "inlinePolicies": cloud.List(cloud.Map{})}, []badInput{
		{"inlinePolicies", cloud.List(cloud.Map{"policy": anyLogs})},
		{"name", strings.Repeat("x", 65)}, {"name", "a b"}, {"path", "x"}, {"maxSessionDuration", 60.0}, {"assumeRolePolicy", "{}"},
		{"assumeRolePolicy", anyLogs}, {"permissionsBoundary", "x"}, {"description", strings.Repeat("x", 1001)},
	})
}

func TestRoleInUse(t *testing.T) {
	t.Parallel()
	f := newFleetNetwork(t)
	f.make(typeRole, cloud.Map{"name": "a", "assumeRolePolicy": hostTrust})
	inline, _ := f.make(typeRolePolicy, cloud.Map{"role": "a", "name": "p", "policy": anyLogs})
	require.Equal(t, "a:p", inline)
	f.message(f.gone(typeRole, "a", nil), "DeleteConflict", "must delete policies first")
	require.NoError(t, f.gone(typeRolePolicy, inline, nil))
	attached, _ := f.make(typeRoleAttachment, cloud.Map{"role": "a", "policyArn": ecsPolicy})
	f.message(f.gone(typeRole, "a", nil), "DeleteConflict", "must detach all policies first")
	require.NoError(t, f.gone(typeRoleAttachment, attached, nil))
	profile, _ := f.make(typeProfile, cloud.Map{"name": "p", "role": "a"})
	require.NoError(t, f.gone(typeRole, "a", nil), "the provider takes the role out of its profiles")
	require.NotContains(t, f.read(typeProfile, profile), "role")

	f.make(typeRole, cloud.Map{"name": "b", "assumeRolePolicy": hostTrust, "forceDetachPolicies": true})
	attached, _ = f.make(typeRoleAttachment, cloud.Map{"role": "b", "policyArn": ecsPolicy})
	require.NoError(t, f.gone(typeRole, "b", nil))
	_, _, err := f.Read(home, typeRoleAttachment, attached)
	require.Error(t, err, "detached with the role")
}

func TestRolePolicies(t *testing.T) {
	t.Parallel()
	f := newFleetNetwork(t)
	f.make(typeRole, cloud.Map{"name": "a", "assumeRolePolicy": hostTrust})
	f.refused("NoSuchEntity", typeRolePolicy, cloud.Map{"role": "x", "name": "p", "policy": anyLogs})
	f.refused("NoSuchEntity", typeRoleAttachment, cloud.Map{"role": "x", "policyArn": ecsPolicy})
	f.refused("NoSuchEntity", typeRoleAttachment, cloud.Map{"role": "a", "policyArn": iampolicy.ManagedPolicyPrefix + "AmazonEC2ContainerServiceforEC2Role"})
	f.refused("NoSuchEntity", typeProfile, cloud.Map{"name": "p", "role": "x"})
	f.make(typeProfile, cloud.Map{"name": "p", "role": "a"})
	f.refused("EntityAlreadyExists", typeProfile, cloud.Map{"name": "p", "role": "a"})

	long := strings.Replace(anyLogs, `"Allow"`, `"Allow","Sid":"`+strings.Repeat("x", 6000)+`"`, 1)
	f.make(typeRolePolicy, cloud.Map{"role": "a", "name": "one", "policy": strings.ReplaceAll(long, ",", ",    ")}) // white space does not count
	f.refused("LimitExceeded", typeRolePolicy, cloud.Map{"role": "a", "name": "two", "policy": long})

	n := 0
	for _, arn := range slices.Sorted(maps.Keys(iampolicy.ManagedPolicies)) {
		inputs := cloud.Map{"role": "a", "policyArn": iampolicy.ManagedPolicyPrefix + arn}
		if n++; n > attachedLimit {
			f.refused("LimitExceeded", typeRoleAttachment, inputs)
			break
		}
		f.make(typeRoleAttachment, inputs)
	}
	refusesInputs(t, typeRolePolicy, cloud.Map{"role": "a", "name": "p", "policy": anyLogs}, []badInput{
		{"policy", hostTrust}, {"policy", "x"}, {"role", "arn:aws:iam::111122223333:role/a"}, {"name", strings.Repeat("x", 129)},
	})
	refusesInputs(t, typeRoleAttachment, cloud.Map{"role": "a", "policyArn": ecsPolicy}, []badInput{{"policyArn", "AmazonECS"}, {"role", "a/b"}})
}

func TestLogGroup(t *testing.T) {
	t.Parallel()
	f := newFleetNetwork(t)
	id, state := f.make(typeLogGroup, cloud.Map{"name": "/a", "retentionInDays": 7.0})
	require.Equal(t, "/a", id)
	require.Equal(t, "arn:aws:logs:eu-central-1:111122223333:log-group:/a", state["arn"])
	require.Equal(t, "STANDARD", state["logGroupClass"])
	f.refused("ResourceAlreadyExistsException", typeLogGroup, cloud.Map{"name": "/a"})

	key := func(group string) string {
		_, state := f.make("aws:kms/key:Key", cloud.Map{"policy": fmt.Sprintf(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"},
			{"Effect":"Allow","Principal":{"Service":"logs.eu-central-1.amazonaws.com"},"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"],
			 "Resource":"*","Condition":{"ArnEquals":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:eu-central-1:111122223333:log-group:%s"}}}]}`, group)})
		return cloud.Str(state, "arn")
	}
	f.make(typeLogGroup, cloud.Map{"name": "/b", "kmsKeyId": key("/b")})
	f.refused("AccessDeniedException", typeLogGroup, cloud.Map{"name": "/c", "kmsKeyId": key("/b")})
	f.refused("AccessDeniedException", typeLogGroup, cloud.Map{"name": "/c", "kmsKeyId": "arn:aws:kms:eu-central-1:111122223333:key/x"})

	f.make(typeLogGroup, cloud.Map{"name": "/kept", "skipDestroy": true})
	require.NoError(t, f.gone(typeLogGroup, "/kept", nil))
	f.refused("ResourceAlreadyExistsException", typeLogGroup, cloud.Map{"name": "/kept"})
	refusesInputs(t, typeLogGroup, cloud.Map{"name": "/a"}, []badInput{{"name", "a b"}, {"retentionInDays", 8.0}, {"logGroupClass", "CHEAP"}, {"kmsKeyId", "alias/x"}})
}
