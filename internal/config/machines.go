package config

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// sizes are the sizes a family comes in: from one to another with everything between, as in allSizes.
type sizes struct{ from, to string }

// allSizes in ascending order, as far as any family below has them. A vCPU count follows from the name: see vcpus.
var allSizes = []string{
	"micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "9xlarge", "12xlarge", "16xlarge",
	"18xlarge", "24xlarge", "32xlarge", "48xlarge",
}

// catalogue is the machine types a service offers: a prefix and, by family, the sizes.
type catalogue struct {
	prefix   string // db., cache. or nothing
	families map[string]sizes
	missing  []string // types between a family's smallest and largest that do not exist or do not do
}

// types returns the full names of all machine types, sorted.
func (c catalogue) types() []string {
	var all []string
	for family, s := range c.families {
		for _, size := range allSizes[slices.Index(allSizes, s.from) : slices.Index(allSizes, s.to)+1] {
			name := c.prefix + family + "." + size
			if !slices.Contains(c.missing, family+"."+size) && !oddSize(family, size) {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}

// names returns the families, sorted, for messages.
func (c catalogue) names() string {
	return strings.Join(slices.Sorted(maps.Keys(c.families)), ", ")
}

// oddSize reports whether a family, like all but c5, has no size of the number: 9xlarge and 18xlarge are c5's in
// place of 8xlarge and 16xlarge.
func oddSize(family, size string) bool {
	odd := size == "9xlarge" || size == "18xlarge"
	even := size == "8xlarge" || size == "16xlarge"
	return odd && family != "c5" || even && family == "c5"
}

// databaseClasses are the instance classes that Aurora PostgreSQL 13 and later runs on (Amazon Aurora User Guide,
// "Hardware specifications for DB instance classes for Aurora"). The smaller burstable classes do not take it.
var databaseClasses = catalogue{
	prefix: "db.",
	families: map[string]sizes{
		"r5": {"large", "24xlarge"}, "r6g": {"large", "16xlarge"}, "r6i": {"large", "32xlarge"},
		"r7g": {"large", "16xlarge"}, "r7i": {"large", "48xlarge"}, "r8g": {"large", "48xlarge"},
		"x2g": {"large", "16xlarge"}, "t3": {"medium", "large"}, "t4g": {"medium", "large"},
	},
	missing: []string{"r7i.32xlarge", "r8g.32xlarge"},
}

// busNodes are the current node types for Valkey (Amazon ElastiCache User Guide, "Supported node types"). Left out are
// the previous generations m4, r4 and t2, and r6gd, which works only with data tiering.
var busNodes = catalogue{
	prefix: "cache.",
	families: map[string]sizes{
		"m5": {"large", "24xlarge"}, "m6g": {"large", "16xlarge"}, "m7g": {"large", "16xlarge"}, "m8g": {"large", "16xlarge"},
		"r5": {"large", "24xlarge"}, "r6g": {"large", "16xlarge"}, "r7g": {"large", "16xlarge"}, "r8g": {"large", "16xlarge"},
		"c7gn": {"large", "16xlarge"}, "c8gn": {"large", "16xlarge"}, "t3": {"micro", "medium"}, "t4g": {"micro", "medium"},
	},
	missing: []string{"m5.8xlarge", "m5.16xlarge", "r5.8xlarge", "r5.16xlarge"},
}

// hostTypes are instance types with ENI trunking (Amazon ECS Developer Guide, "Supported instances for increased Amazon
// ECS container network interfaces"). Trunking is what lets a host carry more than two or three tasks, each of which
// takes a network interface of its own; the burstable families have none.
var hostTypes = catalogue{
	families: map[string]sizes{
		"c5": {"large", "24xlarge"}, "m5": {"large", "24xlarge"}, "r5": {"large", "24xlarge"},
		"c6i": {"large", "32xlarge"}, "m6i": {"large", "32xlarge"}, "r6i": {"large", "32xlarge"},
		"c6a": {"large", "48xlarge"}, "m6a": {"large", "48xlarge"}, "r6a": {"large", "48xlarge"},
		"c6g": {"medium", "16xlarge"}, "m6g": {"medium", "16xlarge"}, "r6g": {"medium", "16xlarge"},
		"c7g": {"medium", "16xlarge"}, "m7g": {"medium", "16xlarge"}, "r7g": {"medium", "16xlarge"},
		"c7i": {"large", "48xlarge"}, "m7i": {"large", "48xlarge"}, "r7i": {"large", "48xlarge"},
	},
	missing: []string{
		"r5.8xlarge", // the one size of the family that the guide names as unsupported
		"c7i.32xlarge", "m7i.32xlarge", "r7i.32xlarge",
	},
}

// hostSize returns what a host type has: CPU units, 1024 to a vCPU, and memory in MiB. The type must be one of
// hostTypes, where the first letter of the family gives the memory: 2, 4 or 8 GiB a vCPU for c, m and r.
func hostSize(instanceType string) (cpu, memoryMiB int) {
	_, size, _ := strings.Cut(instanceType, ".")
	n := vcpus(size)
	gib := map[byte]int{'c': 2, 'm': 4, 'r': 8}[instanceType[0]]
	return n * 1024, n * gib * 1024
}

// vcpus returns the number of vCPUs of a size from medium up.
func vcpus(size string) int {
	switch size {
	case "medium":
		return 1
	case "large":
		return 2
	case "xlarge":
		return 4
	}
	n, _ := strconv.Atoi(strings.TrimSuffix(size, "xlarge"))
	return 4 * n
}
