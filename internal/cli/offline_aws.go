package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

func (a App) offlineAWS() *cobra.Command {
	var f flags
	var port int
	c := &cobra.Command{
		Use:   "offline-aws",
		Short: "Serve the offline AWS to a stock pulumi until interrupted",
		Long: `offline-aws serves the same offline AWS that --offline uses, until it is interrupted. It
prints, as shell lines on stdout, the environment with which the stock pulumi uses it:

  hub offline-aws > .hub/env &
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
func (s *session) serveAWS(ctx context.Context, port int) error {
	dirs := offlineDirs(s.root)
	opts := s.behaves
	opts.Dir, opts.Port, opts.Log = dirs.cloud, port, s.Err
	served, err := s.deps.startCloud(opts)
	if err != nil {
		return fmt.Errorf("start offline AWS: %w", err)
	}
	lines := []string{"# cloud: " + dirs.cloud, "# state: " + dirs.state}
	for _, kv := range dirs.stockEnvironment(served.Port()) {
		name, value, _ := strings.Cut(kv, "=")
		lines = append(lines, "export "+name+"="+quote(value))
	}
	if err := dirs.makeState(); err != nil {
		return errors.Join(fmt.Errorf("make offline state folder: %w", err), served.Close())
	}
	if _, err := fmt.Fprintln(s.Out, strings.Join(lines, "\n")); err != nil {
		return errors.Join(fmt.Errorf("write environment: %w", err), served.Close())
	}
	s.say("Serving the offline AWS on port %d. Press Ctrl-C to end.", served.Port())
	<-ctx.Done()
	if err := served.Close(); err != nil {
		return fmt.Errorf("close offline AWS: %w", err)
	}
	return nil
}

// quote makes a value one word of a POSIX shell.
func quote(value string) string { return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'" }
