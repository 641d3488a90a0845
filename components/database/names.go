package database

import (
	"fmt"
	"regexp"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// versionPattern takes majors that Aurora offers; "Amazon Aurora PostgreSQL updates" lists 13 as the oldest one alive.
var versionPattern = regexp.MustCompile(`^(1[3-9])\.\d{1,2}$`)

// ParameterFamily returns the family of a cluster parameter group for an engine version, aurora-postgresql16 for 16.6.
// It refuses a version that does not pin major and minor: with the major alone AWS picks the minor.
func ParameterFamily(engineVersion string) (string, error) {
	m := versionPattern.FindStringSubmatch(engineVersion)
	if m == nil {
		return "", fmt.Errorf("engine version %q: must be an Aurora PostgreSQL version, major.minor, from 13 on", engineVersion)
	}
	return engine + m[1], nil
}

var keyIDPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f-]{27}$`)

// FinalSnapshotIdentifier returns the name under which the cluster is saved when it is deleted.
//
// The snapshot outlives the cluster, so a name made of the stack alone would collide when the next cluster of the same
// stack is deleted, and that deletion would fail. The id of the KMS key tells incarnations apart: a key is made with
// the tier and never comes back, and unlike a random name it needs nothing that has to be remembered.
func FinalSnapshotIdentifier(stack, keyID string) (string, error) {
	if err := blocks.DashedProblem("stack", stack, blocks.MaxStack); err != nil {
		return "", fmt.Errorf("name final snapshot: %w", err)
	}
	if !keyIDPattern.MatchString(keyID) {
		return "", fmt.Errorf("name final snapshot: %q is not the id of a KMS key", keyID)
	}
	return stack + "-final-" + keyID[:8], nil
}
