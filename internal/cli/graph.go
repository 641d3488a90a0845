package cli

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/deepstreamhub/platform/components/network"
	"github.com/deepstreamhub/platform/internal/config"
	"github.com/deepstreamhub/platform/internal/graph"
	"github.com/deepstreamhub/platform/internal/risk"
)

func (a App) graph() *cobra.Command {
	var f flags
	var file string
	c := &cobra.Command{
		Use:   "graph STACK",
		Short: "Draw a region: network, tiers, traffic, what is protected",
		Long: `graph draws, from its configuration, what a region is made of: zones and subnets, the tiers in
them, what may call whom, and what is protected from being destroyed. It writes an SVG that loads
nothing, to stdout or into a file. It asks nobody: no engine, no AWS.`,
		Example: "  hub graph prod-eu --svg prod-eu.svg",
		Args:    oneArgument,
		RunE: func(c *cobra.Command, stacks []string) error {
			s, err := a.parse(c, f, stacks)
			if err != nil {
				return err
			}
			cfg, err := s.deps.load(s.root, stacks[0], true) // what is still a placeholder is drawn alike
			if err != nil {
				return configError{err}
			}
			drawn, err := regionOf(stacks[0], cfg)
			if err != nil {
				return configError{err}
			}
			if file != "" {
				return s.writeDocument(file, drawn.SVG())
			}
			_, err = s.Out.Write(drawn.SVG())
			if err != nil {
				return fmt.Errorf("draw %s: %w", stacks[0], err)
			}
			return nil
		},
	}
	f.addRead(c)
	_ = c.Flags().MarkHidden("json") // taken by all, and without meaning where there is a picture
	c.Flags().StringVar(&file, "svg", "", "draw into this file (default: stdout)")
	return c
}

// regionOf is what there is to draw of a configuration.
func regionOf(stack string, cfg config.Config) (graph.Region, error) {
	cidr, err := netip.ParsePrefix(cfg.Network.CIDR)
	if err != nil {
		return graph.Region{}, fmt.Errorf("read network.cidr: %w", err)
	}
	subnets, err := network.Plan(cidr, cfg.Network.Zones)
	if err != nil {
		return graph.Region{}, err
	}
	protected := cfg.Platform.Protect != nil && *cfg.Platform.Protect
	cells := func(tier network.Tier, what func(zone int) []string) [][]string {
		var out [][]string
		for _, s := range subnets {
			if s.Tier == tier {
				out = append(out, append([]string{s.Zone + " " + string(tier), s.CIDR.String()}, what(len(out))...))
			}
		}
		return out
	}
	z := cfg.Sizes
	r := graph.Region{
		Title:   fmt.Sprintf("%s: deepstreamHub in %s, from its configuration", stack, cfg.Region),
		Clients: fmt.Sprintf("clients: wss://%s, %s at the peak; %s", cfg.Edge.Hostname, risk.Grouped(cfg.Service.PeakConnections), letIn(cfg.Service.Auth)),
		VPC:     "network: VPC " + cfg.Network.CIDR,
		Zones:   cfg.Network.Zones,
	}
	r.Tiers = []graph.Tier{
		{
			Title: "edge: load balancer with firewall, certificate and access logs", Traffic: "port 443, TLS 1.3",
			Cells: cells(network.TierPublic, func(zone int) []string { return []string{"load balancer", natOf(cfg.Network.NAT, zone)} }),
		},
		{
			Title: fmt.Sprintf("cluster: %d to %d hosts %s of an auto scaling group", z.MinHosts, z.MaxHosts, cfg.Cluster.InstanceType),
			Lines: servicesOf(cfg), Traffic: "the service's port, from the load balancer's security group alone",
			Cells: cells(network.TierPrivate, func(int) []string { return []string{"hosts and tasks"} }),
		},
		{
			Title:     fmt.Sprintf("database: Aurora PostgreSQL %s, a writer and %s %s", cfg.Database.EngineVersion, risk.Counted(cfg.Database.Readers, "reader"), cfg.Database.InstanceClass),
			Lines:     []string{fmt.Sprintf("bus: Valkey %s, a primary and %s %s", cfg.Bus.EngineVersion, risk.Counted(cfg.Bus.Replicas, "replica"), cfg.Bus.NodeType)},
			Protected: protected, Traffic: "ports 5432 (database) and 6379 (bus), from the tasks' security groups alone",
			Cells: cells(network.TierData, func(zone int) []string {
				return []string{instancesIn(zone, len(cfg.Network.Zones), cfg.Database.Readers), busIn(cfg.Bus.Replicas, len(cfg.Network.Zones))}
			}),
		},
	}
	r.Beside = besides(cfg, protected)
	return r, nil
}

func letIn(auth config.Auth) string {
	if auth.Webhook == "" {
		return "everybody is let in"
	}
	return "let in by " + auth.Webhook
}

func natOf(nat string, zone int) string {
	if nat == "perZone" || nat == "single" && zone == 0 {
		return "NAT gateway"
	}
	return "no NAT gateway"
}

// instancesIn are the database's instances in a zone: they take the zones in turn.
func instancesIn(zone, zones, readers int) string {
	var names []string
	for i := zone; i <= readers; i += zones {
		names = append(names, fmt.Sprintf("database-%d", i+1))
	}
	if names == nil {
		return "no database instance"
	}
	return strings.Join(names, ", ")
}

// busIn says whether the bus has a node in each zone. With fewer nodes than zones, AWS chooses where.
func busIn(replicas, zones int) string {
	if replicas+1 >= zones {
		return "bus node"
	}
	return "bus node, or none"
}

// servicesOf are the services on the hosts, and whom they call beside database and bus.
func servicesOf(cfg config.Config) []string {
	z := cfg.Sizes
	lines := []string{fmt.Sprintf("service: %d to %d tasks of deepstream", z.MinTasks, z.Tasks)}
	for _, name := range slices.Sorted(maps.Keys(cfg.Services)) {
		s := cfg.Services[name]
		lines = append(lines, fmt.Sprintf("services/%s: %d to %d tasks at %s", name, s.Tasks, max(s.Tasks, s.MaxTasks), s.Path))
	}
	if len(cfg.Network.Endpoints) > 0 {
		lines = append(lines, "They call AWS by interface endpoints: "+strings.Join(cfg.Network.Endpoints, ", "))
	}
	if cfg.Service.Auth.Webhook != "" && cfg.Network.NAT != "none" {
		lines = append(lines, "They ask the webhook by NAT.")
	}
	return lines
}

// besides are the tiers outside of the VPC.
func besides(cfg config.Config, protected bool) []graph.Tier {
	var out []graph.Tier
	if b := cfg.Backup; b.Enabled != nil && *b.Enabled {
		lines := []string{fmt.Sprintf("recovery points are kept for %d days; lock of the vault: %s", b.RetentionDays, b.Lock)}
		if b.CopyTo != "" {
			lines = append(lines, fmt.Sprintf("copied to %s, kept there for %d days", b.CopyTo, b.CopyRetentionDays))
		}
		out = append(out, graph.Tier{Title: "backup: AWS Backup", Lines: lines, Protected: protected, Traffic: "the database's volume, at " + b.Schedule})
	}
	told := "nobody is told"
	if n := len(cfg.Observability.Notify); n > 0 {
		told = fmt.Sprintf("%d receivers are told", n)
	}
	return append(out, graph.Tier{Title: "observability: alarms, events and a dashboard; " + told, Traffic: "metrics and events of every tier"})
}
