package live

import (
	"flag"
	"os"
	"strconv"
	"testing"
)

// parallel is how many tests run at a time. They wait nearly all the time, for outages to last and to end, so that there
// may be more of them than processors.
const parallel = 8

// Main runs the tests of a package that starts servers.
func Main(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(parallel))
	}
	code := m.Run()
	_ = os.RemoveAll(blank.dir)
	os.Exit(code)
}
