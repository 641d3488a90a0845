package observability

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// Args is what an Observability is made from.
type Args struct {
	Stack  string // part of the dashboard's name, the key's alias and every alarm's description
	Region string // the provider's region

	Subscriptions []Subscription // who is told; their order has no meaning

	LoadBalancer LoadBalancer
	Services     map[string]Service // by a key that stays, such as the name of the service's component
	Cluster      Cluster
	Database     Database
	Bus          Bus
	Backup       *Backup // nil: the region has no backup tier
	Health       *Health // nil: nobody asks the region from outside
	Thresholds   Thresholds

	NamePrefix string            // what names that people look for begin with, before Stack; empty: the project's name
	Tags       map[string]string // put on everything that takes tags; tags of a transformation in the options win
}

// HealthRegion is where Route 53 publishes the metrics of health checks, wherever what they ask is ("Monitoring health
// checks using CloudWatch", Amazon Route 53 Developer Guide).
const HealthRegion = "us-east-1"

// Health is Route 53's check of the region.
type Health struct {
	CheckID pulumi.StringInput `pulumi:"checkId"`
	// Elsewhere reaches HealthRegion, where the alarm has to be, and with it a topic that it can publish to and the same
	// subscriptions. It is nil in HealthRegion itself.
	Elsewhere pulumi.ProviderResource
}

// Subscription is one receiver of what happens.
type Subscription struct {
	Protocol string // email, https or sqs
	Endpoint string // an address, an https:// URL, or the ARN of a queue
}

// LoadBalancer is the region's edge.
type LoadBalancer struct {
	ArnSuffix      pulumi.StringInput `pulumi:"arnSuffix"` // how metrics name it: app/<name>/<id>
	CertificateArn pulumi.StringInput `pulumi:"certificateArn"`
	// MaxConnections is how many clients all tasks together can hold. The alarm goes off well before.
	MaxConnections int
}

// Service is one ECS service.
type Service struct {
	Name                 pulumi.StringInput `pulumi:"name"`
	TargetGroupArnSuffix pulumi.StringInput `pulumi:"targetGroupArnSuffix"` // how metrics name it: targetgroup/<name>/<id>
	Published            *Published         // nil while the image publishes nothing
}

// Published are the metrics that each server of a service publishes itself.
type Published struct {
	ClusterSize      Metric // how many servers it sees, itself included
	PendingWrites    Metric // how many records it has not stored yet
	HeldPublishes    Metric // how many messages to other servers wait for the bus
	DependenciesDown Metric // how many of bus and database it cannot reach
}

// all are the metrics with what they are of.
func (p *Published) all() []publishedMetric {
	if p == nil {
		return nil
	}
	return []publishedMetric{
		{"cluster size", p.ClusterSize}, {"pending writes", p.PendingWrites},
		{"held publishes", p.HeldPublishes}, {"dependencies down", p.DependenciesDown},
	}
}

type publishedMetric struct {
	of string
	Metric
}

// Metric is one that the platform publishes itself.
type Metric struct {
	Namespace  string // does not begin with AWS/
	Name       string
	Dimensions map[string]pulumi.StringInput `pulumi:"dimensions"`
}

// Cluster is the ECS cluster and its hosts.
type Cluster struct {
	Arn                  pulumi.StringInput `pulumi:"arn"`
	CapacityProviderName pulumi.StringInput `pulumi:"capacityProviderName"`
	AutoScalingGroupName pulumi.StringInput `pulumi:"autoScalingGroupName"`
}

// Database is the Aurora cluster.
type Database struct {
	ClusterIdentifier   pulumi.StringInput   `pulumi:"clusterIdentifier"`
	InstanceIdentifiers []pulumi.StringInput `pulumi:"instanceIdentifiers"` // writer and readers, whichever is which
	MaxConnections      int                  // max_connections of one instance
	// MinLocalStorageGiB is how much of an instance's local storage, which sorts and temporary tables use and which
	// depends on the instance class, must stay free.
	MinLocalStorageGiB int
	// MaxVolumeGiB is how much data is expected at most. Aurora's volume grows by itself, and so does its bill.
	MaxVolumeGiB int
}

// Bus is the Valkey replication group.
type Bus struct {
	ReplicationGroupID pulumi.StringInput `pulumi:"replicationGroupId"`
	Nodes              int                // primary and replicas; ElastiCache numbers them from -001
}

// Backup is where backups are kept.
type Backup struct {
	VaultArn pulumi.StringInput `pulumi:"vaultArn"`
}

const (
	maxNodes = 6    // a primary and five replicas: NumCacheClusters, CreateReplicationGroup
	maxKey   = 100  // as long as a stack's name; an alarm's has 255
	maxURL   = 2048 // Endpoint, SNS Subscribe

	// maxName keeps the names of rules within EventBridge's 64 characters (PutRule, Name).
	maxName = 64 - blocks.AutoName - len(longestRule)
)

var queuePattern = regexp.MustCompile(`^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}$`)

// protocols are those for which the topic can be subscribed to without anything else in the account, and what their
// endpoints have to be.
var protocols = map[string]struct {
	endpoint string
	fits     func(endpoint string) bool
}{
	"email": {"an e-mail address", func(e string) bool {
		address, err := mail.ParseAddress(e)
		return err == nil && address.Address == e
	}},
	"https": {"a URL that begins with https://", func(e string) bool {
		u, err := url.Parse(e)
		return err == nil && u.Scheme == "https" && u.Host != "" && len(e) <= maxURL
	}},
	"sqs": {"the ARN of a queue", queuePattern.MatchString},
}

// Validate returns every problem with the arguments at once.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	problems := append(blocks.NameProblems(a.NamePrefix, a.Tags), blocks.DashedProblem("stack", a.Stack, blocks.MaxStack), blocks.RegionProblem("region", a.Region))
	refuse := func(bad bool, format string, values ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	problems = append(problems, blocks.MissingProblems(a.names()...)...)
	refuse(len(a.Services) == 0, "services: none to watch")
	refuse(a.Health != nil && blocks.Missing(a.Health.Elsewhere) != (a.Region == HealthRegion),
		"health: needs a provider of %s in every other region, and in none there", HealthRegion)
	for _, key := range a.serviceKeys() {
		problems = append(problems, blocks.DashedProblem("service", key, maxKey))
		for _, m := range a.Services[key].Published.all() {
			refuse(m.Name == "" || m.Namespace == "" || strings.HasPrefix(m.Namespace, "AWS/"),
				"service %q: %s: %q in namespace %q is no metric of our own", key, m.of, m.Name, m.Namespace)
		}
	}
	refuse(len(a.Database.InstanceIdentifiers) == 0, "database instance identifiers: missing")
	refuse(a.Bus.Nodes < 1 || a.Bus.Nodes > maxNodes, "bus nodes %d: must be 1 to %d", a.Bus.Nodes, maxNodes)
	for _, limit := range []struct {
		of    string
		value int
	}{
		{"load balancer: most connections", a.LoadBalancer.MaxConnections},
		{"database: most connections", a.Database.MaxConnections},
		{"database: least free local storage in GiB", a.Database.MinLocalStorageGiB},
		{"database: largest volume in GiB", a.Database.MaxVolumeGiB},
	} {
		refuse(limit.value < 1, "%s %d: must be at least 1", limit.of, limit.value)
	}
	return errors.Join(slices.Concat(problems, a.Thresholds.problems(), subscriptionProblems(a.Subscriptions))...)
}

func subscriptionProblems(subscriptions []Subscription) []error {
	var problems []error
	seen := map[string]bool{}
	for _, s := range subscriptions {
		p, known := protocols[s.Protocol]
		switch {
		case !known:
			problems = append(problems, fmt.Errorf("subscription %q: the protocol must be one of %s", s.Protocol,
				strings.Join(slices.Sorted(maps.Keys(protocols)), ", ")))
		case !p.fits(s.Endpoint):
			problems = append(problems, fmt.Errorf("subscription by %s: endpoint %q is not %s", s.Protocol, s.Endpoint, p.endpoint))
		case seen[s.key()]:
			problems = append(problems, fmt.Errorf("subscription by %s: endpoint %q is given twice", s.Protocol, s.Endpoint))
		}
		seen[s.key()] = true
	}
	return problems
}

// key tells a subscription from all others, whatever their order: it is part of a logical name, and so must not change
// when another one comes or goes.
func (s Subscription) key() string {
	sum := sha256.Sum256([]byte(s.Endpoint))
	return s.Protocol + "-" + hex.EncodeToString(sum[:4])
}

func (a *Args) serviceKeys() []string { return slices.Sorted(maps.Keys(a.Services)) }

// names are the names of everything to watch, in a fixed order.
func (a *Args) names() []blocks.Given {
	out := []blocks.Given{
		{Of: "load balancer ARN suffix", Value: a.LoadBalancer.ArnSuffix},
		{Of: "certificate ARN", Value: a.LoadBalancer.CertificateArn},
		{Of: "cluster ARN", Value: a.Cluster.Arn},
		{Of: "capacity provider name", Value: a.Cluster.CapacityProviderName},
		{Of: "auto scaling group name", Value: a.Cluster.AutoScalingGroupName},
		{Of: "database cluster identifier", Value: a.Database.ClusterIdentifier},
		{Of: "bus replication group id", Value: a.Bus.ReplicationGroupID},
	}
	for i, id := range a.Database.InstanceIdentifiers {
		out = append(out, blocks.Given{Of: fmt.Sprintf("database instance identifier %d", i+1), Value: id})
	}
	for _, key := range a.serviceKeys() {
		s := a.Services[key]
		out = append(out,
			blocks.Given{Of: fmt.Sprintf("service %q: name", key), Value: s.Name},
			blocks.Given{Of: fmt.Sprintf("service %q: target group ARN suffix", key), Value: s.TargetGroupArnSuffix})
		for _, m := range s.Published.all() {
			for _, d := range slices.Sorted(maps.Keys(m.Dimensions)) {
				out = append(out, blocks.Given{Of: fmt.Sprintf("service %q: %s: dimension %s", key, m.of, d), Value: m.Dimensions[d]})
			}
		}
	}
	if a.Health != nil {
		out = append(out, blocks.Given{Of: "health check id", Value: a.Health.CheckID})
	}
	if a.Backup != nil {
		out = append(out, blocks.Given{Of: "backup vault ARN", Value: a.Backup.VaultArn})
	}
	return out
}
