package services

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/recovery"
)

// What is recovered by creating it again has to be of a kind that takes over what is there.
func TestWhatIsCreatedAgainTakesOver(t *testing.T) {
	t.Parallel()
	for _, typ := range recovery.Types() {
		if row, _ := recovery.Of(typ); row.By != recovery.Again {
			continue
		}
		k, known := cloud.Lookup(typ)
		require.True(t, known, typ)
		// A network ACL's association gets another id each time, and the one before is gone.
		require.True(t, k.Overwrites || typ == typeACLAssociation, typ)
	}
}
