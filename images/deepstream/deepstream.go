package deepstream

import (
	_ "embed"
	"fmt"
)

const (
	// Port serves WebSockets and HTTP alike. Nothing else in the image listens.
	Port = 6020
	// HealthPath answers GET with 200 from the moment the server can serve until it leaves, and with 503 otherwise. A bus
	// or a database that is away stands in the body alone, so that the load balancer does not drop every task at once.
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
	EnvStack            = "DEEPSTREAM_METRICS_STACK"     // the value of DimensionStack
	EnvMetricsNamespace = "DEEPSTREAM_METRICS_NAMESPACE" // under which CloudWatch keeps the metrics

	// ARNs of the secrets, JSON with "password", that are read again when bus or database refuse a password.
	EnvPostgresSecret = "DEEPSTREAM_POSTGRES_SECRET_ARN"
	EnvBusSecret      = "DEEPSTREAM_BUS_SECRET_ARN"

	EnvAuthType = "DEEPSTREAM_AUTH_TYPE" // AuthWebhook or AuthOpen
	EnvAuthURL  = "DEEPSTREAM_AUTH_URL"  // the webhook's https:// URL; left out with AuthOpen

	// How a server leaves. Times are whole seconds, the rate is whole sockets.
	EnvTargetGroup    = "DEEPSTREAM_TARGET_GROUP_ARN"   // in which the server looks for its own target
	EnvPollSeconds    = "DEEPSTREAM_DRAIN_POLL_SECONDS" // how often it looks
	EnvDrainSeconds   = "DEEPSTREAM_DRAIN_SECONDS"      // from seeing its target "draining", or from SIGTERM, all sockets are closed within this
	EnvDrainPerSecond = "DEEPSTREAM_DRAIN_PER_SECOND"   // sockets it closes in a second meanwhile
	EnvFlushSeconds   = "DEEPSTREAM_FLUSH_SECONDS"      // how long it may store what is pending, once its sockets are closed after SIGTERM
)

// Values of EnvAuthType: types of deepstream's auth plugin.
const (
	AuthWebhook = "http" // asks EnvAuthURL who somebody is
	AuthOpen    = "none" // lets everybody in
)

// What the image publishes, once a minute and for each server, as metrics of CloudWatch (metrics.js). The stock image
// publishes nothing.
const (
	MetricOpenSockets = "OpenSockets" // connections to Port that are established
	MetricClusterSize = "ClusterSize" // servers that this one sees, itself included

	MetricPendingWrites    = "PendingWrites"    // records that are not stored yet, and so not acknowledged
	MetricHeldPublishes    = "HeldPublishes"    // messages to other servers that wait for the bus
	MetricDependenciesDown = "DependenciesDown" // of bus and database, those that the server cannot reach: 0 to 2

	DimensionStack = "Stack"
)

// Environment variables that config.yml reads and that only the task itself may see.
const (
	EnvPostgresPassword = "DEEPSTREAM_POSTGRES_PASSWORD"
	EnvBusPassword      = "DEEPSTREAM_BUS_PASSWORD"
)

// Environment returns the names of the open variables.
func Environment() []string {
	return []string{
		EnvPostgresHost, EnvPostgresPort, EnvPostgresDatabase, EnvPostgresUser, EnvBusHost, EnvBusPort, EnvStack, EnvMetricsNamespace,
		EnvPostgresSecret, EnvBusSecret,
		EnvAuthType, EnvAuthURL, EnvTargetGroup, EnvPollSeconds, EnvDrainSeconds, EnvDrainPerSecond, EnvFlushSeconds,
	}
}

// Secrets returns the names of the secret variables.
func Secrets() []string { return []string{EnvPostgresPassword, EnvBusPassword} }

// User is whom the server runs as, user and group: "node" of the images that it is built on. In numbers, since a task
// names it too, and so cannot depend on a file of the image.
const User = "1000:1000"

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
//go:embed plugins/metrics.js
var Metrics string

// Dockerfile is what the image is built from.
//
//go:embed Dockerfile
var Dockerfile string
