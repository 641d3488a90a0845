package tests

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/bootstrap/access"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/tests/harness"
)

// What a region looks for in its account is what the account is given, by these names.
func TestRegionsFindWhatTheAccountIsGiven(t *testing.T) {
	t.Parallel()
	for _, o := range []naming.Organisation{harness.Organisation, "acme"} {
		boundary, err := access.Boundary(o).JSON()
		require.NoError(t, err)
		account := cloud.DefaultAccount()
		account.Give(string(o), account.ID, nil)
		require.Len(t, account.Policies, 1)
		require.Equal(t, config.Defaults(o).Platform.PermissionsBoundary, account.Policies[0].Path+account.Policies[0].Name)
		require.JSONEq(t, boundary, account.Policies[0].Policy, "regions come up offline under the boundary that they have in AWS")
	}
}

// platform.permissionsBoundary and platform.rolePath: every role has them, and a boundary that nobody made is refused.
func TestRolesAreBounded(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "identity", harness.Ephemeral(t, "prod-eu"))
	s.Config.Platform.PermissionsBoundary = "/deepstreamhub/nobody-made-this"
	_, err := s.TryUp()
	require.ErrorContains(t, err, "NoSuchEntity")
	require.ErrorContains(t, err, "policy/deepstreamhub/nobody-made-this")
	require.Empty(t, aws.Find("aws:iam/role:Role"))

	s.Config.Platform.PermissionsBoundary = harness.Organisation.Boundary()
	s.Up()
	roles := aws.Find("aws:iam/role:Role")
	require.Len(t, roles, 6, "flow logs, monitoring, backup, hosts, starting tasks, tasks")
	var names []string
	for _, r := range roles {
		require.Equal(t, "arn:aws:iam::111122223333:policy/deepstreamhub/deepstreamhub-boundary", r.Str("permissionsBoundary"), r.ID)
		require.True(t, strings.HasPrefix(r.Str("arn"), "arn:aws:iam::111122223333:role/deepstreamhub/"), r.Str("arn"))
		names = append(names, r.Str("tags.Name"))
	}
	for _, p := range aws.Find("aws:iam/instanceProfile:InstanceProfile") {
		require.Equal(t, "/deepstreamhub/", p.Str("path"))
	}
	require.Empty(t, harness.Changed(s.Preview()))

	s.Config.Platform.PermissionsBoundary = config.NoBoundary
	var updates []string
	for _, name := range names {
		updates = append(updates, "update "+strings.TrimPrefix(name, s.Name+"-"))
	}
	require.ElementsMatch(t, updates, harness.Changed(s.Preview()))

	s.Config.Platform.PermissionsBoundary, s.Config.Platform.RolePath = harness.Organisation.Boundary(), "/"
	changes := harness.Changed(s.Preview())
	for _, name := range names {
		require.True(t, slices.Contains(changes, "replace "+strings.TrimPrefix(name, s.Name+"-")), "a role's path is part of its identity: %s", changes)
	}
}

// The offline AWS knows every region that a stack can be in, with what a load balancer's name there needs.
func TestEveryRegionIsKnownOffline(t *testing.T) {
	t.Parallel()
	c, err := cloud.Open(cloud.Options{})
	require.NoError(t, err)
	for _, region := range config.Regions() {
		got, err := c.Invoke(region, "aws:index/getRegion:getRegion", cloud.Map{})
		require.NoError(t, err, region)
		require.NotEmpty(t, cloud.Str(got, "description"), region)
		require.NotEmpty(t, services.BalancerZone(region), region)
	}
	require.NoError(t, c.Close())
}
