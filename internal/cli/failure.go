package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/deepstreamhub/platform/internal/gate"
)

// failure is the only document that a command with --json writes when it was refused, or failed, before it had anything else to
// write; and what an operation writes of a stack on which it never began, in the place of a result.
type failure struct {
	Kind   string `json:"kind"`            // always "error"
	Stack  string `json:"stack,omitempty"` // which it is about, where others began
	OK     bool   `json:"ok"`              // always false
	Error  string `json:"error"`
	Advice string `json:"advice,omitempty"` // what can be done about it
	Code   int    `json:"code"`             // the exit code
}

func writeFailure(w io.Writer, stack string, err error) error {
	f := failure{Kind: "error", Stack: stack, Error: err.Error()}
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

// writeRefusal writes why an operation is refused, behind the results of what it would have changed; nothing where it failed.
func (s *session) writeRefusal(err error) error {
	if _, ok := errors.AsType[*gate.TooRisky](err); !ok {
		return nil
	}
	return writeFailure(s.Out, "", s.guided(err))
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
