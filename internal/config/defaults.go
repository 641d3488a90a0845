package config

import (
	"slices"

	"github.com/deepstreamhub/platform/internal/naming"
	"github.com/deepstreamhub/platform/internal/parameters"
	"github.com/deepstreamhub/platform/internal/windows"
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
			Readers:             1, // in another zone, and takes over
			Parameters:          parameters.AuroraDefaults(),
			BackupWindow:        windows.Backup,
			MaintenanceWindow:   windows.Maintenance,
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
			Parameters:            parameters.ValkeyDefaults(),
			SnapshotWindow:        windows.Backup,
			MaintenanceWindow:     windows.Maintenance,
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
		Observability: Observability{
			MaxVolumeGiB:            500,
			MinLocalStorageGiB:      5,
			BusyPercent:             80, // somebody is told while there is time to act
			LimitPercent:            80,
			ErrorsPerMinute:         10, // below, a restarting task explains them
			SlowMilliseconds:        1000,
			CertificateDays:         30, // half of the 60 days that ACM has to renew it
			DatabaseLagMilliseconds: 1000,
			BusLagSeconds:           5,
			PendingWrites:           1000,
		},
	}
}

// furtherService is a service of which nothing but the required is told.
func furtherService() FurtherService {
	return FurtherService{Tasks: 2, CPU: 256, MemoryMiB: 512}
}
