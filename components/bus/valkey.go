package bus

import (
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/elasticache"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/internal/parameters"
)

// valkey makes the replication group.
func (b *builder) valkey() error {
	subnets, err := elasticache.NewSubnetGroup(b.ctx, b.name+"-subnets", &elasticache.SubnetGroupArgs{
		Description: pulumi.String("Isolated data subnets"),
		SubnetIds:   b.args.SubnetIDs,
	}, b.child)
	if err != nil {
		return err
	}
	own, err := b.parameters()
	if err != nil {
		return err
	}
	group, err := elasticache.NewReplicationGroup(b.ctx, b.name+groupSuffix, &elasticache.ReplicationGroupArgs{
		Description:   pulumi.Sprintf("Bus of %s", b.args.Stack),
		Engine:        pulumi.String(engine),
		EngineVersion: pulumi.String(b.args.EngineVersion),
		NodeType:      pulumi.String(b.args.NodeType),
		Port:          pulumi.Int(port),

		// One primary; a replica in another zone is promoted when it fails.
		NumCacheClusters:         pulumi.Int(1 + b.args.Replicas),
		AutomaticFailoverEnabled: pulumi.Bool(true),
		MultiAzEnabled:           pulumi.Bool(true),
		SubnetGroupName:          subnets.Name,
		SecurityGroupIds:         pulumi.StringArray{b.group.ID()},
		ParameterGroupName:       own.Name,

		AtRestEncryptionEnabled:  pulumi.Bool(true),
		KmsKeyId:                 b.key.Arn,
		TransitEncryptionEnabled: pulumi.Bool(true),
		TransitEncryptionMode:    pulumi.String("required"),
		AuthToken:                b.password(),
		AuthTokenUpdateStrategy:  b.secret.Rotated().ApplyT(strategy).(pulumi.StringOutput),

		SnapshotRetentionLimit: pulumi.Int(b.args.SnapshotRetentionDays),
		SnapshotWindow:         pulumi.String(b.args.snapshotWindow()),
		MaintenanceWindow:      pulumi.String(b.args.maintenanceWindow()),
		// The engine version is pinned: an upgrade by AWS would be undone, or fought over, at the next run.
		AutoMinorVersionUpgrade: pulumi.Bool(false),
		// A change happens when the operator asks for it, not in the next maintenance window, when nobody is looking
		// and the state already says that it was done.
		ApplyImmediately: pulumi.Bool(true),
	}, b.child)
	if err != nil {
		return err
	}
	b.bus.PrimaryEndpoint, b.bus.ReplicationGroupID = group.PrimaryEndpointAddress, group.ReplicationGroupId
	b.bus.Port = group.Port.Elem()
	return nil
}

func (b *builder) parameters() (*elasticache.ParameterGroup, error) {
	family, err := ParameterFamily(b.args.EngineVersion)
	if err != nil {
		return nil, err
	}
	values := parameters.ValkeyDefaults()
	maps.Copy(values, b.args.Parameters)
	var set elasticache.ParameterGroupParameterArray
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set = append(set, &elasticache.ParameterGroupParameterArgs{Name: pulumi.String(name), Value: pulumi.String(values[name])})
	}
	return elasticache.NewParameterGroup(b.ctx, b.name+"-parameters", &elasticache.ParameterGroupArgs{
		Description: pulumi.String("Cached records give way when memory is full"),
		Family:      pulumi.String(family),
		Parameters:  set,
	}, b.child)
}
