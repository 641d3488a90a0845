package services

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const typeTask = "aws:ecs/taskDefinition:TaskDefinition"

var _ = cloud.Register(&cloud.Kind{
	Type: typeTask, Service: "ECS", Noun: "TaskDefinition", CreateCall: "RegisterTaskDefinition", DeleteCall: "DeregisterTaskDefinition", UpdateCall: "TagResource",
	Unmodelled: strings.Fields(`
		inferenceAccelerators proxyConfiguration volumes[].configureAtLaunch
		volumes[].dockerVolumeConfiguration volumes[].efsVolumeConfiguration
		volumes[].fsxWindowsFileServerVolumeConfiguration`),
	ShownID: "family",
	Refs: []cloud.Ref{
		{Path: "executionRoleArn", To: typeRole, Key: "arn", Free: true, Missing: roleNotValid},
		{Path: "taskRoleArn", To: typeRole, Key: "arn", Free: true, Missing: roleNotValid},
	},
	Same: map[string]cloud.Same{"containerDefinitions": func(old, new cloud.Map) bool {
		return documents.SameContainers(cloud.Str(old, "containerDefinitions"), cloud.Str(new, "containerDefinitions"), cloud.Str(new, "networkMode") == "awsvpc")
	}},
	Check: checkTask, Create: createTask,
	Delete: func(t *cloud.Tx, r *cloud.Resource) error {
		t.Leave("taskDefinition", r, r.Str("family"), time.Time{}, cloud.Map{"revision": float64(lastRevision(t, r.Str("family"))), "inactive": !r.Bool("skipDestroy"), "arn": r.ID})
		return nil
	},
	Timing: cloud.Timing{Create: cloud.Secs(0.5, 0, 1), Delete: cloud.Secs(0.5, 0, 1),
		Source: "facts, section 1: task definition, 1 log"},
	Calls:    cloud.Calls{Create: "ecs:RegisterTaskDefinition ecs:TagResource", Read: "ecs:DescribeTaskDefinition", Update: "ecs:TagResource ecs:UntagResource", Remove: "ecs:DeregisterTaskDefinition"},
	TaggedAs: "ecs:task-definition/",
	ImportID: func(r *cloud.Resource) string { return r.Str("arn") },
})

var (
	roleNotValid  = cloud.Refusal{Code: "ClientException", Message: "Role is not valid", Rule: "ECS API, RegisterTaskDefinition"}
	familyPattern = regexp.MustCompile(`^[0-9A-Za-z_-]+$`)
)

func checkTask(c *cloud.Checker) {
	c.Match("family", familyPattern, "letters, digits, hyphens and underscores")
	for _, p := range []string{"cpu", "memory"} {
		if s, ok := c.String(p); ok {
			if _, err := taskAmount(p, s); err != nil {
				c.Fail(p, "%v", err)
			}
		}
	}
	around := taskAround(c.In)
	c.Document("containerDefinitions", func(text string) []cloud.Problem {
		_, problems := documents.ReadContainers(text, around)
		return problems
	})
}

// taskAround reads what the rules on containers need. What is not known yet counts as sufficient.
func taskAround(in cloud.Map) documents.Task {
	amount := func(p string) int {
		if s := cloud.Str(in, p); s != "" || !cloud.Has(in, p) {
			n, _ := taskAmount(p, s)
			return n
		}
		return 1 << 30
	}
	return documents.Task{
		NetworkMode: cloud.Str(in, "networkMode"), CPU: amount("cpu"), MemoryMiB: amount("memory"),
		Fargate: slices.Contains(cloud.Strs(in, "requiresCompatibilities[]"), "FARGATE"),
		Volumes: cloud.Strs(in, "volumes[].name"), Execution: cloud.Has(in, "executionRoleArn"),
	}
}

var amountPattern = regexp.MustCompile(`^(\d+|(\d*\.?\d+)\s*(vCPU|vcpu|GB|gb))$`)

// taskAmount reads a task's cpu in units or vCPU, or its memory in MiB or GB (ECS Developer Guide, "Task size").
func taskAmount(property, s string) (int, error) {
	if s == "" {
		return 0, nil
	}
	m := amountPattern.FindStringSubmatch(s)
	unit := map[string]string{"cpu": "vcpu", "memory": "gb"}[property]
	if m == nil || m[3] != "" && strings.ToLower(m[3]) != unit {
		return 0, fmt.Errorf("invalid '%s' setting for task: %q", property, s)
	}
	if m[3] == "" {
		return strconv.Atoi(s)
	}
	f, err := strconv.ParseFloat(m[2], 64)
	return int(f * 1024), err
}

func createTask(t *cloud.Tx, r *cloud.Resource) error {
	if err := checkTaskSize(r); err != nil {
		return err
	}
	family := r.Str("family")
	revision := lastRevision(t, family) + 1
	r.State["revision"] = float64(revision)
	r.State["arnWithoutRevision"] = t.ARN("ecs", "task-definition/"+family)
	r.ID = fmt.Sprintf("%s:%d", r.Str("arnWithoutRevision"), revision)
	r.State["arn"] = r.ID
	if !cloud.Has(r.State, "networkMode") {
		r.State["networkMode"] = "bridge"
	}
	if !cloud.Has(r.State, "enableFaultInjection") {
		r.State["enableFaultInjection"] = false
	}
	return nil
}

// fargateMemory is the least and the most MiB for each cpu on Fargate (ECS Developer Guide, "Task size").
var fargateMemory = map[int][2]int{
	256: {512, 2048}, 512: {1024, 4096}, 1024: {2048, 8192}, 2048: {4096, 16384},
	4096: {8192, 30720}, 8192: {16384, 61440}, 16384: {32768, 122880},
}

func checkTaskSize(r *cloud.Resource) error {
	around := taskAround(r.State)
	const rule = "ECS Developer Guide, Task size"
	if !around.Fargate {
		if n := around.CPU; n != 0 && (n < 128 || n > 196608) {
			return cloud.Refuse("ClientException", rule, "Invalid 'cpu' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.")
		}
		return nil
	}
	if limits, ok := fargateMemory[around.CPU]; !ok || around.MemoryMiB < limits[0] || around.MemoryMiB > limits[1] {
		return cloud.Refuse("ClientException", rule, "No Fargate configuration exists for given values: %d CPU, %d memory.", around.CPU, around.MemoryMiB)
	}
	if around.NetworkMode != "awsvpc" {
		return cloud.Refuse("ClientException", rule, "Fargate only supports network mode 'awsvpc'.")
	}
	return nil
}

// lastRevision returns the highest revision that a family ever had: numbers go on after a deregistration.
func lastRevision(t *cloud.Tx, family string) int {
	last := 0
	if m, ok := t.Remnant("taskDefinition", family); ok {
		last = cloud.Int(m.State, "revision")
	}
	for _, r := range t.All(typeTask) {
		if r.Str("family") == family {
			last = max(last, r.Int("revision"))
		}
	}
	return last
}

// taskOf finds the active task definition that a service names: by ARN, family:revision or family, whose newest it is.
func taskOf(t *cloud.Tx, named string) (found *cloud.Resource, ok bool) {
	named = named[strings.LastIndex(named, "/")+1:]
	family, revision, exact := strings.Cut(named, ":")
	for r := range t.Each(typeTask) {
		if r.Str("family") == family && (!exact || strconv.Itoa(r.Int("revision")) == revision) {
			found = r
		}
	}
	return found, found != nil
}

// containersOf returns a task definition's containers.
func containersOf(r *cloud.Resource) []documents.Container {
	list, _ := documents.ReadContainers(r.Str("containerDefinitions"), taskAround(r.State))
	return list
}
