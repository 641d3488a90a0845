package backup

import "github.com/deepstreamhub/platform/internal/policy"

// placeOf reads the ARN of the vault.
func placeOf(vaultArn string) (policy.ARN, error) {
	return policy.ParseARN(vaultArn, "backup", "backup-vault:")
}

// trust lets AWS Backup take a role, for the account of the vault only. AWS names no ARN of a source for it.
func trust(vaultArn string) (string, error) {
	p, err := placeOf(vaultArn)
	if err != nil {
		return "", err
	}
	document, err := policy.TrustService("backup.amazonaws.com", policy.Source{Account: p.Account})
	if err != nil {
		return "", err
	}
	return document.JSON()
}

// clusters is the pattern of the ARNs of database clusters. AWS Backup looks in the account and region of the plan, so
// neither needs naming.
func clusters(vaultArn string) (string, error) {
	p, err := placeOf(vaultArn)
	return policy.ARN{Partition: p.Partition, Service: "rds", Region: "*", Account: "*", Resource: "cluster:*"}.String(), err
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
