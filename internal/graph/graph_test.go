package graph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/svg/svgtest"
)

// sample is a region of so many zones and services.
func sample(zones, services int) Region {
	r := Region{Title: "prod-eu in eu-central-1", Clients: "Clients: wss://eu.deepstreamhub.com, TLS 1.3", VPC: "VPC 10.16.0.0/16"}
	names := []string{"deepstream: 60 tasks, 200,000 clients at the peak"}
	for i := range services {
		names = append(names, fmt.Sprintf("service-%02d: 2 to 400 tasks at /a/path/that/is/rather/long/for/a/service-%02d/*", i, i))
	}
	cells := func(what string) [][]string {
		var out [][]string
		for i := range zones {
			out = append(out, []string{fmt.Sprintf("euc1-az%d", i+1), "10.16.240.0/27", what})
		}
		return out
	}
	for i := range zones {
		r.Zones = append(r.Zones, fmt.Sprintf("euc1-az%d", i+1))
	}
	r.Tiers = []Tier{
		{Title: "edge", Lines: []string{"load balancer, firewall, certificate"}, Cells: cells("NAT gateway")},
		{Title: "service", Lines: names, Cells: cells("2 hosts m7g.16xlarge"), Traffic: "port 6020, by security group"},
		{Title: "database and bus", Protected: true, Cells: cells("database-1, Valkey"), Traffic: "ports 5432 and 6379"},
	}
	r.Beside = []Tier{{Title: "backup: " + strings.Repeat("recovery points ", 30), Protected: true, Traffic: "daily"}}
	return r
}

// Whatever the region, nothing overlaps but what lies inside of something, nothing is cut, and nothing is loaded.
func TestPicture(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{3, 0}, {6, 20}, {3, 5}, {2, 1}} {
		r := sample(size[0], size[1])
		said := strings.Join(svgtest.Legible(t, r.SVG()), " ")
		for _, text := range []string{r.Title, r.VPC, "edge", "database and bus", "ports 5432 and 6379", "daily"} {
			if !strings.Contains(said, text) {
				t.Errorf("%v: the picture does not say %q", size, text)
			}
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		most int
		want string
	}{{"", 5, ""}, {"a b c", 3, "a b|c"}, {"abcdefgh", 3, "abc|def|gh"}, {"one two", 20, "one two"}} {
		if got := strings.Join(wrap(tt.text, tt.most), "|"); got != tt.want {
			t.Errorf("%q at %d: %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}
