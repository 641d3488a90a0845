package deepstream_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/images/internal/live"
)

func TestServerStartsAndStores(t *testing.T) {
	t.Parallel()
	for _, v := range live.Versions(t, live.Image(t)) {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			r := live.StartRegion(t)
			s := r.Server(v, nil)
			c := live.StartClients(t)
			c.Connect("a", s.URL())
			require.NoError(t, c.Write("a", "hello", map[string]any{"n": 1}))
			require.Equal(t, `1 {"n":1}`, r.Row("default", "hello"), "acknowledged, so stored")
			require.JSONEq(t, `{"n":1}`, c.Read("a", "hello"))
			status, body := s.Health()
			require.Equal(t, 200, status)
			require.JSONEq(t, `{"state":"ready","down":[]}`, body)
			s.Signal(15)
			require.Zero(t, s.WaitExit(20*time.Second))
		})
	}
}
