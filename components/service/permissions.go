package service

import (
	"fmt"
	"regexp"

	"github.com/deepstreamhub/platform/internal/policy"
)

// place is where the service runs, as far as ARNs tell it.
type place struct{ partition, region, account string }

var clusterArnPattern = regexp.MustCompile(`^arn:(aws[a-z-]*):ecs:([a-z0-9-]+):(\d{12}):cluster/.+$`)

// placeOf reads partition, region and account off the cluster's ARN: asking AWS for them would take a call more, and
// could be answered for another account than the cluster's.
func placeOf(clusterArn string) (place, error) {
	m := clusterArnPattern.FindStringSubmatch(clusterArn)
	if m == nil {
		return place{}, fmt.Errorf("read account: %q is not the ARN of an ECS cluster", clusterArn)
	}
	return place{partition: m[1], region: m[2], account: m[3]}, nil
}

func (p place) arn(service, resource string) string {
	return policy.ARN{Partition: p.partition, Service: service, Region: p.region, Account: p.account, Resource: resource}.String()
}

// trust lets ECS take a role for tasks of this account and region only.
func (p place) trust() (string, error) {
	document, err := policy.TrustService("ecs-tasks.amazonaws.com", policy.Source{Account: p.account, ARN: p.arn("ecs", "*")})
	if err != nil {
		return "", err
	}
	return document.JSON()
}

// needs is what ECS has to reach in order to run a task.
type needs struct {
	image       string
	logGroupArn string
	secretArns  []string
	keyArns     []string
}

var ecrPattern = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^@:]+)@`)

// executionPolicy is what the execution role may do.
func (p place) executionPolicy(n needs) (string, error) {
	statements := []policy.Statement{{
		Sid:       "WriteLogs",
		Actions:   []string{"logs:CreateLogStream", "logs:PutLogEvents"},
		Resources: policy.On(n.logGroupArn + ":*"),
	}}
	if m := ecrPattern.FindStringSubmatch(n.image); m != nil {
		repository := policy.ARN{Partition: p.partition, Service: "ecr", Account: m[1], Region: m[2], Resource: "repository/" + m[3]}
		statements = append(statements, policy.Statement{
			Sid:       "PullImage",
			Actions:   []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
			Resources: policy.On(repository.String()),
		}, policy.Statement{
			Sid:       "SignInToRegistry",
			Actions:   []string{"ecr:GetAuthorizationToken"},
			Resources: policy.AnyResource("the action is for the whole registry and takes no resource"),
		})
	}
	if len(n.secretArns) > 0 {
		statements = append(statements, policy.Statement{
			Sid:       "ReadSecrets",
			Actions:   []string{"secretsmanager:GetSecretValue"},
			Resources: policy.On(n.secretArns...),
		})
	}
	if len(n.keyArns) > 0 {
		statements = append(statements, policy.Statement{
			Sid:       "DecryptSecrets",
			Actions:   []string{"kms:Decrypt"},
			Resources: policy.On(n.keyArns...),
			Conditions: []policy.Condition{{ // the keys serve data too, which is none of ECS's business
				Operator: "StringEquals",
				Key:      "kms:ViaService",
				Values:   []string{"secretsmanager." + p.region + ".amazonaws.com"},
			}},
		})
	}
	document, err := policy.Document{Statements: statements}.JSON()
	if err != nil {
		return "", err
	}
	return document, policy.InlinePolicies.Check(document)
}

// execPolicy is what the agent of ECS Exec does in a container, with the task's role ("Using ECS Exec", ECS Developer
// Guide): open the session, decrypt its data and write the session's log.
func (p place) execPolicy(logGroupArn, keyArn string) (string, error) {
	return policy.Document{Statements: []policy.Statement{
		{
			Sid:       "OpenSessions",
			Actions:   []string{"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel", "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel"},
			Resources: policy.AnyResource("the channels are nobody's resource: the service authorization reference lists none for these actions"),
		},
		{
			Sid:       "FindLog",
			Actions:   []string{"logs:DescribeLogGroups"},
			Resources: policy.AnyResource("the agent asks for the list of all groups"),
		},
		{
			Sid:       "WriteLog",
			Actions:   []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
			Resources: policy.On(logGroupArn + ":*"),
		},
		{
			Sid:       "DecryptSessions",
			Actions:   []string{"kms:Decrypt"},
			Resources: policy.On(keyArn),
		},
	}}.JSON()
}
