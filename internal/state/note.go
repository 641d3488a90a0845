package state

import (
	"encoding/json"
	"strings"
)

// Note is what hub has the engine keep with a deployment, as its message: who deployed which configuration. A deployment by
// another program has none.
type Note struct {
	Command string `json:"command,omitempty"` // up, refresh or destroy
	By      string `json:"by,omitempty"`      // USER@HOST, or whom GitHub acted for
	Commit  string `json:"commit,omitempty"`  // of the project's folder; empty outside of a clone
	Changed bool   `json:"changed,omitempty"` // the folder held more than the commit
	Run     string `json:"run,omitempty"`     // address of the CI run
}

// String is the note as a deployment's message.
func (n Note) String() string {
	text, _ := json.Marshal(n) // strings and a truth always encode
	return string(text)
}

// ReadNote reads a deployment's message. One that hub did not write is no note.
func ReadNote(message string) Note {
	var n Note
	if !strings.HasPrefix(message, "{") || json.Unmarshal([]byte(message), &n) != nil {
		return Note{}
	}
	return n
}
