package cloud

import (
	"fmt"
)

// Import returns what the provider calls the id of the resource that an import's id names. The error is a *NotFound
// when there is none.
func (c *Cloud) Import(region, typ, importID string) (id string, err error) {
	k, ok := kinds[typ]
	if !ok {
		return "", fmt.Errorf("%s: the offline AWS does not know this resource type", typ)
	}
	if k.NoImport {
		return "", fmt.Errorf("resource %s doesn't support import", typ)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.resources {
		if r.Type != typ || r.Region != k.region(region) || r.Owner != "" {
			continue
		}
		if k.ImportID == nil && k.Shown(r) == importID || k.ImportID != nil && k.ImportID(r) == importID {
			return k.Shown(r), nil
		}
	}
	return "", &NotFound{typ, k.region(region), importID}
}
