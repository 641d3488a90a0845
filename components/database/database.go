package database

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
	"github.com/deepstreamhub/platform/internal/parameters"
	"github.com/deepstreamhub/platform/internal/windows"
)

// Type is part of every child's URN: changing it needs an alias.
const Type = "deepstreamhub:database:Database"

const (
	databaseName   = "deepstream"
	masterUsername = "deepstream"
	port           = 5432
	engine         = "aurora-postgresql"
)

// Args is what a Database is made from.
type Args struct {
	Region    string                  // the provider's region
	Stack     string                  // part of the key's alias and of the final snapshot's name
	VpcID     pulumi.StringInput      `pulumi:"vpcId"`     // where its security groups live
	SubnetIDs pulumi.StringArrayInput `pulumi:"subnetIds"` // isolated data subnets, one per zone
	ZoneNames pulumi.StringArrayInput `pulumi:"zoneNames"` // such as eu-central-1a, in the order of SubnetIDs; the instances take them in turn

	EngineVersion       string   // Aurora PostgreSQL version, major.minor
	MajorUpgrade        bool     `pulumi:"-"` // whether a cluster of another major version is taken to EngineVersion; leave it false otherwise
	InstanceClass       string   // such as db.r6g.large
	Readers             int      // instances beside the one that writes, 1 to 15; 0 is 1
	BackupRetentionDays int      // 1 to 35
	DeletionProtection  bool     // whether AWS itself refuses to delete the cluster
	FinalSnapshot       bool     // whether deleting the cluster leaves a snapshot behind, and with it the key
	PerformanceInsights bool     // whether the instances keep what their load was made of, for a week
	LogDays             int      // how long PostgreSQL's log is kept; one of the numbers that CloudWatch Logs accepts
	MonitoringSeconds   int      // between two readings of the instances' operating system: 0 (none), 1, 5, 10, 15, 30 or 60
	Rotation            Rotation `pulumi:"-"` // a step of changing the password; open connections go on, new ones need the new one

	// Parameters of the cluster's parameter group, by name, beside or instead of parameters.AuroraDefaults. None takes effect
	// only when an instance restarts.
	Parameters        map[string]string
	BackupWindow      string // when AWS backs the cluster up every day, hh24:mi-hh24:mi in UTC, 30 minutes or more; empty: windows.Backup
	MaintenanceWindow string // when AWS maintains it, ddd:hh24:mi-ddd:hh24:mi in UTC, 30 minutes or more, apart from BackupWindow; empty: windows.Maintenance

	// RestoreFrom is where a new cluster takes its data from, within the provider's region and whichever key that is encrypted
	// under: the name or ARN of a cluster snapshot, or another cluster at a time, as <identifier>@<RFC 3339 in UTC> or
	// <identifier>@latest; empty: a new cluster is empty. It is honoured when the cluster is created and ignored from then
	// on, so that neither changing nor clearing it replaces the cluster.
	RestoreFrom string `pulumi:"-"`

	NamePrefix string            // what names that people look for begin with, before Stack; empty: the project's name
	Tags       map[string]string // put on everything that takes tags; tags of a transformation in the options win
}

// classPattern is the form of DBInstanceClass, such as db.r6g.large or db.x2g.16xlarge.
var classPattern = regexp.MustCompile(`^db\.[a-z0-9]+\.[a-z0-9]+$`)

const (
	// maxName keeps the name of the role that Enhanced Monitoring takes within IAM's 64 characters.
	maxName    = 64 - blocks.AutoName - len(monitoringSuffix)
	leastZones = 2  // for an instance that takes over when a zone is lost; a subnet group needs as many (RDS API, CreateDBSubnetGroup)
	maxReaders = 15 // Aurora Replicas in one cluster (Amazon Aurora User Guide, "Aurora Replicas")
)

// Validate returns every problem with the arguments at once.
func (a *Args) Validate() error {
	if a == nil {
		return errors.New("no arguments")
	}
	problems := slices.Concat(
		blocks.NameProblems(a.NamePrefix, a.Tags),
		[]error{blocks.DashedProblem("stack", a.Stack, blocks.MaxStack), blocks.RegionProblem("region", a.Region), blocks.LogDaysProblem("log days", a.LogDays)},
		blocks.MissingProblems(blocks.Given{Of: "vpc id", Value: a.VpcID}),
		blocks.ListProblems("subnet ids", a.SubnetIDs, leastZones, fmt.Sprintf("a subnet group needs %d, in as many zones", leastZones)),
		blocks.ListProblems("zone names", a.ZoneNames, leastZones, fmt.Sprintf("the instances need %d", leastZones)),
	)
	problem := func(format string, values ...any) { problems = append(problems, fmt.Errorf(format, values...)) }
	if a.Readers < 0 || a.Readers > maxReaders {
		problem("readers %d: must be 1 to %d, or 0 for 1", a.Readers, maxReaders)
	}
	if _, err := ParameterFamily(a.EngineVersion); err != nil {
		problems = append(problems, err)
	}
	if !classPattern.MatchString(a.InstanceClass) {
		problem("instance class %q: must be of the form db.r6g.large", a.InstanceClass)
	}
	// BackupRetentionPeriod in CreateDBCluster: Aurora always backs up, so 0 is not an option.
	if a.BackupRetentionDays < 1 || a.BackupRetentionDays > 35 {
		problem("backup retention days %d: must be 1 to 35", a.BackupRetentionDays)
	}
	if !slices.Contains(monitoringIntervals, a.MonitoringSeconds) {
		problem("monitoring seconds %d: must be one of %d", a.MonitoringSeconds, monitoringIntervals)
	}
	if _, err := parseOrigin(a.RestoreFrom); err != nil {
		problems = append(problems, err)
	}
	if err := a.Rotation.Validate(); err != nil {
		problems = append(problems, err)
	}
	problems = append(problems, blocks.ParameterProblems(a.Parameters, func(name string) string { return parameters.AuroraRule(a.Parameters, name) })...)
	problems = append(problems, blocks.WindowProblems("backup", a.backupWindow(), a.maintenanceWindow(), windows.ShortestOfAurora)...)
	return errors.Join(problems...)
}

func (a *Args) backupWindow() string { return cmp.Or(a.BackupWindow, windows.Backup) }

func (a *Args) maintenanceWindow() string { return cmp.Or(a.MaintenanceWindow, windows.Maintenance) }

// instances is how many there are: one writes, and the others read and take over from it.
func (a *Args) instances() int { return 1 + cmp.Or(a.Readers, 1) }

// Database is an Aurora PostgreSQL cluster.
type Database struct {
	pulumi.ResourceState

	ClusterIdentifier   pulumi.StringOutput  // how metrics name the cluster
	InstanceIdentifiers []pulumi.StringInput // how metrics name the instances; which one writes changes

	Endpoint       pulumi.StringOutput // host name that always leads to the writer
	ReaderEndpoint pulumi.StringOutput // host name that leads to a reader
	Port           pulumi.IntOutput
	DatabaseName   pulumi.StringOutput
	Username       pulumi.StringOutput

	SecretArn pulumi.StringOutput // secret holding JSON with "username" and "password"; known once it has its value
	KeyArn    pulumi.StringOutput // key that the secret is encrypted under

	ClientSecurityGroupID pulumi.StringOutput // whoever carries this group may connect

	// Ready must exist before anybody can connect.
	Ready []pulumi.Resource
}

// builder holds what the steps of New hand to each other.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  *Args
	child pulumi.ResourceOrInvokeOption // makes a resource a child of the database
	db    *Database

	key     *kms.Key
	logsKey *kms.Key
	secret  *blocks.Secret
	group   *ec2.SecurityGroup
	cluster *rds.Cluster

	instanceParameters *rds.ParameterGroup
	monitoring         *iam.Role         // nil without Enhanced Monitoring
	monitors           []pulumi.Resource // what gives that role its rights, and where the instances log
}

// New registers a Database. It refuses invalid arguments before registering anything.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Database, error) {
	if err := errors.Join(blocks.DashedProblem("name", name, maxName), args.Validate()); err != nil {
		return nil, fmt.Errorf("create database %s: %w", name, err)
	}
	d := &Database{}
	if err := blocks.Register(ctx, Type, name, args, args.Tags, d, opts); err != nil {
		return nil, fmt.Errorf("create database %s: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(d), db: d}
	for _, step := range []func() error{b.encryption, b.logKey, b.monitoringRole, b.credentials, b.access, b.aurora, b.logs, b.members} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("create database %s: %w", name, err)
		}
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{
		"endpoint":              d.Endpoint,
		"readerEndpoint":        d.ReaderEndpoint,
		"port":                  d.Port,
		"databaseName":          d.DatabaseName,
		"username":              d.Username,
		"secretArn":             d.SecretArn,
		"keyArn":                d.KeyArn,
		"clientSecurityGroupId": d.ClientSecurityGroupID,
	})
}
