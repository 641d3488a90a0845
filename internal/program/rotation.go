package program

import (
	"slices"

	"github.com/deepstreamhub/platform/components/bus"
	"github.com/deepstreamhub/platform/internal/plan"
)

// The tiers that have a password.
const (
	BusTier      = "bus"
	DatabaseTier = "database"
)

// Rotation is a step of changing the password of one tier, for one run. The zero value is none: passwords stay, and so does
// what earlier rotations have come to, which the state knows.
type Rotation struct {
	Tier string       // BusTier or DatabaseTier
	Step bus.Rotation // the same type for both
}

// The steps of a rotation.
const (
	BeginRotation  = bus.Begin  // a new password is made, and what uses it learns of it
	FinishRotation = bus.Finish // the one before is valid no more
)

// of is what the run does to a tier's password.
func (r Rotation) of(tier string) (step bus.Rotation) {
	if r.Tier == tier {
		step = r.Step
	}
	return step
}

// Rotates says of a tier's password, by a stack's checkpoint, whether there is one, and whether a rotation of it has begun
// and is not over.
func Rotates(state plan.State, tier string) (there, underWay bool) {
	for _, r := range state.Resources {
		if r.Type != "aws:secretsmanager/secretVersion:SecretVersion" || r.Name != secretVersion(tier) || r.Delete {
			continue
		}
		stages, _ := r.Inputs["versionStages"].([]any)
		return true, slices.Contains(stages, any(bus.StageRotating))
	}
	return false, false
}

// UnderWay are the tiers of which a rotation of the password has begun and is not over, by the staging labels of the versions of
// secrets in a checkpoint.
func UnderWay(stagingLabels map[string][]string) []string {
	return slices.DeleteFunc([]string{BusTier, DatabaseTier}, func(tier string) bool {
		return !slices.Contains(stagingLabels[secretVersion(tier)], bus.StageRotating)
	})
}

// secretVersion is the logical name of what holds a tier's password.
func secretVersion(tier string) string { return tier + "-secret-version" }
