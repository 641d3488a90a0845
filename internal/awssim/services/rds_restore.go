package services

import (
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/aurora"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const pointInTime = "restoreToPointInTime"

// recoveryLag is how far the latest time that Aurora restores to is behind (RDS API, DBCluster: LatestRestorableTime;
// Amazon Aurora User Guide, "Restoring a DB cluster to a specified time": typically within the last five minutes).
const recoveryLag = 5 * time.Minute

// checkPointInTime checks where and when a cluster takes its data from, as the provider does (rds/cluster.go).
func checkPointInTime(c *cloud.Checker) {
	if !cloud.Has(c.In, pointInTime) || cloud.IsUnknown(c.In[pointInTime]) {
		return
	}
	c.ExactlyOne(pointInTime+".sourceClusterIdentifier", pointInTime+".sourceClusterResourceId")
	c.Conflict(pointInTime+".restoreToTime", pointInTime+".useLatestRestorableTime")
	if cloud.Str(c.In, pointInTime+".restoreType") == "copy-on-write" {
		c.Fail(pointInTime+".restoreType", "the offline AWS has no clones of clusters")
	}
}

// restored reports whether a cluster took its data from elsewhere.
func restored(r *cloud.Resource) bool {
	return r.Str("snapshotIdentifier") != "" || cloud.Has(r.State, pointInTime)
}

// restore takes over what a snapshot, or another cluster at a time, holds, content included.
func restore(t *cloud.Tx, r *cloud.Resource) error {
	if r.Str("snapshotIdentifier") != "" {
		return restoreSnapshot(t, r)
	}
	if cloud.Has(r.State, pointInTime) {
		return restoreTime(t, r)
	}
	return nil
}

func restoreSnapshot(t *cloud.Tx, r *cloud.Resource) error {
	const rule = "RDS API, RestoreDBClusterFromSnapshot"
	ref := r.Str("snapshotIdentifier")
	snapshot, ok := t.Remnant("clusterSnapshot", strings.TrimPrefix(ref, t.ARN("rds", "cluster-snapshot:")))
	if !ok {
		return cloud.Refuse("DBClusterSnapshotNotFoundFault", rule, "DBClusterSnapshot not found: %s", ref)
	}
	from := snapshot.State
	if r.Str("engineVersion") == "" {
		r.State["engineVersion"] = from["engineVersion"]
	}
	if aurora.Less(r.Str("engineVersion"), cloud.Str(from, "engineVersion")) {
		return cloud.Refuse("InvalidParameterCombination", rule, "Cannot restore a snapshot of %s %s to %s", auroraEngine, cloud.Str(from, "engineVersion"), r.Str("engineVersion"))
	}
	return inherit(t, r, from, from["marker"], rule)
}

// restoreTime restores from the backups of a cluster that exists. The new cluster has the other's version, whatever the
// program says: the call takes none.
func restoreTime(t *cloud.Tx, r *cloud.Resource) error {
	const rule = "RDS API, RestoreDBClusterToPointInTime"
	name := strings.TrimPrefix(r.Str(pointInTime+".sourceClusterIdentifier"), t.ARN("rds", "cluster:"))
	source, ok := t.Find(typeDBCluster, "", name)
	if !ok {
		return cloud.Refuse("DBClusterNotFoundFault", rule, "The source cluster could not be found or cannot be accessed: %s", name)
	}
	at, latest := r.Str(pointInTime+".restoreToTime"), r.Bool(pointInTime+".useLatestRestorableTime")
	if at == "" && !latest {
		return cloud.Refuse("InvalidParameterCombination", rule, "RestoreToTime must be specified if UseLatestRestorableTime is not.")
	}
	if at != "" && !restorable(t, source, at) {
		return cloud.Refuse("InvalidParameterValue", rule, "The specified time %s is outside of the restorable window of DB cluster %s", at, name)
	}
	r.State["engineVersion"] = source.Str("engineVersionActual")
	return inherit(t, r, source.State, source.Hidden["marker"], rule)
}

// restorable reports whether a time is within what a cluster's backups reach: from its creation or the start of the
// retention period up to a few minutes ago.
func restorable(t *cloud.Tx, source *cloud.Resource, text string) bool {
	at, err := time.Parse(time.RFC3339, text)
	since, err2 := time.Parse(time.RFC3339, cloud.Str(source.Hidden, "since"))
	earliest := t.Now().AddDate(0, 0, -source.Int("backupRetentionPeriod"))
	return err == nil && err2 == nil && !at.Before(since) && !at.Before(earliest) && !at.After(t.Now().Add(-recoveryLag))
}

// inherit gives a cluster what it takes over whatever the program says, and the content.
func inherit(t *cloud.Tx, r *cloud.Resource, from cloud.Map, marker any, rule string) error {
	key := cloud.Str(from, "kmsKeyId")
	if _, problem := usableKey(t, key); key != "" && problem != "" && key != t.ARN("kms", "key/"+awsManagedKey(t, "rds")) {
		return cloud.Refuse("KMSKeyNotAccessibleFault", rule, "The key [%s] of what is to be restored %s, or you do not have permissions to access it.", key, problem)
	}
	for _, p := range []string{"masterUsername", "databaseName"} {
		r.State[p] = from[p]
	}
	cloud.Computed(r, cloud.Map{"storageEncrypted": cloud.Bool(from, "storageEncrypted")})
	if r.Bool("storageEncrypted") && key != "" {
		cloud.Computed(r, cloud.Map{"kmsKeyId": key})
	}
	r.Hidden["marker"] = marker
	return nil
}
