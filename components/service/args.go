package service

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Args is what a Service is made from.
type Args struct {
	Stack  string // part of the names of log group, key alias and task definition
	Region string // the provider's region

	ClusterArn       pulumi.StringInput
	CapacityProvider pulumi.StringInput // its name
	VpcID            pulumi.StringInput
	SubnetIDs        pulumi.StringArrayInput // one per zone; tasks spread over them
	IPv6             bool                    `pulumi:"ipv6"` // whether tasks call out by IPv6 too
	LoadBalancerArn  pulumi.StringInput      // the application load balancer in front of the tasks
	TargetGroupArn   pulumi.StringInput      // that tasks join; left out with Route, which makes one
	Route            *Route                  // what of the load balancer's traffic is this service's; nil with TargetGroupArn
	SecurityGroupIDs []pulumi.StringInput    // groups of other tiers that tasks carry beside their own; at most 4

	Image      string   // pinned by digest, repository@sha256:...
	User       string   // whom its process runs as, user:group in numbers; empty takes the image's
	Command    []string // instead of the image's own; none keeps that
	Port       int      // that the container listens on
	HealthPath string   // answers GET with 200 on Port while the container is well
	// HealthCommand is what ECS runs in the container to see whether it is well, from "CMD" on. Without one it only
	// hears from the load balancer.
	HealthCommand []string
	Tasks         int      // how many run; at least 1, and the least if the number scales
	Scaling       *Scaling // how the number follows the load; nil keeps it
	Exec          *Exec    // lets operators run commands in containers; nil does not
	CPU           int      // CPU units a task, 1024 = one vCPU
	MemoryMiB     int      // hard limit a task

	StopTimeoutSeconds int // between stop signal and SIGKILL, 2 to 120
	Deployment         Deployment
	LogRetentionDays   int // one of the numbers that CloudWatch Logs accepts

	Environment   map[string]pulumi.StringInput // by variable name
	Secrets       map[string]Secret             // by variable name
	ReadsSecrets  bool                          // whether tasks may read Secrets themselves too: again, when one was changed
	ReadAtStart   map[string]pulumi.StringInput // versions of what tasks read when they start, by a name: with another version tasks are replaced
	WatchesTarget bool                          // whether tasks may ask for the health of targets, and so notice that they leave
	SecretKeyArns []pulumi.StringInput          // customer managed keys that Secrets are encrypted under

	DependsOn []pulumi.Resource // what has to exist before the first task, and be deleted after the last

	NamePrefix string            // what names that people look for begin with, before Stack; empty: the project's name
	Tags       map[string]string // put on everything that takes tags; tags of a transformation in the options win
}

// Deployment is the pace at which tasks are replaced, and how long that takes.
type Deployment struct {
	MinHealthyPercent int // of the tasks, which keep running meanwhile; 0 to 100
	MaxPercent        int // of the tasks, rounded down by ECS: the pace; above 100, and at most 200
	UpdateSeconds     int // that a deployment is waited for, and its being taken back
	DeleteSeconds     int // that the last tasks are waited for
}

// Secret is a value that ECS reads from Secrets Manager when it starts a task.
type Secret struct {
	Arn     pulumi.StringInput
	JSONKey string // the field, when the secret holds JSON; empty takes the whole value
}

// Exec is where sessions of ECS Exec are logged and what they are encrypted with: the cluster's own.
type Exec struct {
	LogGroupArn pulumi.StringInput
	KeyArn      pulumi.StringInput
}

const (
	// maxGroups is how many security groups a network interface takes (Amazon VPC quotas), less the service's own.
	maxGroups = 5 - 1
	// maxName keeps role names within IAM's 64 characters: the longest suffix is "-execution", and Pulumi appends 8.
	maxName = 64 - len("-execution") - blocks.AutoName
	// maxRoutedName does the same for target groups, whose names have 32.
	maxRoutedName = 32 - len(targetsSuffix) - blocks.AutoName
	// maxRoute leaves room for "/*" in the 128 characters of a path pattern (ELB API, PathPatternConditionConfig).
	maxRoute       = 128 - 2
	maxVersionName = 100 // of a Docker label, which takes more
	// maxHealthPath is the most that a target group takes (ELB API, CreateTargetGroup, HealthCheckPath).
	maxHealthPath = 1024
)

var (
	imagePattern    = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9._:/-]*@sha256:[0-9a-f]{64}$`)
	userPattern     = regexp.MustCompile(`^[1-9][0-9]{0,9}:[1-9][0-9]{0,9}$`)                 // neither is root
	pathPattern     = regexp.MustCompile(`^/[A-Za-z0-9._~:/?@!$&()*+,;=%-]*$`)                // of a URL, and nothing that ends a quoted text
	routePattern    = regexp.MustCompile(`^(/(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9_.-]*)+$`) // no . or .., which clients take out
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	jsonKeyPattern  = regexp.MustCompile(`^[A-Za-z0-9_-]*$`) // ":" would end it in the reference to the secret
)

// Validate returns every problem with the arguments at once.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	return errors.Join(errors.Join(blocks.NameProblems(a.NamePrefix, a.Tags)...), a.checkPlace(), a.checkTask(), a.checkVariables(), a.checkFront(), a.Scaling.validate(a.Tasks))
}

// checkPlace looks at where the service runs.
func (a *Args) checkPlace() error {
	problems := slices.Concat(
		[]error{blocks.DashedProblem("stack", a.Stack, blocks.MaxStack), blocks.RegionProblem("region", a.Region)},
		blocks.MissingProblems(
			blocks.Given{Of: "cluster arn", Value: a.ClusterArn}, blocks.Given{Of: "capacity provider", Value: a.CapacityProvider},
			blocks.Given{Of: "vpc id", Value: a.VpcID}, blocks.Given{Of: "load balancer arn", Value: a.LoadBalancerArn}),
		blocks.ListProblems("subnet ids", a.SubnetIDs, 1, "the tasks need one"),
		blocks.EntryProblems("security group ids", a.SecurityGroupIDs),
		blocks.EntryProblems("depends on", a.DependsOn),
	)
	if len(a.SecurityGroupIDs) > maxGroups {
		problems = append(problems, fmt.Errorf("security group ids: %d given, a network interface takes %d beside the service's own", len(a.SecurityGroupIDs), maxGroups))
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
	if a.User != "" && !userPattern.MatchString(a.User) {
		problem("user %q: must be user and group in numbers, such as 1000:1000, and neither root", a.User)
	}
	if !pathPattern.MatchString(a.HealthPath) || len(a.HealthPath) > maxHealthPath {
		problem("health path %q: must be a path such as /health-check or /health?full=1, of at most %d characters", a.HealthPath, maxHealthPath)
	}
	for _, number := range []struct {
		name            string
		value, min, max int
	}{
		{"port", a.Port, 1, 65535},
		{"tasks", a.Tasks, 1, 5000},                            // ECS service quotas: tasks per service
		{"cpu", a.CPU, 128, 196608},                            // RegisterTaskDefinition, cpu, for EC2
		{"memory MiB", a.MemoryMiB, 6, 1 << 20},                // ContainerDefinition, memory: Docker needs 6
		{"stop timeout seconds", a.StopTimeoutSeconds, 2, 120}, // ContainerDefinition, stopTimeout
		{"min healthy percent", a.Deployment.MinHealthyPercent, 0, 100},
		{"max percent", a.Deployment.MaxPercent, 100, 200},
		{"update seconds", a.Deployment.UpdateSeconds, 60, 1 << 20},
		{"delete seconds", a.Deployment.DeleteSeconds, 60, 1 << 20},
	} {
		if number.value < number.min || number.value > number.max {
			problem("%s %d: must be %d to %d", number.name, number.value, number.min, number.max)
		}
	}
	if d := a.Deployment; d.MinHealthyPercent == 100 && a.Tasks*d.MaxPercent/100 <= a.Tasks {
		problem("max percent %d: of %d tasks, of which all must stay, it leaves none to begin a deployment with", d.MaxPercent, a.Tasks)
	}
	if n := len(a.HealthCommand); n == 1 || n > 1 && a.HealthCommand[0] != "CMD" && a.HealthCommand[0] != "CMD-SHELL" {
		problem("health command %q: must be CMD or CMD-SHELL and the command after it", a.HealthCommand)
	}
	if a.Exec != nil && (blocks.Missing(a.Exec.LogGroupArn) || blocks.Missing(a.Exec.KeyArn)) {
		problem("exec: needs a log group and a key")
	}
	return errors.Join(append(problems, blocks.LogDaysProblem("log retention days", a.LogRetentionDays))...)
}

// checkVariables looks at what tasks find in their environment.
func (a *Args) checkVariables() error {
	var problems []error
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	for _, name := range slices.Sorted(maps.Keys(a.Environment)) {
		if !variablePattern.MatchString(name) {
			problem("environment %q: not the name of a variable", name)
		}
		if value := a.Environment[name]; value != pulumi.String("") && blocks.Missing(value) {
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
		if blocks.Missing(secret.Arn) {
			problem("secret %q: has no arn", name)
		}
		if !jsonKeyPattern.MatchString(secret.JSONKey) {
			problem("secret %q: json key %q must be letters, digits, _ and -", name, secret.JSONKey)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.ReadAtStart)) {
		problems = append(problems, blocks.DashedProblem("read at start", name, maxVersionName))
		if blocks.Missing(a.ReadAtStart[name]) {
			problem("read at start %q: has no version", name)
		}
	}
	return errors.Join(append(problems, blocks.EntryProblems("secret key arns", a.SecretKeyArns)...)...)
}

// checkName looks at the name, from which those of roles and of the route's target group are made.
func (a *Args) checkName(name string) error {
	longest := maxName
	if a != nil && a.Route != nil {
		longest = maxRoutedName
	}
	if strings.HasPrefix(name+"-", "sg-") { // EC2 API, CreateSecurityGroup, GroupName
		return fmt.Errorf("name %q: must not be sg, nor begin with sg-, as the ids of security groups do", name)
	}
	return blocks.DashedProblem("name", name, longest)
}

// checkFront looks at how traffic gets here.
func (a *Args) checkFront() error {
	var problems []error
	if blocks.Missing(a.TargetGroupArn) == (a.Route == nil) {
		problems = append(problems, errors.New("target group arn: must be given, or a route in its place"))
	}
	if r := a.Route; r != nil {
		problems = append(problems, blocks.EntryProblems("route: after", r.After)...)
		if blocks.Missing(r.ListenerArn) || blocks.Missing(r.BalancerGroupID) {
			problems = append(problems, errors.New("route: needs a listener and the load balancer's security group"))
		}
		if !routePattern.MatchString(r.Path) || len(r.Path) > maxRoute {
			problems = append(problems, fmt.Errorf("route %q: must be a path such as /orders, of at most %d characters", r.Path, maxRoute))
		}
		if r.DeregistrationDelaySeconds < 0 || r.DeregistrationDelaySeconds > 3600 {
			problems = append(problems, fmt.Errorf("deregistration delay %d: must be 0 to 3600 seconds", r.DeregistrationDelaySeconds))
		}
	}
	return errors.Join(problems...)
}

// inputs are what the component keeps in the state. Of the variables those whose values are known before anything is
// made: a preview of a new service shows them here, as its task definition waits for what others come from.
