package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	files := map[string][]byte{}
	var problems []error
	for _, stack := range s.stacks {
		before, err := s.readStackFile(stack)
		if err == nil {
			files[s.stackFile(stack)], err = config.Pinned(s.organisation.Project(), before, p)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("pin images of %s: %w", stack, err))
		}
	}
	if len(problems) > 0 {
		return configError{errors.Join(problems...)}
	}
	return s.writeAll(files, func() error { return nil })
}

func (s *session) stackFile(stack string) string {
	return filepath.Join(s.root, "Pulumi."+stack+".yaml")
}

// readStackFile reads a stack's file; without one the error lists the stacks that have one.
func (s *session) readStackFile(stack string) ([]byte, error) {
	text, err := os.ReadFile(s.stackFile(stack))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s; stacks with a file here: %s", filepath.Base(s.stackFile(stack)), strings.Join(config.Stacks(s.root), ", "))
	}
	return text, err
}
