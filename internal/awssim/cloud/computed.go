package cloud

import (
	"strings"
)

// Computed fills in what AWS chooses for inputs that were not given.
func Computed(r *Resource, chosen Map) {
	for p, v := range chosen {
		if !Has(r.State, p) {
			r.State[p] = Clone(v)
		}
	}
}

// NameOrPrefixed returns a resource's name, or one made from its prefix as the provider does. Both are in the state
// afterwards.
func NameOrPrefixed(t *Tx, r *Resource, property, prefix string) string {
	name := r.Str(property)
	if name == "" {
		name = r.Str(prefix) + UniqueSuffix(t)
		r.State[property] = name
	}
	if !Has(r.State, prefix) {
		r.State[prefix] = ""
	}
	return name
}

// UniqueSuffix returns what the provider appends where it makes something unique: 26 hexadecimal digits, here without the time, so
// that a stack which is played again gets the names that it was recorded with.
func UniqueSuffix(t *Tx) string { return t.Hex(26) }

// ApplyName fills in name and namePrefix as the provider does.
func ApplyName(t *Tx, r *Resource) string { return NameOrPrefixed(t, r, "name", "namePrefix") }

// tag fills in all tags of a resource, of a type that has them: they are its own, since the offline provider has no default tags.
func (k *Kind) tag(r *Resource) {
	t := k.facts()
	if t == nil || t.Fields["tagsAll"] == nil {
		return
	}
	tags, _ := r.State["tags"].(Map) // which nobody changes in place
	if tags == nil {
		tags = Map{}
	}
	r.State["tagsAll"] = tags
}

// Composed joins properties of a resource, as ids and ARNs do that are made of several.
func Composed(r *Resource, with string, properties ...string) string {
	var parts []string
	for _, p := range properties {
		parts = append(parts, r.Str(p))
	}
	return strings.Join(parts, with)
}

// TakeOver makes room for something of which AWS has exactly one and that is put rather than created, such as an
// account's password policy: putting it again replaces what is there, whoever put it.
func TakeOver(t *Tx, r *Resource) {
	if before, ok := t.Find(r.Type, "", r.ID); ok {
		t.Remove(before)
	}
}
