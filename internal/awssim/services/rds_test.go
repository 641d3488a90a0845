package services

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

const goodPassword = "correct-horse"

// database makes everything a cluster stands on and returns the inputs of one.
func (d *dataCloud) database() cloud.Map {
	d.Helper()
	_, key := d.make(typeKey, cloud.Map{})
	d.make(typeDBSubnetGroup, cloud.Map{"name": "data", "subnetIds": d.subnets})
	d.make(typeDBParameterGroup, cloud.Map{"name": "tuned", "family": "aurora-postgresql16", "parameters": cloud.List(
		cloud.Map{"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"},
		cloud.Map{"name": "log_min_duration_statement", "value": "1000"},
	)})
	return cloud.Map{
		"clusterIdentifier": "main", "engine": "aurora-postgresql", "engineVersion": "16.8", "databaseName": "deepstream",
		"masterUsername": "deepstream", "masterPassword": goodPassword, "dbSubnetGroupName": "data",
		"dbClusterParameterGroupName": "tuned", "vpcSecurityGroupIds": cloud.List(d.group), "storageEncrypted": true, "kmsKeyId": key["arn"],
		"backupRetentionPeriod": 7.0, "preferredBackupWindow": "02:00-03:00", "preferredMaintenanceWindow": "sun:03:30-sun:04:30",
		"enabledCloudwatchLogsExports": cloud.List("postgresql"), "skipFinalSnapshot": true,
	}
}

func TestDBSubnetGroup(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	good := cloud.Map{"name": "data", "subnetIds": d.subnets}
	id, state := d.make(typeDBSubnetGroup, good)
	require.Equal(t, "data", id)
	require.Equal(t, "arn:aws:rds:eu-central-1:111122223333:subgrp:data", state["arn"])
	require.Equal(t, "vpc-1", state["vpcId"])
	require.Equal(t, cloud.List("IPV4"), state["supportedNetworkTypes"])
	d.refused("DBSubnetGroupAlreadyExists", typeDBSubnetGroup, good)
	d.refused("InvalidParameterValue", typeDBSubnetGroup, with(good, cloud.Map{"name": "x", "subnetIds": cloud.List("subnet-none")}))
	d.refused("InvalidSubnet", typeDBSubnetGroup, with(good, cloud.Map{"name": "x", "subnetIds": cloud.List("subnet-b", "subnet-far")}))
	d.refused("DBSubnetGroupDoesNotCoverEnoughAZs", typeDBSubnetGroup, with(good, cloud.Map{"name": "x", "subnetIds": cloud.List("subnet-a")}))
	refusesInputs(t, typeDBSubnetGroup, good, []badInput{{"name", "Data"}, {"name", "default"}, {"name", strings.Repeat("x", 256)}})
}

func TestClusterParameterGroup(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	group := func(family, name, value, method string) cloud.Map {
		return cloud.Map{"name": "x", "family": family, "parameters": cloud.List(cloud.Map{"name": name, "value": value, "applyMethod": method})}
	}
	for _, c := range []struct {
		code, name, value, method string
	}{
		{"InvalidParameterValue", "force_ssl", "1", "immediate"},
		{"InvalidParameterValue", "rds.force_ssl", "2", "immediate"},
		{"InvalidParameterValue", "log_min_duration_statement", "1s", "immediate"},
		{"InvalidParameterValue", "log_statement", "everything", "immediate"},
		{"InvalidParameterValue", "rds.force_ssl", "1", "soon"},
		{"InvalidParameterCombination", "shared_preload_libraries", "pg_cron", "immediate"},
	} {
		d.refused(c.code, typeDBParameterGroup, group("aurora-postgresql16", c.name, c.value, c.method))
	}
	id, state := d.make(typeDBParameterGroup, group("aurora-postgresql16", "shared_preload_libraries", "pg_cron", "pending-reboot"))
	require.Equal(t, "arn:aws:rds:eu-central-1:111122223333:cluster-pg:x", state["arn"])
	_, err := d.change(typeDBParameterGroup, id, group("aurora-postgresql16", "none", "1", "immediate"))
	require.Equal(t, "InvalidParameterValue", cloud.Code(err))
	refusesInputs(t, typeDBParameterGroup, cloud.Map{"name": "x", "family": "aurora-postgresql16"}, []badInput{
		{"name", "X"}, {"name", "1x"}, {"name", "a--b"}, {"name", "a-"}, {"family", "postgres16"},
	})
}

func TestCluster(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.database()
	id, c := d.make(typeDBCluster, inputs)
	require.Equal(t, "main", id)
	require.Regexp(t, `^main\.cluster-c[a-z2-7]{11}\.eu-central-1\.rds\.amazonaws\.com$`, c["endpoint"])
	require.Regexp(t, `^main\.cluster-ro-c[a-z2-7]{11}\.eu-central-1\.rds\.amazonaws\.com$`, c["readerEndpoint"])
	require.Equal(t, "arn:aws:rds:eu-central-1:111122223333:cluster:main", c["arn"])
	require.Equal(t, "16.8", c["engineVersionActual"])
	require.Equal(t, 5432.0, c["port"])
	require.Equal(t, "Z1RLNUO7B9Q6NB", c["hostedZoneId"])
	require.Equal(t, cloud.List("eu-central-1a", "eu-central-1b", "eu-central-1c"), c["availabilityZones"])

	require.Equal(t, "InvalidDBSubnetGroupStateFault", cloud.Code(d.gone(typeDBSubnetGroup, "data", nil)))
	require.Equal(t, "InvalidDBParameterGroupState", cloud.Code(d.gone(typeDBParameterGroup, "tuned", nil)))
	require.NoError(t, d.gone(typeDBCluster, id, inputs))
	require.NoError(t, d.gone(typeDBSubnetGroup, "data", nil))
	require.NoError(t, d.gone(typeDBParameterGroup, "tuned", nil))
}

func TestClusterRefusals(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.database()
	d.make(typeDBParameterGroup, cloud.Map{"name": "old", "family": "aurora-postgresql15"})
	pending, key := d.make(typeKey, cloud.Map{})
	require.NoError(t, d.gone(typeKey, pending, nil))
	d.make(typeDBCluster, inputs)
	d.refused("DBClusterAlreadyExistsFault", typeDBCluster, inputs)
	for _, c := range []struct {
		code    string
		changes cloud.Map
	}{
		{"DBSubnetGroupNotFoundFault", cloud.Map{"dbSubnetGroupName": "none"}},
		{"InvalidSubnet", cloud.Map{"dbSubnetGroupName": nil}},
		{"DBClusterParameterGroupNotFound", cloud.Map{"dbClusterParameterGroupName": "none"}},
		{"InvalidParameterCombination", cloud.Map{"dbClusterParameterGroupName": "old"}},
		{"InvalidParameterCombination", cloud.Map{"dbClusterParameterGroupName": "default.aurora-postgresql15"}},
		{"InvalidParameterValue", cloud.Map{"vpcSecurityGroupIds": cloud.List("sg-none")}},
		{"InvalidParameterCombination", cloud.Map{"vpcSecurityGroupIds": cloud.List("sg-far")}},
		{"InvalidParameterCombination", cloud.Map{"engineVersion": "16.99"}},
		{"InvalidParameterCombination", cloud.Map{"storageEncrypted": nil}},
		{"KMSKeyNotAccessibleFault", cloud.Map{"kmsKeyId": key["arn"]}},
		{"KMSKeyNotAccessibleFault", cloud.Map{"kmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/none"}},
		{"InvalidParameterValue", cloud.Map{"masterPassword": nil}},
		{"InvalidParameterValue", cloud.Map{"masterPassword": "short"}},
		{"InvalidParameterValue", cloud.Map{"masterPassword": "with space1"}},
		{"InvalidParameterValue", cloud.Map{"masterPassword": "with@sign1"}},
		{"InvalidParameterValue", cloud.Map{"masterPassword": `with"quote`}},
		{"InvalidParameterValue", cloud.Map{"masterPassword": "with/slash"}},
		{"InvalidParameterValue", cloud.Map{"masterPassword": strings.Repeat("x", 129)}},
		{"InvalidParameterValue", cloud.Map{"masterUsername": nil}},
		{"InvalidParameterValue", cloud.Map{"masterUsername": "rdsadmin"}},
		{"InvalidParameterValue", cloud.Map{"masterUsername": "1st"}},
		{"InvalidParameterValue", cloud.Map{"databaseName": "deep-stream"}},
		{"InvalidParameterValue", cloud.Map{"backupRetentionPeriod": 0.0}},
		{"InvalidParameterValue", cloud.Map{"engineMode": "serverless"}},
		{"InvalidParameterValue", cloud.Map{"clusterIdentifier": strings.Repeat("x", 64)}},
		{"InvalidParameterValue", cloud.Map{"preferredBackupWindow": "02:00-02:29"}},
		{"InvalidParameterCombination", cloud.Map{"preferredBackupWindow": "03:00-04:00"}},
		{"InvalidParameterCombination", cloud.Map{"enabledCloudwatchLogsExports": cloud.List("audit")}},
		{"InvalidParameterCombination", cloud.Map{"storageType": "gp3"}},
		{"InvalidParameterCombination", cloud.Map{"monitoringInterval": 60.0}},
		{"InvalidParameterCombination", cloud.Map{"performanceInsightsRetentionPeriod": 7.0}},
		{"InvalidParameterValue", cloud.Map{"monitoringInterval": 60.0, "monitoringRoleArn": "arn:aws:iam::111122223333:role/none"}},
		{"DBClusterSnapshotNotFoundFault", cloud.Map{"snapshotIdentifier": "none"}},
	} {
		d.refused(c.code, typeDBCluster, with(with(inputs, cloud.Map{"clusterIdentifier": "other"}), c.changes))
	}
	refusesInputs(t, typeDBCluster, inputs, []badInput{
		{"clusterIdentifier", "Main"}, {"clusterIdentifier", "1st"}, {"clusterIdentifier", "a--b"}, {"clusterIdentifier", "a-"},
		{"engine", "aurora-mysql"}, {"backupRetentionPeriod", 36.0}, {"preferredBackupWindow", "2:00-3:00"},
		{"preferredMaintenanceWindow", "sunday:03:00-sunday:04:00"}, {"kmsKeyId", "key"}, {"finalSnapshotIdentifier", "a_b"},
		{"finalSnapshotIdentifier", "a-"}, {"enabledCloudwatchLogsExports", cloud.List("postgres")},
	})
	require.NotEmpty(t, problems(typeDBCluster, with(inputs, cloud.Map{"s3Import": cloud.Map{}})))
}

func TestClusterUpgrade(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := with(d.database(), cloud.Map{"dbClusterParameterGroupName": nil})
	id, _ := d.make(typeDBCluster, inputs)
	instance, _ := d.make(typeDBInstance, cloud.Map{"clusterIdentifier": id, "identifier": "one", "engine": "aurora-postgresql", "instanceClass": "db.r6g.large"})
	_, err := d.change(typeDBCluster, id, with(inputs, cloud.Map{"engineVersion": "17.4"}))
	require.ErrorContains(t, err, "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
	state, err := d.change(typeDBCluster, id, with(inputs, cloud.Map{"engineVersion": "16.9"}))
	require.NoError(t, err)
	require.Equal(t, "16.9", state["engineVersionActual"])
	require.Equal(t, "16.9", d.read(typeDBInstance, instance)["engineVersionActual"])
	require.Equal(t, "default.aurora-postgresql16", d.read(typeDBInstance, instance)["dbParameterGroupName"])
	for _, version := range []string{"16.8", "17.4"} {
		_, err = d.change(typeDBCluster, id, with(inputs, cloud.Map{"engineVersion": version, "allowMajorVersionUpgrade": true}))
		require.Equal(t, "InvalidParameterCombination", cloud.Code(err))
		require.ErrorContains(t, err, "Cannot upgrade aurora-postgresql from 16.9 to "+version)
	}
	_, err = d.change(typeDBCluster, id, with(inputs, cloud.Map{"engineVersion": "17.99", "allowMajorVersionUpgrade": true}))
	require.ErrorContains(t, err, "Cannot find version 17.99")
	// Groups that nobody made follow the version.
	_, err = d.change(typeDBCluster, id, with(inputs, cloud.Map{"engineVersion": "17.5", "allowMajorVersionUpgrade": true, "dbClusterParameterGroupName": "default.aurora-postgresql17"}))
	require.NoError(t, err)
	require.Equal(t, "default.aurora-postgresql17", d.read(typeDBInstance, instance)["dbParameterGroupName"])
}

// Parameter groups of one's own have to be named anew with another major version: the cluster's and the instances'.
func TestClusterUpgradeOfCustomGroups(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.database()
	id, _ := d.make(typeDBCluster, inputs)
	for name, family := range map[string]string{"of16": "aurora-postgresql16", "of17": "aurora-postgresql17"} {
		d.make(typeInstanceParameters, cloud.Map{"name": name, "family": family})
	}
	d.make(typeDBParameterGroup, cloud.Map{"name": "tuned17", "family": "aurora-postgresql17"})
	member := cloud.Map{"clusterIdentifier": id, "identifier": "one", "engine": "aurora-postgresql", "instanceClass": "db.r6g.large", "dbParameterGroupName": "of16"}
	instance, _ := d.make(typeDBInstance, member)
	next := with(inputs, cloud.Map{"engineVersion": "17.5", "allowMajorVersionUpgrade": true})
	for _, c := range []struct {
		changes cloud.Map
		code    string
		says    string
	}{
		{cloud.Map{}, "InvalidParameterCombination", "The current DB cluster parameter group tuned is custom. You must explicitly specify a new DB cluster parameter group"},
		{cloud.Map{"dbClusterParameterGroupName": "tuned17"}, "InvalidParameterCombination",
			"The current DB instance parameter group of16 is custom. You must explicitly specify a new DB instance parameter group, either default or custom, for the engine version upgrade."},
		{cloud.Map{"dbClusterParameterGroupName": "tuned17", "dbInstanceParameterGroupName": "of16"}, "InvalidParameterCombination", "Please use a parameter group with DBParameterGroupFamily aurora-postgresql17"},
		{cloud.Map{"dbClusterParameterGroupName": "tuned17", "dbInstanceParameterGroupName": "none"}, "DBParameterGroupNotFound", "none"},
		{cloud.Map{"dbClusterParameterGroupName": "default.aurora-postgresql16", "dbInstanceParameterGroupName": "of17"}, "InvalidParameterCombination", "aurora-postgresql17"},
	} {
		_, err := d.change(typeDBCluster, id, with(next, c.changes))
		require.Equal(t, c.code, cloud.Code(err), "%v", c.changes)
		require.ErrorContains(t, err, c.says)
	}
	require.Equal(t, "16.8", d.read(typeDBCluster, id)["engineVersionActual"], "a refusal changes nothing")

	next = with(next, cloud.Map{"dbClusterParameterGroupName": "tuned17", "dbInstanceParameterGroupName": "of17"})
	_, err := d.change(typeDBCluster, id, next)
	require.NoError(t, err)
	require.Equal(t, "of17", d.read(typeDBInstance, instance)["dbParameterGroupName"])
	_, err = d.change(typeDBInstance, instance, with(member, cloud.Map{"dbParameterGroupName": "of17"}))
	require.NoError(t, err)
	// The name is left there, and is none of another change's business.
	_, err = d.change(typeDBCluster, id, with(next, cloud.Map{"engineVersion": "17.6", "allowMajorVersionUpgrade": nil}))
	require.NoError(t, err)
	for typ, old := range map[string]string{typeDBParameterGroup: "tuned", typeInstanceParameters: "of16"} {
		require.NoError(t, d.gone(typ, old, cloud.Map{"name": old}), "nothing is left in it")
	}
}

func TestClusterFinalSnapshot(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := with(d.database(), cloud.Map{"skipFinalSnapshot": nil, "deletionProtection": true})
	id, _ := d.make(typeDBCluster, inputs)
	require.Equal(t, "InvalidParameterCombination", cloud.Code(d.gone(typeDBCluster, id, inputs)))
	inputs = with(inputs, cloud.Map{"deletionProtection": false})
	_, err := d.change(typeDBCluster, id, inputs)
	require.NoError(t, err)
	require.ErrorContains(t, d.gone(typeDBCluster, id, inputs), "final_snapshot_identifier is required")
	marker := held(d.Cloud, typeDBCluster, home, id).Hidden["marker"]
	require.NotEmpty(t, marker)
	inputs["finalSnapshotIdentifier"] = "last"
	require.NoError(t, d.gone(typeDBCluster, id, inputs))
	require.Len(t, d.Remnants(), 1)
	require.NotContains(t, d.Remnants()[0].State, "masterPassword")

	d.make(typeDBCluster, with(inputs, cloud.Map{"clusterIdentifier": "empty"}))
	require.Equal(t, "DBClusterSnapshotAlreadyExistsFault", cloud.Code(d.gone(typeDBCluster, "empty", inputs)))
	d.refused("InvalidParameterCombination", typeDBCluster, with(inputs, cloud.Map{
		"clusterIdentifier": "again", "snapshotIdentifier": "last", "engineVersion": "15.10", "dbClusterParameterGroupName": nil,
	}))
	restored, state := d.make(typeDBCluster, with(inputs, cloud.Map{
		"clusterIdentifier": "again", "snapshotIdentifier": "last", "masterUsername": nil, "databaseName": nil, "masterPassword": nil,
	}))
	require.Equal(t, marker, held(d.Cloud, typeDBCluster, home, restored).Hidden["marker"])
	require.Equal(t, "deepstream", state["masterUsername"])
	require.Equal(t, "deepstream", state["databaseName"])
}

func TestClusterInstance(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.database()
	cluster, _ := d.make(typeDBCluster, inputs)
	good := cloud.Map{
		"clusterIdentifier": cluster, "identifier": "one", "engine": "aurora-postgresql", "engineVersion": "16.8",
		"instanceClass": "db.r6g.large", "availabilityZone": "eu-central-1a", "promotionTier": 0.0,
	}
	first, one := d.make(typeDBInstance, good)
	require.Regexp(t, `^one\.c[a-z2-7]{11}\.eu-central-1\.rds\.amazonaws\.com$`, one["endpoint"])
	require.Equal(t, true, one["writer"])
	require.Equal(t, true, one["storageEncrypted"])
	require.Equal(t, "data", one["dbSubnetGroupName"])
	second, two := d.make(typeDBInstance, with(good, cloud.Map{"identifier": "two", "availabilityZone": nil, "promotionTier": 1.0}))
	require.Equal(t, false, two["writer"])
	require.NotEqual(t, "eu-central-1a", two["availabilityZone"])
	require.Equal(t, cloud.List("one", "two"), d.read(typeDBCluster, cluster)["clusterMembers"])
	require.Equal(t, "InvalidDBClusterStateFault", cloud.Code(d.gone(typeDBCluster, cluster, inputs)))
	_, err := d.change(typeDBSubnetGroup, "data", cloud.Map{"name": "data", "subnetIds": cloud.List("subnet-b", "subnet-c")})
	require.Equal(t, "InvalidParameterValue", cloud.Code(err))

	require.NoError(t, d.gone(typeDBInstance, first, good))
	require.Equal(t, true, d.read(typeDBInstance, second)["writer"], "failover")
	require.NoError(t, d.gone(typeDBInstance, second, good))
	require.NoError(t, d.gone(typeDBCluster, cluster, inputs))
}

func TestClusterInstanceRefusals(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	cluster, _ := d.make(typeDBCluster, d.database())
	d.make(typeDBSubnetGroup, cloud.Map{"name": "other", "subnetIds": d.subnets})
	good := cloud.Map{"clusterIdentifier": cluster, "identifier": "one", "engine": "aurora-postgresql", "instanceClass": "db.t4g.medium"}
	d.make(typeDBInstance, good)
	d.refused("DBInstanceAlreadyExists", typeDBInstance, good)
	for _, c := range []struct {
		code    string
		changes cloud.Map
	}{
		{"DBClusterNotFoundFault", cloud.Map{"clusterIdentifier": "none"}},
		{"InvalidParameterCombination", cloud.Map{"engine": "aurora-mysql"}},
		{"InvalidParameterCombination", cloud.Map{"engineVersion": "16.9"}},
		{"InvalidParameterCombination", cloud.Map{"instanceClass": "db.t4g.small"}},
		{"InvalidParameterCombination", cloud.Map{"instanceClass": "db.m6g.large"}},
		{"InvalidDBClusterStateFault", cloud.Map{"instanceClass": "db.serverless"}},
		{"InvalidVPCNetworkStateFault", cloud.Map{"availabilityZone": "eu-west-1a"}},
		{"InvalidVPCNetworkStateFault", cloud.Map{"publiclyAccessible": true}},
		{"InvalidParameterCombination", cloud.Map{"dbSubnetGroupName": "other"}},
		{"InvalidParameterCombination", cloud.Map{"preferredBackupWindow": "02:00-03:00"}},
		{"InvalidParameterCombination", cloud.Map{"preferredMaintenanceWindow": "sun:02:30-sun:03:30"}},
		{"InvalidParameterCombination", cloud.Map{"monitoringInterval": 60.0}},
		{"InvalidParameterCombination", cloud.Map{"monitoringRoleArn": "arn:aws:iam::111122223333:role/none"}},
		{"InvalidParameterValue", cloud.Map{"monitoringInterval": 61.0}},
		{"InvalidParameterValue", cloud.Map{"promotionTier": 16.0}},
		{"CertificateNotFound", cloud.Map{"caCertIdentifier": "rds-ca-2019"}},
		{"DBParameterGroupNotFound", cloud.Map{"dbParameterGroupName": "none"}},
	} {
		d.refused(c.code, typeDBInstance, with(with(good, cloud.Map{"identifier": "two"}), c.changes))
	}
	refusesInputs(t, typeDBInstance, good, []badInput{
		{"identifier", "One"}, {"engine", "postgres"}, {"performanceInsightsRetentionPeriod", 8.0}, {"preferredMaintenanceWindow", "sun"},
	})
}

func TestDatabaseZonesCoverTheAccount(t *testing.T) {
	t.Parallel()
	for _, region := range slices.Sorted(maps.Keys(cloud.DefaultAccount().Regions)) {
		require.Contains(t, databaseZones, region)
		require.Contains(t, regionsKnown, region)
	}
}
