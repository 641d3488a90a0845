package services

import (
	"encoding/base64"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
	"github.com/deepstreamhub/platform/internal/awssim/iampolicy"
)

const (
	typeBackupPlan      = "aws:backup/plan:Plan"
	typeBackupSelection = "aws:backup/selection:Selection"
)

var (
	// backupNamePattern is the provider's for rules and selections (backup/plan.go, backup/selection.go), and AWS's for
	// plans (AWS Backup API, BackupPlanInput).
	backupNamePattern = regexp.MustCompile(`^[0-9A-Za-z_.-]+$`)
	vaultARNPattern   = regexp.MustCompile(`^arn:aws[a-z-]*:backup:([a-z0-9-]+):(\d{12}):backup-vault:([0-9A-Za-z_-]{2,50})$`)
	timezonePattern   = regexp.MustCompile(`^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$`)
)

const backupQuotas = `AWS Backup Developer Guide, "AWS Backup quotas"`

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeBackupPlan, Service: "Backup", Noun: "BackupPlan", UpdateCall: "UpdateBackupPlan",
		Unmodelled: strings.Fields("advancedBackupSettings rules[].recoveryPointTags"),
		Name:       &cloud.AutoName{Property: "name", Max: 50},
		Recomputed: []string{"version"},
		Keys:       []string{"arn"},
		Quota: &cloud.Quota{Max: 300, Refusal: cloud.Refusal{
			Code: "LimitExceededException", Message: "You have reached the maximum of {value} backup plans", Rule: backupQuotas,
		}},
		InUse: cloud.Refusal{
			Code: "InvalidRequestException", Message: "Related backup plan selections must be deleted prior to backup plan deletion", Rule: "facts 118", Retry: 2 * time.Minute,
		},
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			r.ID = t.UUID()
			r.State["arn"] = t.ARN("backup", "backup-plan:"+r.ID)
			return applyBackupPlan(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyBackupPlan(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
			Source: "facts, section 1: backup plan (guess)"},
		Propagation: cloud.Secs(1, 0, 2),
		Calls: cloud.Calls{Create: "backup:CreateBackupPlan backup:TagResource", Read: "backup:GetBackupPlan backup:ListTags",
			Update: "backup:UpdateBackupPlan backup:TagResource backup:UntagResource", Remove: "backup:DeleteBackupPlan"},
		TaggedAs: "backup:backup-plan:",
	},
	&cloud.Kind{
		Type: typeBackupSelection, Service: "Backup", Noun: "BackupSelection",
		Name: &cloud.AutoName{Property: "name", Max: 50},
		Refs: []cloud.Ref{{Path: "planId", To: typeBackupPlan, Missing: cloud.Refusal{
			Code: "InvalidParameterValueException", Message: "Cannot find Backup plan with ID {value}", Rule: "AWS Backup API, CreateBackupSelection",
		}}},
		Unique: []cloud.Unique{{Props: []string{"name", "planId"}, Refusal: cloud.Refusal{
			Code: "AlreadyExistsException", Message: "Backup selection with the same name already exists", Rule: "AWS Backup API, CreateBackupSelection",
		}}},
		Quota: &cloud.Quota{Max: 100, Per: "planId", Refusal: cloud.Refusal{
			Code: "LimitExceededException", Message: "You have reached the maximum of {value} resource assignments for the plan", Rule: backupQuotas,
		}},
		Create: createBackupSelection,
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 2),
			Source: "facts, section 1: backup selection (guess)"},
		Calls:    cloud.Calls{Create: "backup:CreateBackupSelection", Read: "backup:GetBackupSelection", Update: "", Remove: "backup:DeleteBackupSelection"},
		ImportID: func(r *cloud.Resource) string { return r.Str("planId") + "|" + r.ID },
	},
)

// applyBackupPlan checks the rules, fills in what the provider and AWS choose in them, and gives the plan a version.
func applyBackupPlan(t *cloud.Tx, r *cloud.Resource) error {
	cloud.Computed(r, cloud.Map{"advancedBackupSettings": []any{}})
	if name := r.Str("name"); len(name) > 50 || !backupNamePattern.MatchString(name) {
		return cloud.Refuse("InvalidParameterValueException", "AWS Backup API, BackupPlanInput", "Invalid backup plan name: %s", name)
	}
	rules, names := cloud.Maps(r.State, "rules[]"), map[string]bool{}
	if len(rules) > 10 {
		return cloud.Refuse("LimitExceededException", backupQuotas, "A backup plan takes at most 10 rules, got %d", len(rules))
	}
	for _, rule := range rules {
		name := cloud.Str(rule, "ruleName")
		if names[name] {
			return badBackupRule("Duplicate rule name: %s", name)
		}
		names[name] = true
		if err := applyBackupRule(t, rule); err != nil {
			return err
		}
	}
	for _, other := range t.All(typeBackupPlan) {
		if other.ID != r.ID && other.Str("name") == r.Str("name") && reflect.DeepEqual(other.State["rules"], r.State["rules"]) {
			return cloud.Refuse("AlreadyExistsException", `AWS Backup Developer Guide, "Creating a backup plan"`,
				"Backup plan with the same plan document already exists")
		}
	}
	r.State["version"] = base64.StdEncoding.EncodeToString([]byte(t.UUID()))
	return nil
}

// badBackupRule is AWS Backup's answer to a rule that it does not take.
func badBackupRule(format string, args ...any) error {
	return cloud.Refuse("InvalidParameterValueException", "AWS Backup API, BackupRuleInput", "Error in some rules due to : "+format, args...)
}

func applyBackupRule(t *cloud.Tx, rule cloud.Map) error {
	fillAbsent(rule, cloud.Map{
		"completionWindow": 180.0, "enableContinuousBackup": false, "scheduleExpressionTimezone": "Etc/UTC", "startWindow": 60.0,
	})
	if schedule := cloud.Str(rule, "schedule"); schedule != "" {
		if err := documents.CheckBackupSchedule(schedule); err != nil {
			return badBackupRule("Invalid schedule expression %s: %v", schedule, err)
		}
	}
	if zone := cloud.Str(rule, "scheduleExpressionTimezone"); !timezonePattern.MatchString(zone) {
		return badBackupRule("Invalid timezone: %s", zone)
	}
	if cloud.Int(rule, "startWindow") < 60 {
		return badBackupRule("Invalid start window. StartWindowMinutes cannot be less than 60")
	}
	if cloud.Int(rule, "completionWindow") < cloud.Int(rule, "startWindow")+60 {
		return badBackupRule("Invalid completion window. CompletionWindowMinutes must be at least 60 minutes greater than StartWindowMinutes")
	}
	if _, ok := vaultNamed(t, t.Region, cloud.Str(rule, "targetVaultName")); !ok {
		return badBackupRule("Backup vault %s does not exist", cloud.Str(rule, "targetVaultName"))
	}
	if err := applyLifecycle(rule, cloud.Bool(rule, "enableContinuousBackup")); err != nil {
		return err
	}
	copies := cloud.Maps(rule, "copyActions[]")
	if len(copies) > 5 {
		return cloud.Refuse("LimitExceededException", backupQuotas, "A backup rule takes at most 5 copy actions, got %d", len(copies))
	}
	for _, action := range copies {
		arn := cloud.Str(action, "destinationVaultArn")
		if _, ok := vaultByARN(t, arn); !ok {
			return badBackupRule("Destination backup vault %s does not exist", arn)
		}
		if err := applyLifecycle(action, false); err != nil {
			return err
		}
	}
	return nil
}

// fillAbsent fills absent properties of a nested object.
func fillAbsent(m, chosen cloud.Map) {
	for p, v := range chosen {
		if m[p] == nil {
			m[p] = v
		}
	}
}

func vaultNamed(t *cloud.Tx, region, name string) (*cloud.Resource, bool) {
	return t.In(region).Find(typeBackupVault, "", name)
}

// vaultByARN finds a vault of the account in whatever region its ARN names.
func vaultByARN(t *cloud.Tx, arn string) (*cloud.Resource, bool) {
	m := vaultARNPattern.FindStringSubmatch(arn)
	if m == nil || m[2] != t.Account() {
		return nil, false
	}
	return vaultNamed(t, m[1], m[3])
}

// applyLifecycle checks the lifecycle of a rule or of its copies. Recovery points of continuous backups live at most
// 35 days and are never cold (AWS Backup Developer Guide, "Continuous backups and point-in-time recovery").
func applyLifecycle(of cloud.Map, continuous bool) error {
	lifecycle, given := of["lifecycle"].(cloud.Map)
	if !given {
		if continuous {
			return badBackupRule("Lifecycle must be specified for backup rule enabled continuous backup")
		}
		return nil
	}
	fillAbsent(lifecycle, cloud.Map{"coldStorageAfter": 0.0, "deleteAfter": 0.0, "optInToArchiveForSupportedResources": false})
	cold, remove := cloud.Int(lifecycle, "coldStorageAfter"), cloud.Int(lifecycle, "deleteAfter") // zero: the provider sends nothing
	longest := longestRetention
	if continuous {
		longest = 35
	}
	switch {
	case continuous && cold != 0:
		return badBackupRule("Invalid lifecycle. MoveToColdStorageAfterDays is unavailable")
	case continuous && remove == 0, remove < 0, remove > longest:
		return badBackupRule("Invalid lifecycle. DeleteAfterDays cannot be less than 1 or more than %d days", longest)
	case cold < 0, cold > longestRetention:
		return badBackupRule("Invalid lifecycle. MoveToColdStorageAfterDays cannot be less than 1 or more than %d days", longestRetention)
	case cold != 0 && remove != 0 && remove < cold+90:
		return badBackupRule("Invalid lifecycle. DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays")
	}
	return nil
}

var assignedPattern = regexp.MustCompile(`^(\*|arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9*-]*:[0-9*]*:\S+)$`)

func createBackupSelection(t *cloud.Tx, r *cloud.Resource) error {
	refuse := func(rule, format string, args ...any) *cloud.Error {
		return cloud.Refuse("InvalidParameterValueException", rule, format, args...)
	}
	const api = "AWS Backup API, BackupSelection"
	r.ID = t.UUID()
	cloud.Computed(r, cloud.Map{"conditions": []any{}, "notResources": []any{}})
	if len(cloud.Maps(r.State, "selectionTags[]")) == 0 && len(r.Strs("resources[]")) == 0 {
		return refuse(api, "Invalid backup selection. Either 'ListOfTags' or 'Resources' section must be non-empty.")
	}
	for _, path := range []string{"resources[]", "notResources[]"} {
		for _, arn := range r.Strs(path) {
			if !assignedPattern.MatchString(arn) {
				return refuse(api, "Invalid ARN: %s", arn)
			}
		}
	}
	for _, operator := range slices.Sorted(maps.Keys(selectionOperators)) {
		for _, key := range r.Strs("conditions[]." + operator + "[].key") {
			if !strings.HasPrefix(key, tagKeyPrefix) {
				return refuse("AWS Backup API, ConditionParameter", "Invalid condition key %s: it has to begin with %s", key, tagKeyPrefix)
			}
		}
	}
	role, err := backupRole(t, r.Str("iamRoleArn"))
	if err != nil {
		return err
	}
	if !roleAllows(t, role, "tag:GetResources", "*", nil) || !settledRights(t, role, "Backup") {
		return refuse("facts 119", "IAM Role %s is not authorized to call tag:GetResources", role.Str("arn")).For(iamPropagation)
	}
	return nil
}

// backupRole finds a role that AWS Backup is to act with.
func backupRole(t *cloud.Tx, arn string) (*cloud.Resource, error) {
	role, ok := roleByARN(t, arn)
	if !ok || !t.Visible(role, "Backup") || !trusts(t, role, "backup.amazonaws.com") {
		return nil, cloud.Refuse("InvalidParameterValueException", "facts 119", "IAM Role %s cannot be assumed by AWS Backup", arn).For(iamPropagation)
	}
	return role, nil
}

const tagKeyPrefix = "aws:ResourceTag/"

// selectionOperators are the comparisons of a selection's conditions: whether the value of a resource's tag, or its
// absence as the empty string, fits.
var selectionOperators = map[string]func(want, got string) bool{
	"stringEquals":    func(want, got string) bool { return want == got },
	"stringNotEquals": func(want, got string) bool { return want != got },
	"stringLikes":     iampolicy.Matches,
	"stringNotLikes":  func(want, got string) bool { return !iampolicy.Matches(want, got) },
}

// selects reports whether a selection takes in a resource: by ARN and all conditions, or by any of its tags (AWS Backup
// API, BackupSelection).
func selects(selection, r *cloud.Resource) bool {
	tag := func(key string) string { return backupTag(r, strings.TrimPrefix(key, tagKeyPrefix)) }
	for _, s := range cloud.Maps(selection.State, "selectionTags[]") {
		if tag(cloud.Str(s, "key")) == cloud.Str(s, "value") {
			return true
		}
	}
	matches := func(path string) bool {
		for _, pattern := range selection.Strs(path) {
			if iampolicy.Matches(pattern, r.Str("arn")) {
				return true
			}
		}
		return false
	}
	if !matches("resources[]") || matches("notResources[]") {
		return false
	}
	for operator, fits := range selectionOperators {
		for _, c := range cloud.Maps(selection.State, "conditions[]."+operator+"[]") {
			if !fits(cloud.Str(c, "value"), tag(cloud.Str(c, "key"))) {
				return false
			}
		}
	}
	return true
}

func backupTag(r *cloud.Resource, key string) string {
	tags, _ := r.State["tagsAll"].(cloud.Map)
	value, _ := tags[key].(string)
	return value
}
