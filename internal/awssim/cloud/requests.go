package cloud

import (
	"fmt"
	"maps"
	"slices"
)

// Access is one request to AWS as IAM decides on it.
type Access struct {
	Action   string            // ec2:CreateVpc
	Resource string            // ARN, or * for an action without resource types
	Context  map[string]string // condition keys, in lower case
	For      string            // verb and type of what it was made for, such as create aws:ec2/vpc:Vpc
}

// Record has the cloud remember, from now on, every request that is made to it. Requests are those that IAM would be asked
// about: one operation on a resource is several.
func (c *Cloud) Record() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.recorded = map[string]Access{}
}

// Recorded returns the distinct requests since Record, sorted.
func (c *Cloud) Recorded() []Access {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []Access
	for _, k := range slices.Sorted(maps.Keys(c.recorded)) {
		out = append(out, c.recorded[k])
	}
	return out
}

// note remembers a request.
func (c *Cloud) note(a Access) {
	if c.recorded != nil {
		c.recorded[fmt.Sprint(a.For, a.Action, a.Resource, a.Context)] = a
	}
}

// noteAll remembers the requests of one operation on a resource.
func (c *Cloud) noteAll(t *Tx, v Verb, r *Resource) {
	if c.recorded == nil {
		return
	}
	for _, a := range services.Requests(t, v, r, r.Inputs) {
		c.note(a)
	}
}

// Reading is what a refresh and an import do to a resource.
const Reading Verb = "read"
