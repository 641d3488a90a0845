package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/state"
)

func (a App) offlineAWS() *cobra.Command {
	var f flags
	var port int
	c := &cobra.Command{
		Use:   "offline-aws",
		Short: "Serve the offline AWS to a stock pulumi until interrupted",
		Long: `offline-aws serves the same offline AWS that --offline uses, until it is interrupted. It
prints, as shell lines on stdout, the environment with which the stock pulumi uses it, and
for a stack that does not exist yet the command that makes it:

  mkdir -p .hub && hub offline-aws > .hub/env &
  . .hub/env && pulumi up -s prod-eu`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.offline = true
			s, err := a.parse(c, f, nil)
			if err != nil {
				return err
			}
			return s.serveAWS(c.Context(), port)
		},
	}
	c.Flags().IntVar(&port, "port", 0, "loopback port (default: a free one)")
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	f.aws.add(c)
	return c
}

// serveAWS serves until ctx ends, which is how it is meant to end and no error.
func (s *session) serveAWS(ctx context.Context, port int) (err error) {
	dirs := s.dirs()
	opts := s.behaves
	opts.Dir, opts.Account, opts.Port, opts.Log = dirs.cloud, s.accountAtFirst(), port, wrapping{s.App}
	served, err := s.deps.startCloud(opts)
	if err != nil {
		return notStarted(err)
	}
	s.cloud = served
	key, err := deploy.ServeHubKey()
	if err != nil {
		return errors.Join(err, s.closeAWS())
	}
	defer func() { err = errors.Join(err, key.Close()) }()
	env, where, err := s.stockEnvironment()
	if err != nil {
		return errors.Join(err, s.closeAWS())
	}
	env = append(key.Environment(), env...)
	lines := append([]string{"# cloud: " + dirs.cloud, "# state: " + where}, s.beforeStock(ctx)...)
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		lines = append(lines, "export "+name+"="+quote(value))
	}
	if _, err := fmt.Fprintln(s.Out, strings.Join(lines, "\n")); err != nil {
		return errors.Join(fmt.Errorf("write environment: %w", err), s.closeAWS())
	}
	s.say("Serving the offline AWS on port %d. Press Ctrl-C to end.", served.Port())
	<-ctx.Done()
	if err := s.closeAWS(); err != nil {
		return fmt.Errorf("close offline AWS: %w", err)
	}
	return nil
}

// stockEnvironment is what a stock pulumi needs in addition to the caller's own environment to use the session's offline
// account, instead of any account or state that the environment leads to; and where the state is. In an account that was
// bootstrapped state and key are those that the project's files name. The declared one has neither.
func (s *session) stockEnvironment() (env []string, where string, err error) {
	dirs := s.dirs()
	if !s.blank {
		if err := dirs.makeState(); err != nil {
			return nil, "", fmt.Errorf("make offline state folder: %w", err)
		}
		return dirs.stock(dirs.backend(), s.cloud.Port(), s.cloud.Environment()...), dirs.state, nil
	}
	t := deploy.Target{Root: s.root}
	if err := s.share(&t); err != nil {
		return nil, "", err
	}
	return dirs.stock(t.Backend, s.cloud.Port(), s.cloud.Environment()...), t.Backend, nil
}

// beforeStock says, as comments of a shell, what a stock pulumi needs before it works on each stack that has a file: the stack
// itself, and the key of its secrets in its file, so that the engine writes nothing into that.
func (s *session) beforeStock(ctx context.Context) (lines []string) {
	for _, stack := range config.Stacks(s.root) {
		found, err := s.checkpoint(ctx, stack)
		var where deploy.Target
		var file []byte
		var named state.Keys
		if err == nil {
			where, err = s.stateTarget(stack)
		}
		if err == nil {
			file, err = s.readStackFile(stack)
		}
		if err == nil {
			named, err = config.KeysOf(file)
		}
		switch {
		case err != nil:
			lines = append(lines, fmt.Sprintf("# %s: %s", stack, strings.ReplaceAll(err.Error(), "\n", " ")))
		case found == nil:
			line := "pulumi stack init " + stack
			if where.Secrets != "" {
				line += " --secrets-provider " + quote(where.Secrets)
			}
			lines = append(lines, "# "+stack+" does not exist yet. This makes it, and writes its key into its file:", "#   "+line)
		case found.Keys != (state.Keys{}) && found.Keys != named:
			lines = append(lines, "# "+stack+": its file names another key than its state. This writes the state's into it:", "#   hub state key "+stack+" --offline")
		}
	}
	return lines
}

// quote makes a value one word of a POSIX shell.
func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
