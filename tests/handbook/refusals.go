package handbook

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Refusal is one rule by which a configuration is refused, as the code states it.
type Refusal struct {
	Key  string // such as network.cidr
	Rule string // what the message says; … stands for what it takes from the configuration
}

// refusers are the methods that note a refusal, with the places of the key and the rule among their arguments.
var refusers = map[string]struct{ key, rule int }{
	"refuse": {0, 1}, "refuseValue": {0, 2}, "number": {0, 3}, "text": {0, 3},
}

// unknown stands for what only a run knows.
const unknown = "…"

// Refusals reads the rules out of a package's source. Those that state no rule of their own, because a table holds it,
// are left out: see config.Fields. An expression that it cannot follow is an error: a rule would be missing.
func Refusals(dir string) ([]Refusal, error) {
	r, err := newReader(dir)
	if err != nil {
		return nil, err
	}
	var out []Refusal
	for _, fn := range r.functions {
		r.in = fn
		ast.Inspect(fn, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			selector, ok := call.Fun.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			at, ok := refusers[selector.Sel.Name]
			// A decoder's refuse has the value beside the key: what it refuses is the form of one value, and no rule.
			if !ok || len(call.Args) <= at.rule || selector.Sel.Name == "refuse" && len(call.Args) == 4 {
				return true
			}
			keys := r.texts(call.Args[at.key], 0)
			for _, rule := range r.texts(call.Args[at.rule], 0) {
				for _, key := range keys {
					if key != unknown && strings.Trim(rule, unknown) != "" {
						out = append(out, Refusal{key, plain(rule)})
					}
				}
			}
			return true
		})
	}
	slices.SortFunc(out, func(a, b Refusal) int { return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Rule, b.Rule)) })
	return slices.Compact(out), nil
}

// reader follows expressions through a package's source as far as text is concerned.
type reader struct {
	consts    map[string]ast.Expr
	functions []*ast.FuncDecl
	in        *ast.FuncDecl // the function being read
}

func newReader(dir string) (*reader, error) {
	r := &reader{consts: map[string]ast.Expr{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
		r.note(file)
	}
	return r, nil
}

// note keeps a file's functions and constants.
func (r *reader) note(file *ast.File) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			r.functions = append(r.functions, d)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.CONST {
					for i, name := range v.Names {
						if i < len(v.Values) {
							r.consts[name.Name] = v.Values[i]
						}
					}
				}
			}
		}
	}
}

// deepest is how far an expression is followed: a rule that needs more is written too cleverly.
const deepest = 8

// texts returns the texts that an expression can be, with … for the parts that are not text.
func (r *reader) texts(e ast.Expr, depth int) []string {
	if depth > deepest {
		return []string{unknown}
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return []string{text}
		}
		return []string{e.Value}
	case *ast.ParenExpr:
		return r.texts(e.X, depth+1)
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return []string{unknown}
		}
		return join(r.texts(e.X, depth+1), r.texts(e.Y, depth+1))
	case *ast.CallExpr:
		if s, ok := e.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Sprintf" {
			return r.formatted(e.Args, depth)
		}
		if f, ok := e.Fun.(*ast.Ident); ok {
			return r.returned(f.Name, 0, depth)
		}
	case *ast.Ident:
		return r.named(e, depth)
	}
	return []string{unknown}
}

// join returns every text of one list followed by every text of another.
func join(a, b []string) []string {
	var out []string
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

var verb = regexp.MustCompile(`%[+#]?[a-z]`)

// formatted returns what fmt.Sprintf makes of its arguments.
func (r *reader) formatted(args []ast.Expr, depth int) []string {
	out := r.texts(args[0], depth+1)
	for _, arg := range args[1:] {
		var next []string
		for _, value := range r.texts(arg, depth+1) {
			for _, format := range out {
				at := verb.FindStringIndex(format)
				if at == nil {
					next = append(next, format)
					continue
				}
				next = append(next, format[:at[0]]+value+format[at[1]:])
			}
		}
		out = next
	}
	for i, text := range out {
		out[i] = strings.ReplaceAll(text, "%%", "%")
	}
	return out
}

// plain puts … for the verbs that a rule is formatted with by whoever notes it.
func plain(rule string) string { return verb.ReplaceAllString(rule, unknown) }

// returned returns the texts that one of a function's results can be.
func (r *reader) returned(name string, result, depth int) []string {
	var out []string
	for _, fn := range r.functions {
		if fn.Name.Name != name || fn.Recv != nil {
			continue
		}
		before := r.in
		r.in = fn
		ast.Inspect(fn, func(n ast.Node) bool {
			if ret, ok := n.(*ast.ReturnStmt); ok && result < len(ret.Results) {
				out = append(out, r.texts(ret.Results[result], depth+1)...)
			}
			return true
		})
		r.in = before
	}
	return orUnknown(out)
}

func orUnknown(texts []string) []string {
	texts = slices.DeleteFunc(texts, func(s string) bool { return s == "" })
	if len(texts) == 0 {
		return []string{unknown}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// named returns the texts that a constant, a variable or a parameter of the function being read can be. Names that stand
// for different variables are told apart by the parser.
func (r *reader) named(id *ast.Ident, depth int) []string {
	if e, ok := r.consts[id.Name]; ok {
		return r.texts(e, depth+1)
	}
	if id.Obj == nil {
		return []string{unknown}
	}
	var out []string
	ast.Inspect(r.in, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			out = append(out, r.assigned(n, id, depth)...)
		case *ast.RangeStmt:
			out = append(out, r.ranged(n, id, depth)...)
		}
		return true
	})
	return orUnknown(append(out, r.passed(id, depth)...))
}

// same reports whether an expression is the variable.
func same(e ast.Expr, variable *ast.Ident) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Obj != nil && id.Obj == variable.Obj
}

// assigned returns the texts that an assignment gives to a variable.
func (r *reader) assigned(n *ast.AssignStmt, id *ast.Ident, depth int) []string {
	if n.Tok == token.ADD_ASSIGN {
		return nil // an afterthought to what stands there already
	}
	for i, left := range n.Lhs {
		if !same(left, id) {
			continue
		}
		if len(n.Rhs) == len(n.Lhs) {
			if number, ok := n.Rhs[i].(*ast.BasicLit); ok && number.Kind != token.STRING {
				return nil // where it starts from
			}
			return r.texts(n.Rhs[i], depth+1)
		}
		if call, ok := n.Rhs[0].(*ast.CallExpr); ok {
			if f, ok := call.Fun.(*ast.Ident); ok {
				return r.returned(f.Name, i, depth+1)
			}
		}
	}
	return nil
}

// ranged returns the texts that a loop over a list written out gives to its variable.
func (r *reader) ranged(n *ast.RangeStmt, id *ast.Ident, depth int) []string {
	list, ok := n.X.(*ast.CompositeLit)
	if !ok {
		return nil
	}
	_, isMap := list.Type.(*ast.MapType)
	variable := n.Value
	if isMap {
		variable = n.Key
	}
	if !same(variable, id) {
		return nil
	}
	var out []string
	for _, e := range list.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Key
		}
		out = append(out, r.texts(e, depth+1)...)
	}
	return out
}

// passed returns the texts that callers pass for a parameter of the function being read.
func (r *reader) passed(id *ast.Ident, depth int) []string {
	at, found := 0, false
	for _, field := range r.in.Type.Params.List {
		for _, p := range field.Names {
			if same(p, id) {
				found = true
			}
			if !found {
				at++
			}
		}
	}
	if _, refuser := refusers[r.in.Name.Name]; !found || refuser {
		return nil
	}
	callee, before := r.in.Name.Name, r.in
	var out []string
	for _, fn := range r.functions {
		r.in = fn
		ast.Inspect(fn, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && calls(call, callee) && at < len(call.Args) {
				out = append(out, r.texts(call.Args[at], depth+1)...)
			}
			return true
		})
	}
	r.in = before
	return out
}

func calls(call *ast.CallExpr, name string) bool {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name == name
	case *ast.SelectorExpr:
		return f.Sel.Name == name
	}
	return false
}
