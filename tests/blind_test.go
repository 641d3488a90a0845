package tests

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/services"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/blind"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/tests/harness"
)

// A preview on a state without its secrets plans what one on the real state plans: the same steps, with the same inputs.
func TestBlindPreviewsPlanTheSame(t *testing.T) {
	t.Parallel()
	s := harness.NewStack(t, harness.NewAWS(t, nil), "blind", harness.Ephemeral(t, "prod-eu"))
	requireSamePlan(t, s, "new region", true)
	s.Up()
	requireSamePlan(t, s, "unchanged", false)
	drifted := s.BlindDrift()
	require.Empty(t, drifted.Drifted)
	require.Equal(t, []string{
		"bus-group authToken", "bus-secret-version secretString", "database-cluster masterPassword", "database-secret-version secretString",
	}, drifted.Unknown)

	before := s.Config
	for _, c := range []struct {
		what   string
		change func(c *config.Config)
	}{
		{"instance type", func(c *config.Config) { c.Cluster.InstanceType = "m7g.2xlarge" }},
		{"minor version", func(c *config.Config) { c.Database.EngineVersion = "16.9" }},
		{"major version", func(c *config.Config) { c.Database.EngineVersion = "17.5" }},
		{"version of the bus", func(c *config.Config) { c.Bus.EngineVersion = "8.1" }},
		{"class of the database", func(c *config.Config) { c.Database.InstanceClass = "db.r7g.2xlarge" }},
		{"tags", func(c *config.Config) { c.Platform.CostCentre = "another" }},
		{"new service", func(c *config.Config) {
			c.Services = map[string]config.FurtherService{
				"orders": {Image: c.Service.Image, Port: 8080, HealthPath: "/health", Path: "/orders", Tasks: 2, CPU: 256, MemoryMiB: 512},
			}
		}},
	} {
		s.Config = before
		c.change(&s.Config)
		requireSamePlan(t, s, c.what, true)
	}
	s.Config = before
	s.Around = dropIgnores
	requireSamePlan(t, s, "the secret's value is no longer ignored", true)
	s.Around = nil
}

// dropIgnores has the program look after what it otherwise leaves alone.
func dropIgnores(run pulumi.RunFunc) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		err := ctx.RegisterResourceTransform(func(_ context.Context, a *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
			if a.Type == "aws:secretsmanager/secretVersion:SecretVersion" {
				a.Opts.IgnoreChanges = nil
			}
			return &pulumi.ResourceTransformResult{Props: a.Props, Opts: a.Opts}
		})
		if err != nil {
			return err
		}
		return run(ctx)
	}
}

func requireSamePlan(t *testing.T, s *harness.Stack, what string, changes bool) {
	t.Helper()
	seen, blinded := s.Preview(), s.BlindPreview()
	require.Equal(t, changes, len(harness.Changed(seen)) > 0, what)
	require.Equal(t, inOrder(seen), inOrder(blinded), what)
}

// autoNamed is the suffix that the engine gives to a new name, another at every run, and the text in base64 with such a name.
var autoNamed = regexp.MustCompile(`-[0-9a-f]{7}\b|userData:[A-Za-z0-9+/=]+`)

// inOrder are a plan's steps with their inputs, by URN: the engine's own order differs from run to run.
func inOrder(p plan.Plan) []string {
	var out []string
	for _, step := range p.Steps {
		out = append(out, autoNamed.ReplaceAllString(fmt.Sprintf("%+v", step), "-*"))
	}
	slices.Sort(out)
	return out
}

// On the account's bucket a preview needs neither the key service nor a write, it leaves nothing behind, and the driver
// refuses to change anything.
func TestBlindPreviewNeedsNoKeyOfSecrets(t *testing.T) {
	t.Parallel()
	aws := harness.NewAWS(t, nil)
	s := harness.NewStack(t, aws, "blind", harness.Ephemeral(t, "prod-eu"), harness.On(aws.SharedState(t)))
	s.Up()
	before := objects(aws)
	nowhere := "AWS_ENDPOINT_URL_KMS=http://127.0.0.1:1"
	d, err := s.Blind(nowhere)
	require.NoError(t, err)
	p, err := d.Preview(t.Context(), deploy.Options{})
	require.NoError(t, err)
	require.Empty(t, harness.Changed(p))
	_, err = d.Refresh(t.Context(), deploy.Options{PreviewOnly: true, Exclude: []string{"**aws:secretsmanager/secretVersion:SecretVersion::**"}})
	require.NoError(t, err)

	state, err := d.State(t.Context()) // with its secrets in plain text, as stack export --show-secrets
	require.NoError(t, err)
	found := 0
	for _, r := range state.Resources {
		switch r.Type {
		case "aws:secretsmanager/secretVersion:SecretVersion":
			found++
		case "aws:rds/cluster:Cluster":
			require.Contains(t, r.Inputs["masterPassword"].(map[string]any)["plaintext"], blind.Password)
		}
	}
	require.Equal(t, 2, found)
	require.Len(t, d.Blinded(), 8)
	for _, change := range []func() (plan.Plan, error){
		func() (plan.Plan, error) { return d.Up(t.Context(), deploy.Options{}) },
		func() (plan.Plan, error) { return d.Refresh(t.Context(), deploy.Options{}) },
		func() (plan.Plan, error) { return d.Destroy(t.Context(), deploy.Options{}) },
	} {
		_, err := change()
		require.ErrorContains(t, err, "a copy of the state without its secrets")
	}
	require.Equal(t, before, objects(aws), "nothing is written")
}

// objects are the names of the state bucket's objects.
func objects(aws *harness.AWS) []string {
	var out []string
	for _, b := range services.Buckets(aws.Cloud()) {
		for _, o := range services.ObjectVersions(aws.Cloud(), b.Name, "") {
			out = append(out, b.Name+"/"+o.Key+" "+o.Version)
		}
	}
	return out
}
