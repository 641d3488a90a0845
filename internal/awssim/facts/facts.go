// Package facts is what the released AWS provider itself says of its resource types: how their properties are named and nested,
// which have to be given and which the provider fills in, what it refuses in them, and what a change of them comes to. The
// values are measured, not written: internal/tfplugin/measure asks the provider's binary (see its documentation) and writes facts.json.
//
// Names are those of the Pulumi SDK; Property.Terraform holds the provider's own.
package facts

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
)

//go:generate go run ../../tfplugin/measure -out facts.json

//go:embed facts.json
var text []byte

// File is the form of facts.json.
type File struct {
	Provider string                     `json:"provider"`         // release of the provider
	Shapes   []map[string]*Property     `json:"shapes,omitempty"` // objects that occur more than once
	Types    map[string]json.RawMessage `json:"types"`            // a Type by its token
}

// Type is what the provider says of one resource type.
type Type struct {
	Terraform string               `json:"terraform"` // the provider's name: aws_vpc
	Fields    map[string]*Property `json:"fields"`
	Rules     []Rule               `json:"rules,omitempty"`
}

// Rule ties properties of one object to each other.
type Rule struct {
	Kind  RuleKind `json:"kind"`
	Of    string   `json:"of,omitempty"` // the property that demands or excludes the others
	Names []string `json:"names"`        // paths from the resource
	// Demands: with ExactlyOne, none is refused too.
	Demands bool `json:"demands,omitempty"`
}

// RuleKind is what a Rule demands.
type RuleKind string

// The rules of the provider's schemas.
const (
	Conflicts  RuleKind = "conflicts"    // Of excludes each of Names
	Needs      RuleKind = "needs"        // Of has to come with all of Names
	ExactlyOne RuleKind = "exactly-one"  // of Names
	AtLeastOne RuleKind = "at-least-one" // of Names
)

// Effect is what a change comes to.
type Effect string

// The effects. An update is the ordinary one and is left out of facts.json.
const (
	Update  Effect = ""
	Replace Effect = "replace"
	None    Effect = "none"
	InPlace Effect = "update" // an update, where nothing means another effect
)

// What a list is to the provider whose order is nothing.
const (
	Set = "set" // repetitions are nothing either
	Bag = "bag"
)

// Property is what the provider says of one property.
type Property struct {
	Terraform string               `json:"tf,omitempty"`
	Type      string               `json:"type"`             // bool, integer, number, string, list, set, map or object
	One       bool                 `json:"one,omitempty"`    // the provider's list or set of at most one, which the SDK shows without its list
	Elem      *Property            `json:"elem,omitempty"`   // of a list, set or map
	Fields    map[string]*Property `json:"fields,omitempty"` // of an object
	Shape     *int                 `json:"shape,omitempty"`  // in place of Fields: an index into File.Shapes

	Whole    bool `json:"-"` // in the generator: the object that holds it is an attribute, and given as a whole
	Required bool `json:"required,omitempty"`
	Optional bool `json:"optional,omitempty"`
	Computed bool `json:"computed,omitempty"` // with Optional: what is not given stays as it was
	Default  any  `json:"default,omitempty"`  // what the provider's schema puts in the place of nothing

	Change Effect `json:"change,omitempty"` // of one value for another
	Add    Effect `json:"add,omitempty"`    // of a value for none
	Remove Effect `json:"remove,omitempty"` // of none for a value
	Zero   Effect `json:"zero,omitempty"`   // of false, 0 or an empty text for none
	Blank  Effect `json:"blank,omitempty"`  // of 0 or an empty text for a value, where it is not Change
	Open   Effect `json:"open,omitempty"`   // of a value that is not known yet for one, where it is not Change
	// Pending: of a value that is not known yet for none, where it is not Open or Change.
	Pending Effect `json:"pending,omitempty"`
	// Lapsed are values that count for none: their removal is nothing.
	Lapsed []any `json:"lapsed,omitempty"`
	// Anchor: with it the removal of its block is seen, which is else nothing.
	Anchor bool `json:"anchor,omitempty"`
	// Unordered: the list is a Set or a Bag to the provider.
	Unordered string `json:"unordered,omitempty"`

	Same string `json:"same,omitempty"` // which spellings of a string are one to the provider: policy, json, case

	// Idle are the words of siblings, by their names, with which the provider does not see the property: a redirect in an
	// action that forwards.
	Idle map[string][]any `json:"idle,omitempty"`

	*Limits `json:"limits,omitempty"`
}

// Limits are what the provider refuses in a value.
type Limits struct {
	Allowed  []any     `json:"allowed,omitempty"`  // every value that is taken
	Least    *float64  `json:"least,omitempty"`    // number
	Most     *float64  `json:"most,omitempty"`     // number
	Besides  []float64 `json:"besides,omitempty"`  // numbers out of the range that are taken all the same
	Barred   []float64 `json:"barred,omitempty"`   // numbers in the range that are refused all the same
	Shortest int       `json:"shortest,omitempty"` // characters
	Longest  int       `json:"longest,omitempty"`  // characters; 0: no limit
	Format   string    `json:"format,omitempty"`   // see formats
	Pattern  string    `json:"pattern,omitempty"`  // regular expression, as the provider states it
	First    string    `json:"first,omitempty"`    // characters that are refused at the beginning
	Inside   string    `json:"inside,omitempty"`   // characters that are refused within
	Last     string    `json:"last,omitempty"`     // characters that are refused at the end
	MinItems int       `json:"minItems,omitempty"`
	MaxItems int       `json:"maxItems,omitempty"` // 0: no limit
	Says     string    `json:"says,omitempty"`     // the provider's own words when it refuses
}

var file = sync.OnceValue(func() *File {
	f := new(File)
	if err := json.Unmarshal(text, f); err != nil {
		panic(fmt.Sprintf("facts.json: %v", err))
	}
	for _, shape := range f.Shapes {
		f.link(shape)
	}
	return f
})

var types sync.Map // of *Type, by token

// Of returns what the provider says of a resource type.
func Of(token string) (*Type, bool) {
	if t, ok := types.Load(token); ok {
		return t.(*Type), true
	}
	raw, ok := file().Types[token]
	if !ok {
		return nil, false
	}
	t := new(Type)
	if err := json.Unmarshal(raw, t); err != nil {
		panic(fmt.Sprintf("facts.json: %s: %v", token, err))
	}
	file().link(t.Fields)
	types.Store(token, t)
	return t, true
}

// Replacing returns the paths of the properties whose change makes a new resource, sorted, without those within each other.
func (t *Type) Replacing() []string {
	var out []string
	replacing("", t.Fields, &out)
	return out
}

func replacing(path string, fields map[string]*Property, out *[]string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		p := fields[name]
		if p.Change == Replace {
			*out = append(*out, join(path, name))
			continue
		}
		for ; p != nil; p = p.Elem {
			replacing(join(path, name), p.Fields, out)
		}
	}
}

// link puts shared shapes where they are named.
func (f *File) link(fields map[string]*Property) {
	for _, p := range fields {
		for ; p != nil; p = p.Elem {
			if p.Shape != nil {
				p.Fields = f.Shapes[*p.Shape]
			} else {
				f.link(p.Fields)
			}
		}
	}
}
