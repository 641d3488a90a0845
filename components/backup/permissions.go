package backup

import (
	"fmt"
	"regexp"

	"github.com/deepstreamhub/platform/internal/policy"
)

// place is where the vault is, as far as its ARN tells it.
type place struct{ partition, account string }

var vaultArnPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):backup:[a-z0-9-]+:(\d{12}):backup-vault:.+$`)

// placeOf reads partition and account off the vault's ARN: asking AWS for them would take a call more, and could be
// answered for another account than the vault's.
func placeOf(vaultArn string) (place, error) {
	m := vaultArnPattern.FindStringSubmatch(vaultArn)
	if m == nil {
		return place{}, fmt.Errorf("read account: %q is not the ARN of a backup vault", vaultArn)
	}
	return place{partition: m[1], account: m[2]}, nil
}

// trust lets AWS Backup take a role, for the account of the vault only. AWS names no ARN of a source for it.
func trust(vaultArn string) (string, error) {
	p, err := placeOf(vaultArn)
	if err != nil {
		return "", err
	}
	document, err := policy.TrustService("backup.amazonaws.com", policy.Source{Account: p.account})
	if err != nil {
		return "", err
	}
	return document.JSON()
}

// clusters is the pattern of the ARNs of database clusters. AWS Backup looks in the account and region of the plan, so
// neither needs naming.
func clusters(vaultArn string) (string, error) {
	p, err := placeOf(vaultArn)
	return policy.ARN{Partition: p.partition, Service: "rds", Region: "*", Account: "*", Resource: "cluster:*"}.String(), err
}

// keepPoints is the policy of a vault that keeps its recovery points until their time is up: AWS Backup lets them expire,
// but nobody may delete one or shorten its life. It guards against slips: whoever may take the policy away may do so
// first. Against the rest there is the lock.
func keepPoints() (string, error) {
	return policy.Document{Kind: policy.Resource, Statements: []policy.Statement{{
		Sid:        "KeepRecoveryPoints",
		Effect:     policy.Deny,
		Principals: []policy.Principal{policy.AnyPrincipal("nobody at all is to delete a recovery point")},
		Actions:    []string{"backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"},
		Resources:  policy.AnyResource("the ARNs of recovery points are those of the services that they are snapshots of"),
	}}}.JSON()
}
