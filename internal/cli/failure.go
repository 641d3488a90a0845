package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// failure is the only document that a command with --json writes when it was refused, or failed, before it had anything else to
// write.
type failure struct {
	Kind   string `json:"kind"` // always "error"
	OK     bool   `json:"ok"`   // always false
	Error  string `json:"error"`
	Advice string `json:"advice,omitempty"` // what can be done about it
	Code   int    `json:"code"`             // the exit code
}

func writeFailure(w io.Writer, err error) error {
	f := failure{Kind: "error", Error: err.Error()}
	var advised interface{ Advice() string }
	if errors.As(err, &advised) {
		f.Advice = advised.Advice()
	}
	_, f.Code = Report(err)
	if err := json.NewEncoder(w).Encode(f); err != nil {
		return fmt.Errorf("write error: %w", err)
	}
	return nil
}

// asksForJSON reports whether an argument is the flag. A command line that cannot be parsed may have it all the same.
func asksForJSON(arg string) bool { return arg == "--json" || arg == "--json=true" }

// counter counts what is written through it.
type counter struct {
	to    io.Writer
	bytes int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.bytes += n
	return n, err
}
