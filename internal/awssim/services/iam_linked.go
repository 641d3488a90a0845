package services

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeLinkedRole = "aws:iam/serviceLinkedRole:ServiceLinkedRole"

// linkedRole is what AWS knows of a service's service-linked role.
type linkedRole struct {
	name  string   // of the role
	users []string // types of the service that keep the role from being deleted
}

// linkedRoles are the service-linked roles that the platform's services take, by service (IAM User Guide, "AWS services
// that work with IAM", and each service's own page on service-linked roles).
var linkedRoles = map[string]linkedRole{
	"access-analyzer.amazonaws.com":             {"AWSServiceRoleForAccessAnalyzer", []string{typeAnalyzer}},
	"autoscaling.amazonaws.com":                 {"AWSServiceRoleForAutoScaling", []string{typeGroup}},
	"backup.amazonaws.com":                      {"AWSServiceRoleForBackup", nil},
	"cloudtrail.amazonaws.com":                  {"AWSServiceRoleForCloudTrail", nil},
	"ecs.amazonaws.com":                         {"AWSServiceRoleForECS", []string{typeCluster}},
	"ecs.application-autoscaling.amazonaws.com": {"AWSServiceRoleForApplicationAutoScaling_ECSService", []string{"aws:appautoscaling/target:Target"}},
	"elasticache.amazonaws.com":                 {"AWSServiceRoleForElastiCache", []string{typeReplicationGroup}},
	"elasticloadbalancing.amazonaws.com":        {"AWSServiceRoleForElasticLoadBalancing", []string{typeLoadBalancer}},
	"guardduty.amazonaws.com":                   {"AWSServiceRoleForAmazonGuardDuty", []string{typeDetector}},
	"rds.amazonaws.com":                         {"AWSServiceRoleForRDS", []string{typeDBCluster}},
	"replication.ecr.amazonaws.com":             {"AWSServiceRoleForECRReplication", []string{typeReplication}},
	"wafv2.amazonaws.com":                       {"AWSServiceRoleForWAFV2Logging", nil},
}

var linkedService = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)

var _ = cloud.Register(&cloud.Kind{
	Type: typeLinkedRole, Service: "IAM", Noun: "ServiceLinkedRole", Global: true, UpdateCall: "UpdateRoleDescription",
	Keys: []string{"arn", "awsServiceName"},
	Check: func(c *cloud.Checker) {
		c.Match("awsServiceName", linkedService, "must be a service's name such as ecs.amazonaws.com")
		c.Length("description", 0, 1000)
		c.Unmodelled("customSuffix")
	},
	Create: createLinkedRole,
	Delete: deleteLinkedRole,
	Timing: cloud.Timing{Create: cloud.Secs(2, 1, 5), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(10, 2, 60),
		Source: "as an IAM role; IAM deletes it by a task of its own (guess)"},
})

func createLinkedRole(t *cloud.Tx, r *cloud.Resource) error {
	service := r.Str("awsServiceName")
	known, ok := linkedRoles[service]
	if !ok {
		return cloud.Refuse("InvalidInput", "IAM API, CreateServiceLinkedRole", "Service %s is not a service with service-linked roles that the offline AWS knows", service)
	}
	if serviceLinked(t, service) {
		return cloud.Refuse("InvalidInput", "github.com/DataDog/pathfinding-labs issue 23",
			"Service role name %s has been taken in this account, please try a different suffix.", known.name)
	}
	applyLinkedRole(t, r, service, known.name)
	return nil
}

func applyLinkedRole(t *cloud.Tx, r *cloud.Resource, service, name string) {
	path := "/aws-service-role/" + service + "/"
	r.ID = t.GlobalARN("iam", "role"+path+name)
	r.State["arn"], r.State["name"], r.State["path"] = r.ID, name, path
	r.State["uniqueId"] = "AROA" + strings.ToUpper(t.Hex(17))
	r.State["createDate"] = t.Now().Format(time.RFC3339)
	cloud.Computed(r, cloud.Map{"description": "", "customSuffix": ""})
}

// deleteLinkedRole refuses while the service still works with the role: the deletion that IAM starts then fails (IAM
// API, GetServiceLinkedRoleDeletionStatus).
func deleteLinkedRole(t *cloud.Tx, r *cloud.Resource) error {
	for _, typ := range linkedRoles[r.Str("awsServiceName")].users {
		if used := t.Anywhere(typ); len(used) > 0 {
			return fmt.Errorf("waiting for IAM Service Linked Role (%s) delete: deletion task failed: %s uses it", r.ID, used[0].ID)
		}
	}
	return nil
}

// serviceLinked reports whether the account has a service's service-linked role: declared, or made.
func serviceLinked(t *cloud.Tx, service string) bool {
	if slices.Contains(t.Declared().ServiceLinkedRoles, service) {
		return true
	}
	_, made := t.Find(typeLinkedRole, "awsServiceName", service)
	return made
}
