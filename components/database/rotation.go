package database

import "github.com/deepstreamhub/platform/components/internal/part"

// Rotation is what a run does to the password that is there: with its zero value nothing.
type Rotation = part.Rotation

// The two runs of a rotation.
const (
	Begin  = part.Begin
	Finish = part.Finish
)
