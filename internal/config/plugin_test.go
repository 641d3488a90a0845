package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
)

// A stack belongs to the account that bootstrap's settings name, unless it names accounts itself.
func TestAccountOfAStack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account string
		allowed []string // nil where the stack says nothing
		offline bool
		want    []string
		refused string
	}{
		"of the settings":          {account: "111122223333", want: []string{"111122223333"}},
		"of the file":              {account: "111122223333", allowed: []string{"444455556666"}, want: []string{"444455556666"}},
		"any":                      {account: "111122223333", allowed: []string{}, want: []string{}},
		"no settings":              {},
		"placeholder offline":      {account: "placeholder:111122223333", offline: true, want: []string{"111122223333"}},
		"placeholder":              {account: "placeholder:111122223333", refused: "aws:allowedAccountIds is not set: must be given as long as account.id"},
		"placeholder, but of file": {account: "placeholder:111122223333", allowed: []string{"444455556666"}, want: []string{"444455556666"}},
	} {
		a := config.AWS{AllowedAccountIDs: c.allowed}
		problems := a.Check(nil, c.account, c.offline)
		if c.refused != "" {
			require.ErrorContains(t, problems, c.refused, name)
			continue
		}
		require.Empty(t, problems, name)
		require.Equal(t, c.want, a.AllowedAccountIDs, name)
	}
}

func TestAccountReadsBootstrapsSettings(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	id, err := config.Account(dir)
	require.NoError(t, err, "a project without bootstrap")
	require.Empty(t, id)

	file := filepath.Join(dir, "bootstrap", "Pulumi.production.yaml")
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte("config:\n  deepstreamhub-bootstrap:account:\n    id: \"444455556666\"\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: deepstreamhub\n"), 0o600))
	id, err = config.Account(dir)
	require.NoError(t, err)
	require.Equal(t, "444455556666", id)

	require.NoError(t, os.WriteFile(file, []byte("config:\n  account: {id: \"444455556666\"}\n"), 0o600))
	id, err = config.Account(dir)
	require.NoError(t, err)
	require.Equal(t, "444455556666", id, "a key without namespace is the project's")
	for _, bad := range []string{"444455556666", "[a]"} {
		require.NoError(t, os.WriteFile(file, []byte("config:\n  account: {id: "+bad+"}\n"), 0o600))
		_, err = config.Account(dir)
		require.ErrorContains(t, err, "twelve digits in quotes", "what is no text must not let a stack in everywhere")
	}
	require.NoError(t, os.WriteFile(file, []byte("config:\n  account: {id: \"4444\"}\n"), 0o600))
	id, err = config.Account(dir)
	require.NoError(t, err, "bootstrap's own rules say what is wrong with it")
	require.Equal(t, "4444", id, "the account that stacks are kept to, though there is none")

	require.NoError(t, os.WriteFile(file, []byte("config:\n  deepstreamhub-bootstrap:account:\n    id: \"444455556666\"\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: acme\n"), 0o600))
	_, err = config.Account(dir)
	require.ErrorContains(t, err, "deepstreamhub-bootstrap:account: must be acme-bootstrap:account", "another organisation's account is none of this one's")

	require.NoError(t, os.WriteFile(file, []byte("config: [\n"), 0o600))
	_, err = config.Account(dir)
	require.ErrorContains(t, err, "Pulumi.production.yaml")
}

// How long a session lasts is read as the plugin reads it, and not by how it is written.
func TestLengthOfASession(t *testing.T) {
	t.Parallel()
	problems := func(duration string) config.Problems {
		a := config.AWS{AssumeRole: config.AssumeRole{RoleARN: "arn:aws:iam::111122223333:role/x", Duration: duration}}
		return a.Check(nil, "", false)
	}
	for _, taken := range []string{"15m", "60m", "90m", "900s", "3600s", "1h30m", "1h30m0s", "12h", "720m"} {
		require.Empty(t, problems(taken), taken)
	}
	for _, refused := range []string{"2m", "14m", "14m59s", "12h1m", "13h", "0", "-1h", "1d", "90", "an hour"} {
		require.ErrorContains(t, problems(refused), "aws:assumeRole.duration = ", refused)
		require.ErrorContains(t, problems(refused), "must be 15m to 12h, such as 1h30m", refused)
	}
}
