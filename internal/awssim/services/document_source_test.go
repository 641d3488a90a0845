package services

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// refusal is one answer as it stands in this package's source, and how long the provider repeats the call.
type refusal struct {
	code, message, rule string
	retry               time.Duration
}

// source is what this package's source says: which refusals stand in which declaration, what each declaration uses, and
// with what each type is registered.
type source struct {
	refusals map[string][]refusal // by declaration
	uses     map[string][]string
	kinds    map[string]string   // type token -> the name under which its registration stands in the other two
	funcs    map[string]bool     // declarations that are functions
	texts    map[string]string   // constants and variables that are strings
	lengths  map[string]ast.Expr // constants and variables, by name
	words    map[string][]string // by declaration: the words of its string literals, but for those that it lists as not modelled
}

func readSource(t *testing.T) *source {
	t.Helper()
	names, err := filepath.Glob("*.go")
	require.NoError(t, err)
	names = append(names, filepath.Join("..", "cloud", "computed.go"), filepath.Join("..", "cloud", "checker.go"), filepath.Join("..", "cloud", "resource.go"))
	s := &source{refusals: map[string][]refusal{}, uses: map[string][]string{}, kinds: map[string]string{}, texts: map[string]string{}, lengths: map[string]ast.Expr{}, words: map[string][]string{}, funcs: map[string]bool{}}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		s.literals(file)
		files = append(files, file)
	}
	for _, f := range files {
		for _, d := range f.Decls {
			s.declare(d)
		}
	}
	return s
}

// literals notes which strings of a file have names that hold for the whole package. Others the parser resolves.
func (s *source) literals(file *ast.File) {
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range g.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok {
				continue
			}
			for i, name := range v.Names {
				if i < len(v.Values) {
					s.lengths[name.Name] = v.Values[i]
					if lit, ok := v.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						s.texts[name.Name], _ = strconv.Unquote(lit.Value)
					}
				}
			}
		}
	}
}

func (s *source) declare(d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			name = method(name)
		}
		s.funcs[name] = true
		s.note(name, d)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				s.variable(v)
			}
		}
	}
}

func (s *source) variable(v *ast.ValueSpec) {
	for i, value := range v.Values {
		call, ok := value.(*ast.CallExpr)
		if f, named := callee(call, ok); !named || f != "Register" {
			s.note(v.Names[i].Name, value)
			continue
		}
		for _, registered := range call.Args {
			if typ := s.typeOf(registered); typ != "" {
				s.kinds[typ] = "registration of " + typ
				s.note(s.kinds[typ], registered)
			}
		}
	}
}

func callee(call *ast.CallExpr, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	name := named(call.Fun)
	return name, name != ""
}

// named is the name of a function or type, without its package.
func named(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// typeOf finds the type token in what is registered: the element Type of a Kind, or an argument of what makes one.
func (s *source) typeOf(registered ast.Expr) (typ string) {
	take := func(e ast.Expr) {
		if text := s.text(e); typ == "" && cloud.KindOf(text) != nil {
			typ = text
		}
	}
	ast.Inspect(registered, func(n ast.Node) bool {
		if kv, ok := n.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok && id.Name == "Type" {
				take(kv.Value)
			}
		}
		return typ == ""
	})
	if call, ok := registered.(*ast.CallExpr); ok {
		for _, a := range call.Args {
			take(a)
		}
	}
	return typ
}

// note records what a declaration refuses and uses. Names of what is declared inside it are its own.
func (s *source) note(name string, n ast.Node) {
	var visit func(ast.Node) bool
	visit = func(n ast.Node) bool {
		if r, ok := s.refusal(n); ok && r.message != "{…}" { // what passes on an answer says nothing itself
			s.refusals[name] = append(s.refusals[name], r)
		}
		if call, ok := n.(*ast.CallExpr); ok {
			if refused, d, ok := s.repeated(call); ok {
				before := len(s.refusals[name])
				ast.Inspect(refused, visit)
				if len(s.refusals[name]) > before {
					s.refusals[name][before].retry = d
				}
				return false
			}
		}
		switch n := n.(type) {
		case *ast.SelectorExpr: // of another package, a field, or a method
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "cloud" {
				s.uses[name] = append(s.uses[name], n.Sel.Name)
				return false
			}
			s.uses[name] = append(s.uses[name], method(n.Sel.Name))
			ast.Inspect(n.X, visit)
			return false
		case *ast.Ident:
			if !local(n) && n.Name != name && n.Name != "_" {
				s.uses[name] = append(s.uses[name], n.Name)
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				s.words[name] = append(s.words[name], word.FindAllString(text, -1)...)
			}
		case *ast.KeyValueExpr:
			key, _ := n.Key.(*ast.Ident)
			if key != nil { // a field
				if !slices.Contains(strings.Fields("Unmodelled Timing Calls TaggedAs"), key.Name) {
					ast.Inspect(n.Value, visit)
				}
				return false
			}
		}
		return true
	}
	ast.Inspect(n, visit)
}

// method is the name under which a declaration with a receiver is kept: a function may have the same.
func method(name string) string { return "." + name }

func local(id *ast.Ident) bool {
	if id.Obj == nil || id.Obj.Kind != ast.Var {
		return false
	}
	switch id.Obj.Decl.(type) {
	case *ast.AssignStmt, *ast.Field:
		return true
	}
	return false
}

// of returns everything that the rules of a type may answer.
func (s *source) of(typ string) []refusal {
	var out []refusal
	seen := map[string]bool{}
	var walk func(name string)
	walk = func(name string) {
		if seen[name] {
			return
		}
		seen[name] = true
		out = append(out, s.refusals[name]...)
		for _, used := range s.uses[name] {
			walk(used)
		}
	}
	walk(s.kinds[typ])
	slices.SortFunc(out, func(a, b refusal) int {
		return strings.Compare(a.code+"\x00"+a.message+a.rule, b.code+"\x00"+b.message+b.rule)
	})
	return slices.Compact(out)
}

// repeated reads what says of an answer how long the provider repeats the call.
func (s *source) repeated(call *ast.CallExpr) (refused ast.Expr, d time.Duration, ok bool) {
	f, is := call.Fun.(*ast.SelectorExpr)
	if !is || f.Sel.Name != "For" || len(call.Args) != 1 {
		return nil, 0, false
	}
	return f.X, s.length(call.Args[0]), true
}

// length is a constant length of time; 0 for one that only the run decides.
func (s *source) length(e ast.Expr) time.Duration {
	switch e := e.(type) {
	case *ast.BasicLit:
		n, _ := strconv.Atoi(e.Value)
		return time.Duration(n)
	case *ast.BinaryExpr:
		return s.length(e.X) * s.length(e.Y)
	case *ast.SelectorExpr:
		return map[string]time.Duration{"Second": time.Second, "Minute": time.Minute, "Hour": time.Hour}[e.Sel.Name]
	case *ast.Ident:
		return s.length(s.lengths[e.Name])
	}
	return 0
}

// refusal reads a Refusal or a call of Refuse.
func (s *source) refusal(n ast.Node) (refusal, bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := callee(n, true); ok && f == "Refuse" && len(n.Args) >= 3 {
			return refusal{s.text(n.Args[0]), s.text(n.Args[2]), s.text(n.Args[1]), 0}, true
		} else if ok && f == "failNAT" { // what a gateway fails with later
			return refusal{s.text(n.Args[1]), s.text(n.Args[3]), s.text(n.Args[2]), 0}, true
		}
	case *ast.CompositeLit:
		if f := named(n.Type); (f == "Refusal" || f == "Error") && len(n.Elts) >= 3 {
			return refusal{s.text(element(n, "Code")), s.text(element(n, "Message")), s.text(element(n, "Rule")), s.length(element(n, "Retry"))}, true
		}
	}
	return refusal{}, false
}

func element(lit *ast.CompositeLit, key string) ast.Expr {
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok && id.Name == key {
				return kv.Value
			}
		}
	}
	return nil
}

// text returns what an expression of string literals and constants says; what only the run decides is in braces.
func (s *source) text(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
		return e.Value
	case *ast.BinaryExpr:
		return s.text(e.X) + s.text(e.Y)
	case *ast.Ident:
		if e.Obj != nil {
			if spec, ok := e.Obj.Decl.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				return s.text(spec.Values[slices.IndexFunc(spec.Names, func(n *ast.Ident) bool { return n.Name == e.Name })])
			}
		}
		if known, ok := s.texts[e.Name]; ok && !local(e) {
			return known
		}
		return "{" + e.Name + "}"
	case nil:
		return ""
	}
	return "{…}"
}

// row renders a refusal for a table, with how long the provider repeats the call.
func (r refusal) row() string {
	cell := func(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
	repeats := ""
	if r.retry > 0 {
		repeats = spell(r.retry)
	}
	return fmt.Sprintf("| %s | %s | %s | %s |", cell(r.code), cell(r.message), cell(r.rule), repeats)
}
