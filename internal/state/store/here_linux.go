package store

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/state"
)

// Here identifies this machine, more narrowly than by a name: the system as it was booted, and within it the space that
// process numbers are given out in, which a container has to itself.
func Here() state.Here {
	here := state.Here{Running: running, Begun: begun}
	here.Host, _ = os.Hostname() // without one, nothing is ever this host's
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, spaceErr := os.Readlink("/proc/self/ns/pid")
	if err == nil && spaceErr == nil {
		here.Machine = strings.TrimSpace(string(boot)) + " " + space
	}
	return here
}

// running tells when a process was started, in the ticks since boot that are field 22 of /proc/PID/stat (proc(5)), and
// whether it runs; one that has ended and was not waited for does not.
func running(pid int) (started string, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before it may hold anything
	fields := strings.Fields(rest)
	if len(fields) < 20 || fields[0] == "Z" || fields[0] == "X" {
		return "", false
	}
	return fields[19], true
}

// begun is when a process was started: ticks of a hundredth of a second since the time of boot in /proc/stat (proc(5); the
// kernel counts in USER_HZ there, whatever its own clock).
func begun(pid int) time.Time {
	started, ok := running(pid)
	ticks, err := strconv.ParseInt(started, 10, 64)
	text, readErr := os.ReadFile("/proc/stat")
	_, after, found := strings.Cut(string(text), "\nbtime ")
	if !ok || err != nil || readErr != nil || !found {
		return time.Time{}
	}
	line, _, _ := strings.Cut(after, "\n")
	boot, err := strconv.ParseInt(line, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(boot, 0).Add(time.Duration(ticks) * 10 * time.Millisecond)
}
