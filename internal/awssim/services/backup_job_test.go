package services

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// selectable is an account with a plan, a role for AWS Backup that has its rights, and what a selection takes.
func selectable(t *testing.T) (d *dataCloud, selection cloud.Map) {
	d = withVault(t)
	plan, _ := d.make(typeBackupPlan, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(nil))})
	name, role := d.make(typeRole, cloud.Map{"name": "backup", "assumeRolePolicy": backupTrust})
	d.make(typeRoleAttachment, cloud.Map{"role": name, "policyArn": backupRights})
	return d, cloud.Map{
		"name": "databases", "planId": plan, "iamRoleArn": role["arn"], "resources": cloud.List("arn:aws:rds:*:*:cluster:*"),
		"conditions": cloud.List[any](cloud.Map{"stringEquals": cloud.List[any](cloud.Map{"key": "aws:ResourceTag/stack", "value": "prod"})}),
	}
}

func TestBackupSelection(t *testing.T) {
	t.Parallel()
	d, selection := selectable(t)
	id, state := d.make(typeBackupSelection, selection)
	require.Len(t, id, 36)
	require.Equal(t, []any{}, state["notResources"])
	require.Equal(t, "InvalidRequestException", cloud.Code(d.gone(typeBackupPlan, cloud.Str(selection, "planId"), cloud.Map{})), "facts 118")
	d.refused("AlreadyExistsException", typeBackupSelection, selection)
	require.NoError(t, d.gone(typeBackupSelection, id, cloud.Map{}))
	require.NoError(t, d.gone(typeBackupPlan, cloud.Str(selection, "planId"), cloud.Map{}))
	require.True(t, cloud.KindOf(typeBackupSelection).Replaces("resources"))
}

func TestBackupSelectionRefusals(t *testing.T) {
	t.Parallel()
	d, selection := selectable(t)
	condition := func(operator, key string) []any {
		return cloud.List[any](cloud.Map{operator: cloud.List[any](cloud.Map{"key": key, "value": "prod"})})
	}
	_, stranger := d.make(typeRole, cloud.Map{"name": "stranger", "assumeRolePolicy": strings.Replace(backupTrust, "backup.", "ecs.", 1)})
	_, elsewhere := d.make(typeRole, cloud.Map{"name": "elsewhere", "assumeRolePolicy": strings.Replace(backupTrust, "111122223333", "999999999999", 1)})
	_, plain := d.make(typeRole, cloud.Map{"name": "plain", "assumeRolePolicy": strings.Replace(backupTrust, "IfExists", "", 1)})
	_, powerless := d.make(typeRole, cloud.Map{"name": "powerless", "assumeRolePolicy": backupTrust})
	for text, bad := range map[string]cloud.Map{
		"no such plan":        {"planId": "none"},
		"no such role":        {"iamRoleArn": "arn:aws:iam::111122223333:role/none"},
		"role of another":     {"iamRoleArn": stranger["arn"]},
		"role of nobody here": {"iamRoleArn": elsewhere["arn"]},
		"role without rights": {"iamRoleArn": powerless["arn"]},
		"conditions alone":    {"resources": nil},
		"no ARN":              {"resources": cloud.List("cluster")},
		"no ARN left out":     {"notResources": cloud.List("cluster")},
		"no tag":              {"conditions": condition("stringEquals", "stack")},
		"no tag either":       {"conditions": condition("stringNotLikes", "stack")},
	} {
		_, _, err := d.Create(context.Background(), home, typeBackupSelection, with(selection, bad))
		require.Equal(t, "InvalidParameterValueException", cloud.Code(err), "%s: %v", text, err)
	}
	for text, role := range map[string]cloud.Map{"AWS says not": stranger, "another account": elsewhere, "AWS may name no source": plain} {
		_, _, err := d.Create(context.Background(), home, typeBackupSelection, with(selection, cloud.Map{"iamRoleArn": role["arn"]}))
		require.ErrorContains(t, err, "cannot be assumed by AWS Backup", text)
	}
	tag := func(typ string) []any { return cloud.List[any](cloud.Map{"key": "a", "value": "b", "type": typ}) }
	refusesInputs(t, typeBackupSelection, selection, []badInput{
		{"name", "a selection"}, {"name", strings.Repeat("a", 51)}, {"iamRoleArn", "backup"}, {"selectionTags", tag("STRINGLIKE")},
	})
	d.make(typeBackupSelection, with(selection, cloud.Map{"name": "tags", "resources": nil, "selectionTags": tag("STRINGEQUALS")}))
	d.make(typeBackupSelection, with(selection, cloud.Map{"name": "all", "resources": cloud.List("*")}))
}

func TestSelects(t *testing.T) {
	t.Parallel()
	cluster := &cloud.Resource{State: cloud.Map{"arn": "arn:aws:rds:eu-central-1:111122223333:cluster:db", "tagsAll": cloud.Map{"stack": "prod", "tier": "data"}}}
	everything := cloud.List("*")
	conditions := func(operator, key, value string) []any {
		return cloud.List[any](cloud.Map{operator: cloud.List[any](cloud.Map{"key": tagKeyPrefix + key, "value": value})})
	}
	for text, tc := range map[string]struct {
		selection cloud.Map
		want      bool
	}{
		"by ARN":           {cloud.Map{"resources": cloud.List("arn:aws:rds:*:*:cluster:*")}, true},
		"by another's ARN": {cloud.Map{"resources": cloud.List("arn:aws:ec2:*:*:volume/*")}, false},
		"left out":         {cloud.Map{"resources": everything, "notResources": cloud.List("arn:aws:rds:*:*:cluster:*")}, false},
		"equal":            {cloud.Map{"resources": everything, "conditions": conditions("stringEquals", "stack", "prod")}, true},
		"not equal":        {cloud.Map{"resources": everything, "conditions": conditions("stringEquals", "stack", "test")}, false},
		"other than":       {cloud.Map{"resources": everything, "conditions": conditions("stringNotEquals", "stack", "prod")}, false},
		"alike":            {cloud.Map{"resources": everything, "conditions": conditions("stringLikes", "stack", "p*")}, true},
		"unlike":           {cloud.Map{"resources": everything, "conditions": conditions("stringNotLikes", "stack", "p*")}, false},
		"tag":              {cloud.Map{"selectionTags": cloud.List[any](cloud.Map{"key": "tier", "value": "data"})}, true},
		"other tag":        {cloud.Map{"selectionTags": cloud.List[any](cloud.Map{"key": "tier", "value": "edge"})}, false},
		"either":           {cloud.Map{"resources": cloud.List("arn:aws:ec2:*:*:volume/*"), "selectionTags": cloud.List[any](cloud.Map{"key": "tier", "value": "data"})}, true},
	} {
		require.Equal(t, tc.want, selects(&cloud.Resource{State: tc.selection}, cluster), text)
	}
}

// backedUp is an account with a tagged cluster and another one, and a plan that backs up what is tagged and copies it to
// the second region, under the key whose ARN it returns.
func backedUp(t *testing.T) (d *dataCloud, plan string, copyKey any) {
	d, selection := selectable(t)
	key := d.elsewhere(typeKey, cloud.Map{})
	far := d.elsewhere(typeBackupVault, cloud.Map{"name": "far", "kmsKeyArn": key["arn"]})
	plan = cloud.Str(selection, "planId")
	_, err := d.change(typeBackupPlan, plan, cloud.Map{"name": "daily", "rules": cloud.List[any](dailyRule(cloud.Map{
		"copyActions": cloud.List[any](cloud.Map{"destinationVaultArn": far["arn"], "lifecycle": cloud.Map{"deleteAfter": 90.0}}),
	}))})
	require.NoError(t, err)
	d.make(typeBackupSelection, selection)
	cluster := d.database()
	d.make(typeDBCluster, with(cluster, cloud.Map{"tags": cloud.Map{"stack": "prod"}}))
	d.make(typeDBCluster, with(cluster, cloud.Map{"clusterIdentifier": "other", "tags": cloud.Map{"stack": "test"}}))
	return d, plan, key["arn"]
}

func markerOf(c *dataCloud, region, id string) any {
	return held(c.Cloud, typeDBCluster, region, id).Hidden["marker"]
}

func TestRunBackupPlan(t *testing.T) {
	t.Parallel()
	d, plan, copyKey := backedUp(t)
	points, err := RunBackupPlan(d.Cloud, home, plan)
	require.NoError(t, err)
	require.Len(t, points, 2, "of the tagged cluster alone, with a copy")
	for i, want := range []struct {
		region, name, vault string
		key                 any
		days                int
	}{{home, "awsbackup:job-", "home", d.read(typeDBCluster, "main")["kmsKeyId"], 35}, {secondRegion, "awsbackup:copyjob-", "far", copyKey, 90}} {
		p := points[i]
		require.Equal(t, []any{"clusterSnapshot", typeDBCluster, want.region}, []any{p.What, p.Type, p.Region})
		require.True(t, strings.HasPrefix(p.Name, want.name), p.Name)
		require.Equal(t, d.clock.now.AddDate(0, 0, want.days), p.Until)
		require.Equal(t, want.key, p.State["kmsKeyId"])
		require.Equal(t, want.vault, p.State["backupVaultName"])
		require.NotContains(t, p.State, "masterPassword")
	}
	require.Equal(t, 1.0, d.read(typeBackupVault, "home")["recoveryPoints"])
	d.clock.now = d.clock.now.AddDate(0, 0, 36)
	require.Equal(t, 0.0, d.read(typeBackupVault, "home")["recoveryPoints"], "expired")

	_, err = RunBackupPlan(d.Cloud, home, "none")
	require.IsType(t, &cloud.NotFound{}, err)
}

// What a cluster held is there again after a restore, in its own region and in the one that has the copy, although the
// cluster is gone.
func TestRecoveryPointsOutliveTheirCluster(t *testing.T) {
	t.Parallel()
	d, plan, copyKey := backedUp(t)
	marker := markerOf(d, home, "main")
	points, err := RunBackupPlan(d.Cloud, home, plan)
	require.NoError(t, err)
	require.NoError(t, d.gone(typeDBCluster, "main", cloud.Map{"skipFinalSnapshot": true}))

	subnets := cloud.Map{"name": "data", "subnetIds": d.subnets}
	for zone, id := range map[string]any{"us-east-1a": d.subnets[0], "us-east-1b": d.subnets[1], "us-east-1c": d.subnets[2]} {
		at(d.Cloud, secondRegion).Place(&cloud.Resource{Type: typeSubnet, Region: secondRegion, ID: id.(string), State: cloud.Map{"id": id, "vpcId": "vpc-1", "availabilityZone": zone}})
	}
	d.elsewhere(typeDBSubnetGroup, subnets)
	for i, region := range []string{home, secondRegion} {
		arn := fmt.Sprintf("arn:aws:rds:%s:111122223333:cluster-snapshot:%s", region, points[i].Name)
		id, state, err := d.Create(context.Background(), region, typeDBCluster, cloud.Map{
			"clusterIdentifier": "main", "engine": "aurora-postgresql", "snapshotIdentifier": arn, "dbSubnetGroupName": "data", "skipFinalSnapshot": true,
		})
		require.NoError(t, err)
		require.Equal(t, marker, markerOf(d, region, id), region)
		require.Equal(t, points[i].State["kmsKeyId"], state["kmsKeyId"], region)
	}
	require.Equal(t, copyKey, points[1].State["kmsKeyId"])
}

func TestBackupJobsFail(t *testing.T) {
	t.Parallel()
	for text, tc := range map[string]struct {
		spoil func(d *dataCloud)
		code  string
	}{
		"rights taken away": {func(d *dataCloud) {
			i := slices.IndexFunc(d.List(), func(r cloud.Resource) bool { return r.Type == typeRoleAttachment })
			require.NoError(d, d.gone(typeRoleAttachment, d.List()[i].ID, cloud.Map{}))
		}, "AccessDeniedException"},
		"role gone": {func(d *dataCloud) {
			_, err := d.change(typeRole, "backup", cloud.Map{"name": "backup", "assumeRolePolicy": strings.Replace(backupTrust, "backup.", "ecs.", 1)})
			require.NoError(d, err)
		}, "InvalidParameterValueException"},
		"vault gone": {func(d *dataCloud) { require.NoError(d, d.gone(typeBackupVault, "home", cloud.Map{})) }, "ResourceNotFoundException"},
		"kept too short": {func(d *dataCloud) {
			d.make(typeBackupLock, cloud.Map{"backupVaultName": "home", "minRetentionDays": 36.0})
		}, "InvalidRequestException"},
		"kept too long": {func(d *dataCloud) {
			d.make(typeBackupLock, cloud.Map{"backupVaultName": "home", "maxRetentionDays": 34.0})
		}, "InvalidRequestException"},
		"copy too short": {func(d *dataCloud) {
			d.elsewhere(typeBackupLock, cloud.Map{"backupVaultName": "far", "minRetentionDays": 91.0})
		}, "InvalidRequestException"},
		"copy's key gone": {func(d *dataCloud) {
			i := slices.IndexFunc(d.List(), func(r cloud.Resource) bool { return r.Type == typeKey && r.Region == secondRegion })
			require.NoError(d, d.Delete(context.Background(), secondRegion, typeKey, d.List()[i].ID, cloud.Map{}))
		}, "KMSKeyNotAccessibleFault"},
	} {
		d, plan, _ := backedUp(t)
		before := len(d.Remnants())
		tc.spoil(d)
		points, err := RunBackupPlan(d.Cloud, home, plan)
		require.Equal(t, tc.code, cloud.Code(err), "%s: %v", text, err)
		require.ErrorContains(t, err, "Backup: StartBackupJob", text)
		require.Empty(t, points, text)
		require.LessOrEqual(t, len(d.Remnants())-before, 1, "%s: nothing but the deleted key is left", text)
	}
}

func TestBackupVaultWithRecoveryPoints(t *testing.T) {
	t.Parallel()
	d, plan, _ := backedUp(t)
	_, err := RunBackupPlan(d.Cloud, home, plan)
	require.NoError(t, err)
	require.Equal(t, "InvalidRequestException", cloud.Code(d.gone(typeBackupVault, "home", cloud.Map{})), "facts 117")
	force := cloud.Map{"forceDestroy": true}

	policy, _ := d.make(typeBackupPolicy, cloud.Map{"backupVaultName": "home", "policy": vaultPolicyOf("backup:DeleteRecoveryPoint")})
	require.Equal(t, "AccessDeniedException", cloud.Code(d.gone(typeBackupVault, "home", force)))
	require.NoError(t, d.gone(typeBackupPolicy, policy, cloud.Map{}))

	lock, _ := d.make(typeBackupLock, cloud.Map{"backupVaultName": "home"})
	require.Equal(t, "InvalidRequestException", cloud.Code(d.gone(typeBackupVault, "home", force)))
	require.NoError(t, d.gone(typeBackupLock, lock, cloud.Map{}))

	require.NoError(t, d.gone(typeBackupVault, "home", force))
	require.Len(t, d.Remnants(), 1, "the copy in the other region")
	require.Equal(t, secondRegion, d.Remnants()[0].Region)
}
