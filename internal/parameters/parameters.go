// Package parameters says which parameters of Aurora PostgreSQL and of Valkey AWS lets a parameter group set, what they take,
// and which of them a stack may set.
package parameters

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // so that a machine without time zones knows the same
	"unicode"
)

// Parameter is one parameter of a parameter group.
type Parameter struct {
	Static  bool   // it takes effect when an instance starts, and for Valkey in new groups only
	Values  string // what it takes: words separated by commas, a range as low-high, or empty for any text
	Decimal bool   // a range's numbers may have a fraction
	Letters string // of which its text is made; empty for any
	Form    *form  // of its text; nil for any
	Before  int    // the major version of the engine from which on there is no such parameter; 0: there is one in all
}

// form is what a text has to be.
type form struct {
	words string
	is    func(text string) bool
}

// A parameter group takes any text, and PostgreSQL goes on with what it had (tried with 15.18: "invalid value for parameter").
var (
	// zone is a name of the IANA time zone database, each of which begins with a capital. PostgreSQL takes POSIX rules too, and what
	// is misspelt may be one.
	zone = &form{"a time zone as the IANA database names it, such as UTC or Europe/Berlin", func(text string) bool {
		_, err := time.LoadLocation(text)
		return err == nil && text != "Local" && text >= "A" && text < "["
	}}
	// schemas is a list as PostgreSQL splits it (src/backend/utils/adt/varlena.c, SplitIdentifierString).
	schemas = &form{`schemas between commas, each without spaces or in double quotes, such as "$user", public`,
		regexp.MustCompile(`^ *(?:"(?:[^"]|"")*"|[^" ,][^ ,]*)(?: *, *(?:"(?:[^"]|"")*"|[^" ,][^ ,]*))* *$`).MatchString}
	// idle is how long ElastiCache lets a client be idle: its guide's page calls 1 to 19 invalid.
	idle = &form{"0, which is for ever, or a whole number from 20 to 2147483647, in plain digits", func(text string) bool {
		return text == "0" || Parameter{Values: "20-2147483647"}.Takes(text)
	}}
)

const (
	anyCount  = "0-2147483647"
	anyLimit  = "-1-2147483647"
	onOff     = "0,1"
	yesNo     = "yes,no"
	logLevels = "debug5,debug4,debug3,debug2,debug1,info,notice,warning,error,log,fatal,panic"
)

// Aurora are parameters of a cluster parameter group of Aurora PostgreSQL, of those that can be modified (Amazon Aurora User
// Guide, "Aurora PostgreSQL cluster-level parameters"; units and ranges are PostgreSQL's).
var Aurora = map[string]Parameter{
	"apg_ccm_enabled":                     {Values: onOff},
	"auto_explain.log_analyze":            {Values: onOff},
	"auto_explain.log_min_duration":       {Values: anyLimit},
	"autovacuum":                          {Values: onOff},
	"autovacuum_max_workers":              {Static: true, Values: "1-262143"},
	"autovacuum_naptime":                  {Values: "1-2147483"},
	"autovacuum_vacuum_scale_factor":      {Values: "0-100", Decimal: true},
	"autovacuum_analyze_scale_factor":     {Values: "0-100", Decimal: true},
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
	"log_statement_sample_rate":           {Values: "0-1", Decimal: true},
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
	"random_page_cost":                    {Values: "0-1000000000", Decimal: true},
	"rds.force_autovacuum_logging_level":  {Values: "disabled," + logLevels},
	"rds.force_ssl":                       {Values: onOff},
	"rds.log_retention_period":            {Values: "1440-10080"},
	"rds.logical_replication":             {Static: true, Values: onOff},
	"search_path":                         {Form: schemas},
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
	"timezone":                            {Form: zone},
	"track_activity_query_size":           {Static: true, Values: "100-1048576"},
	"track_functions":                     {Values: "none,pl,all"},
	"track_io_timing":                     {Values: onOff},
	"work_mem":                            {Values: "64-2147483647"},
}

// Valkey are parameters of a cache parameter group, of those that can be modified (Amazon ElastiCache User Guide, "Valkey and
// Redis OSS parameters").
var Valkey = map[string]Parameter{
	"acl-pubsub-default":                             {Values: "allchannels,resetchannels"},
	"acllog-max-len":                                 {Values: anyCount},
	"active-defrag-cycle-max":                        {Values: "1-75"},
	"active-defrag-cycle-min":                        {Values: "1-75"},
	"active-defrag-ignore-bytes":                     {Values: "10485760-104857600"},
	"active-defrag-max-scan-fields":                  {Values: "1-1000000"},
	"active-defrag-threshold-lower":                  {Values: "1-100"},
	"active-defrag-threshold-upper":                  {Values: "1-100"},
	"active-expire-effort":                           {Values: "1-10"},
	"activedefrag":                                   {Values: yesNo},
	"activerehashing":                                {Static: true, Values: yesNo},
	"client-output-buffer-limit-normal-hard-limit":   {Values: anyCount},
	"client-output-buffer-limit-normal-soft-limit":   {Values: anyCount},
	"client-output-buffer-limit-normal-soft-seconds": {Values: anyCount},
	"client-output-buffer-limit-pubsub-hard-limit":   {Values: anyCount},
	"client-output-buffer-limit-pubsub-soft-limit":   {Values: anyCount},
	"client-output-buffer-limit-pubsub-soft-seconds": {Values: anyCount},
	"client-query-buffer-limit":                      {Values: "1048576-1073741824"},
	"close-on-replica-write":                         {Values: yesNo},
	"cluster-enabled":                                {Static: true, Values: yesNo},
	"databases":                                      {Static: true, Values: "1-1200000"},
	"hash-max-listpack-entries":                      {Values: anyCount},
	"hash-max-listpack-value":                        {Values: anyCount},
	"hll-sparse-max-bytes":                           {Values: "1-16000"},
	"latency-tracking":                               {Values: yesNo},
	"lazyfree-lazy-eviction":                         {Values: yesNo, Before: 8},
	"lazyfree-lazy-expire":                           {Values: yesNo, Before: 8},
	"lazyfree-lazy-server-del":                       {Values: yesNo, Before: 8},
	"lazyfree-lazy-user-del":                         {Values: yesNo, Before: 8},
	"lfu-decay-time":                                 {Values: anyCount},
	"lfu-log-factor":                                 {Values: "1-2147483647"},
	"list-compress-depth":                            {Values: anyCount},
	"maxmemory-policy":                               {Values: "volatile-lru,allkeys-lru,volatile-lfu,allkeys-lfu,volatile-random,allkeys-random,volatile-ttl,noeviction"},
	"maxmemory-samples":                              {Values: "1-64"},
	"min-replicas-max-lag":                           {Values: anyCount},
	"min-replicas-to-write":                          {Values: anyCount},
	"notify-keyspace-events":                         {Letters: "KEg$lshzxedtmAn"},
	"proto-max-bulk-len":                             {Values: "1048576-536870912"},
	"repl-backlog-size":                              {Values: "16384-2147483647"},
	"repl-backlog-ttl":                               {Values: anyCount},
	"reserved-memory-percent":                        {Values: "0-100"},
	"set-max-intset-entries":                         {Values: anyCount},
	"slowlog-log-slower-than":                        {Values: "-1-2147483647"},
	"slowlog-max-len":                                {Values: anyCount},
	"stream-node-max-bytes":                          {Values: anyCount},
	"stream-node-max-entries":                        {Values: anyCount},
	"tcp-keepalive":                                  {Values: anyCount},
	"timeout":                                        {Form: idle},
	"tracking-table-max-keys":                        {Values: anyCount},
	"zset-max-listpack-entries":                      {Values: anyCount},
	"zset-max-listpack-value":                        {Values: anyCount},
}

// plain is a number as both engines read it alike: PostgreSQL takes 0x10 and takes 010 for 8, and Valkey refuses both, and +5 as well.
var plain = regexp.MustCompile(`^(0|-?[1-9][0-9]*)(\.[0-9]+)?$`)

// Takes reports whether a value is one of those a parameter takes.
func (p Parameter) Takes(value string) bool {
	low, high, isRange := p.bounds()
	switch {
	case p.Letters != "":
		return strings.Trim(value, p.Letters) == ""
	case p.Values == "":
		return !strings.ContainsFunc(value, unicode.IsControl) && (p.Form == nil || p.Form.is(value))
	case !isRange:
		return slices.Contains(strings.Split(p.Values, ","), value)
	case !plain.MatchString(value):
		return false
	case p.Decimal:
		n, err := strconv.ParseFloat(value, 64)
		return err == nil && low <= n && n <= high
	}
	n, err := strconv.Atoi(value)
	return err == nil && low <= float64(n) && float64(n) <= high
}

// Removed reports whether a version of the engine, major.minor or major alone, came after the parameter; not where there is no version.
func (p Parameter) Removed(version string) bool {
	major, _, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(major)
	return err == nil && p.Before > 0 && n >= p.Before
}

// rank is where a value lies among those a parameter takes, from 0 up; -1 where it takes none such.
func (p Parameter) rank(value string) float64 {
	if !p.Takes(value) {
		return -1
	}
	if low, _, isRange := p.bounds(); isRange {
		n, _ := strconv.ParseFloat(value, 64)
		return n - low
	}
	return float64(slices.Index(strings.Split(p.Values, ","), value))
}

const (
	formulaNumber = `[*/][1-9][0-9]*`
	formulaTerm   = `(?:AllocatedStorage|DBInstanceClassMemory|DBInstanceVCPU|EndPointPort|TrueIfReplica)(?:` + formulaNumber + `)*`
	formulaBraces = `\{(?:` + formulaTerm + `|log\(` + formulaTerm + `\)(?:` + formulaNumber + `)*)\}`
	formulaOne    = `(?:-?[0-9]+|` + formulaBraces + `)`
	formulaNext   = `, *` + formulaOne
)

// formula is what the guide's page says, with as many operators as AWS's own defaults have: {DBInstanceClassMemory/63963136*1024}.
var formula = regexp.MustCompile(`^(?:` + formulaBraces + `|(?:GREATEST|LEAST|SUM)\(` + formulaOne + `(?:` + formulaNext + `)*\)` +
	`|IF\(` + formulaOne + `(?:` + formulaNext + `){2}\))$`)

// Formula reports whether a value of Aurora's is a formula that each instance works out, such as {DBInstanceClassMemory/9}
// (Amazon Aurora User Guide, "Specifying DB parameters"). ElastiCache has none.
func Formula(value string) bool { return formula.MatchString(value) }

// Range says in words what a parameter takes.
func (p Parameter) Range() string {
	low, high, isRange := p.bounds()
	switch {
	case p.Letters != "":
		return "letters of " + p.Letters
	case p.Form != nil:
		return p.Form.words
	case p.Values == "":
		return "text"
	case !isRange:
		return "one of " + strings.ReplaceAll(p.Values, ",", ", ")
	case p.Decimal:
		return fmt.Sprintf("a number from %.0f to %.0f", low, high)
	}
	return fmt.Sprintf("a whole number from %.0f to %.0f", low, high)
}

// bounds are the ends of a range.
func (p Parameter) bounds() (low, high float64, ok bool) {
	i := strings.LastIndex(p.Values, "-")
	if i <= 0 {
		return 0, 0, false
	}
	low, err1 := strconv.ParseFloat(p.Values[:i], 64)
	high, err2 := strconv.ParseFloat(p.Values[i+1:], 64)
	return low, high, err1 == nil && err2 == nil
}
