package services

import (
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

// forget takes something away that place put into the account.
func (d *dataCloud) forget(typ, id string) {
	d.Helper()
	r := held(d.Cloud, typ, home, id)
	require.NotNil(d, r, "%s %s", typ, id)
	at(d.Cloud, home).Remove(r)
}

func passAll(ports ...cloud.Map) []any {
	out := []any{}
	for i, p := range ports {
		out = append(out, with(cloud.Map{"ruleNo": float64(100 + i), "action": "allow", "protocol": "tcp", "cidrBlock": "0.0.0.0/0"}, p))
	}
	return out
}

var (
	httpsOnly   = cloud.Map{"fromPort": 443.0, "toPort": 443.0}
	answersOnly = cloud.Map{"fromPort": 1024.0, "toPort": 65535.0}
)

// acl puts a network ACL in front of a subnet.
func (f *fleet) acl(subnet string, ingress, egress []any) {
	f.place(typeNetworkACL, "acl-"+subnet, cloud.Map{"vpcId": "vpc-1", "ingress": ingress, "egress": egress})
	f.place(typeACLAssociation, "aclassoc-"+subnet, cloud.Map{"subnetId": subnet, "networkAclId": "acl-" + subnet})
}

// endpoint makes an interface endpoint with private DNS and a group of its own.
func (f *fleet) endpoint(service string) {
	f.place(typeEndpoint, "vpce-"+service, cloud.Map{"vpcId": "vpc-1", "vpcEndpointType": "Interface", "privateDnsEnabled": true,
		"serviceName": "com.amazonaws.eu-central-1." + service, "securityGroupIds": cloud.List("sg-endpoints")})
}

// A host that cannot call ECS joins no cluster, and no service finds room.
func TestHostsReachECS(t *testing.T) {
	t.Parallel()
	letIn := func(f *fleet, from cloud.Map) {
		f.place(typeIngressRule, "sgr-in", with(cloud.Map{"securityGroupId": "sg-endpoints", "ipProtocol": "tcp", "fromPort": 443.0, "toPort": 443.0}, from))
	}
	endpoints := func(f *fleet) {
		for _, s := range []string{"ecs", "ecs-agent", "ecs-telemetry"} {
			f.endpoint(s)
		}
	}
	for name, tc := range map[string]struct {
		change func(f *fleet)
		text   string // empty: reachable
	}{
		"as it stands":    {func(*fleet) {}, ""},
		"no route":        {func(f *fleet) { f.forget(typeRoute, "r-1") }, "subnet subnet-a has no route by which a host reaches ECS"},
		"NAT's own route": {func(f *fleet) { f.forget(typeRoute, "r-public") }, "subnet subnet-a has no route"},
		"no association":  {func(f *fleet) { f.forget(typeRouteAssociation, "rtbassoc-subnet-b") }, "subnet subnet-b has no route"},
		"NAT's table":     {func(f *fleet) { f.forget(typeRouteAssociation, "rtbassoc-public") }, "subnet subnet-a has no route"},
		"NAT gone":        {func(f *fleet) { f.forget(typeNAT, "nat-1") }, "subnet subnet-a has no route"},
		"no rule out":     {func(f *fleet) { f.forget(typeEgressRule, "sgr-https") }, "no security group of the hosts (sg-1) lets HTTPS out"},
		"ACL out":         {func(f *fleet) { f.acl("subnet-a", passAll(answersOnly), passAll(answersOnly)) }, "the network ACL of subnet subnet-a lets no HTTPS out"},
		"ACL in":          {func(f *fleet) { f.acl("subnet-a", passAll(httpsOnly), passAll(httpsOnly)) }, "the network ACL of subnet subnet-a lets no answers in"},
		"ACL passes":      {func(f *fleet) { f.acl("subnet-a", passAll(answersOnly), passAll(httpsOnly)) }, ""},
		"ACL denies": {func(f *fleet) {
			f.acl("subnet-a", passAll(answersOnly), passAll(with(httpsOnly, cloud.Map{"action": "deny"}), httpsOnly))
		}, "lets no HTTPS out"},
		"NAT's ACL": {func(f *fleet) { f.acl("subnet-public", passAll(answersOnly), passAll(httpsOnly)) }, "subnet subnet-a has no route"},
		"NAT's ACL passes": {func(f *fleet) {
			f.acl("subnet-public", passAll(answersOnly, httpsOnly), passAll(httpsOnly, answersOnly))
		}, ""},
		"default ACL taken over": {func(f *fleet) {
			held(f.Cloud, typeVPC, home, "vpc-1").State["defaultNetworkAclId"] = "acl-default"
			f.place(typeDefaultNetworkACL, "acl-default", cloud.Map{"vpcId": "vpc-1"})
		}, "the network ACL of subnet subnet-a lets no HTTPS out"},
		"closed endpoint": {func(f *fleet) { f.endpoint("ecs") }, "endpoint vpce-ecs, which answers for ecs, lets no HTTPS of subnet subnet-a in"},
		"endpoints by range": {func(f *fleet) {
			f.forget(typeRoute, "r-1")
			endpoints(f)
			letIn(f, cloud.Map{"cidrIpv4": "10.0.0.0/16"})
		}, ""},
		"endpoints by group": {func(f *fleet) {
			f.forget(typeRoute, "r-1")
			endpoints(f)
			letIn(f, cloud.Map{"referencedSecurityGroupId": "sg-1"})
		}, ""},
		"one endpoint only": {func(f *fleet) {
			f.forget(typeRoute, "r-1")
			f.endpoint("ecs")
			letIn(f, cloud.Map{"cidrIpv4": "10.0.0.0/16"})
		}, "has no route"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.task()
			tc.change(f)
			if tc.text == "" {
				f.make(typeService, f.serviceInputs("deepstream"))
				return
			}
			f.message(f.create(typeService, f.serviceInputs("deepstream")), "SERVICE_TASK_PLACEMENT_FAILURE", tc.text)
		})
	}
}

// balancer puts a load balancer in front of the target group, with groups of its own for it and for the tasks.
func (f *fleet) balancer() cloud.Map {
	f.place(typeSecurityGroup, "sg-lb", cloud.Map{"vpcId": "vpc-1"})
	f.place(typeSecurityGroup, "sg-task", cloud.Map{"vpcId": "vpc-1"})
	f.place(typeLoadBalancer, "lb-1", cloud.Map{"securityGroups": cloud.List("sg-lb"), "vpcId": "vpc-1"})
	held(f.Cloud, typeListener, home, "listener-1").State["loadBalancerArn"] = "lb-1"
	port := cloud.Map{"ipProtocol": "tcp", "fromPort": 6020.0, "toPort": 6020.0}
	f.place(typeEgressRule, "sgr-lb", with(port, cloud.Map{"securityGroupId": "sg-lb", "referencedSecurityGroupId": "sg-task"}))
	f.place(typeIngressRule, "sgr-task", with(port, cloud.Map{"securityGroupId": "sg-task", "referencedSecurityGroupId": "sg-lb"}))
	return with(f.serviceInputs("deepstream"), cloud.Map{"networkConfiguration": cloud.Map{"subnets": f.subnets, "securityGroups": cloud.List("sg-task")}})
}

func TestTasksAreFoundHealthy(t *testing.T) {
	t.Parallel()
	for rule, text := range map[string]string{
		"": "", typeEgressRule + " sgr-lb": "no security group of the load balancer lets it out", typeIngressRule + " sgr-task": "no security group of the tasks lets it in",
	} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.task()
			inputs := f.balancer()
			switch rule {
			case "":
				f.make(typeService, inputs)
				return
			case typeEgressRule + " sgr-lb":
				f.forget(typeEgressRule, "sgr-lb")
			default:
				f.forget(typeIngressRule, "sgr-task")
			}
			f.message(f.create(typeService, inputs), "TaskFailedElbHealthChecks", text)
		})
	}
}

// A container that is told of a database needs the database.
func TestTasksReachTheirStores(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(f *fleet)
		text   string
	}{
		"all of it":    {func(*fleet) {}, ""},
		"no instances": {func(f *fleet) { f.forget(typeDBInstance, "db-1") }, "it has no instances"},
		"no way out":   {func(f *fleet) { f.forget(typeEgressRule, "sgr-db") }, "no security group of the tasks lets port 5432 out to it"},
		"no way in":    {func(f *fleet) { f.forget(typeIngressRule, "sgr-db") }, "none of its security groups lets the tasks in on port 5432"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.make(typeTask, f.withContainer(cloud.Map{"environment": []any{cloud.Map{"name": "HOST", "value": "db.example"}}}))
			f.place(typeSecurityGroup, "sg-db", cloud.Map{"vpcId": "vpc-1"})
			f.place(typeDBCluster, "db", cloud.Map{"endpoint": "db.example", "port": 5432.0, "vpcSecurityGroupIds": cloud.List("sg-db")})
			f.place(typeDBInstance, "db-1", cloud.Map{"clusterIdentifier": "db"})
			port := cloud.Map{"ipProtocol": "tcp", "fromPort": 5432.0, "toPort": 5432.0}
			f.place(typeEgressRule, "sgr-db", with(port, cloud.Map{"securityGroupId": "sg-1", "referencedSecurityGroupId": "sg-db"}))
			f.place(typeIngressRule, "sgr-db", with(port, cloud.Map{"securityGroupId": "sg-db", "cidrIpv4": "10.0.0.0/16"}))
			tc.change(f)
			if tc.text == "" {
				f.make(typeService, f.serviceInputs("deepstream"))
				return
			}
			f.message(f.create(typeService, f.serviceInputs("deepstream")), "TaskFailedToStart", tc.text)
		})
	}
}

// What a service's hosts and tasks need has to outlive it (facts 59).
func TestServicesStayDrainingWithoutWhatTheyNeed(t *testing.T) {
	t.Parallel()
	detach := func(f *fleet) {
		for _, r := range f.List() {
			if r.Type == typeRoleAttachment {
				require.NoError(f, f.gone(r.Type, r.ID, nil))
			}
		}
	}
	for name, tc := range map[string]struct {
		breaks func(f *fleet)
		text   string // empty: deleted
	}{
		"nothing":             {func(*fleet) {}, ""},
		"hosts' rights":       {detach, "agents on the hosts of hosts are disconnected"},
		"hosts' way out":      {func(f *fleet) { f.forget(typeRoute, "r-1") }, "has no route by which a host reaches ECS"},
		"execution's rights":  {func(f *fleet) { require.NoError(f, f.gone(typeRolePolicy, "execution:run", nil)) }, "not authorized to perform: secretsmanager:GetSecretValue"},
		"hosts gone as well":  {func(f *fleet) { f.forget(typeGroup, "hosts") }, ""},
		"secret but not role": {func(f *fleet) { require.NoError(f, f.gone(typeSecret, f.secret, nil)) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFleet(t)
			f.task()
			id, _ := f.make(typeService, f.serviceInputs("deepstream"))
			tc.breaks(f)
			if tc.text == "" {
				require.NoError(t, f.gone(typeService, id, nil))
				return
			}
			f.message(f.gone(typeService, id, nil), "DRAINING", tc.text)
		})
	}
	f := newFleet(t)
	f.task()
	f.forget(typeRoute, "r-1")
	id, _ := f.make(typeService, with(f.serviceInputs("deepstream"), cloud.Map{"waitForSteadyState": false}))
	require.NoError(t, f.gone(typeService, id, nil), "it never had a task")
}
