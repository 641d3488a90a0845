package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
)

func (a App) pin() *cobra.Command {
	var f flags
	var p config.Pin
	c := &cobra.Command{
		Use:   "pin STACK... [--image IMAGE] [--ami AMI]",
		Short: "Write other images into stack files",
		Long: `pin writes the deepstream image, by digest, or the hosts' machine image into stack files,
and changes nothing else in them. An image in ECR is pinned to its copy in each stack's own
region; a machine image is another one in each region, so it goes into one stack at a time.`,
		Args: someStacks,
		RunE: func(c *cobra.Command, stacks []string) error {
			err := p.Check()
			if p.AMI != "" && len(stacks) > 1 {
				err = errors.Join(err, errors.New("--ami: a machine image is of one region, so name one stack"))
			}
			if err != nil {
				return usageError{err, c.CommandPath()}
			}
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.pin(p)
		},
	}
	c.Flags().StringVar(&f.dir, "dir", "", "project folder (default: the nearest one upwards that has a Pulumi.yaml)")
	c.Flags().StringVar(&p.Image, "image", "", "container image of deepstream, registry/repository@sha256:...")
	c.Flags().StringVar(&p.AMI, "ami", "", "machine image of the hosts")
	return c
}

// pin writes all files or none.
func (s *session) pin(p config.Pin) error {
	paths, texts := make([]string, len(s.stacks)), make([][]byte, len(s.stacks))
	for i, stack := range s.stacks {
		paths[i] = filepath.Join(s.root, "Pulumi."+stack+".yaml")
		before, err := os.ReadFile(paths[i])
		if err == nil {
			texts[i], err = config.Pinned(before, p)
		}
		if err != nil {
			return fmt.Errorf("pin images of %s: %w", stack, err)
		}
	}
	for i, path := range paths {
		if err := os.WriteFile(path, texts[i], 0o644); err != nil {
			return fmt.Errorf("pin images of %s: %w", s.stacks[i], err)
		}
		s.say("Wrote %s.", filepath.Base(path))
	}
	return nil
}
