package cloud

// Fork returns a copy of the cloud as it is now, in memory, that behaves as opts say; Dir and Account are the original's.
// What happens to one does not happen to the other.
func (c *Cloud) Fork(opts Options) *Cloud {
	c.mu.Lock()
	defer c.mu.Unlock()
	opts.Account, opts.Seed = c.account, c.seed
	f := newCloud(opts)
	f.serial, f.ahead = c.serial, max(0, c.now().Sub(f.clock.Now()))
	for token, n := range c.made {
		f.made[token] = n
	}
	for _, m := range c.remnants {
		m.State = Clone(m.State)
		f.remnants = append(f.remnants, m)
	}
	twin := make(map[*Resource]*Resource, len(c.resources))
	copied := func(r *Resource) *Resource {
		if twin[r] == nil {
			t := *r
			t.Inputs, t.State, t.Hidden = Clone(r.Inputs), Clone(r.State), Clone(r.Hidden)
			twin[r] = &t
		}
		return twin[r]
	}
	for k, r := range c.resources {
		f.resources[k] = copied(r)
	}
	for typ, rs := range c.byType {
		f.byType[typ] = twins(rs, copied)
	}
	for owner, rs := range c.owned {
		f.owned[owner] = twins(rs, copied)
	}
	f.leaving = twins(c.leaving, copied)
	for i, r := range c.index {
		f.index[i] = copied(r)
	}
	for to, holders := range c.inbound {
		held := make(map[*Resource]*Holder, len(holders))
		for from, h := range holders {
			held[copied(from)] = &Holder{By: copied(h.By), Path: h.Path, Until: h.Until}
		}
		f.inbound[copied(to)] = held
	}
	for from, to := range c.outbound {
		f.outbound[copied(from)] = twins(to, copied)
	}
	f.objects = c.objects.fork()
	return f
}

func twins(rs []*Resource, copied func(*Resource) *Resource) []*Resource {
	out := make([]*Resource, len(rs))
	for i, r := range rs {
		out[i] = copied(r)
	}
	return out
}
