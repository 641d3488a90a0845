package provider

import (
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// Of every type it is known what the released provider says, and every input of it is the SDK's.
func TestFactsCoverEveryType(t *testing.T) {
	t.Parallel()
	for _, token := range cloud.Types() {
		f, ok := facts.Of(token)
		if !ok {
			t.Errorf("%s is not in facts.json: run go generate ./internal/awssim/facts", token)
			continue
		}
		k, _ := cloud.Lookup(token)
		for name := range k.Schema.Inputs.Fields {
			if p := f.Fields[name]; p == nil || !p.Optional && !p.Required {
				t.Errorf("%s of %s is an input of the SDK and none of the provider", name, token)
			}
		}
	}
}

// What changes come to at the real provider 5.100 and came to something else here; tests/conformance holds the rest.
func TestChangesComeToWhatTheProviderSays(t *testing.T) {
	t.Parallel()
	e := newEngine(t)
	const (
		group     = "aws:elasticache/replicationGroup:ReplicationGroup"
		acl       = "aws:ec2/networkAcl:NetworkAcl"
		logging   = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
		lifecycle = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
		template  = "aws:ec2/launchTemplate:LaunchTemplate"
		cluster   = "aws:ecs/cluster:Cluster"
	)
	bus := func(engine, version string) map[string]any {
		return map[string]any{"replicationGroupId": "bus", "description": "Bus", "engine": engine, "engineVersion": version, "nodeType": "cache.r7g.large"}
	}
	entry := map[string]any{"action": "allow", "fromPort": 0.0, "toPort": 0.0, "protocol": "-1", "ruleNo": 100.0, "cidrBlock": "0.0.0.0/0"}
	logTo := func(name string, redacted ...any) map[string]any {
		in := map[string]any{"resourceArn": "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl/a/b",
			"logDestinationConfigs": []any{"arn:aws:logs:eu-central-1:111122223333:log-group:aws-waf-logs-" + name}}
		if len(redacted) > 0 {
			in["redactedFields"] = redacted
		}
		return in
	}
	policy := func(count string) map[string]any {
		return map[string]any{"repository": "a", "policy": `{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":` + count + `},"action":{"type":"expire"}}]}`}
	}
	for name, c := range map[string]struct {
		typ      string
		old, new map[string]any
		action   string
		first    bool // the old one goes first
	}{
		"the bus' engine raised":         {group, bus("valkey", "8.0"), bus("valkey", "8.1"), "update", false},
		"the bus' engine lowered":        {group, bus("valkey", "8.1"), bus("valkey", "8.0"), "replace", true},
		"the bus' engine another":        {group, bus("redis", "7.1"), bus("valkey", "8.0"), "update", false},
		"the bus' engine the one before": {group, bus("valkey", "8.0"), bus("redis", "7.1"), "replace", true},
		"another destination of a log":   {logging, logTo("a"), logTo("b"), "replace", false},
		"an image rule":                  {lifecycle, policy("3"), policy("4"), "replace", true},
		"entries of a network ACL gone":  {acl, map[string]any{"vpcId": "vpc-1", "ingress": []any{entry}}, map[string]any{"vpcId": "vpc-1"}, "none", false},
		"a cluster's settings gone":      {cluster, map[string]any{"name": "a", "settings": []any{map[string]any{"name": "containerInsights", "value": "enabled"}}}, map[string]any{"name": "a"}, "none", false},
		"a template's metadata gone":     {template, map[string]any{"name": "aaa", "metadataOptions": map[string]any{"httpTokens": "required"}}, map[string]any{"name": "aaa"}, "none", false},
		"a description that is the default": {"aws:elasticache/subnetGroup:SubnetGroup", map[string]any{"name": "a", "subnetIds": []any{"subnet-1"}},
			map[string]any{"name": "a", "subnetIds": []any{"subnet-1"}, "description": "Managed by Pulumi"}, "none", false},
	} {
		t.Run(name, func(t *testing.T) {
			old := e.check(c.typ, nil, c.old)
			require.Empty(t, old.GetFailures())
			new := e.check(c.typ, nil, c.new)
			require.Empty(t, new.GetFailures())
			r, err := e.client.Diff(t.Context(), &pulumirpc.DiffRequest{Urn: urn(c.typ), OldInputs: old.GetInputs(), News: new.GetInputs()})
			require.NoError(t, err)
			action := "none"
			if r.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME {
				action = "update"
			}
			if len(r.GetReplaces()) > 0 {
				action = "replace"
			}
			require.Equal(t, c.action, action, "%v", r.GetDetailedDiff())
			require.Equal(t, c.first, r.GetDeleteBeforeReplace())
		})
	}
}
