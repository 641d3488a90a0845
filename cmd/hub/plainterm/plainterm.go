// Package plainterm keeps libraries from asking the terminal questions before main runs.
//
// The Pulumi SDK links a library for text interfaces that asks the terminal for its background colour while packages
// are initialised, and waits up to 5 s for an answer (charmbracelet/bubbletea v1, tea_init.go). Until then an interrupt
// finds nobody to catch it, and the question ends up in the output. It is not asked on a terminal named dumb.
//
// Go initialises packages in the order of their import paths, as soon as what they import is ready (Go specification,
// "Program initialization"). This package imports nothing but os, and its path is ahead of github.com/muesli/termenv,
// without which that library cannot start, so its turn comes first. A test on a pseudo terminal holds this.
package plainterm

import "os"

var name, named = os.LookupEnv("TERM")

func init() { _ = os.Setenv("TERM", "dumb") } // fails only for names and values that no environment can hold

// Restore gives the process its terminal's name back. Call it first thing in main.
func Restore() {
	if named {
		_ = os.Setenv("TERM", name)
	} else {
		_ = os.Unsetenv("TERM")
	}
}
