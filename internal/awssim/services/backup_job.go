package services

import (
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// RunBackupPlan does once what AWS Backup does whenever a rule of the plan is due: it takes a recovery point of every
// Aurora cluster that the plan's selections cover and copies it where the rule says. It returns the points and their
// copies, in order, which outlive cluster and plan; clusters restore from them as from any other snapshot. The error is
// an *Error when AWS would fail the job, and nothing is then taken. Schedules are not waited for.
func RunBackupPlan(c *cloud.Cloud, region, planID string) (points []cloud.Remnant, err error) {
	err = c.Change(region, func(t *cloud.Tx) error {
		plan, ok := t.Find(typeBackupPlan, "", planID)
		if !ok {
			return &cloud.NotFound{Type: typeBackupPlan, Region: region, ID: planID}
		}
		jobs, err := backupJobs(t, plan)
		if err != nil {
			return cloud.KindOf(typeBackupPlan).Complete(err, "StartBackupJob", planID)
		}
		for _, j := range jobs {
			points = append(points, j.take(t))
		}
		return nil
	})
	return points, err
}

// backupJob is one recovery point about to be taken, or copied, into a vault.
type backupJob struct {
	of     *cloud.Resource // the cluster
	vault  *cloud.Resource
	copied bool
	days   int // how long the point is kept; 0: for ever
}

// backupJobs returns what is due when all rules of a plan are, each job checked.
func backupJobs(t *cloud.Tx, plan *cloud.Resource) ([]backupJob, error) {
	var jobs []backupJob
	for _, rule := range cloud.Maps(plan.State, "rules[]") {
		for _, selection := range t.All(typeBackupSelection) {
			if selection.Str("planId") != plan.ID {
				continue
			}
			for _, cluster := range t.All(typeDBCluster) {
				if !selects(selection, cluster) {
					continue
				}
				more, err := ruleJobs(t, rule, selection.Str("iamRoleArn"), cluster)
				if err != nil {
					return nil, err
				}
				jobs = append(jobs, more...)
			}
		}
	}
	return jobs, nil
}

// ruleJobs are the recovery point that a rule asks for and its copies.
func ruleJobs(t *cloud.Tx, rule cloud.Map, roleARN string, cluster *cloud.Resource) ([]backupJob, error) {
	role, err := backupRole(t, roleARN)
	if err != nil {
		return nil, err
	}
	if !roleAllows(t, role, "rds:CreateDBClusterSnapshot", "*", nil) {
		return nil, cloud.Refuse("AccessDeniedException", "AWS Managed Policy Reference Guide, AWSBackupServiceRolePolicyForBackup",
			"IAM Role %s does not have sufficient permissions to execute the backup", roleARN)
	}
	vault, _ := vaultNamed(t, t.Region, cloud.Str(rule, "targetVaultName"))
	jobs := []backupJob{{of: cluster, vault: vault, days: cloud.Int(rule, "lifecycle.deleteAfter")}}
	for _, action := range cloud.Maps(rule, "copyActions[]") {
		vault, _ := vaultByARN(t, cloud.Str(action, "destinationVaultArn"))
		jobs = append(jobs, backupJob{of: cluster, vault: vault, copied: true, days: cloud.Int(action, "lifecycle.deleteAfter")})
	}
	for _, j := range jobs {
		if err := j.check(t); err != nil {
			return nil, err
		}
	}
	return jobs, nil
}

func (j backupJob) check(t *cloud.Tx) error {
	if j.vault == nil {
		return cloud.Refuse("ResourceNotFoundException", "AWS Backup API, StartBackupJob", "The backup vault of the rule does not exist")
	}
	there := t.In(j.vault.Region)
	if err := lockAllows(there, j.vault, j.days); err != nil {
		return err
	}
	key := j.vault.Str("kmsKeyArn")
	if _, problem := usableKey(there, key); j.copied && problem != "" && !strings.HasSuffix(key, "/"+awsManagedKey(there, "backup")) {
		return cloud.Refuse("KMSKeyNotAccessibleFault", "RDS API, CopyDBClusterSnapshot", "The key [%s] of the backup vault %s", key, problem)
	}
	return nil
}

// take leaves a snapshot with the cluster's content. It holds what a snapshot of RDS's own would. A point stays under the
// cluster's key; a copy goes under the key of the vault that it is copied to (AWS Backup Developer Guide, "Encryption
// for backups").
func (j backupJob) take(t *cloud.Tx) cloud.Remnant {
	state, name := cloud.Clone(j.of.State), "awsbackup:job-"
	delete(state, "masterPassword")
	state["marker"], state["engineVersion"] = j.of.Hidden["marker"], j.of.Str("engineVersionActual")
	state["backupVaultName"] = j.vault.ID
	if j.copied {
		name = "awsbackup:copyjob-"
		if j.of.Bool("storageEncrypted") {
			state["kmsKeyId"] = j.vault.Str("kmsKeyArn")
		}
	}
	point := cloud.Remnant{What: "clusterSnapshot", Type: j.of.Type, Region: j.vault.Region, Name: name + t.UUID(), Since: t.Now(), State: state}
	if j.days > 0 {
		point.Until = t.Now().AddDate(0, 0, j.days)
	}
	t.AddRemnant(point)
	countPoints(t, j.vault)
	t.Save(j.vault)
	return point
}
