package gate

import (
	"time"

	"github.com/deepstreamhub/platform/internal/plan"
)

// expiresTag is the tag that says when a short-lived stack may be taken down, in RFC 3339.
const expiresTag = "expires"

// Expired reports when a stack was to be taken down, and whether that is over. A stack of which any resource says nothing
// readable, or that says nothing at all, has not expired: nothing is taken down by mistake.
func Expired(s plan.State, now time.Time) (at time.Time, expired bool) {
	for _, r := range s.Resources {
		tags, _ := r.Inputs["tags"].(map[string]any)
		value, has := tags[expiresTag]
		if !has {
			continue
		}
		text, _ := value.(string)
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return time.Time{}, false
		}
		if t.After(at) {
			at = t
		}
	}
	return at, !at.IsZero() && now.After(at)
}
