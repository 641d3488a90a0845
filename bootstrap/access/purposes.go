package access

import (
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/policy"
)

// everything is the scope of roles that only look.
func (a Account) everything() scope {
	return scope{stacks: "*", buckets: []string{"arn:aws:s3:::edge-*", "arn:aws:s3:::" + naming.ShortLived + "*"}, path: a.path()}
}

// Deploy is what a deployment of one stack may do: everything that the platform's stacks do, to that one, and nothing to what
// holds the account.
func (a Account) Deploy(stack string) []Named {
	return a.changing(scope{stacks: stack, buckets: []string{"arn:aws:s3:::edge-*"}, path: a.path()})
}

// Ephemeral is what a job may do that brings short-lived stacks up and down: the same to what carries their names, tags and
// path, and nothing to what is another stack's.
func (a Account) Ephemeral() []Named {
	own := scope{stacks: naming.ShortLived + "*", buckets: []string{"arn:aws:s3:::" + naming.ShortLived + "*"}, path: a.path() + "it/"}
	own.names = []string{naming.ShortLived + "*", "_*." + naming.ShortLived + "*"} // a stack's, and by which ACM sees that it is ours
	out := a.changing(own)
	state := &out[len(out)-1].Document
	for _, actions := range [][]string{
		{"kms:CreateGrant", "kms:DisableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:UpdateKeyDescription"},
		{"secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret"},
	} {
		service := actions[0][:3]
		state.Statements = append(state.Statements, policy.Statement{
			Sid: "Foreign" + service, Effect: policy.Deny, Actions: actions, Resources: policy.AnyResource("whatever is not a short-lived stack's, untagged included"),
			Conditions: []policy.Condition{{Operator: "StringNotLike", Key: "aws:ResourceTag/" + stackTag, Values: []string{own.stacks}}},
		})
	}
	return out
}

// Images is what the job may do that builds images: push them to the platform's repositories, where the state lives (ECR
// User Guide, "IAM permissions for pushing an image to an Amazon ECR private repository").
func (a Account) Images() []Named {
	var on []string
	for _, name := range a.Repositories {
		on = append(on, a.arn("ecr", a.Home, "repository/"+name))
	}
	return []Named{{"push", policy.Document{Statements: []policy.Statement{
		{Sid: "Login", Actions: []string{"ecr:GetAuthorizationToken"}, Resources: policy.AnyResource(noTypes)},
		{
			Sid: "Push", Resources: policy.On(on...),
			Actions: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
			},
		},
	}}}}
}

// Preview is what a preview of a pull request may do: read, and copy checkpoints without their secrets. A branch's own
// program runs with it, so it decrypts nothing and reads no secret, whatever else is attached to it one day.
func (a Account) Preview() []Named {
	return append(a.looking(a.everything()), Named{"roles", policy.Document{Statements: []policy.Statement{a.readRoles(a.everything())}}},
		Named{"state", policy.Document{Statements: append(a.copyState(), a.noSecrets()...)}})
}

// Drift is what the nightly look for drift may do. It is what a preview may, in a role of its own: only the default branch
// takes it, without anybody's approval.
func (a Account) Drift() []Named { return a.Preview() }

// noSecrets denies every way to a secret's value.
func (a Account) noSecrets() []policy.Statement {
	return []policy.Statement{
		{
			Sid: "NoSecrets", Effect: policy.Deny, Resources: policy.AnyResource("no secret of the account at all"),
			Actions: []string{
				"secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters",
				"ssm:GetParametersByPath",
			},
		},
		{
			Sid: "NoStateKey", Effect: policy.Deny, Resources: policy.On(a.Secrets),
			Actions: []string{"kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom"},
		},
	}
}
