package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/sizing"
)

// sizes are the sizes a family comes in: from one to another with everything between, as in allSizes.
type sizes struct{ from, to string }

// allSizes in ascending order, as far as any family below has them.
var allSizes = []string{
	"micro", "small", "medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge", "32xlarge",
	"48xlarge",
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
			if !slices.Contains(c.missing, family+"."+size) {
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

// newerClasses are the families of them that came after some version that can be chosen, with the version from which on they run:
// r7g on 13.10, 14.7, 15.2 and 16.1 (Amazon Aurora User Guide, "Supported DB engines for DB instance classes"), r7i and r8g, which are
// younger, on none before. All others run on 14.3.
var newerClasses = map[string]string{"r7g": "14.7", "r7i": "14.7", "r8g": "14.7"}

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

// hostTypes are the instance types that sizing knows, sorted: families that differ in processor and memory. Those with disks or a
// faster network besides, such as c6gd and c6gn, are left out. All have ENI trunking, which is what lets a host carry more than two or
// three tasks, each of which takes a network interface of its own; the burstable families have none.
var hostTypes, hostFamilies = hostsOf(sizing.Hosts())

func hostsOf(hosts []sizing.Host) (types []string, families string) {
	var names []string
	for _, h := range hosts {
		family, _, _ := strings.Cut(h.Type, ".")
		types, names = append(types, h.Type), append(names, family)
	}
	return types, strings.Join(slices.Compact(names), ", ")
}
