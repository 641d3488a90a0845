package tests

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/tests/harness"
)

// A stack that belongs to another account is deployed by neither door, and nothing is made.
func TestBothDoorsKeepAStackToItsAccount(t *testing.T) {
	t.Parallel()
	const refusal = "AWS account ID not allowed: 111122223333"
	p := harness.NewProject(t, &binaries)
	p.Edit("Pulumi.prod-eu.yaml", "  aws:region: eu-central-1\n", "  aws:region: eu-central-1\n  aws:allowedAccountIds: ['444455556666']\n")
	r := p.Hub(nil, "up", "prod-eu", "--offline", "--yes")
	require.NotZero(t, r.Code)
	require.Contains(t, r.Stdout+r.Stderr, refusal)
	require.NotContains(t, openCloud(t, p).types, "aws:ec2/vpc:Vpc")

	aws := harness.NewAWS(t, nil)
	env := stockEnvironment(aws, harness.NewLanguage(t, filepath.Join(p.Bin, "program")))
	before := aws.Contents()
	require.Zero(t, p.Pulumi(env, "stack", "init", "prod-eu", "--non-interactive").Code)
	r = p.Pulumi(env, "up", "--stack", "prod-eu", "--yes", "--skip-preview", "--non-interactive")
	require.NotZero(t, r.Code)
	require.Contains(t, r.Stdout+r.Stderr, refusal)
	require.Equal(t, before, aws.Contents())

	// Plain Pulumi reads the account that bootstrap's settings name as hub does.
	p.Edit("Pulumi.prod-eu.yaml", "  aws:allowedAccountIds: ['444455556666']\n", "")
	p.Edit("bootstrap/Pulumi.production.yaml", "id: placeholder:111122223333", `id: "444455556666"`)
	r = p.Pulumi(env, "up", "--stack", "prod-eu", "--yes", "--skip-preview", "--non-interactive")
	require.NotZero(t, r.Code)
	require.Contains(t, r.Stdout+r.Stderr, refusal)
	require.Equal(t, before, aws.Contents())
}
