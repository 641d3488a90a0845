// Package backup keeps copies of a region's database where neither a mistake in the database nor the loss of the region
// reaches them, by AWS Backup.
//
// It creates a vault with a KMS key of its own (alias/<project>/<stack>/backup); a plan that takes a recovery point
// once a day and keeps it for Args.RetentionDays; the role that AWS Backup acts with, which it can take for this account
// only; and a selection of the database clusters that carry a tag. With Args.CopyProvider there is a second vault with a
// key of its own in Args.CopyRegion, and the plan copies every recovery point there, where it is encrypted under that
// vault's key. With Args.Keep both vaults refuse to have recovery points deleted, and with Args.Lock not even the
// account's owner can delete them early.
//
// It needs a provider for Args.Region through the component's options, a second one in Args.CopyProvider, both for the
// same account, and Aurora opted in to AWS Backup in the region's settings of the account; AWS does that with the
// account's first vault in a region. With Args.Keep it needs the service-linked role of AWS Backup as well.
//
// It refuses, before anything is registered: a schedule that is not once a day, retentions outside AWS's limits or the
// lock's window, copies without a provider, a region or a retention of their own or into the same region, a lock on what
// is to be deleted with the stack, and a component name too long for the names generated from it.
//
// It does not back up the hosts and the bus, which hold nothing of value, nor take over the database's own backups:
// continuous backups of AWS Backup would set the cluster's retention and window, which belong to the database, and reach
// back no further. It does not restore: a recovery point is an RDS cluster snapshot like any other.
//
// Deleting it with Args.Keep leaves the vaults, their keys, policies and locks, and every recovery point until its time is
// up; the role is gone, so AWS Backup expires them under its service-linked role. The keys' aliases go, so that the next
// stack of the name can take them. Without Args.Keep all of it is deleted.
//
// A copy is worth as much as its vault's key. A recovery point in the region itself is a snapshot under the database's
// key, whatever the vault's: it is lost with that one.
package backup
