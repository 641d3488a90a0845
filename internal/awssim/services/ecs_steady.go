package services

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const (
	steadyRule   = "facts 57; ECS Developer Guide, Amazon ECS troubleshooting"
	unplacedCode = "SERVICE_TASK_PLACEMENT_FAILURE"
)

// steady returns the error on which the provider gives up waiting for a service's tasks to run, or nil. The texts
// behind it are those of ECS's service events and of the agent's stopped reasons (ECS Developer Guide, "Amazon ECS
// troubleshooting").
func steady(t *cloud.Tx, r, cluster, definition *cloud.Resource) error {
	if r.Int("desiredCount") == 0 || r.Str("launchType") == "EXTERNAL" {
		return nil
	}
	w := &workload{t: t, service: r, cluster: cluster, definition: definition, containers: containersOf(definition)}
	code, reason := unplacedCode, w.placement()
	if reason == "" {
		code, reason = "TaskFailedToStart", w.start()
	}
	if reason == "" {
		code, reason = "TaskFailedElbHealthChecks", w.healthy()
	}
	if reason == "" {
		return nil
	}
	err := cloud.Refuse(code, steadyRule,
		"waiting for ECS Service (%s): timeout while waiting for state to become 'tfSTABLE' (last state: 'tfPENDING', timeout: 20m0s): (service %s) %s", r.ID, r.Str("name"), reason)
	err.Operation = "DescribeServices"
	if code == unplacedCode {
		return err.For(20 * time.Minute)
	}
	return err.For(patience(r))
}

// serviceEvent is what ECS itself says, of a steady's error: the text of a service event after the service's name.
func serviceEvent(err error) string {
	refused, ok := errors.AsType[*cloud.Error](err)
	if !ok {
		return ""
	}
	_, event, _ := strings.Cut(refused.Message, "): (service ") // what comes before is the provider's
	_, event, _ = strings.Cut(event, ") ")
	return event
}

// imageThere is when the tasks' image is on hosts that have joined the cluster: pulled for the first task, or since the
// hosts started.
func imageThere(t *cloud.Tx, r *cloud.Resource) time.Time {
	w := &workload{t: t, service: r}
	at, pull := t.Now(), imagePulled.Typical
	for _, g := range w.groups() {
		joined := g.Busy.Add(hostJoined.Typical)
		if joined.After(at) {
			at = joined
		}
	}
	return at.Add(pull)
}

// patience is how long ECS goes on starting tasks that fail: until the circuit breaker has counted enough of them (facts
// 58: half of the desired count, at least 3, at most 200), or else until the provider gives up. A round of tasks takes
// about a minute to fail (facts, section 4: a start takes 30 to 60 s).
func patience(r *cloud.Resource) time.Duration {
	desired := r.Int("desiredCount")
	if !r.Bool("deploymentCircuitBreaker.enable") {
		return 20 * time.Minute
	}
	failures := max(3, min(200, (desired+1)/2))
	return time.Duration((failures+desired-1)/desired) * time.Minute
}

// workload is a service on its way to running tasks.
type workload struct {
	t                            *cloud.Tx
	service, cluster, definition *cloud.Resource
	containers                   []documents.Container
	hosts                        []*cloud.Resource // groups whose instances take the tasks
	content                      cloud.Map         // of the first group's launch template
	agent                        map[string]string
}

const unplaced = "was unable to place a task because no container instance met all of its requirements. "

// placement finds the hosts and says why the tasks do not fit on them.
func (w *workload) placement() string {
	if w.fargate() {
		return ""
	}
	where := "cluster"
	if len(serviceStrategy(w.service)) > 0 {
		where = "capacity provider"
	}
	why := ""
	room := 0
	for _, g := range w.groups() {
		cluster, problem := joined(w.t, g)
		if cluster != w.cluster {
			why = problem
			continue
		}
		w.hosts = append(w.hosts, g)
		fits, problem := w.fits(g)
		if problem != "" {
			why = problem
		}
		room += fits
	}
	if len(w.hosts) == 0 {
		if why != "" {
			why = " (" + why + ")"
		}
		return fmt.Sprintf("%sReason: No Container Instances were found in your %s%s.", unplaced, where, why)
	}
	if room < w.service.Int("desiredCount") {
		if why == "" {
			why = "The closest matching container-instance has insufficient resources available for a further task"
		}
		return fmt.Sprintf("%s%s: there is room for %d of %d tasks.", unplaced, why, room, w.service.Int("desiredCount"))
	}
	return ""
}

// fargate reports whether the tasks run on no hosts of the account.
func (w *workload) fargate() bool {
	strategy := serviceStrategy(w.service)
	return w.service.Str("launchType") == "FARGATE" || len(strategy) > 0 && documents.OneOf(cloud.Str(strategy[0], "capacityProvider"), fargateProviders)
}

// groups returns the auto scaling groups whose hosts may take the service's tasks: those behind its capacity providers,
// or all if it has none.
func (w *workload) groups() (groups []*cloud.Resource) {
	strategy := serviceStrategy(w.service)
	if len(strategy) == 0 {
		return w.t.All(typeGroup)
	}
	for _, item := range strategy {
		if p, ok := w.t.Find(typeCapacityProvider, "name", cloud.Str(item, "capacityProvider")); ok && cloud.Int(item, "weight") > 0 {
			if g, ok := w.t.Find(typeGroup, "arn", p.Str("autoScalingGroupProvider.autoScalingGroupArn")); ok {
				groups = append(groups, g)
			}
		}
	}
	return groups
}

// fits returns how many tasks a group's hosts can run: as many hosts as there may be when ECS sizes the group, else as
// many as there are. Host memory is what its type has; the agent and the system keep a part of it, so that a task as
// large as the whole host does not fit.
func (w *workload) fits(group *cloud.Resource) (tasks int, problem string) {
	_, content, _ := templateVersion(w.t, groupTemplate(group.State))
	data, _ := documents.ReadUserData(cloud.Str(content, "userData"))
	w.content, w.agent = content, data.Agent
	m := smallest(group, content)
	if a := w.definition.Str("runtimePlatform.cpuArchitecture"); a != "" && strings.ToLower(a) != m.Architecture {
		return 0, "The closest matching container-instance is missing an attribute required by your task (ecs.cpu-architecture)"
	}
	reserved, _ := strconv.Atoi(data.Agent["ECS_RESERVED_MEMORY"])
	memory := m.MemoryMiB - reserved - 1
	cpu, needed := w.needs()
	switch {
	case cpu > m.CPU:
		return 0, "The closest matching container-instance has insufficient CPU units available"
	case needed > memory:
		return 0, "The closest matching container-instance has insufficient memory available"
	}
	each := memory / max(needed, 1)
	if cpu > 0 {
		each = min(each, m.CPU/cpu)
	}
	hosts := group.Int("desiredCapacity")
	for p := range w.t.Each(typeCapacityProvider) {
		if p.Str("autoScalingGroupProvider.autoScalingGroupArn") == group.Str("arn") && p.Str("autoScalingGroupProvider.managedScaling.status") == "ENABLED" {
			hosts = group.Int("maxSize")
		}
	}
	return each * hosts, ""
}

// smallest returns the machine of a group with the least room: ECS counts on no more of a group of mixed types ("Amazon
// ECS cluster auto scaling", ECS Developer Guide).
func smallest(group *cloud.Resource, content cloud.Map) machine {
	m, _ := machineOf(cloud.Str(content, "instanceType"))
	for i, name := range group.Strs("mixedInstancesPolicy.launchTemplate.overrides[].instanceType") {
		if other, _ := machineOf(name); i == 0 || other.MemoryMiB < m.MemoryMiB || other.CPU < m.CPU {
			m = other
		}
	}
	return m
}

// needs returns the CPU units and MiB that one task reserves.
func (w *workload) needs() (cpu, memory int) {
	around := taskAround(w.definition.State)
	cpu, memory = around.CPU, around.MemoryMiB
	if cpu == 0 {
		for _, c := range w.containers {
			cpu += c.CPU
		}
	}
	if memory == 0 {
		for _, c := range w.containers {
			if c.MemoryReservation > 0 {
				memory += c.MemoryReservation
			} else {
				memory += c.Memory
			}
		}
	}
	return cpu, memory
}

// start says why a placed task would stop before its containers run.
func (w *workload) start() string {
	for _, p := range []string{"executionRoleArn", "taskRoleArn"} {
		arn := w.definition.Str(p)
		if arn == "" {
			continue
		}
		if role, ok := roleByARN(w.t, arn); !ok || !trusts(w.t, role, "ecs-tasks.amazonaws.com") {
			return fmt.Sprintf("failed to launch a task with (error ECS was unable to assume the role '%s' that was provided for this task. "+
				"Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.).", arn)
		}
	}
	for i := range w.containers {
		c := &w.containers[i]
		for _, problem := range []string{w.missing(c), w.pull(c), w.secrets(c), w.logs(c), w.connected(c), w.crashed()} {
			if problem != "" {
				return fmt.Sprintf("has started tasks that stopped: container %s: %s", c.Name, problem)
			}
		}
	}
	return ""
}

// executionRole returns the role by which images are pulled and secrets read.
func (w *workload) executionRole() (*cloud.Resource, bool) {
	return roleByARN(w.t, w.definition.Str("executionRoleArn"))
}

var registryPattern = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com/([^:@]+)`)

func (w *workload) pull(c *documents.Container) string {
	m := registryPattern.FindStringSubmatch(c.Image)
	if m == nil {
		return ""
	}
	role, ok := w.executionRole()
	if !ok {
		if role, ok = hostRole(w.t, w.content); !ok {
			return "CannotPullECRContainerError: no credentials"
		}
	}
	repository := fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", m[2], m[1], m[3])
	for _, action := range []string{"ecr:GetAuthorizationToken", "ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"} {
		resource := repository
		if action == "ecr:GetAuthorizationToken" {
			resource = "*"
		}
		if !roleAllows(w.t, role, action, resource, nil) {
			return fmt.Sprintf("CannotPullECRContainerError: AccessDeniedException: %s is not authorized to perform: %s on resource: %s", role.Str("arn"), action, resource)
		}
	}
	return ""
}

// logs checks what the awslogs driver does before a container starts. It acts under the host's role, unless the agent
// is set to use the execution role.
func (w *workload) logs(c *documents.Container) string {
	l := c.LogConfiguration
	if l == nil || l.LogDriver != "awslogs" || l.Options["awslogs-region"] != w.t.Region {
		return ""
	}
	const failed = "CannotStartContainerError: Error response from daemon: failed to initialize logging driver: failed to create Cloudwatch log stream: "
	role, ok := w.executionRole()
	if !ok || w.content != nil && w.agent["ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE"] != "true" {
		if role, ok = hostRole(w.t, w.content); !ok {
			return failed + "NoCredentialProviders: no valid providers in chain"
		}
	}
	name := l.Options["awslogs-group"]
	arn := w.t.ARN("logs", "log-group:"+name)
	actions := []string{"logs:CreateLogStream", "logs:PutLogEvents"}
	if _, ok := w.t.Find(typeLogGroup, "", name); !ok {
		if create, _ := strconv.ParseBool(l.Options["awslogs-create-group"]); !create {
			return failed + "ResourceNotFoundException: The specified log group does not exist."
		}
		actions = append(actions, "logs:CreateLogGroup")
	}
	for _, action := range actions {
		resource := arn + ":log-stream:" + l.Options["awslogs-stream-prefix"]
		if !roleAllows(w.t, role, action, resource, nil) {
			return fmt.Sprintf("%sAccessDeniedException: %s is not authorized to perform: %s on resource: %s", failed, role.Str("arn"), action, resource)
		}
	}
	return ""
}
