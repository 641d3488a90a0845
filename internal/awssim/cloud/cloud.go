package cloud

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Options say how a cloud behaves. The zero value is a cloud in memory in which nothing takes time.
type Options struct {
	Dir     string   // where the cloud is kept between commands; empty: in memory only
	Account *Account // what the account holds at first; nil: DefaultAccount
	Clock   Clock    // nil: no time passes while waiting
	Seed    uint64   // makes ids differ between clouds
	// Slow is added to the creation time of a type, for tests of what happens meanwhile.
	Slow map[string]time.Duration
}

// Cloud is one AWS account. Its methods may be called from many goroutines.
type Cloud struct {
	mu        sync.Mutex
	account   *Account
	clock     Clock
	seed      uint64
	slow      map[string]time.Duration
	store     *store
	serial    int
	resources map[key]*Resource
	index     map[index]*Resource     // what a reference finds
	inbound   map[key]map[key]*Holder // who points at a resource
	outbound  map[key][]key           // whom a resource points at
	remnants  []Remnant
}

type key struct{ Type, Region, ID string }

type index struct{ Type, Region, Property, Value string }

// Holder is one reference that keeps its target in use.
type Holder struct {
	By   *Resource
	Path string
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
}

func keyOf(r *Resource) key { return key{r.Type, r.Region, r.ID} }

// Open returns the cloud kept in opts.Dir, or a new account. The directory is locked until Close, since two writers
// would lose each other's resources; a lock held elsewhere is an error that names its holder.
func Open(opts Options) (*Cloud, error) {
	c := &Cloud{
		account: opts.Account, clock: opts.Clock, seed: opts.Seed, slow: opts.Slow,
		resources: map[key]*Resource{}, index: map[index]*Resource{},
		inbound: map[key]map[key]*Holder{}, outbound: map[key][]key{},
	}
	if c.account == nil {
		c.account = DefaultAccount()
	}
	if c.clock == nil {
		c.clock = Wall{Time: time.Now}
	}
	if opts.Dir != "" {
		s, err := openStore(opts.Dir)
		if err != nil {
			return nil, fmt.Errorf("open offline cloud in %s: %w", opts.Dir, err)
		}
		c.store = s
		if _, err := c.load(); err != nil {
			return nil, errors.Join(fmt.Errorf("read offline cloud in %s: %w", opts.Dir, err), s.close())
		}
	}
	t := &Tx{c: c}
	c.account.declare(t)
	if err := c.save(t); err != nil {
		return nil, errors.Join(fmt.Errorf("write offline cloud in %s: %w", opts.Dir, err), c.Close())
	}
	return c, nil
}

// Close releases the directory.
func (c *Cloud) Close() error {
	if c.store == nil {
		return nil
	}
	return c.store.close()
}

// Account returns what was declared of the account.
func (c *Cloud) Account() *Account { return c.account }

// Create makes a resource and returns its id and state. On a refusal nothing is left behind.
func (c *Cloud) Create(ctx context.Context, region, typ string, inputs Map) (id string, state Map, err error) {
	k, ok := kinds[typ]
	if !ok {
		return "", nil, fmt.Errorf("create %s: the offline AWS does not know this resource type", typ)
	}
	r := &Resource{Type: typ, Region: k.region(region), Inputs: Clone(inputs), State: withDefaults(k, inputs)}
	if err := c.mutate(func(t *Tx) error { return c.create(t, k, r) }, region); err != nil {
		return "", nil, k.complete(err, k.call("Create", k.CreateCall), r.ID)
	}
	if err := c.clock.Sleep(ctx, k.Timing.Create); err != nil {
		return k.shownID(r), Clone(r.State), err
	}
	return k.shownID(r), c.snapshot(r), c.wait(ctx, c.slow[typ])
}

// wait passes real time that a test asked for, whatever the clock's scale.
func (c *Cloud) wait(ctx context.Context, d time.Duration) error {
	if d == 0 {
		return nil
	}
	return Wall{Time: time.Now, Scale: 1}.Sleep(ctx, d)
}

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
	if r.ID == "" {
		return fmt.Errorf("%s: handler gave no id", k.Type)
	}
	if _, taken := c.resources[keyOf(r)]; taken {
		return fmt.Errorf("%s: id %s exists already", k.Type, r.ID)
	}
	c.serial++
	r.Serial = c.serial
	r.State["id"] = k.shownID(r)
	c.put(t, k, r)
	return nil
}

// Update gives a resource new inputs and returns its new state.
func (c *Cloud) Update(ctx context.Context, region, typ, id string, inputs Map) (Map, error) {
	k, r, err := c.find(region, typ, id)
	if err != nil {
		return nil, fmt.Errorf("update %s: %w", typ, err)
	}
	err = c.mutate(func(t *Tx) error {
		before := *r
		next := &Resource{
			Type: r.Type, Region: r.Region, ID: r.ID, Serial: r.Serial, Owner: r.Owner, Declared: r.Declared,
			Inputs: Clone(inputs), State: merge(k, r, inputs), Hidden: Clone(r.Hidden),
		}
		if err := c.check(t, k, next, r); err != nil {
			return err
		}
		c.drop(r)
		*r = *next
		if k.Update != nil {
			if err := k.Update(t, r, before.State); err != nil {
				*r = before
				c.put(t, k, r)
				return err
			}
		}
		c.put(t, k, r)
		return nil
	}, region)
	if err != nil {
		return nil, k.complete(err, k.call("Modify", k.UpdateCall), id)
	}
	if err := c.clock.Sleep(ctx, k.Timing.Update); err != nil {
		return nil, err
	}
	return c.snapshot(r), nil
}

// Read returns the inputs and the state of a resource. The error is a *NotFound when there is none.
func (c *Cloud) Read(region, typ, id string) (inputs, state Map, err error) {
	k, r, err := c.find(region, typ, id)
	if err != nil {
		return nil, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if k.Read != nil {
		k.Read(&Tx{c: c, Region: region}, r)
	}
	return Clone(r.Inputs), Clone(r.State), nil
}

// Delete removes a resource. What is gone already counts as deleted, as it does for the provider. The inputs that
// only deletion reads (whether to take a final snapshot) come from inputs, which is what the engine's state holds.
func (c *Cloud) Delete(ctx context.Context, region, typ, id string, inputs Map) error {
	if k := kinds[typ]; k != nil && k.ShownID != "" && Has(inputs, "arn") {
		id = Str(inputs, "arn") // the shown id may be a younger resource's by now
	}
	k, r, err := c.find(region, typ, id)
	if gone, _ := errors.AsType[*NotFound](err); gone != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", typ, err)
	}
	err = c.mutate(func(t *Tx) error {
		for _, p := range k.DeleteOnly {
			if v, ok := inputs[p]; ok {
				r.State[p] = Clone(v)
			}
		}
		return c.remove(t, k, r)
	}, region)
	if err != nil {
		return k.complete(err, k.call("Delete", k.DeleteCall), id)
	}
	return c.clock.Sleep(ctx, k.Timing.Delete)
}

func (c *Cloud) remove(t *Tx, k *Kind, r *Resource) error {
	if r.Declared {
		return fmt.Errorf("delete %s %s: the account's declared list holds it", k.Type, r.ID)
	}
	if by := c.holders(r); len(by) > 0 && k.InUse.Code != "" {
		f := k.InUse.fill("{id}", r.ID, "{name}", r.Name(), "{by}", by[0].By.ID)
		return k.refusal(k.call("Delete", k.DeleteCall), f, r.ID)
	}
	if k.Delete != nil {
		if err := k.Delete(t, r); err != nil {
			return err
		}
	}
	c.erase(t, r)
	return nil
}

// erase takes a resource out of the account, together with what AWS made along with it.
func (c *Cloud) erase(t *Tx, r *Resource) {
	c.drop(r)
	delete(c.resources, keyOf(r))
	delete(c.inbound, keyOf(r))
	t.touched(r)
	for _, other := range c.resources {
		if other.Owner == r.ID && other.Region == r.Region {
			c.erase(t, other)
		}
	}
}

func (c *Cloud) holders(r *Resource) []*Holder {
	return slices.SortedFunc(maps.Values(c.inbound[keyOf(r)]), func(a, b *Holder) int { return a.By.Serial - b.By.Serial })
}

// List returns copies of all resources but those that AWS made along with another, in order of creation.
func (c *Cloud) List() []Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Resource
	for _, r := range c.resources {
		if r.Owner != "" {
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

func (c *Cloud) find(region, typ, id string) (*Kind, *Resource, error) {
	k, ok := kinds[typ]
	if !ok {
		return nil, nil, fmt.Errorf("%s: the offline AWS does not know this resource type", typ)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.resources[key{typ, k.region(region), id}]
	if !ok && k.ShownID != "" {
		r, ok = c.latest(typ, k.region(region), k.ShownID, id)
	}
	if !ok {
		return k, nil, &NotFound{typ, k.region(region), id}
	}
	return k, r, nil
}

// latest finds the youngest resource of a type whose property has the value.
func (c *Cloud) latest(typ, region, property, value string) (found *Resource, ok bool) {
	for _, r := range c.resources {
		if r.Type == typ && r.Region == region && r.Str(property) == value && (found == nil || r.Serial > found.Serial) {
			found = r
		}
	}
	return found, found != nil
}

// shownID returns what the provider calls the resource's id.
func (k *Kind) shownID(r *Resource) string {
	if k.ShownID != "" {
		return r.Str(k.ShownID)
	}
	return r.ID
}

// mutate runs one change under the lock and saves it.
func (c *Cloud) mutate(f func(*Tx) error, region string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &Tx{c: c, Region: region}
	if err := f(t); err != nil {
		return err
	}
	return c.save(t)
}

func (k *Kind) region(region string) string {
	if k.Global {
		return ""
	}
	return region
}

func withDefaults(k *Kind, inputs Map) Map {
	state := Clone(inputs)
	if state == nil {
		state = Map{}
	}
	for p, v := range k.Defaults {
		if _, ok := state[p]; !ok {
			state[p] = Clone(v)
		}
	}
	return state
}

// merge gives the state after new inputs: what AWS computed stays, inputs that are gone fall back to their default.
func merge(k *Kind, r *Resource, inputs Map) Map {
	state := withDefaults(k, inputs)
	for p, v := range r.State {
		_, given := state[p]
		_, was := r.Inputs[p]
		if !given && !was {
			state[p] = Clone(v)
		}
	}
	return state
}
