package cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Tx is what a handler sees of the account while it changes it.
type Tx struct {
	c       *Cloud
	Region  string // region of the call, also for global services
	call    *Call  // whose it is; nil: nobody's
	salt    string // makes its ids those of one call; empty until a call draws its first
	drawn   int    // ids so far
	changed []*Resource
}

func (t *Tx) touched(r *Resource) { t.changed = append(t.changed, r) }

// Now returns the cloud's time.
func (t *Tx) Now() time.Time { return t.c.now() }

// Visible reports whether a resource has reached another service yet, which the SDK's name of that service tells:
// a new role is known to IAM at once and to ECS some seconds later. What the account had from the start, everybody sees.
func (t *Tx) Visible(r *Resource, by string) bool {
	spread := kinds[r.Type].Propagation
	if t.c.timeless || spread.Max == 0 || r.Born.IsZero() {
		return true
	}
	delay := spread.At(fraction(t.c.lags, r.Type, r.ID, by))
	return !t.c.now().Before(r.Born.Add(delay))
}

// Account returns the account's number, twelve digits.
func (t *Tx) Account() string { return t.c.account.ID }

// Declared returns what the account was declared to hold.
func (t *Tx) Declared() *Account { return t.c.account }

// Find returns the resource of a type whose property has the value; an empty property means the id. Types of
// regional services are looked up in the call's region. What is being deleted is not found.
func (t *Tx) Find(typ, property, value string) (*Resource, bool) {
	region := t.Region
	if k := kinds[typ]; k != nil {
		region = k.region(region)
	}
	if property == "" || property == "id" {
		return there(t.c.resources[key{typ, region, value}])
	}
	return there(t.c.index[index{typ, region, property, value}])
}

// All returns the resources of a type in the call's region, in order of creation.
func (t *Tx) All(typ string) []*Resource {
	return slices.Collect(t.Each(typ))
}

// Each is All for whoever changes nothing meanwhile.
func (t *Tx) Each(typ string) iter.Seq[*Resource] {
	region := t.Region
	if k := kinds[typ]; k != nil {
		region = k.region(region)
	}
	return func(yield func(*Resource) bool) {
		for _, r := range t.c.byType[typ] {
			if r.Region == region && r.Gone.IsZero() && !yield(r) {
				return
			}
		}
	}
}

// First returns the oldest resource of a type in the call's region for which is says so.
func (t *Tx) First(typ string, is func(*Resource) bool) (*Resource, bool) {
	for r := range t.Each(typ) {
		if is(r) {
			return r, true
		}
	}
	return nil, false
}

// there is a resource that exists and is not being deleted.
func there(r *Resource) (*Resource, bool) {
	if r == nil || !r.Gone.IsZero() {
		return nil, false
	}
	return r, true
}

// Anywhere returns the resources of a type in all regions, in order of creation.
func (t *Tx) Anywhere(typ string) []*Resource {
	var out []*Resource
	for _, r := range t.c.byType[typ] {
		if r.Gone.IsZero() {
			out = append(out, r)
		}
	}
	return out
}

// Make puts into the account what AWS makes along with a resource that is being created.
func (t *Tx) Make(owner *Resource, typ, id string, state Map) {
	t.c.serial++
	state["id"] = id
	r := &Resource{
		Type: typ, Region: owner.Region, ID: id, Serial: t.c.serial, Owner: owner.ID, Inputs: Map{}, State: withDefaults(kinds[typ], state),
		Born: t.Now(),
	}
	t.c.put(t, kinds[typ], r)
}

// Remove takes a resource out of the account that goes with another, such as the rules of a security group.
func (t *Tx) Remove(r *Resource) { t.c.erase(t, r) }

// Holders returns what keeps a resource in use, in order of creation.
func (t *Tx) Holders(r *Resource) []*Holder { return t.c.holders(r) }

// Holding are the resources of a type that keep another in use by what they name, in no order.
func (t *Tx) Holding(r *Resource, typ string) iter.Seq[*Resource] {
	return func(yield func(*Resource) bool) {
		for from, h := range t.c.inbound[r] {
			if from.Type == typ && h.Until.IsZero() && h.By.Gone.IsZero() && !yield(h.By) {
				return
			}
		}
	}
}

// Save records that a handler changed another resource than its own.
func (t *Tx) Save(r *Resource) { t.touched(r) }

// Hex returns n hexadecimal digits that differ with every call, the same ones for the same seed and call.
func (t *Tx) Hex(n int) string {
	if t.call != nil && t.drawn == 0 {
		t.salt = t.call.salt()
	}
	t.drawn++
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d", t.c.seed, t.salt, t.drawn))
	return hex.EncodeToString(sum[:])[:n]
}

// Stable returns n hexadecimal digits that are the same at every call for one thing of the account in the call's region.
func (t *Tx) Stable(what string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%s/%s", t.Account(), t.Region, what))
	return hex.EncodeToString(sum[:])[:n]
}

// ID returns a new EC2-style id: the prefix, a hyphen and 17 hexadecimal digits.
func (t *Tx) ID(prefix string) string { return prefix + "-0" + t.Hex(16) }

// UUID returns a new random-looking UUID, version 4.
func (t *Tx) UUID() string {
	h := t.Hex(32)
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "8" + h[17:20], h[20:]}, "-")
}

// ARN returns the ARN of a resource of a regional service in the call's region.
func (t *Tx) ARN(service, resource string) string {
	return "arn:aws:" + service + ":" + t.Region + ":" + t.Account() + ":" + resource
}

// GlobalARN returns the ARN of a resource of a service without regions.
func (t *Tx) GlobalARN(service, resource string) string {
	return "arn:aws:" + service + "::" + t.Account() + ":" + resource
}

// Leave records what a deletion leaves behind. A zero time means that AWS keeps it until somebody removes it.
func (t *Tx) Leave(what string, r *Resource, name string, until time.Time, state Map) {
	t.c.remnants = append(t.c.remnants, Remnant{
		What: what, Type: r.Type, Region: r.Region, Name: name, Since: t.Now(), Until: until, State: state,
	})
}

// Remnant returns the latest remnant of that kind and name which AWS still keeps in the call's region.
func (t *Tx) Remnant(what, name string) (Remnant, bool) {
	for _, m := range slices.Backward(t.c.remnants) {
		if m.What == what && m.Name == name && (m.Region == t.Region || m.Region == "") &&
			(m.Until.IsZero() || t.Now().Before(m.Until)) {
			return m, true
		}
	}
	return Remnant{}, false
}
