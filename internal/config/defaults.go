package config

// Defaults returns a Config with everything set that need not differ between regions, sized for production. What it
// leaves empty is either required (see the rules) or optional.
func Defaults() Config {
	finalSnapshot := true
	return Config{
		Network: Network{
			NAT: "perZone", // a zone that fails takes no other zone's way out with it
		},
		Database: Database{
			EngineVersion:       "16.8", // a long-term support release of Aurora PostgreSQL: fewest forced upgrades
			InstanceClass:       "db.r6g.large",
			BackupRetentionDays: 14,
			FinalSnapshot:       &finalSnapshot,
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
			MinHosts:      3,
			MaxHosts:      12,
			RootVolumeGiB: 50,
		},
		Service: Service{
			Tasks:            6,
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
	}
}
