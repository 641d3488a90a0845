package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestInstanceParameterGroup(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	group := func(name, family, parameter, value, method string) cloud.Map {
		return cloud.Map{"name": name, "family": family, "parameters": cloud.List(cloud.Map{"name": parameter, "value": value, "applyMethod": method})}
	}
	id, state := d.make(typeInstanceParameters, group("own", "aurora-postgresql16", "log_lock_waits", "1", "immediate"))
	require.Equal(t, "arn:aws:rds:eu-central-1:111122223333:pg:own", state["arn"])
	d.refused("DBParameterGroupAlreadyExists", typeInstanceParameters, cloud.Map{"name": "own", "family": "aurora-postgresql16"})
	for _, c := range []struct{ code, name, value, method string }{
		{"InvalidParameterValue", "rds.force_ssl", "1", "immediate"}, // the cluster's alone
		{"InvalidParameterValue", "log_lock_waits", "2", "immediate"},
		{"InvalidParameterCombination", "max_connections", "100", "immediate"},
	} {
		d.refused(c.code, typeInstanceParameters, group("x", "aurora-postgresql16", c.name, c.value, c.method))
	}
	refusesInputs(t, typeInstanceParameters, cloud.Map{"name": "x", "family": "aurora-postgresql16"}, []badInput{
		{"name", "X"}, {"name", "a--b"}, {"name", "a-"}, {"skipDestroy", true}, {"family", "aurora-mysql8.0"},
	})
	_, err := d.change(typeInstanceParameters, id, group("own", "aurora-postgresql16", "none", "1", "immediate"))
	require.Equal(t, "InvalidParameterValue", cloud.Code(err))

	cluster, _ := d.make(typeDBCluster, d.database())
	instance := cloud.Map{
		"clusterIdentifier": cluster, "identifier": "one", "engine": "aurora-postgresql", "instanceClass": "db.r6g.large",
		"dbParameterGroupName": "own",
	}
	d.make(typeInstanceParameters, cloud.Map{"name": "newer", "family": "aurora-postgresql17"})
	d.refused("InvalidParameterCombination", typeDBInstance, with(instance, cloud.Map{"dbParameterGroupName": "newer"}))
	d.refused("InvalidParameterCombination", typeDBInstance, with(instance, cloud.Map{"dbParameterGroupName": "default.aurora-postgresql17"}))
	one, _ := d.make(typeDBInstance, instance)
	require.Equal(t, "InvalidDBParameterGroupState", cloud.Code(d.gone(typeInstanceParameters, "own", cloud.Map{})))
	require.NoError(t, d.gone(typeDBInstance, one, instance))
	require.NoError(t, d.gone(typeInstanceParameters, "own", cloud.Map{}))
}

// The key of Performance Insights is chosen once, whether or not it is switched off meanwhile.
func TestInsightsKeepTheirKey(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.database()
	cluster, _ := d.make(typeDBCluster, inputs)
	_, other := d.make(typeKey, cloud.Map{})
	off := cloud.Map{"clusterIdentifier": cluster, "identifier": "one", "engine": "aurora-postgresql", "instanceClass": "db.r6g.large"}
	on := with(off, cloud.Map{"performanceInsightsEnabled": true, "performanceInsightsKmsKeyId": inputs["kmsKeyId"]})
	one, _ := d.make(typeDBInstance, on)
	change := func(in cloud.Map) cloud.Map {
		t.Helper()
		state, err := d.change(typeDBInstance, one, in)
		require.NoError(t, err)
		return state
	}
	moved := with(on, cloud.Map{"performanceInsightsKmsKeyId": other["arn"]})
	_, err := d.change(typeDBInstance, one, moved)
	require.Equal(t, "InvalidParameterCombination", cloud.Code(err))
	require.Equal(t, inputs["kmsKeyId"], change(off)["performanceInsightsKmsKeyId"])
	_, err = d.change(typeDBInstance, one, moved)
	require.Equal(t, "InvalidParameterCombination", cloud.Code(err))
	require.Equal(t, inputs["kmsKeyId"], change(on)["performanceInsightsKmsKeyId"])
}

// A trust policy may name the instances that RDS may act for.
func TestMonitoringRoleIsForItsOwnSource(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	cluster, _ := d.make(typeDBCluster, d.database())
	role := func(name, source string) string {
		_, state := d.make("aws:iam/role:Role", cloud.Map{"name": name, "assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
			`"Principal":{"Service":"monitoring.rds.amazonaws.com"},"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:SourceArn":"` + source + `"}}}]}`})
		return state["arn"].(string)
	}
	instance := cloud.Map{
		"clusterIdentifier": cluster, "identifier": "one", "engine": "aurora-postgresql", "instanceClass": "db.r6g.large",
		"monitoringInterval": 60.0, "monitoringRoleArn": role("elsewhere", "arn:aws:rds:us-east-1:111122223333:db:*"),
	}
	rights := func(name string) {
		d.make("aws:iam/rolePolicyAttachment:RolePolicyAttachment", cloud.Map{
			"role": name, "policyArn": "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
		})
	}
	rights("elsewhere")
	d.refused("InvalidParameterValue", typeDBInstance, instance)
	here := with(instance, cloud.Map{"monitoringRoleArn": role("here", "arn:aws:rds:eu-central-1:111122223333:db:*")})
	d.refused("InvalidParameterValue", typeDBInstance, here) // its policy is not attached yet
	rights("here")
	d.make(typeDBInstance, here)
}
