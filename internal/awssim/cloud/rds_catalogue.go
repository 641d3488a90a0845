package cloud

import (
	"slices"
	"strconv"
	"strings"

	"github.com/deepstreamhub/platform/internal/aurora"
)

const auroraEngine = "aurora-postgresql"

// auroraDefault is what a cluster without a version gets. AWS moves it from time to time.
const auroraDefault = "17.5"

// auroraVersion returns the full version of what a program asks for, which may be a major version alone.
func auroraVersion(asked string) (full string, ok bool) {
	if asked == "" {
		return auroraDefault, true
	}
	for _, version := range slices.Backward(aurora.Versions()) {
		if version == asked || majorOf(version) == asked {
			return version, true
		}
	}
	return asked, false
}

func majorOf(version string) string {
	major, _, _ := strings.Cut(version, ".")
	return major
}

// auroraFamily is the family of parameter groups for a version.
func auroraFamily(version string) string { return auroraEngine + majorOf(version) }

// auroraClasses are the instance classes for Aurora PostgreSQL: family and sizes (Amazon Aurora User Guide, "Supported
// DB engines for DB instance classes").
var auroraClasses = map[string]string{
	"r5":   "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge",
	"r6g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r6gd": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r6i":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 32xlarge",
	"r6id": "24xlarge 32xlarge",
	"r7g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"r7i":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
	"r8g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
	"x2g":  "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge",
	"t3":   "medium large",
	"t4g":  "medium large",
}

const serverlessClass = "db.serverless"

// offered reports whether a machine type, such as db.r6g.large, is in a table of families and sizes.
func offered(table map[string]string, prefix, machine string) bool {
	name, ok := strings.CutPrefix(machine, prefix)
	family, size, _ := strings.Cut(name, ".")
	return ok && slices.Contains(strings.Fields(table[family]), size)
}

// databaseZones are the hosted zones that cluster endpoints live in, by region (AWS General Reference, "Amazon RDS
// endpoints and quotas").
var databaseZones = map[string]string{
	"eu-central-1": "Z1RLNUO7B9Q6NB",
	"us-east-1":    "Z2R2ITUGPM61AM",
	"us-west-2":    "Z1PVIF0B656C1W",
}

// setting is one parameter of a parameter group.
type setting struct {
	Static bool   // takes effect at a restart only
	Values string // allowed: words separated by commas, a range as low-high, or empty for any text
}

const (
	anyCount  = "0-2147483647"
	anyLimit  = "-1-2147483647"
	onOff     = "0,1"
	logLevels = "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"
)

// auroraParameters are the parameters of a cluster parameter group that the offline AWS knows; all of them can be
// modified (Amazon Aurora User Guide, "Aurora PostgreSQL cluster-level parameters"; units and ranges are PostgreSQL's).
var auroraParameters = map[string]setting{
	"apg_ccm_enabled":                     {Values: onOff},
	"auto_explain.log_analyze":            {Values: onOff},
	"auto_explain.log_min_duration":       {Values: anyLimit},
	"autovacuum":                          {Values: onOff},
	"autovacuum_max_workers":              {Static: true, Values: "1-262143"},
	"autovacuum_naptime":                  {Values: "1-2147483"},
	"autovacuum_vacuum_scale_factor":      {},
	"autovacuum_analyze_scale_factor":     {},
	"autovacuum_vacuum_cost_limit":        {Values: "-1-10000"},
	"deadlock_timeout":                    {Values: "1-2147483647"},
	"default_statistics_target":           {Values: "1-10000"},
	"effective_cache_size":                {Values: "1-2147483647"},
	"hot_standby_feedback":                {Values: onOff},
	"idle_in_transaction_session_timeout": {Values: anyCount},
	"idle_session_timeout":                {Values: anyCount},
	"lock_timeout":                        {Values: anyCount},
	"log_autovacuum_min_duration":         {Values: anyLimit},
	"log_connections":                     {Values: onOff},
	"log_disconnections":                  {Values: onOff},
	"log_duration":                        {Values: onOff},
	"log_error_verbosity":                 {Values: "terse,default,verbose"},
	"log_lock_waits":                      {Values: onOff},
	"log_min_duration_sample":             {Values: anyLimit},
	"log_min_duration_statement":          {Values: anyLimit},
	"log_min_error_statement":             {Values: logLevels},
	"log_min_messages":                    {Values: logLevels},
	"log_parameter_max_length":            {Values: "-1-1073741823"},
	"log_rotation_age":                    {Values: "1-1440"},
	"log_rotation_size":                   {Values: anyCount},
	"log_statement":                       {Values: "none,ddl,mod,all"},
	"log_statement_sample_rate":           {},
	"log_temp_files":                      {Values: anyLimit},
	"maintenance_work_mem":                {Values: "1024-2147483647"},
	"max_connections":                     {Static: true, Values: "6-262143"},
	"max_locks_per_transaction":           {Static: true, Values: "10-2147483647"},
	"max_logical_replication_workers":     {Static: true, Values: "0-262143"},
	"max_prepared_transactions":           {Static: true, Values: "0-262143"},
	"max_replication_slots":               {Static: true, Values: "5-262143"},
	"max_wal_senders":                     {Static: true, Values: "5-262143"},
	"max_worker_processes":                {Static: true, Values: "0-262143"},
	"password_encryption":                 {Values: "md5,scram-sha-256"},
	"pg_stat_statements.max":              {Static: true, Values: "100-2147483647"},
	"pg_stat_statements.track":            {Values: "none,top,all"},
	"random_page_cost":                    {},
	"rds.force_autovacuum_logging_level":  {Values: "disabled," + logLevels},
	"rds.force_ssl":                       {Values: onOff},
	"rds.log_retention_period":            {Values: "1440-10080"},
	"rds.logical_replication":             {Static: true, Values: onOff},
	"search_path":                         {},
	"shared_buffers":                      {Static: true, Values: "16-1073741823"},
	"shared_preload_libraries":            {Static: true},
	"ssl_max_protocol_version":            {Values: "TLSv1,TLSv1.1,TLSv1.2,TLSv1.3"},
	"ssl_min_protocol_version":            {Values: "TLSv1,TLSv1.1,TLSv1.2,TLSv1.3"},
	"statement_timeout":                   {Values: anyCount},
	"synchronous_commit":                  {Values: "on,off,local"},
	"tcp_keepalives_count":                {Values: anyCount},
	"tcp_keepalives_idle":                 {Values: anyCount},
	"tcp_keepalives_interval":             {Values: anyCount},
	"temp_buffers":                        {Values: "100-1073741823"},
	"timezone":                            {},
	"track_activity_query_size":           {Static: true, Values: "100-1048576"},
	"track_functions":                     {Values: "none,pl,all"},
	"track_io_timing":                     {Values: onOff},
	"work_mem":                            {Values: "64-2147483647"},
}

// allows reports whether a value is one of those a parameter takes. An expression such as {DBInstanceClassMemory/9} is
// left to the instance.
func (p setting) allows(value string) bool {
	if p.Values == "" || strings.HasPrefix(value, "{") || strings.HasPrefix(value, "LEAST(") || strings.HasPrefix(value, "GREATEST(") {
		return true
	}
	low, high, isRange := p.bounds()
	if !isRange {
		return slices.Contains(strings.Split(p.Values, ","), value)
	}
	n, err := strconv.Atoi(value)
	return err == nil && low <= n && n <= high
}

func (p setting) bounds() (low, high int, ok bool) {
	i := strings.LastIndex(p.Values, "-")
	if i <= 0 {
		return 0, 0, false
	}
	low, err1 := strconv.Atoi(p.Values[:i])
	high, err2 := strconv.Atoi(p.Values[i+1:])
	return low, high, err1 == nil && err2 == nil
}
