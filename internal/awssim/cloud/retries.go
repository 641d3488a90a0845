package cloud

import "time"

// repeated is a refusal that the provider answers by repeating the call: the source of the rule and AWS's code.
type repeated struct{ Rule, Code string }

// retries says for how long it does. What does not stand here fails at once. The lengths are the provider's own
// constants; the source of each is that of its rule.
var retries = map[repeated]time.Duration{}
