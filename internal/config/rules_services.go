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

// checkHosts looks at what the fleet is made of.
func (c *checker) checkHosts() {
	cl := c.cfg.Cluster
	if !c.ok("cluster.otherInstanceTypes", "cluster.instanceType") || c.refused("cluster.instanceType") {
		return
	}
	for i, other := range cl.OtherInstanceTypes {
		key := fmt.Sprintf("cluster.otherInstanceTypes[%d]", i)
		all := hostTypes.types()
		switch {
		case other == cl.InstanceType || slices.Contains(cl.OtherInstanceTypes[:i], other):
			c.refuseValue(key, other, "must not be given twice", "")
		case !slices.Contains(all, other):
			c.refuseValue(key, other, "must be an instance type with ENI trunking; families: "+hostTypes.names(), nearest(other, all))
		case isARM(other) != isARM(cl.InstanceType):
			c.refuseValue(key, other, "must have the architecture of cluster.instanceType, "+cl.InstanceType+": hosts share one image", "")
		}
	}
	if c.ok("cluster.warmPool", "cluster.spotPercent") && cl.WarmPool > 0 && (cl.SpotPercent > 0 || len(cl.OtherInstanceTypes) > 0) {
		c.refuse("cluster.warmPool", "must be 0 with cluster.spotPercent or cluster.otherInstanceTypes: AWS has no warm pool for groups of mixed instances", "0")
	}
	if c.ok("cluster.warmPool", "cluster.maxHosts") && !c.refused("cluster.maxHosts") && !c.refused("cluster.warmPool") && cl.WarmPool > cl.MaxHosts {
		c.refuse("cluster.warmPool", "must be at most cluster.maxHosts", strconv.Itoa(cl.MaxHosts))
	}
}

// isARM reports whether a host type has AWS's own processors, whose families carry a g behind the generation.
func isARM(instanceType string) bool {
	family, _, _ := strings.Cut(instanceType, ".")
	return strings.Contains(family[1:], "g")
}

var (
	servicePattern  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	pathPattern     = regexp.MustCompile(`^(/[A-Za-z0-9_.-]+)+$`)
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

const (
	longestService = 16  // what the names of target groups leave, 32 characters with suffixes
	longestPath    = 126 // of 128 in a load balancer's path pattern, less "/*"
)

// takenNames are the tiers', with which a service would share the names of keys and log groups.
var takenNames = []string{"backup", "bus", "cluster", "cluster-exec", "database", "deepstream", "edge", "network", "observability"}

// takenPaths are what deepstream answers, or what the load balancer keeps to itself.
var takenPaths = []string{"/api", "/deepstream", "/deepstream-json", "/deepstream-v3", "/health-check", "/monitoring"}

// checkServices looks at each further service by itself, and at their paths together.
func (c *checker) checkServices() {
	if !c.ok("services") {
		return
	}
	services := c.cfg.Services
	if len(services) > 0 && c.ok("service.scaleOn") && c.cfg.Service.ScaleOn == ScaleOnConnections {
		c.refuse("service.scaleOn", "must be cpu with services: the load balancer counts the connections of all services together", ScaleOnCPU)
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
	most := s.MaxTasks
	if most == 0 {
		most = s.Tasks
	}
	for _, n := range []struct {
		name            string
		value, min, max int
		why             string
	}{
		{"port", s.Port, 1, 65535, "a TCP port"},
		{"tasks", s.Tasks, 2, 5000, "one task is no redundancy, and 5000 is the quota of a service"},
		{"maxTasks", most, s.Tasks, 5000, "from tasks to the quota of a service"},
		{"cpu", s.CPU, 128, 10240, "CPU units, 1024 to a vCPU"},
		{"memoryMiB", s.MemoryMiB, 6, unlimited, "Docker allows no less"},
	} {
		if !c.bad[key+"."+n.name] && (n.value < n.min || n.value > n.max) {
			c.refuseValue(key+"."+n.name, n.value, fmt.Sprintf("must be a whole number from %d to %d (%s)", n.min, n.max, n.why), strconv.Itoa(min(max(n.value, n.min), n.max)))
		}
	}
	for name, path := range map[string]string{"healthPath": s.HealthPath, "path": s.Path} {
		if !c.bad[key+"."+name] && (!pathPattern.MatchString(path) || len(path) > longestPath) {
			c.refuseValue(key+"."+name, path, fmt.Sprintf("must be a path such as /orders, without slash at its end, at most %d characters", longestPath), "")
		}
	}
	for _, taken := range takenPaths {
		if overlap(s.Path, taken) {
			c.refuseValue(key+".path", s.Path, "must not be deepstream's own: "+strings.Join(takenPaths, ", "), "")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Environment)) {
		if !variablePattern.MatchString(name) {
			c.refuseValue(key+".environment", name, "must have names of letters, digits and underscores, no digit first", "")
		}
	}
}

// overlap reports whether two paths are the same or one lies below the other.
func overlap(a, b string) bool {
	return a != "" && b != "" && (strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/"))
}

// checkRoom holds the hosts against the tasks: all services at their most, and one task more of each, since a
// deployment starts new tasks before it stops old ones. It looks only where the numbers themselves are right.
func (c *checker) checkRoom() {
	for _, key := range []string{"cluster", "service", "services"} {
		if c.bad[key] || slices.ContainsFunc(c.problems, func(p Problem) bool { return strings.HasPrefix(p.Key, key+".") }) {
			return
		}
	}
	s, cl := c.cfg.Service, c.cfg.Cluster
	if s.MaxTasks < s.Tasks {
		c.refuse("service.maxTasks", fmt.Sprintf("must be at least service.tasks, which is %d", s.Tasks), strconv.Itoa(s.Tasks))
		return
	}
	needed := 0
	for _, name := range append([]string{""}, slices.Sorted(maps.Keys(c.cfg.Services))...) {
		key, tasks, cpu, memory := "service", s.MaxTasks, s.CPU, s.MemoryMiB
		if further, ok := c.cfg.Services[name]; ok {
			key, tasks, cpu, memory = "services."+name, max(further.MaxTasks, further.Tasks), further.CPU, further.MemoryMiB
		}
		each := tasksPerHost(cl, cpu, memory)
		if each == 0 {
			c.refuseValue(key+".memoryMiB", memory, "must fit on every instance type of the cluster, and so must its CPU units", "")
			return
		}
		needed += (tasks + each) / each // one task more than there are, rounded up
	}
	if needed > cl.MaxHosts {
		c.refuse("cluster.maxHosts", fmt.Sprintf("must be at least %d: so many hosts take the tasks of all services at their most, and one of each during a deployment", needed), strconv.Itoa(needed))
	}
}

// tasksPerHost returns how many tasks of a size the smallest of a cluster's instance types takes.
func tasksPerHost(cl Cluster, cpu, memoryMiB int) int {
	least := unlimited
	for _, t := range append([]string{cl.InstanceType}, cl.OtherInstanceTypes...) {
		host, _ := sizing.HostOf(t)
		least = min(least, host.TasksOf(cpu, memoryMiB))
	}
	return least
}
