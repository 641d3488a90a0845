// Package config holds what a region stack can be told: one typed struct, its defaults and its rules. It is loaded
// before the engine starts, reports every problem at once and knows nothing of Pulumi.
//
// The way in is Load, on a Source that ReadFiles took from the stack file or that the program took from the engine.
package config

// Config is one region stack's configuration. The yaml names are the keys of the stack file, below
// "deepstreamhub:"; Region is "aws:region".
type Config struct {
	Region   string   `yaml:"-"`
	Platform Platform `yaml:"platform"`
	Network  Network  `yaml:"network"`
	Database Database `yaml:"database"`
	Bus      Bus      `yaml:"bus"`
	Cluster  Cluster  `yaml:"cluster"`
	Service  Service  `yaml:"service"`
	Edge     Edge     `yaml:"edge"`
}

// Platform is what concerns the stack as a whole.
type Platform struct {
	Protect    *bool  `yaml:"protect"`    // whether data may be destroyed; has no default, so that leaving it out is never an answer
	Owner      string `yaml:"owner"`      // tag: who answers for the stack
	CostCentre string `yaml:"costCentre"` // tag: who pays for it
	Expires    string `yaml:"expires"`    // optional tag: when an ephemeral stack may be reaped, RFC 3339 in UTC; fixed at creation. Only with protect: false
}

// Network is the VPC and its subnets.
type Network struct {
	CIDR  string   `yaml:"cidr"`  // the VPC's IPv4 range, /16 to /20, inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16
	Zones []string `yaml:"zones"` // availability zone ids, such as euc1-az1; three to six, of the stack's region
	NAT   string   `yaml:"nat"`   // single or perZone; without NAT the container hosts would reach neither ECS nor ECR
}

// Database is the Aurora PostgreSQL cluster.
type Database struct {
	EngineVersion       string `yaml:"engineVersion"`       // Aurora PostgreSQL version, major.minor
	InstanceClass       string `yaml:"instanceClass"`       // such as db.r6g.large
	BackupRetentionDays int    `yaml:"backupRetentionDays"` // 1 to 35
	FinalSnapshot       *bool  `yaml:"finalSnapshot"`       // whether deleting the cluster leaves a snapshot behind; never nil after Load, false only with protect: false
}

// Bus is the Valkey replication group.
type Bus struct {
	EngineVersion         string `yaml:"engineVersion"`         // Valkey version, major.minor
	NodeType              string `yaml:"nodeType"`              // such as cache.r7g.large
	Replicas              int    `yaml:"replicas"`              // 1 to 5
	SnapshotRetentionDays int    `yaml:"snapshotRetentionDays"` // 1 to 35; 0, which is none, only with protect: false
}

// Cluster is the fleet of container hosts.
type Cluster struct {
	AMI           string `yaml:"ami"`           // pinned id of an ECS-optimised Amazon Linux 2023 image in the stack's region
	InstanceType  string `yaml:"instanceType"`  // of the image's architecture and with ENI trunking, such as c6g.xlarge
	MinHosts      int    `yaml:"minHosts"`      // at least one
	MaxHosts      int    `yaml:"maxHosts"`      // at least MinHosts
	RootVolumeGiB int    `yaml:"rootVolumeGiB"` // 30 or more: the image's own size
}

// Service is the deepstream service.
type Service struct {
	Image            string `yaml:"image"`            // container image pinned by digest, repository@sha256:...
	Tasks            int    `yaml:"tasks"`            // how many run; at least 2
	CPU              int    `yaml:"cpu"`              // CPU units a task, 1024 = one vCPU
	MemoryMiB        int    `yaml:"memoryMiB"`        // hard limit a task
	LogRetentionDays int    `yaml:"logRetentionDays"` // one of the numbers that CloudWatch Logs accepts
}

// Edge is the load balancer and the names by which clients reach it.
type Edge struct {
	Zone                       string `yaml:"zone"`                       // name of the public hosted zone, such as deepstreamhub.com
	Hostname                   string `yaml:"hostname"`                   // the region's own name inside the zone
	GlobalName                 string `yaml:"globalName"`                 // optional latency-routed name shared by regions; needs DataScope
	DataScope                  string `yaml:"dataScope"`                  // "perRegion" acknowledges that records differ between regions
	IdleTimeoutSeconds         int    `yaml:"idleTimeoutSeconds"`         // above deepstream's 60 s heartbeat window, at most 4000
	DeregistrationDelaySeconds int    `yaml:"deregistrationDelaySeconds"` // how long a leaving task may drain, 0 to 3600
	AccessLogRetentionDays     int    `yaml:"accessLogRetentionDays"`     // of the load balancer's and the firewall's logs; one of the numbers that CloudWatch Logs accepts
	WAFRateLimit               int    `yaml:"wafRateLimit"`               // requests an address may make in 5 minutes, 10 to 2000000000; a WebSocket is one, for as long as it lasts
}
