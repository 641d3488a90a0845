package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/deepstreamhub/platform/internal/sizing"
)

// What service.scaleOn takes.
const (
	ScaleOnConnections = "connections"
	ScaleOnCPU         = "cpu"
)

// What cluster.architecture takes, in EC2's words.
const (
	ARM64 = "arm64"
	X86   = "x86_64"
)

// mostOtherTypes are what an auto scaling group takes beside the first (Auto Scaling API, LaunchTemplate: 40 overrides).
const mostOtherTypes = 40 - 1

// checkHosts looks at what the fleet is made of.
func (c *checker) checkHosts() {
	cl := c.cfg.Cluster
	if !c.ok("cluster.otherInstanceTypes", "cluster.instanceType") || c.refused("cluster.instanceType") {
		return
	}
	if c.ok("cluster.architecture") && !c.refused("cluster.architecture") && architectureOf(cl.InstanceType) != cl.Architecture {
		c.refuse("cluster.instanceType", fmt.Sprintf("must be of cluster.architecture, %s: hosts of another start neither cluster.ami nor the container images", cl.Architecture),
			nearest(cl.InstanceType, c.fittingHosts()))
	}
	if len(cl.OtherInstanceTypes) > mostOtherTypes {
		c.refuse("cluster.otherInstanceTypes", fmt.Sprintf("must be at most %d types beside cluster.instanceType: an auto scaling group takes no more", mostOtherTypes), "")
	}
	for i, other := range cl.OtherInstanceTypes {
		key := fmt.Sprintf("cluster.otherInstanceTypes[%d]", i)
		switch {
		case other == cl.InstanceType || slices.Contains(cl.OtherInstanceTypes[:i], other):
			c.refuseValue(key, other, "must not be given twice", "")
		case !slices.Contains(hostTypes, other):
			c.refuseValue(key, other, "must be one of the instance types that sizes are known for, which are some of those with ENI trunking; families: "+hostFamilies, nearest(other, hostTypes))
		case architectureOf(other) != architectureOf(cl.InstanceType):
			c.refuseValue(key, other, "must have the architecture of cluster.instanceType, "+cl.InstanceType+": hosts share one image", "")
		}
	}
	if c.ok("cluster.warmPool", "cluster.spotPercent") && cl.WarmPool > 0 && (cl.SpotPercent > 0 || len(cl.OtherInstanceTypes) > 0) {
		c.refuse("cluster.warmPool", "must be 0 with cluster.spotPercent or cluster.otherInstanceTypes: AWS has no warm pool for groups of mixed instances", "0")
	}
}

// checkWarmPool keeps the hosts that wait to the number that the peak takes.
func (c *checker) checkWarmPool() {
	most := c.cfg.Sizes.MaxHosts
	if c.ok("cluster.warmPool") && !c.refused("cluster.warmPool") && most > 0 && c.cfg.Cluster.WarmPool > most {
		c.refuse("cluster.warmPool", fmt.Sprintf("must be at most %d, the hosts that follow from service.peakConnections", most), strconv.Itoa(most))
	}
}

// fittingHosts are the host types of the images' architecture, all where that is unknown.
func (c *checker) fittingHosts() []string {
	fits := func(name string) bool { return architectureOf(name) == c.cfg.Cluster.Architecture }
	if !c.ok("cluster.architecture") || !slices.ContainsFunc(hostTypes, fits) {
		return hostTypes
	}
	return slices.DeleteFunc(slices.Clone(hostTypes), func(name string) bool { return !fits(name) })
}

// architectureOf returns the architecture of a host type: the families with AWS's own processors carry a g behind the
// generation.
func architectureOf(instanceType string) string {
	family, _, _ := strings.Cut(instanceType, ".")
	if strings.Contains(family[1:], "g") {
		return ARM64
	}
	return X86
}

var (
	servicePattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	// pathPattern has no segment . or .., which clients take out before they ask (RFC 3986, section 5.2.4).
	pathPattern     = regexp.MustCompile(`^(/(\.{0,2}[A-Za-z0-9_-]|\.{3})[A-Za-z0-9_.-]*)+$`)
	healthPattern   = regexp.MustCompile(`^/[A-Za-z0-9._~:/?@!$&()*+,;=%-]*$`)
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

const (
	longestService = 16   // what the names of target groups leave, 32 characters with suffixes
	longestPath    = 126  // of 128 in a load balancer's path pattern, less "/*"
	longestHealth  = 1024 // ELB API, CreateTargetGroup, HealthCheckPath

	// mostServices is what the load balancer's security group has room for: 60 rules in a direction ("Security groups", Amazon VPC
	// quotas), of which one lets requests out to deepstream and one to each service (components/service, openPort). More would
	// do for the load balancer: 100 target groups and 100 rules ("Quotas for your Application Load Balancers").
	mostServices = 60 - 1
)

// takenNames are the tiers' and what the tiers call their keys and log groups, of which a service has one each by its own
// name: AWS refuses a second of the name, in the middle of a deployment.
var takenNames = []string{
	"backup", "backup-copy", "bus", "cluster", "cluster-exec", "cluster-insights", "database", "database-logs", "deepstream", "edge", "network",
	"observability",
}

// takenPaths are what deepstream answers, or what the load balancer keeps to itself.
var takenPaths = []string{"/api", "/deepstream", "/deepstream-json", "/deepstream-v3", "/health-check", "/monitoring"}

// checkServices looks at each further service by itself, and at their paths together.
func (c *checker) checkServices() {
	if !c.ok("services") {
		return
	}
	services := c.cfg.Services
	if len(services) > 0 && c.set("service.scaleOn", "service.metrics") && c.cfg.Service.ScaleOn == ScaleOnConnections && !*c.cfg.Service.Metrics {
		c.refuse("service.scaleOn", "must be cpu with services and service.metrics: false: without the image's own metric there is the load balancer's, which counts the connections of all services together", ScaleOnCPU)
	}
	if len(services) > mostServices {
		c.refuseValue("services", len(services), fmt.Sprintf("must be at most %d services: the load balancer's security group takes %d rules, one to deepstream and one to each service",
			mostServices, mostServices+1), "")
	}
	names := slices.Sorted(maps.Keys(services))
	for i, name := range names {
		key := "services." + name
		if c.bad[key] {
			continue
		}
		if !servicePattern.MatchString(name) || len(name) > longestService {
			c.refuseValue(key, name, fmt.Sprintf("must be named by lower case letters, digits and single hyphens, at most %d", longestService), "")
		} else if slices.Contains(takenNames, name) {
			c.refuseValue(key, name, "must not be named like a tier: "+strings.Join(takenNames, ", "), "")
		} else if strings.HasPrefix(name+"-", "sg-") {
			c.refuseValue(key, name, "must not be sg, nor begin with sg-: its security group is named by it, and EC2 keeps that beginning for their ids", "")
		}
		c.checkFurther(key, services[name])
		for _, other := range names[:i] {
			if overlap(services[name].Path, services[other].Path) {
				c.refuseValue(key+".path", services[name].Path, "must not lie in the path of another service, or around it: services."+other+" has "+services[other].Path, "")
			}
		}
	}
}

func (c *checker) checkFurther(key string, s FurtherService) {
	if !c.bad[key+".image"] {
		c.checkImage(key+".image", s.Image)
	}
	for _, n := range furtherNumbers(s) {
		if !c.bad[key+"."+n.name] && (n.value < n.min || n.value > n.max) {
			c.refuseValue(key+"."+n.name, n.value, n.rule(), strconv.Itoa(min(max(n.value, n.min), n.max)))
		}
	}
	if !c.bad[key+".path"] && (!pathPattern.MatchString(s.Path) || len(s.Path) > longestPath) {
		c.refuseValue(key+".path", s.Path, fmt.Sprintf("must be a path such as /orders, without slash at its end and without . or .. between slashes, at most %d characters", longestPath), "")
	}
	if !c.bad[key+".healthPath"] && (!healthPattern.MatchString(s.HealthPath) || len(s.HealthPath) > longestHealth) {
		c.refuseValue(key+".healthPath", s.HealthPath, fmt.Sprintf("must be a path such as /healthz or /health?full=1, at most %d characters that a URL can have", longestHealth), "")
	}
	for _, taken := range takenPaths {
		if overlap(s.Path, taken) {
			c.refuseValue(key+".path", s.Path, "must not be deepstream's own: "+strings.Join(takenPaths, ", "), "")
		}
	}
	c.checkVariables(key, s)
	c.checkDefinition(key, s)
}

// furtherNumber is a number of a further service and its range, both ends included.
type furtherNumber struct {
	name            string
	value, min, max int
	why             string
}

func (n furtherNumber) rule() string {
	if n.max == unlimited {
		return fmt.Sprintf("must be a whole number of %d or more (%s)", n.min, n.why)
	}
	return fmt.Sprintf("must be a whole number from %d to %d (%s)", n.min, n.max, n.why)
}

func furtherNumbers(s FurtherService) []furtherNumber {
	tasks := furtherNumber{"tasks", s.Tasks, 2, sizing.MostTargets, fmt.Sprintf("one task is no redundancy, and a load balancer takes %d targets", sizing.MostTargets)}
	least := min(max(s.Tasks, tasks.min), tasks.max) // of which there is a range, whatever is wrong with tasks
	most := s.MaxTasks
	if most == 0 {
		most = least
	}
	return []furtherNumber{
		{"port", s.Port, 1, 65535, "a TCP port"},
		tasks,
		{"maxTasks", most, least, tasks.max, "from tasks to what a load balancer takes"},
		{"cpu", s.CPU, 128, unlimited, "CPU units, 1024 to a vCPU"},
		{"memoryMiB", s.MemoryMiB, 6, unlimited, "Docker allows no less"},
	}
}

// overlap reports whether two paths are the same or one lies below the other.
func overlap(a, b string) bool {
	return a != "" && b != "" && (strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/"))
}
