package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/deepstreamhub/platform/internal/naming"
)

// Another says where another region like one that exists is to be.
type Another struct {
	Name     string   // of the stack; empty for one after the model's: ap-southeast-1 like prod-eu is prod-ap
	Region   string   // ap-southeast-1
	Hostname string   // empty for the last part of the name in the model's zone
	Taken    []string // network ranges of the stacks that exist
}

// RegionArgument is the key of a problem with Another's own region, and not with the model's file.
const RegionArgument = "region"

// StackName returns the name of the stack in a region that is like the model's.
func (a Another) StackName(model string) string {
	if a.Name != "" {
		return a.Name
	}
	geography, _, _ := strings.Cut(a.Region, "-")
	if i := strings.LastIndex(model, "-"); i >= 0 {
		return model[:i+1] + geography
	}
	return model + "-" + geography
}

// Regions are the names of the regions that a stack can be in, sorted.
func Regions() []string { return slices.Sorted(maps.Keys(regions)) }

// ZoneIDs returns the ids of the zones of a region, sorted; nil if no stack can be there.
func ZoneIDs(name string) []string { return regions[name].ids() }

// Place is where a stack file puts a stack.
type Place struct{ Region, AMI, Architecture, Zone, CopyTo string }

// PlaceOf returns where a stack's file in a folder puts it, with what is missing or wrong empty, since whoever deploys it hears
// of that. The error is that of a file that cannot be read at all.
func PlaceOf(dir, stack string) (Place, error) {
	src, err := ReadFiles(dir, stack)
	if err != nil {
		return Place{}, err
	}
	c := Defaults(naming.Of(src.Project)).Cluster
	_ = yaml.Unmarshal([]byte(src.Values[src.Project+":cluster"]), &c)
	var e Edge
	_ = yaml.Unmarshal([]byte(src.Values[src.Project+":edge"]), &e)
	var b Backup
	_ = yaml.Unmarshal([]byte(src.Values[src.Project+":backup"]), &b)
	return Place{src.Values[regionKey], Unmarked(c.AMI), c.Architecture, e.Zone, b.CopyTo}, nil
}

// Like returns the stack file of another region: the model's with the region, zones, network range, copies, images and
// name of the new one, and everything else, comments included, as it was. Machine images have another id in each region, so
// that one is a placeholder.
func Like(project string, model []byte, stack string, a Another) ([]byte, error) {
	d, err := openDocument(model)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", stack, err)
	}
	group := func(name, key string) *yaml.Node { return d.group(project, name, key) }
	from := d.at("config", "aws:region")
	to, known := regions[a.Region]
	switch {
	case from == nil:
		return nil, fmt.Errorf("read %s: it has no aws:region", stack)
	case !known:
		return nil, refused(RegionArgument, a.Region, "must be a commercial region with three zones, one of "+strings.Join(Regions(), ", "), nearest(a.Region, Regions()))
	case from.Value == a.Region:
		return nil, refused(RegionArgument, a.Region, "must be another than that of "+stack, "")
	}
	d.set(from, a.Region)
	if err := zonesLike(d, group("network", "zones"), to, a.Region); err != nil {
		return nil, err
	}
	if cidr := group("network", "cidr"); cidr != nil {
		free, err := freeRange(cidr.Value, a.Taken)
		if err != nil {
			return nil, err
		}
		d.set(cidr, free)
	}
	if copies := group("backup", "copyTo"); copies != nil && copies.Value == a.Region {
		d.set(copies, from.Value)
	}
	if ami := group("cluster", "ami"); ami != nil {
		d.set(ami, placeholderMark+StandInAMI(a.Region))
	}
	if image := group("service", "image"); image != nil {
		bare, placeheld := strings.CutPrefix(image.Value, placeholderMark)
		bare = registry.ReplaceAllString(bare, "${1}"+a.Region+"${2}")
		if placeheld {
			bare = placeholderMark + bare
		}
		d.set(image, bare)
	}
	if host := group("edge", "hostname"); host != nil {
		d.set(host, a.hostname(host.Value, stack))
	}
	text, err := d.apply()
	if err != nil {
		return nil, fmt.Errorf("write a stack file like that of %s: %w", stack, err)
	}
	return renamed(text, from.Value, a.Region), nil
}

func (a Another) hostname(model, stack string) string {
	if a.Hostname != "" {
		return a.Hostname
	}
	name := a.StackName(stack)
	_, zone, _ := strings.Cut(model, ".")
	return name[strings.LastIndex(name, "-")+1:] + "." + zone
}

// StandInAMI is an id of the form that a machine image of a region has. Only an offline account has one of that id.
func StandInAMI(region string) string {
	sum := sha256.Sum256([]byte(region))
	return "ami-" + hex.EncodeToString(sum[:])[:17]
}

// refused is the error of one problem.
func refused(key string, value any, rule, nearest string) error {
	return Problems{NewProblem(key, value, rule, nearest)}
}

// zonesLike takes as many zones of the new region as the model has.
func zonesLike(d *document, zones *yaml.Node, to region, name string) error {
	if zones == nil {
		return nil
	}
	ids := to.ids()
	if len(zones.Content) > len(ids) {
		return refused("network.zones", len(zones.Content), fmt.Sprintf("must be at most the %d that %s has", len(ids), name), "")
	}
	for i, zone := range zones.Content {
		d.set(zone, ids[i])
	}
	return nil
}

// freeRange is the first range of the model's size behind it that overlaps none that is taken.
func freeRange(model string, taken []string) (string, error) {
	first, err := netip.ParsePrefix(model)
	if err != nil || !first.Addr().Is4() {
		return "", refused("network.cidr", model, "must be an IPv4 range", "")
	}
	var ranges []netip.Prefix
	for _, text := range taken {
		if p, err := netip.ParsePrefix(text); err == nil {
			ranges = append(ranges, p)
		}
	}
	for p := first.Masked(); p.Addr().IsPrivate(); p = netip.PrefixFrom(after(p), p.Bits()) {
		if !slices.ContainsFunc(ranges, p.Overlaps) && p != first.Masked() {
			return p.String(), nil
		}
	}
	return "", errors.New("network.cidr: no private range behind " + model + " is free; write the file by hand")
}

// after is the first address behind an IPv4 range.
func after(p netip.Prefix) netip.Addr {
	b := p.Addr().As4()
	n := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	n += 1 << (32 - p.Bits())
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// renamed puts the new region into comments that stand alone on their lines.
func renamed(text []byte, from, to string) []byte {
	lines := strings.SplitAfter(string(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			lines[i] = strings.ReplaceAll(line, from, to)
		}
	}
	return []byte(strings.Join(lines, ""))
}

// WithRegion returns bootstrap's settings with one region and one environment more; those that it has stay single.
func WithRegion(file []byte, project, region, environment string) ([]byte, error) {
	d, err := openDocument(file)
	if err != nil {
		return nil, fmt.Errorf("read bootstrap's settings: %w", err)
	}
	for _, more := range []struct{ group, key, value string }{{"account", "regions", region}, {"github", "environments", environment}} {
		list := d.group(project, more.group, more.key)
		if list == nil || len(list.Content) == 0 {
			return nil, fmt.Errorf("bootstrap's settings: %s.%s is no list with an item; write it once by hand", more.group, more.key)
		}
		if !slices.ContainsFunc(list.Content, func(n *yaml.Node) bool { return n.Value == more.value }) {
			d.add(list, more.value)
		}
	}
	return d.apply()
}
