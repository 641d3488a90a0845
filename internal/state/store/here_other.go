//go:build !linux

package store

import (
	"errors"
	"os"
	"syscall"

	"github.com/deepstreamhub/platform/internal/state"
)

// Here knows this machine by its host's name alone, which proves nothing about locks: they are broken by force or by
// lease only.
func Here() state.Here {
	host, _ := os.Hostname() // without one, nothing is ever this host's
	return state.Here{Host: host, Running: running}
}

func running(pid int) (started string, ok bool) {
	p, err := os.FindProcess(pid)
	if err != nil {
		return "", false
	}
	err = p.Signal(syscall.Signal(0))
	return "", err == nil || errors.Is(err, os.ErrPermission)
}
