package access

import "github.com/deepstreamhub/platform/internal/policy"

// platformPath is the folder in IAM of everything that stacks make.
const platformPath = "deepstreamhub/"

// BoundaryARN is the ARN of the boundary.
func (a Account) BoundaryARN() string {
	return a.arn("iam", "", "policy/"+platformPath+"deepstreamhub-boundary")
}

func (a Account) roleARNs() string    { return a.arn("iam", "", "role/"+platformPath+"*") }
func (a Account) profileARNs() string { return a.arn("iam", "", "instance-profile/"+platformPath+"*") }

// PassedTo are the services that stacks give roles to.
var PassedTo = []string{
	"autoscaling.amazonaws.com", "backup.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "events.amazonaws.com",
	"monitoring.rds.amazonaws.com", "vpc-flow-logs.amazonaws.com",
}

// roles are what a deployment may do in IAM: make and change roles in the platform's folder, only ever with the boundary,
// and give them to the services that take them. It may not take the boundary off, change the boundary, or touch the
// roles that GitHub's jobs take, which are in another folder.
func (a Account) roles() []policy.Statement {
	bounded := []policy.Condition{{Operator: "StringEquals", Key: "iam:PermissionsBoundary", Values: []string{a.BoundaryARN()}}}
	return []policy.Statement{
		a.readRoles(),
		{
			Sid: "BoundedRoles",
			Actions: []string{
				"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
			},
			Resources: policy.On(a.roleARNs()), Conditions: bounded,
		},
		{
			Sid: "Roles", // actions that carry no boundary: they give a role nothing
			Actions: []string{
				"iam:DeleteRole", "iam:ListInstanceProfilesForRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole",
				"iam:UpdateRoleDescription",
			},
			Resources: policy.On(a.roleARNs()),
		},
		{
			Sid: "Profiles",
			Actions: []string{
				"iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:RemoveRoleFromInstanceProfile",
				"iam:TagInstanceProfile", "iam:UntagInstanceProfile",
			},
			Resources: policy.On(a.profileARNs()),
		},
		{
			Sid: "Pass", Actions: []string{"iam:PassRole"}, Resources: policy.On(a.roleARNs()),
			Conditions: []policy.Condition{{Operator: "StringEquals", Key: "iam:PassedToService", Values: PassedTo}},
		},
	}
}

func (a Account) readRoles() policy.Statement {
	return policy.Statement{
		Sid:       "ReadRoles",
		Actions:   []string{"iam:GetInstanceProfile", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"},
		Resources: policy.On(a.roleARNs(), a.profileARNs()),
	}
}

// guards keep what the bootstrap made out of a deployment's reach, though the deployment may do the same to its own
// buckets and keys: the state with its history, the trail, and their keys.
func (a Account) guards() []policy.Statement {
	return []policy.Statement{
		{
			Sid: "KeepBuckets", Effect: policy.Deny,
			Actions: []string{
				"s3:DeleteBucket*", "s3:DeleteObjectVersion", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
			},
			Resources: policy.On("arn:aws:s3:::deepstreamhub-state-*", "arn:aws:s3:::deepstreamhub-trail-*"),
		},
		{
			Sid: "KeepTrail", Effect: policy.Deny, Actions: []string{"s3:DeleteObject"}, Resources: policy.On("arn:aws:s3:::deepstreamhub-trail-*"),
		},
		{
			Sid: "KeepKeys", Effect: policy.Deny,
			Actions: []string{
				"kms:CreateGrant", "kms:DisableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource",
				"kms:UpdateKeyDescription",
			},
			Resources:  policy.AnyResource("the keys are known by their tag"),
			Conditions: []policy.Condition{{Operator: "StringEquals", Key: "aws:ResourceTag/project", Values: []string{"deepstreamhub-bootstrap"}}},
		},
	}
}
