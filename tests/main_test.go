// Package tests holds the tests that need the real engine: the program that production runs, deployed into an offline
// AWS. Each file is one behaviour.
package tests

import (
	"fmt"
	"os"
	"testing"

	"github.com/deepstreamhub/platform/tests/harness"
)

var binaries harness.Binaries

func TestMain(m *testing.M) {
	if os.Getenv(envIsolated) != "" {
		fmt.Fprintln(os.Stderr, runIsolated(os.Args[1:]))
		os.Exit(1)
	}
	code := m.Run()
	if err := binaries.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, "remove test binaries:", err)
		code = 1
	}
	os.Exit(code)
}
