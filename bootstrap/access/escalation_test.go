package access

import (
	"encoding/json"
	"flag"
	"fmt"
	pathpkg "path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/services"
	"github.com/deepstreamhub/platform/internal/iamdata"
	"github.com/deepstreamhub/platform/internal/policy"
	"github.com/deepstreamhub/platform/tests/generated"
)

var update = flag.Bool("update", false, "rewrite docs/escalation.md")

// What the paths lead to: an administrator's role, the roles that jobs take, the account's keys, and what other stacks have.
const (
	admin     = "arn:aws:iam::111122223333:role/admin"
	adminUser = "arn:aws:iam::111122223333:user/admin"
	taken     = "arn:aws:iam::111122223333:role/deepstreamhub-deploy-prod-eu"
	attached  = "arn:aws:iam::111122223333:policy/deepstreamhub-deploy-prod-eu-roles"
	bounding  = "arn:aws:iam::111122223333:policy/deepstreamhub/deepstreamhub-boundary"
	made      = "arn:aws:iam::111122223333:role/deepstreamhub/made"
	anything  = "*"
)

// try is one request of a path. Those of a path are made one after the other; the first that is refused stops it.
type try struct {
	action, resource string
	context          []string // condition keys and values
	bounded          bool     // asked by a role that a deployment made, as its boundary allows at most
}

// path is a known way from some rights to more.
type path struct {
	name, source string
	tries        []try
}

// The sources of the paths: "AWS IAM Privilege Escalation - Methods and Mitigation" and "Part 2" (Rhino Security Labs), with
// the number there; "IAM Vulnerable" (Bishop Fox); pathfinding.cloud (Datadog); "Privilege escalation in AWS with PassRole"
// (hackingthe.cloud); and what AWS itself warns of in a service's guide.
const (
	rhino, bishop, finding, hacking = "Rhino Security Labs", "Bishop Fox, IAM Vulnerable", "pathfinding.cloud", "hackingthe.cloud"
)

// pass is the right without which nothing can be given an administrator's role.
func pass(to string) try {
	return try{action: "iam:PassRole", resource: admin, context: []string{"iam:passedtoservice", to + ".amazonaws.com"}}
}

func on(action, resource string, context ...string) try {
	return try{action: action, resource: resource, context: context}
}

func arnOf(service, resource string) string {
	return "arn:aws:" + service + ":eu-central-1:111122223333:" + resource
}

var escalations = []path{
	{"A new version of a policy that is attached", rhino + " 1", []try{on("iam:CreatePolicyVersion", attached)}},
	{"An earlier, wider version made the default", rhino + " 2", []try{on("iam:SetDefaultPolicyVersion", attached)}},
	{"A host under an administrator's profile", rhino + " 3", []try{pass("ec2"), on("ec2:RunInstances", anything)}},
	{"An access key of somebody else", rhino + " 4", []try{on("iam:CreateAccessKey", adminUser)}},
	{"A console password for somebody else", rhino + " 5", []try{on("iam:CreateLoginProfile", adminUser)}},
	{"Another password for somebody else", rhino + " 6", []try{on("iam:UpdateLoginProfile", adminUser)}},
	{"A policy attached to a user", rhino + " 7", []try{on("iam:AttachUserPolicy", adminUser)}},
	{"A policy attached to a group", rhino + " 8", []try{on("iam:AttachGroupPolicy", "arn:aws:iam::111122223333:group/admins")}},
	{"A policy attached to one's own role", rhino + " 9", []try{on("iam:AttachRolePolicy", taken)}},
	{"A policy written into a user", rhino + " 10", []try{on("iam:PutUserPolicy", adminUser)}},
	{"A policy written into a group", rhino + " 11", []try{on("iam:PutGroupPolicy", "arn:aws:iam::111122223333:group/admins")}},
	{"A policy written into one's own role", rhino + " 12", []try{on("iam:PutRolePolicy", taken)}},
	{"Joining a group of administrators", rhino + " 13", []try{on("iam:AddUserToGroup", "arn:aws:iam::111122223333:group/admins")}},
	{"Another trust of an administrator's role", rhino + " 14", []try{on("iam:UpdateAssumeRolePolicy", admin)}},
	{"Another trust of a role of the platform, a foreign account's included", bishop, []try{on("iam:UpdateAssumeRolePolicy", made)}},
	{"A function under an administrator's role, invoked", rhino + " 15", []try{pass("lambda"), on("lambda:CreateFunction", arnOf("lambda", "function:x"))}},
	{"A function under an administrator's role, triggered by a table", rhino + " 16", []try{pass("lambda"), on("lambda:CreateEventSourceMapping", anything)}},
	{"Other code in a function that is there", rhino + " 17", []try{on("lambda:UpdateFunctionCode", arnOf("lambda", "function:x"))}},
	{"Another layer under a function that is there", rhino + " 18", []try{on("lambda:UpdateFunctionConfiguration", arnOf("lambda", "function:x"))}},
	{"A Glue endpoint under an administrator's role", rhino + " 19", []try{pass("glue"), on("glue:CreateDevEndpoint", anything)}},
	{"Another key for a Glue endpoint that is there", rhino + " 20", []try{on("glue:UpdateDevEndpoint", arnOf("glue", "devEndpoint/x"))}},
	{"A CloudFormation stack under an administrator's role", rhino + " 21", []try{pass("cloudformation"), on("cloudformation:CreateStack", arnOf("cloudformation", "stack/x"))}},
	{"A notebook under an administrator's role", bishop, []try{pass("sagemaker"), on("sagemaker:CreateNotebookInstance", arnOf("sagemaker", "notebook-instance/x"))}},
	{"A training job under an administrator's role", finding, []try{pass("sagemaker"), on("sagemaker:CreateTrainingJob", arnOf("sagemaker", "training-job/x"))}},
	{"A build under an administrator's role", bishop, []try{pass("codebuild"), on("codebuild:CreateProject", arnOf("codebuild", "project/x"))}},
	{"A changed build that is there", finding, []try{on("codebuild:UpdateProject", arnOf("codebuild", "project/x"))}},
	{"A Glue job under an administrator's role", finding, []try{pass("glue"), on("glue:CreateJob", anything)}},
	{"A task under an administrator's role", hacking, []try{pass("ecs-tasks"), on("ecs:RegisterTaskDefinition", anything)}},
	{"A command in a task that is there", finding, []try{on("ecs:ExecuteCommand", arnOf("ecs", "task/x"))}},
	{"A command on a host that is there", bishop, []try{on("ssm:SendCommand", arnOf("ec2", "instance/i-1"))}},
	{"A session on a host that is there", bishop, []try{on("ssm:StartSession", arnOf("ec2", "instance/i-1"))}},
	{"An automation under an administrator's role", finding, []try{pass("ssm"), on("ssm:StartAutomationExecution", anything)}},
	{"Other user data for a stopped host", hacking, []try{on("ec2:ModifyInstanceAttribute", arnOf("ec2", "instance/i-1"))}},
	{"Another profile for a host that is there", finding, []try{pass("ec2"), on("ec2:ReplaceIamInstanceProfileAssociation", arnOf("ec2", "instance/i-1"))}},
	{"A profile with an administrator's role in it", bishop, []try{pass("ec2"), on("iam:AddRoleToInstanceProfile", "arn:aws:iam::111122223333:instance-profile/deepstreamhub/made")}},
	{"Taking an administrator's role", bishop, []try{on("sts:AssumeRole", admin)}},
	{"A new role without the boundary", finding, []try{on("iam:CreateRole", made, "aws:requesttag/stack", "prod-eu")}},
	{"A new role with another boundary", finding, []try{on("iam:CreateRole", made, "iam:permissionsboundary", "arn:aws:iam::aws:policy/AdministratorAccess", "aws:requesttag/stack", "prod-eu")}},
	{"A new role with another stack's tag", "IAM User Guide, ABAC", []try{on("iam:CreateRole", made, "iam:permissionsboundary", bounding, "aws:requesttag/stack", "production")}},
	{"Another stack's tag on a role that is there", "IAM User Guide, ABAC", []try{on("iam:TagRole", made, "aws:requesttag/stack", "production")}},
	{"No boundary on a role any more", hacking, []try{on("iam:DeleteRolePermissionsBoundary", made, "iam:permissionsboundary", bounding)}},
	{"A wider boundary", finding, []try{on("iam:CreatePolicyVersion", bounding)}},
	{"An administrator's policy on a role that was made, with the boundary: it changes permissions", finding, []try{
		{"iam:CreatePolicyVersion", attached, nil, true}}},
	{"The same, to make users", finding, []try{{"iam:CreateUser", adminUser, nil, true}}},
	{"The same, trusted by a foreign account: it reads another stack's secret", finding, []try{
		{"secretsmanager:GetSecretValue", arnOf("secretsmanager", "secret:x"), []string{"aws:resourcetag/stack", "prod-us", "aws:principaltag/stack", "prod-eu"}, true}}},
	{"The same, to decrypt the state", finding, []try{
		{"kms:Decrypt", arnOf("kms", "key/state"), []string{"aws:resourcetag/stack", "production", "aws:resourcetag/project", "deepstreamhub-bootstrap", "aws:principaltag/stack", "production"}, true}}},
	{"A grant on the state's key, by a role that was made", "KMS Developer Guide, Grants", []try{
		{"kms:CreateGrant", arnOf("kms", "key/state"), []string{"aws:resourcetag/project", "deepstreamhub-bootstrap", "aws:resourcetag/stack", "production", "aws:principaltag/stack", "production"}, true}}},
	{"A grant on the state's key", "KMS Developer Guide, Grants", []try{on("kms:CreateGrant", arnOf("kms", "key/state"), "aws:resourcetag/project", "deepstreamhub-bootstrap", "aws:resourcetag/stack", "production")}},
	{"Another policy of the state's key", finding, []try{on("kms:PutKeyPolicy", arnOf("kms", "key/state"), "aws:resourcetag/project", "deepstreamhub-bootstrap", "aws:resourcetag/stack", "production")}},
	{"The state key's alias on another key", "KMS Developer Guide, Controlling access to aliases", []try{on("kms:UpdateAlias", arnOf("kms", "alias/deepstreamhub-state"))}},
	{"Another stack's secret", hacking, []try{on("secretsmanager:GetSecretValue", arnOf("secretsmanager", "secret:x"), "aws:resourcetag/stack", "prod-us")}},
	{"A parameter of the account", hacking, []try{on("ssm:GetParameter", arnOf("ssm", "parameter/password"))}},
	{"Another stack's state", "Pulumi, DIY backends", []try{on("s3:PutObject", "arn:aws:s3:::deepstreamhub-state-111122223333/.pulumi/stacks/deepstreamhub/prod-us.json")}},
	{"The bootstrap's state, by which an administrator works", "Pulumi, DIY backends", []try{on("s3:PutObject", "arn:aws:s3:::deepstreamhub-state-111122223333/.pulumi/stacks/deepstreamhub-bootstrap/production.json")}},
	{"The state bucket's policy", finding, []try{on("s3:PutBucketPolicy", "arn:aws:s3:::deepstreamhub-state-111122223333")}},
	{"A final snapshot shared with a foreign account", "RDS User Guide, Sharing a DB snapshot", []try{on("rds:ModifyDBClusterSnapshotAttribute", arnOf("rds", "cluster-snapshot:final"))}},
	{"A final snapshot deleted", "RDS User Guide, Deleting a DB snapshot", []try{on("rds:DeleteDBClusterSnapshot", arnOf("rds", "cluster-snapshot:final"))}},
	{"An image shared with a foreign account", finding, []try{on("ecr:SetRepositoryPolicy", arnOf("ecr", "repository/deepstream"))}},
	{"The trail stopped", hacking, []try{on("cloudtrail:StopLogging", arnOf("cloudtrail", "trail/deepstreamhub"))}},
	{"The trail's files deleted", hacking, []try{on("s3:DeleteObject", "arn:aws:s3:::deepstreamhub-trail-111122223333/AWSLogs/x")}},
	{"The log of sessions on hosts deleted", "Systems Manager User Guide, Logging sessions", []try{on("logs:DeleteLogGroup", arnOf("logs", "log-group:/deepstreamhub/sessions:*"))}},
	{"The hosted zone deleted", "Route 53 API", []try{on("route53:DeleteHostedZone", "arn:aws:route53:::hostedzone/Z0OFFLINE0DEEPSTREAM")}},
	{"A name in another zone of the account", "Route 53 API", []try{on("route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/ZOTHER")}},
}

// No path leads any role anywhere, and what stops it is in the table of docs/escalation.md.
func TestEscalationPathsAreStopped(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(escalations), 40)
	known := iamdata.Get().Actions
	order := []string{"preview", "drift", "images", "ephemeral", "deploy"}
	all := roles(account)
	var b strings.Builder
	b.WriteString(escalationHead)
	fmt.Fprintf(&b, "| Path | Source | %s |\n| --- | --- |%s\n", strings.Join(order, " | "), strings.Repeat(" --- |", len(order)))
	for _, p := range escalations {
		fmt.Fprintf(&b, "| %s | %s |", p.name, p.source)
		for _, try := range p.tries {
			require.Contains(t, known, try.action, p.name)
		}
		for _, role := range order {
			stop := ""
			for _, try := range p.tries {
				if stop = stoppedBy(t, all[role], try); stop != "" {
					break
				}
			}
			require.NotEmpty(t, stop, "%s: nothing stops %s", role, p.name)
			b.WriteString(" " + stop + " |")
		}
		b.WriteString("\n")
	}
	generated.Hold(t, filepath.Join("..", "..", "docs", "escalation.md"), b.String(), *update)
}

const escalationHead = `# Escalation

Known ways from some rights in an AWS account to more, and what stops each for each role that GitHub's jobs take. Every
request of a path was put to the policies of the role, as IAM decides. Generated by
` + "`go test ./bootstrap/access -run TestEscalationPathsAreStopped -update`" + `.

What a cell says: *not granted*: no statement of the role names the action. *held by X*: statement X grants the action, on
other resources or under other conditions. *denied by X*: statement X denies it, whatever else is attached. *boundary*: the
same, for a role that a deployment made: it gets no further than its boundary.

IAM cannot look into a trust that a new role is made with. So a deployment of a stack can make a role that a foreign account
takes: it reads that stack's own secrets, as the deployment itself does, and nothing else. Reviewers of the environment
stand before that, Access Analyzer reports it, and a trust that is there cannot be changed at all.

`

// stoppedBy says what stops a request of a role's; empty when nothing does.
func stoppedBy(t *testing.T, documents []Named, q try) string {
	t.Helper()
	prefix := ""
	if q.bounded {
		documents, prefix = []Named{{"boundary", Boundary(account.Organisation)}}, "boundary: "
	}
	a := cloud.Access{Action: q.action, Resource: q.resource, Context: map[string]string{"aws:requestedregion": "eu-central-1", "aws:resourceaccount": "111122223333"}}
	for i := 0; i < len(q.context); i += 2 {
		a.Context[q.context[i]] = q.context[i+1]
	}
	decision, err := services.Decide(texts(t, documents), a)
	require.NoError(t, err)
	holder := ""
	for _, n := range documents {
		for _, s := range n.Document.Statements {
			alone, err := policy.Document{Statements: []policy.Statement{s}}.JSON()
			require.NoError(t, err)
			d, err := services.Decide([]string{alone}, a)
			require.NoError(t, err)
			if d == services.ExplicitlyDenied {
				return prefix + "denied by `" + s.Sid + "`"
			}
			if s.Effect == policy.Allow && names(t, alone, q.action) {
				holder = s.Sid
			}
		}
	}
	switch {
	case decision == services.Allowed:
		return ""
	case holder == "":
		return prefix + "not granted"
	}
	return prefix + "held by `" + holder + "`"
}

func texts(t *testing.T, documents []Named) []string {
	t.Helper()
	var out []string
	for _, n := range documents {
		text, err := n.Document.JSON()
		require.NoError(t, err)
		out = append(out, text)
	}
	return out
}

func names(t *testing.T, document, action string) bool {
	t.Helper()
	var doc struct{ Statement []struct{ Action []string } }
	require.NoError(t, json.Unmarshal([]byte(document), &doc))
	for _, pattern := range doc.Statement[0].Action {
		if ok, err := pathpkg.Match(pattern, action); ok && err == nil {
			return true
		}
	}
	return false
}
