package bus

import "github.com/deepstreamhub/platform/components/internal/blocks"

// Rotation is what a run does to the password that is there: with its zero value nothing.
type Rotation = blocks.Rotation

// The two runs of a rotation, and the labels by which the secret's version says what rotations have come to.
const (
	Begin  = blocks.Begin
	Finish = blocks.Finish

	StageRotating = blocks.StageRotating
)

// strategy is how ElastiCache takes an AUTH token. With ROTATE it takes a further one and both are valid, so that servers that
// run can reconnect with the one before; with SET, which it allows after ROTATE alone, the one before is valid no more
// (ElastiCache API Reference, ModifyReplicationGroup: AuthTokenUpdateStrategy). A change of token is always a ROTATE.
func strategy(rotated bool) string {
	if rotated {
		return "SET"
	}
	return "ROTATE"
}
