package tests

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/tests/harness"
)

// A blank account gets everything in one run, has nothing left to change, and what the tracked settings protect is
// protected. Its resources are named in a golden file, as the regions' are.
func TestBootstrapOfABlankAccount(t *testing.T) {
	t.Parallel()
	s, err := settings.Read(filepath.Join(harness.Root(t), "bootstrap"), settings.Stack, config.Options{Offline: true})
	require.NoError(t, err)
	aws := harness.NewBlankAWS(t)
	a := harness.NewAccount(t, aws, s)
	a.Up()
	require.Empty(t, harness.Changed(a.Preview()))
	lapses := slices.ContainsFunc(aws.Find("aws:iam/serviceLinkedRole:ServiceLinkedRole"), func(r cloud.Resource) bool {
		return r.Str("awsServiceName") == "backup.amazonaws.com"
	})
	require.True(t, lapses, "recovery points that outlive their stack, and its role, expire under the role of AWS Backup itself")
	_, err = a.TryDestroy()
	require.ErrorContains(t, err, "protect")

	got := identities(a.State())
	path := filepath.Join("testdata", "golden", "bootstrap.txt")
	want, err := os.ReadFile(path)
	if string(want) != got && *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o600))
	}
	require.NoError(t, err)
	require.Equal(t, strings.Split(string(want), "\n"), strings.Split(got, "\n"), "run with -update once you meant it")
}

// What there can be only one of, and somebody made before, is taken over: first as it is, then as the settings say.
// Nothing is made twice, and what AWS would only make anew (a repository's encryption) stays.
func TestBootstrapAdoptsWhatIsThere(t *testing.T) {
	t.Parallel()
	aws := harness.NewBlankAWS(t)
	create := func(region, typ string, inputs cloud.Map) string {
		t.Helper()
		id, _, err := aws.Cloud().Create(t.Context(), region, typ, inputs)
		require.NoError(t, err)
		return id
	}
	there := map[string]string{
		"zone":                           create("eu-central-1", "aws:route53/zone:Zone", cloud.Map{"name": "deepstreamhub.com", "comment": "by hand"}),
		"github":                         create("eu-central-1", "aws:iam/openIdConnectProvider:OpenIdConnectProvider", cloud.Map{"url": "https://token.actions.githubusercontent.com", "clientIdLists": cloud.List("somebody")}),
		"role-ecs.amazonaws.com":         create("us-east-1", "aws:iam/serviceLinkedRole:ServiceLinkedRole", cloud.Map{"awsServiceName": "ecs.amazonaws.com"}),
		"detector-us-east-1":             create("us-east-1", "aws:guardduty/detector:Detector", cloud.Map{"enable": false}),
		"images-deepstream-eu-central-1": create("eu-central-1", "aws:ecr/repository:Repository", cloud.Map{"name": "deepstream"}),
		"sessions-eu-central-1": create("eu-central-1", "aws:ssm/document:Document", cloud.Map{"name": "SSM-SessionManagerRunShell", "documentType": "Session",
			"content": `{"schemaVersion":"1.0","description":"by hand","sessionType":"Standard_Stream"}`}),
	}
	there["analyzer-us-east-1"] = create("us-east-1", "aws:accessanalyzer/analyzer:Analyzer", cloud.Map{"analyzerName": "ours-before", "tags": cloud.Map{"by": "hand"}})
	there["budget"] = create("us-east-1", "aws:budgets/budget:Budget", cloud.Map{"name": "deepstreamhub-month", "budgetType": "COST", "timeUnit": "MONTHLY",
		"limitAmount": "10", "limitUnit": "USD"})
	create("eu-central-1", "aws:iam/accountPasswordPolicy:AccountPasswordPolicy", cloud.Map{"minimumPasswordLength": 6.0})
	a := harness.NewAccount(t, aws, harness.AccountSettings(t))

	first := a.Adopt()
	require.Equal(t, len(there), first.Count()[plan.OpImport])
	ids := map[string]string{}
	for _, r := range a.State().Resources {
		ids[r.Name] = r.ID
	}
	for name, id := range there {
		require.Equal(t, id, ids[name], name)
	}
	zone := aws.Find("aws:route53/zone:Zone")
	require.Len(t, zone, 1)
	require.Equal(t, "by hand", zone[0].Str("comment"), "as it is")

	second := a.Up()
	require.ElementsMatch(t, []string{"update zone", "update github", "update role-ecs.amazonaws.com", "update detector-us-east-1", "update images-deepstream-eu-central-1", "update sessions-eu-central-1",
		"update analyzer-us-east-1", "update budget"},
		harness.Changed(second))
	require.Equal(t, "names of the platform's regions", aws.Find("aws:route53/zone:Zone")[0].Str("comment"))
	require.Equal(t, []string{"sts.amazonaws.com"}, aws.Find("aws:iam/openIdConnectProvider:OpenIdConnectProvider")[0].Strs("clientIdLists[]"))
	require.Equal(t, "6000", aws.Find("aws:budgets/budget:Budget")[0].Str("limitAmount"))
	require.Equal(t, 14, aws.Find("aws:iam/accountPasswordPolicy:AccountPasswordPolicy")[0].Int("minimumPasswordLength"))
	for _, r := range aws.Find("aws:ecr/repository:Repository") {
		require.Equal(t, "IMMUTABLE", r.Str("imageTagMutability"))
	}
	require.Empty(t, harness.Changed(a.Preview()))
}

// The bootstrap's own state moves into the bucket that it made, and everything goes on from there. A second move finds
// the place taken, and a region's stack shares the bucket.
func TestBootstrapStateMoves(t *testing.T) {
	t.Parallel()
	aws := harness.NewBlankAWS(t)
	s := harness.AccountSettings(t)
	a := harness.NewAccount(t, aws, s)
	err := a.OpenInBucket()
	require.ErrorContains(t, err, "the bucket deepstreamhub-state-111122223333, where the state lives, does not exist (s3, eu-central-1)")
	_, err = a.Move()
	require.ErrorContains(t, err, "there is nothing to move")
	a.Up()
	before := a.State()

	n, err := a.Move()
	require.NoError(t, err)
	require.Equal(t, len(before.Resources), n)
	require.Equal(t, "cloud", secretsProviderOf(t, aws), "secrets are the key's business now")
	require.Equal(t, before.Resources, a.State().Resources)
	require.Empty(t, harness.Changed(a.Preview()))
	s.Budget.MonthlyUSD++
	a.Settings = s
	require.Equal(t, []string{"update budget"}, harness.Changed(a.Up()))
	require.Equal(t, "cloud", secretsProviderOf(t, aws), "and stay it")

	again := harness.NewAccount(t, aws, s) // the copy that stayed on disk
	_, err = again.Move()
	require.ErrorContains(t, err, "there is a state with")
}

// The settings name the account, so that nothing happens in another one by mistake.
func TestBootstrapRefusesAnotherAccount(t *testing.T) {
	t.Parallel()
	s := harness.AccountSettings(t)
	s.Account.ID = "999988887777"
	_, err := harness.NewAccount(t, harness.NewBlankAWS(t), s).TryUp()
	require.ErrorContains(t, err, "the credentials are for account 111122223333, and account.id is 999988887777")
}

// Everything that can be left out is left out by itself, and names that regions share are validated once.
func TestBootstrapTogglesAndSharedNames(t *testing.T) {
	t.Parallel()
	no := false
	s := harness.AccountSettings(t)
	s.GitHub.Enabled, s.Budget.MonthlyUSD, s.Images.Repositories = &no, 0, nil
	s.Baseline = settings.Baseline{VolumeEncryption: &no, PublicAccessBlock: &no, PasswordPolicy: &no, AccessAnalyzer: &no, ContainerSettings: &no,
		ServiceRoles: &no, Trail: &no, TrailDays: 400, GuardDuty: &no, Sessions: &no, SessionLogDays: 365}
	s.Names.Shared = []string{"ws.deepstreamhub.com"}
	aws := harness.NewBlankAWS(t)
	a := harness.NewAccount(t, aws, s)
	a.Up()
	var types []string
	for _, r := range aws.Cloud().List() {
		service, _, _ := strings.Cut(strings.TrimPrefix(r.Type, "aws:"), "/")
		types = append(types, service)
	}
	slices.Sort(types)
	require.Equal(t, []string{"acm", "iam", "kms", "route53", "s3"}, slices.Compact(types))
	require.Len(t, aws.Find("aws:route53/record:Record"), 1)
	a.Destroy()
	require.Empty(t, aws.Contents())
}

// secretsProviderOf reads from the bootstrap's checkpoint in the bucket what encrypts its secrets.
func secretsProviderOf(t *testing.T, aws *harness.AWS) string {
	t.Helper()
	_, text, err := services.GetObject(aws.Cloud(), "deepstreamhub-state-111122223333", ".pulumi/stacks/deepstreamhub-bootstrap/production.json", "")
	require.NoError(t, err)
	var file struct {
		Checkpoint struct {
			Latest struct {
				Providers struct {
					Type string `json:"type"`
				} `json:"secrets_providers"`
			} `json:"latest"`
		} `json:"checkpoint"`
	}
	require.NoError(t, json.Unmarshal(text, &file))
	return file.Checkpoint.Latest.Providers.Type
}
