package deploy

import (
	"context"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/engine"
)

// rereading is the engine's command line, run again where it found a file of the state half written. The engine's library
// writes what it keeps beside a file in place, so that one engine that reads may find it empty while another one writes.
type rereading struct {
	*engine.Command
	d *Driver
}

// How often a command is run again for it, and after how long. Waits differ, so that two engines do not meet again and
// again.
const (
	rereads    = 20
	rereadWait = 200 * time.Millisecond
)

// Run runs the command, and again where it ended before it had begun for what it read.
func (r rereading) Run(ctx context.Context, workdir string, stdin io.Reader, stdout, stderr []io.Writer, env []string, args ...string,
) (string, string, int, error) {
	for try := 0; ; try++ {
		out, errOut, code, err := r.Command.Run(ctx, workdir, stdin, stdout, stderr, env, args...)
		if code == 0 || ctx.Err() != nil || try == rereads || stdin != nil {
			return out, errOut, code, err
		}
		switch {
		case halfWritten(errOut):
			if healErr := r.d.heal(); healErr != nil {
				return out, errOut, code, err
			}
			time.Sleep(rereadWait/2 + rand.N(rereadWait))
		case !r.forget(errOut):
			return out, errOut, code, err
		}
	}
}

// halfWritten reports whether the engine says that a file of the state ended before it should (pkg/backend/diy: "failed to
// load checkpoint", "read meta.yaml", "checking for locks"). It has done nothing then.
func halfWritten(stderr string) bool {
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		about := strings.Contains(line, "load checkpoint") || strings.Contains(line, ".pulumi/") || strings.Contains(line, "stack tags")
		if about && (strings.HasSuffix(line, ": EOF") || strings.HasSuffix(line, "unexpected EOF") || strings.HasSuffix(line, "unexpected end of JSON input")) {
			return true
		}
	}
	return false
}

// settings is how the engine says that it cannot read which stack was chosen last in a folder (sdk/go/common/workspace). It
// keeps that in its home, and is told the stack with every command.
var settings = regexp.MustCompile(`unable to read workspace settings: (?:could not parse file|read) (.*-workspace\.json): `)

// forget removes such a file if that is what the engine says, and reports whether it did.
func (r rereading) forget(stderr string) bool {
	found := settings.FindStringSubmatch(stderr)
	if found == nil || filepath.Base(filepath.Dir(found[1])) != "workspaces" || os.Remove(found[1]) != nil {
		return false
	}
	r.d.note("removed %s, which could not be read: it only tells which stack was chosen last.", found[1])
	return true
}
