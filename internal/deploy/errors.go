package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/state"
)

// Failure is one resource that an operation failed at.
type Failure struct {
	URN      string   `json:"urn"`
	Type     string   `json:"type"`
	Name     string   `json:"name"`
	Op       plan.Op  `json:"op"`
	Messages []string `json:"messages"` // what the provider said, oldest first; may be empty
}

// Error is an operation that did not succeed.
type Error struct {
	Verb     string    // preview, up, refresh, destroy, open stack, ...
	Stack    string    //
	Failed   []Failure // resources it failed at, in the order in which they failed
	Problems []string  // error messages that belong to no failed resource, such as those of the program
	Cause    error     // joins context's cause after an interrupt, the program's own error, and what the Automation API returned

	// Outside are the URNs of what an operation on targets needs, or would take along, and that is not among its targets.
	Outside []string

	Locks []state.Judged // who holds a locked stack, where that is known

	locked, killed, missing, noBucket bool
}

// failed makes an *Error of what the Automation API returned; r may be nil.
func (d *Driver) failed(ctx context.Context, verb string, err error, r *recorder) *Error {
	own := d.program.takeError()
	e := &Error{
		Verb: verb, Stack: d.target.Stack, Cause: err,
		locked:  auto.IsConcurrentUpdateError(err),
		killed:  d.command.Killed(),
		missing: auto.IsSelectStack404Error(err),
	}
	if e.locked {
		e.Locks = d.locks(ctx)
	}
	if r != nil {
		e.Failed = r.failed()
		e.Problems = problems(r.messages, e.Failed, own)
		e.Outside = outside(r.messages)
	}
	if own != nil {
		e.Cause = errors.Join(own, e.Cause)
	}
	if ctx.Err() != nil {
		e.Cause = errors.Join(context.Cause(ctx), e.Cause)
	} else if len(e.Failed)+len(e.Problems) == 0 {
		e.Problems = stderrProblems(err)
	}
	return e
}

// unhandled reports whether the engine says of a message that the program ended with it.
func unhandled(message string) bool {
	return strings.HasPrefix(message, "an unhandled error occurred:")
}

// problems are the errors, by URN, reported for anything but the failed resources. The program's own error stands in
// for the engine's wording of it.
func problems(messages map[string][]string, failed []Failure, program error) []string {
	var out []string
	for _, urn := range slices.Sorted(maps.Keys(messages)) {
		if slices.ContainsFunc(failed, func(f Failure) bool { return f.URN == urn }) {
			continue
		}
		for _, message := range messages[urn] {
			switch {
			case closing(message):
			case program != nil && unhandled(message):
				out = append(out, program.Error())
			case urn == "" || plan.Type(urn) == stackType:
				out = append(out, message)
			default:
				out = append(out, fmt.Sprintf("%s %s: %s", plan.Type(urn), plan.Name(urn), message))
			}
		}
	}
	return out
}

// The engine's refusals of an operation on targets (sdk/go/common/diag/errors.go: 2013 and 2014).
var (
	needed = regexp.MustCompile(`^Resource '[^']+' depends on '([^']+)' which was was not specified in --target list`)
	taken  = regexp.MustCompile(`^Resource '([^']+)' will be destroyed but was not specified in --target list`)
)

// outside returns the URNs that such refusals name, each once, sorted.
func outside(messages map[string][]string) []string {
	var urns []string
	for _, said := range messages {
		for _, message := range said {
			for _, refusal := range []*regexp.Regexp{needed, taken} {
				if m := refusal.FindStringSubmatch(message); m != nil {
					urns = append(urns, m[1])
				}
			}
		}
	}
	slices.Sort(urns)
	return slices.Compact(urns)
}

// closing reports whether a message only says that the operation is over. These are all that the engine says then
// (pkg/resource/deploy/deployment_executor.go, reportExecResult).
func closing(message string) bool {
	return slices.Contains([]string{"update failed", "update canceled", "preview failed", "preview canceled"}, message)
}

// stderrProblems takes the engine's words from the Automation API's error, which has them between "stderr:" and its
// end, for failures before the first event. What stands before its error are warnings, such as those of the AWS SDK.
func stderrProblems(err error) []string {
	_, stderr, found := strings.Cut(err.Error(), "\nstderr: ")
	if !found {
		return nil
	}
	stderr = plain(stderr)
	if _, after, is := strings.Cut("\n"+stderr, "\nerror: "); is {
		stderr = after
	}
	stderr = strings.TrimSpace(stderr)
	if stderr == "" {
		return nil
	}
	return []string{stderr}
}

// Error tells which resources failed and why, or the problems that kept the operation from starting.
func (e *Error) Error() string {
	if len(e.Locks) > 0 {
		return fmt.Sprintf("%s %s: the stack is locked: %s", e.Verb, e.Stack, describe(e.Locks))
	}
	var lines []string
	if e.Interrupted() {
		lines = append(lines, "interrupted")
	}
	for _, f := range e.Failed {
		said := strings.Join(f.Messages, "; ")
		if said == "" {
			said = "no message"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s", f.Op, f.Type, f.Name, said))
	}
	lines = append(lines, e.Problems...)
	if len(lines) == 0 {
		lines = append(lines, e.Cause.Error())
	}
	return fmt.Sprintf("%s %s: %s", e.Verb, e.Stack, strings.Join(lines, "\n"))
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Locked reports whether another operation holds, or left behind, the stack's lock.
func (e *Error) Locked() bool { return e.locked }

// Missing reports whether the stack does not exist, where Target.Existing asked for one that does.
func (e *Error) Missing() bool { return e.missing }

// NoBucket reports whether the bucket in which state lives does not exist.
func (e *Error) NoBucket() bool { return e.noBucket }

// Interrupted reports whether the operation ended because its context did.
func (e *Error) Interrupted() bool {
	return errors.Is(e.Cause, context.Canceled) || errors.Is(e.Cause, context.DeadlineExceeded)
}

// Killed reports whether an interrupted engine was killed before it had finished what was under way.
func (e *Error) Killed() bool { return e.killed }

// Advice says what to do about a lock or after an interrupt; else it explains the failed resources, if there are any.
func (e *Error) Advice() string {
	switch {
	case e.NoBucket():
		return "An account is made ready for stacks once, by its administrator, with: hub bootstrap"
	case e.Locked():
		return e.lockAdvice()
	case errors.Is(e.Cause, errMoved):
		return "Nothing was touched. Run it again: it begins with what there is now."
	case e.Killed():
		return "The engine was killed while it worked: what was under way may or may not exist. The lock that it left behind is\n" +
			"removed by the next command, which finds that its process is gone, and then finds out what exists. Run it again."
	case e.Interrupted():
		return "What was under way has finished and is in the state; nothing new was started. Running the command again goes on from there."
	}
	return e.explanation()
}

// ExitCode is 4 for a stack that somebody else holds, or has changed meanwhile, 130 after an interrupt, else 1.
func (e *Error) ExitCode() int {
	switch {
	case e.Locked(), errors.Is(e.Cause, errMoved):
		return 4
	case e.Interrupted():
		return 130
	}
	return 1
}
