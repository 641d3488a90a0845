package access

import (
	"strings"

	"github.com/deepstreamhub/platform/internal/policy"
)

// path is the folder in IAM of everything that stacks make, as ARNs have it.
func (a Account) path() string { return strings.TrimPrefix(a.Organisation.Path(), "/") }

// BoundaryARN is the ARN of the boundary.
func (a Account) BoundaryARN() string {
	return a.arn("iam", "", "policy"+a.Organisation.Boundary())
}

// under are the roles and the instance profiles in a scope's folder.
func (a Account) under(own scope) (roles, profiles string) {
	return a.arn("iam", "", "role/"+own.path+"*"), a.arn("iam", "", "instance-profile/"+own.path+"*")
}

// PassedTo are the services that stacks give roles to.
var PassedTo = []string{
	"autoscaling.amazonaws.com", "backup.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "events.amazonaws.com",
	"monitoring.rds.amazonaws.com", "vpc-flow-logs.amazonaws.com",
}

// roles are what a deployment may do in IAM: make and change its stack's roles in the platform's folder, only ever with the
// boundary and the stack's tag, by which the boundary knows whose secrets a role may read, and give them to the services
// that take them. It may not take boundary or tag off, change the boundary, change who may take a role that is there (a
// role with another trust is made anew), or touch the roles that GitHub's jobs take, which are in another folder.
func (a Account) roles(own scope) []policy.Statement {
	roles, profiles := a.under(own)
	bounded := policy.Condition{Operator: "StringEquals", Key: "iam:PermissionsBoundary", Values: []string{a.BoundaryARN()}}
	return []policy.Statement{
		a.readRoles(own),
		{
			Sid: "MakeRoles", Actions: []string{"iam:CreateRole"}, Resources: policy.On(roles),
			Conditions: []policy.Condition{bounded, {Operator: "StringLike", Key: "aws:RequestTag/" + stackTag, Values: []string{own.stacks}}},
		},
		{
			Sid: "BoundedRoles",
			Actions: []string{
				"iam:AttachRolePolicy", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
			},
			Resources: policy.On(roles), Conditions: append(own.tagged()[:1], bounded),
		},
		{
			Sid: "Roles", // actions that carry no boundary: they give a role nothing
			Actions: []string{
				"iam:DeleteRole", "iam:ListInstanceProfilesForRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateRole", "iam:UpdateRoleDescription",
			},
			Resources: policy.On(roles), Conditions: own.tagged(),
		},
		{
			Sid: "KeepTag", Effect: policy.Deny, Actions: []string{"iam:UntagRole"}, Resources: policy.On(roles),
			Conditions: []policy.Condition{{Operator: "ForAnyValue:StringEquals", Key: "aws:TagKeys", Values: []string{stackTag}}},
		},
		{
			Sid: "Profiles",
			Actions: []string{
				"iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:RemoveRoleFromInstanceProfile",
				"iam:TagInstanceProfile", "iam:UntagInstanceProfile",
			},
			Resources: policy.On(profiles), Conditions: own.tagged(),
		},
		{
			Sid: "Pass", Actions: []string{"iam:PassRole"}, Resources: policy.On(roles),
			Conditions: append(own.tagged()[:1], policy.Condition{Operator: "StringEquals", Key: "iam:PassedToService", Values: PassedTo}),
		},
	}
}

func (a Account) readRoles(own scope) policy.Statement {
	roles, profiles := a.under(own)
	return policy.Statement{
		Sid:       "ReadRoles",
		Actions:   []string{"iam:GetInstanceProfile", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"},
		Resources: policy.On(roles, profiles),
	}
}

// guards keep what the bootstrap made out of a deployment's reach, and what outlives a stack, whatever else is granted: the
// state with its history, the trail, their keys and aliases, logs of sessions, and snapshots of databases.
func (a Account) guards() []policy.Statement {
	states, trails := "arn:aws:s3:::"+a.Organisation.StateBucket("*"), "arn:aws:s3:::"+a.Organisation.TrailBucket("*")
	return []policy.Statement{
		{
			Sid: "KeepBuckets", Effect: policy.Deny,
			Actions: []string{
				"s3:DeleteBucket*", "s3:DeleteObjectVersion", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
				"s3:PutReplicationConfiguration",
			},
			Resources: policy.On(states, trails),
		},
		{
			Sid: "KeepTrail", Effect: policy.Deny, Actions: []string{"s3:DeleteObject"}, Resources: policy.On(trails),
		},
		{
			Sid: "KeepKeys", Effect: policy.Deny,
			Actions: []string{
				"kms:CreateGrant", "kms:DisableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource",
				"kms:UpdateAlias", "kms:UpdateKeyDescription",
			},
			Resources:  policy.AnyResource("the keys are known by their tag"),
			Conditions: []policy.Condition{{Operator: "StringEquals", Key: "aws:ResourceTag/project", Values: []string{a.Organisation.Bootstrap()}}},
		},
		{
			Sid: "KeepAliases", Effect: policy.Deny, Actions: []string{"kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"},
			Resources: policy.On(a.arn("kms", "*", a.Organisation.Aliases())),
		},
		{
			Sid: "KeepSessions", Effect: policy.Deny,
			Actions:   []string{"logs:DeleteLogGroup", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey", "logs:PutRetentionPolicy"},
			Resources: policy.On(a.arn("logs", "*", "log-group:"+a.Organisation.SessionsLog()+"*")),
		},
		{
			Sid: "KeepSnapshots", Effect: policy.Deny,
			Actions: []string{
				"rds:DeleteDBClusterSnapshot", "rds:DeleteDBSnapshot", "rds:ModifyDBClusterSnapshotAttribute", "rds:ModifyDBSnapshotAttribute",
			},
			Resources: policy.AnyResource("no snapshot is deleted or shared by a deployment"),
		},
	}
}
