package services

import (
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeInstanceParameters = "aws:rds/parameterGroup:ParameterGroup"

// instanceParameters are those of parameters.Aurora that an instance can have apart from its cluster (Amazon Aurora User
// Guide, "Aurora PostgreSQL instance-level parameters").
var instanceParameters = strings.Fields("auto_explain.log_analyze auto_explain.log_min_duration deadlock_timeout default_statistics_target " +
	"idle_in_transaction_session_timeout lock_timeout log_autovacuum_min_duration log_connections log_disconnections log_duration " +
	"log_error_verbosity log_lock_waits log_min_duration_statement log_min_error_statement log_min_messages log_rotation_age " +
	"log_rotation_size log_statement log_temp_files maintenance_work_mem max_connections max_locks_per_transaction " +
	"pg_stat_statements.max pg_stat_statements.track random_page_cost shared_buffers shared_preload_libraries statement_timeout " +
	"synchronous_commit temp_buffers track_activity_query_size track_functions track_io_timing work_mem")

// What RDS answers about parameter groups, of clusters and of instances.
var (
	parameterGroupExists = cloud.Refusal{Code: "DBParameterGroupAlreadyExists", Message: "Parameter group {value} already exists", Rule: "moto"}
	parameterGroupInUse  = cloud.Refusal{
		Code:    "InvalidDBParameterGroupState",
		Message: "One or more database instances are still members of this parameter group {name}, so the group cannot be deleted",
		Rule:    "facts 92", Retry: 3 * time.Minute,
	}
)

var _ = cloud.Register(&cloud.Kind{
	Type: typeInstanceParameters, Service: "RDS", Noun: "DBParameterGroup",
	Name:       &cloud.AutoName{Property: "name", Max: 255, Prefix: "namePrefix", Lower: true},
	DeleteOnly: []string{"skipDestroy"},
	Unique:     []cloud.Unique{{Props: []string{"name"}, Refusal: parameterGroupExists}},
	InUse:      parameterGroupInUse,
	Unmodelled: []string{"skipDestroy"}, // nothing keeps a parameter group that the program deleted
	Check:      checkParameterGroup,
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		r.ID = cloud.NameOrPrefixed(t, r, "name", "namePrefix")
		r.State["arn"] = t.ARN("rds", "pg:"+r.ID)
		return applyInstanceParameters(r)
	},
	Update: func(_ *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyInstanceParameters(r) },
	Timing: cloud.Timing{Create: cloud.Secs(2, 1, 3), Update: cloud.Secs(1, 0, 3), Delete: cloud.Secs(0.5, 0, 1),
		Source: "facts, section 1: parameter group (guess)"},
	Calls: cloud.Calls{Create: "rds:CreateDBParameterGroup rds:ModifyDBParameterGroup rds:AddTagsToResource", Read: "rds:DescribeDBParameterGroups rds:DescribeDBParameters rds:ListTagsForResource",
		Update: "rds:ModifyDBParameterGroup rds:ResetDBParameterGroup rds:AddTagsToResource rds:RemoveTagsFromResource", Remove: "rds:DeleteDBParameterGroup"},
	TaggedAs: "rds:pg:",
})

func applyInstanceParameters(r *cloud.Resource) error {
	for _, name := range r.Strs("parameters[].name") {
		if !slices.Contains(instanceParameters, name) {
			return cloud.Refuse("InvalidParameterValue", "RDS API, ModifyDBParameterGroup", "Could not find parameter with name: %s", name)
		}
	}
	return applyParameters(r)
}

// checkParameterGroup holds the names of parameter groups to rds/validate.go.
func checkParameterGroup(c *cloud.Checker) {
	for _, p := range []string{"name", "namePrefix"} {
		if strings.Contains(cloud.Str(c.In, p), "--") {
			c.Fail(p, "cannot contain two consecutive hyphens")
		}
	}
	if strings.HasSuffix(cloud.Str(c.In, "name"), "-") {
		c.Fail("name", "cannot end with a hyphen")
	}
	c.Only("family", auroraFamilies()...)
}
