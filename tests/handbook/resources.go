package handbook

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
)

// Resource is one kind of resource that a region is made of: what there is one of for each zone, or for each service,
// is one.
type Resource struct {
	Type      string // such as ec2.Vpc
	Name      string // logical, with <zone>, <service>, <region> or <receiver> where it holds one
	Tier      string // the component that makes it, such as network; service for all services; stack for what no component makes
	Protected bool
	Kept      bool // whether it outlives the stack
	Option    bool // whether the tracked stacks do without it
}

// Key is how without.txt names the resource.
func (r Resource) Key() string { return r.Type + " " + r.Name }

// ServiceTier stands for the components of all services.
const ServiceTier = "service"

// stackTier stands for what belongs to no component.
const stackTier = "stack"

var (
	zone     = regexp.MustCompile(`\b[a-z]{3,4}[0-9]-az[1-6]\b`)
	region   = regexp.MustCompile(`\b[a-z]{2}-[a-z]+-[0-9]\b`)
	receiver = regexp.MustCompile(`-(email|https|sqs)-[0-9a-f]{8}$`)
)

// general puts placeholders into a name; tier is the component that makes the resource.
func general(name, tier string, services []string) string {
	name = receiver.ReplaceAllString(name, "-$1-<receiver>")
	name = region.ReplaceAllString(zone.ReplaceAllString(name, "<zone>"), "<region>")
	for _, s := range services {
		switch {
		case tier == s:
			name = "<service>" + strings.TrimPrefix(name, s)
		case strings.HasPrefix(name, "observability-"+s+"-"):
			name = "observability-<service>-" + strings.TrimPrefix(name, "observability-"+s+"-")
		}
	}
	return name
}

// shortType returns module and name of a type token: ec2.Vpc for aws:ec2/vpc:Vpc.
func shortType(token string) string {
	_, rest, _ := strings.Cut(token, ":")
	module, name, _ := strings.Cut(rest, ":")
	module, _, _ = strings.Cut(module, "/")
	return module + "." + name
}

// raw is a resource as a golden or a plan names it.
type raw struct {
	token, name, parent string
	protected, kept     bool
}

// gather makes Resources out of what names them one by one.
func gather(all []raw, option bool) []Resource {
	var services []string
	for _, r := range all {
		if r.token == "deepstreamhub:service:Service" {
			services = append(services, r.name)
		}
	}
	out := map[string]Resource{}
	for _, r := range all {
		if r.token == "pulumi:pulumi:Stack" || strings.HasPrefix(r.token, "deepstreamhub:") {
			continue
		}
		tier := cmp.Or(r.parent, stackTier)
		name := general(r.name, tier, services)
		if slices.Contains(services, tier) {
			tier = ServiceTier
		}
		resource := Resource{
			Type: shortType(r.token), Name: name, Tier: tier, Protected: r.protected, Kept: r.kept, Option: option,
		}
		out[resource.Key()] = resource
	}
	var list []Resource
	for _, r := range out {
		list = append(list, r)
	}
	return list
}

// FromGolden reads a golden file of identities: "type name in parent protected retained", one resource a line.
func FromGolden(text string) []Resource {
	var all []raw
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 || !strings.Contains(words[0], ":") {
			continue
		}
		r := raw{token: words[0], name: words[1], protected: slices.Contains(words[2:], "protected"), kept: slices.Contains(words[2:], "retained")}
		if i := slices.Index(words, "in"); i > 0 {
			r.parent = words[i+1]
		}
		all = append(all, r)
	}
	return gather(all, false)
}

// FromPlan reads the plan of a stack that uses every option.
func FromPlan(p plan.Plan) []Resource {
	var all []raw
	for _, s := range p.Steps {
		r := raw{token: s.Type, name: s.Name}
		if plan.Type(s.Parent) != "pulumi:Stack" && plan.Type(s.Parent) != "pulumi:pulumi:Stack" {
			r.parent = plan.Name(s.Parent)
		}
		all = append(all, r)
	}
	return gather(all, true)
}

// Merge returns all resources once, sorted by type and name; what an earlier list has, a later one adds nothing to.
func Merge(lists ...[]Resource) []Resource {
	seen := map[string]bool{}
	var out []Resource
	for _, list := range lists {
		for _, r := range list {
			if !seen[r.Key()] {
				seen[r.Key()] = true
				out = append(out, r)
			}
		}
	}
	slices.SortFunc(out, func(a, b Resource) int { return strings.Compare(a.Key(), b.Key()) })
	return out
}
