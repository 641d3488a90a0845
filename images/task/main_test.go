package task_test

import (
	"testing"

	"github.com/deepstreamhub/platform/images/internal/live"
)

func TestMain(m *testing.M) { live.Main(m) }
