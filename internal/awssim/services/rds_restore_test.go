package services

import (
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func TestRestoreToAPointInTime(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.database()
	made := d.clock.now
	d.make(typeDBCluster, inputs)
	_, other := d.make(typeKey, cloud.Map{})
	d.clock.now = made.Add(time.Hour)
	from := func(source cloud.Map) cloud.Map {
		return with(inputs, cloud.Map{"clusterIdentifier": "again", "kmsKeyId": other["arn"], pointInTime: source})
	}
	at := func(d time.Duration) cloud.Map {
		return cloud.Map{"sourceClusterIdentifier": "main", "restoreToTime": made.Add(d).Format(time.RFC3339)}
	}
	for _, c := range []struct {
		code   string
		source cloud.Map
	}{
		{"DBClusterNotFoundFault", cloud.Map{"sourceClusterIdentifier": "none", "useLatestRestorableTime": true}},
		{"InvalidParameterCombination", cloud.Map{"sourceClusterIdentifier": "main"}},
		{"InvalidParameterValue", at(-time.Second)},
		{"InvalidParameterValue", at(56 * time.Minute)},
	} {
		d.refused(c.code, typeDBCluster, from(c.source))
	}
	id, state := d.make(typeDBCluster, from(at(30*time.Minute)))
	require.Equal(t, "deepstream", state["databaseName"])
	require.Equal(t, other["arn"], state["kmsKeyId"])
	require.Equal(t, held(d.Cloud, typeDBCluster, home, "main").Hidden["marker"], held(d.Cloud, typeDBCluster, home, id).Hidden["marker"])
	d.make(typeDBCluster, with(from(cloud.Map{"sourceClusterIdentifier": "main", "useLatestRestorableTime": true}), cloud.Map{"clusterIdentifier": "third"}))

	d.clock.now = d.clock.now.AddDate(0, 0, 8)
	d.refused("InvalidParameterValue", typeDBCluster, with(from(at(30*time.Minute)), cloud.Map{"clusterIdentifier": "late"})) // seven days of backups
	refusesInputs(t, typeDBCluster, inputs, []badInput{
		{pointInTime, cloud.Map{"useLatestRestorableTime": true}},
		{pointInTime, cloud.Map{"sourceClusterIdentifier": "main", "restoreToTime": "noon"}},
		{pointInTime, cloud.Map{"sourceClusterIdentifier": "main", "restoreToTime": "2026-11-01T12:00:00Z", "useLatestRestorableTime": true}},
		{pointInTime, cloud.Map{"sourceClusterIdentifier": "main", "restoreType": "half-copy"}},
		{pointInTime, cloud.Map{"sourceClusterIdentifier": "main", "restoreType": "copy-on-write"}},
		{pointInTime, cloud.Map{"sourceClusterResourceId": "cluster-1"}},
	})
	require.NotEmpty(t, problems(typeDBCluster, with(from(at(0)), cloud.Map{"snapshotIdentifier": "last"})))
}
