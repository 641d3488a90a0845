package config

import (
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/sizing"
)

// userPattern finds the part of an address before its host (RFC 3986, "User Information").
var userPattern = regexp.MustCompile(`://[^/?#]*@`)

// queuePattern is the ARN of a standard queue: SNS delivers to FIFO queues from FIFO topics only (SNS Developer Guide, "FIFO topics example use case").
// The group is its region.
var queuePattern = regexp.MustCompile(`^arn:aws:sqs:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,80}$`)

// notifySecretRule names who would read it: SNS shows a subscription's address to whoever may list subscriptions.
const notifySecretRule = "must not carry a user, a password or another secret: the address is in the state, in plans and in the list of subscriptions; " +
	"let the receiver check SNS's signature instead"

const notifyRule = "must be an e-mail address behind mailto:, an https:// address, or the ARN of an SQS queue"

// checkNotify holds receivers to what an SNS topic can deliver to.
func (c *checker) checkNotify() {
	if !c.set("observability.notify") {
		return
	}
	for i, to := range c.cfg.Observability.Notify {
		key := fmt.Sprintf("observability.notify[%d]", i)
		rule := notifyProblem(to)
		switch {
		case rule == notifySecretRule:
			c.refuseValue(key, hiddenValue, rule, "")
		case rule != "":
			c.refuseValue(key, withoutCredentials(to), rule, "")
		case slices.Contains(c.cfg.Observability.Notify[:i], to):
			c.refuseValue(key, to, "must not be given twice", "")
		}
	}
}

// Receiver returns the protocol, as SNS names it, and the endpoint of an entry of observability.notify. The protocol is
// empty for what is none.
func Receiver(notify string) (protocol, endpoint string) {
	address, isMail := strings.CutPrefix(notify, "mailto:")
	switch {
	case isMail:
		return "email", address
	case strings.HasPrefix(notify, "https://"): // in small letters, as SNS wants it
		return "https", notify
	case queuePattern.MatchString(notify):
		return "sqs", notify
	}
	return "", ""
}

// notifyProblem returns the rule that a receiver breaks, empty if none.
func notifyProblem(to string) string {
	if strings.Contains(to, "://") && (userPattern.MatchString(to) || LooksSecret(to) != "") {
		return notifySecretRule
	}
	switch protocol, endpoint := Receiver(to); protocol {
	case "email":
		a, err := mail.ParseAddress(endpoint)
		if err != nil || a.Address != endpoint || !isDNSName(strings.ToLower(endpoint[strings.LastIndex(endpoint, "@")+1:])) {
			return notifyRule
		}
	case "https":
		return notifyURLProblem(endpoint)
	case "sqs":
		if in := queuePattern.FindStringSubmatch(endpoint)[1]; !(RegionName{}).MatchString(in) {
			return "must be a queue in a commercial AWS region: there is no " + in
		}
	default:
		return notifyRule
	}
	return ""
}

func notifyURLProblem(text string) string {
	u, rule := plainURL(text)
	if rule != "" {
		return rule
	}
	local, hostRule := webhookHost(u.Hostname(), strings.HasPrefix(u.Host, "["))
	address, _ := netip.ParseAddr(u.Hostname())
	switch {
	case hasCredential(u):
		return notifySecretRule
	case hostRule != "":
		return hostRule
	case local, address.IsPrivate():
		return "must be somewhere on the internet, from where SNS calls it"
	case !isPort(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return portRule
	}
	return ""
}

// sized are the keys that sizes are derived from. As long as one of them is wrong by itself, what follows from it says
// nothing new.
var sized = []string{
	"service.peakConnections", "service.reconnectsPerSecond", "service.cpu", "service.memoryMiB",
	"network.zones", "cluster.instanceType", "cluster.otherInstanceTypes", "database.instanceClass", "services",
	"service.minTasks", "service.maxTasks", "cluster.minHosts", "cluster.maxHosts",
}

// checkSizes derives the stack's sizes and refuses the values from which none follow.
func (c *checker) checkSizes() {
	for _, key := range sized {
		if !c.ok(key) || c.refused(key) {
			return
		}
	}
	plan, err := sizing.Derive(c.cfg.sizingInput())
	if refusals, is := errors.AsType[sizing.Refusals](err); is {
		for _, r := range refusals {
			c.problems = append(c.problems, Problem(r))
		}
		return
	}
	c.cfg.Sizes = plan
}

// checkAddresses refuses a VPC whose private subnets run out of addresses. In each zone a host takes two, of itself and of the trunk
// that its tasks hang on ("Increasing Amazon ECS Linux container instance network interfaces", Amazon ECS Developer Guide), as those do
// that wait; a task takes one; and so does each interface endpoint. AWS keeps five of every subnet ("Subnet CIDR blocks", Amazon VPC
// User Guide).
func (c *checker) checkAddresses() {
	const key = "network.cidr"
	p, zones := c.cfg.Sizes, len(c.cfg.Network.Zones)
	if p.MaxHosts == 0 || !c.set(key) || c.refused(key) || !c.ok("network.endpoints", "cluster.warmPool") || c.refused("cluster.warmPool") {
		return
	}
	inZone := func(n int) int { return (n + zones - 1) / zones }
	hosts, tasks, endpoints := inZone(p.MaxHosts+c.cfg.Cluster.WarmPool), inZone(p.Targets()), len(c.cfg.Network.Endpoints)
	needed := 2*hosts + tasks + endpoints
	has := func(prefix int) int { return 1<<(32-prefix-privateBits) - 5 }
	given := netip.MustParsePrefix(c.cfg.Network.CIDR)
	if has(given.Bits()) >= needed {
		return
	}
	near := ""
	for prefix := given.Bits() - 1; prefix >= largestVPC && near == ""; prefix-- {
		if has(prefix) >= needed {
			near = netip.PrefixFrom(given.Addr(), prefix).Masked().String()
		}
	}
	c.refuse(key, fmt.Sprintf("must be a larger range, or fewer tasks: a zone's private subnet has %d addresses, and at the most %d hosts of two, %d tasks and %d endpoints take %d",
		has(given.Bits()), hosts, tasks, endpoints, needed), near)
}

// sizingInput is what the sizes follow from.
func (cfg Config) sizingInput() sizing.Input {
	in := sizing.Input{
		PeakConnections:     cfg.Service.PeakConnections,
		ReconnectsPerSecond: cfg.Service.ReconnectsPerSecond,
		Zones:               len(cfg.Network.Zones),
		InstanceType:        cfg.Cluster.InstanceType,
		OtherTypes:          cfg.Cluster.OtherInstanceTypes,
		TaskCPU:             cfg.Service.CPU,
		TaskMemoryMiB:       cfg.Service.MemoryMiB,
		DatabaseClass:       cfg.Database.InstanceClass,
		MinTasks:            cfg.Service.MinTasks,
		MaxTasks:            cfg.Service.MaxTasks,
		MinHosts:            cfg.Cluster.MinHosts,
		MaxHosts:            cfg.Cluster.MaxHosts,
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Services)) {
		s := cfg.Services[name]
		in.Further = append(in.Further, sizing.Further{Name: name, Tasks: max(s.Tasks, s.MaxTasks), CPU: s.CPU, MemoryMiB: s.MemoryMiB})
	}
	return in
}

// Sized returns a Config that was changed after Load with the sizes that follow from what it says now. The error is
// sizing.Refusals.
func (cfg Config) Sized() (Config, error) {
	var err error
	cfg.Sizes, err = sizing.Derive(cfg.sizingInput())
	return cfg, err
}

// refused reports whether a key, or something below it, has a problem already.
func (c *checker) refused(key string) bool {
	for _, p := range c.problems {
		if p.Key == key || strings.HasPrefix(p.Key, key+"[") || strings.HasPrefix(p.Key, key+".") {
			return true
		}
	}
	return false
}
