package observability

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/componenttest"
)

func name(s string) pulumi.StringInput { return pulumi.String(s) }

func valid() *Args {
	return &Args{
		Stack: "prod-eu", Region: "eu-central-1",
		Subscriptions: []Subscription{
			{"email", "ops@deepstreamhub.com"},
			{"https", "https://events.example.com/hook?key=1"},
			{"sqs", "arn:aws:sqs:eu-central-1:111122223333:alarms"},
		},
		LoadBalancer: LoadBalancer{
			ArnSuffix: name("app/edge/50dc6c495c0c9188"), CertificateArn: name("arn:aws:acm:eu-central-1:111122223333:certificate/1"),
			MaxConnections: 60000,
		},
		Services: map[string]Service{"deepstream": {
			Name: name("deepstream-service-1"), TargetGroupArnSuffix: name("targetgroup/targets/73e2d6bc24d8a067"),
		}},
		Cluster: Cluster{
			Arn: name("arn:aws:ecs:eu-central-1:111122223333:cluster/main"), CapacityProviderName: name("capacity-1"),
			AutoScalingGroupName: name("hosts-1"),
		},
		Database: Database{
			ClusterIdentifier: name("database-1"), InstanceIdentifiers: []pulumi.StringInput{name("writer-1"), name("reader-1")},
			MaxConnections: 900, MinLocalStorageGiB: 8, MaxVolumeGiB: 500,
		},
		Bus: Bus{ReplicationGroupID: name("bus-1"), Nodes: 2},
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := valid().Validate(); err != nil {
		t.Fatal(err)
	}
	service := func(key string, change func(*Service)) func(*Args) {
		return func(a *Args) {
			s := a.Services["deepstream"]
			change(&s)
			a.Services[key] = s
		}
	}
	publish := func(change func(*Published)) func(*Args) {
		return service("deepstream", func(s *Service) {
			m := Metric{Namespace: "deepstream", Name: "N"}
			s.Published = &Published{m, m, m, m}
			change(s.Published)
		})
	}
	size := func(m Metric) func(*Args) { return publish(func(p *Published) { p.ClusterSize = m }) }
	for want, change := range map[string]func(*Args){
		`stack ""`:                                   func(a *Args) { a.Stack = "" },
		`stack "Prod"`:                               func(a *Args) { a.Stack = "Prod" },
		`stack "` + strings.Repeat("a", 101):         func(a *Args) { a.Stack = strings.Repeat("a", 101) },
		`region "eu"`:                                func(a *Args) { a.Region = "eu" },
		"load balancer ARN suffix: missing":          func(a *Args) { a.LoadBalancer.ArnSuffix = nil },
		"certificate ARN: missing":                   func(a *Args) { a.LoadBalancer.CertificateArn = nil },
		"most connections 0":                         func(a *Args) { a.LoadBalancer.MaxConnections = 0 },
		"services: none":                             func(a *Args) { a.Services = nil },
		`service "deepstream": name: missing`:        service("deepstream", func(s *Service) { s.Name = nil }),
		`service "deepstream": target group ARN`:     service("deepstream", func(s *Service) { s.TargetGroupArnSuffix = nil }),
		`service "HTTP API": must be lower`:          service("HTTP API", func(*Service) {}),
		`cluster size: "" in namespace "deepstream"`: size(Metric{Namespace: "deepstream"}),
		`cluster size: "N" in namespace "AWS/ECS"`:   size(Metric{Namespace: "AWS/ECS", Name: "N"}),
		"cluster size: dimension Service: missing": size(Metric{Namespace: "deepstream", Name: "N",
			Dimensions: map[string]pulumi.StringInput{"Service": nil}}),
		`pending writes: ""`:                            publish(func(p *Published) { p.PendingWrites.Name = "" }),
		`held publishes: "N" in namespace ""`:           publish(func(p *Published) { p.HeldPublishes.Namespace = "" }),
		`dependencies down: "N" in namespace "AWS/RDS"`: publish(func(p *Published) { p.DependenciesDown.Namespace = "AWS/RDS" }),
		"cluster ARN: missing":                          func(a *Args) { a.Cluster.Arn = nil },
		"capacity provider name: missing":               func(a *Args) { a.Cluster.CapacityProviderName = nil },
		"auto scaling group name: missing":              func(a *Args) { a.Cluster.AutoScalingGroupName = nil },
		"database cluster identifier: missing":          func(a *Args) { a.Database.ClusterIdentifier = nil },
		"database instance identifiers: missing":        func(a *Args) { a.Database.InstanceIdentifiers = nil },
		"database instance identifier 2: missing":       func(a *Args) { a.Database.InstanceIdentifiers[1] = nil },
		"database: most connections 0":                  func(a *Args) { a.Database.MaxConnections = 0 },
		"least free local storage in GiB -1":            func(a *Args) { a.Database.MinLocalStorageGiB = -1 },
		"largest volume in GiB 0":                       func(a *Args) { a.Database.MaxVolumeGiB = 0 },
		"bus replication group id: missing":             func(a *Args) { a.Bus.ReplicationGroupID = nil },
		"busy percent 100":                              func(a *Args) { a.Thresholds.BusyPercent = 100 },
		"limit percent -1":                              func(a *Args) { a.Thresholds.LimitPercent = -1 },
		"errors per minute -1":                          func(a *Args) { a.Thresholds.ErrorsPerMinute = -1 },
		"slow milliseconds 60001":                       func(a *Args) { a.Thresholds.SlowMilliseconds = 60_001 },
		"certificate days 60":                           func(a *Args) { a.Thresholds.CertificateDays = 60 },
		"database lag milliseconds 60001":               func(a *Args) { a.Thresholds.DatabaseLagMilliseconds = 60_001 },
		"bus lag seconds 3601":                          func(a *Args) { a.Thresholds.BusLagSeconds = 3601 },
		"pending writes -1":                             func(a *Args) { a.Thresholds.PendingWrites = -1 },
		"bus nodes 0":                                   func(a *Args) { a.Bus.Nodes = 0 },
		"bus nodes 7":                                   func(a *Args) { a.Bus.Nodes = 7 },
		"backup vault ARN: missing":                     func(a *Args) { a.Backup = &Backup{} },
		`subscription "sms": the protocol`:              func(a *Args) { a.Subscriptions[0].Protocol = "sms" },
		`endpoint "Ops <o@x.org>" is not an e-ma`:       func(a *Args) { a.Subscriptions[0].Endpoint = "Ops <o@x.org>" },
		`endpoint "http://x.org" is not a URL`:          func(a *Args) { a.Subscriptions[1].Endpoint = "http://x.org" },
		`endpoint "alarms" is not the ARN`:              func(a *Args) { a.Subscriptions[2].Endpoint = "alarms" },
		"is given twice":                                func(a *Args) { a.Subscriptions = append(a.Subscriptions, a.Subscriptions[1]) },
	} {
		a := valid()
		change(a)
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestRefusalRegistersNothing(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args *Args
		want []string
	}{
		"nil": {nil, []string{"no arguments"}},
		"everything at once": {&Args{Subscriptions: []Subscription{{}}}, []string{"stack", "region", "load balancer ARN suffix",
			"cluster ARN", "services", "database cluster", "bus nodes", "most connections", "subscription"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorder := componenttest.New()
			resources, err := recorder.Run(func(ctx *pulumi.Context) error {
				_, err := New(ctx, "observability", test.args)
				return err
			})
			if err == nil || len(resources) > 0 || len(recorder.Calls()) > 0 {
				t.Fatalf("registered %v, called %v, error %v", componenttest.Names(resources), recorder.Calls(), err)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in %q", want, err)
				}
			}
		})
	}
}

// TestSubscriptionKeys holds names to what they name: they must not depend on the other subscriptions.
func TestSubscriptionKeys(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range append(valid().Subscriptions, Subscription{"email", "cto@deepstreamhub.com"}) {
		key := s.key()
		if seen[key] || !strings.HasPrefix(key, s.Protocol+"-") || key != (Subscription{s.Protocol, s.Endpoint}).key() {
			t.Errorf("key %q of %v", key, s)
		}
		seen[key] = true
	}
}
