package cloud

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// FaultKind is one way in which a call can go wrong on purpose.
type FaultKind string

// The kinds of fault. The AWS SDK beneath the provider repeats the first two up to 25 times, so only lasting ones are seen.
const (
	Throttle  FaultKind = "throttle"  // AWS answers "Rate exceeded"
	Internal  FaultKind = "internal"  // AWS answers with a fault of its own
	Capacity  FaultKind = "capacity"  // AWS has no machines left
	Lost      FaultKind = "lost"      // AWS does it, and the answer never arrives
	Die       FaultKind = "die"       // the provider dies before it asks AWS
	DieAfter  FaultKind = "die-after" // the provider dies after AWS did it
	Refused   FaultKind = "refused"   // AWS answers with the fault's own Answer; the command line names it by AWS's error code
	shortStay           = 2           // attempts that a fault which passes spoils
)

// injected is the source of what goes wrong on purpose.
const injected = "injected"

var faultKinds = []FaultKind{Throttle, Internal, Capacity, Lost, Die, DieAfter}

// passing are the faults that chance brings: the ones that a provider survives by itself.
var passing = []FaultKind{Throttle, Internal}

// Fault is one call going wrong.
type Fault struct {
	Kind     FaultKind
	Call     string // create, update or delete; empty: any
	Type     string // type token; empty: any
	Nth      int    // which of the calls that match, counted from 1; 0: every one
	Attempts int    // how many attempts of the call it spoils; 0: all of them
	Answer   Refusal
}

// errorCode is how AWS writes the codes of its errors: VpcLimitExceeded, InvalidSubnet.Conflict.
var errorCode = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(\.[A-Z][A-Za-z0-9]*)*$`)

// ParseFault reads a fault as the command line takes it: KIND:CALL:TYPE[#NTH][*ATTEMPTS], where "any" stands for every
// call or type, such as lost:create:aws:rds/cluster:Cluster#1. The code of an AWS error is a kind too: AWS answers with it.
func ParseFault(text string) (Fault, error) {
	f := Fault{}
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 {
		return f, fmt.Errorf("fault %q: must be KIND:CALL:TYPE, such as throttle:create:aws:ec2/natGateway:NatGateway", text)
	}
	var problems []error
	f.Kind = FaultKind(parts[0])
	switch {
	case slices.Contains(faultKinds, f.Kind):
	case errorCode.MatchString(parts[0]):
		f.Kind, f.Answer = Refused, Refusal{Code: parts[0], Message: "asked for by --fault", Rule: injected}
	default:
		problems = append(problems, fmt.Errorf("fault %q: kind %q: must be one of %v, or the code of an AWS error, such as VpcLimitExceeded", text, parts[0], faultKinds))
	}
	rest := parts[2]
	number := func(mark string) (n int) {
		at := strings.LastIndex(rest, mark)
		if at < 0 {
			return 0
		}
		n, err := strconv.Atoi(rest[at+1:])
		if err != nil || n < 1 {
			problems = append(problems, fmt.Errorf("fault %q: %q after %s: must be a whole number from 1", text, rest[at+1:], mark))
		}
		rest = rest[:at]
		return n
	}
	f.Attempts = number("*")
	f.Nth = number("#")
	if f.Call = parts[1]; !slices.Contains([]string{"any", "create", "update", "delete"}, f.Call) {
		problems = append(problems, fmt.Errorf("fault %q: call %q: must be create, update, delete or any", text, f.Call))
	}
	if f.Type = rest; f.Type != "any" {
		if _, known := kinds[f.Type]; !known {
			problems = append(problems, fmt.Errorf("fault %q: type %q: the offline AWS does not know this resource type", text, f.Type))
		}
	}
	f.Call, f.Type = strings.TrimSuffix(f.Call, "any"), strings.TrimSuffix(f.Type, "any")
	return f, errors.Join(problems...)
}

// Faults decide which calls go wrong. A nil *Faults spoils none.
type Faults struct {
	List []Fault
	Rate float64 // share of all calls that AWS throttles or fails by itself for a moment, 0 to 1
	Seed uint64  // decides which
	Die  func()  // ends the provider

	mu    sync.Mutex
	calls int
	seen  map[int]int // calls that matched, by place in List
}

// draw returns what goes wrong with the next call, nil for nothing.
func (f *Faults) draw(v Verb, k *Kind) *Fault {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.seen == nil {
		f.seen = map[int]int{}
	}
	for i := range f.List {
		fault := &f.List[i]
		if fault.Call != "" && fault.Call != string(v) || fault.Type != "" && fault.Type != k.Type {
			continue
		}
		f.seen[i]++
		if fault.Nth == 0 || fault.Nth == f.seen[i] {
			return fault
		}
	}
	number := strconv.Itoa(f.calls)
	if f.Rate == 0 || fraction(f.Seed, "fault", number) >= f.Rate {
		return nil
	}
	which := int(fraction(f.Seed, "kind", number) * float64(len(passing)))
	return &Fault{Kind: passing[which], Attempts: shortStay}
}

// before is what goes wrong before AWS has done anything.
func (f *Fault) before(o *Call) error {
	if f == nil || f.Attempts > 0 && o.attempts > f.Attempts {
		return nil
	}
	switch f.Kind {
	case Throttle:
		return &Error{Code: "ThrottlingException", Message: "Rate exceeded", Rule: injected, busy: true}
	case Internal:
		return &Error{Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure.", Rule: injected, busy: true}
	case Capacity:
		return &Error{Code: "InsufficientInstanceCapacity", Message: "We currently do not have sufficient capacity in the Availability Zone you requested.", Rule: injected}
	case Refused:
		return o.kind.refusal(o.operation(), f.Answer, o.id)
	case Die:
		o.c.faults.die()
		return errors.New("the provider died")
	}
	return nil
}

// after is what hides that AWS has done what it was asked.
func (f *Fault) after(o *Call) error {
	if f == nil {
		return nil
	}
	switch f.Kind {
	case Lost:
		return errors.New("request send failed: context deadline exceeded while awaiting the answer")
	case DieAfter:
		o.c.faults.die()
		return errors.New("the provider died")
	}
	return nil
}

func (f *Faults) die() {
	if f.Die != nil {
		go f.Die() // not from inside a call that Die waits for
	}
}
