package blocks

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

var (
	dashedPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	plainPattern  = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	regionPattern = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
)

// MaxStack leaves room for what stands beside a stack's name in a KMS alias (256) and a snapshot's identifier (255), and is
// Pulumi's own limit.
const MaxStack = 100

// DashedProblem refuses text that does not fit the strictest of the names made from it, which are RDS's identifiers (RDS API,
// CreateDBCluster: letters, digits and single hyphens, first a letter, last not a hyphen). Longest is in characters.
func DashedProblem(of, text string, longest int) error {
	if !dashedPattern.MatchString(text) || len(text) > longest {
		return fmt.Errorf("%s %q: must be lower-case letters, digits and single hyphens, at most %d, a letter first", of, text, longest)
	}
	return nil
}

// PlainProblem refuses text that does not fit KMS aliases, log groups, clusters, rules and roles, which all take these letters.
// Longest is in characters.
func PlainProblem(of, text string, longest int) error {
	if !plainPattern.MatchString(text) || len(text) > longest {
		return fmt.Errorf("%s %q: must be letters, digits, hyphens and underscores, at most %d", of, text, longest)
	}
	return nil
}

// AutoName is how many characters Pulumi appends to a logical name: a hyphen and random digits.
const AutoName = 8

// RegionProblem refuses what is not of the form of a region's name.
func RegionProblem(of, region string) error {
	if !regionPattern.MatchString(region) {
		return fmt.Errorf("%s %q: must be of the form eu-central-1", of, region)
	}
	return nil
}

// retentions are the values of retentionInDays in PutRetentionPolicy.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// LogDaysProblem refuses numbers of days that CloudWatch Logs does not keep a group for.
func LogDaysProblem(of string, days int) error {
	if !slices.Contains(retentions, days) {
		return fmt.Errorf("%s %d: must be one of %d", of, days, retentions)
	}
	return nil
}

// Missing reports whether nothing was given: nil, a pointer that is nil, an output that nobody ever set, or empty text, in whose
// place AWS may take something of its own choice, such as the default VPC.
func Missing(in any) bool {
	v := reflect.ValueOf(in)
	return !v.IsValid() || v.IsZero()
}

// Given is an argument by the name that errors call it by.
type Given struct {
	Of    string
	Value pulumi.Input
}

// MissingProblems are those of arguments that have to be given.
func MissingProblems(args ...Given) (problems []error) {
	for _, a := range args {
		if Missing(a.Value) {
			problems = append(problems, fmt.Errorf("%s: missing", a.Of))
		}
	}
	return problems
}

// ListProblems are those of a list that has to be given, with so many entries at least, for which there is a reason. How many the
// output of a resource has, shows later.
func ListProblems(of string, list pulumi.StringArrayInput, least int, reason string) []error {
	if Missing(list) {
		return []error{fmt.Errorf("%s: missing", of)}
	}
	entries, known := list.(pulumi.StringArray)
	if !known {
		return nil
	}
	problems := EntryProblems(of, entries)
	if len(entries) < least {
		problems = append(problems, fmt.Errorf("%s: %d given, %s", of, len(entries), reason))
	}
	return problems
}

// EntryProblems are those of a list of which no entry may be missing, of inputs or of resources.
func EntryProblems[T any](of string, list []T) (problems []error) {
	for i, entry := range list {
		if Missing(entry) {
			problems = append(problems, fmt.Errorf("%s: entry %d of %d is missing", of, i+1, len(list)))
		}
	}
	return problems
}
