package documents_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

func TestSameContainers(t *testing.T) {
	t.Parallel()
	const one = `[{"name":"a","image":"i","essential":true,"portMappings":[{"containerPort":80,"hostPort":80,"protocol":"tcp"}],"environment":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}]`
	for name, tt := range map[string]struct {
		other           string
		awsvpc, bridged bool // whether it is the same in that network mode, and in others
	}{
		"spaces and order": {`[ {"portMappings":[{"protocol":"tcp","hostPort":80,"containerPort":80}], "image":"i","name":"a","essential":true,"environment":[{"name":"B","value":"2"},{"name":"A","value":"1"}]} ]`, true, true},
		"what is assumed":  {`[{"name":"a","image":"i","cpu":0,"mountPoints":[],"secrets":[{}],"portMappings":[{"containerPort":80,"hostPort":80}],"environment":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}]`, true, true},
		"the host's port":  {`[{"name":"a","image":"i","portMappings":[{"containerPort":80}],"environment":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}]`, true, false},
		"a value":          {`[{"name":"a","image":"i","portMappings":[{"containerPort":80,"hostPort":80}],"environment":[{"name":"A","value":"1"},{"name":"B","value":"3"}]}]`, false, false},
		"an empty user":    {`[{"name":"a","image":"i","user":"","portMappings":[{"containerPort":80,"hostPort":80}],"environment":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}]`, false, false},
		"no containers":    {`{"name":"a"}`, false, false},
	} {
		require.Equal(t, tt.awsvpc, documents.SameContainers(one, tt.other, true), name)
		require.Equal(t, tt.bridged, documents.SameContainers(one, tt.other, false), name)
	}
	require.False(t, documents.SameContainers("{", "{", true), "what cannot be read is not the same")
}

func TestSameImageRules(t *testing.T) {
	t.Parallel()
	const one = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["a","b"],"countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}},{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}]}`
	const turned = `{"rules":[{"rulePriority":2,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}},
		{"rulePriority":1,"selection":{"tagStatus":"tagged","tagPrefixList":["b","a"],"countType":"imageCountMoreThan","countNumber":5},"action":{"type":"expire"}}]}`
	const other = `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":9},"action":{"type":"expire"}}]}`
	require.True(t, documents.SameImageRules(one, turned))
	require.False(t, documents.SameImageRules(one, other))
	require.False(t, documents.SameImageRules("{", "{"))
}
