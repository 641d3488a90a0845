package deepstream

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// Two tables of the kernel: of the sockets on port 6020, which is 1784 in hexadecimal, three are established; the others
// listen, are closing, or are the server's own to the database.
const (
	tcpTable = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:1784 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 101 1 0 100 0 0 10 0
   1: 0A10000A:1784 0A100063:C001 01 00000000:00000000 02:000A7214 00000000  1000        0 102 2 0 20 4 30 10 -1
   2: 0A10000A:1784 0A100063:C002 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0
  10: 0A10000A:C003 0A100164:1538 01 00000000:00000000 02:000A7214 00000000  1000        0 103 2 0 20 4 30 10 -1
  11: 0A10000A:C004 0A100164:1784 01 00000000:00000000 02:000A7214 00000000  1000        0 104 2 0 20 4 30 10 -1
`
	tcp6Table = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0000000000000000FFFF00000A10000A:1784 0000000000000000FFFF00000A100063:C005 01 00000000:00000000 02:000A7214 00000000  1000        0 105 2 0 20 4 30 10 -1
 100: B80D0120000000000000000001000000:1784 B80D0120000000000000000002000000:C006 01 00000000:00000000 02:000A7214 00000000  1000        0 106 2 0 20 4 30 10 -1
`
)

// The plugin runs as deepstream would run it, on tables like those of a task.
func TestMetrics(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("what runs in the image runs on Node, which is not here")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"metrics.js": Metrics, "tcp": tcpTable, "tcp6": tcp6Table} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	const run = `const Metrics = require(process.argv[1] + '/metrics.js')
const services = { clusterRegistry: { getAll: () => ['a', 'b'] }, storage: { pendingWrites: 7, isDown: true },
  clusterNode: { heldPublishes: 5, isDown: false }, cache: { isDown: true }, logger: { error: (...m) => { console.error(...m); process.exit(1) } } }
const m = new Metrics({ stack: 'prod-eu', namespace: 'ours', directory: process.argv[1], interval: 1 }, services)
m.whenReady().then(() => m.publish()).then(() => m.close())`
	out, err := exec.CommandContext(t.Context(), node, "-e", run, dir).Output()
	require.NoError(t, err)
	var got map[string]any
	require.NoError(t, json.NewDecoder(bytes.NewReader(out)).Decode(&got))
	aws := got["_aws"].(map[string]any)
	require.Positive(t, aws["Timestamp"])
	delete(aws, "Timestamp")
	require.Empty(t, cmp.Diff(map[string]any{
		"_aws": map[string]any{"CloudWatchMetrics": []any{map[string]any{
			"Namespace":  "ours",
			"Dimensions": []any{[]any{DimensionStack}},
			"Metrics": []any{
				metric(MetricOpenSockets), metric(MetricClusterSize), metric(MetricPendingWrites), metric(MetricHeldPublishes),
				metric(MetricDependenciesDown),
			},
		}}},
		DimensionStack: "prod-eu", MetricOpenSockets: 3.0, MetricClusterSize: 2.0,
		MetricPendingWrites: 7.0, MetricHeldPublishes: 5.0, MetricDependenciesDown: 2.0,
	}, got))
}

func metric(name string) any { return map[string]any{"Name": name, "Unit": "Count"} }
