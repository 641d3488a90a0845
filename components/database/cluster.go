package database

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/parameters"
)

// formerNames are what the first two instances were called by their roles when the second was made after the first.
var formerNames = []string{"writer", "reader"}

// exportedLog is the log that Aurora PostgreSQL hands to CloudWatch Logs.
const exportedLog = "postgresql"

// applyNow makes AWS apply a change when the operator asks for it, not in the next maintenance window, when nobody is
// looking and the state already says that it was done.
const applyNow = pulumi.Bool(true)

// aurora makes the cluster, which holds the data; the instances only serve it.
func (b *builder) aurora() error {
	subnets, err := rds.NewSubnetGroup(b.ctx, b.name+"-subnets", &rds.SubnetGroupArgs{
		Description: pulumi.String("Isolated data subnets"),
		SubnetIds:   b.args.SubnetIDs,
	}, b.child)
	if err != nil {
		return err
	}
	group, err := b.parameters()
	if err != nil {
		return err
	}
	args := &rds.ClusterArgs{
		Engine:                      pulumi.String(engine),
		EngineVersion:               pulumi.String(b.args.EngineVersion),
		DatabaseName:                pulumi.String(databaseName),
		MasterUsername:              pulumi.String(masterUsername),
		MasterPassword:              b.password(),
		Port:                        pulumi.Int(port),
		DbSubnetGroupName:           subnets.Name,
		DbClusterParameterGroupName: group.Name,
		VpcSecurityGroupIds:         pulumi.StringArray{b.group.ID()},

		StorageEncrypted: pulumi.Bool(true),
		KmsKeyId:         b.key.Arn,

		BackupRetentionPeriod:      pulumi.Int(b.args.BackupRetentionDays),
		PreferredBackupWindow:      pulumi.String(b.args.backupWindow()),
		PreferredMaintenanceWindow: pulumi.String(b.args.maintenanceWindow()),
		CopyTagsToSnapshot:         pulumi.Bool(true),
		DeletionProtection:         pulumi.Bool(b.args.DeletionProtection),
		// For people, beside the password that servers have: whoever IAM lets in as a user that has the role rds_iam. It lets
		// in nobody by itself.
		IamDatabaseAuthenticationEnabled: pulumi.Bool(true),
		SkipFinalSnapshot:                pulumi.Bool(!b.args.FinalSnapshot),

		EnabledCloudwatchLogsExports: pulumi.ToStringArray([]string{exportedLog}),
		ApplyImmediately:             applyNow,
	}
	if b.args.FinalSnapshot {
		args.FinalSnapshotIdentifier = b.key.KeyId.ApplyT(func(id string) (string, error) {
			return FinalSnapshotIdentifier(b.args.Stack, id)
		}).(pulumi.StringOutput)
	}
	from, err := parseOrigin(b.args.RestoreFrom)
	if err != nil {
		return err
	}
	from.fill(args)
	b.cluster, err = rds.NewCluster(b.ctx, b.clusterName(), args, b.child, pulumi.IgnoreChanges(b.upgrade(args)))
	if err != nil {
		return err
	}
	b.db.ClusterIdentifier = b.cluster.ClusterIdentifier
	b.db.Endpoint = b.cluster.Endpoint
	b.db.ReaderEndpoint = b.cluster.ReaderEndpoint
	b.db.Port = b.cluster.Port
	b.db.DatabaseName = b.cluster.DatabaseName
	b.db.Username = b.cluster.MasterUsername
	return nil
}

// instanceGroupProperty is the instances' parameter group as the cluster's change of major version takes it.
const instanceGroupProperty = "dbInstanceParameterGroupName"

// upgrade sets what AWS asks for with a change of the major version and with no other: that it is meant, and the parameter group
// that the instances, whose own belongs to the version before, get with it (RDS API, ModifyDBCluster). It returns the properties
// whose changes are ignored. The group's name is left in the state afterwards: taken out, the provider would send an empty one, of
// which AWS does not say what it does. A name that is there is left out again once AWS has refused it (provider 5.100,
// rds/cluster.go, resourceClusterUpdate).
func (b *builder) upgrade(args *rds.ClusterArgs) (ignored []string) {
	if !b.args.MajorUpgrade {
		return append(slices.Clone(originProperties), instanceGroupProperty)
	}
	args.AllowMajorVersionUpgrade = pulumi.Bool(true)
	args.DbInstanceParameterGroupName = b.instanceParameters.Name
	return originProperties
}

func (b *builder) parameters() (*rds.ClusterParameterGroup, error) {
	family, err := ParameterFamily(b.args.EngineVersion)
	if err != nil {
		return nil, err
	}
	values := parameters.AuroraDefaults()
	maps.Copy(values, b.args.Parameters)
	values["rds.force_ssl"] = "1"
	var set rds.ClusterParameterGroupParameterArray
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set = append(set, &rds.ClusterParameterGroupParameterArgs{
			Name:        pulumi.String(name),
			Value:       pulumi.String(values[name]),
			ApplyMethod: pulumi.String("immediate"), // all of them are dynamic parameters
		})
	}
	// Instances have a group of their own because moving them off AWS's default takes a restart: with it, a parameter that
	// is right for an instance only can be set while it runs.
	b.instanceParameters, err = rds.NewParameterGroup(b.ctx, b.name+"-instance-parameters", &rds.ParameterGroupArgs{
		Description: pulumi.String("Waits for locks logged, reads and writes timed"),
		Family:      pulumi.String(family),
		Parameters: rds.ParameterGroupParameterArray{
			rds.ParameterGroupParameterArgs{Name: pulumi.String("log_lock_waits"), Value: pulumi.String("1"), ApplyMethod: pulumi.String("immediate")},
			rds.ParameterGroupParameterArgs{Name: pulumi.String("track_io_timing"), Value: pulumi.String("1"), ApplyMethod: pulumi.String("immediate")},
		},
	}, b.child)
	if err != nil {
		return nil, err
	}
	return rds.NewClusterParameterGroup(b.ctx, b.name+"-parameters", &rds.ClusterParameterGroupArgs{
		Description: pulumi.String("TLS only, slow statements logged"),
		Family:      pulumi.String(family),
		Parameters:  set,
	}, b.child)
}

// members makes the instances side by side, and lets them go side by side. Which of them writes is Aurora's choice and
// changes with every failover, so they have numbers for names and nothing here depends on it. A reader comes up once there
// is a writer to read from: whoever has waited for any one of them can write. Those beyond the first two hold nothing that
// protection would keep, so that fewer can be asked for.
func (b *builder) members() error {
	for i := range b.args.instances() {
		opts := []pulumi.ResourceOption{
			b.child, pulumi.DependsOn(b.monitors),
			// The zone is chosen once: a network that gains a zone lists its zones anew, and the instances would be replaced.
			pulumi.IgnoreChanges([]string{"availabilityZone"}),
		}
		if i < len(formerNames) {
			opts = append(opts, pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String(b.name + "-" + formerNames[i])}}))
		} else {
			opts = append(opts, pulumi.Protect(false))
		}
		args := &rds.ClusterInstanceArgs{
			ClusterIdentifier:    b.cluster.ID(),
			Engine:               pulumi.String(engine),
			EngineVersion:        b.cluster.EngineVersion,
			InstanceClass:        pulumi.String(b.args.InstanceClass),
			AvailabilityZone:     b.zone(i),
			DbSubnetGroupName:    b.cluster.DbSubnetGroupName,
			DbParameterGroupName: b.instanceParameters.Name,
			PromotionTier:        pulumi.Int(i),
			// The engine version is pinned: an upgrade by AWS would be undone, or fought over, at the next run.
			AutoMinorVersionUpgrade:    pulumi.Bool(false),
			PreferredMaintenanceWindow: pulumi.String(b.args.maintenanceWindow()),
			PubliclyAccessible:         pulumi.Bool(false),
			CopyTagsToSnapshot:         pulumi.Bool(true),
			ApplyImmediately:           applyNow,
		}
		b.observed(args)
		instance, err := rds.NewClusterInstance(b.ctx, fmt.Sprintf("%s-%d", b.name, i+1), args, opts...)
		if err != nil {
			return err
		}
		if i == 0 {
			b.db.Ready = append(b.db.Ready, instance)
		}
		b.db.InstanceIdentifiers = append(b.db.InstanceIdentifiers, instance.Identifier)
	}
	return nil
}

// zone returns the name of the i-th instance's zone. Too few of them may show only now, when the list comes from another
// resource.
func (b *builder) zone(i int) pulumi.StringOutput {
	return b.args.ZoneNames.ToStringArrayOutput().ApplyT(func(names []string) (string, error) {
		if len(names) < leastZones {
			return "", fmt.Errorf("place instance: %d zones given, the instances need %d", len(names), leastZones)
		}
		return names[i%len(names)], nil
	}).(pulumi.StringOutput)
}
