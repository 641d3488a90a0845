package blocks

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/tagging"
)

// Name is the name, below a prefix and the stack's, of something that people look for by its name: keys by their aliases,
// log groups, parameters.
func Name(ctx *pulumi.Context, prefix, stack, name string) string {
	return Prefix(ctx, prefix) + "/" + stack + "/" + name
}

// Prefix is what such names begin with: the one that is given, or else the project's name, which is the organisation's.
func Prefix(ctx *pulumi.Context, given string) string { return cmp.Or(given, ctx.Project()) }

// Register registers a component that shows its arguments, a pointer to a struct, and whose children carry tags.
func Register(ctx *pulumi.Context, typ, name string, args any, tags map[string]string, c pulumi.ComponentResource, opts []pulumi.ResourceOption) error {
	return ctx.RegisterComponentResourceV2(typ, name, Inputs(args), c, slices.Concat(opts, []pulumi.ResourceOption{tagging.Add(tags)})...)
}

// What AWS takes as a tag (AWS General Reference, "Tag naming limits and requirements"): 50 a resource, of which some are left
// for those of its own. No space is first or last ("Tags for your Application Load Balancer", User Guide for Application Load
// Balancers).
const (
	maxTags     = 40
	maxTagKey   = 128
	maxTagValue = 256
	maxPrefix   = 64 // with a stack's name of 100 it fits into an alias (256) and a dashboard's name (255)
)

var (
	prefixPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	tagPattern    = regexp.MustCompile(`^[\p{L}\p{Nd} _.:/=+\-@]*$`)
)

// NameProblems returns every problem with a prefix of names, which may be empty, and with tags.
func NameProblems(prefix string, tags map[string]string) []error {
	var problems []error
	if prefix != "" && (!prefixPattern.MatchString(prefix) || len(prefix) > maxPrefix) {
		problems = append(problems, fmt.Errorf("name prefix %q: must be lower-case letters, digits and single hyphens, at most %d, a letter first", prefix, maxPrefix))
	}
	if len(tags) > maxTags {
		problems = append(problems, fmt.Errorf("tags: %d given, at most %d leave room for a resource's own", len(tags), maxTags))
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		value := tags[key]
		if key == "" || key != strings.TrimSpace(key) || len([]rune(key)) > maxTagKey || !tagPattern.MatchString(key) || strings.HasPrefix(strings.ToLower(key), "aws:") {
			problems = append(problems, fmt.Errorf("tag %q: must not begin with aws:, and have up to %d letters, digits, spaces inside and _ . : / = + - @", key, maxTagKey))
		}
		if value != strings.TrimSpace(value) || len([]rune(value)) > maxTagValue || !tagPattern.MatchString(value) {
			problems = append(problems, fmt.Errorf("tag %s = %q: must be up to %d letters, digits, spaces inside and _ . : / = + - @", key, value, maxTagValue))
		}
	}
	return problems
}
