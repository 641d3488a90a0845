// Package bus is what the region's servers share: a Valkey replication group, over which they talk and in which they
// cache records.
//
// It creates a KMS key (alias/<project>/<stack>/bus) for data at rest and the password; a secret with one version
// that holds the password; a subnet group, a parameter group and the replication group, one primary and its replicas
// spread over zones, with TLS and a password required; and two security groups, the bus's own and one for clients:
// whoever carries Bus.ClientSecurityGroupID may connect, nobody else.
//
// With Args.Rotation it changes the password, in two runs: after the first, which writes another version of the secret, both
// passwords are valid, and after the second only the new one. In between everybody has to come to the new one: another
// Bus.SecretVersion is another password.
//
// It needs subnets in at least two zones of one VPC, and permission to ask Secrets Manager for a random password.
//
// It refuses, before anything is registered: an engine version that is not major.minor of Valkey, a node type that is
// not of the cache.* family, fewer than one or more than five replicas, snapshots kept longer than 35 days, names that
// do not fit AWS's limits, parameters that it sets itself, that take effect in a new group only or that do not exist, and
// windows of snapshots and maintenance that are too short or overlap.
//
// It does not shard: deepstream publishes everything on a dozen channels, which sharding cannot spread. It leaves no
// final snapshot, because everything in it is either a message in flight or a copy of what the database holds.
package bus
