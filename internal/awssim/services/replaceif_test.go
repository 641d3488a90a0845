package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// What provider 5.100 answers with a replacement, and what it does not.
func TestReplacementsThatTheProviderPlans(t *testing.T) {
	t.Parallel()
	bus := func(engine, version string) cloud.Map { return cloud.Map{"engine": engine, "engineVersion": version} }
	for name, c := range map[string]struct {
		typ, path string
		old, new  cloud.Map
		want      bool
	}{
		"engine raised":          {typeReplicationGroup, "engineVersion", bus("valkey", "8.0"), bus("valkey", "8.1"), false},
		"engine lowered":         {typeReplicationGroup, "engineVersion", bus("valkey", "8.1"), bus("valkey", "8.0"), true},
		"engine lowered by ten":  {typeReplicationGroup, "engineVersion", bus("valkey", "10.0"), bus("valkey", "9.1"), true},
		"any minor of a major":   {typeReplicationGroup, "engineVersion", bus("redis", "6.2"), bus("redis", "6.x"), false},
		"Redis to Valkey":        {typeReplicationGroup, "engine", bus("redis", "7.1"), bus("valkey", "8.0"), false},
		"Valkey to Redis":        {typeReplicationGroup, "engine", bus("valkey", "8.0"), bus("redis", "7.1"), true},
		"where a firewall logs":  {typeWebLogging, "logDestinationConfigs", nil, nil, true},
		"what a firewall hides":  {typeWebLogging, "redactedFields", nil, nil, false},
		"rules of an image list": {typeImageRules, "policy", nil, nil, true},
	} {
		k, ok := cloud.Lookup(c.typ)
		require.True(t, ok)
		require.Equal(t, c.want, k.Replaces(c.path) || k.ReplacesHere(c.path, c.old, c.new), name)
	}
}

// The bridge deletes some types first whatever their names: what comes after would be what the deletion finds.
func TestTypesThatGoFirst(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{typeImageRules, typeRoleAttachment} {
		k, _ := cloud.Lookup(typ)
		require.True(t, k.DeleteFirst, typ)
	}
}
