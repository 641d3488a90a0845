// Package tests holds the tests that need the real engine: the program that production runs, deployed into an offline
// AWS. Each file is one behaviour.
package tests

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/deepstreamhub/platform/tests/harness"
)

var binaries harness.Binaries

func TestMain(m *testing.M) {
	if os.Getenv(envIsolated) != "" {
		fmt.Fprintln(os.Stderr, runIsolated(os.Args[1:]))
		os.Exit(1)
	}
	flag.Parse()
	if flag.Lookup("test.parallel").Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) { // as it is unless told otherwise
		_ = flag.Set("test.parallel", strconv.Itoa(2*runtime.GOMAXPROCS(0))) // a number: engines wait for each other and for time to pass
	}
	code := m.Run()
	if err := binaries.Remove(); err != nil {
		fmt.Fprintln(os.Stderr, "remove test binaries:", err)
		code = 1
	}
	os.Exit(code)
}
