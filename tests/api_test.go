package tests

import (
	"fmt"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/blang/semver"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/deepstreamhub/platform/tests/harness"
)

// What programs of others can name in components/... is on record, a line each, so that it changes only when somebody means it.
func TestComponentsAreALibrary(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "api", "components.txt")
	got := exported(t)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(strings.Join(got, "\n")+"\n"), 0o644))
		return
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	want := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	without := func(all, from []string) []string {
		return slices.DeleteFunc(slices.Clone(from), func(line string) bool { return slices.Contains(all, line) })
	}
	const how = "see CONTRIBUTING.md, \"The library\"; then go test ./tests -run TestComponentsAreALibrary -update"
	require.Empty(t, without(got, want), "gone or changed: this breaks programs of others; %s", how)
	require.Empty(t, without(want, got), "new: this can be taken back only by breaking programs of others; %s", how)
}

// exported is everything that a package outside of this module can name in components/..., sorted. What tests need besides is in
// componenttest, and is no promise.
func exported(t *testing.T) []string {
	t.Helper()
	found, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedExportFile | packages.NeedImports, Dir: harness.Root(t), Context: t.Context(),
	}, "./components/...")
	require.NoError(t, err)
	var lines []string
	for _, p := range found {
		name := strings.TrimPrefix(p.PkgPath, module+"/")
		if strings.Contains(name, "/internal/") || strings.HasSuffix(name, "/componenttest") {
			continue
		}
		require.Empty(t, p.Errors, name)
		short := func(other *types.Package) string {
			if other == p.Types {
				return ""
			}
			return other.Name()
		}
		for _, id := range p.Types.Scope().Names() {
			if object := p.Types.Scope().Lookup(id); object.Exported() {
				for _, line := range described(object, short) {
					lines = append(lines, name+": "+line)
				}
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// described is an object, with its fields and methods, a line each.
func described(object types.Object, short types.Qualifier) []string {
	switch o := object.(type) {
	case *types.Const:
		return []string{fmt.Sprintf("%s = %s", types.ObjectString(o, short), o.Val().ExactString())}
	case *types.TypeName:
		return describedType(o, short)
	}
	return []string{types.ObjectString(object, short)}
}

func describedType(o *types.TypeName, short types.Qualifier) []string {
	head := "type " + o.Name()
	lines := []string{head}
	s, isStruct := o.Type().Underlying().(*types.Struct)
	switch {
	case o.IsAlias():
		lines[0] += " = " + types.TypeString(types.Unalias(o.Type()), short)
	case isStruct:
		lines[0] += " struct"
	default:
		lines[0] += " " + types.TypeString(o.Type().Underlying(), short)
	}
	for i := range numFields(s) {
		if f := s.Field(i); f.Exported() {
			lines = append(lines, fmt.Sprintf("%s, field %s %s", head, f.Name(), types.TypeString(f.Type(), short)))
		}
	}
	if named, is := types.Unalias(o.Type()).(*types.Named); is {
		for m := range named.Methods() {
			if m.Exported() {
				lines = append(lines, head+", method "+m.Name()+strings.TrimPrefix(types.TypeString(m.Signature(), short), "func"))
			}
		}
	}
	return lines
}

func numFields(s *types.Struct) int {
	if s == nil {
		return 0
	}
	return s.NumFields()
}

// The changelog is by version, the newest first, and says of none twice.
func TestChangelogIsByVersion(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(harness.Root(t), "CHANGELOG.md"))
	require.NoError(t, err)
	var versions []string
	for line := range strings.Lines(string(text)) {
		if version, is := strings.CutPrefix(strings.TrimSpace(line), "## "); is {
			versions = append(versions, version)
		}
	}
	require.Greater(t, len(versions), 1)
	require.Equal(t, "Unreleased", versions[0])
	for i, version := range versions[1:] {
		parsed, err := semver.Parse(version)
		require.NoError(t, err, version)
		if i > 0 {
			require.True(t, semver.MustParse(versions[i]).GT(parsed), "%s comes before %s", versions[i], version)
		}
	}
}
