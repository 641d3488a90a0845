package provider

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// The statements of a web ACL's rules contain statements, to any depth, and each is checked.
func TestSchemasMayContainThemselves(t *testing.T) {
	t.Parallel()
	s, ok := SchemaOf("aws:wafv2/webAcl:WebAcl")
	require.True(t, ok)
	statement := s.Inputs.Fields["rules"].Elem.Fields["statement"]
	inside := func(v any) cloud.Map {
		return cloud.Map{"andStatement": cloud.Map{"statements": []any{v}}}
	}
	match := cloud.Map{"byteMatchStatement": cloud.Map{"positionalConstraint": "EXACTLY", "searchString": "/", "textTransformations": []any{}}}
	require.Empty(t, statement.Check(inside(inside(match))))
	require.Equal(t, []cloud.Problem{{
		Path:   "andStatement.statements[0].andStatement.statements[0].byteMatch",
		Reason: "no such property",
	}}, statement.Check(inside(inside(cloud.Map{"byteMatch": cloud.Map{}}))))
}
