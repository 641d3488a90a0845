package services

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

// never is when AWS removes what only its owner removes.
var never time.Time

var (
	userPattern     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)
	databasePattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)
	passwordPattern = regexp.MustCompile(`^[!#-.0-?A-~]+$`) // printable ASCII without space " / @
)

// reservedUsers are names that Aurora PostgreSQL does not take for the master user (Amazon Aurora User Guide, "Creating
// an Amazon Aurora DB cluster").
var reservedUsers = []string{"admin", "all", "public", "rdsadmin", "rdsrepladmin", "rds_superuser", "rdswriteforwarduser", "user"}

func checkDBCluster(c *cloud.Checker) {
	checkIdentifier(c, "clusterIdentifier")
	checkIdentifier(c, "clusterIdentifierPrefix")
	c.Only("engine", auroraEngine)
	c.OneOf("enabledCloudwatchLogsExports[]", "audit", "error", "general", "iam-db-auth-error", "instance", "postgresql", "slowquery")
	checkPointInTime(c)
	checkFinalSnapshot(c)
}

// checkIdentifier checks a name as rds/validate.go does.
func checkIdentifier(c *cloud.Checker, path string) {
	s, ok := c.String(path)
	if !ok {
		return
	}
	if strings.Contains(s, "--") {
		c.Fail(path, "cannot contain two consecutive hyphens")
	}
}

func checkFinalSnapshot(c *cloud.Checker) {
	const path = "finalSnapshotIdentifier"
	if s, ok := c.String(path); ok && strings.Contains(s, "--") {
		c.Fail(path, "cannot contain two consecutive hyphens")
	}
}

// checkMaster checks the master user, whom a cluster that is not restored must name.
func checkMaster(r *cloud.Resource) error {
	const code, rule = "InvalidParameterValue", "RDS API, CreateDBCluster"
	user, password := r.Str("masterUsername"), r.Str("masterPassword")
	switch {
	case user == "":
		return cloud.Refuse(code, rule, "The parameter MasterUsername must be provided and must not be blank.")
	case !userPattern.MatchString(user):
		return cloud.Refuse(code, rule, "The parameter MasterUsername is not a valid identifier: letters, digits and underscores, first a letter: %s", user)
	case slices.Contains(reservedUsers, strings.ToLower(user)) || strings.HasPrefix(user, "pg_"):
		return cloud.Refuse(code, rule, "MasterUsername %s cannot be used as it is a reserved word used by the engine", user)
	case password == "":
		return cloud.Refuse(code, rule, "The parameter MasterUserPassword must be provided and must not be blank.")
	case len(password) < 8:
		return cloud.Refuse(code, rule, "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.")
	case len(password) > 128:
		return cloud.Refuse(code, rule, "The parameter MasterUserPassword is not a valid password because it is longer than 128 characters.")
	case !passwordPattern.MatchString(password):
		return cloud.Refuse(code, rule, "The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.")
	}
	return nil
}

// applyDBCluster checks and computes what creation and update have in common.
func applyDBCluster(t *cloud.Tx, r *cloud.Resource) error {
	version, ok := auroraVersion(r.Str("engineVersion"))
	if !ok {
		return cloud.Refuse("InvalidParameterCombination", "RDS API, CreateDBCluster", "Cannot find version %s for %s", version, auroraEngine)
	}
	r.State["engineVersionActual"] = version
	cloud.Computed(r, cloud.Map{
		"engineVersion": version, "allocatedStorage": 1.0, "applyImmediately": false, "backupRetentionPeriod": 1.0,
		"caCertificateIdentifier": "", "caCertificateValidTill": "", "clusterScalabilityType": "standard",
		"databaseInsightsMode": "standard", "databaseName": "", "dbClusterParameterGroupName": "default." + auroraFamily(version),
		"dbSystemId": "", "engineLifecycleSupport": "open-source-rds-extended-support", "iamRoles": []any{},
		"masterUserSecretKmsKeyId": "", "masterUserSecrets": []any{}, "monitoringInterval": 0.0, "monitoringRoleArn": "",
		"networkType": "IPV4", "performanceInsightsKmsKeyId": "", "performanceInsightsRetentionPeriod": 0.0, "port": 5432.0,
		"storageEncrypted": false, "storageType": "",
	})
	if err := checkClusterValues(r, version); err != nil {
		return err
	}
	group := r.Str("dbClusterParameterGroupName")
	family := strings.TrimPrefix(group, "default.")
	if g, ok := t.Find(typeDBParameterGroup, "", group); ok {
		family = g.Str("family")
	}
	if err := groupFits(auroraFamily(version), group, family); err != nil {
		return err
	}
	if err := monitored(t, r); err != nil {
		return err
	}
	return applyWindows(r, "preferredBackupWindow", "preferredMaintenanceWindow", 30, "RDS API, CreateDBCluster")
}

func checkClusterValues(r *cloud.Resource, version string) error {
	const code, rule = "InvalidParameterValue", "RDS API, CreateDBCluster"
	if len(r.ID) > 63 {
		return cloud.Refuse(code, rule, "The parameter DBClusterIdentifier is not a valid identifier. It must be at most 63 characters: %s", r.ID)
	}
	if mode := r.Str("engineMode"); mode != "provisioned" && mode != "" {
		return cloud.Refuse(code, rule, "The engine mode %s you requested is currently unavailable", mode)
	}
	if days := r.Int("backupRetentionPeriod"); days < 1 {
		return cloud.Refuse(code, rule, "Invalid backup retention period: %d. Retention period must be between 1 and 35.", days)
	}
	if name := r.Str("databaseName"); name != "" && !databasePattern.MatchString(name) {
		return cloud.Refuse(code, rule, "DatabaseName must begin with a letter and contain only alphanumeric characters.")
	}
	if port := r.Int("port"); port < 1150 || port > 65535 {
		return cloud.Refuse(code, rule, "Invalid database port: %d. Valid port range: 1150 - 65535", port)
	}
	if s := r.Str("storageType"); !slices.Contains([]string{"", "aurora", "aurora-iopt1"}, s) {
		return cloud.Refuse("InvalidParameterCombination", rule, "Invalid storage type for DB engine %s: %s", auroraEngine, s)
	}
	for _, log := range r.Strs("enabledCloudwatchLogsExports[]") {
		if !slices.Contains([]string{"postgresql", "iam-db-auth-error", "instance"}, log) {
			return cloud.Refuse("InvalidParameterCombination", rule, "You cannot use the log types '%s' with engine version %s %s. "+
				"For supported log types, see the documentation.", log, auroraEngine, version)
		}
	}
	if s := cloud.Maps(r.State, "serverlessv2ScalingConfiguration"); len(s) > 0 && s[0]["minCapacity"].(float64) > s[0]["maxCapacity"].(float64) {
		return cloud.Refuse(code, rule, "Serverless v2 minimum capacity %v is greater than the maximum capacity %v.", s[0]["minCapacity"], s[0]["maxCapacity"])
	}
	if r.Str("databaseInsightsMode") == "advanced" && (!r.Bool("performanceInsightsEnabled") || r.Int("performanceInsightsRetentionPeriod") < 465) {
		return cloud.Refuse("InvalidParameterCombination", rule, "To enable the Advanced mode of Database Insights, modify your cluster to "+
			"enable Performance Insights and set the retention period for Performance Insights to at least 465 days")
	}
	return nil
}

// monitored checks Enhanced Monitoring and Performance Insights of a cluster or an instance.
func monitored(t *cloud.Tx, r *cloud.Resource) error {
	const code, rule = "InvalidParameterCombination", "RDS API, CreateDBInstance"
	interval, role := r.Int("monitoringInterval"), r.Str("monitoringRoleArn")
	switch {
	case !slices.Contains([]int{0, 1, 5, 10, 15, 30, 60}, interval):
		return cloud.Refuse("InvalidParameterValue", rule, "Invalid monitoring interval: %d. Valid values: 0, 1, 5, 10, 15, 30, 60", interval)
	case interval > 0 && role == "":
		return cloud.Refuse(code, rule, "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.")
	case interval == 0 && cloud.Str(r.Inputs, "monitoringRoleArn") != "": // a role from before is not in the request
		return cloud.Refuse(code, rule, "You must specify a MonitoringInterval value other than 0 when you specify a MonitoringRoleARN value.")
	}
	if role != "" {
		// RDS tries both at once: a role whose policy is not attached yet is refused like one that it may not take
		// (claranet/terraform-aws-aurora#23).
		found, ok := assumable(t, role, "monitoring.rds.amazonaws.com", "RDS", r.Str("arn"))
		if !ok || !roleAllows(t, found, "logs:PutLogEvents", t.ARN("logs", "log-group:RDSOSMetrics:log-stream:"+r.ID), nil) {
			return cloud.Refuse("InvalidParameterValue", "facts 91",
				"IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING").For(iamPropagation)
		}
	}
	return insights(t, r)
}

func insights(t *cloud.Tx, r *cloud.Resource) error {
	const (
		days, key = "performanceInsightsRetentionPeriod", "performanceInsightsKmsKeyId"
		rule      = "RDS API, CreateDBInstance"
	)
	if !r.Bool("performanceInsightsEnabled") {
		if cloud.Int(r.Inputs, days) != 0 || cloud.Str(r.Inputs, key) != "" {
			return cloud.Refuse("InvalidParameterCombination", rule, "To enable Performance Insights, EnablePerformanceInsights must be set to 'true'")
		}
		r.State[days], r.State[key] = 0.0, ""
		return nil
	}
	if r.Int(days) == 0 {
		r.State[days] = 7.0
	}
	if n := r.Int(days); !insightsDays(n) {
		return cloud.Refuse("InvalidParameterValue", rule, "Invalid Performance Insights retention period: %d days", n)
	}
	if cloud.Str(r.Inputs, key) == "" {
		r.State[key] = t.ARN("kms", "key/"+awsManagedKey(t, "rds"))
		return nil
	}
	return encryptsUnder(t, r, key, "KMSKeyNotAccessibleFault", rule)
}

// insightsDays reports whether Performance Insights keeps data for n days: a week, months of 31 days, two years.
func insightsDays(n int) bool { return n == 7 || n == 731 || n%31 == 0 && n >= 31 && n <= 23*31 }
