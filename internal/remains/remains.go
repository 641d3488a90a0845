// Package remains says what outlives the destroy of a stack, or of a part of one, and from what its data comes back. It
// goes by the checkpoints before and after, and asks nobody.
package remains

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Kind is why something is still there.
type Kind string

// The kinds, in the order in which they are told.
const (
	Snapshot  Kind = "final snapshot"  // AWS made it when the database went
	Retained  Kind = "left"            // the engine forgot it on purpose
	Recovery  Kind = "recovery points" // in a vault that was left, or still is in the state
	Pending   Kind = "pending"         // AWS deletes it itself, after some days
	Protected Kind = "kept"            // still in the state, since it is protected, with what it stands on
)

var kinds = []Kind{Snapshot, Recovery, Retained, Pending, Protected}

// Thing is one thing that is still there.
type Thing struct {
	Kind Kind   `json:"kind"`
	Type string `json:"type"`           // type token
	Name string `json:"name"`           // logical name in the state
	ID   string `json:"id"`             // by which AWS knows it
	Days int    `json:"days,omitempty"` // Pending: until AWS has deleted it
	Note string `json:"note,omitempty"` // what it is good for
}

// Remains is what is left of a stack.
type Remains struct {
	Stack  string  `json:"stack"`
	Things []Thing `json:"things"`
	// RestoreFrom is the value of database.restoreFrom that brings back the data as it was last: the final snapshot. Empty
	// where no database went, or it left none.
	RestoreFrom string `json:"restoreFrom,omitempty"`
}

const (
	typeCluster = "aws:rds/cluster:Cluster"
	typeVault   = "aws:backup/vault:Vault"
	typeKey     = "aws:kms/key:Key"
	typeSecret  = "aws:secretsmanager/secret:Secret"
)

// Of compares the checkpoints before and after a destroy.
func Of(before, after plan.State) Remains {
	r := Remains{Stack: before.Stack, Things: []Thing{}}
	still := map[string]bool{}
	for _, res := range after.Resources {
		still[res.URN] = true
		if res.Custom && res.Protect && !plan.IsComponent(res.Type) {
			r.add(Protected, res, 0, "protected in the state")
		}
	}
	for _, res := range before.Resources {
		if res.Custom && !still[res.URN] && !plan.IsComponent(res.Type) {
			r.gone(res)
		}
	}
	slices.SortStableFunc(r.Things, func(a, b Thing) int { return slices.Index(kinds, a.Kind) - slices.Index(kinds, b.Kind) })
	return r
}

// gone adds what is left of a resource that is no longer in the state.
func (r *Remains) gone(res plan.Resource) {
	days := func(input string) int { n, _ := res.Inputs[input].(float64); return int(n) }
	switch {
	case res.Retain:
		r.add(Retained, res, 0, notes[res.Type])
		if res.Type == typeVault {
			r.add(Recovery, res, 0, "listed by: "+list(res))
		}
	case res.Type == typeCluster:
		name, _ := res.Inputs["finalSnapshotIdentifier"].(string)
		if skips, _ := res.Inputs["skipFinalSnapshot"].(bool); skips || name == "" || res.Delete {
			return
		}
		r.RestoreFrom = name
		r.Things = append(r.Things, Thing{Kind: Snapshot, Type: res.Type, Name: res.Name, ID: name, Note: "all that " + res.ID + " held at the end"})
	case res.Type == typeKey && days("deletionWindowInDays") > 0:
		r.add(Pending, res, days("deletionWindowInDays"), "")
	case res.Type == typeSecret && days("recoveryWindowInDays") > 0:
		r.add(Pending, res, days("recoveryWindowInDays"), "")
	}
}

// notes say what retained things are good for.
var notes = map[string]string{
	typeKey:   "what is encrypted under it cannot be restored without it",
	typeVault: "nobody may delete from it what is not due",
}

func (r *Remains) add(kind Kind, res plan.Resource, days int, note string) {
	r.Things = append(r.Things, Thing{Kind: kind, Type: res.Type, Name: res.Name, ID: res.ID, Days: days, Note: note})
}

// list is the command that lists the recovery points of a vault.
func list(vault plan.Resource) string {
	arn, _ := vault.Outputs["arn"].(string)
	fields := strings.Split(arn, ":")
	if len(fields) < 4 {
		return "aws backup list-recovery-points-by-backup-vault --backup-vault-name " + vault.ID
	}
	return fmt.Sprintf("aws backup list-recovery-points-by-backup-vault --backup-vault-name %s --region %s", vault.ID, fields[3])
}

// String is a thing on one line.
func (t Thing) String() string {
	text := fmt.Sprintf("%s: %s %s (%s)", t.Kind, t.Name, t.ID, t.Type)
	if t.Kind == Snapshot || t.Kind == Recovery {
		text = fmt.Sprintf("%s: %s", t.Kind, t.ID)
	}
	if t.Kind == Pending {
		text += fmt.Sprintf(", deleted by AWS in %d days", t.Days)
	}
	if t.Note != "" {
		text += ", " + t.Note
	}
	return text
}

// Lines are the lines of a project's stack file by which the next up restores the data, given the groups that the file has
// already: what to put them below, and the lines as they stand there.
func (r Remains) Lines(project string, hasDatabase bool) (below string, lines []string) {
	restore := "    restoreFrom: " + r.RestoreFrom
	if hasDatabase {
		return project + ":database:", []string{restore}
	}
	return "config:", []string{"  " + project + ":database:", restore}
}
