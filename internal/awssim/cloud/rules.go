package cloud

import (
	"strconv"
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
			answer := ref.Missing
			target, ok := c.target(r, ref, value)
			if ok && (ref.Unseen.Code == "" || t.Visible(target, k.Service)) {
				continue
			}
			if ok {
				answer = ref.Unseen
			}
			return k.refusal(op, answer.Fill("{id}", r.ID, "{name}", r.Name(), "{value}", value), r.ID)
		}
	}
	for _, u := range k.Unique {
		if other := c.duplicate(k, r, u); other != nil {
			f := u.Refusal.Fill("{id}", other.ID, "{name}", r.Name(), "{value}", Str(r.State, u.Props[0]))
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
		return there(c.resources[key{ref.To, region, value}])
	}
	return there(c.index[index{ref.To, region, ref.Key, value}])
}

func (c *Cloud) duplicate(k *Kind, r *Resource, u Unique) *Resource {
	values := make([]string, len(u.Props))
	for i, p := range u.Props {
		if values[i] = Str(r.State, p); values[i] == "" {
			return nil
		}
	}
	for _, other := range c.byType[k.Type] {
		if other.ID == r.ID && r.ID != "" || other.Region != r.Region && !u.Anywhere {
			continue
		}
		same := true
		for i, p := range u.Props {
			same = same && Str(other.State, p) == values[i]
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
	n, within := 0, Str(r.State, k.Quota.Per)
	for _, other := range c.byType[k.Type] {
		if other.Region == r.Region && (k.Quota.Per == "" || Str(other.State, k.Quota.Per) == within) {
			n++
		}
	}
	if n < k.Quota.Max {
		return nil
	}
	return k.refusal(k.call("Create", k.CreateCall), k.Quota.Refusal.Fill("{value}", strconv.Itoa(k.Quota.Max)), r.ID)
}

// put enters a resource into the account and all indexes.
func (c *Cloud) put(t *Tx, k *Kind, r *Resource) {
	c.enter(r)
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

// enter puts a resource into the account, but into no index of references.
func (c *Cloud) enter(r *Resource) {
	self := keyOf(r)
	if c.resources[self] == r {
		return
	}
	c.resources[self] = r
	c.byType[r.Type] = append(c.byType[r.Type], r)
	if r.Owner != "" {
		owner := ownerKey(r.Region, r.Owner)
		c.owned[owner] = append(c.owned[owner], r)
	}
}

func (c *Cloud) hold(target, by *Resource, path string) {
	if target == by {
		return
	}
	held := c.inbound[target]
	if held == nil {
		held = map[*Resource]*Holder{}
		c.inbound[target] = held
	}
	held[by] = &Holder{By: by, Path: path}
	c.outbound[by] = append(c.outbound[by], target)
}

// drop takes a resource out of the indexes, but leaves it in the account.
func (c *Cloud) drop(r *Resource) {
	for _, p := range kinds[r.Type].Keys {
		i := index{r.Type, r.Region, p, r.Str(p)}
		if c.index[i] == r {
			delete(c.index, i)
		}
	}
	for _, to := range c.outbound[r] {
		delete(c.inbound[to], r)
	}
	delete(c.outbound, r)
}

// linger keeps in use, for as long as AWS takes to let go of it, what a resource stood on that is gone.
func (c *Cloud) linger(r *Resource, stood []*Resource) {
	spread := kinds[r.Type].ReleaseDelay
	if c.timeless || spread.Max == 0 {
		return
	}
	until := r.Gone.Add(spread.At(fraction(c.lags, r.Type, r.ID, "linger")))
	for _, to := range stood {
		if held := c.inbound[to]; held != nil {
			held[r] = &Holder{By: r, Until: until}
		}
	}
}
