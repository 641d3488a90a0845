package tfplugin

import (
	"fmt"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"github.com/zclconf/go-cty/cty/msgpack"
)

// Block is the schema of a resource or of a block in one.
type Block struct {
	Attributes map[string]*Attribute
	Blocks     map[string]*NestedBlock

	typ cty.Type
}

// Attribute is the schema of an attribute.
type Attribute struct {
	Type                         cty.Type
	Required, Optional, Computed bool
}

// NestedBlock is the schema of a block type.
type NestedBlock struct {
	*Block
	Nesting            Nesting
	MinItems, MaxItems int // 0: no limit
}

// Nesting is how a block type's blocks are kept.
type Nesting int

// As the protocol numbers them.
const (
	NestSingle Nesting = 1 + iota
	NestList
	NestSet
)

func readBlock(m message) (*Block, error) {
	b := &Block{Attributes: map[string]*Attribute{}, Blocks: map[string]*NestedBlock{}}
	types := map[string]cty.Type{}
	for _, a := range m.all("attributes") {
		t, err := ctyjson.UnmarshalType(a.bytes("type"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.text("name"), err)
		}
		types[a.text("name")] = t
		b.Attributes[a.text("name")] = &Attribute{t, a.flag("required"), a.flag("optional"), a.flag("computed")}
	}
	for _, n := range m.all("block_types") {
		inner, err := readBlock(n.sub("block"))
		if err != nil {
			return nil, err
		}
		nested := &NestedBlock{inner, Nesting(n.number("nesting")), n.number("min_items"), n.number("max_items")}
		switch nested.Nesting {
		case NestSingle:
			types[n.text("type_name")] = inner.typ
		case NestList:
			types[n.text("type_name")] = cty.List(inner.typ)
		case NestSet:
			types[n.text("type_name")] = cty.Set(inner.typ)
		default:
			return nil, fmt.Errorf("%s: nesting %d is not known", n.text("type_name"), nested.Nesting)
		}
		b.Blocks[n.text("type_name")] = nested
	}
	b.typ = cty.Object(types)
	return b, nil
}

// Unknown stands in a tree for a value that is not known yet.
var Unknown any = unknown{}

type unknown struct{}

// Value turns a tree (bool, float64, string, []any, map[string]any, Unknown, nil) into a configuration: attributes that the
// tree does not have are null, blocks that it does not have are not there.
func (b *Block) Value(tree map[string]any) (cty.Value, error) {
	for name := range tree {
		if !b.typ.HasAttribute(name) {
			return cty.NilVal, fmt.Errorf("%s: no such attribute", name)
		}
	}
	fields := map[string]cty.Value{}
	for name, a := range b.Attributes {
		v, err := valueOf(tree[name], a.Type)
		if err != nil {
			return cty.NilVal, fmt.Errorf("%s: %w", name, err)
		}
		fields[name] = v
	}
	for name, n := range b.Blocks {
		v, err := n.value(tree[name])
		if err != nil {
			return cty.NilVal, fmt.Errorf("%s: %w", name, err)
		}
		fields[name] = v
	}
	return cty.ObjectVal(fields), nil
}

func (n *NestedBlock) value(v any) (cty.Value, error) {
	if v == Unknown {
		return cty.UnknownVal(n.collection()), nil
	}
	if n.Nesting == NestSingle {
		if v == nil {
			return cty.NullVal(n.typ), nil
		}
		tree, ok := v.(map[string]any)
		if !ok {
			return cty.NilVal, fmt.Errorf("a block is no %T", v)
		}
		return n.Value(tree)
	}
	list, ok := v.([]any)
	if v != nil && !ok {
		return cty.NilVal, fmt.Errorf("blocks are no %T", v)
	}
	var out []cty.Value
	for i, e := range list {
		if e == Unknown {
			out = append(out, cty.UnknownVal(n.typ))
			continue
		}
		tree, ok := e.(map[string]any)
		if !ok {
			return cty.NilVal, fmt.Errorf("[%d]: a block is no %T", i, e)
		}
		b, err := n.Value(tree)
		if err != nil {
			return cty.NilVal, fmt.Errorf("[%d]: %w", i, err)
		}
		out = append(out, b)
	}
	return collect(n.collection(), out), nil
}

func (n *NestedBlock) collection() cty.Type {
	switch n.Nesting {
	case NestList:
		return cty.List(n.typ)
	case NestSet:
		return cty.Set(n.typ)
	}
	return n.typ
}

func collect(t cty.Type, values []cty.Value) cty.Value {
	switch {
	case t.IsListType() && len(values) == 0:
		return cty.ListValEmpty(t.ElementType())
	case t.IsListType():
		return cty.ListVal(values)
	case len(values) == 0:
		return cty.SetValEmpty(t.ElementType())
	}
	return cty.SetVal(values)
}

func valueOf(v any, t cty.Type) (cty.Value, error) {
	switch v := v.(type) {
	case nil:
		return cty.NullVal(t), nil
	case unknown:
		return cty.UnknownVal(t), nil
	case bool:
		return convertTo(cty.BoolVal(v), t)
	case float64:
		return convertTo(cty.NumberFloatVal(v), t)
	case string:
		return convertTo(cty.StringVal(v), t)
	case []any:
		if !t.IsListType() && !t.IsSetType() {
			return cty.NilVal, fmt.Errorf("expected %s, got a list", t.FriendlyName())
		}
		var out []cty.Value
		for i, e := range v {
			ev, err := valueOf(e, t.ElementType())
			if err != nil {
				return cty.NilVal, fmt.Errorf("[%d]: %w", i, err)
			}
			out = append(out, ev)
		}
		return collect(t, out), nil
	case map[string]any:
		return objectOf(v, t)
	}
	return cty.NilVal, fmt.Errorf("no value is a %T", v)
}

func objectOf(v map[string]any, t cty.Type) (cty.Value, error) {
	out := map[string]cty.Value{}
	switch {
	case t.IsMapType():
		for _, k := range slices.Sorted(maps.Keys(v)) {
			e, err := valueOf(v[k], t.ElementType())
			if err != nil {
				return cty.NilVal, fmt.Errorf("%s: %w", k, err)
			}
			out[k] = e
		}
		if len(out) == 0 {
			return cty.MapValEmpty(t.ElementType()), nil
		}
		return cty.MapVal(out), nil
	case t.IsObjectType():
		for k := range v {
			if !t.HasAttribute(k) {
				return cty.NilVal, fmt.Errorf("%s: no such attribute", k)
			}
		}
		for k, at := range t.AttributeTypes() {
			e, err := valueOf(v[k], at)
			if err != nil {
				return cty.NilVal, fmt.Errorf("%s: %w", k, err)
			}
			out[k] = e
		}
		return cty.ObjectVal(out), nil
	}
	return cty.NilVal, fmt.Errorf("expected %s, got an object", t.FriendlyName())
}

// pack encodes a value for the wire.
func (b *Block) pack(v cty.Value) (message, error) {
	raw, err := msgpack.Marshal(v, b.typ)
	if err != nil {
		return message{}, err
	}
	return newMessage("DynamicValue").set("msgpack", raw), nil
}

func (b *Block) unpack(m message) (cty.Value, error) {
	raw := m.bytes("msgpack")
	if len(raw) == 0 {
		return cty.NullVal(b.typ), nil
	}
	return msgpack.Unmarshal(raw, b.typ)
}
