package cloud

// computed fills in what AWS chooses for inputs that were not given.
func computed(r *Resource, chosen Map) {
	for p, v := range chosen {
		if !Has(r.State, p) {
			r.State[p] = Clone(v)
		}
	}
}

// keep leaves optional inputs that AWS also computes as they were when the program gives them no longer.
func keep(r *Resource, old Map, properties ...string) {
	for _, p := range properties {
		if v, had := old[p]; had && !Has(r.State, p) {
			r.State[p] = Clone(v)
		}
	}
}

// nameOrPrefixed returns a resource's name, or one made from its prefix as the provider does. Both are in the state
// afterwards.
func nameOrPrefixed(t *Tx, r *Resource, property, prefix string) string {
	name := r.Str(property)
	if name == "" {
		name = r.Str(prefix) + uniqueSuffix(t)
		r.State[property] = name
	}
	if !Has(r.State, prefix) {
		r.State[prefix] = ""
	}
	return name
}
