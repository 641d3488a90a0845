package cloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// rehearsed is the kind of remnant that keeps what a resource was before it was changed for a rehearsal.
const rehearsed = "rehearsed"

// Owns reports whether a resource is of the stack that a rehearsal is for.
type Owns func(typ, id string) bool

// Locate returns where a resource is, by its type and the id that the provider shows; false when there is none.
func (c *Cloud) Locate(typ, id string) (region string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.byType[typ] {
		if r.Gone.IsZero() && (r.ID == id || kinds[typ].Shown(r) == id) {
			return r.Region, true
		}
	}
	return "", false
}

// Drift gives a resource other inputs by AWS's own call, as somebody does in the console, and remembers under a name what it
// was. What no call changes is refused, as is what AWS refuses.
func (c *Cloud) Drift(ctx context.Context, name, region, typ, id string, inputs Map, property string) error {
	k, ok := kinds[typ]
	if !ok {
		return fmt.Errorf("%s: the offline AWS does not know this resource type", typ)
	}
	if k.Replaces(property) {
		return fmt.Errorf("AWS has no call that changes %s of a %s: it would be another one", property, k.Noun)
	}
	if err := k.takes(region, property, inputs); err != nil {
		return err
	}
	if err := c.remember(name, region, k, id); err != nil {
		return err
	}
	if _, err := c.Update(ctx, region, typ, id, inputs); err != nil {
		return errors.Join(err, c.Change(region, func(t *Tx) error { t.c.forgetLast(name); return nil }))
	}
	return c.Change(region, func(t *Tx) error { return t.became(name) })
}

// takes refuses a property that a type does not have or that AWS decides, and a value that the provider would not send.
func (k *Kind) takes(region, property string, inputs Map) error {
	t := k.facts()
	if t == nil {
		return nil
	}
	names := strings.Split(stripIndexes(property), ".")
	for fields := t.Fields; fields != nil && len(names) > 0; names = names[1:] {
		p := fields[names[0]]
		if p == nil || !p.Optional && !p.Required {
			known := slices.DeleteFunc(slices.Sorted(maps.Keys(fields)), func(n string) bool { return !fields[n].Optional && !fields[n].Required })
			return fmt.Errorf("%s: %s has no such input; it has: %s", property, k.Type, strings.Join(known, ", "))
		}
		for p.Fields == nil && p.Elem != nil {
			p = p.Elem
		}
		fields = p.Fields
	}
	for _, p := range k.Problems(region, inputs) {
		if p.Path == property || strings.HasPrefix(p.Path, property+".") || strings.HasPrefix(property, p.Path+".") {
			return fmt.Errorf("%s: %s", p.Path, p.Reason)
		}
	}
	return nil
}

// Lose deletes a resource by AWS's own call, and remembers under a name what it was.
func (c *Cloud) Lose(ctx context.Context, name, region, typ, id string) error {
	k, ok := kinds[typ]
	if !ok {
		return fmt.Errorf("%s: the offline AWS does not know this resource type", typ)
	}
	if err := c.remember(name, region, k, id); err != nil {
		return err
	}
	if err := c.Delete(ctx, region, typ, id, nil); err != nil {
		return errors.Join(err, c.Change(region, func(t *Tx) error { t.c.forgetLast(name); return nil }))
	}
	return c.Change(region, func(t *Tx) error { return t.became(name) })
}

func (c *Cloud) remember(name, region string, k *Kind, id string) error {
	return c.Change(region, func(t *Tx) error {
		r, err := c.lookup(k, region, id)
		if err != nil {
			return err
		}
		return t.Remember(name, r)
	})
}

// Rehearse has something happen in a region that is nobody's call. What it changes it remembers under the name. On an error
// nothing is remembered.
func (c *Cloud) Rehearse(name, region string, happen func(t *Tx) error) error {
	before := c.Remnants()
	err := c.Change(region, func(t *Tx) error { return errors.Join(happen(t), t.became(name)) })
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.remnants = before
	}
	return err
}

// Remember keeps what a resource is now. What counts is how it was before the first change.
func (t *Tx) Remember(name string, r *Resource) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("remember %s %s: %w", r.Type, r.ID, err)
	}
	t.c.remnants = append(t.c.remnants, Remnant{What: rehearsed, Type: r.Type, Region: r.Region, Name: name, Since: t.Now(), State: Map{"id": r.ID, "was": string(raw)}})
	return nil
}

func (c *Cloud) forgetLast(name string) {
	for i, m := range slices.Backward(c.remnants) {
		if m.What == rehearsed && m.Name == name {
			c.remnants = slices.Delete(c.remnants, i, i+1)
			return
		}
	}
}

// became notes what the resources that were remembered under a name have become.
func (t *Tx) became(name string) error {
	for _, m := range t.c.remnants {
		if _, noted := m.State["became"]; noted || m.What != rehearsed || m.Name != name {
			continue
		}
		now, err := t.c.asked(key{m.Type, m.Region, Str(m.State, "id")})
		if err != nil {
			return err
		}
		m.State["became"] = now
	}
	return nil
}

// asked are the inputs of a resource as text; empty when it is gone.
func (c *Cloud) asked(k key) (string, error) {
	r, ok := c.resources[k]
	if !ok {
		return "", nil
	}
	raw, err := json.Marshal(r.Inputs)
	if err != nil {
		return "", fmt.Errorf("read %s %s: %w", k.Type, k.ID, err)
	}
	return string(raw), nil
}

// Heal puts back all that rehearsals under a name changed, as it was before the first of them, and returns what, as
// "type id". What a deployment has changed since, or made another in its place, stays as the deployment made it.
func (c *Cloud) Heal(name string, owns Owns, marks ...string) (healed []string, err error) {
	err = c.Change("", func(t *Tx) error {
		var kept []Remnant
		was, became := map[key]*Resource{}, map[key]string{} // before the first, after the last
		for _, m := range slices.Backward(c.remnants) {
			if m.What != rehearsed || m.Name != name {
				kept = append(kept, m)
				continue
			}
			r := &Resource{}
			if err := json.Unmarshal([]byte(Str(m.State, "was")), r); err != nil {
				return fmt.Errorf("heal %s %s: %w", m.Type, Str(m.State, "id"), err)
			}
			if _, later := was[keyOf(r)]; !later {
				became[keyOf(r)] = Str(m.State, "became")
			}
			was[keyOf(r)] = r
		}
		slices.Reverse(kept)
		for k, r := range was {
			if !owns(r.Type, r.ID) && !owns(r.Type, kinds[r.Type].Shown(r)) {
				continue
			}
			now, err := c.asked(k)
			if err != nil {
				return err
			}
			if now != became[k] {
				t.unmark(k, marks)
				continue
			}
			t.putBack(r)
			healed = append(healed, r.Type+" "+r.ID)
		}
		c.remnants = kept
		return nil
	})
	slices.Sort(healed)
	return healed, err
}

// unmark takes away what damages left beside the state of a resource that a deployment has changed since.
func (t *Tx) unmark(k key, marks []string) {
	r, ok := t.c.resources[k]
	if !ok {
		return
	}
	for _, mark := range marks {
		delete(r.Hidden, mark)
	}
	t.touched(r)
}

// putBack makes a resource what it was, or makes it be there again.
func (t *Tx) putBack(was *Resource) {
	there := &Tx{c: t.c, Region: was.Region}
	if now, ok := t.c.resources[keyOf(was)]; ok {
		t.c.drop(now)
		*now = *was
		was = now
	}
	t.c.put(there, kinds[was.Type], was)
	slices.SortFunc(t.c.byType[was.Type], func(a, b *Resource) int { return a.Serial - b.Serial })
	t.changed = append(t.changed, there.changed...)
}
