package security

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

var data = []Control{
	{ID: "RDS.2", Title: "RDS DB Instances should prohibit public access, as determined by the PubliclyAccessible configuration", CIS: "2.3.3", On: []string{dbInstance},
		Check: every(dbInstance, func(r cloud.Resource) bool { return !r.Bool("publiclyAccessible") }), Met: "Switched off, and their subnets lead nowhere."},
	{ID: "RDS.3", Title: "RDS DB instances should have encryption at-rest enabled", CIS: "2.3.1", On: []string{dbInstance},
		Check: every(dbInstance, on("storageEncrypted")), Met: "Under a key of the database's own."},
	{ID: "RDS.4", Title: "RDS cluster snapshots and database snapshots should be encrypted at rest", On: []string{dbCluster},
		Check: every(dbCluster, on("storageEncrypted")), Met: "Snapshots take the cluster's encryption."},
	{ID: "RDS.5", Title: "RDS DB instances should be configured with multiple Availability Zones", On: []string{dbInstance},
		Check: spread, Met: "Writer and reader are in different zones."},
	{ID: "RDS.6", Title: "Enhanced monitoring should be configured for RDS DB instances", On: []string{dbInstance},
		Check: every(dbInstance, func(r cloud.Resource) bool {
			return r.Int("monitoringInterval") > 0 && r.Str("monitoringRoleArn") != ""
		}), Met: "Each minute."},
	{ID: "RDS.7", Title: "RDS clusters should have deletion protection enabled", On: []string{dbCluster},
		Check: every(dbCluster, on("deletionProtection")), Met: "While the stack is protected, beside the engine's own protection."},
	{ID: "RDS.8", Title: "RDS DB instances should have deletion protection enabled", On: []string{dbInstance},
		Check: every(dbCluster, on("deletionProtection")), Met: "Aurora's instances hold no data; their cluster is protected (RDS.7)."},
	{ID: "RDS.9", Title: "RDS DB instances should publish logs to CloudWatch Logs", On: []string{dbInstance},
		Check: every(dbCluster, exports), Met: "Aurora publishes its instances' logs by the cluster (RDS.37)."},
	{ID: "RDS.10", Title: "IAM authentication should be configured for RDS instances", On: []string{dbInstance},
		Check: every(dbCluster, on("iamDatabaseAuthenticationEnabled")), Met: "Aurora has it by the cluster (RDS.12)."},
	{ID: "RDS.11", Title: "RDS instances should have automatic backups enabled", On: []string{dbInstance},
		Check: every(dbCluster, func(r cloud.Resource) bool { return r.Int("backupRetentionPeriod") >= 7 }), Met: "Aurora backs up by the cluster, for two weeks by default."},
	{ID: "RDS.12", Title: "IAM authentication should be configured for RDS clusters", On: []string{dbCluster},
		Check: every(dbCluster, on("iamDatabaseAuthenticationEnabled")), Met: "Switched on, for people; who may use it says IAM, and a role inside the database."},
	{ID: "RDS.13", Title: "RDS automatic minor version upgrades should be enabled", CIS: "2.3.2", On: []string{dbInstance},
		Check: every(dbInstance, on("autoMinorVersionUpgrade")), Except: "The version is pinned and upgraded by a reviewed change: an upgrade by AWS would be undone, or fought over, at the next run."},
	{ID: "RDS.15", Title: "RDS DB clusters should be configured for multiple Availability Zones", On: []string{dbCluster}, Check: spread, Met: "See RDS.5."},
	{ID: "RDS.16", Title: "Aurora DB clusters should be configured to copy tags to DB snapshots", On: []string{dbCluster},
		Check: every(dbCluster, on("copyTagsToSnapshot")), Met: "Switched on."},
	{ID: "RDS.17", Title: "RDS DB instances should be configured to copy tags to snapshots", On: []string{dbInstance},
		Check: every(dbInstance, on("copyTagsToSnapshot")), Met: "Switched on."},
	{ID: "RDS.21", Title: "An RDS event notifications subscription should be configured for critical database parameter group events", On: []string{dbParameters},
		Check: present(dbEvents), Except: "Parameter groups change by reviewed changes of this program alone; what happens to the database comes by EventBridge."},
	{ID: "RDS.22", Title: "An RDS event notifications subscription should be configured for critical database security group events", On: []string{dbCluster},
		Check: present(dbEvents), Except: "DB security groups are of EC2-Classic; the database has VPC security groups, which RDS sends no such events of."},
	{ID: "RDS.23", Title: "RDS instances should not use a database engine default port", On: []string{dbInstance},
		Check: every(dbInstance, func(r cloud.Resource) bool { return r.Int("port") != 5432 }), Except: "Who may connect is decided by membership in a security group; another number hides nothing from whoever is a member."},
	{ID: "RDS.24", Title: "RDS Database clusters should use a custom administrator username", On: []string{dbCluster},
		Check: every(dbCluster, func(r cloud.Resource) bool {
			return !slices.Contains([]string{"", "admin", "postgres"}, r.Str("masterUsername"))
		}), Met: "The user is called deepstream."},
	{ID: "RDS.25", Title: "RDS database instances should use a custom administrator username", On: []string{dbInstance},
		Check: every(dbCluster, func(r cloud.Resource) bool {
			return !slices.Contains([]string{"", "admin", "postgres"}, r.Str("masterUsername"))
		}), Met: "See RDS.24."},
	{ID: "RDS.27", Title: "RDS DB clusters should be encrypted at rest", On: []string{dbCluster},
		Check: every(dbCluster, func(r cloud.Resource) bool { return r.Bool("storageEncrypted") && r.Str("kmsKeyId") != "" }), Met: "Under a key of the database's own."},
	{ID: "RDS.35", Title: "RDS DB clusters should have automatic minor version upgrade enabled", On: []string{dbCluster},
		Check: every(dbInstance, on("autoMinorVersionUpgrade")), Except: "See RDS.13."},
	{ID: "RDS.37", Title: "Aurora PostgreSQL DB clusters should publish logs to CloudWatch Logs", On: []string{dbCluster},
		Check: every(dbCluster, exports), Met: "The log of PostgreSQL is exported."},
	{ID: "RDS.46", Title: "RDS DB instances should not be deployed in public subnets with routes to internet gateways", On: []string{dbInstance},
		Check: each(dbSubnets, func(s *Stack, r cloud.Resource) bool { return !slices.ContainsFunc(r.Strs("subnetIds[]"), s.public) }), Met: "They are in data subnets, whose route table has no route out."},
	{ID: "ElastiCache.1", Title: "ElastiCache (Redis OSS) clusters should have automatic backups enabled", On: []string{cache},
		Check: every(cache, func(r cloud.Resource) bool { return r.Int("snapshotRetentionLimit") >= 1 }), Met: "Daily, kept a week by default; a protected stack may not turn them off."},
	{ID: "ElastiCache.2", Title: "ElastiCache clusters should have automatic minor version upgrades enabled", On: []string{cache},
		Check: every(cache, func(r cloud.Resource) bool {
			return r.Bool("autoMinorVersionUpgrade") || r.Str("autoMinorVersionUpgrade") == "true"
		}),
		Except: "See RDS.13. An upgrade fails the bus over, and with it every server: it belongs into a change that somebody watches."},
	{ID: "ElastiCache.3", Title: "ElastiCache replication groups should have automatic failover enabled", On: []string{cache},
		Check: every(cache, on("automaticFailoverEnabled")), Met: "To a replica in another zone."},
	{ID: "ElastiCache.4", Title: "ElastiCache replication groups should be encrypted at rest", On: []string{cache},
		Check: every(cache, func(r cloud.Resource) bool { return r.Bool("atRestEncryptionEnabled") && r.Str("kmsKeyId") != "" }), Met: "Under a key of the bus's own."},
	{ID: "ElastiCache.5", Title: "ElastiCache replication groups should be encrypted in transit", On: []string{cache},
		Check: every(cache, func(r cloud.Resource) bool {
			return r.Bool("transitEncryptionEnabled") && r.Str("transitEncryptionMode") == "required"
		}), Met: "TLS is required."},
	{ID: "ElastiCache.6", Title: "ElastiCache (Redis OSS) replication groups of earlier versions should have Redis OSS AUTH enabled", On: []string{cache},
		Check: every(cache, func(r cloud.Resource) bool { return r.Str("authToken") != "" }), Met: "A password is required, of any version."},
	{ID: "ElastiCache.7", Title: "ElastiCache clusters should not use the default subnet group", On: []string{cache},
		Check: every(cache, func(r cloud.Resource) bool {
			return !slices.Contains([]string{"", "default"}, r.Str("subnetGroupName"))
		}), Met: "A subnet group of its own."},
	{ID: "Backup.1", Title: "AWS Backup recovery points should be encrypted at rest", On: []string{vault},
		Check: func(s *Stack) []string {
			return append(every(vault, func(r cloud.Resource) bool { return r.Str("kmsKeyArn") != "" })(s), every(dbCluster, on("storageEncrypted"))(s)...)
		},
		Met: "Recovery points take the database's encryption, copies their vault's key."},
	{ID: "RDS.26", Title: "RDS DB instances should be protected by a backup plan", Extra: true, On: []string{dbCluster},
		Check: present(selection), Met: "The cluster is selected by its tag for a daily plan, with copies in another region."},
	{ID: "SecretsManager.1", Title: "Secrets Manager secrets should have automatic rotation enabled", On: []string{secret},
		Check: present("aws:secretsmanager/secretRotation:SecretRotation"), Except: "Secrets Manager would rotate by a function that knows neither tasks nor state. `hub rotate` does it in steps: it replaces the tasks where they need the new password at once, waits until the region works, and then ends the old one."},
	{ID: "SecretsManager.3", Title: "Remove unused Secrets Manager secrets", On: []string{secret},
		Check: each(secret, func(s *Stack, r cloud.Resource) bool {
			return slices.ContainsFunc(s.All(taskDefinition), func(d cloud.Resource) bool { return strings.Contains(d.Str("containerDefinitions"), r.Str("arn")) })
		}), Met: "Each is read by a task whenever one starts, and goes with its tier."},
	{ID: "SecretsManager.4", Title: "Secrets Manager secrets should be rotated within a specified number of days", On: []string{secret},
		Check: present("aws:secretsmanager/secretRotation:SecretRotation"), Except: "See SecretsManager.1."},
	{ID: "SecretsManager.2", Title: "Secrets Manager secrets configured with automatic rotation should rotate successfully", On: []string{"aws:secretsmanager/secretRotation:SecretRotation"}, Met: "-"},
	{ID: "RDS.1", Title: "RDS snapshot should be private", On: []string{dbSnapshot}, Met: "-"},
	{ID: "RDS.14", Title: "Amazon Aurora clusters should have backtracking enabled", On: []string{"aws:rds/cluster:Cluster(aurora-mysql)"}, Met: "-"},
	{ID: "RDS.19", Title: "Existing RDS event notification subscriptions should be configured for critical cluster events", On: []string{dbEvents}, Met: "-"},
	{ID: "RDS.20", Title: "Existing RDS event notification subscriptions should be configured for critical database instance events", On: []string{dbEvents}, Met: "-"},
	{ID: "RDS.34", Title: "Aurora MySQL DB clusters should publish audit logs to CloudWatch Logs", On: []string{"aws:rds/cluster:Cluster(aurora-mysql)"}, Met: "-"},
	{ID: "RDS.36", Title: "RDS for PostgreSQL DB instances should publish logs to CloudWatch Logs", On: []string{plainDB}, Met: "-"},
	{ID: "RDS.40", Title: "RDS for SQL Server DB instances should publish logs to CloudWatch Logs", On: []string{plainDB}, Met: "-"},
	{ID: "RDS.41", Title: "RDS for SQL Server DB instances should be encrypted in transit", On: []string{plainDB}, Met: "-"},
	{ID: "RDS.42", Title: "RDS for MariaDB DB instances should publish logs to CloudWatch Logs", On: []string{plainDB}, Met: "-"},
	{ID: "RDS.43", Title: "RDS DB proxies should require TLS encryption for connections", On: []string{dbProxy}, Met: "-"},
	{ID: "RDS.44", Title: "RDS for MariaDB DB instances should be encrypted in transit", On: []string{plainDB}, Met: "-"},
	{ID: "RDS.45", Title: "Aurora MySQL DB clusters should have audit logging enabled", On: []string{"aws:rds/cluster:Cluster(aurora-mysql)"}, Met: "-"},
	{ID: "RDS.47", Title: "RDS for PostgreSQL DB clusters should be configured to copy tags to DB snapshots", On: []string{"aws:rds/cluster:Cluster(postgres)"}, Met: "-"},
	{ID: "RDS.48", Title: "RDS for MySQL DB clusters should be configured to copy tags to DB snapshots", On: []string{"aws:rds/cluster:Cluster(mysql)"}, Met: "-"},
}

// exports tests that a cluster hands PostgreSQL's log to CloudWatch.
func exports(r cloud.Resource) bool {
	return slices.Contains(r.Strs("enabledCloudwatchLogsExports[]"), "postgresql")
}

// spread is the check that each cluster has instances in two zones.
var spread = each(dbCluster, func(s *Stack, c cloud.Resource) bool {
	zones := map[string]bool{}
	for _, i := range s.With(dbInstance, "clusterIdentifier", c.ID) {
		zones[i.Str("availabilityZone")] = true
	}
	return len(zones) > 1
})

// present is the check that there is a resource of a type.
func present(typ string) func(*Stack) []string {
	return func(s *Stack) []string {
		if len(s.All(typ)) > 0 {
			return nil
		}
		return []string{"there is no " + typ}
	}
}
