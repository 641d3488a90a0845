package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/deepstreamhub/platform/internal/naming"
)

// maxStack is the longest name of a stack: the region's SNS topic shows it as its display name, which has 100 characters
// (SNS, SetTopicAttributes), and the engine takes no more either (sdk/go/common/tokens, ParseStackName). All else that AWS
// is told with the name in it has more room: snapshots 255, KMS aliases 256, metrics of firewall rules 128.
const maxStack = 100

// stackForm is what every tier can make names of; the strictest are snapshots of RDS (CreateDBClusterSnapshot: letters,
// digits and single hyphens, first a letter, last no hyphen). AWS keeps them in lower case.
var stackForm = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// StackNames is everything that is wrong with names of stacks.
type StackNames []Problem

// Error is the problem, or says how many there are and then each on a line of its own.
func (ps StackNames) Error() string {
	if len(ps) == 1 {
		return ps[0].String()
	}
	return enumerate(ps, "with the names of stacks")
}

// CheckStacks is the one rule for names of stacks: what names of AWS and of files can be made of, wherever a stack is
// named. The error is StackNames, with the problems of all names.
func CheckStacks(names ...string) error {
	var problems StackNames
	for _, name := range names {
		refuse := func(rule, nearest string) {
			problems = append(problems, Problem{Key: "stack", Value: show(name), Rule: rule, Nearest: nearest})
		}
		if !stackForm.MatchString(name) {
			refuse("must be lower-case letters, digits and single hyphens, a letter first and no hyphen last: names in AWS and of files are made of it", nearestStack(name))
		}
		if n := utf8.RuneCountInString(name); n > naming.MaxShortLived && n <= maxStack && strings.HasPrefix(name, naming.ShortLived) {
			refuse(fmt.Sprintf("must have at most %d characters, not %d, as it begins with %s: so do the names of its buckets", naming.MaxShortLived, n, naming.ShortLived), "")
		}
		if utf8.RuneCountInString(name) > maxStack {
			refuse(fmt.Sprintf("must have at most %d characters, not %d: it is the display name of the region's SNS topic", maxStack, utf8.RuneCountInString(name)), "")
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return problems
}

var notInStack = regexp.MustCompile(`[^a-z0-9]+`)

// nearestStack is the name of the right form that is nearest to what was given; empty when nothing of it is left.
func nearestStack(name string) string {
	near := strings.Trim(notInStack.ReplaceAllString(strings.ToLower(name), "-"), "-")
	near = strings.TrimLeft(near, "0123456789-")
	if len(near) > maxStack {
		return ""
	}
	return near
}
