package cloud

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

// Kind is everything the offline AWS knows of one resource type.
type Kind struct {
	Type    string // type token: aws:ec2/vpc:Vpc
	Service string // the SDK's name of the service, as in error texts: EC2
	Noun    string // what the API calls the thing, as in CreateVpc, DeleteVpc: Vpc
	Global  bool   // the service has no regions: IAM, Route 53

	// Create and Delete operation names where they are not Create+Noun and Delete+Noun.
	CreateCall, UpdateCall, DeleteCall string

	// ShownID is the property that the provider uses as id where several resources at a time may share it, as the
	// revisions of a task definition share its family. Such a resource's id in the account is its ARN.
	ShownID string

	Name        *AutoName            // auto-naming, for types the provider names when the program does not
	Required    []string             // inputs that AWS demands and the provider does not
	Unmodelled  []string             // inputs that are refused by name: what AWS makes of them is not known here; see Checker.Unmodelled
	Swaps       []string             // input paths whose appearing or going, but not whose change, makes a new resource
	ReplaceIf   map[string]ReplaceIf // input paths whose change makes a new resource on a condition
	Same        map[string]Same      // inputs of which two values may be one to the provider, beyond what the facts say
	DeleteFirst bool                 // a replacement comes after the old one is gone, whatever its name (pulumi-aws, provider/resources.go)
	Recomputed  []string             // outputs that any update may change, so that they are unknown in its preview
	DeleteOnly  []string             // inputs that only deletion reads: the provider keeps them, AWS does not
	Keys        []string             // state properties besides the id by which others refer to the resource
	Unique      []Unique             // properties no two resources of the type may share
	Refs        []Ref                // what the inputs point at
	Overwrites  bool                 // the creating call writes over what is there under the same id, and AWS says nothing
	InUse       Refusal              // answer to a deletion while something with a holding Ref still points here
	GoesAfter   bool                 // what is being deleted itself is not in the way of a deletion, which AWS ends after it
	Quota       *Quota               // how many there may be
	Busy        Busy                 // answers while AWS is still at work on the resource, for a call that nobody waits for any more

	Schema schema.Resource // of its SDK types: Describe fills it in
	Calls  Calls           // what the provider asks of AWS; empty for types that only the account's bootstrap makes, as an administrator
	// TaggedAs is the service and the resource type in the ARNs of a type that the Resource Groups Tagging API lists (its reference,
	// "Services that support the Resource Groups Tagging API"; ARNs from the Service Authorization Reference): "ec2:vpc/". It
	// stands in for an ARN where the provider's resource shows none. Empty: not listed, as IAM's roles are.
	TaggedAs string
	// ImportID is what the provider's import takes, where that is not the id ("Import" sections of its documentation, pulumi-aws
	// 6.83.4). NoImport: it has no importer.
	ImportID func(r *Resource) string
	NoImport bool

	Timing Timing // how long operations take
	// Variant is the timing of what has one of its own, by its inputs; nil when all of the type take alike.
	Variant func(in Map) (Timing, bool)
	// Awaits is when AWS itself can begin with a creation that it has accepted, no sooner than now; nil: at once.
	Awaits func(t *Tx, r *Resource) time.Time
	// Propagation is how long a new resource of the type takes to be seen by services other than its own (facts, section 4).
	// None: everybody sees it at once, as the provider waits for that before it returns.
	Propagation Range
	// ReleaseDelay is how long after its deletion what it stood on still counts as in use (facts, section 4).
	ReleaseDelay Range

	// Check adds problems that the provider finds before anything is created: formats, enumerations, combinations
	// and documents inside strings. Values may be Unknown. nil when there are none.
	Check func(c *Checker)
	// Create fills r.ID and what AWS computes in r.State, which holds the inputs and defaults. References and uniqueness
	// were checked.
	Create func(t *Tx, r *Resource) error
	// Update is called after r.State took the new inputs; old is the state before. nil when nothing but the
	// inputs changes.
	Update func(t *Tx, r *Resource, old Map) error
	// Delete is called once nothing holds the resource any more. nil when nothing else happens.
	Delete func(t *Tx, r *Resource) error
	// Read refreshes what AWS changed by itself. nil when nothing does.
	Read func(t *Tx, r *Resource)
	// Fails is asked when the time of a creation is over whether AWS could bring up what it had accepted. Its error is the
	// creation's; the resource exists all the same. nil when nothing of the kind happens.
	Fails func(t *Tx, r *Resource) error
	// Holds returns what the resource keeps in use without naming it in its own inputs, such as the security groups
	// of a group's instances.
	Holds func(t *Tx, r *Resource) []*Resource

	known func() *facts.Type // read once; nil: the type was not registered
}

// facts are what the provider knows of the type; nil: nothing.
func (k *Kind) facts() *facts.Type {
	if k.known == nil {
		return nil
	}
	return k.known()
}

// Calls are the actions, as IAM names them, that the AWS provider's handlers of a type call (provider, internal/service,
// and "Actions, resources, and condition keys for AWS services", Service Authorization Reference). A creation and an
// update read the resource afterwards, and a deletion waits until it is gone, so each needs what read has as well.
// Tags are given at creation and put or taken away by an update; a few services have actions of their own for that.
type Calls struct{ Create, Read, Update, Remove string }

// Same reports whether the provider takes the values of an input in two sets of inputs for one.
type Same func(old, new Map) bool

// ReplaceIf is a condition on which the change of an input makes a new resource.
type ReplaceIf struct {
	When  string // in words
	Holds func(old, new Map) bool
}

// Busy are the answers to a change and to a deletion of what AWS is still at work on. Empty: it takes them all the same.
type Busy struct{ Update, Delete Refusal }

// AutoName says how the provider names a resource whose program does not.
type AutoName struct {
	Property string // "name", "bucket", ...
	Max      int    // longest name; the provider refuses a longer one at preview
	Prefix   string // property whose presence switches auto-naming off, such as namePrefix
	Lower    bool   // AWS takes lower case only
}

// Ref says that an input names another resource.
type Ref struct {
	Path    string  // where in the inputs: "vpcId", "vpcConfig.subnetIds[]"
	To      string  // type token of the target
	Key     string  // the target's property that the value equals; empty for its id
	Missing Refusal // answer when there is no such target
	Unseen  Refusal // answer while there is one that has not reached this service yet; empty: it need not have
	Free    bool    // the target can be deleted all the same
	Except  string  // a value that needs no target, such as an AWS managed policy; prefix match
}

// Unique says that a combination of properties exists once per account and region, or per account for global types.
type Unique struct {
	Props    []string
	Refusal  Refusal
	Anywhere bool // unique in the account, whatever the region
}

// Quota is the default limit of a new account.
type Quota struct {
	Max     int
	Per     string // property by which the limit counts apart, such as vpcId; empty for the region
	Refusal Refusal
}

// kinds is the registry, filled by the files of the services through register.
var kinds = map[string]*Kind{}

// Register makes types known. One that is there already, or lacks the source of its timing, is a mistake in the program: it panics.
func Register(ks ...*Kind) struct{} {
	for _, k := range ks {
		if _, twice := kinds[k.Type]; twice {
			panic("kind registered twice: " + k.Type)
		}
		if k.Timing.Source == "" {
			panic("kind without the source of its timing: " + k.Type)
		}
		k.Timing = WithLimits(k.Timing)
		k.known = sync.OnceValue(func() *facts.Type { t, _ := facts.Of(k.Type); return t })
		kinds[k.Type] = k
	}
	return struct{}{}
}

// Describe gives types their schemas. A token that nothing registered is a mistake in the program: it panics.
func Describe(schemas map[string]schema.Resource) {
	for token, s := range schemas {
		kinds[token].Schema = s
	}
}

// KindOf returns the kind of a type token; nil where there is none.
func KindOf(token string) *Kind { return kinds[token] }

// Lookup returns the kind of a type token.
func Lookup(token string) (*Kind, bool) { k, ok := kinds[token]; return k, ok }

// TimingOf returns how long the operations on a resource of a type with some inputs take, or its state.
func TimingOf(token string, in Map) Timing {
	if k := kinds[token]; k != nil {
		return k.timing(in)
	}
	return Timing{}
}

func (k *Kind) timing(in Map) Timing {
	if k.Variant != nil {
		if t, ok := k.Variant(in); ok {
			return t
		}
	}
	return k.Timing
}

// Types returns all type tokens the offline AWS knows, sorted.
func Types() []string { return slices.Sorted(maps.Keys(kinds)) }

func (k *Kind) call(verb, override string) string {
	if override != "" {
		return override
	}
	return verb + k.Noun
}

// refusal makes an Error of a template in the context of one operation on one resource.
func (k *Kind) refusal(op string, f Refusal, id string) *Error {
	return &Error{Service: k.Service, Operation: op, Code: f.Code, Message: f.Message, Type: k.Type, ID: id, Rule: f.Rule, Retry: f.Retry}
}

// Complete fills in where an error came from, as far as the handler left it open.
func (k *Kind) Complete(err error, op, id string) error {
	if e, ok := errors.AsType[*Error](err); ok {
		if e.Service == "" {
			e.Service = k.Service
		}
		if e.Operation == "" {
			e.Operation = op
		}
		if e.Type == "" {
			e.Type, e.ID = k.Type, id
		}
	}
	return err
}

// Replaces reports whether a change of the input at path makes a new resource, whatever else the inputs say. Paths are property
// names joined by dots, with list indexes in brackets, as in "containerDefinitions[0].name".
func (k *Kind) Replaces(path string) bool {
	t := k.facts()
	return t != nil && coveredBy(stripIndexes(path), t.Replacing())
}

// ReplacesHere reports whether a change of the input at path makes a new resource because of what else the inputs say.
func (k *Kind) ReplacesHere(path string, old, new Map) bool {
	plain := stripIndexes(path)
	for _, p := range slices.Sorted(maps.Keys(k.ReplaceIf)) {
		if coveredBy(plain, []string{p}) && k.ReplaceIf[p].Holds(old, new) {
			return true
		}
	}
	return false
}

// Conditional reports whether it depends on more than the input at path whether its change makes a new resource.
func (k *Kind) Conditional(path string) bool {
	return coveredBy(stripIndexes(path), k.Swaps) || coveredBy(stripIndexes(path), slices.Sorted(maps.Keys(k.ReplaceIf)))
}

// Swapped reports whether an input's appearing or going makes a new resource.
func (k *Kind) Swapped(path string) bool { return coveredBy(stripIndexes(path), k.Swaps) }

func coveredBy(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if path == p || strings.HasPrefix(path, p+".") {
			return true
		}
	}
	return false
}

func stripIndexes(path string) string {
	var b strings.Builder
	depth := 0
	for _, c := range path {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case depth == 0:
			b.WriteRune(c)
		}
	}
	return b.String()
}
