package config

import (
	"reflect"
	"slices"
)

// Schema is what the configuration of a Pulumi project of ours is read by. A project's settings are a struct of groups,
// each a struct of keys with yaml names, a field Region for the provider's region, and where they take more of the AWS
// plugin's keys a field AWS.
type Schema struct {
	Suffix  string                  // behind the organisation's name, in the project's
	Fixes   map[string]string       // where the real value behind a placeholder comes from, by key
	Numbers func(key string) string // which numbers a key takes, in words that follow "a whole number"
}

// platform is the schema of the region stacks.
var platform = Schema{Fixes: placeholderFixes, Numbers: numberRange}

// Decode fills in a pointer to a struct of groups from a stack's raw values, strictly. Keys in bad did not decode: what
// the struct holds for them is not what was given.
func (s Schema) Decode(src Source, opts Options, into any) (problems Problems, bad map[string]bool) {
	d := decoder{Schema: s, project: src.Project, offline: opts.Offline, root: reflect.ValueOf(into).Elem(), bad: map[string]bool{}}
	d.source(src)
	return d.problems, d.bad
}

// Keys returns the full keys of a project that Decode reads into a pointer to a struct of groups, sorted.
func (s Schema) Keys(project string, into any) []string {
	keys := []string{regionKey}
	for _, name := range pluginKeys(reflect.TypeOf(into).Elem()) {
		keys = append(keys, awsNamespace+name)
	}
	for _, group := range groupsOf(reflect.TypeOf(into).Elem()) {
		keys = append(keys, project+":"+group)
	}
	slices.Sort(keys)
	return keys
}

// NewProblem is a problem with a value as it shows in a message.
func NewProblem(key string, value any, rule, nearest string) Problem {
	return Problem{key, show(value), rule, nearest}
}

// Sorted returns the problems by key, those of one key in the order they were found.
func (ps Problems) Sorted() Problems { return ps.sorted() }
