package service

import (
	"regexp"

	"github.com/deepstreamhub/platform/internal/policy"
)

// place is where the service runs, as far as its cluster's ARN tells it.
type place struct{ policy.ARN }

func placeOf(clusterArn string) (place, error) {
	arn, err := policy.ParseARN(clusterArn, "ecs", "cluster/")
	return place{arn}, err
}

// trust lets ECS take a role for tasks of this account and region only.
func (p place) trust() (string, error) {
	document, err := policy.TrustService("ecs-tasks.amazonaws.com", policy.Source{Account: p.Account, ARN: p.Near("ecs", "*")})
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
		repository := policy.ARN{Partition: p.Partition, Service: "ecr", Account: m[1], Region: m[2], Resource: "repository/" + m[3]}
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
	document, err := policy.Document{Statements: append(statements, p.readSecrets(n)...)}.JSON()
	if err != nil {
		return "", err
	}
	return document, policy.InlinePolicies.Check(document)
}

// secretPolicy lets a task read its secrets itself, and use the keys for nothing else.
func (p place) secretPolicy(n needs) (string, error) {
	return policy.Document{Statements: p.readSecrets(n)}.JSON()
}

// readSecrets are the statements by which somebody reads secrets.
func (p place) readSecrets(n needs) []policy.Statement {
	var statements []policy.Statement
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
				Values:   []string{"secretsmanager." + p.Region + ".amazonaws.com"},
			}},
		})
	}
	return statements
}

// targetPolicy lets a task see the state of its own target, which is "draining" from the moment that the load balancer
// sends it nobody new. The action takes no resource and no condition key of its own ("Actions, resources, and condition
// keys for AWS Elastic Load Balancing V2", Service Authorization Reference): it reads the targets of every group in the
// account, and is held to the region.
func (p place) targetPolicy() (string, error) {
	return policy.Document{Statements: []policy.Statement{{
		Sid:        "SeeTargets",
		Actions:    []string{"elasticloadbalancing:DescribeTargetHealth"},
		Resources:  policy.AnyResource("the service authorization reference lists no resource type for the action"),
		Conditions: []policy.Condition{{Operator: "StringEquals", Key: "aws:RequestedRegion", Values: []string{p.Region}}},
	}}}.JSON()
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
