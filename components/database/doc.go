// Package database is the region's PostgreSQL storage: an Aurora cluster with a writer and one reader or more.
//
// It creates a KMS key (alias/<project>/<stack>/database) under which storage, snapshots, Performance Insights and the
// password are encrypted; a secret with one version that holds user and password; a subnet group, a cluster parameter
// group that refuses connections without TLS, a parameter group for the instances, the cluster, and two instances or more,
// which take the zones in turn; the role that Enhanced Monitoring reports with; the encrypted log
// group of PostgreSQL's log (/aws/rds/cluster/<identifier>/postgresql); and two security groups, the cluster's own and one for
// clients: whoever carries Database.ClientSecurityGroupID may connect, nobody else.
//
// With Args.RestoreFrom a new cluster takes its data from a snapshot, or from another cluster's backups at a time, and its
// password from the new secret all the same.
//
// It needs subnets in at least two zones of one VPC, in the order of their zone names, and permission to ask Secrets
// Manager for a random password.
//
// It refuses, before anything is registered: a name that its identifiers cannot have, an engine version that does not
// pin major and minor, an instance class that is not of the db.* family, a backup retention outside 1 to 35 days, a
// stack name that does not fit AWS's rules for aliases and snapshots, an origin of data that is neither a snapshot nor
// a cluster at a time, an interval that Enhanced Monitoring does not have, more readers than a cluster takes,
// parameters that it sets itself, that take effect at a restart or that do not exist, and windows of backup and
// maintenance that are too short or overlap.
//
// With Args.Rotation it changes the password, in two runs: the first writes another version of the secret and gives it to the
// cluster, whose open connections go on, and the second notes that all is well. A client whose new connection is refused has to
// read the secret again.
//
// It does not create the schema (the deepstream connector does), or users other than the master user.
//
// Deleting it with Args.FinalSnapshot leaves behind the final snapshot and the key, which that snapshot and every recovery
// point of the cluster are encrypted under; without, the key for its 30 days of grace. The secret stays for 7.
package database
