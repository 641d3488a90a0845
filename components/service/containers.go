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
	Command            []string
	Port               int
	HealthPath         string
	Environment        map[string]string // by variable name
	Secrets            map[string]string // reference to the secret, by variable name; see SecretReference
	LogGroup, Region   string
	StopTimeoutSeconds int
}

// containerJSON and its parts are ContainerDefinition of RegisterTaskDefinition, as far as it is used. Nothing in it is
// null, empty or a default that AWS leaves out of its answers, so that what is read back compares equal.
type containerJSON struct {
	Name                   string            `json:"name"`
	Image                  string            `json:"image"`
	Essential              bool              `json:"essential"`
	Command                []string          `json:"command,omitempty"`
	PortMappings           []portMapping     `json:"portMappings"`
	Environment            []variable        `json:"environment,omitempty"`
	Secrets                []secretReference `json:"secrets,omitempty"`
	LogConfiguration       logConfiguration  `json:"logConfiguration"`
	HealthCheck            healthCheck       `json:"healthCheck"`
	StopTimeout            int               `json:"stopTimeout"`
	Ulimits                []ulimit          `json:"ulimits"`
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
		HealthCheck: healthCheck{
			// The image need not have curl, but what serves in it runs on Node.
			Command:  []string{"CMD", "node", "-e", probe(c.Port, c.HealthPath)},
			Interval: 30, Timeout: 5, Retries: 3, StartPeriod: 60,
		},
		StopTimeout:            c.StopTimeoutSeconds,
		Ulimits:                []ulimit{{Name: "nofile", SoftLimit: openFiles, HardLimit: openFiles}},
		ReadonlyRootFilesystem: true,
		LinuxParameters: linuxParameters{
			InitProcessEnabled: true, // as process 1, Node would neither reap children nor die of signals it does not handle
			Tmpfs:              []tmpfs{{ContainerPath: "/tmp", Size: 64}},
		},
	}
	for _, name := range slices.Sorted(maps.Keys(c.Environment)) {
		out.Environment = append(out.Environment, variable{name, c.Environment[name]})
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

// probe is a script that succeeds if the container answers 200.
func probe(port int, path string) string {
	return fmt.Sprintf("require('http').get('http://127.0.0.1:%d%s', r => process.exit(r.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))", port, path)
}
