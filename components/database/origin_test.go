package database

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseOrigin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]origin{
		"":                             {},
		"prod-eu-final-1234abcd":       {snapshot: "prod-eu-final-1234abcd"},
		"prod-eu@latest":               {cluster: "prod-eu", time: "latest"},
		"prod-eu@2026-01-31T12:00:00Z": {cluster: "prod-eu", time: "2026-01-31T12:00:00Z"},
	} {
		got, err := parseOrigin(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{
		"prod--eu", "prod-eu-", "1prod", "arn:aws:rds:eu-central-1:111122223333:cluster:prod-eu", "prod-eu@", "prod-eu@now",
		"prod-eu@2026-01-31T12:00:00+01:00", "@latest", "Prod@latest", "a@b@latest",
	} {
		_, err := parseOrigin(text)
		require.Error(t, err, text)
	}
}
