package conformance

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// program runs the syntax tree of an example of the SDK's documentation. Most of them cannot be compiled: they refer to what is
// not in them. What nothing says is unknown here, as what AWS computes is in a preview.
type program struct {
	*stack
	imports map[string]string // names of packages, with their paths
	vars    map[string]any
}

// made is a resource.
type made struct {
	id    any
	state cloud.Map // nil: nothing is known of it
}

// foreign is what a program panics with that does more than is read here.
type foreign struct{ ast.Node }

// block runs statements, and returns what they return.
func (p *program) block(list []ast.Stmt) any {
	for _, s := range list {
		switch s := s.(type) {
		case *ast.AssignStmt:
			v := p.value(s.Rhs[0])
			if name, is := s.Lhs[0].(*ast.Ident); is {
				p.vars[name.Name] = v
			}
		case *ast.ReturnStmt:
			return p.value(s.Results[0])
		case *ast.IfStmt, *ast.ExprStmt: // whether there was an error, and exports
		default:
			panic(foreign{s})
		}
	}
	return nil
}

func (p *program) value(e ast.Expr) any {
	switch e := e.(type) {
	case *ast.BasicLit:
		v, err := literal(e)
		if err != nil {
			panic(foreign{e})
		}
		return v
	case *ast.Ident:
		return p.named(e.Name)
	case *ast.StarExpr:
		return p.value(e.X)
	case *ast.TypeAssertExpr:
		return p.value(e.X)
	case *ast.UnaryExpr:
		v := p.value(e.X)
		if n, is := v.(float64); is && e.Op == token.SUB {
			return -n
		}
		return v
	case *ast.CompositeLit:
		return p.composite(e)
	case *ast.IndexExpr:
		return element(p.value(e.X), p.value(e.Index))
	case *ast.SelectorExpr:
		if path, is := p.imported(e.X); is {
			return p.constant(path, e.Sel.Name)
		}
		return field(p.value(e.X), e.Sel.Name)
	case *ast.CallExpr:
		return p.call(e)
	case *ast.FuncLit:
		return e
	}
	panic(foreign{e})
}

func literal(e *ast.BasicLit) (any, error) {
	if e.Kind == token.STRING {
		return strconv.Unquote(e.Value)
	}
	return strconv.ParseFloat(e.Value, 64)
}

func (p *program) values(list []ast.Expr) []any {
	out := []any{}
	for _, e := range list {
		out = append(out, p.value(e))
	}
	return out
}

func (p *program) named(name string) any {
	switch name {
	case "true", "false":
		return name == "true"
	case "nil":
		return nil
	}
	if v, ok := p.vars[name]; ok {
		return v
	}
	return cloud.Unknown
}

// imported returns the path of a package that an expression names.
func (p *program) imported(e ast.Expr) (path string, is bool) {
	name, is := e.(*ast.Ident)
	if !is || p.vars[name.Name] != nil {
		return "", false
	}
	path, is = p.imports[name.Name]
	return path, is
}

// composite is a list, a map or a struct of arguments, whose fields are called as the properties are.
func (p *program) composite(e *ast.CompositeLit) any {
	typ, _ := e.Type.(*ast.SelectorExpr)
	_, list := e.Type.(*ast.ArrayType)
	if list || typ != nil && strings.HasSuffix(typ.Sel.Name, "Array") {
		return p.values(e.Elts)
	}
	out := cloud.Map{}
	for _, item := range e.Elts {
		pair, is := item.(*ast.KeyValueExpr)
		if !is {
			return p.values(e.Elts)
		}
		key := ""
		if name, is := pair.Key.(*ast.Ident); is {
			key = propertyOf(name.Name)
		} else {
			key = fmt.Sprint(p.value(pair.Key))
		}
		if v := p.value(pair.Value); v != nil {
			out[key] = v
		}
	}
	return out
}

// propertyOf is what a field of the SDK is called elsewhere.
func propertyOf(field string) string { return string(unicode.ToLower(rune(field[0]))) + field[1:] }

func element(list, index any) any {
	l, is := list.([]any)
	if i, number := index.(float64); is && number && int(i) < len(l) {
		return l[int(i)]
	}
	return cloud.Unknown
}

func field(v any, name string) any {
	switch v := v.(type) {
	case made:
		if strings.EqualFold(name, "id") {
			return v.id
		}
		if v.state != nil {
			return v.state[propertyOf(name)]
		}
	case cloud.Map:
		return v[propertyOf(name)]
	}
	return cloud.Unknown
}

func (p *program) call(e *ast.CallExpr) any {
	args := p.values(e.Args)
	f, selected := e.Fun.(*ast.SelectorExpr)
	if !selected {
		return args[0] // a conversion
	}
	if path, is := p.imported(f.X); is {
		return p.function(path, f.Sel.Name, args)
	}
	v := p.value(f.X)
	switch f.Sel.Name {
	case "ApplyT":
		return p.apply(args[0].(*ast.FuncLit), v)
	case "Index":
		return element(v, args[0])
	case "Elem":
		return v
	}
	return field(v, f.Sel.Name)
}

// apply is what a function makes of a value, once that is known.
func (p *program) apply(f *ast.FuncLit, v any) any {
	if open(v) {
		return cloud.Unknown
	}
	outer := p.vars
	defer func() { p.vars = outer }()
	p.vars = maps.Clone(outer)
	p.vars[f.Type.Params.List[0].Names[0].Name] = v
	return p.block(f.Body.List)
}

// open reports whether something in a value is unknown.
func open(v any) bool {
	switch v := v.(type) {
	case cloud.Map:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), open)
	case []any:
		return slices.ContainsFunc(v, open)
	}
	return cloud.IsUnknown(v)
}

// function calls one of a package.
func (p *program) function(path, name string, args []any) any {
	pkg, sdk := strings.CutPrefix(path, sdkPath)
	pkg = strings.Trim(pkg, "/")
	known := plain(args).([]any)
	switch {
	case sdk && strings.HasPrefix(name, "New"):
		in, _ := known[2].(cloud.Map)
		return p.create(p.docs.tokens[pkg+"."+name], fmt.Sprint(args[1]), in)
	case sdk && len(args) > 1:
		in, _ := known[1].(cloud.Map)
		return p.invoke(p.docs.tokens[pkg+"."+strings.TrimSuffix(name, "Output")], in)
	case name == "All":
		return known
	case name != "DependsOn" && len(args) == 1 && strings.HasSuffix(path, "/go/pulumi") && name != "JSONMarshal":
		return args[0] // a conversion, as pulumi.String
	case open(known):
	case strings.HasSuffix(name, "Marshal"):
		if text, err := json.Marshal(known[0]); err == nil {
			return string(text)
		}
	case strings.HasSuffix(name, "printf"):
		return fmt.Sprintf(fmt.Sprint(known[0]), known[1:]...)
	}
	return cloud.Unknown
}

// plain puts ids in the place of resources.
func plain(v any) any {
	switch v := v.(type) {
	case cloud.Map:
		out := cloud.Map{}
		for k, e := range v {
			out[k] = plain(e)
		}
		return out
	case []any:
		out := []any{}
		for _, e := range v {
			out = append(out, plain(e))
		}
		return out
	case made:
		return v.id
	}
	return v
}
