package cloud

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRestoreToAPointInTime(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	inputs := d.database()
	made := d.clock.now
	d.make(typeDBCluster, inputs)
	_, other := d.make(typeKey, Map{})
	d.clock.now = made.Add(time.Hour)
	from := func(source Map) Map {
		return with(inputs, Map{"clusterIdentifier": "again", "kmsKeyId": other["arn"], pointInTime: source})
	}
	at := func(d time.Duration) Map {
		return Map{"sourceClusterIdentifier": "main", "restoreToTime": made.Add(d).Format(time.RFC3339)}
	}
	for _, c := range []struct {
		code   string
		source Map
	}{
		{"DBClusterNotFoundFault", Map{"sourceClusterIdentifier": "none", "useLatestRestorableTime": true}},
		{"InvalidParameterCombination", Map{"sourceClusterIdentifier": "main"}},
		{"InvalidParameterValue", at(-time.Second)},
		{"InvalidParameterValue", at(56 * time.Minute)},
	} {
		d.refused(c.code, typeDBCluster, from(c.source))
	}
	id, state := d.make(typeDBCluster, from(at(30*time.Minute)))
	require.Equal(t, "deepstream", state["databaseName"])
	require.Equal(t, other["arn"], state["kmsKeyId"])
	require.Equal(t, d.resources[key{typeDBCluster, home, "main"}].Hidden["marker"], d.resources[key{typeDBCluster, home, id}].Hidden["marker"])
	d.make(typeDBCluster, with(from(Map{"sourceClusterIdentifier": "main", "useLatestRestorableTime": true}), Map{"clusterIdentifier": "third"}))

	d.clock.now = d.clock.now.AddDate(0, 0, 8)
	d.refused("InvalidParameterValue", typeDBCluster, with(from(at(30*time.Minute)), Map{"clusterIdentifier": "late"})) // seven days of backups
	refusesInputs(t, typeDBCluster, inputs, []badInput{
		{pointInTime, Map{"useLatestRestorableTime": true}},
		{pointInTime, Map{"sourceClusterIdentifier": "main", "restoreToTime": "noon"}},
		{pointInTime, Map{"sourceClusterIdentifier": "main", "restoreToTime": "2026-11-01T12:00:00Z", "useLatestRestorableTime": true}},
		{pointInTime, Map{"sourceClusterIdentifier": "main", "restoreType": "half-copy"}},
		{pointInTime, Map{"sourceClusterIdentifier": "main", "restoreType": "copy-on-write"}},
		{pointInTime, Map{"sourceClusterResourceId": "cluster-1"}},
	})
	require.NotEmpty(t, problems(typeDBCluster, with(from(at(0)), Map{"snapshotIdentifier": "last"})))
}
