package cloud

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Options say how a cloud behaves. The zero value is a cloud in memory in which nothing takes time.
type Options struct {
	Dir     string   // where the cloud is kept between commands; empty: in memory only
	AtClose bool     // Dir is written when the cloud is closed, not after each change: for runs that nobody kills
	Account *Account // what the account holds at first; nil: DefaultAccount
	Seed    uint64   // makes ids, lengths and delays differ between clouds
	// Clock is how time passes. nil: the cloud is timeless: nothing takes time, everything is seen everywhere at once, and
	// nothing that AWS refuses is tried again.
	Clock  Clock
	Length LengthFunc // how long AWS takes; nil: Seeded
	Lags   uint64     // makes how late services see what is new differ where the ids are to be the same; 0: Seed does
	Faults *Faults    // what goes wrong on purpose; nil: nothing
	// Slow is added to the creation time of a type, in real time, for tests of what happens meanwhile.
	Slow map[string]time.Duration
}

// Cloud is one AWS account. Its methods may be called from many goroutines.
type Cloud struct {
	mu        sync.Mutex
	account   *Account
	clock     Clock
	timeless  bool
	ahead     time.Duration // how far the cloud's time is ahead of the clock's: an earlier run may have passed more time
	seed      uint64
	length    LengthFunc
	lags      uint64
	faults    *Faults
	slow      map[string]time.Duration
	store     *store
	serial    int
	made      map[string]int // calls done, by token, but for deletions that drew no id
	resources map[key]*Resource
	byType    map[string][]*Resource              // in order of creation
	index     map[index]*Resource                 // what a reference finds
	inbound   map[*Resource]map[*Resource]*Holder // who points at a resource
	outbound  map[*Resource][]*Resource           // whom a resource points at
	owned     map[key][]*Resource                 // what AWS made along with a resource, by ownerKey
	leaving   []*Resource                         // what is being deleted
	remnants  []Remnant
	objects   *ObjectStore      // what the buckets hold
	recorded  map[string]Access // requests since Record; nil: none are remembered
}

type key struct{ Type, Region, ID string }

type index struct{ Type, Region, Property, Value string }

// Holder is one reference that keeps its target in use.
type Holder struct {
	By   *Resource
	Path string
	// Until is when a reference of something that is gone already stops counting; zero while By exists.
	Until time.Time
}

// Remnant is what a deletion leaves behind and a later creation can meet: a final snapshot, a key pending deletion, a
// secret in its recovery window.
type Remnant struct {
	What   string    `json:"what"` // snapshot, key, secret, taskDefinition, ...
	Type   string    `json:"type"` // type token of what left it
	Region string    `json:"region,omitempty"`
	Name   string    `json:"name"` // the name it keeps taken
	Since  time.Time `json:"since"`
	Until  time.Time `json:"until,omitzero"` // when AWS removes it by itself; zero: never
	State  Map       `json:"state,omitempty"`
	Brief  bool      `json:"brief,omitempty"` // only for the moments that AWS needs to give a name up
}

func keyOf(r *Resource) key { return key{r.Type, r.Region, r.ID} }

// Open returns the cloud kept in opts.Dir, or a new account. The directory is locked until Close, since two writers
// would lose each other's resources; a lock held elsewhere is an error that names its holder.
func Open(opts Options) (*Cloud, error) {
	c := newCloud(opts)
	if opts.Dir != "" {
		s, err := openStore(opts.Dir, opts.Seed, opts.AtClose)
		if err != nil {
			return nil, fmt.Errorf("open offline cloud in %s: %w", opts.Dir, err)
		}
		c.store = s
		if err := c.load(); err != nil {
			return nil, errors.Join(fmt.Errorf("read offline cloud in %s: %w", opts.Dir, err), s.close())
		}
		if err := c.objects.load(); err != nil {
			return nil, errors.Join(fmt.Errorf("read offline buckets in %s: %w", opts.Dir, err), s.close())
		}
	}
	t := &Tx{c: c}
	services.Declare(t)
	if err := c.save(t); err != nil {
		return nil, errors.Join(fmt.Errorf("write offline cloud in %s: %w", opts.Dir, err), c.Close())
	}
	return c, nil
}

// room is how many things an account's maps can take before they have to grow: those of a region.
const room = 300

// newCloud returns a cloud with nothing in it, not even what the account declares.
func newCloud(opts Options) *Cloud {
	c := &Cloud{
		account: opts.Account, clock: opts.Clock, timeless: opts.Clock == nil, seed: opts.Seed, length: opts.Length, faults: opts.Faults,
		slow: opts.Slow, made: make(map[string]int, room), resources: make(map[key]*Resource, room), byType: map[string][]*Resource{},
		index: make(map[index]*Resource, room), inbound: make(map[*Resource]map[*Resource]*Holder, room), outbound: make(map[*Resource][]*Resource, room), owned: map[key][]*Resource{},
		objects: newObjects(opts.Dir),
	}
	if c.account == nil {
		c.account = DefaultAccount()
	}
	if c.timeless {
		c.clock = Wall{Time: time.Now}
	}
	if c.length == nil {
		c.length = Seeded(opts.Seed)
	}
	if c.lags = opts.Lags; c.lags == 0 {
		c.lags = opts.Seed
	}
	return c
}

// Close releases the directory. The time that passed since the last change is kept, so that it never goes back.
func (c *Cloud) Close() error {
	if c.store == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var saved error
	if c.store.written && (c.store.atClose || !c.timeless) {
		saved = c.writeFile()
	}
	return errors.Join(saved, c.objects.close(), c.store.close())
}

// Account returns what was declared of the account.
func (c *Cloud) Account() *Account { return c.account }

// Create makes a resource and returns its id and state. On a refusal nothing is left behind.
func (c *Cloud) Create(ctx context.Context, region, typ string, inputs Map) (id string, state Map, err error) {
	return c.Run(ctx, c.StartCreate(region, typ, "", inputs))
}

// Update gives a resource new inputs and returns its new state.
func (c *Cloud) Update(ctx context.Context, region, typ, id string, inputs Map) (Map, error) {
	_, state, err := c.Run(ctx, c.StartUpdate(region, typ, id, inputs))
	return state, err
}

// Delete removes a resource, with what StartDelete says of inputs.
func (c *Cloud) Delete(ctx context.Context, region, typ, id string, inputs Map) error {
	_, _, err := c.Run(ctx, c.StartDelete(region, typ, id, inputs))
	return err
}

// wait passes real time that a test asked for, whatever the clock's scale.
func (c *Cloud) wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	return NewWall(time.Now, 1).Sleep(ctx, d)
}

// Now returns the cloud's time.
func (c *Cloud) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Cloud) now() time.Time { return c.clock.Now().Add(c.ahead) }

func (c *Cloud) snapshot(r *Resource) Map {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Clone(r.State)
}

func (c *Cloud) create(t *Tx, k *Kind, r *Resource) error {
	if err := c.check(t, k, r, nil); err != nil {
		return err
	}
	if err := c.underQuota(k, r); err != nil {
		return err
	}
	if k.Create != nil {
		if err := k.Create(t, r); err != nil {
			return err
		}
	}
	k.tag(r)
	if r.ID == "" {
		return fmt.Errorf("%s: handler gave no id", k.Type)
	}
	if there, taken := c.resources[keyOf(r)]; taken {
		switch {
		case k.Overwrites: // nothing refers to such a type
			c.drop(there)
			c.unlist(there)
		case len(k.Unique) == 0:
			return fmt.Errorf("%s: id %s exists already", k.Type, r.ID)
		default: // the handler made one name of two that differ, such as in their case
			f := k.Unique[0].Refusal.Fill("{id}", r.ID, "{name}", r.Name(), "{value}", r.ID)
			return k.refusal(k.call("Create", k.CreateCall), f, r.ID)
		}
	}
	c.serial++
	r.Serial = c.serial
	r.State["id"] = k.Shown(r)
	c.put(t, k, r)
	return nil
}

// update gives a resource new inputs, or leaves it as it was.
func (c *Cloud) update(t *Tx, k *Kind, r *Resource, inputs Map) error {
	before := *r
	next := before
	next.Inputs, next.State, next.Hidden = Clone(inputs), merge(k, r, inputs), Clone(r.Hidden)
	if err := c.check(t, k, &next, r); err != nil {
		return err
	}
	c.drop(r)
	*r = next
	if k.Update != nil {
		if err := k.Update(t, r, before.State); err != nil {
			*r = before
			c.put(t, k, r)
			return err
		}
	}
	k.tag(r)
	c.put(t, k, r)
	return nil
}

// remove begins the deletion of a resource, which AWS has done by the given time. Until then its name stays taken and
// what it stands on stays in use.
func (c *Cloud) remove(t *Tx, k *Kind, r *Resource, by time.Time) error {
	if r.Declared {
		return fmt.Errorf("delete %s %s: the account's declared list holds it", k.Type, r.ID)
	}
	holders := c.holders(r)
	if k.GoesAfter {
		holders = slices.DeleteFunc(holders, func(h *Holder) bool { return !h.By.Gone.IsZero() })
	}
	if len(holders) > 0 && k.InUse.Code != "" {
		f := k.InUse.Fill("{id}", r.ID, "{name}", r.Name(), "{by}", holders[0].By.ID)
		return k.refusal(k.call("Delete", k.DeleteCall), f, r.ID)
	}
	if k.Delete != nil {
		if err := k.Delete(t, r); err != nil {
			return err
		}
	}
	if c.timeless || !by.After(c.now()) {
		c.erase(t, r)
		return nil
	}
	r.Gone = by
	c.leaving = append(c.leaving, r)
	t.touched(r)
	return nil
}

// settle takes out of the account what AWS has deleted by now, and reports whether there was anything.
func (c *Cloud) settle(now time.Time) bool {
	before := len(c.leaving)
	if before == 0 {
		return false
	}
	c.leaving = slices.DeleteFunc(c.leaving, func(r *Resource) bool {
		if r.Gone.After(now) {
			return false
		}
		t := &Tx{c: c, Region: r.Region}
		c.erase(t, r)
		for _, r := range t.changed {
			c.forget(r)
		}
		return true
	})
	return len(c.leaving) < before
}

// erase takes a resource out of the account, together with what AWS made along with it.
func (c *Cloud) erase(t *Tx, r *Resource) {
	stood := c.outbound[r]
	c.drop(r)
	c.linger(r, stood)
	delete(c.resources, keyOf(r))
	delete(c.inbound, r)
	c.unlist(r)
	t.touched(r)
	owned := ownerKey(r.Region, r.ID)
	for _, other := range c.owned[owned] {
		if c.resources[keyOf(other)] == other {
			c.erase(t, other)
		}
	}
	delete(c.owned, owned)
}

// unlist takes a resource out of those of its type.
func (c *Cloud) unlist(r *Resource) {
	if i := slices.Index(c.byType[r.Type], r); i >= 0 {
		c.byType[r.Type] = slices.Delete(c.byType[r.Type], i, i+1)
	}
}

// ownerKey is under what those things are found that AWS made along with a resource.
func ownerKey(region, id string) key { return key{Region: region, ID: id} }

func (c *Cloud) holders(r *Resource) []*Holder {
	held := c.inbound[r]
	if len(held) == 0 {
		return nil
	}
	out, now := make([]*Holder, 0, len(held)), c.now()
	for _, h := range held {
		if h.Until.IsZero() || now.Before(h.Until) {
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b *Holder) int { return a.By.Serial - b.By.Serial })
	return out
}

func (k *Kind) region(region string) string {
	if k.Global {
		return ""
	}
	return region
}

// merge gives the state after new inputs: what AWS computed stays, inputs that are gone fall back to their default, or stay
// where the provider leaves them alone.
func merge(k *Kind, r *Resource, inputs Map) Map {
	state := withDefaults(k, inputs)
	if t := k.facts(); t != nil {
		t.Keep(state, r.State)
	}
	for p, v := range r.State {
		_, given := state[p]
		_, was := r.Inputs[p]
		if !given && !was {
			state[p] = Clone(v)
		}
	}
	return state
}
