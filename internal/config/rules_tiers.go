package config

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"
)

// protected returns whether the stack is protected, and false for known where nobody has said.
func (c *checker) protected() (protect, known bool) {
	if !c.set("platform.protect") {
		return false, false
	}
	return *c.cfg.Platform.Protect, true
}

func (c *checker) checkPlatform() {
	protect, known := c.protected()
	if c.ok("platform.permissionsBoundary") && c.cfg.Platform.PermissionsBoundary == NoBoundary && known && protect {
		c.refuse("platform.permissionsBoundary", "must name a policy with platform.protect: true: what may make roles could otherwise make one that may do anything", c.cfg.Organisation.Boundary())
	}
	if !c.set("platform.expires") {
		return
	}
	expires := c.cfg.Platform.Expires
	if _, is := utc(expires); !is {
		c.refuse("platform.expires", `must be a time in UTC by RFC 3339, in quotes, such as "2026-01-31T12:00:00Z"`, "")
	}
	if known && protect {
		c.refuse("platform.expires", "must be left out with platform.protect: true: a protected stack is not reaped", "")
	}
}

// utcPattern is the form of a time in UTC (RFC 3339, section 5.6). Go's own parser also takes a comma, which no tag holds, and
// an hour of one digit.
var utcPattern = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$`)

// utc reads a time in UTC by RFC 3339.
func utc(text string) (moment time.Time, is bool) {
	moment, err := time.Parse(time.RFC3339, text)
	return moment, err == nil && utcPattern.MatchString(text)
}

func (c *checker) checkNetwork() {
	here, knownRegion := regions[c.cfg.Region]
	if c.set(regionKey) && !knownRegion {
		c.refuse(regionKey, "must be a commercial AWS region with three availability zones or more", nearest(c.cfg.Region, slices.Sorted(maps.Keys(regions))))
	}
	if c.set("network.cidr") {
		if rule, near := checkCIDR(c.cfg.Network.CIDR); rule != "" {
			c.refuse("network.cidr", rule, near)
		}
	}
	if c.set("network.zones") {
		c.checkZones(here)
	}
	c.checkEndpoints()
}

const (
	largestVPC  = 16 // prefix lengths; AWS takes /16 to /28
	smallestVPC = 20 // the subnet plan holds room for six zones in every tier
	privateBits = 3  // by which that plan's private subnets are smaller than the VPC (components/network, shares)
)

// private are the ranges of RFC 1918.
var private = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
}

// dockerBridge is the network that Docker makes on every host: a VPC inside it could not be reached from there (Amazon
// VPC User Guide, "VPC CIDR blocks").
var dockerBridge = netip.MustParsePrefix("172.17.0.0/16")

// checkCIDR returns the rule that a VPC range breaks, empty if none, and the nearest range that breaks none.
func checkCIDR(text string) (rule, near string) {
	p, err := netip.ParsePrefix(text)
	if err != nil || !p.Addr().Is4() {
		return "must be an IPv4 range such as 10.16.0.0/16", ""
	}
	fixed := netip.PrefixFrom(p.Addr(), min(max(p.Bits(), largestVPC), smallestVPC)).Masked()
	isPrivate := slices.ContainsFunc(private, func(r netip.Prefix) bool { return r.Contains(fixed.Addr()) })
	if isPrivate && !fixed.Overlaps(dockerBridge) {
		near = fixed.String()
	}
	switch {
	case p.Bits() < largestVPC || p.Bits() > smallestVPC:
		return fmt.Sprintf("must be /%d to /%d: AWS takes no larger VPC, and a smaller one has no room for six zones in every tier", largestVPC, smallestVPC), near
	case !isPrivate:
		return "must lie inside 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", ""
	case p.Overlaps(dockerBridge):
		return "must not overlap 172.17.0.0/16, which Docker uses on every container host", ""
	case p != p.Masked():
		return fmt.Sprintf("must be the start of its range: the bits after the first %d must be zero", p.Bits()), near
	}
	return "", ""
}

var zonePattern = regexp.MustCompile(`^[a-z]+[0-9]-az[1-6]$`)

// checkZones holds the zones against those of the region, or against their form alone where the region is unknown.
func (c *checker) checkZones(here region) {
	zones, ids := c.cfg.Network.Zones, here.ids()
	for i, zone := range zones {
		key := fmt.Sprintf("network.zones[%d]", i)
		switch {
		case slices.Contains(zones[:i], zone):
			c.refuseValue(key, zone, "must not be given twice", "")
		case zone == poorZone && (len(ids) == 0 || slices.Contains(ids, "use1-az1")):
			c.refuseValue(key, zone, "must be another zone: this oldest one of us-east-1 has none of the instance types that hosts can be, and not all interface endpoints; "+
				"there are "+strings.Join(ids, ", "), "")
		case len(ids) > 0 && !slices.Contains(ids, zone):
			c.refuseValue(key, zone, "must be a zone id of "+c.cfg.Region+": "+strings.Join(ids, ", "), nearest(zone, ids))
		case !zonePattern.MatchString(zone):
			c.refuseValue(key, zone, "must be an availability zone id such as euc1-az1, not a zone's name: names differ between accounts", "")
		}
	}
	if n := len(zones); n < 3 || n > 6 {
		c.refuse("network.zones", fmt.Sprintf("must be three to six zones, not %d: with fewer the loss of one takes half the region", n), nearestZones(zones, ids))
	}
}

// nearestZones returns those of the given zones that there are, each once, filled up to three from the region's, or cut to six.
func nearestZones(zones, ids []string) string {
	var near []string
	for _, zone := range zones {
		if slices.Contains(ids, zone) && !slices.Contains(near, zone) {
			near = append(near, zone)
		}
	}
	for _, id := range ids {
		if len(near) < 3 && !slices.Contains(near, id) {
			near = append(near, id)
		}
	}
	if len(near) < 3 {
		return ""
	}
	return "[" + strings.Join(near[:min(len(near), 6)], ", ") + "]"
}

var (
	imagePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*@sha256:[0-9a-f]{64}$`)
	registryPort = regexp.MustCompile(`^[^/@]+:([0-9]+)/`)
	ecrPattern   = regexp.MustCompile(`^([0-9]{12}\.dkr\.ecr\.)([a-z0-9-]+)(\.amazonaws\.com/.*)$`)
	// ecrHost are all hosts of private registries in ECR, the ones by which only FIPS or IPv6 is reached too ("Amazon ECR
	// endpoints and quotas", AWS General Reference).
	ecrHost = regexp.MustCompile(`^[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)(?:[:/@]|$)`)
	// repositoryPattern is the form of a repository's name (ECR API, CreateRepository), which has 2 to 256 characters.
	repositoryPattern = regexp.MustCompile(`^(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*$`)
)

// isRepository reports whether a repository in ECR can have a name.
func isRepository(name string) bool {
	return len(name) >= 2 && len(name) <= 256 && repositoryPattern.MatchString(name)
}

func (c *checker) checkService() {
	if c.set("service.image") {
		c.checkImage("service.image", c.cfg.Service.Image)
	}
}

// checkImage holds an image to a pin, and to the region.
func (c *checker) checkImage(key, image string) {
	if !imagePattern.MatchString(image) {
		rule := "must be pinned by digest, repository@sha256: and 64 hexadecimal digits"
		if last := image[strings.LastIndex(image, "/")+1:]; !strings.Contains(image, "@") && strings.Contains(last, ":") {
			rule += "; a tag can be moved, and then two tasks of one deployment run different code"
		}
		c.refuseValue(key, image, rule, "")
		return
	}
	if m := registryPort.FindStringSubmatch(image); m != nil && m[1] != "443" {
		c.refuseValue(key, image, "must be in a registry at port 443: hosts may open no other port to the outside", "")
		return
	}
	if !ecrHost.MatchString(image) {
		return
	}
	registry, _, _ := strings.Cut(image, "@")
	_, repository, _ := strings.Cut(registry, "/")
	m, near := ecrPattern.FindStringSubmatch(image), ""
	if _, known := regions[c.cfg.Region]; known && m != nil {
		near = m[1] + c.cfg.Region + m[3]
	}
	switch {
	case !isRepository(repository):
		c.refuseValue(key, image, "must name a repository behind ECR's host: 2 to 256 lower case letters and digits with one of . _ - / between them", "")
	case m == nil:
		c.refuseValue(key, image, "must name ECR by its plain host, <account>.dkr.ecr.<region>.amazonaws.com: tasks are let into no other", "")
	case c.set(regionKey) && m[2] != c.cfg.Region:
		c.refuseValue(key, image, "must come from the stack's own region, so that no region needs another to start a task", near)
	}
}

var labelPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// isDNSName reports whether a name can be a host's (RFC 1123), in lower case and without final dot as Route 53 shows it.
func isDNSName(name string) bool {
	labels := strings.Split(name, ".")
	bad := func(label string) bool { return !labelPattern.MatchString(label) }
	return len(name) <= 253 && len(labels) > 1 && !slices.ContainsFunc(labels, bad)
}

// longestCertificateName is ACM's limit for a certificate's first name (ACM API reference, RequestCertificate).
const longestCertificateName = 64

func (c *checker) checkEdge() {
	e := c.cfg.Edge
	for _, name := range []string{"edge.zone", "edge.hostname", "edge.globalName"} {
		if text := field(&c.cfg, name).String(); c.set(name) && !isDNSName(text) {
			c.refuse(name, "must be a DNS name: lower case letters, digits and hyphens between dots, without final dot", "")
			c.bad[name] = true
		}
	}
	if c.set("edge.zone", "edge.hostname") && !strings.HasSuffix(e.Hostname, "."+e.Zone) {
		c.refuse("edge.hostname", "must lie inside edge.zone, "+e.Zone, "")
	}
	if c.set("edge.hostname") && len(e.Hostname) > longestCertificateName {
		c.refuse("edge.hostname", fmt.Sprintf("must have at most %d characters to be a certificate's name", longestCertificateName), "")
	}
	if c.ok("edge.dataScope") && e.DataScope != "" && e.DataScope != "perRegion" {
		c.refuse("edge.dataScope", "must be perRegion or left out", "perRegion")
	}
	if c.set("edge.globalName") {
		c.checkGlobalName()
	}
}

func (c *checker) checkGlobalName() {
	e := c.cfg.Edge
	if c.set("edge.zone") && e.GlobalName != e.Zone && !strings.HasSuffix(e.GlobalName, "."+e.Zone) {
		c.refuse("edge.globalName", "must lie inside edge.zone, "+e.Zone, "")
	}
	if e.GlobalName == e.Hostname {
		c.refuse("edge.globalName", "must differ from edge.hostname, which is this region's own", "")
	}
	if c.ok("edge.dataScope") && e.DataScope != "perRegion" {
		c.refuse("edge.globalName", "needs edge.dataScope: perRegion, which acknowledges that a client sees other records when it is routed to another region", "")
	}
}

// Clashes refuses stacks that cannot stand beside each other: whose VPC ranges overlap, since such VPCs can never be connected,
// and of which one's own host name is the other's own or global one, since Route 53 has one owner for a name. It takes validated
// configurations by stack name and names every pair; ranges that do not parse are left out.
func Clashes(cfgs map[string]Config) error {
	var pairs []string
	names := slices.Sorted(maps.Keys(cfgs))
	for i, a := range names {
		for _, b := range names[i+1:] {
			for _, what := range clashes(cfgs[a], cfgs[b]) {
				pairs = append(pairs, fmt.Sprintf("stacks %s and %s: %s", a, b, what))
			}
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	return fmt.Errorf("compare stacks: %s", strings.Join(pairs, "; "))
}

func clashes(a, b Config) (out []string) {
	one, err1 := netip.ParsePrefix(a.Network.CIDR)
	other, err2 := netip.ParsePrefix(b.Network.CIDR)
	if err1 == nil && err2 == nil && one.Overlaps(other) {
		out = append(out, fmt.Sprintf("network.cidr %s overlaps %s", one, other))
	}
	switch {
	case a.Edge.Hostname != "" && a.Edge.Hostname == b.Edge.Hostname:
		out = append(out, fmt.Sprintf("edge.hostname %s is that of both", a.Edge.Hostname))
	case a.Edge.Hostname != "" && a.Edge.Hostname == b.Edge.GlobalName:
		out = append(out, fmt.Sprintf("edge.hostname %s is the other's edge.globalName", a.Edge.Hostname))
	case b.Edge.Hostname != "" && b.Edge.Hostname == a.Edge.GlobalName:
		out = append(out, fmt.Sprintf("edge.globalName %s is the other's edge.hostname", b.Edge.Hostname))
	}
	return out
}
