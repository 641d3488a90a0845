package database_test

import (
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/components/componenttest"
	"github.com/deepstreamhub/platform/components/database"
)

const (
	keyID  = "1234abcd-12ab-34cd-56ef-1234567890ab"
	keyARN = "arn:aws:kms:eu-central-1:111122223333:key/" + keyID
)

func args() *database.Args {
	return &database.Args{
		Stack:               "prod-eu",
		VpcID:               pulumi.String("vpc-1"),
		SubnetIDs:           pulumi.ToStringArray([]string{"subnet-a", "subnet-b", "subnet-c"}),
		ZoneNames:           pulumi.ToStringArray([]string{"eu-central-1a", "eu-central-1b", "eu-central-1c"}),
		EngineVersion:       "16.6",
		InstanceClass:       "db.r6g.large",
		BackupRetentionDays: 14,
		FinalSnapshot:       true,
		DeletionProtection:  true,
		PerformanceInsights: true,
		MonitoringSeconds:   60,
		LogDays:             30,
		Region:              "eu-central-1",
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
		"aws:kms/key:Key": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"keyId": resource.NewProperty(keyID), "arn": resource.NewProperty(keyARN)}
		},
		"aws:rds/subnetGroup:SubnetGroup":       named,
		"aws:rds/parameterGroup:ParameterGroup": named,
		"aws:rds/cluster:Cluster": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{"arn": resource.NewProperty("arn:aws:rds:eu-central-1:111122223333:cluster:database")}
		},
		"aws:rds/clusterParameterGroup:ClusterParameterGroup": named,
		// What the version holds is not what this run drew: the value was written by an earlier run.
		"aws:secretsmanager/secretVersion:SecretVersion": func(componenttest.Resource) resource.PropertyMap {
			return resource.PropertyMap{
				"secretString": resource.MakeSecret(resource.NewProperty(`{"username":"deepstream","password":"stored"}`)),
				"arn":          resource.NewProperty("arn:aws:secretsmanager:::secret:database"),
			}
		},
	}
	return r
}

func named(r componenttest.Resource) resource.PropertyMap {
	return resource.PropertyMap{"name": resource.NewProperty(r.Name + "-name")}
}

func run(t *testing.T, r *componenttest.Recorder, a *database.Args, look func(*pulumi.Context, *database.Database)) []componenttest.Resource {
	t.Helper()
	resources, err := r.Run(func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "aws", &aws.ProviderArgs{})
		if err != nil {
			return err
		}
		d, err := database.New(ctx, "database", a, pulumi.Providers(provider), pulumi.Protect(true))
		if err == nil && look != nil {
			look(ctx, d)
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
		"aws:cloudwatch/logGroup:LogGroup database-logs",
		"aws:ec2/securityGroup:SecurityGroup database-client",
		"aws:ec2/securityGroup:SecurityGroup database-sg",
		"aws:iam/role:Role database-monitoring",
		"aws:iam/rolePolicyAttachment:RolePolicyAttachment database-monitoring-rights",
		"aws:kms/alias:Alias database-key-alias",
		"aws:kms/alias:Alias database-logs-key-alias",
		"aws:kms/key:Key database-key",
		"aws:kms/key:Key database-logs-key",
		"aws:rds/cluster:Cluster database-cluster",
		"aws:rds/clusterInstance:ClusterInstance database-1",
		"aws:rds/clusterInstance:ClusterInstance database-2",
		"aws:rds/clusterParameterGroup:ClusterParameterGroup database-parameters",
		"aws:rds/parameterGroup:ParameterGroup database-instance-parameters",
		"aws:rds/subnetGroup:SubnetGroup database-subnets",
		"aws:secretsmanager/secret:Secret database-secret",
		"aws:secretsmanager/secretVersion:SecretVersion database-secret-version",
		"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule database-client-to",
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule database-from-client",
		"deepstreamhub:database:Database database",
		"pulumi:providers:aws aws",
	}, componenttest.Names(resources)))

	for _, r := range resources {
		if strings.HasPrefix(r.Type, "aws:") {
			require.Equal(t, "database", r.Parent, r.Name)
			// The secret is protected; a version of it makes room for the next.
			require.Equal(t, r.Name != "database-secret-version", r.Protect, "%s must inherit the component's protection", r.Name)
			require.Contains(t, r.Provider, "aws", "%s must not use the default provider", r.Name)
		}
	}
	for _, c := range recorder.Calls() {
		require.NotEmpty(t, c.Provider, "%s must not use the default provider", c.Token)
	}
}

func TestCluster(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args(), nil)
	cluster := componenttest.Find(t, resources, "aws:rds/cluster:Cluster", "database-cluster")
	require.Empty(t, cmp.Diff(map[string]any{
		"applyImmediately":                 true,
		"backupRetentionPeriod":            14.0,
		"copyTagsToSnapshot":               true,
		"databaseName":                     "deepstream",
		"dbClusterParameterGroupName":      "database-parameters-name",
		"dbSubnetGroupName":                "database-subnets-name",
		"deletionProtection":               true,
		"enabledCloudwatchLogsExports":     []any{"postgresql"},
		"engine":                           "aurora-postgresql",
		"engineVersion":                    "16.6",
		"finalSnapshotIdentifier":          "prod-eu-final-1234abcd",
		"iamDatabaseAuthenticationEnabled": true,
		"kmsKeyId":                         keyARN,
		"masterPassword":                   "stored", // from the secret's version, not from the random function
		"masterUsername":                   "deepstream",
		"port":                             5432.0,
		"preferredBackupWindow":            "02:00-03:00",
		"preferredMaintenanceWindow":       "sun:03:30-sun:04:30",
		"skipFinalSnapshot":                false,
		"storageEncrypted":                 true,
		"vpcSecurityGroupIds":              []any{"database-sg-id"},
	}, cluster.Plain()))
	require.True(t, cluster.Inputs["masterPassword"].ContainsSecrets(), "the password must stay encrypted in the state")

	parameters := componenttest.Find(t, resources, "aws:rds/clusterParameterGroup:ClusterParameterGroup", "database-parameters").Plain()
	require.Equal(t, "aurora-postgresql16", parameters["family"])
	require.Contains(t, parameters["parameters"], map[string]any{"name": "rds.force_ssl", "value": "1", "applyMethod": "immediate"})
}

// What AWS asks for with a change of the major version is sent with that change and with no other.
func TestMajorUpgrade(t *testing.T) {
	t.Parallel()
	find := func(major bool) componenttest.Resource {
		a := args()
		a.EngineVersion, a.MajorUpgrade = "17.5", major
		return componenttest.Find(t, run(t, newRecorder(), a, nil), "aws:rds/cluster:Cluster", "database-cluster")
	}
	const group, allow = "dbInstanceParameterGroupName", "allowMajorVersionUpgrade"
	cluster := find(true)
	require.Equal(t, true, cluster.Plain()[allow])
	require.Equal(t, "database-instance-parameters-name", cluster.Plain()[group])
	require.NotContains(t, cluster.RPC.GetIgnoreChanges(), group)
	cluster = find(false)
	require.NotContains(t, cluster.Plain(), allow)
	require.NotContains(t, cluster.Plain(), group)
	require.Contains(t, cluster.RPC.GetIgnoreChanges(), group, "what is there stays: the provider would send an empty name")
}

func TestWithoutFinalSnapshot(t *testing.T) {
	t.Parallel()
	a := args()
	a.FinalSnapshot, a.DeletionProtection = false, false
	cluster := componenttest.Find(t, run(t, newRecorder(), a, nil), "aws:rds/cluster:Cluster", "database-cluster").Plain()
	require.Equal(t, true, cluster["skipFinalSnapshot"])
	require.Equal(t, false, cluster["deletionProtection"])
	require.NotContains(t, cluster, "finalSnapshotIdentifier")
}

// The final snapshot is worth nothing without the key that it is encrypted under.
func TestKeyOutlivesTheStackWithTheSnapshot(t *testing.T) {
	t.Parallel()
	for _, kept := range []bool{true, false} {
		a := args()
		a.FinalSnapshot = kept
		for _, r := range run(t, newRecorder(), a, nil) {
			require.Equal(t, kept && r.Name == "database-key", r.RPC.GetRetainOnDelete(), r.Name)
		}
	}
}

func TestRestoreIsForTheCreationOnly(t *testing.T) {
	t.Parallel()
	for _, from := range []string{
		"", "prod-eu-final-1234abcd", "rds:prod-eu-2026-01-31-02-00", "awsbackup:copyjob-1234abcd-12ab-34cd-56ef-1234567890ab",
		"arn:aws:rds:eu-central-1:111122223333:cluster-snapshot:prod-eu-final-1234abcd",
	} {
		a := args()
		a.RestoreFrom = from
		cluster := componenttest.Find(t, run(t, newRecorder(), a, nil), "aws:rds/cluster:Cluster", "database-cluster")
		require.Subset(t, cluster.RPC.GetIgnoreChanges(), []string{"snapshotIdentifier", "restoreToPointInTime"})
		if from == "" {
			require.NotContains(t, cluster.Plain(), "snapshotIdentifier")
			continue
		}
		require.Equal(t, from, cluster.Plain()["snapshotIdentifier"])
		require.Equal(t, "stored", cluster.Plain()["masterPassword"], "what was restored takes the new secret's password")
	}
}

func TestRestoreToAPointInTime(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]map[string]any{
		"prod-eu@latest":               {"sourceClusterIdentifier": "prod-eu", "useLatestRestorableTime": true},
		"prod-eu@2026-01-31T12:00:00Z": {"sourceClusterIdentifier": "prod-eu", "restoreToTime": "2026-01-31T12:00:00Z"},
	} {
		a := args()
		a.RestoreFrom = from
		cluster := componenttest.Find(t, run(t, newRecorder(), a, nil), "aws:rds/cluster:Cluster", "database-cluster").Plain()
		require.Equal(t, want, cluster["restoreToPointInTime"])
		require.NotContains(t, cluster, "snapshotIdentifier")
		require.Equal(t, "stored", cluster["masterPassword"])
	}
}

func TestInsightsAndMonitoring(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args(), nil)
	in := componenttest.Find(t, resources, "aws:rds/clusterInstance:ClusterInstance", "database-1")
	for property, want := range map[string]any{
		"performanceInsightsEnabled": true, "performanceInsightsKmsKeyId": keyARN, "performanceInsightsRetentionPeriod": 7.0,
		"monitoringInterval": 60.0, "monitoringRoleArn": "arn:aws:mock:::database-monitoring", "dbParameterGroupName": "database-instance-parameters-name",
	} {
		require.Equal(t, want, in.Plain()[property], property)
	}
	require.Contains(t, in.Dependencies, "database-monitoring-rights", "RDS tries the role at once")
	trust := componenttest.Find(t, resources, "aws:iam/role:Role", "database-monitoring").Plain()["assumeRolePolicy"]
	require.Contains(t, trust, `"aws:SourceAccount":["111122223333"]`)
	require.Contains(t, trust, `arn:aws:rds:eu-central-1:111122223333:db:*`)

	a := args()
	a.PerformanceInsights, a.MonitoringSeconds = false, 0
	resources = run(t, newRecorder(), a, nil)
	in = componenttest.Find(t, resources, "aws:rds/clusterInstance:ClusterInstance", "database-2")
	require.Equal(t, false, in.Plain()["performanceInsightsEnabled"])
	for _, property := range []string{"performanceInsightsKmsKeyId", "performanceInsightsRetentionPeriod", "monitoringInterval", "monitoringRoleArn"} {
		require.NotContains(t, in.Plain(), property)
	}
	for _, r := range resources {
		require.NotContains(t, r.Type, "aws:iam", "%s is for monitoring only", r.Name)
	}
}

func TestInstances(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args(), nil)
	for i, former := range []string{"writer", "reader"} {
		got := componenttest.Find(t, resources, "aws:rds/clusterInstance:ClusterInstance", fmt.Sprintf("database-%d", i+1))
		in := got.Plain()
		require.Equal(t, []string{"eu-central-1a", "eu-central-1b"}[i], in["availabilityZone"])
		require.Equal(t, float64(i), in["promotionTier"])
		require.Equal(t, "16.6", in["engineVersion"])
		require.Equal(t, false, in["autoMinorVersionUpgrade"], "it would move the pinned version")
		require.Equal(t, false, in["publiclyAccessible"])
		require.NotContains(t, got.Dependencies, fmt.Sprintf("database-%d", 2-i), "neither waits for the other")
		require.Contains(t, got.Dependencies, "database-logs", "each may be the first to log")
		require.Contains(t, got.Dependencies, "database-monitoring-rights", "RDS tries the role at once")
		require.Len(t, got.RPC.GetAliases(), 1)
		require.Equal(t, "database-"+former, got.RPC.GetAliases()[0].GetSpec().GetName(), "stacks that called them by their roles")
	}
}

// More readers take the zones in turn, and go again when fewer are asked for: protection is the first two's.
func TestReaders(t *testing.T) {
	t.Parallel()
	a := args()
	a.Readers = 15
	resources := run(t, newRecorder(), a, nil)
	for i := range 16 {
		got := componenttest.Find(t, resources, "aws:rds/clusterInstance:ClusterInstance", fmt.Sprintf("database-%d", i+1))
		require.Equal(t, []string{"eu-central-1a", "eu-central-1b", "eu-central-1c"}[i%3], got.Plain()["availabilityZone"])
		require.Equal(t, float64(i), got.Plain()["promotionTier"], "AWS takes 0 to 15")
		require.Equal(t, i < 2, got.Protect, got.Name)
		require.Equal(t, i < 2, len(got.RPC.GetAliases()) > 0, got.Name)
	}
	var handedOn int
	run(t, newRecorder(), a, func(_ *pulumi.Context, d *database.Database) { handedOn = len(d.InstanceIdentifiers) })
	require.Equal(t, 16, handedOn)
}

// Parameters stand beside the defaults or instead of them, each once; windows are the cluster's and every instance's.
func TestParametersAndWindows(t *testing.T) {
	t.Parallel()
	a := args()
	a.Parameters = map[string]string{"work_mem": "65536", "log_min_duration_statement": "-1"}
	a.BackupWindow, a.MaintenanceWindow = "22:00-22:30", "tue:23:00-tue:23:30"
	resources := run(t, newRecorder(), a, nil)
	set := func(name, value string) any {
		return map[string]any{"name": name, "value": value, "applyMethod": "immediate"}
	}
	group := componenttest.Find(t, resources, "aws:rds/clusterParameterGroup:ClusterParameterGroup", "database-parameters").Plain()
	require.Equal(t, []any{set("log_min_duration_statement", "-1"), set("rds.force_ssl", "1"), set("work_mem", "65536")}, group["parameters"])
	cluster := componenttest.Find(t, resources, "aws:rds/cluster:Cluster", "database-cluster").Plain()
	require.Equal(t, "22:00-22:30", cluster["preferredBackupWindow"])
	require.Equal(t, "tue:23:00-tue:23:30", cluster["preferredMaintenanceWindow"])
	for _, name := range []string{"database-1", "database-2"} {
		instance := componenttest.Find(t, resources, "aws:rds/clusterInstance:ClusterInstance", name).Plain()
		require.Equal(t, "tue:23:00-tue:23:30", instance["preferredMaintenanceWindow"])
		require.NotContains(t, instance, "preferredBackupWindow", "the cluster's alone")
	}
}

// The component's state shows what it is made from: not what a single run is told, and nothing secret.
func TestArgumentsAreShown(t *testing.T) {
	t.Parallel()
	a := args()
	a.Readers, a.Parameters = 2, map[string]string{"work_mem": "65536"}
	a.Rotation, a.MajorUpgrade, a.RestoreFrom = database.Begin, true, "prod-eu@latest"
	shown := componenttest.Find(t, run(t, newRecorder(), a, nil), database.Type, "database")
	require.False(t, shown.Inputs.ContainsSecrets())
	require.Empty(t, cmp.Diff(map[string]any{
		"region": "eu-central-1", "stack": "prod-eu", "vpcId": "vpc-1", "subnetIds": []any{"subnet-a", "subnet-b", "subnet-c"},
		"zoneNames": []any{"eu-central-1a", "eu-central-1b", "eu-central-1c"}, "engineVersion": "16.6", "instanceClass": "db.r6g.large", "readers": 2.0,
		"backupRetentionDays": 14.0, "deletionProtection": true, "finalSnapshot": true, "performanceInsights": true, "logDays": 30.0, "monitoringSeconds": 60.0,
		"parameters": map[string]any{"work_mem": "65536"}, "backupWindow": "", "maintenanceWindow": "", "namePrefix": "",
	}, shown.Plain()))
}

// Nothing that takes long waits for the cluster which need not.
func TestOnlyTheLogGroupWaitsForTheCluster(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args(), nil)
	for _, r := range resources {
		waits := r.Name == "database-logs" || r.Type == "aws:rds/clusterInstance:ClusterInstance"
		require.Equal(t, waits, slices.Contains(r.Dependencies, "database-cluster"), r.Name)
	}
	key := componenttest.Find(t, resources, "aws:kms/key:Key", "database-logs-key").Plain()["policy"]
	require.Contains(t, key, "log-group:/aws/rds/cluster/database-cluster-*/postgresql")
}

func TestSecretVersionIsWrittenOnce(t *testing.T) {
	t.Parallel()
	resources := run(t, newRecorder(), args(), nil)
	version := componenttest.Find(t, resources, "aws:secretsmanager/secretVersion:SecretVersion", "database-secret-version")
	require.Equal(t, []string{"secretString", "versionStages"}, version.RPC.GetIgnoreChanges())
	require.True(t, version.Inputs["secretString"].IsSecret())
	c, err := database.ParseCredentials(version.Plain()["secretString"].(string))
	require.NoError(t, err)
	require.Equal(t, database.Credentials{Username: "deepstream", Password: "random1"}, c)
	ignoring := map[string][]string{
		version.Name: {"secretString", "versionStages"},
		"database-1": {"availabilityZone"}, "database-2": {"availabilityZone"}, // a further zone must not replace them
	}
	for _, r := range resources {
		if r.Name != "database-cluster" {
			require.Equal(t, ignoring[r.Name], r.RPC.GetIgnoreChanges(), r.Name)
		}
	}
	secret := componenttest.Find(t, resources, "aws:secretsmanager/secret:Secret", "database-secret").Plain()
	require.Equal(t, keyARN, secret["kmsKeyId"])
}

func TestClientsReachThePort(t *testing.T) {
	t.Parallel()
	rule := componenttest.Find(t, run(t, newRecorder(), args(), nil),
		"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "database-from-client").Plain()
	require.Equal(t, []any{"database-sg-id", "database-client-id", 5432.0},
		[]any{rule["securityGroupId"], rule["referencedSecurityGroupId"], rule["fromPort"]})
}

func TestHandedOn(t *testing.T) {
	t.Parallel()
	var got []string
	run(t, newRecorder(), args(), func(_ *pulumi.Context, d *database.Database) {
		done := make(chan struct{})
		pulumi.All(d.SecretArn, d.KeyArn, d.ClientSecurityGroupID, d.Username, d.DatabaseName).ApplyT(func(values []any) int {
			defer close(done)
			for _, v := range values {
				got = append(got, v.(string))
			}
			return 0
		})
		<-done
		require.Len(t, d.Ready, 3, "an instance and both rules")
	})
	require.Equal(t, []string{
		"arn:aws:secretsmanager:::secret:database", keyARN, "database-client-id", "deepstream", "deepstream",
	}, got)
}

func TestPreviewKnowsNothingOfTheKey(t *testing.T) {
	t.Parallel()
	r := newRecorder()
	r.Preview = true
	cluster := componenttest.Find(t, run(t, r, args(), nil), "aws:rds/cluster:Cluster", "database-cluster")
	for _, property := range []resource.PropertyKey{"finalSnapshotIdentifier", "kmsKeyId", "vpcSecurityGroupIds"} {
		require.True(t, cluster.Inputs[property].ContainsUnknowns(), property)
	}
}

func TestTooFewZonesFromAnotherResource(t *testing.T) {
	t.Parallel()
	a := args()
	a.ZoneNames = pulumi.ToStringArray([]string{"eu-central-1a"}).ToStringArrayOutput()
	_, err := newRecorder().Run(func(ctx *pulumi.Context) error {
		_, err := database.New(ctx, "database", a)
		return err
	})
	require.ErrorContains(t, err, "1 zones given")
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args *database.Args
		want []string
	}{
		"nothing": {nil, []string{"no arguments"}},
		"everything at once": {&database.Args{Stack: "Prod_EU", EngineVersion: "16", InstanceClass: "r6g.large", BackupRetentionDays: 36, MonitoringSeconds: 20, RestoreFrom: "last night",
			Readers: 16, Parameters: map[string]string{"rds.force_ssl": "0", "work_mem": "64MB"}, BackupWindow: "2-3", MaintenanceWindow: "sunday"}, []string{
			`stack "Prod_EU"`, "vpc id: missing", "subnet ids: missing", "zone names: missing", `engine version "16"`,
			`instance class "r6g.large"`, "backup retention days 36",
			"monitoring seconds 20", `restore from "last night"`, "readers 16", `parameter rds.force_ssl = "0"`, `parameter work_mem = "64MB"`,
			`backup window "2-3": must be a daily window`, `maintenance window "sunday": must be a weekly window`,
		}},
		"nothing that anybody set": {func() *database.Args {
			a := args()
			a.VpcID, a.SubnetIDs, a.ZoneNames = pulumi.String(""), pulumi.ToStringArray([]string{"subnet-a"}), pulumi.StringArrayOutput{}
			a.LogDays = 8
			return a
		}(), []string{"vpc id: missing", "subnet ids: 1 given, a subnet group needs 2", "zone names: missing", "log days 8: must be one of [1 3 5"}},
		"one zone": {func() *database.Args {
			a := args()
			a.ZoneNames = pulumi.ToStringArray([]string{"eu-central-1a"})
			return a
		}(), []string{"zone names: 1 given"}},
		"windows that overlap": {func() *database.Args {
			a := args()
			a.BackupWindow = "03:00-04:00"
			return a
		}(), []string{`maintenance window "sun:03:30-sun:04:30": must not overlap the backup window, 03:00-04:00`}},
		"no backup": {func() *database.Args {
			a := args()
			a.BackupRetentionDays = 0
			return a
		}(), []string{"backup retention days 0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
				_, err := database.New(ctx, "database", tc.args)
				return err
			})
			require.ErrorContains(t, err, "create database database: ")
			for _, want := range tc.want {
				require.ErrorContains(t, err, want)
			}
			require.Empty(t, resources, "nothing may be registered")
		})
	}
}

// A name that AWS refuses shows before anything is made: with a capital letter the key of the log did not fit the cluster, which
// had taken minutes.
func TestName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Main", "my_db", "1db", "a--b", strings.Repeat("d", 46)} {
		resources, err := newRecorder().Run(func(ctx *pulumi.Context) error {
			_, err := database.New(ctx, name, args())
			return err
		})
		require.ErrorContains(t, err, fmt.Sprintf("name %q: must be lower-case letters, digits and single hyphens, at most 45, a letter first", name))
		require.Empty(t, resources)
	}
}

// Two databases live in one stack: no name that AWS or the engine takes only once is of both.
func TestTwoInOneStack(t *testing.T) {
	t.Parallel()
	recorder := newRecorder()
	recorder.Computed["aws:kms/key:Key"] = func(r componenttest.Resource) resource.PropertyMap {
		id := fmt.Sprintf("%08x%s", crc32.ChecksumIEEE([]byte(r.Name)), keyID[8:])
		return resource.PropertyMap{"keyId": resource.NewProperty(id), "arn": resource.NewProperty(keyARN)}
	}
	recorder.Computed["aws:rds/cluster:Cluster"] = func(r componenttest.Resource) resource.PropertyMap {
		return resource.PropertyMap{"clusterIdentifier": resource.NewProperty(r.Name + "-1a2b3c"), "arn": resource.NewProperty("arn:" + r.Name)}
	}
	resources, err := recorder.Run(func(ctx *pulumi.Context) error {
		for _, name := range []string{"orders", "history"} {
			if _, err := database.New(ctx, name, args()); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	taken := map[string]string{}
	for _, r := range resources {
		for _, property := range []string{"urn", "name", "finalSnapshotIdentifier", "identifier", "clusterIdentifier"} {
			value, given := r.Plain()[property].(string)
			if property == "urn" {
				value, given = r.Type+" "+r.Name, true
			}
			if !given || r.Type == "aws:rds/clusterInstance:ClusterInstance" && property == "clusterIdentifier" {
				continue // it names its cluster
			}
			key := r.Type + " " + property + " " + value
			require.Empty(t, taken[key], "%s of %s", key, r.Name)
			taken[key] = r.Name
		}
	}
	require.Contains(t, taken, "aws:kms/alias:Alias name alias/deepstreamhub/prod-eu/orders")
}
