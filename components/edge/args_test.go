package edge

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/componenttest"
)

func valid() *Args {
	return &Args{
		Stack: "prod-eu", Region: "eu-central-1", ZoneName: "deepstreamhub.com", Hostname: "eu.deepstreamhub.com",
		GlobalName: "deepstreamhub.com", VpcID: pulumi.String("vpc-1"), PublicSubnetIDs: pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
		TargetPort: 6020, HealthPath: "/health-check", IdleTimeoutSeconds: 61, DeregistrationDelaySeconds: 3600,
		ClosedPaths: []string{"/a", "/b", "/c", "/d", "/e"}, LogRetentionDays: 1, RateLimit: 10,
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := valid().Validate("sixteen-letters-"); err != nil {
		t.Fatal(err)
	}
	label := strings.Repeat("a", 63)
	for want, change := range map[string]func(*Args){
		`region "": must be`:         func(a *Args) { a.Region = "" },
		`zone "Deepstreamhub.com"`:   func(a *Args) { a.ZoneName = "Deepstreamhub.com" },
		`zone "com"`:                 func(a *Args) { a.ZoneName = "com" },
		`hostname ""`:                func(a *Args) { a.Hostname = "" },
		`hostname "*.deep`:           func(a *Args) { a.Hostname = "*.deepstreamhub.com" },
		"outside the zone":           func(a *Args) { a.Hostname = "eu-deepstreamhub.com" },
		"certificates take 64":       func(a *Args) { a.Hostname = label + ".deepstreamhub.com" },
		`global name "live."`:        func(a *Args) { a.GlobalName = "live." },
		`global name "live.example`:  func(a *Args) { a.GlobalName = "live.example.org" },
		"is the region's own":        func(a *Args) { a.GlobalName = a.Hostname },
		"VPC id: missing":            func(a *Args) { a.VpcID = nil },
		"public subnet ids: missing": func(a *Args) { a.PublicSubnetIDs = nil },
		"target port 0":              func(a *Args) { a.TargetPort = 0 },
		"target port 65536":          func(a *Args) { a.TargetPort = 65536 },
		`health path "health"`:       func(a *Args) { a.HealthPath = "health" },
		"idle timeout 60":            func(a *Args) { a.IdleTimeoutSeconds = 60 },
		"idle timeout 4001":          func(a *Args) { a.IdleTimeoutSeconds = 4001 },
		"deregistration delay -1":    func(a *Args) { a.DeregistrationDelaySeconds = -1 },
		"deregistration delay 3601":  func(a *Args) { a.DeregistrationDelaySeconds = 3601 },
		`stack "a.b"`:                func(a *Args) { a.Stack = "a.b" },
		"health path \"/xxx":         func(a *Args) { a.HealthPath = "/" + strings.Repeat("x", 255) },
		`closed path "monitoring"`:   func(a *Args) { a.ClosedPaths = []string{"monitoring"} },
		`closed path "/hea": closes`: func(a *Args) { a.ClosedPaths = []string{"/hea"} },
		`closed path "/*"`:           func(a *Args) { a.ClosedPaths = []string{"/*"} },
		"a rule takes 5, not 6":      func(a *Args) { a.ClosedPaths = append(a.ClosedPaths, "/f") },
		"log retention days 8":       func(a *Args) { a.LogRetentionDays = 8 },
		"public subnet ids: 1 given": func(a *Args) { a.PublicSubnetIDs = pulumi.ToStringArray([]string{"subnet-a"}) },
		"ingress: entry 1 of 1":      func(a *Args) { a.Ingress = []pulumi.Resource{nil} },
		"rate limit 9":               func(a *Args) { a.RateLimit = 9 },
		"rate limit 2000000001":      func(a *Args) { a.RateLimit = 2_000_000_001 },
	} {
		a := valid()
		change(a)
		if err := a.Validate("edge"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	long := valid()
	long.Stack = strings.Repeat("s", 100)
	if err := long.Validate("sixteen-letters-"); err == nil || !strings.Contains(err.Error(), "too long for metrics of firewall rules") {
		t.Errorf("metrics of %v", err)
	}
	for _, g := range managedGroups {
		if len(g.rule) > len(longestRule) {
			t.Errorf("%s is longer than %s", g.rule, longestRule)
		}
	}
	for name, want := range map[string]string{
		"seventeen-letters": "longer than 16", "Edge": "lower-case", "internal-edge": "prefix internal-",
	} {
		if err := valid().Validate(name); err == nil || !strings.Contains(err.Error(), want) {
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
		"everything at once": {&Args{GlobalName: "x"}, []string{"region", "zone", "hostname", "global name", "VPC id",
			"public subnet ids", "target port", "health path", "idle timeout", "stack", "log retention", "rate limit"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recorder := componenttest.New()
			resources, err := recorder.Run(func(ctx *pulumi.Context) error {
				_, err := New(ctx, "edge", test.args)
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

func TestChallengeFor(t *testing.T) {
	t.Parallel()
	option := func(domain, name string) acm.CertificateDomainValidationOption {
		typ, value := "CNAME", "value-of-"+name
		return acm.CertificateDomainValidationOption{
			DomainName: &domain, ResourceRecordName: &name, ResourceRecordType: &typ, ResourceRecordValue: &value}
	}
	pending := "pending.example.com"
	options := []acm.CertificateDomainValidationOption{
		{}, option("b.example.com", "_b"), {DomainName: &pending}, option("a.example.com", "_a"),
	}
	got, err := challengeFor("a.example.com", options)
	if want := (challenge{"_a", "CNAME", "value-of-_a"}); err != nil || got != want {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	for domain, want := range map[string]string{
		pending:         "validate certificate for pending.example.com: ACM named no record yet",
		"c.example.com": "validate certificate for c.example.com: not among the 4 names",
	} {
		if _, err := challengeFor(domain, options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}
