package cloud

import (
	"fmt"
	"slices"
)

// Read returns the inputs and the state of a resource. The error is a *NotFound when there is none.
func (c *Cloud) Read(region, typ, id string) (inputs, state Map, err error) {
	k, ok := kinds[typ]
	if !ok {
		return nil, nil, fmt.Errorf("%s: the offline AWS does not know this resource type", typ)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.settle(c.now()) { // whoever is told that something is gone must not find it again after a kill
		if err := c.save(&Tx{c: c}); err != nil {
			return nil, nil, err
		}
	}
	r, err := c.lookup(k, region, id)
	if err != nil {
		return nil, nil, err
	}
	if !r.Gone.IsZero() {
		return nil, nil, &NotFound{typ, k.region(region), id}
	}
	c.noteAll(&Tx{c: c, Region: region}, Reading, r)
	if k.Read != nil {
		k.Read(&Tx{c: c, Region: region}, r)
	}
	return Clone(r.Inputs), Clone(r.State), nil
}

// List returns copies of all resources but those that AWS made along with another, in order of creation.
func (c *Cloud) List() []Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(c.now())
	var out []Resource
	for _, r := range c.resources {
		if r.Owner != "" || !r.Gone.IsZero() {
			continue
		}
		copied := *r
		copied.Inputs, copied.State = Clone(r.Inputs), Clone(r.State)
		out = append(out, copied)
	}
	slices.SortFunc(out, func(a, b Resource) int { return a.Serial - b.Serial })
	return out
}

// Remnants returns what deletions left behind, in order.
func (c *Cloud) Remnants() []Remnant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.remnants)
}

// lookup finds a resource by the provider's id. The error is a *NotFound.
func (c *Cloud) lookup(k *Kind, region, id string) (*Resource, error) {
	r, ok := c.resources[key{k.Type, k.region(region), id}]
	if !ok && k.ShownID != "" {
		r, ok = c.latest(k.Type, k.region(region), k.ShownID, id)
	}
	if !ok {
		return nil, &NotFound{k.Type, k.region(region), id}
	}
	return r, nil
}

// latest finds the youngest resource of a type whose property has the value.
func (c *Cloud) latest(typ, region, property, value string) (found *Resource, ok bool) {
	for _, r := range c.byType[typ] {
		if r.Region == region && r.Str(property) == value && (found == nil || r.Serial > found.Serial) {
			found = r
		}
	}
	return found, found != nil
}

// Shown returns what the provider calls the resource's id.
func (k *Kind) Shown(r *Resource) string {
	if k.ShownID != "" {
		return r.Str(k.ShownID)
	}
	return r.ID
}
