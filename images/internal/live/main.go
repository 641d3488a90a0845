package live

import (
	"flag"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// perProcessor is how many tests run at a time for each processor. They wait nearly all the time, for outages to last and to
// end, but those that start together want all of it.
const perProcessor = 2

// Main runs the tests of a package that starts servers.
func Main(m *testing.M) {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(perProcessor*runtime.GOMAXPROCS(0)))
	}
	code := m.Run()
	_ = os.RemoveAll(blank.dir)
	os.Exit(code)
}
