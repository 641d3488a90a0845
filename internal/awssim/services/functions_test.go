package services

import (
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func ask(t *testing.T, c *cloud.Cloud, token string, args cloud.Map) cloud.Map {
	t.Helper()
	result, err := c.Invoke(home, token, args)
	require.NoError(t, err)
	return result
}

func TestAccountFunctions(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	who := ask(t, d.Cloud, "aws:index/getCallerIdentity:getCallerIdentity", nil)
	require.Equal(t, "111122223333", who["accountId"])
	require.Equal(t, "arn:aws:iam::111122223333:user/offline", who["arn"])
	require.Equal(t, "amazonaws.com", ask(t, d.Cloud, "aws:index/getPartition:getPartition", nil)["dnsSuffix"])
	const getRegion = "aws:index/getRegion:getRegion"
	require.Equal(t, cloud.Map{"name": home, "id": home, "description": "Europe (Frankfurt)", "endpoint": "ec2.eu-central-1.amazonaws.com"}, ask(t, d.Cloud, getRegion, nil))
	require.Equal(t, "us-east-1", ask(t, d.Cloud, getRegion, cloud.Map{"endpoint": "ec2.us-east-1.amazonaws.com"})["name"])
	for _, args := range []cloud.Map{{"name": "mars"}, {"endpoint": "x"}, {"endpoint": "ec2.us-east-1.amazonaws.com", "name": home}} {
		_, err := d.Invoke(home, getRegion, args)
		require.Error(t, err)
	}
	_, err := d.Invoke(home, "aws:none", nil)
	require.ErrorContains(t, err, "does not know")
}

func TestAvailabilityZones(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	const token = "aws:index/getAvailabilityZones:getAvailabilityZones"
	all := ask(t, d.Cloud, token, cloud.Map{"state": "available"})
	require.Equal(t, cloud.List("eu-central-1a", "eu-central-1b", "eu-central-1c"), all["names"])
	require.Equal(t, cloud.List("euc1-az2", "euc1-az3", "euc1-az1"), all["zoneIds"])
	require.Equal(t, cloud.List(home), all["groupNames"])
	require.Empty(t, ask(t, d.Cloud, token, cloud.Map{"state": "impaired"})["names"])
	require.Len(t, ask(t, d.Cloud, token, cloud.Map{"excludeNames": cloud.List("eu-central-1a")})["names"], 2)
	require.Len(t, ask(t, d.Cloud, token, cloud.Map{"excludeZoneIds": cloud.List("euc1-az1")})["names"], 2)
	require.Len(t, ask(t, d.Cloud, token, cloud.Map{"filters": cloud.List(cloud.Map{"name": "zone-id", "values": cloud.List("euc1-az1")})})["names"], 1)
	_, err := d.Invoke(home, token, cloud.Map{"filters": cloud.List(cloud.Map{"name": "colour", "values": cloud.List("x")})})
	require.Equal(t, "InvalidParameterValue", cloud.Code(err))
	_, err = d.Invoke(home, token, cloud.Map{"state": "sleepy"})
	require.Error(t, err)
}

func TestHostedZone(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	const token = "aws:route53/getZone:getZone"
	byName := ask(t, d.Cloud, token, cloud.Map{"name": "deepstreamhub.com."})
	require.Equal(t, "Z0OFFLINE0DEEPSTREAM", byName["zoneId"])
	require.Equal(t, "deepstreamhub.com", byName["name"])
	require.Len(t, byName["nameServers"], 4)
	require.Equal(t, 2.0, byName["resourceRecordSetCount"])
	require.Equal(t, byName, ask(t, d.Cloud, token, cloud.Map{"zoneId": "Z0OFFLINE0DEEPSTREAM"}))
	for _, c := range []struct {
		args cloud.Map
		text string
	}{
		{cloud.Map{"name": "example.com"}, "no matching Route 53 Hosted Zone found"},
		{cloud.Map{"name": "deepstreamhub.com", "privateZone": true}, "no matching Route 53 Hosted Zone found"},
		{cloud.Map{"name": "deepstreamhub.com", "tags": cloud.Map{"a": "b"}}, "no matching Route 53 Hosted Zone found"},
		{cloud.Map{"zoneId": "Z1"}, "NoSuchHostedZone"},
		{cloud.Map{"zoneId": "Z1", "name": "x"}, "only one of"},
		{cloud.Map{}, "must be set"},
	} {
		_, err := d.Invoke(home, token, c.args)
		require.ErrorContains(t, err, c.text)
	}
}

func TestRandomPassword(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	const token = "aws:secretsmanager/getRandomPassword:getRandomPassword"
	password := func(args cloud.Map) string {
		t.Helper()
		r := ask(t, d.Cloud, token, args)
		require.Equal(t, r["id"], r["randomPassword"])
		return r["randomPassword"].(string)
	}
	require.Len(t, password(nil), 32)
	seen := map[string]bool{}
	for range 100 {
		p := password(cloud.Map{"passwordLength": 20.0, "excludePunctuation": true, "excludeCharacters": "abc0"})
		require.Len(t, p, 20)
		require.False(t, strings.ContainsAny(p, "abc0!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "), p)
		require.False(t, seen[p])
		seen[p] = true
		p = password(cloud.Map{"passwordLength": 4.0, "requireEachIncludedType": true})
		for _, k := range passwordTypes {
			require.True(t, strings.ContainsAny(p, k.characters), p)
		}
	}
	require.Equal(t, strings.Repeat(" ", 8), password(cloud.Map{
		"passwordLength": 8.0, "includeSpace": true, "excludeLowercase": true, "excludeUppercase": true, "excludeNumbers": true, "excludePunctuation": true,
	}))
	for _, args := range []cloud.Map{
		{"passwordLength": 0.0}, {"passwordLength": 4097.0}, {"passwordLength": 3.0, "requireEachIncludedType": true},
		{"excludeLowercase": true, "excludeUppercase": true, "excludeNumbers": true, "excludePunctuation": true},
	} {
		_, err := d.Invoke(home, token, args)
		require.Equal(t, "InvalidParameterException", cloud.Code(err))
	}
}
