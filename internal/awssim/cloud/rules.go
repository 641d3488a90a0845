package cloud

import (
	"strings"
)

// check holds the rules that every type shares: what the inputs point at exists, and what must be unique is. old is
// nil for a creation.
func (c *Cloud) check(t *Tx, k *Kind, r, old *Resource) error {
	op := k.call("Create", k.CreateCall)
	if old != nil {
		op = k.call("Modify", k.UpdateCall)
	}
	for i := range k.Refs {
		ref := &k.Refs[i]
		for _, value := range Strs(r.State, ref.Path) {
			if ref.skips(value) {
				continue
			}
			if _, ok := c.target(r, ref, value); !ok {
				f := ref.Missing.fill("{id}", r.ID, "{name}", r.Name(), "{value}", value)
				return k.refusal(op, f, r.ID)
			}
		}
	}
	for _, u := range k.Unique {
		if other := c.duplicate(k, r, u); other != nil {
			f := u.Refusal.fill("{id}", other.ID, "{name}", r.Name(), "{value}", Str(r.State, u.Props[0]))
			return k.refusal(op, f, r.ID)
		}
	}
	return nil
}

func (ref *Ref) skips(value string) bool {
	return value == "" || ref.Except != "" && strings.HasPrefix(value, ref.Except)
}

// target finds what a reference names: a resource of the same region, or of a global service.
func (c *Cloud) target(r *Resource, ref *Ref, value string) (*Resource, bool) {
	region := r.Region
	to := kinds[ref.To]
	if to == nil {
		return nil, false
	}
	if to.Global {
		region = ""
	}
	if ref.Key == "" || ref.Key == "id" {
		found, ok := c.resources[key{ref.To, region, value}]
		return found, ok
	}
	found, ok := c.index[index{ref.To, region, ref.Key, value}]
	return found, ok
}

func (c *Cloud) duplicate(k *Kind, r *Resource, u Unique) *Resource {
	for _, other := range c.resources {
		if other.Type != k.Type || other.ID == r.ID && r.ID != "" || other.Region != r.Region && !u.Anywhere {
			continue
		}
		same := true
		for _, p := range u.Props {
			a, b := Str(other.State, p), Str(r.State, p)
			same = same && a == b && a != ""
		}
		if same {
			return other
		}
	}
	return nil
}

func (c *Cloud) underQuota(k *Kind, r *Resource) error {
	if k.Quota == nil {
		return nil
	}
	n := 0
	for _, other := range c.resources {
		if other.Type == k.Type && other.Region == r.Region &&
			(k.Quota.Per == "" || Str(other.State, k.Quota.Per) == Str(r.State, k.Quota.Per)) {
			n++
		}
	}
	if n < k.Quota.Max {
		return nil
	}
	return k.refusal(k.call("Create", k.CreateCall), k.Quota.Refusal.fill("{value}", number(k.Quota.Max)), r.ID)
}

// put enters a resource into the account and all indexes.
func (c *Cloud) put(t *Tx, k *Kind, r *Resource) {
	self := keyOf(r)
	c.resources[self] = r
	for _, p := range k.Keys {
		if v := r.Str(p); v != "" {
			c.index[index{k.Type, r.Region, p, v}] = r
		}
	}
	for i := range k.Refs {
		ref := &k.Refs[i]
		if ref.Free {
			continue
		}
		for _, value := range Strs(r.State, ref.Path) {
			if target, ok := c.target(r, ref, value); ok && !ref.skips(value) && target.ID != r.Owner {
				c.hold(target, r, ref.Path)
			}
		}
	}
	if k.Holds != nil {
		for _, target := range k.Holds(t, r) {
			c.hold(target, r, "")
		}
	}
	t.touched(r)
}

func (c *Cloud) hold(target, by *Resource, path string) {
	to, from := keyOf(target), keyOf(by)
	if to == from {
		return
	}
	if c.inbound[to] == nil {
		c.inbound[to] = map[key]*Holder{}
	}
	c.inbound[to][from] = &Holder{By: by, Path: path}
	c.outbound[from] = append(c.outbound[from], to)
}

// drop takes a resource out of the indexes, but leaves it in the account.
func (c *Cloud) drop(r *Resource) {
	self := keyOf(r)
	for _, p := range kinds[r.Type].Keys {
		i := index{r.Type, r.Region, p, r.Str(p)}
		if c.index[i] == r {
			delete(c.index, i)
		}
	}
	for _, to := range c.outbound[self] {
		delete(c.inbound[to], self)
	}
	delete(c.outbound, self)
}
