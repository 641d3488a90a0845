package deepstream

import (
	_ "embed"
	"fmt"
)

const (
	// Port serves WebSockets and HTTP alike. Nothing else in the image listens.
	Port = 6020
	// HealthPath answers GET with 200 while the process is alive. It looks at neither the bus nor the database, so
	// that their failure does not make the load balancer drop every task at once.
	HealthPath = "/health-check"
	// MonitoringPath is where deepstream shows its inner state, if its monitoring is of type http. It is not for clients.
	MonitoringPath = "/monitoring"
)

// Environment variables that config.yml reads and that may be seen by whoever can read the task definition.
const (
	EnvPostgresHost     = "DEEPSTREAM_POSTGRES_HOST"
	EnvPostgresPort     = "DEEPSTREAM_POSTGRES_PORT"
	EnvPostgresDatabase = "DEEPSTREAM_POSTGRES_DATABASE"
	EnvPostgresUser     = "DEEPSTREAM_POSTGRES_USER"
	EnvBusHost          = "DEEPSTREAM_BUS_HOST"
	EnvBusPort          = "DEEPSTREAM_BUS_PORT"
	EnvStack            = "DEEPSTREAM_METRICS_STACK" // the value of DimensionStack
)

// What the image publishes, once a minute and for each server, as metrics of CloudWatch (metrics.js). The stock image
// publishes nothing.
const (
	MetricsNamespace  = "deepstreamhub"
	MetricOpenSockets = "OpenSockets" // connections to Port that are established
	MetricClusterSize = "ClusterSize" // servers that this one sees, itself included
	DimensionStack    = "Stack"
)

// Environment variables that config.yml reads and that only the task itself may see.
const (
	EnvPostgresPassword = "DEEPSTREAM_POSTGRES_PASSWORD"
	EnvBusPassword      = "DEEPSTREAM_BUS_PASSWORD"
)

// Environment returns the names of the open variables.
func Environment() []string {
	return []string{EnvPostgresHost, EnvPostgresPort, EnvPostgresDatabase, EnvPostgresUser, EnvBusHost, EnvBusPort, EnvStack}
}

// Secrets returns the names of the secret variables.
func Secrets() []string { return []string{EnvPostgresPassword, EnvBusPassword} }

// Command starts the server. The stock image's own command opens Node's inspector to the network on port 9229, and
// with it the whole process to whoever can reach it, so a task names this one even though our image has it too.
func Command() []string { return []string{"node", "./bin/deepstream.js", "start"} }

// HealthCommand asks the server from inside its container. The image need not have curl, but what serves in it runs on
// Node.
func HealthCommand() []string {
	script := fmt.Sprintf("require('http').get('http://127.0.0.1:%d%s', r => process.exit(r.statusCode === 200 ? 0 : 1))", Port, HealthPath) +
		".on('error', () => process.exit(1))"
	return []string{"CMD", "node", "-e", script}
}

// Config is the server configuration baked into the image.
//
//go:embed config.yml
var Config string

// Metrics is the monitoring plugin baked into the image.
//
//go:embed metrics.js
var Metrics string

// Dockerfile is what the image is built from.
//
//go:embed Dockerfile
var Dockerfile string
