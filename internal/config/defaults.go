package config

import (
	"slices"

	"github.com/deepstreamhub/platform/internal/naming"
)

// NoBoundary as platform.permissionsBoundary leaves roles unbounded.
const NoBoundary = "none"

// Defaults returns an organisation's Config with everything set that need not differ between regions, sized for production.
// What it leaves empty is either required (see the rules) or optional.
func Defaults(o naming.Organisation) Config {
	finalSnapshot, insights, backups, exec, metrics := true, true, true, true, true
	ipv6 := false
	return Config{
		Organisation: o,
		Platform:     Platform{PermissionsBoundary: o.Boundary(), RolePath: o.Path()}, // as bootstrap makes them
		Network: Network{
			NAT:                  "perZone", // a zone that fails takes no other zone's way out with it
			IPv6:                 &ipv6,
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
			Architecture:  ARM64, // what images/deepstream is built for
			InstanceType:  "c6g.xlarge",
			Exec:          &exec,
			RootVolumeGiB: 50,
		},
		Service: Service{
			// Three tasks when it is quiet, six at the peak, and what a region of this size takes back within the clients'
			// patience.
			PeakConnections:     20_000,
			ReconnectsPerSecond: 500,

			Metrics:          &metrics,
			ScaleOn:          ScaleOnConnections,
			CPU:              1024, // a deepstream node runs on one thread, so more than one vCPU would idle
			MemoryMiB:        1792,
			LogRetentionDays: 30,
		},
		Edge: Edge{
			AccessLogRetentionDays: 90,
		},
		Observability: Observability{MaxVolumeGiB: 500},
	}
}

// furtherService is a service of which nothing but the required is told.
func furtherService() FurtherService {
	return FurtherService{Tasks: 2, CPU: 256, MemoryMiB: 512}
}
