package blocks_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/internal/blocks"
	"github.com/deepstreamhub/platform/internal/tagging"
)

func TestNameProblems(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 41 {
		many[fmt.Sprint("tag", i)] = ""
	}
	for name, c := range map[string]struct {
		prefix string
		tags   map[string]string
		want   []string
	}{
		"nothing":             {"", nil, nil},
		"all that there is":   {strings.Repeat("a", 64), map[string]string{"cost centre": "a/b:c=d+e-f@g", strings.Repeat("k", 128): strings.Repeat("ä", 256), "empty": ""}, nil},
		"a prefix":            {"Shop", nil, []string{`name prefix "Shop"`}},
		"a long prefix":       {strings.Repeat("a", 65), nil, []string{"at most 64"}},
		"a path":              {"a/b", nil, []string{`name prefix "a/b"`}},
		"everything at once":  {"a--b", map[string]string{"": "x", "AWS:a": "x", "a#b": "x", " c": "x", "team": "x ", "owner": "a#b", "long": strings.Repeat("x", 257)}, []string{`prefix "a--b"`, `tag ""`, `tag " c"`, `tag "AWS:a"`, `tag "a#b"`, "tag long", `tag owner = "a#b"`, `tag team = "x "`}},
		"a key that is long":  {"", map[string]string{strings.Repeat("k", 129): ""}, []string{"up to 128"}},
		"more than AWS takes": {"", many, []string{"tags: 41 given"}},
	} {
		problems := blocks.NameProblems(c.prefix, c.tags)
		require.Len(t, problems, len(c.want), "%s: %v", name, problems)
		for i, want := range c.want {
			require.ErrorContains(t, problems[i], want, name)
		}
	}
}

// Children carry a component's tags beside their own and those of the options, which win; names begin with what is given.
func TestRegister(t *testing.T) {
	t.Parallel()
	type args struct{ Stack string }
	made := func(tags map[string]string, opts ...pulumi.ResourceOption) map[string]any {
		resources, err := componenttest.New().Run(func(ctx *pulumi.Context) error {
			c := &struct{ pulumi.ResourceState }{}
			if err := blocks.Register(ctx, "deepstreamhub:test:Test", "test", &args{"prod"}, tags, c, opts); err != nil {
				return err
			}
			require.Equal(t, "deepstreamhub/prod/a", blocks.Name(ctx, "", "prod", "a"))
			require.Equal(t, "shop/prod/a", blocks.Name(ctx, "shop", "prod", "a"))
			_, err := kms.NewKey(ctx, "test-key", &kms.KeyArgs{Tags: pulumi.StringMap{"own": pulumi.String("key")}}, pulumi.Parent(c))
			return err
		})
		require.NoError(t, err)
		require.Equal(t, map[string]any{"stack": "prod"}, componenttest.Find(t, resources, "deepstreamhub:test:Test", "test").Plain())
		return componenttest.Find(t, resources, "aws:kms/key:Key", "test-key").Plain()["tags"].(map[string]any)
	}
	require.Equal(t, map[string]any{"own": "key"}, made(nil))
	require.Equal(t, map[string]any{"own": "key", "team": "shop"}, made(map[string]string{"own": "other", "team": "shop"}))
	all := made(map[string]string{"stack": "other", "team": "shop"}, tagging.All("prod", "test", map[string]string{"stack": "prod"}))
	require.Equal(t, map[string]any{"stack": "prod", "component": "test", "Name": "prod-test-key", "team": "shop"}, all)
}
