package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/config"
)

func (a App) newStack() *cobra.Command {
	var f flags
	var like string
	var lasts time.Duration
	c := &cobra.Command{
		Use:   "new STACK --like STACK --for DURATION",
		Short: "Write the stack file of a short-lived region",
		Long: `new writes Pulumi.<stack>.yaml for a region like another one that lives for a while:
nothing protected, nothing left behind, nobody woken by its alarms, a hostname of its own.
hub reap takes it down once its time is over.`,
		Args: oneArgument,
		RunE: func(c *cobra.Command, stacks []string) error {
			if like == "" || lasts <= 0 {
				return usageError{errors.New("say --like which stack and --for how long, such as --for 4h"), c.CommandPath()}
			}
			if err := config.CheckStacks(stacks[0], like); err != nil {
				return usageError{err, c.CommandPath()}
			}
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			return s.newStack(like, lasts)
		},
	}
	f.addRead(c)
	c.Flags().StringVar(&like, "like", "", "the stack whose file is taken as a model")
	c.Flags().DurationVar(&lasts, "for", 0, "how long it lives")
	return c
}

// removeStackFile removes the file of a short-lived stack, of which nothing is left. Others' files hold what somebody wrote.
func (s *session) removeStackFile(stack string) error {
	text, err := os.ReadFile(s.stackFile(stack))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err == nil && config.IsShortLived(s.organisation.Project(), text) {
		if err = os.Remove(s.stackFile(stack)); err == nil {
			s.say("Removed %s.", filepath.Base(s.stackFile(stack)))
		}
	}
	if err != nil {
		return fmt.Errorf("remove stack file: %w", err)
	}
	return nil
}

// made is what new writes as JSON.
type made struct {
	Stack   string    `json:"stack"`
	File    string    `json:"file"`    // its name, in the project's folder
	Expires time.Time `json:"expires"` // in UTC
}

// newStack writes the file and takes it back if the configuration in it cannot be used.
func (s *session) newStack(like string, lasts time.Duration) error {
	name := s.stacks[0]
	model, err := s.readStackFile(like)
	if err != nil {
		return configError{fmt.Errorf("read model: %w", err)}
	}
	text, err := config.ShortLived(s.organisation.Project(), model, name, s.Now().Add(lasts))
	if err != nil {
		return configError{fmt.Errorf("make %s like %s: %w", name, like, err)}
	}
	path := s.stackFile(name)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return refused(fmt.Sprintf("new %s: %s is there already", name, filepath.Base(path)),
			"Nothing was written. Bring that one up with: "+s.again("up")+"\nFor one of your own, give another name.")
	}
	if err != nil {
		return fmt.Errorf("write stack file: %w", err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		if _, err = s.deps.load(s.root, name, s.offline); err != nil {
			err = configError{err}
		}
	}
	if err != nil {
		return errors.Join(err, os.Remove(path))
	}
	if s.json {
		if err := json.NewEncoder(s.Out).Encode(made{name, filepath.Base(path), s.Now().Add(lasts).UTC().Truncate(time.Second)}); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
	}
	s.say("Wrote %s. Bring it up with: %s", filepath.Base(path), s.again("up"))
	return nil
}
