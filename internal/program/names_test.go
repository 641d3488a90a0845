package program_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/program"
)

// No service can be called by a name that a tier gives to a key or a log group: AWS takes each once.
func TestServicesTakeNoTiersNames(t *testing.T) {
	t.Parallel()
	resources, err := account("eu-central-1").Run(program.RegionWithoutHooks(stackOf(t, "prod-eu")))
	require.NoError(t, err)
	looked := 0
	for _, r := range resources {
		if r.Type != "aws:kms/alias:Alias" && r.Type != "aws:cloudwatch/logGroup:LogGroup" {
			continue
		}
		parts := strings.Split(fmt.Sprint(r.Plain()["name"]), "/")
		if len(parts) != 4 { // <kind>/<project>/<stack>/<name>, nothing before the first slash of a log group
			continue
		}
		looked++
		d := minimal(places[0], false)
		d.set("services."+parts[3], map[string]any{"image": image("eu-central-1"), "port": 8080, "healthPath": "/health", "path": "/orders"})
		_, err := d.load(t)
		require.ErrorAs(t, err, new(config.Problems), "a service called %s, as %s is", parts[3], r.Name)
		require.ErrorContains(t, err, "services."+parts[3])
	}
	require.Greater(t, looked, 10)
}
