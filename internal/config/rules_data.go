package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/deepstreamhub/platform/internal/aurora"
	"github.com/deepstreamhub/platform/internal/parameters"
	"github.com/deepstreamhub/platform/internal/windows"
)

// checkMajorVersion keeps the permission for another major version to the change that it is for.
func (c *checker) checkMajorVersion() {
	const key = "database.allowMajorVersion"
	if !c.set(key) {
		return
	}
	version := c.cfg.Database.EngineVersion
	if want := aurora.Major(version); c.ok("database.engineVersion") && aurora.Known(version) && c.cfg.Database.AllowMajorVersion != want {
		c.refuse(key, fmt.Sprintf("must be the major version of database.engineVersion, which is %d, or left out", want), strconv.Itoa(want))
		return
	}
	if protect, known := c.protected(); known && protect {
		c.refuse(key, "must be left out with platform.protect: true: a protected database is taken to another major version in the steps of "+
			"docs/operations.md, \"Another major version of the database\"", "")
	}
}

// checkClass keeps an instance class to the versions that run on it.
func (c *checker) checkClass() {
	const key, versionKey = "database.instanceClass", "database.engineVersion"
	if !c.ok(key, versionKey) || c.refused(key) || c.refused(versionKey) {
		return
	}
	class, version := c.cfg.Database.InstanceClass, c.cfg.Database.EngineVersion
	runs := func(class string) bool {
		family, _, _ := strings.Cut(strings.TrimPrefix(class, databaseClasses.prefix), ".")
		since := newerClasses[family]
		return since == "" || !aurora.Less(version, since)
	}
	if !runs(class) {
		fitting := slices.DeleteFunc(databaseClasses.types(), func(class string) bool { return !runs(class) })
		c.refuse(key, fmt.Sprintf("must be a class that %s %s runs on: none of family %s", versionKey, version, strings.Join(slices.Sorted(maps.Keys(newerClasses)), ", ")),
			nearest(class, fitting))
	}
}

// checkData keeps a protected stack's data recoverable.
func (c *checker) checkData() {
	protect, known := c.protected()
	if !known || !protect {
		return
	}
	if c.set("database.finalSnapshot") && !*c.cfg.Database.FinalSnapshot {
		c.refuse("database.finalSnapshot", "must be true with platform.protect: true", "true")
	}
	if c.ok("network.flowLogRetentionDays") && c.cfg.Network.FlowLogRetentionDays == 0 {
		c.refuse("network.flowLogRetentionDays", "must be 1 day or more with platform.protect: true: an investigation needs to see who talked to whom", "90")
	}
	if c.ok("bus.snapshotRetentionDays") && c.cfg.Bus.SnapshotRetentionDays == 0 {
		c.refuse("bus.snapshotRetentionDays", "must be 1 to 35 with platform.protect: true", "1")
	}
}

var (
	// snapshotPattern takes names as RDS and AWS Backup give them, and ARNs that end in one (RDS API,
	// RestoreDBClusterFromSnapshot and CreateDBClusterSnapshot). The groups are an ARN's region and the name.
	snapshotPattern = regexp.MustCompile(
		`^(?:arn:aws:rds:([a-z0-9-]+):[0-9]{12}:cluster-snapshot:)?((?:rds:|awsbackup:)?[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*)$`)
	// clusterPattern is the form of a cluster's identifier (RDS API, CreateDBCluster).
	clusterPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
)

const (
	longestSnapshot = 255 // RDS API, RestoreDBClusterFromSnapshot
	longestCluster  = 63  // RDS API, CreateDBCluster
)

// checkRestore keeps a snapshot's region apart from its name: RDS restores within a region only.
func (c *checker) checkRestore() {
	if !c.set("database.restoreFrom") {
		return
	}
	from := c.cfg.Database.RestoreFrom
	if cluster, at, timed := strings.Cut(from, "@"); timed {
		moment, is := utc(at)
		if !clusterPattern.MatchString(cluster) || len(cluster) > longestCluster || at != "latest" && !is {
			c.refuse("database.restoreFrom", "must be a cluster's identifier and a time in UTC by RFC 3339, such as prod-eu@2026-01-31T12:00:00Z, or prod-eu@latest", "")
		} else if at != "latest" && !c.now.IsZero() && moment.After(c.now) {
			c.refuse("database.restoreFrom", "must be a time that has passed: nothing can be restored that is still to be written", cluster+"@latest")
		}
		return
	}
	m := snapshotPattern.FindStringSubmatch(from)
	switch {
	case m == nil || len(m[2]) > longestSnapshot:
		c.refuse("database.restoreFrom", "must be the name of a cluster snapshot, such as prod-eu-final-1a2b3c4d or awsbackup:copyjob-..., its ARN, "+
			"or a cluster and a time, such as prod-eu@2026-01-31T12:00:00Z or prod-eu@latest", "")
	case m[1] != "" && c.set(regionKey) && m[1] != c.cfg.Region:
		c.refuse("database.restoreFrom",
			fmt.Sprintf("must be a snapshot in the stack's own region, %s: copy it there first, as backup.copyTo does for every recovery point", c.cfg.Region), "")
	}
}

func (c *checker) checkBackup() {
	b := c.cfg.Backup
	if c.set("backup.copyTo") {
		c.checkCopies()
	}
	if !c.ok("backup.lock") || b.Lock == "none" || !slices.Contains([]string{"governance", "compliance"}, b.Lock) {
		return
	}
	if protect, known := c.protected(); known && !protect {
		c.refuse("backup.lock", "must be none with platform.protect: false: what is locked cannot be deleted with the stack", "none")
	}
	if c.set("backup.enabled") && !*b.Enabled {
		c.refuse("backup.lock", "must be none with backup.enabled: false: there is nothing to lock", "none")
	}
	// AWS takes such a plan, and then fails every job of it.
	for _, key := range []string{"backup.retentionDays", "backup.copyRetentionDays"} {
		if days := int(field(&c.cfg, key).Int()); c.ok(key, "backup.lockMinRetentionDays") && days > 0 && days < b.LockMinRetentionDays {
			c.refuse(key, fmt.Sprintf("must be at least backup.lockMinRetentionDays, which is %d", b.LockMinRetentionDays), strconv.Itoa(b.LockMinRetentionDays))
		}
	}
}

// checkCopies holds the region that backups are copied to against the stack's own.
func (c *checker) checkCopies() {
	to := c.cfg.Backup.CopyTo
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(regions)), func(name string) bool { return name == c.cfg.Region })
	switch {
	case c.set(regionKey) && to == c.cfg.Region:
		c.refuse("backup.copyTo", "must be another region than the stack's own, whose loss the copies are for", "")
	case !slices.Contains(names, to):
		c.refuse("backup.copyTo", "must be a commercial AWS region with three availability zones or more", nearest(to, names))
	}
	if c.set("backup.enabled") && !*c.cfg.Backup.Enabled {
		c.refuse("backup.copyTo", "must be left out with backup.enabled: false: there is nothing to copy", "")
	}
}

// windowPairs are the windows of which the second must be apart from the first, with the shortest that AWS takes, in minutes.
var windowPairs = []struct {
	daily, weekly string
	shortest      int
}{
	{"database.backupWindow", "database.maintenanceWindow", windows.ShortestOfAurora},
	{"bus.snapshotWindow", "bus.maintenanceWindow", windows.ShortestOfElastiCache},
}

func (c *checker) checkWindows() {
	for _, w := range windowPairs {
		daily, weekly := field(&c.cfg, w.daily).String(), field(&c.cfg, w.weekly).String()
		dailyRule, weeklyRule := windows.Daily(daily, w.shortest), windows.Weekly(weekly, w.shortest)
		if c.ok(w.daily) && dailyRule != "" {
			c.refuse(w.daily, dailyRule, "")
		}
		switch {
		case !c.ok(w.weekly):
		case weeklyRule != "":
			c.refuse(w.weekly, weeklyRule, "")
		case c.ok(w.daily) && dailyRule == "" && windows.Overlap(daily, weekly):
			c.refuse(w.weekly, fmt.Sprintf("must not overlap %s, which is %s every day", w.daily, daily), "")
		}
	}
}

// parameterGroups are the keys that hold parameters by name, with what they are held to.
var parameterGroups = map[string]struct {
	engine string
	of     map[string]parameters.Parameter
	rule   func(c *checker, name string) string
}{
	"database.parameters": {"Aurora PostgreSQL", parameters.Aurora, func(c *checker, name string) string {
		return parameters.AuroraRule(c.cfg.Database.Parameters, name)
	}},
	"bus.parameters": {"Valkey", parameters.Valkey, func(c *checker, name string) string {
		version, replicas := c.cfg.Bus.EngineVersion, c.cfg.Bus.Replicas
		if !c.ok("bus.engineVersion") || c.refused("bus.engineVersion") {
			version = ""
		}
		if !c.ok("bus.replicas") || c.refused("bus.replicas") {
			replicas = 0
		}
		return parameters.ValkeyRule(c.cfg.Bus.Parameters, name, version, replicas)
	}},
}

func (c *checker) checkParameters() {
	for key, group := range parameterGroups {
		set, _ := field(&c.cfg, key).Interface().(map[string]string)
		for name, value := range set {
			at, near := key+"."+name, ""
			rule := group.rule(c, name)
			if rule == "" || !c.ok(key) || c.bad[at] {
				continue
			}
			if _, known := group.of[name]; !known {
				near = key + "." + nearest(name, slices.Sorted(maps.Keys(group.of)))
			}
			c.refuseValue(at, value, rule, near)
		}
	}
}
