package services

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/stretchr/testify/require"
)

// administrators are the types that an account's bootstrap makes and no region does: an administrator runs it.
const administrators = typeAnalyzer + " " + typeBudget + " " + typeTrail + " " + typeVolumeDefault + " " + typeImageRules + " " + typeReplication + " " + typeRepository +
	" " + typeECSDefault + " " + typeDetector + " " + typePasswordPolicy + " " + typeOIDC + " " + typePolicy + " " + typeLinkedRole + " " + typeReplicaKey +
	" " + typeZone + " " + typeAccountBlock + " " + typeBucketReplication + " " + typeDocument

// A type without its calls would pass every test of the roles unseen.
func TestEveryTypeHasItsCalls(t *testing.T) {
	t.Parallel()
	for _, typ := range cloud.Types() {
		has := cloud.KindOf(typ).Calls != cloud.Calls{}
		require.NotEqual(t, has, documents.OneOf(typ, administrators), "%s: is it a region's or the account's? If a region's, which actions does the provider call?", typ)
		for _, verb := range []string{"create", "update", "delete", "read"} {
			for _, action := range ActionsOf(typ, verb) {
				require.Regexp(t, `^[a-z0-9-]+:[A-Z][A-Za-z0-9]+$`, action)
			}
		}
	}
}

func TestRecord(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.task()
	require.Empty(t, f.Recorded(), "nothing is remembered before it is asked for")
	f.Record()
	arn := f.task()
	created := map[string]cloud.Access{}
	for _, a := range f.Recorded() {
		created[a.Action+" "+a.Context["iam:passedtoservice"]] = a
	}
	require.Equal(t, "*", created["ecs:RegisterTaskDefinition "].Resource)
	pass := created["iam:PassRole ecs-tasks.amazonaws.com"]
	require.True(t, strings.HasPrefix(pass.Resource, "arn:aws:iam::111122223333:role/"), pass.Resource)
	require.Contains(t, created, "ecs:DescribeTaskDefinition ", "it is read back")

	f.Record()
	id, _ := f.make(typeRole, cloud.Map{"name": "bounded", "path": "/deepstreamhub/", "assumeRolePolicy": hostTrust, boundaryOf: f.boundaryARN()})
	_, err := f.change(typeRole, id, cloud.Map{"name": "bounded", "path": "/deepstreamhub/", "assumeRolePolicy": hostTrust, boundaryOf: f.boundaryARN(), "description": "x"})
	require.NoError(t, err)
	require.NoError(t, f.gone(typeRole, id, nil))
	seen := map[string]cloud.Access{}
	for _, a := range f.Recorded() {
		require.Equal(t, "arn:aws:iam::111122223333:role/deepstreamhub/bounded", a.Resource)
		require.Equal(t, "us-east-1", a.Context["aws:requestedregion"], "IAM has no region")
		seen[a.Action] = a
	}
	require.Equal(t, f.boundaryARN(), seen["iam:CreateRole"].Context["iam:permissionsboundary"])
	require.Contains(t, seen, "iam:UpdateRoleDescription")
	require.NotContains(t, seen, "iam:UpdateAssumeRolePolicy", "the trust stays as it was")
	require.Contains(t, seen, "iam:DeleteRole")
	require.NotEmpty(t, arn)
}

func (f *fleet) boundaryARN() string {
	return "arn:aws:iam::111122223333:policy/deepstreamhub/deepstreamhub-boundary"
}

func TestDecide(t *testing.T) {
	t.Parallel()
	allow := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::a/*"}]}`
	deny := `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::a/secret"}]}`
	for resource, want := range map[string]Decision{
		"arn:aws:s3:::a/x": Allowed, "arn:aws:s3:::b/x": ImplicitlyDenied, "arn:aws:s3:::a/secret": ExplicitlyDenied,
	} {
		got, err := Decide([]string{allow, deny}, cloud.Access{Action: "s3:GetObject", Resource: resource})
		require.NoError(t, err)
		require.Equal(t, want, got, resource)
	}
	_, err := Decide([]string{"{}"}, cloud.Access{})
	require.Error(t, err)
}
