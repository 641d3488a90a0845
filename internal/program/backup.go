package program

import (
	"github.com/deepstreamhub/platform/components/backup"
	"github.com/deepstreamhub/platform/internal/config"
)

// changeableForDays is how long a compliance lock can be taken away again: a week to notice that it was a mistake.
const changeableForDays = 7

// backupTier makes the backups of the database. They outlive the stack when the database's final snapshot does, which
// for a protected stack is always.
func (r *region) backupTier() error {
	c := r.cfg.Backup
	if !*c.Enabled {
		return nil
	}
	args := &backup.Args{
		Stack:         r.stack,
		Region:        r.cfg.Region,
		TagKey:        stackTag,
		TagValue:      r.tags[stackTag],
		Schedule:      c.Schedule,
		RetentionDays: c.RetentionDays,
		Keep:          *r.cfg.Database.FinalSnapshot,
		Lock:          lock(c),
	}
	if c.CopyTo != "" {
		second, err := r.in(c.CopyTo)
		if err != nil {
			return err
		}
		args.CopyProvider, args.CopyRegion, args.CopyRetentionDays = second, c.CopyTo, c.CopyRetentionDays
	}
	var err error
	r.backup, err = backup.New(r.ctx, "backup", args, r.tier("backup", r.protected())...)
	return err
}

// lock returns what the vaults are locked with, nil for nothing.
func lock(c config.Backup) *backup.Lock {
	switch c.Lock {
	case "governance":
		return &backup.Lock{MinRetentionDays: c.LockMinRetentionDays}
	case "compliance":
		return &backup.Lock{MinRetentionDays: c.LockMinRetentionDays, ChangeableForDays: changeableForDays}
	}
	return nil
}
