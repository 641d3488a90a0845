package naming_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/naming"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, good := range []naming.Organisation{"deepstreamhub", "abc", "a-1-b", naming.Organisation(strings.Repeat("x", naming.MaxLength))} {
		require.NoError(t, good.Check(), good)
	}
	for bad, says := range map[naming.Organisation][]string{
		"":               {"lower-case letters", "must have 3 to 24 characters, not 0"},
		"ab":             {"must have 3 to 24 characters, not 2"},
		"Acme_":          {"lower-case letters"},
		"-acme":          {"a letter first"},
		"acme--x":        {"single hyphens"},
		"acme-":          {"no hyphen last"},
		"aws-fans":       {"must not begin with aws"},
		"ssmith":         {"must not begin with ssm"},
		"pulumi":         {"the engine's own keys"},
		"acme-bootstrap": {"must not end in -bootstrap"},
		"1" + naming.Organisation(strings.Repeat("x", naming.MaxLength)): {"a letter first", "not 25"},
	} {
		err := bad.Check()
		for _, text := range says {
			require.ErrorContains(t, err, text, string(bad))
		}
	}
}

// The longest name still makes names that AWS takes: buckets of 63 characters, roles of 64.
func TestLongestNamesFit(t *testing.T) {
	t.Parallel()
	o := naming.Organisation(strings.Repeat("x", naming.MaxLength))
	require.LessOrEqual(t, len(o.ReplicaBucket("111122223333")), 63)
	require.LessOrEqual(t, len(o.DeployRole(strings.Repeat("s", 32))), 64)
	require.LessOrEqual(t, len(o.BoundaryName()), 128)
	require.Equal(t, o, naming.Of(o.Project()))
	require.Equal(t, o, naming.Of(o.Bootstrap()))
}
