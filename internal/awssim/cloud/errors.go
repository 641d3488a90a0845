package cloud

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Error is a refusal by AWS. Its text has the form in which the AWS provider shows one.
type Error struct {
	Service   string // as the SDK names it: EC2, IAM, ECS, ...
	Operation string // API operation: CreateSubnet
	Code      string // AWS error code: InvalidSubnet.Range
	Message   string // AWS's message
	Type, ID  string // the resource concerned; ID is empty while it has none
	Rule      string // source of the rule that refused
	// Retry is how long the provider repeats a call that is refused so; 0: not at all.
	Retry time.Duration

	busy bool // the AWS SDK beneath the provider repeats it, as it does throttling and AWS's own faults
}

// For returns the error as one that the provider answers by repeating the call for d.
func (e *Error) For(d time.Duration) *Error {
	e.Retry = d
	return e
}

// Error renders the refusal as the provider does.
func (e *Error) Error() string {
	return fmt.Sprintf("operation error %s: %s, https response error StatusCode: 400, api error %s: %s",
		e.Service, e.Operation, e.Code, e.Message)
}

// Code returns the AWS error code inside err, or "".
func Code(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return ""
}

// Refusal is the template of an Error: what a rule answers when it is broken. In Message, {id} stands for the
// resource's own id, {name} for its name, {value} for the offending value and {by} for the id of the resource that
// stands in the way.
type Refusal struct {
	Code    string
	Message string
	Rule    string // source: "facts 13", the name of an AWS page, or the provider's source file
	// Retry is how long the provider repeats a call that is refused so, a constant of its own; 0: not at all.
	Retry time.Duration
}

// Fill puts values in the place of {names}: pairs are a name and its value each.
func (f Refusal) Fill(pairs ...string) Refusal {
	f.Message = strings.NewReplacer(pairs...).Replace(f.Message)
	return f
}

// Refuse returns a rule's error with its message filled from a format, for handlers that work out their own text.
func Refuse(code, rule, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Rule: rule}
}

// NotFound is returned for a resource that the account does not hold.
type NotFound struct{ Type, Region, ID string }

func (e *NotFound) Error() string {
	return fmt.Sprintf("%s %q does not exist in %s", e.Type, e.ID, e.Region)
}

// AsError is the refusal without anything filled in.
func (f Refusal) AsError() *Error {
	return &Error{Code: f.Code, Message: f.Message, Rule: f.Rule, Retry: f.Retry}
}
