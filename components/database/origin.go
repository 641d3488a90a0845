package database

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// latest stands for the youngest state that a cluster's backups hold, a few minutes old.
const latest = "latest"

// originProperties are what an origin fills in. AWS looks at them at the creation only, and a change of any replaces the
// cluster.
var originProperties = []string{"snapshotIdentifier", "restoreToPointInTime"}

// origin is where a new cluster takes its data from; the zero value is nowhere.
type origin struct {
	snapshot string // name or ARN
	cluster  string // identifier, with time; instead of snapshot
	time     string // latest, or RFC 3339 in UTC
}

var (
	// snapshotPattern takes the names that RDS and AWS Backup give to cluster snapshots, and ARNs that end in one.
	snapshotPattern = regexp.MustCompile(
		`^(arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster-snapshot:)?(rds:|awsbackup:)?[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*$`)
	// clusterPattern is the form of a cluster's identifier (RDS API, CreateDBCluster).
	clusterPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

// parseOrigin reads Args.RestoreFrom.
func parseOrigin(text string) (origin, error) {
	cluster, at, timed := strings.Cut(text, "@")
	if !timed {
		if text != "" && !snapshotPattern.MatchString(text) {
			return origin{}, fmt.Errorf("restore from %q: must be a cluster snapshot's name or ARN, or <cluster>@<time>", text)
		}
		return origin{snapshot: text}, nil
	}
	if _, err := time.Parse(time.RFC3339, at); !clusterPattern.MatchString(cluster) || at != latest && (err != nil || !strings.HasSuffix(at, "Z")) {
		return origin{}, fmt.Errorf("restore from %q: must be <cluster>@<RFC 3339 in UTC> or <cluster>@latest", text)
	}
	return origin{cluster: cluster, time: at}, nil
}

// fill puts the origin into a cluster's arguments.
func (o origin) fill(args *rds.ClusterArgs) {
	switch {
	case o.snapshot != "":
		args.SnapshotIdentifier = pulumi.String(o.snapshot)
	case o.cluster != "" && o.time == latest:
		args.RestoreToPointInTime = rds.ClusterRestoreToPointInTimeArgs{
			SourceClusterIdentifier: pulumi.String(o.cluster), UseLatestRestorableTime: pulumi.Bool(true),
		}
	case o.cluster != "":
		args.RestoreToPointInTime = rds.ClusterRestoreToPointInTimeArgs{
			SourceClusterIdentifier: pulumi.String(o.cluster), RestoreToTime: pulumi.String(o.time),
		}
	}
}
