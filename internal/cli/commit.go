package cli

import (
	"cmp"
	"context"
	"os"
	"os/exec"
	"os/user"
	"strings"

	"github.com/deepstreamhub/platform/internal/awsenv"
	"github.com/deepstreamhub/platform/internal/state"
)

// deployment is what the engine keeps with what this command deploys: who deployed which configuration.
func (s *session) deployment(ctx context.Context) state.Note {
	n := state.Note{Command: s.verb, By: awsenv.Get(s.Environ, "GITHUB_ACTOR"), Run: runAddress(s.Environ)}
	if n.By == "" {
		name := awsenv.Get(s.Environ, "USER")
		if who, err := user.Current(); err == nil {
			name = cmp.Or(name, who.Username)
		}
		host, _ := os.Hostname() // nobody's host is told as nothing
		n.By = name + "@" + host
	}
	n.Commit, n.Changed = s.deps.commit(ctx, s.root, s.Environ)
	return n
}

// commitOf is the commit that a folder is of, and whether the folder holds more than that. Outside of a clone, and without
// git, there is none.
func commitOf(ctx context.Context, root string, environ []string) (hash string, changed bool) {
	git := func(args ...string) (string, error) {
		c := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...)
		c.Env = append(environ[:len(environ):len(environ)], "GIT_OPTIONAL_LOCKS=0") // looking writes nothing
		out, err := c.Output()
		return strings.TrimSpace(string(out)), err
	}
	hash, err := git("rev-parse", "--verify", "HEAD")
	if err != nil {
		return "", false
	}
	held, err := git("status", "--porcelain", "--", ".")
	return hash, err != nil || held != ""
}
