package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/deepstreamhub/platform/internal/aurora"
	"github.com/deepstreamhub/platform/internal/sizing"
)

// checker holds a Config against the rules. Keys in bad, and everything below them, are left alone: their problem is
// already noted, and what the Config holds for them is not what was given.
type checker struct {
	cfg      Config
	now      time.Time // as Options.Now
	bad      map[string]bool
	problems Problems
}

func (c *checker) check() {
	c.checkRequired()
	c.checkMajorVersion()
	c.checkNumbers()
	c.checkTexts()
	c.checkChoices()
	c.checkClass()
	c.checkPlatform()
	c.checkNetwork()
	c.checkData()
	c.checkWindows()
	c.checkParameters()
	c.checkRestore()
	c.checkBackup()
	c.checkService()
	c.checkAuth()
	c.checkEdge()
	c.checkNotify()
	c.checkHosts()
	c.checkServices()
	c.checkSizes()
	c.checkWarmPool()
	c.checkAddresses()
}

// ok reports whether all the keys were decoded, so that a rule may look at them.
func (c *checker) ok(keys ...string) bool {
	for _, key := range keys {
		group, _, _ := strings.Cut(key, ".")
		if c.bad[key] || c.bad[group] {
			return false
		}
	}
	return true
}

// set reports whether a rule may look at the keys and there is something to look at: text or a list that is not empty.
func (c *checker) set(keys ...string) bool {
	for _, key := range keys {
		if !c.ok(key) || field(&c.cfg, key).IsZero() {
			return false
		}
	}
	return true
}

func (c *checker) refuse(key, rule, nearest string) {
	c.refuseValue(key, field(&c.cfg, key).Interface(), rule, nearest)
}

func (c *checker) refuseValue(key string, value any, rule, nearest string) {
	c.problems = append(c.problems, Problem{key, show(shown(key, value)), rule, nearest})
}

// required are the keys without default.
var required = []struct{ key, rule string }{
	{regionKey, "the region must be given"},
	{"platform.protect", "must be true or false: true keeps data from being destroyed, and leaving it out is no answer"},
	{"platform.owner", "the owner must be given: it is a tag on everything"},
	{"platform.costCentre", "the cost centre must be given: it is a tag on everything"},
	{"platform.permissionsBoundary", "the policy that bounds roles must be given, or none"},
	{"platform.rolePath", "the path of roles must be given; / is none"},
	{"network.cidr", "the VPC's IPv4 range must be given, such as 10.16.0.0/16"},
	{"network.zones", "three to six availability zone ids of the region must be given"},
	{"cluster.ami", "the id of the hosts' image must be given"},
	{"service.image", "the deepstream image must be given, pinned by digest: repository@sha256:..."},
	{keyAuth, authRule},
	{"edge.zone", "the public hosted zone's name must be given"},
	{"edge.hostname", "the region's own host name must be given"},
}

func mustBeGiven(key string) bool {
	return slices.ContainsFunc(required, func(r struct{ key, rule string }) bool { return r.key == key })
}

func (c *checker) checkRequired() {
	for _, r := range required {
		if c.ok(r.key) && field(&c.cfg, r.key).IsZero() {
			c.refuseValue(r.key, nil, r.rule, "")
		}
	}
}

// unlimited stands for a maximum that another rule sets.
const unlimited = 1 << 30

// boundWhy is said of bounds on what is derived.
const boundWhy = "0 leaves what is derived; a bound that leaves less than that is refused with the numbers"

// numbers are the ranges, both ends included.
var numbers = []struct {
	key      string
	min, max int
	why      string
}{
	{"database.backupRetentionDays", 1, 35, "Aurora always keeps at least one day"},
	{"database.readers", 1, 15, "one takes over when the writer is lost, and a cluster takes no more"},
	{"backup.retentionDays", 1, 36500, "AWS Backup's limits"},
	{"backup.copyRetentionDays", 1, 36500, "AWS Backup's limits"},
	{"backup.lockMinRetentionDays", 1, 36500, "AWS Backup's limits"},
	{"bus.replicas", 1, 5, "failover needs one, and ElastiCache takes no more in one shard"},
	{"bus.snapshotRetentionDays", 0, 35, "0 keeps none"},
	{"cluster.rootVolumeGiB", 30, 16384, "the image's snapshot has 30 GiB and gp3 volumes end at 16384"},
	{"observability.maxVolumeGiB", 1, 131072, "128 TiB is the largest Aurora volume"},
	{"observability.minLocalStorageGiB", 1, 1024, "of what the instance class has, which depends on its memory"},
	{"observability.busyPercent", 1, 99, "nothing is above 100"},
	{"observability.limitPercent", 1, 99, "at the limit itself it is too late"},
	{"observability.errorsPerMinute", 1, 1_000_000, "answers"},
	{"observability.slowMilliseconds", 1, 60_000, "an upgrade to a socket takes milliseconds"},
	{"observability.certificateDays", 1, 59, "ACM renews 60 days before the end"},
	{"observability.databaseLagMilliseconds", 1, 60_000, "Aurora's readers are usually less than 100 ms behind"},
	{"observability.busLagSeconds", 1, 3600, "a replica is usually less than a second behind"},
	{"observability.pendingWrites", 1, 1_000_000, "records"},
	{"cluster.spotPercent", 0, 100, "a share"},
	{"cluster.warmPool", 0, 5000, "hosts"},
	{"cluster.minHosts", 0, 5000, boundWhy},
	{"cluster.maxHosts", 0, 5000, boundWhy},
	{"service.minTasks", 0, sizing.MostTargets, boundWhy},
	{"service.maxTasks", 0, sizing.MostTargets, boundWhy},
	{"service.peakConnections", 1, sizing.MostPeak, "a region without clients needs no plan, and none holds more"},
	{"service.reconnectsPerSecond", sizing.LeastRate, sizing.MostRate, "fewer do not give each task of a full host a connection"},
	{"service.cpu", 128, unlimited, "CPU units, 1024 to a vCPU"},
	{"service.memoryMiB", 256, unlimited, "less leaves its Node.js process no heap"},
}

func (c *checker) checkNumbers() {
	for _, r := range numbers {
		n, ok := field(&c.cfg, r.key).Interface().(int)
		if ok && c.ok(r.key) && (n < r.min || n > r.max) {
			c.refuse(r.key, "must be a whole number"+numberRange(r.key), strconv.Itoa(min(max(n, r.min), r.max)))
		}
	}
}

// numberRange says in words which numbers a key takes.
func numberRange(key string) string {
	for _, r := range numbers {
		switch {
		case r.key == key && r.max == unlimited:
			return fmt.Sprintf(" of %d or more (%s)", r.min, r.why)
		case r.key == key:
			return fmt.Sprintf(" from %d to %d (%s)", r.min, r.max, r.why)
		}
	}
	if list := listed[key]; list != nil {
		return " out of " + strings.Trim(fmt.Sprint(list), "[]")
	}
	return ""
}

const tagRule = "must be a tag's value: up to 256 letters, digits, spaces inside and _ . : / = + - @, not blank, and not beginning with aws:"

// TagValue is the form of a tag's value (AWS General Reference, "Tag naming limits and requirements"). What begins with
// aws:, in capitals too, is AWS's own. No space is first or last ("Tags for your Application Load Balancer", User Guide for
// Application Load Balancers).
type TagValue struct{}

// tagPattern counts no characters: 256 times all letters that there are would take every command 10 MB when it starts.
var tagPattern = regexp.MustCompile(`^[\p{L}\p{Nd} _.:/=+\-@]+$`)

// MatchString reports whether a text has the form.
func (TagValue) MatchString(text string) bool {
	return tagPattern.MatchString(text) && utf8.RuneCountInString(text) <= 256 && text == strings.TrimSpace(text) &&
		!strings.HasPrefix(strings.ToLower(text), "aws:")
}

// form is a form that no pattern says alone.
type form func(text string) bool

// MatchString reports whether a text has the form.
func (f form) MatchString(text string) bool { return f(text) }

// iamPath is the form of IAM's paths, which have up to 512 characters (IAM API, CreateRole and CreatePolicy), and policyName
// that of a policy's name (CreatePolicy).
var (
	iamPath    = regexp.MustCompile(`^/([A-Za-z0-9_+=,.@-]+/){0,16}$`)
	policyName = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,128}$`)
)

func isPath(text string) bool { return len(text) <= 512 && iamPath.MatchString(text) }

// isRolePath leaves the path of service-linked roles to AWS, which lets nobody else make roles there (IAM API,
// CreateServiceLinkedRole).
func isRolePath(text string) bool {
	return isPath(text) && !strings.HasPrefix(text, "/aws-service-role/")
}

func isBoundary(text string) bool {
	name := strings.LastIndex(text, "/") + 1
	return text == NoBoundary || isPath(text[:name]) && policyName.MatchString(text[name:])
}

// texts are the forms that text must have.
var texts = []struct {
	key     string
	pattern interface{ MatchString(string) bool }
	rule    string
}{
	{"platform.owner", TagValue{}, tagRule},
	{"platform.costCentre", TagValue{}, tagRule},
	{"platform.rolePath", form(isRolePath), "must be a path of IAM such as /platform/, or / alone, with at most 512 characters and not AWS's own /aws-service-role/"},
	{"platform.permissionsBoundary", form(isBoundary),
		"must be path and name of a managed policy in the account, such as /platform/boundary, or none; a path has at most 512 characters, a name 128"},
	{"backup.schedule", regexp.MustCompile(`^cron\(([0-9]|[1-5][0-9]) ([0-9]|1[0-9]|2[0-3]) \* \* \? \*\)$`),
		"must be once a day in UTC, cron(<minute> <hour> * * ? *), such as cron(0 5 * * ? *)"},
	{"cluster.ami", amiPattern, amiRule},
}

// amiPattern is the form of a machine image's id (EC2 User Guide, "Resource IDs").
var amiPattern = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)

const amiRule = "must be an image id: ami- and 8 or 17 hexadecimal digits"

func (c *checker) checkTexts() {
	defaults := Defaults(c.cfg.Organisation)
	for _, r := range texts {
		// Empty is not given where a key may be left out, and noted already where it must be given. Where it has a default,
		// somebody emptied it.
		given := c.set(r.key) || c.ok(r.key) && !mustBeGiven(r.key) && !field(&defaults, r.key).IsZero()
		if given && !r.pattern.MatchString(field(&c.cfg, r.key).String()) {
			c.refuse(r.key, r.rule, "")
		}
	}
}

// choices are the keys that take one of a list. The rules for machine types name families, since the full lists are
// too long to read.
var choices = []struct {
	key  string
	of   []string
	rule string
}{
	{"network.nat", []string{"none", "single", "perZone"}, "must be none, single or perZone"},
	{"service.scaleOn", []string{ScaleOnConnections, ScaleOnCPU}, "must be connections or cpu"},
	{"bus.engineVersion", []string{"7.2", "8.0", "8.1", "8.2"}, "must be a version of Valkey: 7.2, 8.0, 8.1 or 8.2"},
	{"database.engineVersion", aurora.Versions(), "must be a version of Aurora PostgreSQL, major.minor: " + strings.Join(aurora.Versions(), ", ")},
	{"database.instanceClass", databaseClasses.types(), "must be a class that Aurora PostgreSQL runs on, of family " + databaseClasses.names()},
	{"backup.lock", []string{"none", "governance", "compliance"}, "must be none, governance (who has the right can take it away) or compliance (after a week nobody can)"},
	{"bus.nodeType", busNodes.types(), "must be a current node type for Valkey, of family " + busNodes.names()},
	{"cluster.architecture", []string{ARM64, X86}, "must be arm64 or x86_64: what cluster.ami and all container images are built for"},
	{"cluster.instanceType", hostTypes, "must be one of the instance types that sizes are known for, which are some of those with ENI trunking: every task takes a network interface, and t2, t3 and t4g have no trunking; families: " + hostFamilies},
}

func (c *checker) checkChoices() {
	for _, r := range choices {
		if got := field(&c.cfg, r.key).String(); c.ok(r.key) && !slices.Contains(r.of, got) {
			near := r.of
			if r.key == "cluster.instanceType" {
				near = c.fittingHosts()
			}
			c.refuse(r.key, r.rule, nearest(got, near))
		}
	}
	for key, list := range listed {
		if n, ok := field(&c.cfg, key).Interface().(int); ok && c.ok(key) && !c.refused(key) && !slices.Contains(list, n) {
			c.refuse(key, "must be a whole number"+numberRange(key), strconv.Itoa(nearestNumber(n, list)))
		}
	}
}

// listed are the keys that take certain numbers and none between them. Flow logs may also be left off, with 0, and 0 allows no
// other major version.
var listed = map[string][]int{
	"database.allowMajorVersion":   append([]int{0}, aurora.Majors()...),
	"database.monitoringSeconds":   monitoringIntervals,
	"edge.accessLogRetentionDays":  logRetentions,
	"network.flowLogRetentionDays": append([]int{0}, logRetentions...),
	"service.logRetentionDays":     logRetentions,
}

// logRetentions are the days that CloudWatch Logs takes (API reference, PutRetentionPolicy).
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// monitoringIntervals are the seconds that Enhanced Monitoring takes (RDS API, CreateDBInstance); 0 is off.
var monitoringIntervals = []int{0, 1, 5, 10, 15, 30, 60}

// nearestNumber returns the choice nearest to a number.
func nearestNumber(n int, choices []int) int {
	return slices.MinFunc(choices, func(a, b int) int { return cmp.Compare(abs(a-n), abs(b-n)) })
}

func abs(n int) int { return max(n, -n) }
