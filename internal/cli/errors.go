package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The exit codes that this package decides on. Those of packages deploy and gate come with their errors.
const (
	exitUsage       = 2
	exitLocked      = 4
	exitInterrupted = 130
)

// usageError is a command line that cannot be run.
type usageError struct {
	err     error
	command string
}

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// ExitCode is 2.
func (e usageError) ExitCode() int { return exitUsage }

// Advice points to the help.
func (e usageError) Advice() string { return "See: " + e.command + " --help" }

// configError is the configuration of the stacks that were asked for, with everything that is wrong with it.
type configError struct{ err error }

func (e configError) Error() string { return "check configuration: " + e.err.Error() }
func (e configError) Unwrap() error { return e.err }

// ExitCode is 2.
func (e configError) ExitCode() int { return exitUsage }

// Advice says that nothing happened.
func (e configError) Advice() string {
	return "Nothing was started. Correct the stack files and run it again."
}

// endedError is something that ended in its own way, with the way on and an exit code.
type endedError struct {
	what, advice string
	code         int
}

func (e endedError) Error() string { return e.what }

// Advice says how to get it done.
func (e endedError) Advice() string { return e.advice }

// ExitCode is that of the documented ones which fits.
func (e endedError) ExitCode() int { return e.code }

// refused is something that this package will not do: the command line lacked something.
func refused(what, advice string) error { return endedError{what, advice, exitUsage} }

// locked is a stack that stays locked, as for an operation that finds it so.
func locked(what, advice string) error { return endedError{what, advice, exitLocked} }

// errDeclined is the operator's no.
var errDeclined = errors.New("stopped: nothing was changed")

// interruptedError is an interrupt while nothing was under way.
type interruptedError struct{ cause error }

func (e interruptedError) Error() string { return "interrupted: nothing was changed" }
func (e interruptedError) Unwrap() error { return e.cause }

// Advice is empty: there is nothing to put right.
func (e interruptedError) Advice() string { return "" }

// ExitCode is 130.
func (e interruptedError) ExitCode() int { return exitInterrupted }

// stackErrors are the errors of several stacks, in the order of the stacks.
type stackErrors []error

// joinStacks returns nil when there is no error, the error itself when there is one, else all of them. What several
// stacks say alike is said once.
func joinStacks(errs []error) error {
	var all stackErrors
	for _, err := range errs {
		same := func(other error) bool { return other.Error() == err.Error() }
		if err != nil && !slices.ContainsFunc(all, same) {
			all = append(all, err)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return all
}

func (e stackErrors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

func (e stackErrors) Unwrap() []error { return e }

// ExitCode is the highest of all stacks': an interrupt says more than a refusal, a refusal more than a failure.
func (e stackErrors) ExitCode() int {
	code := 1
	for _, err := range e {
		var coded interface{ ExitCode() int }
		if errors.As(err, &coded) {
			code = max(code, coded.ExitCode())
		}
	}
	return code
}

// Advice is what the stacks' errors advise, each advice once.
func (e stackErrors) Advice() string {
	var all []string
	for _, err := range e {
		var advised interface{ Advice() string }
		if errors.As(err, &advised) && advised.Advice() != "" && !slices.Contains(all, advised.Advice()) {
			all = append(all, advised.Advice())
		}
	}
	return strings.Join(all, "\n")
}

// Report is how an error is told to the operator: the error, then what can be done about it; and the exit code, 0 for
// no error.
func Report(err error) (text string, code int) {
	if err == nil {
		return "", 0
	}
	text, code = fmt.Sprintf("Error: %v\n", err), 1
	var advised interface{ Advice() string }
	if errors.As(err, &advised) && advised.Advice() != "" {
		text += "\n" + advised.Advice() + "\n"
	}
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		code = coded.ExitCode()
	}
	return text, code
}
