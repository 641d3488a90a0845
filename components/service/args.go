package service

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Args is what a Service is made from.
type Args struct {
	Stack  string // part of the names of log group, key alias and task definition
	Region string // the provider's region

	ClusterArn       pulumi.StringInput
	CapacityProvider pulumi.StringInput // its name
	VpcID            pulumi.StringInput
	SubnetIDs        pulumi.StringArrayInput // one per zone; tasks spread over them
	TargetGroupArn   pulumi.StringInput
	SecurityGroupIDs []pulumi.StringInput // groups of other tiers that tasks carry beside their own; at most 4

	Image      string   // pinned by digest, repository@sha256:...
	Command    []string // instead of the image's own; none keeps that
	Port       int      // that the container listens on
	HealthPath string   // answers GET with 200 on Port while the container is well
	Tasks      int      // how many run; at least 1
	CPU        int      // CPU units a task, 1024 = one vCPU
	MemoryMiB  int      // hard limit a task

	StopTimeoutSeconds int // between stop signal and SIGKILL, 2 to 120
	LogRetentionDays   int // one of the numbers that CloudWatch Logs accepts

	Environment   map[string]pulumi.StringInput // by variable name
	Secrets       map[string]Secret             // by variable name
	SecretKeyArns []pulumi.StringInput          // customer managed keys that Secrets are encrypted under

	DependsOn []pulumi.Resource // what has to exist before the first task, and be deleted after the last
}

// Secret is a value that ECS reads from Secrets Manager when it starts a task.
type Secret struct {
	Arn     pulumi.StringInput
	JSONKey string // the field, when the secret holds JSON; empty takes the whole value
}

const (
	// maxGroups is how many security groups a network interface takes (Amazon VPC quotas), less the service's own.
	maxGroups = 5 - 1
	// maxName keeps role names within IAM's 64 characters: the longest suffix is "-execution", and Pulumi appends 8.
	maxName = 64 - len("-execution") - 8
)

var (
	stackPattern    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`) // the same for every tier
	namePattern     = stackPattern
	regionPattern   = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	imagePattern    = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}$`)
	pathPattern     = regexp.MustCompile(`^/[A-Za-z0-9/_.-]*$`) // goes into the health check's script
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	jsonKeyPattern  = regexp.MustCompile(`^[A-Za-z0-9_-]*$`) // ":" would end it in the reference to the secret
)

// retentions are the values of retentionInDays in PutRetentionPolicy.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// Validate returns every problem with the arguments at once.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	return errors.Join(a.checkPlace(), a.checkTask(), a.checkVariables())
}

// checkPlace looks at where the service runs.
func (a *Args) checkPlace() error {
	var problems []error
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	if !stackPattern.MatchString(a.Stack) || len(a.Stack) > 100 {
		problem("stack %q: must be lower-case letters, digits and single hyphens, at most 100, a letter first", a.Stack)
	}
	if !regionPattern.MatchString(a.Region) {
		problem("region %q: must be of the form eu-central-1", a.Region)
	}
	for _, in := range []struct {
		name  string
		value pulumi.StringInput
	}{
		{"cluster arn", a.ClusterArn}, {"capacity provider", a.CapacityProvider}, {"vpc id", a.VpcID}, {"target group arn", a.TargetGroupArn},
	} {
		if in.value == nil {
			problem("%s: missing", in.name)
		}
	}
	if a.SubnetIDs == nil {
		problem("subnet ids: missing")
	}
	if len(a.SecurityGroupIDs) > maxGroups {
		problem("security group ids: %d given, a network interface takes %d beside the service's own", len(a.SecurityGroupIDs), maxGroups)
	}
	if slices.Contains(a.SecurityGroupIDs, nil) {
		problem("security group ids: one is missing")
	}
	return errors.Join(problems...)
}

// checkTask looks at what runs.
func (a *Args) checkTask() error {
	var problems []error
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	if !imagePattern.MatchString(a.Image) {
		problem("image %q: must be pinned by digest, repository@sha256:...", a.Image)
	}
	if !pathPattern.MatchString(a.HealthPath) {
		problem("health path %q: must be a plain path such as /health-check", a.HealthPath)
	}
	for _, number := range []struct {
		name            string
		value, min, max int
	}{
		{"port", a.Port, 1, 65535},
		{"tasks", a.Tasks, 1, 5000},                            // ECS service quotas: tasks per service
		{"cpu", a.CPU, 128, 10240},                             // RegisterTaskDefinition, cpu, for EC2
		{"memory MiB", a.MemoryMiB, 6, 1 << 20},                // ContainerDefinition, memory: Docker needs 6
		{"stop timeout seconds", a.StopTimeoutSeconds, 2, 120}, // ContainerDefinition, stopTimeout
	} {
		if number.value < number.min || number.value > number.max {
			problem("%s %d: must be %d to %d", number.name, number.value, number.min, number.max)
		}
	}
	if !slices.Contains(retentions, a.LogRetentionDays) {
		problem("log retention days %d: must be one of %d", a.LogRetentionDays, retentions)
	}
	return errors.Join(problems...)
}

// checkVariables looks at what tasks find in their environment.
func (a *Args) checkVariables() error {
	var problems []error
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	for _, name := range slices.Sorted(maps.Keys(a.Environment)) {
		if !variablePattern.MatchString(name) {
			problem("environment %q: not the name of a variable", name)
		}
		if a.Environment[name] == nil {
			problem("environment %q: has no value", name)
		}
		if _, ok := a.Secrets[name]; ok {
			problem("environment %q: is among the secrets too", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Secrets)) {
		secret := a.Secrets[name]
		if !variablePattern.MatchString(name) {
			problem("secret %q: not the name of a variable", name)
		}
		if secret.Arn == nil {
			problem("secret %q: has no arn", name)
		}
		if !jsonKeyPattern.MatchString(secret.JSONKey) {
			problem("secret %q: json key %q must be letters, digits, _ and -", name, secret.JSONKey)
		}
	}
	if slices.Contains(a.SecretKeyArns, nil) {
		problem("secret key arns: one is missing")
	}
	return errors.Join(problems...)
}

func checkName(name string) error {
	if !namePattern.MatchString(name) || len(name) > maxName {
		return fmt.Errorf("name %q: must be lower-case letters, digits and single hyphens, at most %d", name, maxName)
	}
	return nil
}

// inputs are what the component keeps in the state; values of variables are in the task definition.
func (a *Args) inputs() pulumi.Map {
	return pulumi.Map{
		"stack":              pulumi.String(a.Stack),
		"region":             pulumi.String(a.Region),
		"image":              pulumi.String(a.Image),
		"tasks":              pulumi.Int(a.Tasks),
		"cpu":                pulumi.Int(a.CPU),
		"memoryMiB":          pulumi.Int(a.MemoryMiB),
		"port":               pulumi.Int(a.Port),
		"healthPath":         pulumi.String(a.HealthPath),
		"stopTimeoutSeconds": pulumi.Int(a.StopTimeoutSeconds),
		"logRetentionDays":   pulumi.Int(a.LogRetentionDays),
	}
}
