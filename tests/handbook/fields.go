package handbook

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strconv"
	"strings"
)

// Comments returns what the source of a configuration says of each key: the comments of its struct's fields. The key of
// what is inside a map has <name> for the map's.
func Comments(file string) (map[string]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("read comments: %w", err)
	}
	structs := map[string]*ast.StructType{}
	for _, d := range parsed.Decls {
		if d, ok := d.(*ast.GenDecl); ok {
			for _, s := range d.Specs {
				if spec, ok := s.(*ast.TypeSpec); ok {
					if body, ok := spec.Type.(*ast.StructType); ok {
						structs[spec.Name.Name] = body
					}
				}
			}
		}
	}
	out := map[string]string{}
	if plugin := structs["AWS"]; plugin != nil {
		for key, f := range fieldsOf(plugin) {
			out["aws:"+key] = comment(f)
		}
	}
	for group, of := range fieldsOf(structs["Config"]) {
		name := group
		typ := of.Type
		if m, ok := typ.(*ast.MapType); ok {
			typ, name = m.Value, group+".<name>"
		}
		id, ok := typ.(*ast.Ident)
		if !ok || structs[id.Name] == nil {
			continue
		}
		for key, f := range fieldsOf(structs[id.Name]) {
			out[name+"."+key] = comment(f)
		}
	}
	return out, nil
}

// fieldsOf returns a struct's fields by their yaml names.
func fieldsOf(s *ast.StructType) map[string]*ast.Field {
	out := map[string]*ast.Field{}
	for _, f := range s.Fields.List {
		if f.Tag == nil {
			continue
		}
		tag, _ := strconv.Unquote(f.Tag.Value)
		if name := reflect.StructTag(tag).Get("yaml"); name != "" && name != "-" {
			out[name] = f
		}
	}
	return out
}

func comment(f *ast.Field) string {
	text := f.Doc.Text()
	if f.Comment != nil {
		text = f.Comment.Text()
	}
	return strings.Join(strings.Fields(text), " ")
}

// Doc returns the paragraphs of a package's comment, each on one line.
func Doc(file string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		return nil, fmt.Errorf("read package comment: %w", err)
	}
	var out []string
	for _, p := range strings.Split(parsed.Doc.Text(), "\n\n") {
		out = append(out, strings.Join(strings.Fields(p), " "))
	}
	return out, nil
}
