// Package aurora says which versions of Aurora PostgreSQL there are, and which of them AWS upgrades to which.
package aurora

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// releases are the versions that take new clusters, the oldest release first; what AWS released together is in one row.
// Versions are major.minor. Sources: "Release calendar for minor versions" of the Release Notes for Aurora PostgreSQL; for the
// rows from 2026 on, which have only what a source names, the upgrade targets that describe-db-engine-versions listed for 16.4
// in June 2026 (aprin-labs/archimedes#777) and aws/aws-cdk#38786.
var releases = [][]string{
	{"14.6"},                           // long-term support
	{"15.10"},                          // long-term support
	{"14.17", "15.12", "16.8", "17.4"}, // 16.8 has long-term support
	{"14.18", "15.13", "16.9", "17.5"},
	{"14.19", "15.14", "16.10", "17.6"},
	{"14.20", "15.15", "16.11", "17.7"},
	{"16.13", "17.9", "18.3"},
	{"18.4"},
}

// Versions returns every version, in ascending order.
func Versions() []string {
	all := slices.Concat(releases...)
	slices.SortFunc(all, compare)
	return all
}

// Known reports whether there is such a version.
func Known(version string) bool { return released(version) >= 0 }

// Major is the major version of a version, 0 where it is none.
func Major(version string) int {
	major, _ := parts(version)
	return major
}

// Majors returns every major version, in ascending order.
func Majors() (out []int) {
	for _, version := range Versions() {
		out = append(out, Major(version))
	}
	return slices.Compact(out)
}

// Less reports whether a version comes before another.
func Less(a, b string) bool { return compare(a, b) < 0 }

// Upgradable reports whether AWS upgrades a cluster of one version to another: a later one, of the same major version or of any
// after it, that was not released before the one it comes from. That is the table in "Getting a list of available versions in
// your AWS Region", Amazon Aurora User Guide: 16.8 goes to 17.4, 16.9 only to 17.5 and later.
func Upgradable(from, to string) bool {
	return Known(from) && Known(to) && Less(from, to) && released(from) <= released(to)
}

// released is the row of a version in releases, -1 where it is in none.
func released(version string) int {
	return slices.IndexFunc(releases, func(row []string) bool { return slices.Contains(row, version) })
}

func compare(a, b string) int {
	aMajor, aMinor := parts(a)
	bMajor, bMinor := parts(b)
	return cmp.Or(cmp.Compare(aMajor, bMajor), cmp.Compare(aMinor, bMinor))
}

// parts are the numbers of a version, 0 for what is none.
func parts(version string) (major, minor int) {
	first, second, _ := strings.Cut(version, ".")
	major, _ = strconv.Atoi(first)
	minor, _ = strconv.Atoi(second)
	return major, minor
}
