package cloud

import (
	"slices"
	"strconv"
	"time"
)

// Enter looks at the account from a region until leave is called. Nobody else changes it meanwhile.
func (c *Cloud) Enter(region string) (t *Tx, leave func()) {
	c.mu.Lock()
	return &Tx{c: c, Region: region}, c.mu.Unlock
}

// Change makes one change in a region that is nobody's call, and saves it.
func (c *Cloud) Change(region string, f func(*Tx) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(c.now())
	c.serial++
	t := &Tx{c: c, Region: region, salt: "mutation/" + strconv.Itoa(c.serial)}
	if err := f(t); err != nil {
		return err
	}
	return c.save(t)
}

// Contents is what the buckets hold. Its contents are read and written without the account's lock, its index within Enter.
func (c *Cloud) Contents() *ObjectStore { return c.objects }

// Contents is what the buckets hold.
func (t *Tx) Contents() *ObjectStore { return t.c.objects }

// In is the same account seen from another region.
func (t *Tx) In(region string) *Tx { return &Tx{c: t.c, Region: region} }

// Seed tells accounts apart that are alike else.
func (t *Tx) Seed() uint64 { return t.c.seed }

// Count returns a number that no earlier call returned.
func (t *Tx) Count() int {
	t.c.serial++
	return t.c.serial
}

// Note remembers a request, where requests are recorded.
func (t *Tx) Note(a Access) { t.c.note(a) }

// Listed returns all resources that are not AWS's own along with another, whatever their type, in order of creation.
func (t *Tx) Listed() []*Resource {
	var out []*Resource
	for _, r := range t.c.resources {
		if r.Owner == "" {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b *Resource) int { return a.Serial - b.Serial })
	return out
}

// Lookup finds a resource by the provider's id, one that is being deleted too. The error is a *NotFound.
func (t *Tx) Lookup(k *Kind, id string) (*Resource, error) { return t.c.lookup(k, t.Region, id) }

// Began makes a resource of a type that has only been asked for.
func (t *Tx) Began(k *Kind, id string, inputs Map) *Resource {
	return &Resource{Type: k.Type, Region: k.region(t.Region), ID: id, Inputs: inputs, State: withDefaults(k, inputs)}
}

// Delete begins the deletion of a resource that goes with another.
func (t *Tx) Delete(r *Resource) error { return t.c.remove(t, kinds[r.Type], r, t.Now()) }

// Repoint changes what a resource refers to.
func (t *Tx) Repoint(r *Resource, change func()) {
	t.c.drop(r)
	change()
	t.c.put(t, kinds[r.Type], r)
}

// Remnants returns what deletions left behind, in all regions and in order.
func (t *Tx) Remnants() []Remnant { return t.c.remnants }

// AddRemnant adds one that is told whole.
func (t *Tx) AddRemnant(m Remnant) { t.c.remnants = append(t.c.remnants, m) }

// RemoveRemnants removes some of them.
func (t *Tx) RemoveRemnants(which func(Remnant) bool) {
	t.c.remnants = slices.DeleteFunc(t.c.remnants, which)
}

// Leaving returns what AWS is still deleting under an id.
func (t *Tx) Leaving(typ, id string) (*Resource, bool) {
	r := t.c.resources[key{typ, kinds[typ].region(t.Region), id}]
	return r, r != nil && !r.Gone.IsZero()
}

// Releases keeps a name taken for the moments that AWS needs to give it up after a deletion. Where nothing takes time it
// is free at once.
func (t *Tx) Releases(what string, r *Resource, name string, after time.Duration) {
	if !t.c.timeless {
		t.Leave(what, r, name, t.Now().Add(after), nil)
		t.c.remnants[len(t.c.remnants)-1].Brief = true
	}
}

// Declare puts into a cloud what the account has by itself, unless it is there. fill adds what AWS computes.
func (t *Tx) Declare(typ, id string, inputs Map, fill func(r *Resource)) {
	if _, there := t.Find(typ, "", id); there {
		return
	}
	t.c.serial++
	r := &Resource{Type: typ, ID: id, Serial: t.c.serial, Declared: true, Inputs: inputs, State: withDefaults(kinds[typ], inputs)}
	r.State["id"] = id
	fill(r)
	kinds[typ].tag(r)
	t.c.put(t, kinds[typ], r)
}

// Place puts something into the account that no call has made, such as what a test needs of another service. It is in no index.
func (t *Tx) Place(r *Resource) {
	t.c.serial++
	r.Serial = t.c.serial
	t.c.enter(r)
}
