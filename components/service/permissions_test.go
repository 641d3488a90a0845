package service

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/policy"
)

var here = place{policy.ARN{Partition: "aws", Service: "ecs", Region: "eu-central-1", Account: "111122223333", Resource: "cluster/main"}}

func TestPlaceOf(t *testing.T) {
	t.Parallel()
	p, err := placeOf("arn:aws:ecs:eu-central-1:111122223333:cluster/main")
	require.NoError(t, err)
	require.Equal(t, here, p)
	for _, bad := range []string{"", "main", "arn:aws:ecs:eu-central-1::cluster/main", "arn:aws:ec2:eu-central-1:111122223333:cluster/main"} {
		_, err := placeOf(bad)
		require.Error(t, err, bad)
	}
}

func TestTrust(t *testing.T) {
	t.Parallel()
	got, err := here.trust()
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow",
		"Principal": {"Service": ["ecs-tasks.amazonaws.com"]},
		"Action": ["sts:AssumeRole"],
		"Condition": {
			"StringEquals": {"aws:SourceAccount": ["111122223333"]},
			"ArnLike": {"aws:SourceArn": ["arn:aws:ecs:eu-central-1:111122223333:*"]}
		}
	}]}`, got)
}

func TestExecutionPolicy(t *testing.T) {
	t.Parallel()
	const group = "arn:aws:logs:eu-central-1:111122223333:log-group:/deepstreamhub/prod-eu/deepstream"
	const logs = `{
		"Sid": "WriteLogs", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
		"Resource": ["` + group + `:*"]
	}`
	for name, tc := range map[string]struct {
		needs needs
		want  string
	}{
		"public image, no secrets": {needs{image: "docker.io/deepstreamio/deepstream.io@sha256:abc", logGroupArn: group}, logs},
		"registry, secrets and keys": {needs{
			image:       "444455556666.dkr.ecr.us-east-1.amazonaws.com/team/deepstream@sha256:abc",
			logGroupArn: group,
			secretArns:  []string{"arn:aws:secretsmanager:eu-central-1:111122223333:secret:b", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:a"},
			keyArns:     []string{"arn:aws:kms:eu-central-1:111122223333:key/1"},
		}, logs + `, {
			"Sid": "PullImage", "Effect": "Allow",
			"Action": ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
			"Resource": ["arn:aws:ecr:us-east-1:444455556666:repository/team/deepstream"]
		}, {
			"Sid": "SignInToRegistry", "Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]
		}, {
			"Sid": "ReadSecrets", "Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"],
			"Resource": ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:a", "arn:aws:secretsmanager:eu-central-1:111122223333:secret:b"]
		}, {
			"Sid": "DecryptSecrets", "Effect": "Allow", "Action": ["kms:Decrypt"],
			"Resource": ["arn:aws:kms:eu-central-1:111122223333:key/1"],
			"Condition": {"StringEquals": {"kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"]}}
		}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := here.executionPolicy(tc.needs)
			require.NoError(t, err)
			require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [`+tc.want+`]}`, got)
		})
	}
}

// Tasks read the secrets that ECS reads for them, and nothing else that ECS needs.
func TestSecretPolicy(t *testing.T) {
	t.Parallel()
	got, err := here.secretPolicy(needs{
		image: "444455556666.dkr.ecr.us-east-1.amazonaws.com/team/deepstream@sha256:abc", logGroupArn: "arn:aws:logs:eu-central-1:111122223333:log-group:x",
		secretArns: []string{"arn:aws:secretsmanager:eu-central-1:111122223333:secret:a"}, keyArns: []string{"arn:aws:kms:eu-central-1:111122223333:key/1"},
	})
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Sid": "ReadSecrets", "Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"],
		"Resource": ["arn:aws:secretsmanager:eu-central-1:111122223333:secret:a"]
	}, {
		"Sid": "DecryptSecrets", "Effect": "Allow", "Action": ["kms:Decrypt"],
		"Resource": ["arn:aws:kms:eu-central-1:111122223333:key/1"],
		"Condition": {"StringEquals": {"kms:ViaService": ["secretsmanager.eu-central-1.amazonaws.com"]}}
	}]}`, got)
}

func TestExecPolicy(t *testing.T) {
	t.Parallel()
	got, err := place{}.execPolicy("arn:aws:logs:eu-central-1:111122223333:log-group:/exec", "arn:aws:kms:eu-central-1:111122223333:key/k")
	require.NoError(t, err)
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "OpenSessions", "Effect": "Allow", "Resource": ["*"], "Action": [
			"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"]},
		{"Sid": "FindLog", "Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": ["*"]},
		{"Sid": "WriteLog", "Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
			"Resource": ["arn:aws:logs:eu-central-1:111122223333:log-group:/exec:*"]},
		{"Sid": "DecryptSessions", "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": ["arn:aws:kms:eu-central-1:111122223333:key/k"]}
	]}`, got)
}
