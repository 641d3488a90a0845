package services

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const (
	typeSecurityGroup = "aws:ec2/securityGroup:SecurityGroup"
	typeDBCluster     = "aws:rds/cluster:Cluster"
)

var _ = cloud.Register(&cloud.Kind{
	Type: typeDBCluster, Service: "RDS", Noun: "DBCluster",
	Unmodelled: strings.Fields(`
		allocatedStorage backtrackWindow dbClusterInstanceClass dbSystemId domain domainIamRoleName enableGlobalWriteForwarding
		enableHttpEndpoint enableLocalWriteForwarding globalClusterIdentifier iamRoles iops manageMasterUserPassword
		masterUserSecretKmsKeyId replicationSourceIdentifier restoreToPointInTime.sourceClusterResourceId s3Import
		scalingConfiguration serverlessv2ScalingConfiguration.secondsUntilAutoPause sourceRegion`),
	Name:       &cloud.AutoName{Property: "clusterIdentifier", Max: 63, Prefix: "clusterIdentifierPrefix", Lower: true},
	DeleteOnly: []string{"skipFinalSnapshot", "finalSnapshotIdentifier", "deleteAutomatedBackups"},
	Keys:       []string{"arn"},
	Unique: []cloud.Unique{{Props: []string{"clusterIdentifier"}, Refusal: cloud.Refusal{
		Code: "DBClusterAlreadyExistsFault", Message: "DB Cluster already exists", Rule: "facts 94",
	}}},
	Refs: []cloud.Ref{
		{Path: "dbSubnetGroupName", To: typeDBSubnetGroup, Missing: cloud.Refusal{
			Code: "DBSubnetGroupNotFoundFault", Message: "DB subnet group '{value}' does not exist.", Rule: "RDS API, CreateDBCluster",
		}},
		{Path: "dbClusterParameterGroupName", To: typeDBParameterGroup, Except: "default.", Missing: cloud.Refusal{
			Code: "DBClusterParameterGroupNotFound", Message: "DBClusterParameterGroup not found: {value}", Rule: "RDS API, CreateDBCluster",
		}},
		{Path: "vpcSecurityGroupIds[]", To: typeSecurityGroup, Missing: cloud.Refusal{
			Code: "InvalidParameterValue", Message: "Invalid security group , groupId= {value}, groupName=.", Rule: "RDS API, CreateDBCluster",
		}},
	},
	InUse: cloud.Refusal{
		Code:    "InvalidDBClusterStateFault",
		Message: "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
		Rule:    "facts 87",
	},
	GoesAfter: true, // facts 87: the instances may be deleting
	Busy:      cloud.Busy{Update: clusterBusy, Delete: clusterBusy},
	Check:     checkDBCluster,
	Create:    createDBCluster,
	Update:    updateDBCluster,
	Delete:    deleteDBCluster,
	Read:      func(t *cloud.Tx, r *cloud.Resource) { r.State["clusterMembers"] = cloud.List(memberNames(t, r)...) },
	Timing: cloud.Timing{Create: cloud.Secs(15, 10, 40), Update: cloud.Secs(30, 5, 600), Delete: cloud.Secs(33, 30, 100),
		Wait: cloud.WaitSeconds(30, 30, 30), Limit: cloud.LimitMinutes(120, 120, 120), Source: "facts, section 1: Aurora cluster, 1 log and 1 issue"},
	Calls: cloud.Calls{Create: "rds:CreateDBCluster rds:RestoreDBClusterFromSnapshot rds:RestoreDBClusterToPointInTime rds:ModifyDBCluster rds:AddTagsToResource kms:CreateGrant kms:DescribeKey",
		Read: "rds:DescribeDBClusters rds:DescribeGlobalClusters rds:ListTagsForResource", Update: "rds:ModifyDBCluster rds:AddTagsToResource rds:RemoveTagsFromResource",
		Remove: "rds:ModifyDBCluster rds:DeleteDBCluster rds:CreateDBClusterSnapshot rds:AddTagsToResource"},
	TaggedAs: "rds:cluster:",
})

var clusterBusy = cloud.Refusal{Code: "InvalidDBClusterStateFault", Message: "DBCluster {id} is not currently in the available state.", Rule: "facts 93", Retry: 2 * time.Minute}

func createDBCluster(t *cloud.Tx, r *cloud.Resource) error {
	if !serviceLinked(t, "rds.amazonaws.com") {
		return cloud.Refuse("InvalidParameterValue", "Amazon Aurora User Guide, \"Using service-linked roles\"", "Unable to create the "+
			"resource. Verify that you have permission to create service linked role. Otherwise wait and try again later")
	}
	r.ID = cloud.NameOrPrefixed(t, r, "clusterIdentifier", "clusterIdentifierPrefix")
	r.Hidden = cloud.Map{"marker": t.Hex(16), "since": t.Now().Format(time.RFC3339)}
	if err := restore(t, r); err != nil {
		return err
	}
	if !restored(r) {
		if err := checkMaster(r); err != nil {
			return err
		}
	}
	if err := placeCluster(t, r); err != nil {
		return err
	}
	host := fmt.Sprintf("%s.%s.rds.amazonaws.com", databaseHost(t), t.Region)
	r.State["arn"] = t.ARN("rds", "cluster:"+r.ID)
	r.State["clusterResourceId"] = "cluster-" + strings.ToUpper(t.Hex(26))
	r.State["endpoint"] = fmt.Sprintf("%s.cluster-%s", r.ID, host)
	r.State["readerEndpoint"] = fmt.Sprintf("%s.cluster-ro-%s", r.ID, host)
	r.State["hostedZoneId"] = databaseZones[t.Region]
	r.State["clusterMembers"] = []any{}
	if err := applyDBCluster(t, r); err != nil {
		return err
	}
	if err := encryptsUnder(t, r, "kmsKeyId", "KMSKeyNotAccessibleFault", "RDS API, CreateDBCluster"); err != nil {
		return err
	}
	if cloud.Has(r.State, "kmsKeyId") && !r.Bool("storageEncrypted") {
		return cloud.Refuse("InvalidParameterCombination", "RDS API, CreateDBCluster",
			"KmsKeyId can be specified only for an encrypted DB cluster: StorageEncrypted must be true.")
	}
	if r.Bool("storageEncrypted") && !cloud.Has(r.State, "kmsKeyId") {
		r.State["kmsKeyId"] = t.ARN("kms", "key/"+awsManagedKey(t, "rds"))
	}
	cloud.Computed(r, cloud.Map{"kmsKeyId": ""})
	return nil
}

// placeCluster decides zones and checks that the security groups are of the subnet group's VPC.
func placeCluster(t *cloud.Tx, r *cloud.Resource) error {
	group, ok := t.Find(typeDBSubnetGroup, "", r.Str("dbSubnetGroupName"))
	if !ok { // no group given: the account has no default VPC
		return cloud.Refuse("InvalidSubnet", "RDS API, CreateDBCluster",
			"No default subnet detected in VPC. Please contact AWS Support to recreate the default Subnets.")
	}
	if err := sameVPC(t, group.Str("vpcId"), r.Strs("vpcSecurityGroupIds[]")); err != nil {
		return err
	}
	known := zoneNames(t)
	zones := r.Strs("availabilityZones[]")
	for _, z := range zones {
		if !slices.Contains(known, z) {
			return cloud.Refuse("InvalidParameterValue", "RDS API, CreateDBCluster", "Invalid availability zone: %s", z)
		}
	}
	// Aurora keeps the data in three zones: those of the group first, others where it has too few.
	for _, z := range append(subnetZones(t, group.Strs("subnetIds[]")), known...) {
		if len(zones) < 3 && !slices.Contains(zones, z) {
			zones = append(zones, z)
		}
	}
	slices.Sort(zones)
	r.State["availabilityZones"] = cloud.List(zones...)
	if !cloud.Has(r.State, "vpcSecurityGroupIds") {
		r.State["vpcSecurityGroupIds"] = defaultGroupOf(t, group.Str("vpcId"))
	}
	return nil
}

func sameVPC(t *cloud.Tx, vpc string, groups []string) error {
	for _, id := range groups {
		if g, ok := t.Find(typeSecurityGroup, "", id); ok && g.Str("vpcId") != vpc {
			return cloud.Refuse("InvalidParameterCombination", "RDS API, CreateDBCluster", "The DB instance and EC2 security group are in "+
				"different VPCs. The DB instance is in %s and the EC2 security group is in %s", vpc, g.Str("vpcId"))
		}
	}
	return nil
}

// defaultGroupOf returns what a resource without security groups gets: the default one of its VPC.
func defaultGroupOf(t *cloud.Tx, vpc string) []any {
	if v, ok := t.Find("aws:ec2/vpc:Vpc", "", vpc); ok && v.Str("defaultSecurityGroupId") != "" {
		return cloud.List(v.Str("defaultSecurityGroupId"))
	}
	return []any{}
}

// zoneNames returns the names of the region's availability zones, sorted.
func zoneNames(t *cloud.Tx) []string {
	var names []string
	for _, name := range t.Declared().Regions[t.Region].Zones {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func updateDBCluster(t *cloud.Tx, r *cloud.Resource, old cloud.Map) error {
	group, _ := t.Find(typeDBSubnetGroup, "", r.Str("dbSubnetGroupName"))
	if err := sameVPC(t, group.Str("vpcId"), r.Strs("vpcSecurityGroupIds[]")); err != nil {
		return err
	}
	if !restored(r) || r.Str("masterPassword") != cloud.Str(old, "masterPassword") {
		if err := checkMaster(r); err != nil {
			return err
		}
	}
	if err := upgradable(t, r, old); err != nil {
		return err
	}
	if err := applyDBCluster(t, r); err != nil {
		return err
	}
	upgradeMembers(t, r, old)
	return nil
}

// deleteDBCluster takes the final snapshot. That one must be asked for or declined is the provider's rule, and shows only
// now.
func deleteDBCluster(t *cloud.Tx, r *cloud.Resource) error {
	if r.Bool("deletionProtection") {
		return cloud.Refuse("InvalidParameterCombination", "facts 83",
			"Cannot delete protected Cluster, please disable deletion protection and try again.").For(2 * time.Minute)
	}
	if r.Bool("skipFinalSnapshot") {
		return nil
	}
	name := r.Str("finalSnapshotIdentifier")
	if name == "" {
		return errors.New("RDS Cluster final_snapshot_identifier is required when skip_final_snapshot is false") // facts 84
	}
	if _, taken := t.Remnant("clusterSnapshot", name); taken {
		return cloud.Refuse("DBClusterSnapshotAlreadyExistsFault", "facts 85",
			"Cannot create the cluster snapshot because one with the identifier %s already exists.", name)
	}
	state := cloud.Clone(r.State)
	delete(state, "masterPassword")
	state["marker"], state["engineVersion"] = r.Hidden["marker"], r.Str("engineVersionActual")
	t.Leave("clusterSnapshot", r, name, never, state)
	return nil
}

// databaseHost is the part of RDS host names that is the same for all of an account's databases in a region.
func databaseHost(t *cloud.Tx) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "rds/%d/%s/%s", t.Seed(), t.Account(), t.Region))
	return "c" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:11])
}

// awsManagedKey is the id of the key that AWS keeps in the account for a service.
func awsManagedKey(t *cloud.Tx, service string) string {
	h := fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "alias/aws/%s/%s/%s", service, t.Account(), t.Region)))
	return strings.Join([]string{h[:8], h[8:12], "4" + h[13:16], "8" + h[17:20], h[20:32]}, "-")
}
