package cloud

import (
	"fmt"
	"maps"
	"slices"

	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

// function is one provider function. Its answer reads the account and changes nothing.
type function struct {
	answer func(t *Tx, args Map) (Map, error)
	schema schema.Function
	calls  string // actions, as IAM names them; none where everybody may ask (STS API, GetCallerIdentity: no permissions are required)
}

// functions is the registry, filled through registerFunction.
var functions = map[string]function{}

// RegisterFunction makes a provider function known. Calls are the actions it asks for, as IAM names them, separated by spaces; none
// where everybody may ask.
func RegisterFunction(token string, answer func(t *Tx, args Map) (Map, error), s schema.Function, calls string) struct{} {
	if _, twice := functions[token]; twice {
		panic("function registered twice: " + token)
	}
	functions[token] = function{answer, s, calls}
	return struct{}{}
}

// Functions returns the tokens of all provider functions the offline AWS knows, sorted.
func Functions() []string { return slices.Sorted(maps.Keys(functions)) }

// FunctionSchema returns the schema of a provider function.
func FunctionSchema(token string) (schema.Function, bool) {
	f, known := functions[token]
	return f.schema, known
}

// FunctionCalls are the actions, as IAM names them, that a provider function asks for, separated by spaces.
func FunctionCalls(token string) string { return functions[token].calls }

// Invoke calls a provider function in a region. Its arguments have the schema's types already.
func (c *Cloud) Invoke(region, token string, args Map) (Map, error) {
	f, ok := functions[token]
	if !ok {
		return nil, fmt.Errorf("the offline AWS does not know the function %s", token)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if args == nil {
		args = Map{}
	}
	for _, a := range services.Lookups(region, token) {
		c.note(a)
	}
	return f.answer(&Tx{c: c, Region: region}, args)
}
