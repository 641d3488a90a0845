package cloud

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

var word = regexp.MustCompile(`[A-Za-z0-9]+`)

// Every input that a type takes is named in the source of the offline AWS: it is modelled, or held (Kept), or refused by name
// (Unmodelled). What stands in one that is refused need not be named. Of web ACLs the top alone is asked for, as it is measured.
func TestNoInputThatIsNotModelledPasses(t *testing.T) {
	t.Parallel()
	named := map[string]bool{}
	for _, text := range readSource(t).strings {
		for _, w := range word.FindAllString(text, -1) {
			named[w] = true
		}
	}
	for _, typ := range Types() {
		fact, ok := facts.Of(typ)
		require.True(t, ok, typ)
		refused := map[string]bool{}
		for _, p := range kinds[typ].Unmodelled {
			refused[stripIndexes(p)] = true
		}
		unnamed(t, typ, "", fact.Fields, refused, named)
	}
}

func unnamed(t *testing.T, typ, path string, fields map[string]*facts.Property, refused, named map[string]bool) {
	for name, p := range fields {
		at := path + name
		if !p.Required && !p.Optional || refused[at] || path == "" && refusedByName(kinds[typ], name, p) {
			continue
		}
		if !named[name] {
			t.Errorf("%s: %s is an input of the provider that nothing here knows: name it in Kind.Kept or Kind.Unmodelled", typ, at)
			continue
		}
		for e := p; e != nil && typ != typeWebACL; e = e.Elem {
			unnamed(t, typ, at+".", e.Fields, refused, named)
		}
	}
}

// refusedByName reports whether a type's own check says of a block that the offline AWS does not have it.
func refusedByName(k *Kind, name string, p *facts.Property) bool {
	if p.Elem == nil && p.Fields == nil || k.Check == nil {
		return false
	}
	var block any = Map{"some": "thing"}
	if p.Elem != nil {
		block = List(block)
	}
	c := &Checker{In: Map{name: block}, Region: "eu-central-1"}
	k.Check(c)
	return slices.ContainsFunc(c.Problems, func(p Problem) bool {
		return p.Path == name && (strings.Contains(p.Reason, "the offline AWS") || strings.Contains(p.Reason, "the resource of its own"))
	})
}
