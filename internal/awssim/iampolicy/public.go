package iampolicy

import (
	"slices"
	"strings"
)

// narrowing are the condition keys whose fixed values make a statement for everybody not public ("The meaning of
// public", S3 User Guide).
var narrowing = strings.Fields(`aws:sourcearn aws:sourceaccount aws:sourcevpc aws:sourcevpce aws:sourceip aws:principalorgid aws:principalarn
	aws:principalaccount aws:userid s3:dataaccesspointarn s3:dataaccesspointaccount`)

// Public reports whether a statement opens something to everybody.
func (s *Statement) Public() bool {
	everybody := s.NotPrincipal || slices.ContainsFunc(s.Principals, func(p Principal) bool { return p.ID == "*" })
	if s.Deny || !everybody {
		return false
	}
	return !slices.ContainsFunc(s.Conditions, func(c Condition) bool {
		fixed := !slices.ContainsFunc(c.Values, func(v string) bool { return strings.ContainsAny(v, "*?") })
		return slices.Contains(narrowing, strings.ToLower(c.Key)) && !strings.Contains(c.Operator, "Not") && fixed
	})
}
