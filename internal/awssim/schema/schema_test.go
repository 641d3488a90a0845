package schema_test

import (
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/wafv2"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
	"github.com/deepstreamhub/platform/internal/awssim/schema"
)

type object = map[string]any

// The statements of a web ACL's rules contain statements, to any depth, and each is checked.
func TestSchemasMayContainThemselves(t *testing.T) {
	t.Parallel()
	s := schema.Of(wafv2.WebAcl{}, wafv2.WebAclArgs{})
	statement := s.Inputs.Fields["rules"].Elem.Fields["statement"]
	inside := func(v any) object {
		return object{"andStatement": object{"statements": []any{v}}}
	}
	match := object{"byteMatchStatement": object{"positionalConstraint": "EXACTLY", "searchString": "/", "textTransformations": []any{}}}
	require.Empty(t, statement.Check(inside(inside(match))))
	require.Equal(t, []facts.Problem{{
		Path:   "andStatement.statements[0].andStatement.statements[0].byteMatch",
		Reason: "no such property",
	}}, statement.Check(inside(inside(object{"byteMatch": object{}}))))
}
