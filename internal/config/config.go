// Package config holds what a region stack can be told: one typed struct, its defaults and its rules. It is loaded
// before the engine starts, reports every problem at once and knows nothing of Pulumi.
//
// The way in is Load, on a Source that ReadFiles took from the stack file or that the program took from the engine.
package config

import (
	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/sizing"
)

// Config is one region stack's configuration. The yaml names are the keys of the stack file, below
// the organisation's namespace; Region and AWS are those of "aws:".
type Config struct {
	Organisation naming.Organisation `yaml:"-"` // whose region it is: the project's name

	Region   string   `yaml:"-"`
	AWS      AWS      `yaml:"-"`
	Platform Platform `yaml:"platform"`
	Network  Network  `yaml:"network"`
	Database Database `yaml:"database"`
	Backup   Backup   `yaml:"backup"`
	Bus      Bus      `yaml:"bus"`
	Cluster  Cluster  `yaml:"cluster"`
	Service  Service  `yaml:"service"`
	Edge     Edge     `yaml:"edge"`

	Services      map[string]FurtherService `yaml:"services"` // by name, at most 16 characters
	Observability Observability             `yaml:"observability"`

	// Sizes is what follows from the service's peak and its reconnect rate: how many tasks and hosts, how long they drain,
	// what an address may ask for. No key says any of it again. Load fills it in.
	Sizes sizing.Plan `yaml:"-"`
}

// AWS is what a stack tells the AWS plugin besides its region, by the plugin's own names: the keys of the namespace aws.
// The program hands them to every provider that it makes (Pulumi AWS v6, "Installation & Configuration").
type AWS struct {
	Profile    string     `yaml:"profile"`    // by which credentials are found in AWS's own files
	AssumeRole AssumeRole `yaml:"assumeRole"` // with whose rights everything is done

	AllowedAccountIDs []string            `yaml:"allowedAccountIds"` // which the stack can be deployed to; nil: what Options.Account says
	Endpoints         []map[string]string `yaml:"endpoints"`         // addresses by service, instead of AWS's own

	// What the plugin does not ask before it starts; nil where the stack says nothing.
	SkipCredentialsValidation *bool `yaml:"skipCredentialsValidation"` // whether the credentials are valid
	SkipMetadataAPICheck      *bool `yaml:"skipMetadataApiCheck"`      // whether the machine it runs on has credentials of its own
	SkipRegionValidation      *bool `yaml:"skipRegionValidation"`      // whether it knows the region
	SkipRequestingAccountID   *bool `yaml:"skipRequestingAccountId"`   // which account it is; not with allowedAccountIds
}

// AssumeRole is a role that is taken with the rights of who runs the stack.
type AssumeRole struct {
	RoleARN     string `yaml:"roleArn" json:"roleArn"`
	SessionName string `yaml:"sessionName" json:"sessionName,omitempty"` // under which AWS's logs show it
	ExternalID  string `yaml:"externalId" json:"externalId,omitempty"`   // what the role's trust may ask for
	Duration    string `yaml:"duration" json:"duration,omitempty"`       // of a session, such as 1h30m
}

// Platform is what concerns the stack as a whole.
type Platform struct {
	Protect    *bool  `yaml:"protect"`    // whether data may be destroyed; has no default, so that leaving it out is never an answer
	Owner      string `yaml:"owner"`      // tag: who answers for the stack
	CostCentre string `yaml:"costCentre"` // tag: who pays for it
	Expires    string `yaml:"expires"`    // optional tag: when an ephemeral stack may be reaped, RFC 3339 in UTC; fixed at creation. Only with protect: false

	// PermissionsBoundary is the managed policy that bounds every role, by its path and name in the stack's account; none
	// bounds nothing and is taken only with protect: false.
	PermissionsBoundary string `yaml:"permissionsBoundary"`
	RolePath            string `yaml:"rolePath"` // of every role and instance profile, by which IAM policies can mean them all
}

// Network is the VPC and its subnets.
type Network struct {
	CIDR  string   `yaml:"cidr"`  // the VPC's IPv4 range, /16 to /20, inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16
	Zones []string `yaml:"zones"` // availability zone ids, such as euc1-az1; three to six, of the stack's region
	NAT   string   `yaml:"nat"`   // none, single or perZone; none only with all the endpoints that hosts and tasks need
	IPv6  *bool    `yaml:"ipv6"`  // whether clients may come, and hosts and tasks call out, by IPv6 too; may be turned on at any time, but not off while the region stands; never nil after Load

	Endpoints            []string `yaml:"endpoints"`            // AWS services with interface endpoints, such as ecr.api; [] makes none
	FlowLogRetentionDays int      `yaml:"flowLogRetentionDays"` // one of the numbers that CloudWatch Logs accepts; 0, which is no flow logs, only with protect: false
}

// Database is the Aurora PostgreSQL cluster.
type Database struct {
	EngineVersion       string `yaml:"engineVersion"`       // Aurora PostgreSQL version, major.minor
	AllowMajorVersion   int    `yaml:"allowMajorVersion"`   // optional: the major version of engineVersion, while a cluster of the one before is taken to it; only with protect: false
	InstanceClass       string `yaml:"instanceClass"`       // such as db.r6g.large
	Readers             int    `yaml:"readers"`             // instances beside the one that writes, 1 to 15
	BackupRetentionDays int    `yaml:"backupRetentionDays"` // 1 to 35
	FinalSnapshot       *bool  `yaml:"finalSnapshot"`       // whether deleting the cluster leaves a snapshot behind; never nil after Load, false only with protect: false
	RestoreFrom         string `yaml:"restoreFrom"`         // optional: where a new cluster takes its data from, ignored afterwards; a cluster snapshot's name or ARN, or <cluster>@<time>, <cluster>@latest
	PerformanceInsights *bool  `yaml:"performanceInsights"` // whether the instances keep what their load was made of for a week; never nil after Load
	MonitoringSeconds   int    `yaml:"monitoringSeconds"`   // between two readings of the instances' operating system: 0 (none), 1, 5, 10, 15, 30 or 60
	BackupWindow        string `yaml:"backupWindow"`        // when AWS backs up every day, hh24:mi-hh24:mi in UTC
	MaintenanceWindow   string `yaml:"maintenanceWindow"`   // when AWS maintains the instances, ddd:hh24:mi-ddd:hh24:mi in UTC, apart from BackupWindow

	// Parameters are those of the cluster's parameter group, by name; what a stack says is added to the defaults.
	Parameters map[string]string `yaml:"parameters"`
}

// Backup is what AWS Backup keeps of the database, apart from the database.
type Backup struct {
	Enabled              *bool  `yaml:"enabled"`              // never nil after Load
	Schedule             string `yaml:"schedule"`             // when a recovery point is taken, once a day in UTC: cron(<minute> <hour> * * ? *)
	RetentionDays        int    `yaml:"retentionDays"`        // how long it is kept, 1 to 36500
	CopyTo               string `yaml:"copyTo"`               // optional other region that every recovery point is copied to
	CopyRetentionDays    int    `yaml:"copyRetentionDays"`    // how long a copy is kept, 1 to 36500
	Lock                 string `yaml:"lock"`                 // none, governance or compliance: who may delete recovery points early; a lock only with protect: true
	LockMinRetentionDays int    `yaml:"lockMinRetentionDays"` // with a lock, the shortest retention that the vaults take, 1 to 36500
}

// Bus is the Valkey replication group.
type Bus struct {
	EngineVersion         string `yaml:"engineVersion"`         // Valkey version, major.minor
	NodeType              string `yaml:"nodeType"`              // such as cache.r7g.large
	Replicas              int    `yaml:"replicas"`              // 1 to 5
	SnapshotRetentionDays int    `yaml:"snapshotRetentionDays"` // 1 to 35; 0, which is none, only with protect: false
	SnapshotWindow        string `yaml:"snapshotWindow"`        // when AWS takes the snapshot of a day, hh24:mi-hh24:mi in UTC
	MaintenanceWindow     string `yaml:"maintenanceWindow"`     // when AWS maintains the nodes, ddd:hh24:mi-ddd:hh24:mi in UTC, apart from SnapshotWindow

	// Parameters are those of the parameter group, by name; what a stack says is added to the defaults.
	Parameters map[string]string `yaml:"parameters"`
}

// Cluster is the fleet of container hosts.
type Cluster struct {
	AMI          string `yaml:"ami"`          // pinned id of an ECS-optimised Amazon Linux 2023 image in the stack's region
	Architecture string `yaml:"architecture"` // what that image and all container images are built for: arm64 or x86_64
	InstanceType string `yaml:"instanceType"` // of the image's architecture and with ENI trunking, such as c6g.xlarge
	// OtherInstanceTypes are what hosts may also be, so that the fleet grows when AWS has run out of the first.
	OtherInstanceTypes []string `yaml:"otherInstanceTypes"`
	SpotPercent        int      `yaml:"spotPercent"`   // share of the hosts above one a zone that are spot instances, 0 to 100
	WarmPool           int      `yaml:"warmPool"`      // stopped hosts that wait to be started; neither with other types nor with spot
	MinHosts           int      `yaml:"minHosts"`      // bound on how many hosts run at least; 0 is what follows from the zones
	MaxHosts           int      `yaml:"maxHosts"`      // bound on how many hosts run at most; 0 is what follows from the peak
	Exec               *bool    `yaml:"exec"`          // whether operators may run commands in containers, logged and encrypted; never nil after Load
	RootVolumeGiB      int      `yaml:"rootVolumeGiB"` // 30 or more: the image's own size
}

// Service is the deepstream service.
type Service struct {
	PeakConnections     int `yaml:"peakConnections"`     // open sockets at the busiest moment
	ReconnectsPerSecond int `yaml:"reconnectsPerSecond"` // sockets that may be opened anew in a second, when many end at once

	MinTasks int `yaml:"minTasks"` // bound on how many tasks run at least; 0 is what follows from the two above
	MaxTasks int `yaml:"maxTasks"` // bound on how many tasks run at most; 0 is what follows from them

	Image            string `yaml:"image"`            // container image pinned by digest, repository@sha256:...
	Auth             Auth   `yaml:"auth"`             // who decides who a client is: {webhook: https://...} or open; has no default, so that leaving it out is never an answer
	Metrics          *bool  `yaml:"metrics"`          // whether the image publishes its sockets and cluster size, as images/deepstream does and the stock image does not; never nil after Load
	ScaleOn          string `yaml:"scaleOn"`          // connections, beside CPU, or cpu alone; by the image's own metric, or by the load balancer's count without metrics
	CPU              int    `yaml:"cpu"`              // CPU units a task, 1024 = one vCPU
	MemoryMiB        int    `yaml:"memoryMiB"`        // hard limit a task
	LogRetentionDays int    `yaml:"logRetentionDays"` // one of the numbers that CloudWatch Logs accepts
}

// FurtherService is a service beside deepstream, behind the same load balancer.
type FurtherService struct {
	Image       string            `yaml:"image"`       // container image pinned by digest, repository@sha256:...
	Command     []string          `yaml:"command"`     // instead of the image's own
	Port        int               `yaml:"port"`        // that it listens on
	HealthPath  string            `yaml:"healthPath"`  // answers 200 while it is well
	Path        string            `yaml:"path"`        // it gets the requests for this path and for everything below it
	Tasks       int               `yaml:"tasks"`       // the fewest that run; at least 2
	MaxTasks    int               `yaml:"maxTasks"`    // the most that run, by CPU; left out, the same as Tasks
	CPU         int               `yaml:"cpu"`         // CPU units a task, 1024 = one vCPU
	MemoryMiB   int               `yaml:"memoryMiB"`   // hard limit a task
	Environment map[string]string `yaml:"environment"` // by variable name; nothing secret
	Secrets     map[string]string `yaml:"secrets"`     // by variable name: the name of a secret in Secrets Manager, in the stack's region and account
}

// Observability says who is told when something is wrong, and what counts as wrong.
type Observability struct {
	// Notify are receivers: an e-mail address behind mailto:, an https:// address, or the ARN of an SQS queue.
	Notify []string `yaml:"notify"`
	// MaxVolumeGiB is how much data the database is expected to hold at most: its volume grows by itself, and so does
	// its bill.
	MaxVolumeGiB int `yaml:"maxVolumeGiB"`

	// From where on alarms go off.
	MinLocalStorageGiB      int `yaml:"minLocalStorageGiB"`      // what a database instance has left for sorts and temporary tables, at least
	BusyPercent             int `yaml:"busyPercent"`             // of CPU, or of memory, of tasks, database instances and bus nodes
	LimitPercent            int `yaml:"limitPercent"`            // of the connections that all tasks, or a database instance, can hold
	ErrorsPerMinute         int `yaml:"errorsPerMinute"`         // answers 5xx
	SlowMilliseconds        int `yaml:"slowMilliseconds"`        // that one request in twenty takes at most
	CertificateDays         int `yaml:"certificateDays"`         // that the certificate is valid at least
	DatabaseLagMilliseconds int `yaml:"databaseLagMilliseconds"` // that a reader is behind the writer
	BusLagSeconds           int `yaml:"busLagSeconds"`           // that a replica of the bus is behind its primary
	PendingWrites           int `yaml:"pendingWrites"`           // records that a server holds and the database has not stored
}

// Edge is the load balancer and the names by which clients reach it.
type Edge struct {
	Zone                   string `yaml:"zone"`                   // name of the public hosted zone, such as example.com
	Hostname               string `yaml:"hostname"`               // the region's own name inside the zone
	GlobalName             string `yaml:"globalName"`             // optional latency-routed name shared by regions; needs DataScope
	DataScope              string `yaml:"dataScope"`              // "perRegion" acknowledges that records differ between regions
	AccessLogRetentionDays int    `yaml:"accessLogRetentionDays"` // of the load balancer's and the firewall's logs; one of the numbers that CloudWatch Logs accepts
}
