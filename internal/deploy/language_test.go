package deploy

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A driver that is opened and asked nothing is closed before its server has begun, now and then.
func TestProgramThatIsClosedAtOnce(t *testing.T) {
	t.Parallel()
	for range 300 {
		l, err := serveProgram(nil, nil)
		require.NoError(t, err)
		require.NoError(t, l.close())
	}
}
