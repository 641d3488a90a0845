package database

import "github.com/deepstreamhub/platform/components/internal/blocks"

// Rotation is what a run does to the password that is there: with its zero value nothing.
type Rotation = blocks.Rotation

// The two runs of a rotation.
const (
	Begin  = blocks.Begin
	Finish = blocks.Finish
)
