package documents

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/facts"
)

// Task is what the rules on containers ask of the task definition around them.
type Task struct {
	NetworkMode string
	MemoryMiB   int // of the task; 0 when it sets none
	CPU         int // units of 1024 to a vCPU; 0 when it sets none
	Fargate     bool
	Volumes     []string
	Execution   bool // it names an execution role
}

// ReadContainers reads container definitions strictly and applies the rules of RegisterTaskDefinition (ECS API
// reference, ContainerDefinition and the types it names).
func ReadContainers(text string, around Task) ([]Container, []facts.Problem) {
	p := containerTexts.Of(containersKey{text, fmt.Sprint(around)}, func() (p readContainers) {
		p.list, p.problems = parseContainersAnew(text, around)
		return p
	})
	return p.list, p.problems
}

type (
	containersKey  struct{ text, around string }
	readContainers struct {
		list     []Container
		problems []facts.Problem
	}
)

var containerTexts Memo[containersKey, readContainers]

func parseContainersAnew(text string, around Task) ([]Container, []facts.Problem) {
	var list []Container
	if problems := Decode(text, &list); len(problems) > 0 {
		return nil, problems
	}
	r := &containerRules{task: around, names: map[string]bool{}}
	for i := range list {
		if r.names[list[i].Name] {
			r.fail(fmt.Sprintf("[%d].name", i), "two containers are called %q", list[i].Name)
		}
		r.names[list[i].Name] = true
	}
	for i := range list {
		r.container(fmt.Sprintf("[%d]", i), &list[i])
	}
	r.together(list)
	return list, r.problems
}

type containerRules struct {
	task     Task
	names    map[string]bool
	problems []facts.Problem
}

func (r *containerRules) fail(path, format string, args ...any) {
	r.problems = append(r.problems, facts.Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

func (r *containerRules) between(path string, v *int, low, high int) {
	if v != nil && (*v < low || *v > high) {
		r.fail(path, "%d is outside %d to %d", *v, low, high)
	}
}

func (r *containerRules) oneOf(path, v, allowed string) {
	if !OneOf(v, allowed) {
		r.fail(path, "%q is none of %s", v, strings.Join(strings.Fields(allowed), ", "))
	}
}

// together holds the rules on all containers of a task.
func (r *containerRules) together(list []Container) {
	if len(list) == 0 || len(list) > 10 {
		r.fail("", "a task has 1 to 10 containers, got %d", len(list))
		return
	}
	if !slices.ContainsFunc(list, func(c Container) bool { return c.essential() }) {
		r.fail("", "at least one container has to be essential")
	}
	cpu, memory := 0, 0
	for _, c := range list {
		cpu += c.CPU
		if c.Memory > 0 {
			memory = max(memory, c.Memory)
		}
		memory = max(memory, c.MemoryReservation)
	}
	if r.task.CPU > 0 && cpu > r.task.CPU {
		r.fail("", "the containers' cpu, %d, is more than the task's, %d", cpu, r.task.CPU)
	}
	if r.task.MemoryMiB > 0 && memory > r.task.MemoryMiB {
		r.fail("", "a container's memory, %d, is more than the task's, %d", memory, r.task.MemoryMiB)
	}
}

var (
	containerName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)
	imagePattern  = regexp.MustCompile(`^[A-Za-z0-9_./:@#-]{1,255}$`)
	portNames     = regexp.MustCompile(`^[a-z0-9_][a-z0-9_-]{0,63}$`)
	portRange     = regexp.MustCompile(`^\d{1,5}-\d{1,5}$`)
)

func (r *containerRules) container(at string, c *Container) {
	if !containerName.MatchString(c.Name) {
		r.fail(at+".name", "%q: 1 to 255 letters, digits, underscores and hyphens", c.Name)
	}
	if !imagePattern.MatchString(c.Image) {
		r.fail(at+".image", "%q is not the name of an image", c.Image)
	}
	r.resources(at, c)
	r.ports(at, c)
	r.variables(at, c)
	r.health(at+".healthCheck", c.HealthCheck)
	r.limits(at, c)
	r.logs(at+".logConfiguration", c.LogConfiguration)
	r.relations(at, c)
	r.linux(at+".linuxParameters", c.LinuxParameters)
	if p := c.RestartPolicy; p != nil {
		r.between(at+".restartPolicy.restartAttemptPeriod", p.RestartAttemptPeriod, 60, 1800)
		if len(p.IgnoredExitCodes) > 50 {
			r.fail(at+".restartPolicy.ignoredExitCodes", "at most 50, got %d", len(p.IgnoredExitCodes))
		}
	}
	if c.VersionConsistency != "" {
		r.oneOf(at+".versionConsistency", c.VersionConsistency, "enabled disabled")
	}
	r.timeouts(at, c)
}

func (r *containerRules) timeouts(at string, c *Container) {
	longest := 1 << 30 // on EC2 the agent sets no limit
	if r.task.Fargate {
		longest = 120
	}
	r.between(at+".startTimeout", c.StartTimeout, 2, longest)
	r.between(at+".stopTimeout", c.StopTimeout, 0, longest)
}

func (r *containerRules) resources(at string, c *Container) {
	if c.Memory < 0 || c.MemoryReservation < 0 || c.CPU < 0 {
		r.fail(at, "cpu and memory cannot be negative")
	}
	if r.task.MemoryMiB == 0 && c.Memory == 0 && c.MemoryReservation == 0 {
		r.fail(at+".memory", "the task sets no memory, so the container has to set memory or memoryReservation")
	}
	for name, v := range map[string]int{"memory": c.Memory, "memoryReservation": c.MemoryReservation} {
		if v > 0 && v < 6 {
			r.fail(at+"."+name, "%d MiB is less than the 6 that Docker allows", v)
		}
	}
	if c.Memory > 0 && c.MemoryReservation >= c.Memory {
		r.fail(at+".memoryReservation", "%d must be less than memory, %d", c.MemoryReservation, c.Memory)
	}
}

func (r *containerRules) ports(at string, c *Container) {
	seen := map[string]bool{}
	for i, p := range c.PortMappings {
		at := fmt.Sprintf("%s.portMappings[%d]", at, i)
		if p.ContainerPortRange != "" {
			if !portRange.MatchString(p.ContainerPortRange) || p.ContainerPort != 0 || p.HostPort != 0 {
				r.fail(at+".containerPortRange", "takes the form 8000-8010 and no containerPort or hostPort beside it")
			}
		} else if p.ContainerPort < 1 || p.ContainerPort > 65535 {
			r.fail(at+".containerPort", "%d is not a port", p.ContainerPort)
		}
		if p.HostPort < 0 || p.HostPort > 65535 {
			r.fail(at+".hostPort", "%d is not a port", p.HostPort)
		}
		if OneOf(r.task.NetworkMode, "awsvpc host") && p.HostPort != 0 && p.HostPort != p.ContainerPort {
			r.fail(at+".hostPort", "in network mode %s it is absent or the container's port, %d, got %d", r.task.NetworkMode, p.ContainerPort, p.HostPort)
		}
		if p.Protocol != "" {
			r.oneOf(at+".protocol", p.Protocol, "tcp udp")
		}
		if p.AppProtocol != "" {
			r.oneOf(at+".appProtocol", p.AppProtocol, "http http2 grpc")
		}
		if p.Name != "" && !portNames.MatchString(p.Name) {
			r.fail(at+".name", "%q: up to 64 lower-case letters, digits, underscores and hyphens", p.Name)
		}
		key := fmt.Sprint(p.ContainerPort, p.ContainerPortRange, p.Protocol)
		if seen[key] {
			r.fail(at, "the port is mapped twice")
		}
		seen[key] = true
	}
}

var (
	secretARN    = regexp.MustCompile(`^arn:aws:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]+-[A-Za-z0-9]{6}(:[^:]*:[^:]*:[^:]*)?$`)
	parameterARN = regexp.MustCompile(`^arn:aws:ssm:[a-z0-9-]+:\d{12}:parameter/[A-Za-z0-9_./-]+$`)
	parameter    = regexp.MustCompile(`^/?[A-Za-z0-9_./-]+$`)
)

func (r *containerRules) variables(at string, c *Container) {
	seen := map[string]bool{}
	name := func(at, name string) {
		if name == "" {
			r.fail(at, "missing")
		} else if seen[name] {
			r.fail(at, "%q is set twice", name)
		}
		seen[name] = true
	}
	for i, v := range c.Environment {
		name(fmt.Sprintf("%s.environment[%d].name", at, i), v.Name)
	}
	for i, s := range c.Secrets {
		name(fmt.Sprintf("%s.secrets[%d].name", at, i), s.Name)
		r.secret(fmt.Sprintf("%s.secrets[%d].valueFrom", at, i), s.ValueFrom)
	}
	if len(c.Secrets) > 0 && !r.task.Execution {
		r.fail(at+".secrets", "when you are specifying container secrets, you must also specify a value for 'executionRoleArn'")
	}
}

func (r *containerRules) secret(at, from string) {
	if !secretARN.MatchString(from) && !parameterARN.MatchString(from) && !parameter.MatchString(from) {
		r.fail(at, "%q is neither the full ARN of a secret (arn:aws:secretsmanager:region:account:secret:name-XXXXXX, then perhaps :key:stage:version) nor a parameter", from)
	}
}

func (r *containerRules) health(at string, h *containerHealth) {
	if h == nil {
		return
	}
	if len(h.Command) < 2 || !OneOf(h.Command[0], "CMD CMD-SHELL") {
		r.fail(at+".command", "must begin with CMD or CMD-SHELL, the command after it")
	}
	r.between(at+".interval", h.Interval, 5, 300)
	r.between(at+".timeout", h.Timeout, 2, 60)
	r.between(at+".retries", h.Retries, 1, 10)
	r.between(at+".startPeriod", h.StartPeriod, 0, 300)
}

func (r *containerRules) limits(at string, c *Container) {
	const names = "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack"
	for i, u := range c.Ulimits {
		at := fmt.Sprintf("%s.ulimits[%d]", at, i)
		r.oneOf(at+".name", u.Name, names)
		if r.task.Fargate && u.Name != "nofile" {
			r.fail(at+".name", "on Fargate only nofile can be set")
		}
		if u.SoftLimit > u.HardLimit && u.HardLimit >= 0 {
			r.fail(at+".softLimit", "%d is above the hard limit, %d", u.SoftLimit, u.HardLimit)
		}
	}
	for i, s := range c.SystemControls {
		at := fmt.Sprintf("%s.systemControls[%d]", at, i)
		if s.Namespace == "" || s.Value == "" {
			r.fail(at, "needs namespace and value")
		}
		if strings.HasPrefix(s.Namespace, "net.") && r.task.NetworkMode == "host" {
			r.fail(at+".namespace", "%s cannot be set in network mode host", s.Namespace)
		}
		if !strings.HasPrefix(s.Namespace, "net.") && !strings.HasPrefix(s.Namespace, "fs.mqueue.") && !strings.HasPrefix(s.Namespace, "kernel.") {
			r.fail(at+".namespace", "%q is not one of net.*, kernel.* or fs.mqueue.*", s.Namespace)
		}
	}
}

// logOptions are the options of the awslogs driver (ECS Developer Guide, "Send Amazon ECS logs to CloudWatch").
const logOptions = "awslogs-create-group awslogs-region awslogs-endpoint awslogs-group awslogs-stream-prefix awslogs-datetime-format " +
	"awslogs-multiline-pattern mode max-buffer-size awslogs-stream awslogs-force-flush-interval-seconds awslogs-max-buffered-events"

func (r *containerRules) logs(at string, l *logConfiguration) {
	if l == nil {
		return
	}
	r.oneOf(at+".logDriver", l.LogDriver, "json-file syslog journald gelf fluentd awslogs splunk awsfirelens")
	for i, s := range l.SecretOptions {
		r.secret(fmt.Sprintf("%s.secretOptions[%d].valueFrom", at, i), s.ValueFrom)
	}
	if l.LogDriver != "awslogs" {
		return
	}
	needed := "awslogs-group awslogs-region"
	if r.task.Fargate {
		needed += " awslogs-stream-prefix"
	}
	for _, name := range strings.Fields(needed) {
		if l.Options[name] == "" {
			r.fail(at+".options."+name, "missing")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(l.Options)) {
		r.oneOf(at+".options", name, logOptions)
	}
	if mode := l.Options["mode"]; mode != "" {
		r.oneOf(at+".options.mode", mode, "blocking non-blocking")
	}
	if create := l.Options["awslogs-create-group"]; create != "" {
		if _, err := strconv.ParseBool(create); err != nil {
			r.fail(at+".options.awslogs-create-group", "%q is not a bool", create)
		}
	}
	if l.Options["max-buffer-size"] != "" && l.Options["mode"] != "non-blocking" {
		r.fail(at+".options.max-buffer-size", "only in mode non-blocking")
	}
}

func (r *containerRules) relations(at string, c *Container) {
	for i, d := range c.DependsOn {
		at := fmt.Sprintf("%s.dependsOn[%d]", at, i)
		r.oneOf(at+".condition", d.Condition, "START COMPLETE SUCCESS HEALTHY")
		if !r.names[d.ContainerName] || d.ContainerName == c.Name {
			r.fail(at+".containerName", "%q is no other container of the task", d.ContainerName)
		}
	}
	for i, v := range c.VolumesFrom {
		if !r.names[v.SourceContainer] {
			r.fail(fmt.Sprintf("%s.volumesFrom[%d].sourceContainer", at, i), "%q is no container of the task", v.SourceContainer)
		}
	}
	for i, m := range c.MountPoints {
		if !slices.Contains(r.task.Volumes, m.SourceVolume) {
			r.fail(fmt.Sprintf("%s.mountPoints[%d].sourceVolume", at, i), "%q is no volume of the task", m.SourceVolume)
		}
	}
	if r.task.NetworkMode == "awsvpc" {
		for field, set := range map[string]bool{"links": len(c.Links) > 0, "hostname": c.Hostname != "", "extraHosts": len(c.ExtraHosts) > 0,
			"dnsServers": len(c.DNSServers) > 0, "dnsSearchDomains": len(c.DNSSearchDomains) > 0} {
			if set {
				r.fail(at+"."+field, "not supported in network mode awsvpc")
			}
		}
	}
}

func (r *containerRules) linux(at string, l *linuxParameters) {
	if l == nil {
		return
	}
	for i, m := range l.Tmpfs {
		if m.ContainerPath == "" || m.Size < 1 {
			r.fail(fmt.Sprintf("%s.tmpfs[%d]", at, i), "needs a containerPath and a size of at least 1 MiB")
		}
	}
	r.between(at+".swappiness", l.Swappiness, 0, 100)
	if r.task.Fargate && (len(l.Tmpfs) > 0 || l.SharedMemorySize != nil || len(l.Devices) > 0 || l.MaxSwap != nil || l.Swappiness != nil) {
		r.fail(at, "on Fargate only capabilities and initProcessEnabled can be set")
	}
}
