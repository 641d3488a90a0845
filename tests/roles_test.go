package tests

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/tests/harness"
)

// The roles that GitHub's jobs take allow every request of a region's life, on the state in the account's bucket, and
// hardly anything else: what nothing of it needed is what an option, or a later change, of a type of the platform does.
func TestRolesFitWhatIsDone(t *testing.T) {
	t.Parallel()
	aws := harness.NewBlankAWS(t)
	account := harness.NewAccount(t, aws, harness.AccountSettings(t))
	account.Up()
	preview, deploy := policiesOf(aws, "deepstreamhub-preview-"), policiesOf(aws, "deepstreamhub-deploy-")
	aws.Cloud().Record()
	s := harness.NewStack(t, aws, "roles", harness.Ephemeral(t, "prod-eu"), harness.On(account.Backend()))

	made := aws.Cloud().Recorded() // the stack, without anything in it

	aws.Cloud().Record()
	s.Preview()
	reads := aws.Cloud().Recorded()
	requireAllowed(t, preview, reads)

	aws.Cloud().Record()
	s.Up()
	s.Config.Platform.CostCentre = "another" // a tag on everything that has tags
	s.Up()
	changed := aws.Cloud().Recorded()
	aws.Cloud().Record()
	s.Drift()
	drift := aws.Cloud().Recorded()
	requireAllowed(t, preview, drift)
	d, err := cloud.Decide(preview, cloud.Access{Action: "secretsmanager:GetSecretValue", Resource: "*"})
	require.NoError(t, err)
	require.Equal(t, cloud.ExplicitlyDenied, d)
	aws.Cloud().Record()
	s.Destroy()
	done := slices.Concat(made, changed, drift, aws.Cloud().Recorded())
	requireAllowed(t, deploy, done)
	require.Greater(t, len(done), 1000)

	needed := map[string]string{} // action to what needs it
	for _, r := range slices.Concat(reads, done) {
		needed[r.Action] = "used"
	}
	for _, typ := range cloud.Types() {
		for _, verb := range []string{"create", "update", "delete", "read"} {
			for _, action := range cloud.ActionsOf(typ, verb) {
				if needed[action] == "" {
					needed[action] = verb + " " + typ
				}
			}
		}
	}
	var spare []string
	for _, action := range slices.Sorted(maps.Keys(granted(t, slices.Concat(preview, deploy)))) {
		switch why := needed[action]; {
		case why == "" && atTimes[action] == "":
			t.Errorf("%s is granted, and nothing of the platform needs it", action)
		case why != "used":
			spare = append(spare, action+": "+why+atTimes[action])
		}
	}
	t.Logf("granted for what did not happen here:\n%s", strings.Join(spare, "\n"))
}

// push is why the role of deployments may write images.
const push = "the job that builds the image pushes it"

// atTimes are actions that a region's life does not need, and a job does.
var atTimes = map[string]string{
	"elasticloadbalancing:DescribeTargetHealth": "hub health asks for it",

	"ecr:BatchCheckLayerAvailability": push, "ecr:BatchGetImage": push, "ecr:CompleteLayerUpload": push, "ecr:GetAuthorizationToken": push,
	"ecr:InitiateLayerUpload": push, "ecr:PutImage": push, "ecr:UploadLayerPart": push,

	"s3:GetObjectVersion": "the way back to an earlier version of a broken state",
	"tag:GetResources":    "what a killed engine left is found by its tags",

	"backup:ListBackupSelections": "what a killed engine left of a backup selection, which has no tags",
}

// What a hostile deployment would try first.
func TestDeployRoleKeepsToItsBounds(t *testing.T) {
	t.Parallel()
	aws := harness.NewBlankAWS(t)
	harness.NewAccount(t, aws, harness.AccountSettings(t)).Up()
	deploy := policiesOf(aws, "deepstreamhub-deploy-")
	const (
		role     = "arn:aws:iam::111122223333:role/deepstreamhub/x"
		boundary = "arn:aws:iam::111122223333:policy/deepstreamhub/deepstreamhub-boundary"
		bucket   = "arn:aws:s3:::deepstreamhub-state-111122223333"
		key      = "arn:aws:kms:eu-central-1:111122223333:key/k"
	)
	with := func(pairs ...string) map[string]string {
		c := map[string]string{"aws:requestedregion": "us-east-1", "aws:resourceaccount": "111122223333"}
		for pair := range slices.Chunk(pairs, 2) {
			c[pair[0]] = pair[1]
		}
		return c
	}
	for _, c := range []struct {
		action, resource string
		context          map[string]string
		want             cloud.Decision
	}{
		{"iam:CreateRole", role, with("iam:permissionsboundary", boundary), cloud.Allowed},
		{"iam:CreateRole", role, with(), cloud.ImplicitlyDenied},
		{"iam:CreateRole", role, with("iam:permissionsboundary", "arn:aws:iam::aws:policy/AdministratorAccess"), cloud.ImplicitlyDenied},
		{"iam:CreateRole", "arn:aws:iam::111122223333:role/x", with("iam:permissionsboundary", boundary), cloud.ImplicitlyDenied},
		{"iam:AttachRolePolicy", role, with(), cloud.ImplicitlyDenied},
		{"iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/deepstreamhub-deploy", with(), cloud.ImplicitlyDenied},
		{"iam:DeleteRolePermissionsBoundary", role, with("iam:permissionsboundary", boundary), cloud.ImplicitlyDenied},
		{"iam:UpdateAssumeRolePolicy", "arn:aws:iam::111122223333:role/deepstreamhub-deploy", with(), cloud.ImplicitlyDenied},
		{"iam:CreatePolicyVersion", boundary, with(), cloud.ImplicitlyDenied},
		{"iam:CreateUser", "arn:aws:iam::111122223333:user/x", with(), cloud.ImplicitlyDenied},
		{"iam:PassRole", role, with("iam:passedtoservice", "ecs-tasks.amazonaws.com"), cloud.Allowed},
		{"iam:PassRole", role, with("iam:passedtoservice", "lambda.amazonaws.com"), cloud.ImplicitlyDenied},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/admin", with("iam:passedtoservice", "ecs-tasks.amazonaws.com"), cloud.ImplicitlyDenied},
		{"s3:PutObject", bucket + "/.pulumi/stacks/x.json", with(), cloud.Allowed},
		{"s3:DeleteObjectVersion", bucket + "/.pulumi/stacks/x.json", with(), cloud.ExplicitlyDenied},
		{"s3:PutBucketPolicy", bucket, with(), cloud.ExplicitlyDenied},
		{"s3:DeleteObject", "arn:aws:s3:::deepstreamhub-trail-111122223333/AWSLogs/x", with(), cloud.ExplicitlyDenied},
		{"kms:ScheduleKeyDeletion", key, with(), cloud.Allowed},
		{"kms:ScheduleKeyDeletion", key, with("aws:resourcetag/project", "deepstreamhub-bootstrap"), cloud.ExplicitlyDenied},
		{"kms:UntagResource", key, with("aws:resourcetag/project", "deepstreamhub-bootstrap"), cloud.ExplicitlyDenied},
		{"ec2:CreateVpc", "arn:aws:ec2:us-east-1:111122223333:vpc/v", with(), cloud.Allowed},
		{"ec2:CreateVpc", "arn:aws:ec2:us-west-2:111122223333:vpc/v", with("aws:requestedregion", "us-west-2"), cloud.ImplicitlyDenied},
		{"cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-central-1:111122223333:trail/deepstreamhub", with(), cloud.ImplicitlyDenied},
	} {
		got, err := cloud.Decide(deploy, cloud.Access{Action: c.action, Resource: c.resource, Context: c.context})
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%s on %s with %v", c.action, c.resource, c.context)
	}
}

// policiesOf are the documents of the managed policies whose names begin so.
func policiesOf(aws *harness.AWS, prefix string) []string {
	var out []string
	for _, p := range aws.Find("aws:iam/policy:Policy") {
		if strings.HasPrefix(p.Str("name"), prefix) {
			out = append(out, p.Str("policy"))
		}
	}
	return out
}

func requireAllowed(t *testing.T, documents []string, requests []cloud.Access) {
	t.Helper()
	denied := map[string]bool{}
	for _, r := range requests {
		d, err := cloud.Decide(documents, r)
		require.NoError(t, err)
		if d != cloud.Allowed {
			denied[fmt.Sprintf("%s on %s for %s: %s", r.Action, r.Resource, r.For, d)] = true
		}
	}
	require.Empty(t, slices.Sorted(maps.Keys(denied)))
}

// granted are the actions that documents allow.
func granted(t *testing.T, documents []string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, text := range documents {
		var doc struct {
			Statement []struct {
				Effect string
				Action []string
			}
		}
		require.NoError(t, json.Unmarshal([]byte(text), &doc))
		for _, s := range doc.Statement {
			for _, action := range s.Action {
				if s.Effect == "Allow" {
					require.NotContains(t, action, "*", "an action is granted by its name")
					out[path.Clean(action)] = true
				}
			}
		}
	}
	return out
}
