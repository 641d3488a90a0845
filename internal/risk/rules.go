package risk

import (
	"fmt"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/plan"
)

// The types that rules look at from more than one place.
const (
	typeGroup   = "aws:autoscaling/group:Group"
	typeService = "aws:ecs/service:Service"
	typeTask    = "aws:ecs/taskDefinition:TaskDefinition"
)

// rules are what is known about types beyond their operation. "facts" are the platform's own: a deepstream node exits on
// any error of its connection to the bus, and logs errors of the database while its sockets stay open
// (deepstream.io-clusternode-redis; deepstream.io-storage-postgres 3.0, src/connector.ts: checkError).
var rules = map[string]func(judge, plan.Step) Finding{
	"aws:rds/cluster:Cluster":                           databaseCluster,
	"aws:rds/clusterInstance:ClusterInstance":           databaseInstance,
	typeClusterParameters:                               parameterGroup,
	typeInstanceParameters:                              parameterGroup,
	"aws:elasticache/replicationGroup:ReplicationGroup": bus,
	"aws:kms/key:Key":                                   dataTier("what is encrypted under it can never be read again"),
	"aws:secretsmanager/secret:Secret":                  dataTier("the password is lost"),
	"aws:backup/vault:Vault":                            dataTier("recovery points are lost"),

	"aws:lb/loadBalancer:LoadBalancer": balancer,
	"aws:lb/targetGroup:TargetGroup":   targetGroup,
	"aws:lb/listener:Listener":         listener,
	"aws:route53/record:Record":        record,

	typeGroup:                               group,
	"aws:ec2/launchTemplate:LaunchTemplate": template,
	"aws:ecs/cluster:Cluster":               cuts("hosts", "no host or task outlives its cluster"),
	typeService:                             service,
	typeTask:                                taskDefinition,
	"aws:appautoscaling/target:Target":      scaling,

	"aws:ec2/vpc:Vpc":                                     cuts("network", "everything is inside it"),
	"aws:ec2/subnet:Subnet":                               cuts("network", "what runs in it goes with it"),
	"aws:ec2/internetGateway:InternetGateway":             cuts("network", "clients come in through it"),
	"aws:ec2/routeTable:RouteTable":                       cuts("network", "packets of open connections go by it"),
	"aws:ec2/route:Route":                                 cuts("network", "packets of open connections go by it"),
	"aws:ec2/routeTableAssociation:RouteTableAssociation": cuts("network", "packets of open connections go by it"),
	"aws:ec2/networkAcl:NetworkAcl":                       networkACL,
}

// all is the loss of every client at once.
func (j judge) all(cause, reason string) Finding {
	return Finding{Class: Disconnects, Cause: cause, Reason: reason, Clients: j.fleet.Peak, AtOnce: j.fleet.Peak}
}

// some is the loss of clients, together or one batch after the other.
func (j judge) some(cause, reason string, clients, atOnce int) Finding {
	clients = min(clients, j.fleet.Peak)
	return Finding{Class: Disconnects, Cause: cause, Reason: reason, Clients: clients, AtOnce: min(atOnce, clients)}
}

// cuts is the rule of what every connection goes through or runs on.
func cuts(cause, reason string) func(judge, plan.Step) Finding {
	return func(j judge, s plan.Step) Finding {
		if gone(s) {
			return j.all(cause, reason)
		}
		return Finding{}
	}
}

// dataTier is the rule of what data cannot be read or restored without. Elsewhere, as with the keys of logs, it is no
// more than replaced.
func dataTier(reason string) func(judge, plan.Step) Finding {
	return func(_ judge, s plan.Step) Finding {
		if gone(s) && under(s, "Database", "Backup", "Bus") {
			return Finding{Class: Exposes, Reason: reason}
		}
		return Finding{}
	}
}

// databaseCluster: another password leaves open connections alone, and for new ones servers read it again. Properties that
// restart the instances are those of "Settings for Amazon Aurora", Amazon Aurora User Guide, and the upgrade of a minor version
// ("Upgrading Amazon Aurora PostgreSQL DB clusters"). A shorter retention deletes the backups that it no longer covers.
func databaseCluster(_ judge, s plan.Step) Finding {
	switch {
	case gone(s):
		return Finding{Class: Exposes, Reason: "the database is deleted with its data"}
	case changes(s, "backupRetentionPeriod") && number(s.New["backupRetentionPeriod"], 0) < number(s.Old["backupRetentionPeriod"], 0):
		return Finding{Class: Exposes, Reason: "earlier points in time can no longer be restored"}
	case changes(s, "skipFinalSnapshot") && s.New["skipFinalSnapshot"] == true:
		return Finding{Class: Exposes, Reason: "the database may be deleted without a last snapshot"}
	case changes(s, "engineVersion"):
		return versioned(s)
	case changes(s, "port"):
		return Finding{Class: Interrupts, Reason: "the instances are restarted"}
	}
	return Finding{}
}

func databaseInstance(_ judge, s plan.Step) Finding {
	switch {
	case gone(s):
		return Finding{Class: Interrupts, Reason: "if it is the writer, the database fails over"}
	case changes(s, "instanceClass", "engineVersion", "caCertIdentifier", "identifier"):
		return Finding{Class: Interrupts, Reason: "the instance is restarted, and if it is the writer, the database fails over"}
	}
	return Finding{}
}

// bus: "Upgrading engine versions" and "Scaling" of the Amazon ElastiCache User Guide: both end with a failover to new
// nodes, which closes connections.
func bus(j judge, s plan.Step) Finding {
	const reason = "every deepstream node exits when it loses its connection to the bus"
	if gone(s) || changes(s, "engine", "engineVersion", "nodeType") {
		return j.all("bus", reason)
	}
	return Finding{}
}

func balancer(j judge, s plan.Step) Finding {
	if gone(s) {
		return j.all("edge", "every client is connected through it")
	}
	if before, after := count(s.Old, "subnets"), count(s.New, "subnets"); changes(s, "subnets") && after < before {
		lost := share(j.fleet.Peak, before-after, before)
		return j.some("edge", "clients that came in through a zone that is left are cut", lost, lost)
	}
	return Finding{}
}

func targetGroup(j judge, s plan.Step) Finding {
	if gone(s) && j.carries(s) {
		return j.all("edge", "all tasks with clients are taken out of it")
	}
	return Finding{}
}

// listener: one that only redirects to HTTPS holds no sockets.
func listener(j judge, s plan.Step) Finding {
	if action, _ := plan.At(s.Old, "defaultActions[0].type"); gone(s) && action != "redirect" {
		return j.all("edge", "open connections end with their listener")
	}
	return Finding{}
}

// record: only addresses are what clients ask for.
func record(j judge, s plan.Step) Finding {
	if kind := s.Old["type"]; gone(s) && (kind == "A" || kind == "AAAA") {
		return j.all("edge", "clients that know the name cannot come back by it")
	}
	return Finding{}
}

// networkACL: lists are stateless, so what they no longer allow is cut in the middle of a connection ("Control subnet
// traffic with network access control lists", Amazon VPC User Guide).
func networkACL(j judge, s plan.Step) Finding {
	const reason = "a list that allows less cuts open connections"
	for _, list := range []string{"ingress", "egress"} {
		before, _ := s.Old[list].([]any)
		after, _ := s.New[list].([]any)
		for _, rule := range before {
			same := func(other any) bool { return fmt.Sprint(other) == fmt.Sprint(rule) }
			if changes(s, list) && !slices.ContainsFunc(after, same) {
				return j.all("network", reason)
			}
		}
	}
	if gone(s) {
		return j.all("network", reason)
	}
	return Finding{}
}

// carries reports whether a resource belongs to what holds the clients' sockets, rather than to a service beside it.
func (j judge) carries(s plan.Step) bool {
	return !under(s, "Service") || j.fleet.Service == "" || plan.Name(s.Parent) == j.fleet.Service
}

// under reports whether a step's parent is a component of one of these types.
func under(s plan.Step, components ...string) bool {
	_, name, _ := strings.Cut(strings.TrimPrefix(plan.Type(s.Parent), "deepstreamhub:"), ":")
	return slices.Contains(components, name)
}

// changes reports whether one of these inputs, or something inside it, is updated.
func changes(s plan.Step, inputs ...string) bool {
	return s.Op == plan.OpUpdate && slices.ContainsFunc(s.Changed, func(path string) bool {
		return slices.Contains(inputs, plan.Split(path)[0])
	})
}

// count is how many elements an input has.
func count(inputs map[string]any, name string) int {
	list, _ := inputs[name].([]any)
	return len(list)
}

// share is part of a whole's parts, rounded up.
func share(whole, part, parts int) int { return (whole*part + parts - 1) / max(parts, 1) }
