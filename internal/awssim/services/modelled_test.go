package services

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/tests/generated"
)

var word = regexp.MustCompile(`[A-Za-z0-9]+`)

// Every input that a type takes has an effect: what the type is registered with reads it, or what else deals with resources of
// the type. Others are refused by name (Unmodelled), or held and shown, and nothing else here depends on them: these are listed,
// so that nobody adds one without knowing. What stands in one that is refused has no need of an effect. Of web ACLs the top alone
// is asked for, as it is measured.
func TestNoInputThatIsNotModelledPasses(t *testing.T) {
	t.Parallel()
	s := readSource(t)
	var held strings.Builder
	for _, typ := range cloud.Types() {
		fact, ok := facts.Of(typ)
		require.True(t, ok, typ)
		said := map[string]bool{"tags": true, "tagsAll": true} // the core's, of all types
		for _, p := range cloud.KindOf(typ).Unmodelled {
			said[strings.ReplaceAll(p, "[]", "")] = true
		}
		if inputs := unnamed(typ, "", fact.Fields, said, s.reads(typ)); len(inputs) > 0 {
			fmt.Fprintf(&held, "%s: %s\n", typ, strings.Join(inputs, " "))
		}
	}
	generated.Hold(t, filepath.Join("testdata", "held.txt"), held.String(), *update)
}

// reads are the words in what a type is registered with, in what else names the type, in functions that call one which does, and in
// all that these use.
func (s *source) reads(typ string) map[string]bool {
	out, seen := map[string]bool{}, map[string]bool{}
	take := func(decl string) {
		for _, w := range s.words[decl] {
			out[w] = true
		}
	}
	var walk func(decl string)
	walk = func(decl string) {
		if seen[decl] {
			return
		}
		seen[decl] = true
		take(decl)
		for _, used := range s.uses[decl] {
			walk(used)
		}
	}
	walk(s.kinds[typ])
	named := func(u string) bool { return s.texts[u] == typ }
	finds := func(u string) bool { return s.funcs[u] && slices.ContainsFunc(s.uses[u], named) }
	for decl, uses := range s.uses {
		if slices.ContainsFunc(uses, named) || s.funcs[decl] && slices.ContainsFunc(uses, finds) {
			walk(decl)
		}
	}
	return out
}

// unnamed are the inputs that nothing reads.
func unnamed(typ, path string, fields map[string]*facts.Property, said, named map[string]bool) (inputs []string) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		p := fields[name]
		at := path + name
		if !p.Required && !p.Optional || said[at] || path == "" && refusedByName(cloud.KindOf(typ), name, p) {
			continue
		}
		if !named[name] {
			inputs = append(inputs, at)
			continue
		}
		for e := p; e != nil && typ != typeWebACL; e = e.Elem {
			inputs = append(inputs, unnamed(typ, at+".", e.Fields, said, named)...)
		}
	}
	return inputs
}

// refusedByName reports whether a type's own check says of a block that the offline AWS does not have it.
func refusedByName(k *cloud.Kind, name string, p *facts.Property) bool {
	if p.Elem == nil && p.Fields == nil || k.Check == nil {
		return false
	}
	var block any = cloud.Map{"some": "thing"}
	if p.Elem != nil {
		block = cloud.List(block)
	}
	c := &cloud.Checker{In: cloud.Map{name: block}, Region: "eu-central-1"}
	k.Check(c)
	return slices.ContainsFunc(c.Problems, func(p cloud.Problem) bool {
		return p.Path == name && (strings.Contains(p.Reason, "the offline AWS") || strings.Contains(p.Reason, "the resource of its own"))
	})
}
