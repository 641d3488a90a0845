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

	"github.com/deepstreamhub/platform/bootstrap/settings"
	"github.com/deepstreamhub/platform/components/bus"
	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/deploy"
	"github.com/deepstreamhub/platform/internal/drift"
	"github.com/deepstreamhub/platform/internal/iamdata"
	"github.com/deepstreamhub/platform/internal/program"
	"github.com/deepstreamhub/platform/internal/state/store"
	"github.com/deepstreamhub/platform/tests/harness"
)

// The roles that GitHub's jobs take allow every request of a region's life, what AWS checks besides included, on the state in
// the account's bucket, and hardly anything else: what nothing of it needed is what an option, or a later change, of a type
// of the platform does. So in the committed regions, in others, and in one alone.
func TestRolesFitWhatIsDone(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*settings.Settings, *config.Config){
		"as committed": func(*settings.Settings, *config.Config) {},
		"in others": func(s *settings.Settings, c *config.Config) {
			s.Region, s.Account.Regions, s.State.ReplicaRegion, s.Account.Copies = "us-east-1", []string{"us-east-1"}, "us-west-2", []string{"eu-central-1"}
			c.Region, c.Network.Zones, c.Backup.CopyTo = "us-east-1", []string{"use1-az1", "use1-az2", "use1-az4"}, "eu-central-1"
			c.Cluster.AMI = harness.Ephemeral(t, "prod-us").Cluster.AMI
		},
		"in one alone": func(s *settings.Settings, c *config.Config) { s.Account.Regions = []string{"eu-central-1"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fitsWhatIsDone(t, change, name == "as committed")
		})
	}
}

func fitsWhatIsDone(t *testing.T, change func(*settings.Settings, *config.Config), closely bool) {
	t.Helper()
	aws := harness.NewBlankAWS(t)
	with, cfg := harness.AccountSettings(t), harness.Ephemeral(t, "prod-eu")
	change(&with, &cfg)
	cfg.Network.Endpoints = []string{"ecr.api"} // of whose interfaces each read asks
	cfg.Observability.Notify = []string{"mailto:ops@deepstreamhub.com"}
	cfg.Platform.RolePath = harness.Organisation.Path() + "it/"
	account := harness.NewAccount(t, aws, with)
	account.Up()
	aws.Cloud().Record()
	s := harness.NewStack(t, aws, "it", cfg, harness.On(account.Backend()))
	s.Config.Edge.Hostname = s.Name + "." + cfg.Edge.Zone // as that of a short-lived stack
	made := aws.Cloud().Recorded()                        // the stack, without anything in it

	preview, drifts := policiesOf(aws, "deepstreamhub-preview-"), policiesOf(aws, "deepstreamhub-drift-")
	changing := map[string][]string{"ephemeral": policiesOf(aws, "deepstreamhub-ephemeral-"), "deploy": rename(policiesOf(aws, "deepstreamhub-deploy-prod-eu-"), "prod-eu", s.Name)}
	aws.Cloud().Record()
	s.BlindPreview()
	reads := aws.Cloud().Recorded()
	requireAllowed(t, preview, reads)

	aws.Cloud().Record()
	s.Up()
	s.Config.Platform.CostCentre = "another" // a tag on everything that has tags
	s.Up()
	if closely {
		for _, tier := range []string{program.BusTier, program.DatabaseTier} {
			for _, step := range []bus.Rotation{program.BeginRotation, program.FinishRotation} {
				s.Around = rotating(t, s, tier, step)
				s.Up()
			}
		}
		s.Around = nil
	}
	changed := aws.Cloud().Recorded()
	if closely {
		requireEnforced(t, aws, s, harness.NewStack(t, aws, "prod-eu", cfg, harness.On(account.Backend())))
	}
	aws.Cloud().Record()
	s.BlindDrift()
	drifted := aws.Cloud().Recorded()
	requireAllowed(t, drifts, drifted)
	aws.Cloud().Record()
	s.Destroy()
	done := slices.Concat(made, changed, drifted, aws.Cloud().Recorded())
	for role, documents := range changing {
		asked := done
		if role == "ephemeral" { // a short-lived stack has no global name
			asked = slices.DeleteFunc(slices.Clone(done), func(a cloud.Access) bool {
				return a.Context["route53:changeresourcerecordsetsnormalizedrecordnames"] == cfg.Edge.GlobalName
			})
		}
		requireAllowed(t, documents, asked)
		requireDependent(t, documents, asked)
	}
	requireDependent(t, drifts, drifted)
	require.Greater(t, len(done), 1000)
	if closely {
		requireNeeded(t, slices.Concat(preview, drifts, changing["deploy"]), slices.Concat(reads, done))
	}
}

// requireEnforced has each role do what it is for, and what it is not for: the offline AWS decides by the role's policies as
// AWS does. The other stack's name is not that of a short-lived one.
func requireEnforced(t *testing.T, aws *harness.AWS, s, other *harness.Stack) {
	t.Helper()
	for _, role := range []string{"deepstreamhub-preview", "deepstreamhub-drift"} {
		env := aws.As(t, role)
		d, err := s.Blind(env...)
		require.NoError(t, err, role)
		p, err := d.Preview(t.Context(), deploy.Options{})
		require.NoError(t, err, role)
		require.Empty(t, harness.Changed(p), role)
		p, err = d.Refresh(t.Context(), deploy.Options{PreviewOnly: true, Exclude: drift.Unread})
		require.NoError(t, err, role)
		require.Empty(t, drift.Of(p, d.Blinded()...).Drifted, role)
		_, err = d.Refresh(t.Context(), deploy.Options{PreviewOnly: true}) // secrets included
		require.ErrorContains(t, err, "is not authorized to perform: secretsmanager:GetSecretValue", role)

		real, err := s.Open(env...)
		if err == nil { // where opening alone needs no key
			_, err = real.State(t.Context()) // stack export --show-secrets
		}
		require.ErrorContains(t, err, "is not authorized to perform: kms:Decrypt", role)
		for _, action := range []string{"secretsmanager:GetSecretValue", "ssm:GetParameter", "ec2:CreateVpc", "s3:PutObject", "kms:Encrypt"} {
			require.Error(t, services.MayCall(aws.Cloud(), role, "eu-central-1", action, "*"), "%s %s", role, action)
		}
	}
	short, err := s.Open(aws.As(t, "deepstreamhub-ephemeral")...)
	require.NoError(t, err)
	_, err = short.Preview(t.Context(), deploy.Options{})
	require.NoError(t, err)
	names, closed, err := s.List(aws.As(t, "deepstreamhub-ephemeral")...)
	require.NoError(t, err)
	require.Equal(t, []string{s.Name}, names)
	require.Equal(t, []string{other.Name}, closed, "the job that reaps goes past the production stacks")
	for _, role := range []string{"deepstreamhub-images", "deepstreamhub-deploy-prod-us"} {
		_, err := s.Open(aws.As(t, role)...)
		require.ErrorIs(t, err, store.ErrForbidden, "%s works on a stack of its own alone", role)
	}
}

// rename makes the policies for one stack those for another.
func rename(documents []string, from, to string) []string {
	var out []string
	for _, d := range documents {
		d = strings.NewReplacer(`"`+from+`"`, `"`+to+`"`, "/"+from+"/", "/"+to+"/", "/"+from+".", "/"+to+".", "arn:aws:s3:::edge-*", "arn:aws:s3:::"+to+"-*").Replace(d)
		out = append(out, d)
	}
	return out
}

// requireNeeded holds that nothing is granted that nothing needs.
func requireNeeded(t *testing.T, documents []string, requests []cloud.Access) {
	t.Helper()
	needed := map[string]string{} // action to what needs it
	for _, r := range requests {
		needed[r.Action] = "used"
		for _, d := range iamdata.Get().Actions[r.Action].Dependent {
			if needed[d] == "" {
				needed[d] = "checked by " + r.Action
			}
		}
	}
	for _, typ := range cloud.Types() {
		for _, verb := range []string{"create", "update", "delete", "read"} {
			for _, action := range services.ActionsOf(typ, verb) {
				if needed[action] == "" {
					needed[action] = verb + " " + typ
				}
			}
		}
	}
	var spare []string
	for _, action := range slices.Sorted(maps.Keys(granted(t, documents))) {
		switch why := needed[action]; {
		case why == "" && atTimes[action] == "":
			t.Errorf("%s is granted, and nothing of the platform needs it", action)
		case why != "used":
			spare = append(spare, action+": "+why+atTimes[action])
		}
	}
	t.Logf("granted for what did not happen here:\n%s", strings.Join(spare, "\n"))
}

// atTimes are actions that a region's life does not need, and a job does.
var atTimes = map[string]string{
	"elasticloadbalancing:DescribeTargetHealth": "hub health asks for it",

	"servicequotas:GetAWSDefaultServiceQuota": "hub doctor, and the first up, ask whether a region fits",
	"servicequotas:GetServiceQuota":           "hub doctor, and the first up, ask whether a region fits",

	"s3:GetObjectVersion":   "the way back to an earlier version of a broken state",
	"s3:ListBucketVersions": "the way back to an earlier version of a broken state",
	"tag:GetResources":      "what a killed engine left is found by its tags",

	"backup:ListBackupSelections": "what a killed engine left of a backup selection, which has no tags",
}

// notAsked are dependent actions that AWS checks only for what the platform does not ask for.
var notAsked = map[string]string{
	"iam:CreateServiceLinkedRole": "the bootstrap makes the service-linked roles",
	"ssm:GetParameters":           "templates name an image, no parameter",
	"ecs:ListClusters":            "flow logs of ECS tasks alone", "ecs:ListContainerInstances": "flow logs of ECS tasks alone", "ecs:ListServices": "flow logs of ECS tasks alone",
	"ecs:ListTaskDefinitions": "flow logs of ECS tasks alone", "ecs:ListTasks": "flow logs of ECS tasks alone",
	"s3:GetObject": "a bus that is filled from a bucket", "s3:PutObject": "a snapshot that goes into a bucket", "s3:DeleteObject": "a snapshot that goes into a bucket",
	"s3:GetBucketAcl": "a snapshot that goes into a bucket", "rds:CreateTenantDatabase": "Oracle alone", "rds:DeleteTenantDatabase": "Oracle alone",
	"rds:CreateDBSnapshot":    "instances outside of a cluster",
	"amplify:AssociateWebACL": "a web ACL of another service's", "amplify:DisassociateWebACL": "a web ACL of another service's", "amplify:GetWebACLForResource": "a web ACL of another service's",
	"apigateway:SetWebACL": "a web ACL of another service's", "appsync:SetWebACL": "a web ACL of another service's",
	"apprunner:AssociateWebAcl": "a web ACL of another service's", "apprunner:DisassociateWebAcl": "a web ACL of another service's",
	"apprunner:DescribeWebAclForService": "a web ACL of another service's",
	"cognito-idp:AssociateWebACL":        "a web ACL of another service's", "cognito-idp:DisassociateWebACL": "a web ACL of another service's",
	"cognito-idp:GetWebACLForResource":          "a web ACL of another service's",
	"ec2:AssociateVerifiedAccessInstanceWebAcl": "a web ACL of another service's", "ec2:DisassociateVerifiedAccessInstanceWebAcl": "a web ACL of another service's",
	"ec2:GetVerifiedAccessInstanceWebAcl": "a web ACL of another service's",
	"wafv2:GetPermissionPolicy":           "a web ACL of Amplify's", "wafv2:PutPermissionPolicy": "a web ACL of Amplify's",

	"secretsmanager:CreateSecret": "passwords that RDS manages", "secretsmanager:RotateSecret": "passwords that RDS manages", "secretsmanager:TagResource": "passwords that RDS manages",
}

// requireDependent holds that what AWS checks besides a request, in the caller's name, is granted as well.
func requireDependent(t *testing.T, documents []string, requests []cloud.Access) {
	t.Helper()
	has, missing := granted(t, documents), map[string]bool{}
	for _, r := range requests {
		for _, d := range iamdata.Get().Actions[r.Action].Dependent {
			if !has[d] && notAsked[d] == "" {
				missing[r.Action+" needs "+d] = true
			}
		}
	}
	require.Empty(t, slices.Sorted(maps.Keys(missing)))
}

// What a hostile deployment would try first.
func TestDeployRoleKeepsToItsBounds(t *testing.T) {
	t.Parallel()
	aws := harness.NewBlankAWS(t)
	harness.NewAccount(t, aws, harness.AccountSettings(t)).Up()
	deploy := policiesOf(aws, "deepstreamhub-deploy-prod-eu-")
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
		want             services.Decision
	}{
		{"iam:CreateRole", role, with("iam:permissionsboundary", boundary, "aws:requesttag/stack", "prod-eu"), services.Allowed},
		{"iam:CreateRole", role, with("iam:permissionsboundary", boundary), services.ImplicitlyDenied},
		{"iam:CreateRole", role, with("iam:permissionsboundary", boundary, "aws:requesttag/stack", "prod-us"), services.ImplicitlyDenied},
		{"iam:TagRole", role, with("aws:requesttag/stack", "prod-us"), services.ImplicitlyDenied},
		{"iam:UntagRole", role, with("aws:tagkeys", "stack"), services.ExplicitlyDenied},
		{"iam:UpdateAssumeRolePolicy", role, with(), services.ImplicitlyDenied},
		{"iam:CreateRole", role, with(), services.ImplicitlyDenied},
		{"iam:CreateRole", role, with("iam:permissionsboundary", "arn:aws:iam::aws:policy/AdministratorAccess"), services.ImplicitlyDenied},
		{"iam:CreateRole", "arn:aws:iam::111122223333:role/x", with("iam:permissionsboundary", boundary), services.ImplicitlyDenied},
		{"iam:AttachRolePolicy", role, with(), services.ImplicitlyDenied},
		{"iam:AttachRolePolicy", "arn:aws:iam::111122223333:role/deepstreamhub-deploy", with(), services.ImplicitlyDenied},
		{"iam:DeleteRolePermissionsBoundary", role, with("iam:permissionsboundary", boundary), services.ImplicitlyDenied},
		{"iam:UpdateAssumeRolePolicy", "arn:aws:iam::111122223333:role/deepstreamhub-deploy", with(), services.ImplicitlyDenied},
		{"iam:CreatePolicyVersion", boundary, with(), services.ImplicitlyDenied},
		{"iam:CreateUser", "arn:aws:iam::111122223333:user/x", with(), services.ImplicitlyDenied},
		{"iam:PassRole", role, with("iam:passedtoservice", "ecs-tasks.amazonaws.com"), services.Allowed},
		{"iam:PassRole", role, with("iam:passedtoservice", "lambda.amazonaws.com"), services.ImplicitlyDenied},
		{"iam:PassRole", "arn:aws:iam::111122223333:role/admin", with("iam:passedtoservice", "ecs-tasks.amazonaws.com"), services.ImplicitlyDenied},
		{"s3:PutObject", bucket + "/.pulumi/stacks/deepstreamhub/prod-eu.json", with(), services.Allowed},
		{"s3:PutObject", bucket + "/.pulumi/locks/organization/deepstreamhub/prod-eu/l.json", with(), services.Allowed},
		{"s3:PutObject", bucket + "/.deepstreamhub/holders/deepstreamhub/prod-eu/l.json", with(), services.Allowed},
		{"s3:PutObject", bucket + "/.pulumi/stacks/deepstreamhub/prod-us.json", with(), services.ImplicitlyDenied},
		{"s3:GetObject", bucket + "/.pulumi/stacks/deepstreamhub-bootstrap/production.json", with(), services.ImplicitlyDenied},
		{"s3:DeleteObjectVersion", bucket + "/.pulumi/stacks/deepstreamhub/prod-eu.json", with(), services.ExplicitlyDenied},
		{"kms:UpdateAlias", "arn:aws:kms:eu-central-1:111122223333:alias/deepstreamhub-state", with(), services.ExplicitlyDenied},
		{"rds:ModifyDBClusterSnapshotAttribute", "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:final", with(), services.ExplicitlyDenied},
		{"rds:DeleteDBClusterSnapshot", "arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:final", with(), services.ExplicitlyDenied},
		{"logs:DeleteLogGroup", "arn:aws:logs:eu-central-1:111122223333:log-group:/deepstreamhub/sessions:*", with(), services.ExplicitlyDenied},
		{"kms:ScheduleKeyDeletion", key, with("aws:resourcetag/stack", "prod-us"), services.ImplicitlyDenied},
		{"s3:PutBucketPolicy", bucket, with(), services.ExplicitlyDenied},
		{"s3:DeleteObject", "arn:aws:s3:::deepstreamhub-trail-111122223333/AWSLogs/x", with(), services.ExplicitlyDenied},
		{"kms:ScheduleKeyDeletion", key, with(), services.Allowed},
		{"kms:ScheduleKeyDeletion", key, with("aws:resourcetag/project", "deepstreamhub-bootstrap"), services.ExplicitlyDenied},
		{"kms:UntagResource", key, with("aws:resourcetag/project", "deepstreamhub-bootstrap"), services.ExplicitlyDenied},
		{"ec2:CreateVpc", "arn:aws:ec2:us-east-1:111122223333:vpc/v", with(), services.Allowed},
		{"ec2:CreateVpc", "arn:aws:ec2:us-west-2:111122223333:vpc/v", with("aws:requestedregion", "us-west-2"), services.ImplicitlyDenied},
		{"cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-central-1:111122223333:trail/deepstreamhub", with(), services.ImplicitlyDenied},
	} {
		got, err := services.Decide(deploy, cloud.Access{Action: c.action, Resource: c.resource, Context: c.context})
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
		d, err := services.Decide(documents, r)
		require.NoError(t, err)
		if d != services.Allowed {
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
