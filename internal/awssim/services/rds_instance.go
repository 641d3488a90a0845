package services

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeDBInstance = "aws:rds/clusterInstance:ClusterInstance"

var _ = cloud.Register(&cloud.Kind{
	Type: typeDBInstance, Service: "RDS", Noun: "DBInstance",
	Name:       &cloud.AutoName{Property: "identifier", Max: 63, Prefix: "identifierPrefix", Lower: true},
	DeleteOnly: []string{"forceDestroy"},
	Keys:       []string{"arn"},
	Unique: []cloud.Unique{{Props: []string{"identifier"}, Refusal: cloud.Refusal{
		Code: "DBInstanceAlreadyExists", Message: "DB instance already exists", Rule: "facts 94",
	}}},
	Refs: []cloud.Ref{{Path: "clusterIdentifier", To: typeDBCluster, Missing: cloud.Refusal{
		Code: "DBClusterNotFoundFault", Message: "DBCluster {value} not found.", Rule: "RDS API, CreateDBInstance",
	}}, {Path: "dbParameterGroupName", To: typeInstanceParameters, Except: "default.", Missing: cloud.Refusal{
		Code: "DBParameterGroupNotFound", Message: "DBParameterGroup not found: {value}", Rule: "RDS API, CreateDBInstance",
	}}},
	Quota: &cloud.Quota{Max: 40, Refusal: cloud.Refusal{
		Code: "InstanceQuotaExceeded", Message: "DB Instance quota exceeded: {value}", Rule: "facts 21",
	}},
	Busy:   cloud.Busy{Update: cloud.Refusal{Code: "InvalidDBInstanceState", Message: "Database instance is not in available state.", Rule: "facts 93"}},
	Check:  checkInstance,
	Create: createInstance,
	Update: updateInstance,
	Delete: deleteInstance,
	Holds:  instanceSubnet,
	Awaits: writerThere,
	Timing: cloud.Timing{Create: cloud.Secs(350, 300, 710), Update: cloud.Secs(120, 30, 600), Delete: cloud.Secs(620, 559, 677),
		Wait: cloud.WaitSeconds(30, 30, 30), Limit: cloud.LimitMinutes(90, 90, 90), Source: "facts, section 1: Aurora instance, 1 log and 2 deletions; a reader begins when the writer is there: side by side in that log, one took 381 s and the other 741 s"},
	Calls: cloud.Calls{Create: "rds:CreateDBInstance rds:AddTagsToResource kms:CreateGrant kms:DescribeKey", Read: "rds:DescribeDBInstances rds:DescribeDBClusters rds:ListTagsForResource",
		Update: "rds:ModifyDBInstance rds:RebootDBInstance rds:AddTagsToResource rds:RemoveTagsFromResource", Remove: "rds:DeleteDBInstance"},
	TaggedAs: "rds:db:",
})

// writerThere is when the first of a cluster's instances, which becomes the writer, is there: the others read what it has
// made of the volume. The only log of two that were created side by side shows one of them take twice as long.
func writerThere(t *cloud.Tx, r *cloud.Resource) time.Time {
	at := t.Now()
	for _, i := range t.All(typeDBInstance) {
		if i.Str("clusterIdentifier") == r.Str("clusterIdentifier") && i.Bool("writer") && i.Busy.After(at) {
			at = i.Busy
		}
	}
	return at
}

func checkInstance(c *cloud.Checker) {
	checkIdentifier(c, "identifier")
	checkIdentifier(c, "identifierPrefix")
	c.Only("engine", auroraEngine)
	if days, ok := c.Number("performanceInsightsRetentionPeriod"); ok && !insightsDays(int(days)) {
		c.Fail("performanceInsightsRetentionPeriod", "expected 7, 731 or a multiple of 31 between, got %v", days)
	}
	c.Unmodelled("customIamInstanceProfile")
}

func createInstance(t *cloud.Tx, r *cloud.Resource) error {
	cluster, _ := t.Find(typeDBCluster, "", r.Str("clusterIdentifier")) // a reference: checked
	r.ID = cloud.NameOrPrefixed(t, r, "identifier", "identifierPrefix")
	if len(r.ID) > 63 {
		return cloud.Refuse("InvalidParameterValue", "RDS API, CreateDBInstance", "The parameter DBInstanceIdentifier is not a valid identifier: %s", r.ID)
	}
	if err := placeInstance(t, r, cluster); err != nil {
		return err
	}
	r.State["arn"] = t.ARN("rds", "db:"+r.ID)
	r.State["dbiResourceId"] = "db-" + strings.ToUpper(t.Hex(26))
	r.State["endpoint"] = fmt.Sprintf("%s.%s.%s.rds.amazonaws.com", r.ID, databaseHost(t), t.Region)
	r.State["writer"] = len(members(t, cluster)) == 0 // the first member; later ones read
	if err := applyInstance(t, r, cluster); err != nil {
		return err
	}
	cluster.State["clusterMembers"] = cloud.List(append(memberNames(t, cluster), r.ID)...)
	t.Save(cluster)
	for _, log := range cluster.Strs("enabledCloudwatchLogsExports[]") {
		serviceLogs(t, r, "/aws/rds/cluster/"+cluster.ID+"/"+log)
	}
	if r.Int("monitoringInterval") > 0 {
		serviceLogs(t, r, "RDSOSMetrics")
	}
	return nil
}

func updateInstance(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	cluster, _ := t.Find(typeDBCluster, "", r.Str("clusterIdentifier"))
	// A key stays chosen even while Performance Insights is off.
	const key = "performanceInsightsKmsKeyId"
	chosen := cloud.Str(old, key)
	if asked := cloud.Str(r.Inputs, key); asked != "" && chosen != "" && asked != chosen {
		return cloud.Refuse("InvalidParameterCombination", "terraform-provider-aws, TestAccRDSClusterInstance_PerformanceInsightsKMSKeyID_defaultKeyToCustomKey",
			"You cannot change your Performance Insights KMS key")
	}
	if err := applyInstance(t, r, cluster); err != nil {
		return err
	}
	if r.Str(key) == "" || cloud.Str(r.Inputs, key) == "" && chosen != "" {
		r.State[key] = chosen
	}
	return nil
}

// applyInstance checks and computes what creation and update have in common.
func applyInstance(t *cloud.Tx, r, cluster *cloud.Resource) error {
	if err := fitsCluster(r, cluster); err != nil {
		return err
	}
	version := cluster.Str("engineVersionActual")
	cloud.Computed(r, cloud.Map{
		"applyImmediately": false, "caCertIdentifier": "rds-ca-rsa2048-g1", "dbParameterGroupName": "default." + auroraFamily(version),
		"engineVersion": cluster.State["engineVersion"], "monitoringRoleArn": "", "performanceInsightsEnabled": false,
		"performanceInsightsKmsKeyId": "", "performanceInsightsRetentionPeriod": 0.0, "publiclyAccessible": false,
	})
	for _, p := range []string{"kmsKeyId", "networkType", "port", "storageEncrypted", "preferredBackupWindow", "engineVersionActual"} {
		r.State[p] = cluster.State[p]
	}
	if err := checkInstanceValues(t, r, version); err != nil {
		return err
	}
	if err := monitored(t, r); err != nil {
		return err
	}
	return applyWindows(r, "preferredBackupWindow", "preferredMaintenanceWindow", 30, "RDS API, CreateDBInstance")
}

// fitsCluster holds an instance against the cluster that it is a member of.
func fitsCluster(r, cluster *cloud.Resource) error {
	const code, rule = "InvalidParameterCombination", "RDS API, CreateDBInstance"
	version := cluster.Str("engineVersionActual")
	if engine := r.Str("engine"); engine != cluster.Str("engine") {
		return cloud.Refuse(code, rule, "The engine name requested for your DB instance (%s) doesn't match the engine name of your DB cluster (%s).",
			engine, cluster.Str("engine"))
	}
	if asked := r.Str("engineVersion"); asked != "" && asked != version && asked != cluster.Str("engineVersion") {
		return cloud.Refuse(code, rule, "The engine version that you requested for your DB instance (%s) does not match the engine version of your DB cluster (%s).",
			asked, version)
	}
	class := r.Str("instanceClass")
	if class != serverlessClass && !offered(auroraClasses, "db.", class) {
		return cloud.Refuse(code, rule, "RDS does not support creating a DB instance with the following combination: DBInstanceClass=%s, Engine=%s, "+
			"EngineVersion=%s, LicenseModel=postgresql-license. For supported combinations of instance class and database engine version, "+
			"see the documentation.", class, auroraEngine, version)
	}
	if class == serverlessClass && !cloud.Has(cluster.State, "serverlessv2ScalingConfiguration") {
		return cloud.Refuse("InvalidDBClusterStateFault", rule,
			"Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance.")
	}
	if cloud.Has(r.Inputs, "preferredBackupWindow") {
		return cloud.Refuse(code, rule, "The requested DB Instance will be a member of a DB Cluster. Set backup window for the DB Cluster.")
	}
	return nil
}

func checkInstanceValues(t *cloud.Tx, r *cloud.Resource, version string) error {
	const rule = "RDS API, CreateDBInstance"
	if tier := r.Int("promotionTier"); tier < 0 || tier > 15 {
		return cloud.Refuse("InvalidParameterValue", rule, "Invalid promotion tier: %d. Valid values: 0 - 15", tier)
	}
	if ca := r.Str("caCertIdentifier"); !slices.Contains([]string{"rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"}, ca) {
		return cloud.Refuse("CertificateNotFound", rule, "Certificate not found: %s", ca)
	}
	group := r.Str("dbParameterGroupName")
	family := strings.TrimPrefix(group, "default.")
	if g, ok := t.Find(typeInstanceParameters, "", group); ok {
		family = g.Str("family")
	}
	return groupFits(auroraFamily(version), group, family)
}

// placeInstance puts an instance into a zone that the cluster's subnet group covers.
func placeInstance(t *cloud.Tx, r, cluster *cloud.Resource) error {
	const rule = "RDS API, CreateDBInstance"
	name := cluster.Str("dbSubnetGroupName")
	if own := r.Str("dbSubnetGroupName"); own != "" && own != name {
		return cloud.Refuse("InvalidParameterCombination", rule, "The DB subnet group %s of the DB instance is not that of its DB cluster, %s.", own, name)
	}
	r.State["dbSubnetGroupName"] = name
	group, _ := t.Find(typeDBSubnetGroup, "", name)
	zones := subnetZones(t, group.Strs("subnetIds[]"))
	if zone := r.Str("availabilityZone"); zone == "" {
		r.State["availabilityZone"] = emptiest(zones, members(t, cluster))
	} else if !slices.Contains(zones, zone) {
		return cloud.Refuse("InvalidVPCNetworkStateFault", rule, "DB Subnet Group %s doesn't cover the Availability Zone %s. Current coverage: %s",
			name, zone, strings.Join(zones, ", "))
	}
	if r.Bool("publiclyAccessible") {
		return reachable(t, group.Str("vpcId"))
	}
	return nil
}

// reachable checks what a VPC needs for an instance with a public address.
func reachable(t *cloud.Tx, vpc string) error {
	const text = "Cannot create a publicly accessible DBInstance. The specified VPC %s. Update the VPC and then try again"
	v, ok := t.Find("aws:ec2/vpc:Vpc", "", vpc)
	if !ok || !v.Bool("enableDnsHostnames") || !v.Bool("enableDnsSupport") {
		return cloud.Refuse("InvalidVPCNetworkStateFault", "RDS API, CreateDBInstance", text, "does not support DNS resolution, DNS hostnames, or both")
	}
	for _, g := range t.All("aws:ec2/internetGateway:InternetGateway") {
		if g.Str("vpcId") == vpc {
			return nil
		}
	}
	return cloud.Refuse("InvalidVPCNetworkStateFault", "RDS API, CreateDBInstance", text, "has no internet gateway attached")
}

// emptiest returns the zone with the fewest instances, the first of them in order.
func emptiest(zones []string, instances []*cloud.Resource) string {
	count := func(zone string) (n int) {
		for _, i := range instances {
			if i.Str("availabilityZone") == zone {
				n++
			}
		}
		return n
	}
	return slices.MinFunc(zones, func(a, b string) int { return count(a) - count(b) })
}

// members returns a cluster's instances in order of creation.
func members(t *cloud.Tx, cluster *cloud.Resource) []*cloud.Resource {
	return slices.DeleteFunc(t.All(typeDBInstance), func(i *cloud.Resource) bool { return i.Str("clusterIdentifier") != cluster.ID })
}

func memberNames(t *cloud.Tx, cluster *cloud.Resource) []string {
	names := []string{}
	for _, i := range members(t, cluster) {
		names = append(names, i.ID)
	}
	return names
}

// deleteInstance promotes another instance when the writer goes: the one of the lowest tier.
func deleteInstance(t *cloud.Tx, r *cloud.Resource) error {
	cluster, ok := t.Find(typeDBCluster, "", r.Str("clusterIdentifier"))
	if !ok {
		return nil
	}
	left := slices.DeleteFunc(members(t, cluster), func(i *cloud.Resource) bool { return i.ID == r.ID })
	if r.Bool("writer") && len(left) > 0 {
		next := slices.MinFunc(left, func(a, b *cloud.Resource) int { return a.Int("promotionTier") - b.Int("promotionTier") })
		next.State["writer"] = true
		t.Save(next)
	}
	cluster.State["clusterMembers"] = cloud.List(slices.DeleteFunc(memberNames(t, cluster), func(n string) bool { return n == r.ID })...)
	t.Save(cluster)
	return nil
}

// instanceSubnet is where an instance's network interface is, which keeps the subnet from being deleted.
func instanceSubnet(t *cloud.Tx, r *cloud.Resource) []*cloud.Resource {
	group, ok := t.Find(typeDBSubnetGroup, "", r.Str("dbSubnetGroupName"))
	if !ok {
		return nil
	}
	for _, id := range group.Strs("subnetIds[]") {
		if s, ok := t.Find(typeSubnet, "", id); ok && s.Str("availabilityZone") == r.Str("availabilityZone") {
			return []*cloud.Resource{s}
		}
	}
	return nil
}
