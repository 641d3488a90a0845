package cloud

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite docs/offline-aws.md; the test fails all the same")

// The document lists what is known of every type and every refusal in this package's source, so that it cannot say
// less or more than the code does.
func TestDocument(t *testing.T) {
	t.Parallel()
	got := "# The offline AWS\n\n" + documentHead + "\n## Resource types\n\n" + documentTypes() + "\n## Refusals\n\n" + documentRefusals(t)
	path := filepath.Join("..", "..", "..", "docs", "offline-aws.md")
	want, err := os.ReadFile(path)
	if string(want) == got {
		return
	}
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
	}
	require.NoError(t, err)
	t.Errorf("docs/offline-aws.md is out of date, run with -update to rewrite it: %s", firstDifference(string(want), got))
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d is\n\t%s\nand should be\n\t%s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("it has %d lines and should have %d", len(w), len(g))
}

const documentHead = `Generated from ` + "`internal/awssim/cloud`" + ` by its TestDocument; do not edit.

What ` + "`--offline`" + ` puts in AWS's place. Every type is checked against the SDK's own Go types (unknown, missing and
wrongly typed properties are refused by name), then against the provider's rules, then against AWS's. A type, property
or function that is not listed is refused, never passed over.

Sources: a number behind "facts" is that of the rule in the collection of AWS's ordering rules from which this project
started, gathered from provider source, apply logs and issue threads; the code and the message beside it are the rule.
Other sources are pages of AWS's documentation, or the file of the AWS provider that holds the check.

Not modelled: time (everything is done at once), eventual consistency, the provider's own retries, IPv6, and whatever a
refusal below names as not part of the offline AWS.
`

func documentTypes() string {
	var b strings.Builder
	b.WriteString("| Type | Replaced when these change | Must exist first | Held by |\n| --- | --- | --- | --- |\n")
	for _, typ := range Types() {
		k := kinds[typ]
		replace := strings.Join(k.Replace, ", ")
		if k.Frozen {
			replace = "anything"
			if len(k.Mutable) > 0 {
				replace += " but " + strings.Join(k.Mutable, ", ")
			}
		}
		var refs []string
		for _, r := range k.Refs {
			refs = append(refs, r.Path+" ("+short(r.To)+")")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", typ, replace, strings.Join(refs, ", "), strings.Join(heldBy(typ), ", "))
	}
	return b.String()
}

func heldBy(typ string) []string {
	var out []string
	for _, other := range Types() {
		for _, r := range kinds[other].Refs {
			if r.To == typ && !r.Free && !slices.Contains(out, short(other)) {
				out = append(out, short(other))
			}
		}
	}
	return out
}

func short(typ string) string { return typ[strings.LastIndex(typ, ":")+1:] }

// documentRefusals reads every refusal out of the package's source: Refusal literals and calls of Refuse.
func documentRefusals(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var rows []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			if row := refusalRow(n); row != "" {
				rows = append(rows, row)
			}
			return true
		})
	}
	slices.Sort(rows)
	rows = slices.Compact(rows)
	return "| Code | Message | Source |\n| --- | --- | --- |\n" + strings.Join(rows, "\n") + "\n"
}

func refusalRow(n ast.Node) string {
	var code, message, rule ast.Expr
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); !ok || f.Name != "Refuse" || len(n.Args) < 3 {
			return ""
		}
		code, rule, message = n.Args[0], n.Args[1], n.Args[2]
	case *ast.CompositeLit:
		if f, ok := n.Type.(*ast.Ident); !ok || f.Name != "Refusal" || len(n.Elts) < 3 {
			return ""
		}
		code, message, rule = element(n, 0, "Code"), element(n, 1, "Message"), element(n, 2, "Rule")
	default:
		return ""
	}
	cell := func(e ast.Expr) string { return strings.ReplaceAll(text(e), "|", `\|`) }
	return fmt.Sprintf("| %s | %s | %s |", cell(code), cell(message), cell(rule))
}

func element(lit *ast.CompositeLit, i int, key string) ast.Expr {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok && id.Name == key {
				return kv.Value
			}
		}
	}
	if _, keyed := lit.Elts[i].(*ast.KeyValueExpr); keyed {
		return nil
	}
	return lit.Elts[i]
}

// text returns what an expression of string literals and constants of this package says.
func text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil {
			return s
		}
		return e.Value
	case *ast.BinaryExpr:
		return text(e.X) + text(e.Y)
	case *ast.Ident:
		if e.Obj != nil {
			if spec, ok := e.Obj.Decl.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				return text(spec.Values[0])
			}
		}
		return "{" + e.Name + "}"
	}
	return "{…}"
}
