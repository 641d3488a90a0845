package config

import (
	"fmt"
	"slices"
	"strings"
)

// neededEndpoints are the services without which hosts and tasks neither start nor leave in order nor can be looked into,
// where there is no NAT: pulling images, being a container instance, the state of targets, secrets, logs, sessions and
// their encryption. Layers of images
// come through the gateway endpoint for S3, which is always there.
var neededEndpoints = []string{
	"ecr.api", "ecr.dkr", "ecs", "ecs-agent", "ecs-telemetry", "elasticloadbalancing", "kms", "logs", "secretsmanager", "ssm", "ssmmessages",
}

// EndpointServices returns the services that network.endpoints takes, sorted.
func EndpointServices() []string {
	all := append([]string{"ec2messages", "monitoring", "sts"}, neededEndpoints...)
	slices.Sort(all)
	return all
}

// checkEndpoints refuses unknown endpoints, and a VPC in which the hosts reach nothing.
func (c *checker) checkEndpoints() {
	if !c.ok("network.endpoints") {
		return
	}
	given, known := c.cfg.Network.Endpoints, EndpointServices()
	for i, name := range given {
		key := fmt.Sprintf("network.endpoints[%d]", i)
		switch {
		case !c.ok(key):
		case slices.Contains(given[:i], name):
			c.refuseValue(key, name, "must not be given twice", "")
		case !slices.Contains(known, name):
			c.refuseValue(key, name, "must be one of "+strings.Join(known, ", "), nearest(name, known))
		}
	}
	if !c.ok("network.nat") || c.cfg.Network.NAT != "none" {
		return
	}
	missing := slices.DeleteFunc(slices.Clone(neededEndpoints), func(name string) bool { return slices.Contains(given, name) })
	if len(missing) > 0 {
		c.refuse("network.nat", "needs network.endpoints to hold "+strings.Join(missing, ", ")+" as well: hosts and tasks reach these services in no other way", "single")
	}
	images := map[string]string{"service.image": c.cfg.Service.Image}
	for name, s := range c.cfg.Services {
		images["services."+name+".image"] = s.Image
	}
	for key, image := range images {
		if c.ok(key) && imagePattern.MatchString(image) && !ecrPattern.MatchString(image) {
			c.refuseValue(key, image, "must come from ECR with network.nat: none: hosts reach no other registry", "")
		}
	}
}
