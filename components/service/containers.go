package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Container is what the task definition says of its one container, in plain values.
type Container struct {
	Name, Image        string
	User               string // whom the process runs as, user:group; empty takes the image's
	Command            []string
	Port               int
	HealthCommand      []string          // from CMD on; none leaves the check out
	Exec               bool              // whether operators may run commands in it
	Environment        map[string]string // by variable name
	Secrets            map[string]string // reference to the secret, by variable name; see SecretReference
	ReadAtStart        map[string]string // version of what is read at the start, by a name
	LogGroup, Region   string
	StopTimeoutSeconds int
}

// containerJSON and its parts are ContainerDefinition of RegisterTaskDefinition, as far as it is used. Nothing in it is
// null, empty or a default that AWS leaves out of its answers, so that what is read back compares equal.
type containerJSON struct {
	Name                   string            `json:"name"`
	Image                  string            `json:"image"`
	Essential              bool              `json:"essential"`
	User                   string            `json:"user,omitempty"`
	Command                []string          `json:"command,omitempty"`
	PortMappings           []portMapping     `json:"portMappings"`
	Environment            []variable        `json:"environment,omitempty"`
	Secrets                []secretReference `json:"secrets,omitempty"`
	DockerLabels           map[string]string `json:"dockerLabels,omitempty"`
	LogConfiguration       logConfiguration  `json:"logConfiguration"`
	HealthCheck            *healthCheck      `json:"healthCheck,omitempty"`
	RestartPolicy          restartPolicy     `json:"restartPolicy"`
	StopTimeout            int               `json:"stopTimeout"`
	Ulimits                []ulimit          `json:"ulimits"`
	SystemControls         []systemControl   `json:"systemControls"`
	ReadonlyRootFilesystem bool              `json:"readonlyRootFilesystem"`
	LinuxParameters        linuxParameters   `json:"linuxParameters"`
}

type portMapping struct {
	ContainerPort int    `json:"containerPort"`
	HostPort      int    `json:"hostPort"` // in awsvpc mode always the container's; left out, AWS fills it in
	Protocol      string `json:"protocol"`
}

type variable struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type secretReference struct {
	Name      string `json:"name"`
	ValueFrom string `json:"valueFrom"`
}

type logConfiguration struct {
	LogDriver string            `json:"logDriver"`
	Options   map[string]string `json:"options"`
}

type healthCheck struct {
	Command     []string `json:"command"`
	Interval    int      `json:"interval"` // seconds, as are timeout and startPeriod
	Timeout     int      `json:"timeout"`
	Retries     int      `json:"retries"`
	StartPeriod int      `json:"startPeriod"`
}

type restartPolicy struct {
	Enabled              bool `json:"enabled"`
	RestartAttemptPeriod int  `json:"restartAttemptPeriod"` // seconds that it must have run to be started again
}

type systemControl struct {
	Namespace string `json:"namespace"`
	Value     string `json:"value"`
}

type ulimit struct {
	Name      string `json:"name"`
	SoftLimit int    `json:"softLimit"`
	HardLimit int    `json:"hardLimit"`
}

type linuxParameters struct {
	InitProcessEnabled bool    `json:"initProcessEnabled"`
	Tmpfs              []tmpfs `json:"tmpfs"`
}

type tmpfs struct {
	ContainerPath string `json:"containerPath"`
	Size          int    `json:"size"` // MiB
}

// openFiles is the most that Linux allows a process unless fs.nr_open is raised. Every client is one.
const openFiles = 1 << 20

// backlog is how many connections may wait to be accepted. After a failure all clients come back within seconds.
const backlog = "16384"

// systemControls are set in the task's own network namespace, which awsvpc gives it ("systemControls",
// ContainerDefinition). The kernel's defaults are 4096 and, on small hosts, less.
var systemControls = []systemControl{
	{"net.core.somaxconn", backlog},
	{"net.ipv4.tcp_max_syn_backlog", backlog},
}

// restartSeconds is the least that ECS takes (ContainerRestartPolicy). A deepstream server exits when it loses its bus
// for a moment: started again on the spot it is back before a new task would be. One that keeps exiting ends its task.
const restartSeconds = 60

// execState is where the agent of ECS Exec writes, beside its log, which ECS mounts from the host itself. AWS supports
// it on writable root file systems only; with this directory in memory it works on read-only ones
// (aws/containers-roadmap, "ECS Exec: support readonlyRootFilesystem containers").
const execState = "/var/lib/amazon/ssm"

// SecretReference is how a task definition names a secret, or one field of a secret that holds JSON ("Pass Secrets
// Manager secrets through environment variables", ECS Developer Guide). It leaves the version open, so that a task
// gets the current one.
func SecretReference(arn, jsonKey string) string {
	if jsonKey == "" {
		return arn
	}
	return arn + ":" + jsonKey + "::"
}

// ContainerDefinitions returns the JSON of a task definition's containers, the same for the same Container.
func ContainerDefinitions(c Container) (string, error) {
	out := containerJSON{
		Name:         c.Name,
		Image:        c.Image,
		Essential:    true,
		User:         c.User,
		Command:      c.Command,
		PortMappings: []portMapping{{ContainerPort: c.Port, HostPort: c.Port, Protocol: "tcp"}},
		LogConfiguration: logConfiguration{LogDriver: "awslogs", Options: map[string]string{
			"awslogs-group":         c.LogGroup,
			"awslogs-region":        c.Region,
			"awslogs-stream-prefix": c.Name,
			// By default a container stands still while CloudWatch does not answer. Losing lines is the lesser harm.
			"mode":            "non-blocking",
			"max-buffer-size": "4m",
		}},
		RestartPolicy:          restartPolicy{Enabled: true, RestartAttemptPeriod: restartSeconds},
		StopTimeout:            c.StopTimeoutSeconds,
		Ulimits:                []ulimit{{Name: "nofile", SoftLimit: openFiles, HardLimit: openFiles}},
		SystemControls:         systemControls,
		ReadonlyRootFilesystem: true,
		LinuxParameters: linuxParameters{
			InitProcessEnabled: true, // as process 1, Node would neither reap children nor die of signals it does not handle
			Tmpfs:              []tmpfs{{ContainerPath: "/tmp", Size: 64}},
		},
	}
	if len(c.HealthCommand) > 0 {
		out.HealthCheck = &healthCheck{Command: c.HealthCommand, Interval: 30, Timeout: 5, Retries: 3, StartPeriod: 60}
	}
	if c.Exec {
		out.LinuxParameters.Tmpfs = append(out.LinuxParameters.Tmpfs, tmpfs{ContainerPath: execState, Size: 64})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Environment)) {
		out.Environment = append(out.Environment, variable{name, c.Environment[name]})
	}
	for name, version := range c.ReadAtStart { // a label changes nothing in a container, and makes it another one
		if out.DockerLabels == nil {
			out.DockerLabels = map[string]string{}
		}
		out.DockerLabels["version."+name] = version
	}
	for _, name := range slices.Sorted(maps.Keys(c.Secrets)) {
		out.Secrets = append(out.Secrets, secretReference{name, c.Secrets[name]})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode([]containerJSON{out}); err != nil {
		return "", fmt.Errorf("write container definitions: %w", err)
	}
	return string(bytes.TrimSpace(b.Bytes())), nil
}
