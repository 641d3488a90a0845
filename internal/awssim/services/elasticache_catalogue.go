package services

// cacheVersions are the engine versions a new replication group can have, with the version that then runs, by engine
// (Amazon ElastiCache User Guide, "Engine versions and upgrading"). Redis OSS stands here from version 6 on.
var cacheVersions = map[string]map[string]string{
	"valkey": {"7.2": "7.2.6", "8.0": "8.0.1", "8.1": "8.1.0", "8.2": "8.2.0"},
	"redis":  {"6.x": "6.2.6", "6.0": "6.0.5", "6.2": "6.2.6", "7.0": "7.0.7", "7.1": "7.1.0"},
}

// cacheDefaults are the versions of groups that do not name one.
var cacheDefaults = map[string]string{"valkey": "8.1", "redis": "7.1"}

// cacheFamily is the family of parameter groups for a version that runs.
func cacheFamily(engine, version string) string {
	if engine == "redis" && majorOf(version) == "6" {
		return "redis6.x"
	}
	return engine + majorOf(version)
}

var cacheFamilies = []string{"redis6.x", "redis7", "valkey7", "valkey8"}

// cacheNodes are the node types: family and sizes (Amazon ElastiCache User Guide, "Supported node types").
var cacheNodes = map[string]string{
	"c7gn": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"c8gn": "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"m5":   "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge",
	"m6g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"m7g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"m8g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r5":   "large xlarge 2xlarge 4xlarge 12xlarge 24xlarge",
	"r6g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r6gd": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r7g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r8g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"t3":   "micro small medium",
	"t4g":  "micro small medium",
}
