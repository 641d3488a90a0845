package sizing

import "strings"

const (
	// PoolPerTask is how many connections a task keeps to the database: the default of the pool in deepstream's
	// PostgreSQL connector (node-postgres, pg.Pool, max).
	PoolPerTask = 10
	// maxDatabaseConnections is where Aurora stops, however large the instance.
	maxDatabaseConnections = 5000
	// bytesPerConnection is what Aurora allows for one: max_connections is LEAST(DBInstanceClassMemory/9531392, 5000)
	// (Amazon Aurora User Guide, "Maximum connections to an Aurora PostgreSQL DB instance").
	bytesPerConnection = 9531392
)

// classGiB is the memory of a database instance class by family, in GiB to a vCPU (Amazon Aurora User Guide, "Hardware
// specifications for DB instance classes for Aurora"). The burstable medium has two vCPUs but half of large's memory,
// which is what vcpus makes of it.
var classGiB = map[string]int{
	"r5": 8, "r6g": 8, "r6i": 8, "r7g": 8, "r7i": 8, "r8g": 8, "x2g": 16, "t3": 4, "t4g": 4,
}

// MaxDatabaseConnections returns how many connections an Aurora PostgreSQL instance of a class accepts under the default
// parameter group, and whether the class is known. DBInstanceClassMemory is less than the class's memory, by what the
// system and Aurora's own processes take: a twentieth here, so that the number errs on the safe side.
func MaxDatabaseConnections(class string) (connections int, known bool) {
	name, isClass := strings.CutPrefix(class, "db.")
	family, size, _ := strings.Cut(name, ".")
	gib := classGiB[family] * vcpus(size)
	burstable := strings.HasPrefix(family, "t")
	if !isClass || gib == 0 || burstable != (size == "medium") && size != "large" {
		return 0, false
	}
	return min(gib*1_000_000_000/20*19/bytesPerConnection, maxDatabaseConnections), true
}

// connectionsOf returns how many connections tasks take from the database: their pools, and a quarter more for
// migrations, people and Aurora's own automation.
func connectionsOf(tasks int) int { return ceilDiv(tasks*PoolPerTask*5, 4) }

// maxTasks returns the most tasks whose connections stay below a database's.
func maxTasks(databaseConnections int) int { return (4*databaseConnections - 1) / (5 * PoolPerTask) }

// nearestClass returns the smallest class, of the same family if it has one, that serves a number of tasks; none if even
// Aurora's largest number of connections is too small.
func nearestClass(class string, tasks int) string {
	family, _, _ := strings.Cut(strings.TrimPrefix(class, "db."), ".")
	for _, f := range []string{family, "r6g"} {
		for _, size := range []string{"medium", "large", "xlarge", "2xlarge"} {
			name := "db." + f + "." + size
			if n, known := MaxDatabaseConnections(name); known && maxTasks(n) >= tasks {
				return name
			}
		}
	}
	return ""
}
