package cloud

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

const yesNo = "yes,no"

// cacheParameters are the parameters of a cache parameter group that the offline AWS knows and that can be modified
// (Amazon ElastiCache User Guide, "Valkey and Redis OSS parameters"). What is static takes effect only in new groups.
var cacheParameters = map[string]setting{
	"acl-pubsub-default":                             {Values: "allchannels,resetchannels"},
	"active-defrag-cycle-max":                        {Values: "1-75"},
	"active-defrag-cycle-min":                        {Values: "1-75"},
	"active-expire-effort":                           {Values: "1-10"},
	"activedefrag":                                   {Values: yesNo},
	"activerehashing":                                {Static: true, Values: yesNo},
	"client-output-buffer-limit-normal-hard-limit":   {Values: anyCount},
	"client-output-buffer-limit-normal-soft-limit":   {Values: anyCount},
	"client-output-buffer-limit-normal-soft-seconds": {Values: anyCount},
	"client-output-buffer-limit-pubsub-hard-limit":   {Values: anyCount},
	"client-output-buffer-limit-pubsub-soft-limit":   {Values: anyCount},
	"client-output-buffer-limit-pubsub-soft-seconds": {Values: anyCount},
	"close-on-replica-write":                         {Values: yesNo},
	"cluster-enabled":                                {Static: true, Values: yesNo},
	"databases":                                      {Static: true, Values: "1-1200000"},
	"hash-max-listpack-entries":                      {Values: anyCount},
	"hash-max-listpack-value":                        {Values: anyCount},
	"hll-sparse-max-bytes":                           {Values: "1-16000"},
	"latency-tracking":                               {Values: yesNo},
	"lazyfree-lazy-eviction":                         {Values: yesNo},
	"lazyfree-lazy-expire":                           {Values: yesNo},
	"lazyfree-lazy-server-del":                       {Values: yesNo},
	"lfu-decay-time":                                 {Values: anyCount},
	"lfu-log-factor":                                 {Values: "1-2147483647"},
	"maxmemory-policy":                               {Values: "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction"},
	"maxmemory-samples":                              {Values: "1-2147483647"},
	"min-replicas-max-lag":                           {Values: anyCount},
	"min-replicas-to-write":                          {Values: anyCount},
	"notify-keyspace-events":                         {},
	"reserved-memory-percent":                        {Values: "0-100"},
	"set-max-intset-entries":                         {Values: anyCount},
	"slowlog-log-slower-than":                        {Values: "-1-2147483647"},
	"slowlog-max-len":                                {Values: anyCount},
	"stream-node-max-bytes":                          {Values: anyCount},
	"stream-node-max-entries":                        {Values: anyCount},
	"tcp-keepalive":                                  {Values: anyCount},
	"timeout":                                        {Values: anyCount},
	"zset-max-listpack-entries":                      {Values: anyCount},
	"zset-max-listpack-value":                        {Values: anyCount},
}
