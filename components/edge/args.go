package edge

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Limits of the arguments.
const (
	// MinIdleTimeoutSeconds is one more than deepstream takes to give up a silent socket: twice its heartbeat interval
	// of 30 s. With a shorter timeout the load balancer would cut sockets that deepstream still holds alive.
	MinIdleTimeoutSeconds = 61
	MaxIdleTimeoutSeconds = 4000 // "Connection idle timeout", User Guide for Application Load Balancers

	MaxDeregistrationDelaySeconds = 3600 // "Deregistration delay", User Guide for Application Load Balancers

	minRate = 10            // RateBasedStatement, AWS WAF
	maxRate = 2_000_000_000 // likewise

	maxMetric = 128 // MetricName, VisibilityConfig, AWS WAF

	leastSubnets   = 2   // "Subnets for your load balancer", User Guide for Application Load Balancers
	maxClosedPaths = 5   // values of a listener rule: "Quotas for your Application Load Balancers"
	maxHealthPath  = 255 // ResourcePath, Route 53 CreateHealthCheck; ELB takes more
	maxCertificate = 64  // the first name of a certificate, dots included: DomainName, ACM RequestCertificate
	maxDomain      = 253

	maxAutoName = 32 - blocks.AutoName // the longest logical name of a load balancer or target group: AWS takes 32 characters
)

// Suffixes of the two children whose generated names have a length limit.
const (
	balancerSuffix = "-lb"
	targetsSuffix  = "-targets"
)

// Args is what an Edge is made from.
type Args struct {
	Stack      string // distinguishes names that AWS wants given; letters, digits, hyphens and underscores
	Region     string // such as eu-central-1; the provider's region
	ZoneName   string // the public hosted zone, such as deepstreamhub.com
	Hostname   string // the region's own name, in the zone
	GlobalName string // optional: the name shared by regions, in the zone

	VpcID           pulumi.StringInput      `pulumi:"vpcId"`
	PublicSubnetIDs pulumi.StringArrayInput `pulumi:"publicSubnetIds"` // in at least two zones
	Ingress         []pulumi.Resource       // what must exist before a public load balancer, and go after it

	IPv6 bool `pulumi:"ipv6"` // whether clients may come by IPv6 too; the subnets must have it

	TargetPort                 int    // where targets listen
	HealthPath                 string // what answers 200 on a healthy target
	IdleTimeoutSeconds         int    // how long a silent connection stays open, 61 to 4000
	DeregistrationDelaySeconds int    // how long a leaving target keeps its connections, 0 to 3600
	DeletionProtection         bool   // whether AWS refuses to delete the load balancer, and logs are kept from deletion

	ClosedPaths      []string // beginnings of paths that are answered with 404 and never reach a target; at most five
	LogRetentionDays int      // how long logs of requests are kept; one of the numbers that CloudWatch Logs accepts
	RateLimit        int      // requests that one address may make in five minutes, 10 to 2,000,000,000

	NamePrefix string            // what names that people look for begin with, before Stack; empty: the project's name
	Tags       map[string]string // put on everything that takes tags; tags of a transformation in the options win
}

var (
	// componentName holds to what AWS takes in the names that begin with it: letters, digits and hyphens.
	componentName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	closedPath    = regexp.MustCompile(`^/[A-Za-z0-9_.$/~"'@:+&-]{0,126}$`) // PathPatternConfig, ELB CreateRule
	domainName    = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

// Validate returns every problem with the arguments, and with the name of the component that takes them, at once.
func (a *Args) Validate(name string) error {
	if a == nil {
		return errors.New("no arguments")
	}
	problems := slices.Concat(
		blocks.NameProblems(a.NamePrefix, a.Tags),
		[]error{
			blocks.PlainProblem("stack", a.Stack, blocks.MaxStack), blocks.RegionProblem("region", a.Region),
			blocks.LogDaysProblem("log retention days", a.LogRetentionDays),
		},
		blocks.MissingProblems(blocks.Given{Of: "VPC id", Value: a.VpcID}),
		blocks.ListProblems("public subnet ids", a.PublicSubnetIDs, leastSubnets, fmt.Sprintf("a load balancer needs %d, in as many zones", leastSubnets)),
		blocks.EntryProblems("ingress", a.Ingress),
	)
	refuse := func(bad bool, format string, values ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	longest := max(len(balancerSuffix), len(targetsSuffix))
	refuse(len(name) > maxAutoName-longest, "name %q: longer than %d characters", name, maxAutoName-longest)
	refuse(!componentName.MatchString(name), "name %q: must be lower-case letters, digits and hyphens", name)
	refuse(strings.HasPrefix(name, "internal-"), "name %q: AWS keeps the prefix internal- to itself", name)

	refuse(len(a.metric(name, longestRule)) > maxMetric, "stack %q: with the name %q too long for metrics of firewall rules, which take %d characters",
		a.Stack, name, maxMetric)
	refuse(!isDomain(a.ZoneName), "zone %q: not a lower-case domain name", a.ZoneName)
	refuse(!isDomain(a.Hostname), "hostname %q: not a lower-case domain name", a.Hostname)
	refuse(!inZone(a.Hostname, a.ZoneName), "hostname %q: outside the zone %q", a.Hostname, a.ZoneName)
	refuse(len(a.Hostname) > maxCertificate, "hostname %q: certificates take %d characters", a.Hostname, maxCertificate)
	if a.GlobalName != "" {
		refuse(!isDomain(a.GlobalName), "global name %q: not a lower-case domain name", a.GlobalName)
		refuse(!inZone(a.GlobalName, a.ZoneName), "global name %q: outside the zone %q", a.GlobalName, a.ZoneName)
		refuse(a.GlobalName == a.Hostname, "global name %q: is the region's own hostname", a.GlobalName)
	}

	refuse(a.TargetPort < 1 || a.TargetPort > 65535, "target port %d: must be 1 to 65535", a.TargetPort)
	refuse(!strings.HasPrefix(a.HealthPath, "/") || len(a.HealthPath) > maxHealthPath,
		"health path %q: must begin with / and have at most %d characters", a.HealthPath, maxHealthPath)
	refuse(a.IdleTimeoutSeconds < MinIdleTimeoutSeconds || a.IdleTimeoutSeconds > MaxIdleTimeoutSeconds,
		"idle timeout %d: must be %d to %d seconds", a.IdleTimeoutSeconds, MinIdleTimeoutSeconds, MaxIdleTimeoutSeconds)
	refuse(a.DeregistrationDelaySeconds < 0 || a.DeregistrationDelaySeconds > MaxDeregistrationDelaySeconds,
		"deregistration delay %d: must be 0 to %d seconds", a.DeregistrationDelaySeconds, MaxDeregistrationDelaySeconds)
	refuse(len(a.ClosedPaths) > maxClosedPaths, "closed paths: a rule takes %d, not %d", maxClosedPaths, len(a.ClosedPaths))
	for _, path := range a.ClosedPaths {
		refuse(!closedPath.MatchString(path), "closed path %q: must begin with / and hold no wildcards", path)
		refuse(strings.HasPrefix(a.HealthPath, path), "closed path %q: closes the health path %q to Route 53, which asks from outside", path, a.HealthPath)
	}
	refuse(a.RateLimit < minRate || a.RateLimit > maxRate, "rate limit %d: must be %d to %d", a.RateLimit, minRate, maxRate)
	return errors.Join(problems...)
}

func isDomain(name string) bool { return len(name) <= maxDomain && domainName.MatchString(name) }

func inZone(name, zone string) bool { return name == zone || strings.HasSuffix(name, "."+zone) }
