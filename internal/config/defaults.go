package config

import "slices"

// The path of roles, and the policy that bounds them: what the account is given before its first region.
const (
	RolePath = "/deepstreamhub/"
	Boundary = RolePath + "deepstreamhub-boundary"
)

// NoBoundary as platform.permissionsBoundary leaves roles unbounded.
const NoBoundary = "none"

// Defaults returns a Config with everything set that need not differ between regions, sized for production. What it
// leaves empty is either required (see the rules) or optional.
func Defaults() Config {
	finalSnapshot, insights, backups, exec := true, true, true, true
	return Config{
		Platform: Platform{PermissionsBoundary: Boundary, RolePath: RolePath},
		Network: Network{
			NAT:                  "perZone", // a zone that fails takes no other zone's way out with it
			Endpoints:            slices.Clone(neededEndpoints),
			FlowLogRetentionDays: 90,
		},
		Database: Database{
			EngineVersion:       "16.8", // a long-term support release of Aurora PostgreSQL: fewest forced upgrades
			InstanceClass:       "db.r6g.large",
			BackupRetentionDays: 14,
			FinalSnapshot:       &finalSnapshot,
			PerformanceInsights: &insights, // a week of it costs nothing
			MonitoringSeconds:   60,
		},
		Backup: Backup{
			Enabled:              &backups,
			Schedule:             "cron(0 5 * * ? *)", // after the database's own backup and the window of its maintenance
			RetentionDays:        35,
			CopyRetentionDays:    35,
			Lock:                 "none",
			LockMinRetentionDays: 7,
		},
		Bus: Bus{
			EngineVersion:         "8.0",
			NodeType:              "cache.r7g.large",
			Replicas:              1,
			SnapshotRetentionDays: 7,
		},
		// Four vCPU and 8 GiB hold four tasks of the size below, one to a core, with 1 GiB left for the host.
		Cluster: Cluster{
			InstanceType:  "c6g.xlarge",
			Exec:          &exec,
			MinHosts:      3,
			MaxHosts:      16,
			RootVolumeGiB: 50,
		},
		Service: Service{
			// What the tasks below hold with one zone lost, and what a region of this size takes back within the
			// clients' patience.
			PeakConnections:     20_000,
			ReconnectsPerSecond: 500,

			Tasks:            6,
			MaxTasks:         12,
			ScaleOn:          ScaleOnConnections,
			CPU:              1024, // a deepstream node runs on one thread, so more than one vCPU would idle
			MemoryMiB:        1792,
			LogRetentionDays: 30,
		},
		Edge: Edge{
			Zone:                       "deepstreamhub.com",
			IdleTimeoutSeconds:         120,
			DeregistrationDelaySeconds: 120,
			AccessLogRetentionDays:     90,
			// A client that loses its connection makes at most six attempts before it gives up (one at once and five
			// retries), so more than 300 clients behind one address, such as an office's, get through a reconnect.
			WAFRateLimit: 2000,
		},
		Observability: Observability{MaxVolumeGiB: 500},
	}
}

// furtherService is a service of which nothing but the required is told.
func furtherService() FurtherService {
	return FurtherService{Tasks: 2, CPU: 256, MemoryMiB: 512}
}
