package risk_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/deepstreamhub/platform/internal/plan"
	"github.com/deepstreamhub/platform/internal/risk"
)

// fleet is 20,000 clients on 12 tasks on 3 hosts.
var fleet = risk.Fleet{
	Service: "deepstream", Peak: 20_000, Tasks: 12, PerTask: 1667, Hosts: 3, TasksPerHost: 4,
	Access: risk.Setting{Variable: "AUTH", Value: "http"},
}

const (
	groupType    = "aws:autoscaling/group:Group"
	serviceType  = "aws:ecs/service:Service"
	templateType = "aws:ec2/launchTemplate:LaunchTemplate"
	taskType     = "aws:ecs/taskDefinition:TaskDefinition"
)

type values = map[string]any

// version is the change of a database's version.
func version(from, to string, allowed bool) plan.Step {
	after := values{"engineVersion": to}
	if allowed {
		after["allowMajorVersionUpgrade"] = true
	}
	return in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(values{"engineVersion": from}, after, "engineVersion"))
}

// family is the replacement of a parameter group by one for another major version.
func family(from, to string) plan.Step {
	of := func(major string) values { return values{"family": "aurora-postgresql" + major} }
	return in("database:Database/database", "aws:rds/parameterGroup:ParameterGroup", "p", plan.OpReplace, change(of(from), of(to), "family"))
}

// in makes a step inside a component: "edge:Edge/edge" is the component's type and name.
func in(component, typ, name string, op plan.Op, more func(*plan.Step)) plan.Step {
	ctype, cname := component, component
	for i := range component {
		if component[i] == '/' {
			ctype, cname = component[:i], component[i+1:]
		}
	}
	qualified := "deepstreamhub:" + ctype
	s := plan.Step{
		URN: "urn:pulumi:s::p::" + qualified + "$" + typ + "::" + name, Type: typ, Name: name, Op: op,
		Parent: "urn:pulumi:s::p::" + qualified + "::" + cname,
	}
	if more != nil {
		more(&s)
	}
	return s
}

func change(before, after values, changed ...string) func(*plan.Step) {
	return func(s *plan.Step) { s.Old, s.New, s.Changed = before, after, changed }
}

func protected(s *plan.Step) { s.Protect = true }

var refreshing = values{"instanceRefresh": values{"preferences": values{"minHealthyPercentage": 100.0, "maxHealthyPercentage": 134.0}}}

// containers are container definitions whose first has the word for who is let in.
func containers(word string) string {
	return `[{"name":"deepstream","environment":[{"name":"HOST","value":"db"},{"name":"AUTH","value":"` + word + `"}]}]`
}

// opened are deepstream's component with these inputs, its task definition before and after, and the service that takes it.
func opened(op plan.Op, before, after any, component values) []plan.Step {
	task := in("service:Service/deepstream", taskType, "task", op, func(s *plan.Step) {
		if before != nil {
			s.Old = values{"containerDefinitions": before}
		}
		if after != nil {
			s.New = values{"containerDefinitions": after}
		}
		if op == plan.OpUpdate {
			s.Changed = []string{"tags.owner"}
		}
	})
	steps := []plan.Step{
		{URN: task.Parent, Type: "deepstreamhub:service:Service", Name: "deepstream", Op: plan.OpSame, Old: component, New: component}, task,
	}
	if op == plan.OpCreate {
		return steps
	}
	return append(steps, in("service:Service/deepstream", serviceType, "service", plan.OpUpdate, change(nil, values{}, "taskDefinition")))
}

var cases = map[string]struct {
	steps   []plan.Step
	want    risk.Class
	clients int
	atOnce  int
	rounds  int
}{
	"nothing":  {steps: []plan.Step{in("network:Network/network", "aws:ec2/vpc:Vpc", "vpc", plan.OpSame, nil)}, want: risk.Nothing},
	"read":     {steps: []plan.Step{in("network:Network/network", "aws:ec2/vpc:Vpc", "vpc", plan.OpRead, nil)}, want: risk.Nothing},
	"new":      {steps: []plan.Step{in("network:Network/network", "aws:ec2/vpc:Vpc", "vpc", plan.OpCreate, nil)}, want: risk.InPlace},
	"imported": {steps: []plan.Step{in("network:Network/network", "aws:ec2/vpc:Vpc", "vpc", plan.OpImport, nil)}, want: risk.InPlace},
	"a tag":    {steps: []plan.Step{in("network:Network/network", "aws:ec2/vpc:Vpc", "vpc", plan.OpUpdate, change(nil, nil, "tags.owner"))}, want: risk.InPlace},
	"a component is no resource": {
		steps: []plan.Step{{Type: "deepstreamhub:database:Database", Name: "database", Op: plan.OpDelete, Protect: true}}, want: risk.Nothing,
	},
	"replaced beside everything": {steps: []plan.Step{in("network:Network/network", "aws:ec2/flowLog:FlowLog", "flows", plan.OpReplace, nil)}, want: risk.Replaces},
	"deleted beside everything":  {steps: []plan.Step{in("observability:Observability/o", "aws:sns/topic:Topic", "topic", plan.OpDelete, nil)}, want: risk.Replaces},
	"an operation from tomorrow": {steps: []plan.Step{in("observability:Observability/o", "aws:sns/topic:Topic", "topic", "teleport", nil)}, want: risk.Replaces},

	"protected deleted":            {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpDelete, protected)}, want: risk.Blocked},
	"protected replaced":           {steps: []plan.Step{in("database:Database/database", "aws:rds/parameterGroup:ParameterGroup", "p", plan.OpReplace, protected)}, want: risk.Blocked},
	"protected in place":           {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, func(s *plan.Step) { s.Protect, s.Changed = true, []string{"tags.x"} })}, want: risk.InPlace},
	"guarded by AWS":               {steps: []plan.Step{in("edge:Edge/edge", "aws:lb/loadBalancer:LoadBalancer", "lb", plan.OpReplace, change(values{"enableDeletionProtection": true}, nil))}, want: risk.Blocked, clients: 20_000, atOnce: 20_000, rounds: 1},
	"protection taken off":         {steps: []plan.Step{in("database:Database/database", "aws:rds/subnetGroup:SubnetGroup", "db", plan.OpSame, func(s *plan.Step) { s.Unprotect = true })}, want: risk.Exposes},
	"guard switched off":           {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(values{"deletionProtection": true}, values{"deletionProtection": false}, "deletionProtection"))}, want: risk.Exposes},
	"guard left out":               {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(values{"deletionProtection": "true"}, values{}, "deletionProtection"))}, want: risk.Exposes},
	"guard stays":                  {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(values{"deletionProtection": true}, values{"deletionProtection": true}, "tags.x"))}, want: risk.InPlace},
	"unprotected database":         {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpReplace, nil)}, want: risk.Exposes},
	"key of data":                  {steps: []plan.Step{in("backup:Backup/backup", "aws:kms/key:Key", "key", plan.OpDelete, nil)}, want: risk.Exposes},
	"key of logs":                  {steps: []plan.Step{in("service:Service/orders", "aws:kms/key:Key", "key", plan.OpDelete, nil)}, want: risk.Replaces},
	"secret of data":               {steps: []plan.Step{in("bus:Bus/bus", "aws:secretsmanager/secret:Secret", "secret", plan.OpReplace, nil)}, want: risk.Exposes},
	"vault":                        {steps: []plan.Step{in("backup:Backup/backup", "aws:backup/vault:Vault", "vault", plan.OpDelete, nil)}, want: risk.Exposes},
	"shorter retention of backups": {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(values{"backupRetentionPeriod": 35.0}, values{"backupRetentionPeriod": 1.0}, "backupRetentionPeriod"))}, want: risk.Exposes},
	"longer retention of backups":  {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(values{"backupRetentionPeriod": 1.0}, values{"backupRetentionPeriod": 35.0}, "backupRetentionPeriod"))}, want: risk.InPlace},
	"no last snapshot any more":    {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(values{"skipFinalSnapshot": false}, values{"skipFinalSnapshot": true}, "skipFinalSnapshot"))}, want: risk.Exposes},
	"database engine":              {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(nil, nil, "engineVersion"))}, want: risk.Interrupts},
	"database major, not allowed":  {steps: []plan.Step{version("16.8", "17.5", false)}, want: risk.Blocked},
	"database major, allowed":      {steps: []plan.Step{version("16.8", "17.5", true)}, want: risk.Interrupts},
	"database minor":               {steps: []plan.Step{version("16.8", "16.9", false)}, want: risk.Interrupts},
	"database minor back":          {steps: []plan.Step{version("16.9", "16.8", true)}, want: risk.Blocked},
	"database major back":          {steps: []plan.Step{version("17.5", "16.9", true)}, want: risk.Blocked},
	"database major skipped":       {steps: []plan.Step{version("15.13", "17.5", true)}, want: risk.Blocked},
	"database older than it":       {steps: []plan.Step{version("16.9", "17.4", true)}, want: risk.Blocked},
	"database of unknown version":  {steps: []plan.Step{version("16.4", "17.5", true)}, want: risk.Interrupts},
	"parameters of the next":       {steps: []plan.Step{family("16", "17")}, want: risk.Replaces},
	"parameters of the one before": {steps: []plan.Step{family("17", "16")}, want: risk.Blocked},
	"parameters skip one":          {steps: []plan.Step{family("15", "17")}, want: risk.Blocked},
	"parameters of nothing known":  {steps: []plan.Step{family("", "17")}, want: risk.Replaces},
	"database port":                {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(nil, nil, "port"))}, want: risk.Interrupts},
	"database password":            {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(nil, nil, "masterPassword"))}, want: risk.InPlace},
	"database class":               {steps: []plan.Step{in("database:Database/database", "aws:rds/clusterInstance:ClusterInstance", "w", plan.OpUpdate, change(nil, nil, "instanceClass"))}, want: risk.Interrupts},
	"database instance":            {steps: []plan.Step{in("database:Database/database", "aws:rds/clusterInstance:ClusterInstance", "w", plan.OpDelete, nil)}, want: risk.Interrupts},
	"database backup window":       {steps: []plan.Step{in("database:Database/database", "aws:rds/cluster:Cluster", "db", plan.OpUpdate, change(nil, nil, "preferredBackupWindow"))}, want: risk.InPlace},

	"bus engine":   {steps: []plan.Step{in("bus:Bus/bus", "aws:elasticache/replicationGroup:ReplicationGroup", "g", plan.OpUpdate, change(nil, nil, "engineVersion"))}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"bus node":     {steps: []plan.Step{in("bus:Bus/bus", "aws:elasticache/replicationGroup:ReplicationGroup", "g", plan.OpUpdate, change(nil, nil, "nodeType"))}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"bus replaced": {steps: []plan.Step{in("bus:Bus/bus", "aws:elasticache/replicationGroup:ReplicationGroup", "g", plan.OpReplace, nil)}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"bus replica":  {steps: []plan.Step{in("bus:Bus/bus", "aws:elasticache/replicationGroup:ReplicationGroup", "g", plan.OpUpdate, change(nil, nil, "numCacheClusters"))}, want: risk.InPlace},

	"balancer replaced":          {steps: []plan.Step{in("edge:Edge/edge", "aws:lb/loadBalancer:LoadBalancer", "lb", plan.OpReplace, nil)}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"balancer loses a zone":      {steps: []plan.Step{in("edge:Edge/edge", "aws:lb/loadBalancer:LoadBalancer", "lb", plan.OpUpdate, change(values{"subnets": []any{"a", "b", "c"}}, values{"subnets": []any{"a", "b"}}, "subnets[2]"))}, want: risk.Disconnects, clients: 6667, atOnce: 6667, rounds: 1},
	"balancer gains a zone":      {steps: []plan.Step{in("edge:Edge/edge", "aws:lb/loadBalancer:LoadBalancer", "lb", plan.OpUpdate, change(values{"subnets": []any{"a"}}, values{"subnets": []any{"a", "b"}}, "subnets[1]"))}, want: risk.InPlace},
	"target group replaced":      {steps: []plan.Step{in("edge:Edge/edge", "aws:lb/targetGroup:TargetGroup", "t", plan.OpReplace, nil)}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"target group of a service":  {steps: []plan.Step{in("service:Service/orders", "aws:lb/targetGroup:TargetGroup", "t", plan.OpReplace, nil)}, want: risk.Replaces},
	"listener deleted":           {steps: []plan.Step{in("edge:Edge/edge", "aws:lb/listener:Listener", "https", plan.OpDelete, change(values{"defaultActions": []any{values{"type": "forward"}}}, nil))}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"redirect deleted":           {steps: []plan.Step{in("edge:Edge/edge", "aws:lb/listener:Listener", "http", plan.OpDelete, change(values{"defaultActions": []any{values{"type": "redirect"}}}, nil))}, want: risk.Replaces},
	"name deleted":               {steps: []plan.Step{in("edge:Edge/edge", "aws:route53/record:Record", "name", plan.OpReplace, change(values{"type": "A"}, nil))}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"validation record replaced": {steps: []plan.Step{in("edge:Edge/edge", "aws:route53/record:Record", "v", plan.OpReplace, change(values{"type": "CNAME"}, nil))}, want: risk.Replaces},

	"group replaced":     {steps: []plan.Step{in("cluster:Cluster/cluster", groupType, "hosts", plan.OpReplace, nil)}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"hosts refreshed":    {steps: []plan.Step{in("cluster:Cluster/cluster", groupType, "hosts", plan.OpUpdate, change(nil, refreshing, "launchTemplate.version"))}, want: risk.Disconnects, clients: 20_000, atOnce: 6668, rounds: 1},
	"hosts mixed":        {steps: []plan.Step{in("cluster:Cluster/cluster", groupType, "hosts", plan.OpUpdate, change(nil, refreshing, "mixedInstancesPolicy"))}, want: risk.Disconnects, clients: 20_000, atOnce: 6668, rounds: 1},
	"new hosts only":     {steps: []plan.Step{in("cluster:Cluster/cluster", groupType, "hosts", plan.OpUpdate, change(nil, values{}, "launchTemplate.version"))}, want: risk.InPlace},
	"more hosts":         {steps: []plan.Step{in("cluster:Cluster/cluster", groupType, "hosts", plan.OpUpdate, change(nil, refreshing, "maxSize"))}, want: risk.InPlace},
	"hosts leave a zone": {steps: []plan.Step{in("cluster:Cluster/cluster", groupType, "hosts", plan.OpUpdate, change(values{"vpcZoneIdentifiers": []any{"a", "b"}}, values{"vpcZoneIdentifiers": []any{"a"}}, "vpcZoneIdentifiers[1]"))}, want: risk.Disconnects, clients: 10_000, atOnce: 10_000, rounds: 1},
	"template alone":     {steps: []plan.Step{in("cluster:Cluster/cluster", templateType, "t", plan.OpUpdate, change(nil, nil, "imageId"))}, want: risk.InPlace},

	"image of deepstream": {
		steps: []plan.Step{
			in("service:Service/deepstream", taskType, "task", plan.OpReplace, change(nil, nil, "containerDefinitions")),
			in("service:Service/deepstream", serviceType, "service", plan.OpUpdate, change(nil, values{"deploymentMaximumPercent": 125.0}, "taskDefinition")),
		},
		want: risk.Disconnects, clients: 20_000, atOnce: 3 * 1667, rounds: 1,
	},
	"image of another service": {
		steps: []plan.Step{
			in("service:Service/orders", taskType, "task", plan.OpReplace, change(nil, nil, "containerDefinitions")),
			in("service:Service/orders", serviceType, "service", plan.OpUpdate, change(nil, nil, "taskDefinition")),
		},
		want: risk.Replaces,
	},
	"service deleted":         {steps: []plan.Step{in("service:Service/deepstream", serviceType, "service", plan.OpDelete, nil)}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"another service deleted": {steps: []plan.Step{in("service:Service/orders", serviceType, "service", plan.OpDelete, nil)}, want: risk.Replaces},
	"a third task less":       {steps: []plan.Step{in("service:Service/deepstream", serviceType, "service", plan.OpUpdate, change(values{"desiredCount": 3.0}, values{"desiredCount": 2.0}, "desiredCount"))}, want: risk.Disconnects, clients: 1667, atOnce: 1667, rounds: 1},
	"lower maximum":           {steps: []plan.Step{in("service:Service/deepstream", "aws:appautoscaling/target:Target", "scaling", plan.OpUpdate, change(values{"maxCapacity": 12.0}, values{"maxCapacity": 10.0}, "maxCapacity"))}, want: risk.Disconnects, clients: 3334, atOnce: 3334, rounds: 1},
	"higher maximum":          {steps: []plan.Step{in("service:Service/deepstream", "aws:appautoscaling/target:Target", "scaling", plan.OpUpdate, change(values{"maxCapacity": 12.0}, values{"maxCapacity": 14.0}, "maxCapacity"))}, want: risk.InPlace},

	"a new region that asks":                       {steps: opened(plan.OpCreate, nil, plan.Unknown, values{"environment": values{"AUTH": "http"}}), want: risk.InPlace},
	"a new region that is open":                    {steps: opened(plan.OpCreate, nil, plan.Unknown, values{"environment": values{"AUTH": "none"}}), want: risk.Exposes},
	"a new region that says so in its containers":  {steps: opened(plan.OpCreate, nil, containers("none"), values{}), want: risk.Exposes},
	"a new region of which nothing is known":       {steps: opened(plan.OpCreate, nil, plan.Unknown, values{"environment": plan.Unknown}), want: risk.Exposes},
	"a new region with an unknown word":            {steps: opened(plan.OpCreate, nil, plan.Unknown, values{"environment": values{"AUTH": plan.Unknown}}), want: risk.Exposes},
	"a new region with a secret word":              {steps: opened(plan.OpCreate, nil, plan.Unknown, values{"environment": values{"AUTH": plan.Secret}}), want: risk.Exposes},
	"a new region without a component":             {steps: opened(plan.OpCreate, nil, plan.Unknown, nil)[1:], want: risk.Exposes},
	"a new region by another word":                 {steps: opened(plan.OpCreate, nil, containers("file"), nil), want: risk.Exposes},
	"a new region by an empty word":                {steps: opened(plan.OpCreate, nil, containers(""), nil), want: risk.Exposes},
	"containers that are none":                     {steps: opened(plan.OpCreate, nil, "[{", values{"environment": plan.Unknown}), want: risk.Exposes},
	"becomes open":                                 {steps: opened(plan.OpReplace, containers("http"), containers("none"), nil), want: risk.Exposes, clients: 20_000, atOnce: 20_000, rounds: 1},
	"becomes open, unknown yet":                    {steps: opened(plan.OpReplace, containers("http"), plan.Unknown, values{"environment": values{"AUTH": "none"}}), want: risk.Exposes, clients: 20_000, atOnce: 20_000, rounds: 1},
	"may become open":                              {steps: opened(plan.OpReplace, containers("http"), plan.Unknown, values{"environment": plan.Unknown}), want: risk.Exposes, clients: 20_000, atOnce: 20_000, rounds: 1},
	"becomes open where nobody was told":           {steps: opened(plan.OpReplace, "[{}]", containers("none"), nil), want: risk.Exposes, clients: 20_000, atOnce: 20_000, rounds: 1},
	"open in its second container":                 {steps: opened(plan.OpReplace, containers("http"), `[{"environment":[{"name":"AUTH","value":"http"}]},{"environment":[{"name":"AUTH","value":"none"}]}]`, nil), want: risk.Exposes, clients: 20_000, atOnce: 20_000, rounds: 1},
	"stays open":                                   {steps: opened(plan.OpReplace, containers("none"), containers("none"), nil), want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"stays open, unknown yet":                      {steps: opened(plan.OpReplace, containers("none"), plan.Unknown, nil), want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"is open":                                      {steps: opened(plan.OpSame, containers("none"), containers("none"), values{"environment": values{"AUTH": "none"}})[:2], want: risk.Nothing},
	"is closed":                                    {steps: opened(plan.OpReplace, containers("none"), containers("http"), nil), want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"another webhook":                              {steps: opened(plan.OpReplace, containers("http"), plan.Unknown, values{"environment": values{"AUTH": "http"}}), want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"open revisions go":                            {steps: opened(plan.OpDelete, containers("none"), nil, nil)[1:2], want: risk.Replaces},
	"tags of an open revision":                     {steps: opened(plan.OpUpdate, containers("none"), containers("none"), nil)[1:2], want: risk.InPlace},
	"an open revision that nobody ran yet":         {steps: append(opened(plan.OpSame, containers("none"), containers("none"), nil)[:2], in("service:Service/deepstream", serviceType, "service", plan.OpCreate, nil)), want: risk.Exposes},
	"an open revision that the service takes now":  {steps: opened(plan.OpSame, containers("none"), containers("none"), nil), want: risk.Exposes, clients: 20_000, atOnce: 20_000, rounds: 1},
	"a closed revision that the service takes now": {steps: opened(plan.OpSame, containers("http"), containers("http"), nil), want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"an open word of another service": {
		steps: []plan.Step{in("service:Service/orders", taskType, "task", plan.OpCreate, change(nil, values{"containerDefinitions": containers("none")}))},
		want:  risk.InPlace,
	},

	"network replaced": {steps: []plan.Step{in("network:Network/network", "aws:ec2/vpc:Vpc", "vpc", plan.OpReplace, nil)}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"list allows less": {steps: []plan.Step{in("network:Network/network", "aws:ec2/networkAcl:NetworkAcl", "acl", plan.OpUpdate, change(values{"ingress": []any{values{"ruleNo": 1.0}}}, values{"ingress": []any{values{"ruleNo": 2.0}}}, "ingress[0].ruleNo"))}, want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 1},
	"list allows more": {steps: []plan.Step{in("network:Network/network", "aws:ec2/networkAcl:NetworkAcl", "acl", plan.OpUpdate, change(values{"ingress": []any{values{"ruleNo": 1.0}}}, values{"ingress": []any{values{"ruleNo": 1.0}, values{"ruleNo": 2.0}}}, "ingress[1]"))}, want: risk.InPlace},
	"refresh and deploy": {
		steps: []plan.Step{
			in("cluster:Cluster/cluster", templateType, "t", plan.OpUpdate, change(nil, nil, "imageId")),
			in("cluster:Cluster/cluster", groupType, "hosts", plan.OpUpdate, change(nil, refreshing, "launchTemplate.version")),
			in("service:Service/deepstream", serviceType, "service", plan.OpUpdate, change(nil, nil, "taskDefinition")),
		},
		want: risk.Disconnects, clients: 20_000, atOnce: 20_000, rounds: 2,
	},
}

func TestAssess(t *testing.T) {
	t.Parallel()
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := risk.Assess(plan.Plan{Stack: "s", Steps: tt.steps}, fleet)
			got := []any{a.Class, a.Clients, a.AtOnce, a.Rounds}
			if diff := cmp.Diff([]any{tt.want, tt.clients, tt.atOnce, tt.rounds}, got); diff != "" {
				t.Errorf("class, clients, at once, rounds (-want +got):\n%s", diff)
			}
			for _, f := range a.Findings {
				if f.Class > risk.Replaces && f.Reason == "" {
					t.Errorf("%s is %s and nobody is told why", f.Step.Name, f.Class)
				}
			}
		})
	}
}

// With the group, the template is what the reviewer has to look at: it holds the image.
func TestTemplateIsWhyHostsAreReplaced(t *testing.T) {
	t.Parallel()
	a := risk.Assess(plan.Plan{Steps: cases["refresh and deploy"].steps}, fleet)
	for _, f := range a.Findings {
		if f.Class != risk.Disconnects {
			t.Errorf("%s is only %s", f.Step.Name, f.Class)
		}
	}
	own := in("cluster:Cluster/cluster", templateType, "t", plan.OpUpdate, change(nil, nil, "tags.owner"))
	a = risk.Assess(plan.Plan{Steps: []plan.Step{own, cases["hosts refreshed"].steps[0]}}, fleet)
	if got := a.Findings[0].Class; got != risk.InPlace {
		t.Errorf("a tag of the template itself is %s: it makes no version", got)
	}
}

// What the engine refused is part of the judgement, whether it left a step behind or not.
func TestFailedStepsCount(t *testing.T) {
	t.Parallel()
	step := cases["protected deleted"].steps[0]
	for _, p := range []plan.Plan{{Failed: []plan.Step{step}}, {Steps: []plan.Step{step}, Failed: []plan.Step{step}}} {
		a := risk.Assess(p, fleet)
		if a.Class != risk.Blocked || len(a.Findings) != 1 || !a.Findings[0].Failed {
			t.Errorf("got %+v", a)
		}
	}
}

func TestHeadline(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"nothing":            "nothing",
		"a tag":              "in place",
		"database engine":    "interrupts the database",
		"hosts refreshed":    "disconnects clients: up to 20,000 clients at the peak, 6,668 at once",
		"refresh and deploy": "disconnects clients: up to 20,000 clients at the peak, 20,000 at once, each up to twice",
		"protected deleted":  "touches protected data: blocked",
		"guarded by AWS":     "touches protected data: blocked; disconnects clients: up to 20,000 clients at the peak, 20,000 at once",
	} {
		if got := risk.Assess(plan.Plan{Steps: cases[name].steps}, fleet).Headline(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	unknown := risk.Assess(plan.Plan{Steps: cases["bus node"].steps}, risk.Fleet{})
	if got, want := unknown.Headline(), "disconnects clients: an unknown number of clients"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range risk.Classes() {
		if got, err := risk.Parse(c.String()); err != nil || got != c {
			t.Errorf("%s: %v, %v", c, got, err)
		}
	}
	if _, err := risk.Parse("harmless"); err == nil {
		t.Error("a class that does not exist was read")
	}
}

// What is said of a major version goes with the plan: the next one to be allowed, or that there is no way at all.
func TestMajorVersions(t *testing.T) {
	t.Parallel()
	protect := func(s plan.Step) plan.Step { s.Protect = true; return s }
	for _, c := range []struct {
		step  plan.Step
		major int
		never string
	}{
		{version("16.8", "16.9", false), 0, ""},
		{version("16.8", "17.5", false), 17, ""},
		{version("16.8", "17.5", true), 17, ""},
		{protect(family("16", "17")), 17, ""},
		{protect(family("17", "16")), 0, "no database back from version 17 to 16"},
		{protect(family("15", "17")), 0, "go to 16 first"},
		{version("16.9", "17.4", true), 0, "does not upgrade 16.9 to 17.4"},
		{version("16.9", "16.8", false), 0, "back from 16.9 to 16.8"},
	} {
		a := risk.Assess(plan.Plan{Failed: []plan.Step{c.step}}, fleet)
		if a.Major() != c.major {
			t.Errorf("%v: major %d, want %d", c.step.New, a.Major(), c.major)
		}
		if never := a.Never(); (len(never) > 0) != (c.never != "") || len(never) > 0 && !strings.Contains(never[0].Reason, c.never) {
			t.Errorf("%v: %+v, want %q", c.step.New, never, c.never)
		}
	}
}
