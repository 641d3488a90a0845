package tfplugin

import (
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// protocol is as much of Terraform's provider protocol 5 (tfplugin5.proto, as published with terraform-plugin-go) as
// asking for schemas, validations and plans needs. The generated code of the protocol's owners is not importable.
const protocol = `
name: "deepstreamhub/tfplugin5.proto" package: "tfplugin5" syntax: "proto3"
message_type { name: "DynamicValue" field { name: "msgpack" number: 1 type: TYPE_BYTES label: LABEL_OPTIONAL } }
message_type { name: "Step"
  field { name: "attribute_name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "element_key_string" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "element_key_int" number: 3 type: TYPE_INT64 label: LABEL_OPTIONAL } }
message_type { name: "AttributePath" field { name: "steps" number: 1 type: TYPE_MESSAGE type_name: ".tfplugin5.Step" label: LABEL_REPEATED } }
message_type { name: "Diagnostic"
  field { name: "severity" number: 1 type: TYPE_INT32 label: LABEL_OPTIONAL }
  field { name: "summary" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "detail" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "attribute" number: 4 type: TYPE_MESSAGE type_name: ".tfplugin5.AttributePath" label: LABEL_OPTIONAL } }
message_type { name: "Attribute"
  field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "type" number: 2 type: TYPE_BYTES label: LABEL_OPTIONAL }
  field { name: "required" number: 4 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "optional" number: 5 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "computed" number: 6 type: TYPE_BOOL label: LABEL_OPTIONAL } }
message_type { name: "NestedBlock"
  field { name: "type_name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "block" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.Block" label: LABEL_OPTIONAL }
  field { name: "nesting" number: 3 type: TYPE_INT32 label: LABEL_OPTIONAL }
  field { name: "min_items" number: 4 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "max_items" number: 5 type: TYPE_INT64 label: LABEL_OPTIONAL } }
message_type { name: "Block"
  field { name: "attributes" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.Attribute" label: LABEL_REPEATED }
  field { name: "block_types" number: 3 type: TYPE_MESSAGE type_name: ".tfplugin5.NestedBlock" label: LABEL_REPEATED } }
message_type { name: "Schema"
  field { name: "version" number: 1 type: TYPE_INT64 label: LABEL_OPTIONAL }
  field { name: "block" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.Block" label: LABEL_OPTIONAL } }
message_type { name: "ResourceSchema"
  field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "value" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.Schema" label: LABEL_OPTIONAL } }
message_type { name: "SchemaRequest" }
message_type { name: "SchemaResponse"
  field { name: "provider" number: 1 type: TYPE_MESSAGE type_name: ".tfplugin5.Schema" label: LABEL_OPTIONAL }
  field { name: "resource_schemas" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.ResourceSchema" label: LABEL_REPEATED } }
message_type { name: "ConfigureRequest"
  field { name: "terraform_version" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "config" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.DynamicValue" label: LABEL_OPTIONAL } }
message_type { name: "ValidateRequest"
  field { name: "type_name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "config" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.DynamicValue" label: LABEL_OPTIONAL } }
message_type { name: "Diagnostics" field { name: "diagnostics" number: 1 type: TYPE_MESSAGE type_name: ".tfplugin5.Diagnostic" label: LABEL_REPEATED } }
message_type { name: "PlanRequest"
  field { name: "type_name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "prior_state" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.DynamicValue" label: LABEL_OPTIONAL }
  field { name: "proposed_new_state" number: 3 type: TYPE_MESSAGE type_name: ".tfplugin5.DynamicValue" label: LABEL_OPTIONAL }
  field { name: "config" number: 4 type: TYPE_MESSAGE type_name: ".tfplugin5.DynamicValue" label: LABEL_OPTIONAL } }
message_type { name: "PlanResponse"
  field { name: "planned_state" number: 1 type: TYPE_MESSAGE type_name: ".tfplugin5.DynamicValue" label: LABEL_OPTIONAL }
  field { name: "requires_replace" number: 2 type: TYPE_MESSAGE type_name: ".tfplugin5.AttributePath" label: LABEL_REPEATED }
  field { name: "diagnostics" number: 4 type: TYPE_MESSAGE type_name: ".tfplugin5.Diagnostic" label: LABEL_REPEATED } }
`

var messages = func() protoreflect.MessageDescriptors {
	var file descriptorpb.FileDescriptorProto
	if err := prototext.Unmarshal([]byte(protocol), &file); err != nil {
		panic(err)
	}
	d, err := protodesc.NewFile(&file, nil)
	if err != nil {
		panic(err)
	}
	return d.Messages()
}()

// message is one message of the protocol, read and written by the names of its fields.
type message struct{ protoreflect.Message }

func newMessage(name protoreflect.Name) message {
	return message{dynamicpb.NewMessage(messages.ByName(name))}
}

func (m message) field(name protoreflect.Name) protoreflect.FieldDescriptor {
	return m.Descriptor().Fields().ByName(name)
}

func (m message) set(name protoreflect.Name, v any) message {
	if sub, is := v.(message); is {
		v = sub.Message
	}
	m.Set(m.field(name), protoreflect.ValueOf(v))
	return m
}

func (m message) text(name protoreflect.Name) string  { return m.Get(m.field(name)).String() }
func (m message) bytes(name protoreflect.Name) []byte { return m.Get(m.field(name)).Bytes() }
func (m message) flag(name protoreflect.Name) bool    { return m.Get(m.field(name)).Bool() }
func (m message) number(name protoreflect.Name) int   { return int(m.Get(m.field(name)).Int()) }

func (m message) sub(name protoreflect.Name) message { return message{m.Get(m.field(name)).Message()} }

func (m message) all(name protoreflect.Name) []message {
	list := m.Get(m.field(name)).List()
	out := make([]message, list.Len())
	for i := range out {
		out[i] = message{list.Get(i).Message()}
	}
	return out
}
