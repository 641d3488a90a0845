package bus_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/bus"
	"github.com/deepstreamhub/platform/components/componenttest"
)

func args() *bus.Args {
	return &bus.Args{
		Stack:                 "prod-eu",
		VpcID:                 pulumi.String("vpc-1"),
		SubnetIDs:             pulumi.ToStringArray([]string{"subnet-a", "subnet-b", "subnet-c"}),
		EngineVersion:         "8.0",
		NodeType:              "cache.r7g.large",
		Replicas:              2,
		SnapshotRetentionDays: 7,
	}
}

// newRecorder answers the random function with another password at every call, as AWS does.
func newRecorder() *componenttest.Recorder {
	var calls atomic.Int64
	r := componenttest.New()
	r.Functions = map[string]func(resource.PropertyMap) (resource.PropertyMap, error){
		"aws:secretsmanager/getRandomPassword:getRandomPassword": func(resource.PropertyMap) (resource.PropertyMap, error) {
			return resource.PropertyMap{"randomPassword": resource.NewProperty(fmt.Sprintf("random%d", calls.Add(1)))}, nil
		},
	}
	r.Computed = map[string]func(componenttest.Resource) resource.PropertyMap{
		"aws:elasticache/subnetGroup:SubnetGroup":       named,
		"aws:elasticache/parameterGroup:ParameterGroup": named,
		"aws:elasticache/replicationGroup:ReplicationGroup": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"primaryEndpointAddress": resource.NewProperty("master.bus.example")}
		},
		// What the version holds is not what this run drew: the value was written by an earlier run.
		"aws:secretsmanager/secretVersion:SecretVersion": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{
				"secretString": resource.MakeSecret(resource.NewProperty(`{"password":"stored"}`)),
				"arn":          resource.NewProperty("arn:aws:secretsmanager:::secret:bus"),
			}
		},
	}
	return r
}

func named(r componenttest.Resource) resource.PropertyMap {
	return resource.PropertyMap{"name": resource.NewProperty(r.Name + "-name")}
}

func run(t *testing.T, r *componenttest.Recorder, a *bus.Args, look func(*bus.Bus)) []componenttest.Resource {
	t.Helper()
	resources, err := r.Run(func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		b, err := bus.New(ctx, "bus", a, pulumi.Providers(provider), pulumi.Protect(true))
		if err == nil && look != nil {
			look(b)
		}
		return err
	})
	require.NoError(t, err)
	return resources
}

func TestResources(t *testing.T) {
	t.Parallel()
	recorder := newRecorder()
	resources := run(t, recorder, args(), nil)
	require.Empty(t, cmp.Diff([]string{
		"aws:ec2/securityGroup:SecurityGroup bus-client",
		"aws:ec2/securityGroup:SecurityGroup bus-sg",
		"aws:elasticache/parameterGroup:ParameterGroup bus-parameters",
		"aws:elasticache/replicationGroup:ReplicationGroup bus-group",
		"aws:elasticache/subnetGroup:SubnetGroup bus-subnets",
		"aws:kms/alias:Alias bus-key-alias",
		"aws:kms/key:Key bus-key",
		"aws:secretsmanager/secret:Secret bus-secret",
		"aws:secretsmanager/secretVersion:SecretVersion bus-secret-version",
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule bus-client-to",
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule bus-from-client",
		"deepstreamhub:bus:Bus bus",
		"pulumi:providers:aws aws",
	}, componenttest.Names(resources)))

	for _, r := range resources {
		if strings.HasPrefix(r.Type, "aws:") {
			require.Equal(t, "bus", r.Parent, r.Name)
			// The secret is protected; a version of it makes room for the next.
			require.Equal(t, r.Name != "bus-secret-version", r.Protect, "%s must inherit the component's protection", r.Name)
			require.Contains(t, r.Provider, "aws", "%s must not use the default provider", r.Name)
		}
	}
	for _, c := range recorder.Calls() {
		require.NotEmpty(t, c.Provider, "%s must not use the default provider", c.Token)
	}
}

func TestReplicationGroup(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args(), nil)
	group := componenttest.Find(t, resources, "aws:elasticache/replicationGroup:ReplicationGroup", "bus-group")
	require.Empty(t, cmp.Diff(map[string]any{
		"applyImmediately":         true,
		"atRestEncryptionEnabled":  true,
		"authToken":                "stored", // from the secret's version, not from the random function
		"authTokenUpdateStrategy":  "ROTATE",
		"autoMinorVersionUpgrade":  false,
		"automaticFailoverEnabled": true,
		"description":              "Bus of prod-eu",
		"engine":                   "valkey",
		"engineVersion":            "8.0",
		"kmsKeyId":                 "arn:aws:mock:::bus-key",
		"maintenanceWindow":        "sun:03:30-sun:04:30",
		"multiAzEnabled":           true,
		"nodeType":                 "cache.r7g.large",
		"numCacheClusters":         3.0,
		"parameterGroupName":       "bus-parameters-name",
		"port":                     6379.0,
		"securityGroupIds":         []any{"bus-sg-id"},
		"snapshotRetentionLimit":   7.0,
		"snapshotWindow":           "02:00-03:00",
		"subnetGroupName":          "bus-subnets-name",
		"transitEncryptionEnabled": true,
		"transitEncryptionMode":    "required",
	}, group.Plain()))
	require.True(t, group.Inputs["authToken"].ContainsSecrets(), "the password must stay encrypted in the state")

	parameters := componenttest.Find(t, resources, "aws:elasticache/parameterGroup:ParameterGroup", "bus-parameters").Plain()
	require.Equal(t, "valkey8", parameters["family"])
	require.Equal(t, []any{map[string]any{"name": "maxmemory-policy", "value": "allkeys-lru"}}, parameters["parameters"])
}

// Parameters stand beside the defaults or instead of them, each once.
func TestParametersAndWindows(t *testing.T) {
	t.Parallel()
	a := args()
	a.Parameters = map[string]string{"timeout": "300", "maxmemory-policy": "allkeys-lfu"}
	a.SnapshotWindow, a.MaintenanceWindow = "22:00-23:00", "tue:23:00-wed:00:00"
	resources := run(t, newRecorder(), a, nil)
	parameters := componenttest.Find(t, resources, "aws:elasticache/parameterGroup:ParameterGroup", "bus-parameters").Plain()
	require.Equal(t, []any{map[string]any{"name": "maxmemory-policy", "value": "allkeys-lfu"}, map[string]any{"name": "timeout", "value": "300"}}, parameters["parameters"])
	group := componenttest.Find(t, resources, "aws:elasticache/replicationGroup:ReplicationGroup", "bus-group").Plain()
	require.Equal(t, []any{"22:00-23:00", "tue:23:00-wed:00:00"}, []any{group["snapshotWindow"], group["maintenanceWindow"]})
}

func TestSecretVersionIsWrittenOnce(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args(), nil)
	version := componenttest.Find(t, resources, "aws:secretsmanager/secretVersion:SecretVersion", "bus-secret-version")
	require.Equal(t, []string{"secretString", "versionStages"}, version.RPC.GetIgnoreChanges())
	require.True(t, version.Inputs["secretString"].IsSecret())
	require.Equal(t, `{"password":"random1"}`, version.Plain()["secretString"])
	secret := componenttest.Find(t, resources, "aws:secretsmanager/secret:Secret", "bus-secret").Plain()
	require.Equal(t, "arn:aws:mock:::bus-key", secret["kmsKeyId"])
}

// Another token is always a further one; that the one before is valid no more is said on its own, once all have the new one.
func TestStrategyFollowsTheRotation(t *testing.T) {
	t.Parallel()
	for rotation, want := range map[bus.Rotation]string{"": "ROTATE", bus.Begin: "ROTATE", bus.Finish: "SET"} {
		a := args()
		a.Rotation = rotation
		group := componenttest.Find(t, run(t, newRecorder(), a, nil), "aws:elasticache/replicationGroup:ReplicationGroup", "bus-group")
		require.Equal(t, want, group.Plain()["authTokenUpdateStrategy"], rotation)
	}
}

func TestClientsReachThePort(t *testing.T) {
	t.Parallel()
	rule := componenttest.Find(t, run(t, newRecorder(), args(), nil),
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "bus-from-client").Plain()
	require.Equal(t, []any{"bus-sg-id", "bus-client-id", 6379.0},
		[]any{rule["securityGroupId"], rule["referencedSecurityGroupId"], rule["fromPort"]})
}

func TestHandedOn(t *testing.T) {
	t.Parallel()
	var got []any
	run(t, newRecorder(), args(), func(b *bus.Bus) {
		done := make(chan struct{})
		pulumi.All(b.PrimaryEndpoint, b.Port, b.SecretArn, b.KeyArn, b.ClientSecurityGroupID).ApplyT(func(values []any) int {
			defer close(done)
			got = values
			return 0
		})
		<-done
		require.Len(t, b.Ready, 2, "both rules")
	})
	require.Equal(t, []any{
		"master.bus.example", 6379, "arn:aws:secretsmanager:::secret:bus", "arn:aws:mock:::bus-key", "bus-client-id",
	}, got)
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	change := func(f func(*bus.Args)) *bus.Args {
		a := args()
		f(a)
		return a
	}
	for name, tc := range map[string]struct {
		name string
		args *bus.Args
		want []string
	}{
		"nothing": {"bus", nil, []string{"no arguments"}},
		"everything at once": {"a-name-that-makes-a-too-long-id", &bus.Args{Stack: "Prod_EU", EngineVersion: "8", NodeType: "r7g.large", Replicas: 6, SnapshotRetentionDays: 36, Rotation: "again",
			Parameters: map[string]string{"cluster-enabled": "yes"}, SnapshotWindow: "02:00-02:59", MaintenanceWindow: "sun:03:30-sun:04:29"}, []string{
			`name "a-name-that-makes-a-too-long-id"`, `stack "Prod_EU"`, "vpc id: missing", "subnet ids: missing",
			`engine version "8"`, `node type "r7g.large"`, "replicas 6", "snapshot retention days 36", `rotation "again"`,
			`parameter cluster-enabled = "yes": must be left out`, `snapshot window "02:00-02:59": must last 60 minutes`, `maintenance window "sun:03:30-sun:04:29": must last 60`,
		}},
		"one zone": {"bus", change(func(a *bus.Args) { a.SubnetIDs = pulumi.ToStringArray([]string{"subnet-a"}) }), []string{"subnet ids: 1 given"}},
		"windows that overlap": {"bus", change(func(a *bus.Args) { a.MaintenanceWindow = "mon:02:30-mon:03:30" }),
			[]string{`maintenance window "mon:02:30-mon:03:30": must not overlap the snapshot window, 02:00-03:00`}},
		"no failover": {"bus", change(func(a *bus.Args) { a.Replicas = 0 }), []string{"replicas 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
				_, err := bus.New(ctx, tc.name, tc.args)
				return err
			})
			require.ErrorContains(t, err, "create bus "+tc.name+": ")
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			require.Empty(t, resources, "nothing may be registered")
		})
	}
}

func TestParameterFamily(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]string{
		"7.2": "valkey7", "8.0": "valkey8", "8.1": "valkey8", "8": "", "8.0.1": "", "6.2": "", "8.x": "", "": "",
	} {
		got, err := bus.ParameterFamily(version)
		require.Equal(t, want, got, version)
		require.Equal(t, want == "", err != nil, version)
	}
}

func TestParseCredentials(t *testing.T) {
	t.Parallel()
	c, err := bus.ParseCredentials(`{"password":"p"}`)
	require.NoError(t, err)
	require.Equal(t, bus.Credentials{Password: "p"}, c)
	for _, bad := range []string{"", "hunter2", `{"password":""}`, `{"auth":"hunter2"}`} {
		_, err := bus.ParseCredentials(bad)
		require.Error(t, err, bad)
		require.NotContains(t, err.Error(), "hunter2", "errors end up in logs")
	}
}
