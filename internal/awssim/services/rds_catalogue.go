package services

import (
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/aurora"
)

const auroraEngine = "aurora-postgresql"

// auroraDefault is what a cluster without a version gets. AWS moves it from time to time.
const auroraDefault = "17.5"

// auroraVersion returns the full version of what a program asks for, which may be a major version alone.
func auroraVersion(asked string) (full string, ok bool) {
	if asked == "" {
		return auroraDefault, true
	}
	for _, version := range slices.Backward(aurora.Versions()) {
		if version == asked || majorOf(version) == asked {
			return version, true
		}
	}
	return asked, false
}

func majorOf(version string) string {
	major, _, _ := strings.Cut(version, ".")
	return major
}

// auroraFamily is the family of parameter groups for a version.
func auroraFamily(version string) string { return auroraEngine + majorOf(version) }

// auroraFamilies are those of all versions.
func auroraFamilies() []string {
	var out []string
	for _, version := range aurora.Versions() {
		out = append(out, auroraFamily(version))
	}
	return slices.Compact(out)
}

// auroraClasses are the instance classes for Aurora PostgreSQL: family and sizes (Amazon Aurora User Guide, "Supported
// DB engines for DB instance classes").
var auroraClasses = map[string]string{
	"r5":   "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge",
	"r6g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r6gd": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r6i":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge",
	"r6id": "24xlarge 32xlarge",
	"r7g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r7i":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
	"r8g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
	"x2g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"t3":   "medium large",
	"t4g":  "medium large",
}

const serverlessClass = "db.serverless"

// offered reports whether a machine type, such as db.r6g.large, is in a table of families and sizes.
func offered(table map[string]string, prefix, machine string) bool {
	name, ok := strings.CutPrefix(machine, prefix)
	family, size, _ := strings.Cut(name, ".")
	return ok && slices.Contains(strings.Fields(table[family]), size)
}

// databaseZones are the hosted zones that cluster endpoints live in, by region (AWS General Reference, "Amazon RDS
// endpoints and quotas").
var databaseZones = map[string]string{
	"eu-central-1": "Z1RLNUO7B9Q6NB",
	"us-east-1":    "Z2R2ITUGPM61AM",
	"us-west-2":    "Z1PVIF0B656C1W",
}
