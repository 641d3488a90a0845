package database

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParameterFamily(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"13.20": "aurora-postgresql13", "16.6": "aurora-postgresql16", "17.4": "aurora-postgresql17",
		"16": "", "16.": "", "16.6.1": "", "9.6": "", "12.9": "", "": "", "16.x": "", " 16.6": "",
	} {
		got, err := ParameterFamily(version)
		require.Equal(t, want, got, version)
		require.Equal(t, want == "", err != nil, version)
	}
}

func TestFinalSnapshotIdentifier(t *testing.T) {
	t.Parallel()
	const key = "1234abcd-12ab-34cd-56ef-1234567890ab"
	id, err := FinalSnapshotIdentifier("prod-eu", key)
	require.NoError(t, err)
	require.Equal(t, "prod-eu-final-1234abcd", id)

	for _, bad := range [][2]string{
		{"prod-eu", ""}, {"prod-eu", "arn:aws:kms:eu-central-1:111122223333:key/" + key}, {"prod-eu", "1234ABCD" + key[8:]},
		{"prod--eu", key}, {"prod-eu-", key}, {"1prod", key}, {"prod_eu", key}, {"", key},
	} {
		_, err := FinalSnapshotIdentifier(bad[0], bad[1])
		require.Error(t, err, bad)
	}
}

// Whatever stack name Validate lets through, the snapshot's name follows RDS's rules.
func TestFinalSnapshotIdentifierFitsRDS(t *testing.T) {
	t.Parallel()
	rules := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,253}[A-Za-z0-9]$`)
	rapid.Check(t, func(t *rapid.T) {
		stack := rapid.StringMatching(`[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,9}`).Draw(t, "stack")
		key := rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`).Draw(t, "key")
		id, err := FinalSnapshotIdentifier(stack, key)
		require.NoError(t, err)
		require.Regexp(t, rules, id)
		require.False(t, strings.Contains(id, "--"), id)
	})
}

func TestParseCredentials(t *testing.T) {
	t.Parallel()
	c, err := ParseCredentials(`{"username":"u","password":"p"}`)
	require.NoError(t, err)
	require.Equal(t, Credentials{Username: "u", Password: "p"}, c)
	for _, bad := range []string{"", "hunter2", `{"username":"u"}`, `{"password":"hunter2"}`} {
		_, err := ParseCredentials(bad)
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "hunter2", "errors end up in logs")
	}
}
