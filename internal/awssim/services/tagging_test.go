package services

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const getTagged = "aws:resourcegroupstaggingapi/getResources:getResources"

func (d *dataCloud) arns(region string, args cloud.Map) []string {
	result, err := d.Invoke(region, getTagged, args)
	require.NoError(d, err)
	return cloud.Strs(result, "resourceTagMappingLists[].resourceArn")
}

func TestResourcesByTags(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	tags := func(stack, name string) cloud.Map {
		return cloud.Map{"tagsAll": cloud.Map{"stack": stack, "Name": name}}
	}
	d.place(typeVPC, "vpc-a", tags("eu", "a"))
	d.place(typeVPC, "vpc-b", tags("us", "b"))
	d.place(typeSecurityGroup, "sg-a", tags("eu", "a"))
	d.place("aws:iam/role:Role", "role-a", tags("eu", "a"))
	by := func(key string, values ...string) cloud.Map {
		return cloud.Map{"tagFilters": []any{cloud.Map{"key": key, "values": cloud.List(values...)}}}
	}
	vpc, group := "arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-a", "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-a"

	require.Equal(t, []string{vpc, group}, d.arns(home, by("stack", "eu")), "roles are not listed")
	require.Len(t, d.arns(home, by("stack")), 3, "no value is any value")
	require.Len(t, d.arns(home, by("stack", "eu", "us")), 3)
	require.Empty(t, d.arns("us-east-1", by("stack", "eu")))
	both := cloud.Map{"tagFilters": []any{cloud.Map{"key": "stack", "values": cloud.List("eu")}, cloud.Map{"key": "Name", "values": cloud.List("b")}}}
	require.Empty(t, d.arns(home, both), "all filters have to match")
	only := by("stack", "eu")
	only["resourceTypeFilters"] = cloud.List("ec2:vpc")
	require.Equal(t, []string{vpc}, d.arns(home, only))
	require.Equal(t, []string{group}, d.arns(home, cloud.Map{"resourceArnLists": cloud.List(group)}))

	refused := by("stack", "eu")
	refused["resourceArnLists"] = cloud.List(group)
	_, err := d.Invoke(home, getTagged, refused)
	require.Equal(t, "InvalidParameterException", cloud.Code(err))
	_, err = d.Invoke(home, getTagged, cloud.Map{"resourceArnLists": cloud.List(strings.Split(strings.Repeat("a,", 101), ",")...)})
	require.Equal(t, "InvalidParameterException", cloud.Code(err))
}

// An import takes what the provider's documentation says, and nothing else.
func TestImport(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	d.place("aws:ec2/routeTableAssociation:RouteTableAssociation", "rtbassoc-1", cloud.Map{"subnetId": "subnet-a", "routeTableId": "rtb-1"})
	d.place("aws:wafv2/webAcl:WebAcl", "1-2", cloud.Map{"name": "acl", "scope": "REGIONAL"})
	d.place("aws:acm/certificateValidation:CertificateValidation", "now", cloud.Map{})
	for imported, c := range map[string]struct{ typ, id string }{
		"subnet-a/rtb-1":   {"aws:ec2/routeTableAssociation:RouteTableAssociation", "rtbassoc-1"},
		"1-2/acl/REGIONAL": {"aws:wafv2/webAcl:WebAcl", "1-2"},
		"sg-1":             {typeSecurityGroup, "sg-1"},
	} {
		id, err := d.Import(home, c.typ, imported)
		require.NoError(t, err)
		require.Equal(t, c.id, id)
		_, err = d.Import("us-east-1", c.typ, imported)
		require.ErrorAs(t, err, new(*cloud.NotFound))
	}
	_, err := d.Import(home, "aws:ec2/routeTableAssociation:RouteTableAssociation", "rtbassoc-1")
	require.ErrorAs(t, err, new(*cloud.NotFound))
	_, err = d.Import(home, "aws:acm/certificateValidation:CertificateValidation", "now")
	require.ErrorContains(t, err, "doesn't support import")
	_, err = d.Import(home, "aws:none", "x")
	require.ErrorContains(t, err, "does not know")
}

func TestSecretVersionIsFoundByItsStage(t *testing.T) {
	t.Parallel()
	const token = "aws:secretsmanager/getSecretVersion:getSecretVersion"
	d := newDataCloud(t)
	_, err := d.Invoke(home, token, cloud.Map{"secretId": "none"})
	require.Equal(t, "ResourceNotFoundException", cloud.Code(err))
	secret, _ := d.make(typeSecret, cloud.Map{"name": "s"})
	_, err = d.Invoke(home, token, cloud.Map{"secretId": secret})
	require.Equal(t, "ResourceNotFoundException", cloud.Code(err), "a secret without a value")
	_, state := d.make(typeSecretVersion, cloud.Map{"secretId": secret, "secretString": "one"})
	found := ask(t, d.Cloud, token, cloud.Map{"secretId": secret})
	require.Equal(t, state["versionId"], found["versionId"])
	require.Equal(t, "one", found["secretString"])
	_, err = d.Invoke(home, token, cloud.Map{"secretId": secret, "versionStage": "AWSPREVIOUS"})
	require.Equal(t, "ResourceNotFoundException", cloud.Code(err))
}
