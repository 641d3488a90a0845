package backup

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Limits of the arguments.
const (
	MaxRetentionDays      = 36500 // Lifecycle and PutBackupVaultLockConfiguration, AWS Backup API
	MinChangeableForDays  = 3     // PutBackupVaultLockConfiguration, AWS Backup API
	maxTagKey, maxTagText = 128, 256

	maxAutoName = 50 - blocks.AutoName // the longest logical name of a vault, plan or selection: AWS takes 50 characters
)

// longestSuffix is the longest of those of children whose generated names have that limit.
const longestSuffix = "-copy-vault"

// Args is what a Backup is made from.
type Args struct {
	Stack  string // part of the keys' aliases
	Region string // such as eu-central-1; the provider's region

	// Clusters that carry the tag are backed up, and nothing else that carries it.
	TagKey, TagValue string

	Schedule      string // when a recovery point is taken, once a day in UTC: cron(<minute> <hour> * * ? *)
	RetentionDays int    // how long it is kept, 1 to 36500

	CopyProvider      *aws.Provider // where copies go; nil: no copies. Its region is CopyRegion
	CopyRegion        string        // such as eu-west-1; not Region
	CopyRetentionDays int           // how long a copy is kept, 1 to 36500

	// Keep says whether vaults, keys and recovery points outlive the component. Without it they are deleted together.
	Keep bool
	Lock *Lock // optional, with Keep only

	NamePrefix string            // what names that people look for begin with, before Stack; empty: the project's name
	Tags       map[string]string // put on everything that takes tags; tags of a transformation in the options win
}

// Lock makes AWS refuse to delete recovery points before their time, whoever asks, and to take any whose retention is
// outside the window.
type Lock struct {
	MinRetentionDays int // 1 to 36500; 0: any
	MaxRetentionDays int // 1 to 36500, not below MinRetentionDays; 0: any

	// ChangeableForDays is how long the lock can still be taken away, 3 to 36500. After that nobody can, AWS included:
	// the vault stays until its last recovery point's time is up. 0: whoever has the right can at any time.
	ChangeableForDays int
}

var schedulePattern = regexp.MustCompile(`^cron\(([0-9]|[1-5][0-9]) ([0-9]|1[0-9]|2[0-3]) \* \* \? \*\)$`)

// Validate returns every problem with the arguments, and with the name of the component that takes them, at once.
func (a *Args) Validate(name string) error {
	if a == nil {
		return errors.New("no arguments")
	}
	problems := append(blocks.NameProblems(a.NamePrefix, a.Tags),
		blocks.PlainProblem("name", name, maxAutoName-len(longestSuffix)), // BackupVaultName, AWS Backup API
		blocks.DashedProblem("stack", a.Stack, blocks.MaxStack), blocks.RegionProblem("region", a.Region))
	refuse := func(bad bool, format string, values ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	refuse(a.TagKey == "" || len(a.TagKey) > maxTagKey || strings.HasPrefix(a.TagKey, "aws:"),
		"tag key %q: must have 1 to %d characters and not begin with aws:", a.TagKey, maxTagKey)
	refuse(a.TagValue == "" || len(a.TagValue) > maxTagText, "tag value %q: must have 1 to %d characters", a.TagValue, maxTagText)
	refuse(!schedulePattern.MatchString(a.Schedule),
		"schedule %q: must be once a day in UTC, cron(<minute> <hour> * * ? *), such as cron(0 5 * * ? *)", a.Schedule)
	refuse(!validDays(a.RetentionDays), "retention days %d: must be 1 to %d", a.RetentionDays, MaxRetentionDays)
	problems = append(problems, a.copyProblems()...)
	return errors.Join(append(problems, a.lockProblems()...)...)
}

func validDays(n int) bool { return n >= 1 && n <= MaxRetentionDays }

func (a *Args) copies() bool { return a.CopyProvider != nil }

func (a *Args) copyProblems() []error {
	var problems []error
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	if !a.copies() {
		if a.CopyRegion != "" {
			problem("copy region %q: without a provider for it", a.CopyRegion)
		}
		if a.CopyRetentionDays != 0 {
			problem("copy retention days %d: without a provider for copies", a.CopyRetentionDays)
		}
		return problems
	}
	problems = append(problems, blocks.RegionProblem("copy region", a.CopyRegion))
	if a.CopyRegion == a.Region {
		problem("copy region %q: is the region itself, whose loss the copies are for", a.CopyRegion)
	}
	if !validDays(a.CopyRetentionDays) {
		problem("copy retention days %d: must be 1 to %d", a.CopyRetentionDays, MaxRetentionDays)
	}
	return problems
}

// lockProblems refuses, above all, retentions outside the lock's window: AWS takes the plan and fails every job.
func (a *Args) lockProblems() []error {
	if a.Lock == nil {
		return nil
	}
	var problems []error
	refuse := func(bad bool, format string, values ...any) {
		if bad {
			problems = append(problems, fmt.Errorf("lock: "+format, values...))
		}
	}
	least, most, changeable := a.Lock.MinRetentionDays, a.Lock.MaxRetentionDays, a.Lock.ChangeableForDays
	refuse(!a.Keep, "what it locks is to be deleted with the stack; keep it, or leave the lock out")
	refuse(least != 0 && !validDays(least), "min retention days %d: must be 1 to %d, or 0 for any", least, MaxRetentionDays)
	refuse(most != 0 && !validDays(most), "max retention days %d: must be 1 to %d, or 0 for any", most, MaxRetentionDays)
	refuse(most != 0 && most < least, "max retention days %d: below the %d that it asks for at least", most, least)
	refuse(changeable != 0 && (changeable < MinChangeableForDays || changeable > MaxRetentionDays),
		"changeable for days %d: must be %d to %d, or 0 for always", changeable, MinChangeableForDays, MaxRetentionDays)
	outside := func(days int) bool { return days < least || most != 0 && days > most }
	refuse(outside(a.RetentionDays), "retention days %d: outside its window of %d to %d", a.RetentionDays, least, most)
	refuse(a.copies() && outside(a.CopyRetentionDays), "copy retention days %d: outside its window of %d to %d", a.CopyRetentionDays, least, most)
	return problems
}
