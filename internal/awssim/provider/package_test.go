package provider

import (
	"encoding/json"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// Every type that the offline AWS knows is described, and whatever a description refers to is too. The engine binds it in
// tests/TestStockSession.
func TestSchemaOfThePackage(t *testing.T) {
	t.Parallel()
	r, err := New(nil).GetSchema(t.Context(), &pulumirpc.GetSchemaRequest{})
	require.NoError(t, err)
	var got struct {
		Types     map[string]any
		Resources map[string]struct {
			InputProperties map[string]map[string]any
			RequiredInputs  []string
			Properties      map[string]map[string]any
		}
	}
	require.NoError(t, json.Unmarshal([]byte(r.GetSchema()), &got))
	require.Len(t, got.Resources, len(cloud.Types()))
	vpc := got.Resources["aws:ec2/vpc:Vpc"]
	require.Equal(t, map[string]any{"type": "string"}, vpc.InputProperties["cidrBlock"])
	require.Equal(t, map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}}, vpc.InputProperties["tags"])
	require.Contains(t, vpc.Properties, "arn")
	require.NotContains(t, vpc.InputProperties, "arn")
	require.Equal(t, []string{"vpcId"}, got.Resources["aws:ec2/subnet:Subnet"].RequiredInputs)
	refers := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok && ref != "pulumi.json#/Any" {
				refers++
				require.Contains(t, got.Types, strings.TrimPrefix(ref, "#/types/"))
			}
			for _, inside := range v {
				walk(inside)
			}
		case []any:
			for _, inside := range v {
				walk(inside)
			}
		}
	}
	var all any
	require.NoError(t, json.Unmarshal([]byte(r.GetSchema()), &all))
	walk(all)
	require.Greater(t, refers, 100)
	require.NotContains(t, got.Types, "aws:/:")
}
