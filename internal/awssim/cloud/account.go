package cloud

import (
	"crypto/sha256"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Account is what an AWS account holds before anything is deployed into it.
type Account struct {
	ID          string            `yaml:"id"`          // twelve digits
	Principal   string            `yaml:"principal"`   // ARN of whoever calls
	Regions     map[string]Region `yaml:"regions"`     // regions in use, by name
	HostedZones []HostedZone      `yaml:"hostedZones"` // public zones
	// ServiceLinkedRoles are the services whose service-linked role exists, such as ecs.amazonaws.com.
	ServiceLinkedRoles []string        `yaml:"serviceLinkedRoles"`
	Policies           []AccountPolicy `yaml:"policies"` // managed policies of the account's own
}

// AccountPolicy is a managed policy of the account.
type AccountPolicy struct {
	Name   string `yaml:"name"`
	Path   string `yaml:"path"` // begins and ends with /
	Policy string `yaml:"policy"`
}

// Region is what the account has in one region.
type Region struct {
	ZonePrefix string            `yaml:"zonePrefix"` // start of its availability zone ids: euc1
	Zones      map[string]string `yaml:"zones"`      // availability zone id -> name, as this account sees it
	Images     []Image           `yaml:"images"`     // machine images
	// VCPUs is how many vCPUs of on-demand standard instances may run, the quota L-1216C47A, and of spot ones as many again;
	// 0 is not limited.
	VCPUs int `yaml:"vcpus"`
	// AccountSettings are the ECS account settings switched on: awsvpcTrunking, containerInsights, ...
	AccountSettings map[string]string `yaml:"accountSettings"`
}

// Image is a machine image.
type Image struct {
	ID           string `yaml:"id"`
	Name         string `yaml:"name"`
	Architecture string `yaml:"architecture"` // arm64 or x86_64
	RootDevice   string `yaml:"rootDevice"`
	RootGiB      int    `yaml:"rootGiB"` // smallest root volume that holds it
}

// HostedZone is a public Route 53 zone.
type HostedZone struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
}

//go:embed account.yaml
var accountFile []byte

// DefaultAccount returns the account that account.yaml declares.
func DefaultAccount() *Account {
	a := &Account{}
	if err := yaml.Unmarshal(accountFile, a); err != nil {
		panic(fmt.Sprintf("account.yaml: %v", err)) // embedded: wrong only at build time, and tested
	}
	return a
}

// BlankAccount returns DefaultAccount as AWS hands it over: machine images and availability zones, and nothing that its
// owner or an earlier use of a service left there.
func BlankAccount() *Account {
	a := DefaultAccount()
	a.HostedZones, a.ServiceLinkedRoles, a.Policies = nil, nil, nil
	for name, r := range a.Regions {
		r.AccountSettings = nil
		a.Regions[name] = r
	}
	return a
}

// declaredFor is whose account account.yaml declares: names in it begin with this.
const declaredFor = "deepstreamhub"

// Give hands the account to an organisation: with its number, its name in the names of what is declared, and its public
// zones. What the account had of the zones already stays as it is.
func (a *Account) Give(organisation, id string, zones []string) {
	a.Principal = strings.ReplaceAll(a.Principal, a.ID, id)
	a.ID = id
	for i, p := range a.Policies {
		own := strings.NewReplacer(declaredFor, organisation)
		a.Policies[i] = AccountPolicy{Name: own.Replace(p.Name), Path: own.Replace(p.Path), Policy: own.Replace(p.Policy)}
	}
	if len(a.HostedZones) == 0 { // blank
		return
	}
	declared := a.HostedZones
	a.HostedZones = nil
	for _, name := range zones {
		zone := HostedZone{ID: fmt.Sprintf("Z0OFFLINE%X", sha256.Sum256([]byte(name)))[:21], Name: name}
		if i := slices.IndexFunc(declared, func(z HostedZone) bool { return z.Name == name }); i >= 0 {
			zone = declared[i]
		}
		a.HostedZones = append(a.HostedZones, zone)
	}
}

// AddRegion gives the account a region that account.yaml does not declare, with zones by id and one machine image; else it
// is like the one that is first by name.
func (a *Account) AddRegion(name string, zoneIDs []string, image Image) {
	like := a.Regions[slices.Sorted(maps.Keys(a.Regions))[0]]
	like.Zones, like.Images = map[string]string{}, []Image{image}
	for i, id := range zoneIDs {
		like.ZonePrefix, _, _ = strings.Cut(id, "-")
		like.Zones[id] = name + string(rune('a'+i))
	}
	a.Regions[name] = like
}

// StandardImage is an ECS-optimised machine image as account.yaml declares them.
func StandardImage(id, architecture string) Image {
	return Image{ID: id, Name: "al2023-ami-ecs-hvm-2023.0.20261101-kernel-6.12-" + architecture, Architecture: architecture, RootDevice: "/dev/xvda", RootGiB: 30}
}

// String lists the account for a person.
func (a *Account) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "account %s, called by %s\n", a.ID, a.Principal)
	for _, z := range a.HostedZones {
		fmt.Fprintf(&b, "  hosted zone   %s (%s)\n", z.Name, z.ID)
	}
	for _, name := range slices.Sorted(maps.Keys(a.Regions)) {
		r := a.Regions[name]
		fmt.Fprintf(&b, "  region        %s: zones %s\n", name, strings.Join(slices.Sorted(maps.Keys(r.Zones)), ", "))
		for _, i := range r.Images {
			fmt.Fprintf(&b, "  machine image %s in %s: %s, %s\n", i.ID, name, i.Name, i.Architecture)
		}
	}
	for _, p := range a.Policies {
		fmt.Fprintf(&b, "  policy        %s%s\n", p.Path, p.Name)
	}
	if len(a.ServiceLinkedRoles) > 0 {
		fmt.Fprintf(&b, "  service-linked roles of %s\n", strings.Join(a.ServiceLinkedRoles, ", "))
	}
	return b.String()
}
