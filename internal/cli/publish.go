package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/internal/github"
	"github.com/deepstreamhub/platform/internal/prcomment"
)

func (a App) publish() *cobra.Command {
	c := &cobra.Command{
		Use:   "publish",
		Short: "Write what hub found into a pull request or an issue",
		Long: `publish writes texts that hub preview --markdown and hub drift --markdown made to GitHub.
What an earlier run wrote is written anew. It takes GITHUB_REPOSITORY, GITHUB_TOKEN and
GITHUB_API_URL from the environment, as GitHub's jobs have them.`,
	}
	var title string
	issue := &cobra.Command{
		Use:   "issue FILE --title TITLE",
		Short: "Open or update one issue; close it when there is nothing left to tell",
		Args:  oneArgument,
		RunE: func(c *cobra.Command, files []string) error {
			if title == "" {
				return usageError{errors.New("say the issue's --title"), c.CommandPath()}
			}
			return a.publishIssue(c.Context(), files[0], title)
		},
	}
	issue.Flags().StringVar(&title, "title", "", "of the issue")
	c.AddCommand(issue, &cobra.Command{
		Use:   "comment NUMBER FILE...",
		Short: "Write one comment on a pull request for each file",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return errors.New("name the pull request's number and at least one file")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			number, err := strconv.Atoi(args[0])
			if err != nil || number < 1 {
				return usageError{fmt.Errorf("pull request %s: must be a number", args[0]), c.CommandPath()}
			}
			return a.publishComments(c.Context(), number, args[1:])
		},
	})
	return named(c)
}

// publishComments writes all comments that it can: the one that fails must not hide the others.
func (a App) publishComments(ctx context.Context, number int, files []string) error {
	client, err := a.github()
	if err != nil {
		return err
	}
	var problems []error
	for _, file := range files {
		text, err := a.read(file)
		if err == nil {
			err = client.Comment(ctx, number, text)
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (a App) publishIssue(ctx context.Context, file, title string) error {
	client, err := a.github()
	if err != nil {
		return err
	}
	text, err := a.read(file)
	if err != nil {
		return err
	}
	return client.Issue(ctx, title, text, prcomment.Settled(text))
}

func (a App) read(file string) (string, error) {
	text, err := os.ReadFile(within(a.Dir, file))
	if err != nil {
		return "", fmt.Errorf("read text: %w", err)
	}
	return string(text), nil
}

// github makes a client of what the environment says.
func (a App) github() (github.Client, error) {
	c := github.Client{URL: "https://api.github.com", HTTP: &http.Client{Timeout: time.Minute}}
	for _, kv := range a.Environ {
		switch name, value, _ := strings.Cut(kv, "="); name {
		case "GITHUB_API_URL":
			c.URL = value
		case "GITHUB_REPOSITORY":
			c.Repository = value
		case "GITHUB_TOKEN":
			c.Token = value
		}
	}
	if c.Repository == "" || c.Token == "" {
		return c, refused("publish: GITHUB_REPOSITORY and GITHUB_TOKEN are not both set", "GitHub's jobs have the first; give the second as: GITHUB_TOKEN: ${{ github.token }}")
	}
	return c, nil
}
