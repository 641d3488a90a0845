package services

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const (
	typeEventRule   = "aws:cloudwatch/eventRule:EventRule"
	typeEventTarget = "aws:cloudwatch/eventTarget:EventTarget"
)

const defaultBus = "default" // the bus on which AWS's own services report

const (
	eventsInvalid = "ValidationException"
	eventsMissing = "ResourceNotFoundException"
)

var _ = cloud.Register(
	&cloud.Kind{
		Type: typeEventRule, Service: "EventBridge", Noun: "Rule", CreateCall: "PutRule", UpdateCall: "PutRule",
		Name:       &cloud.AutoName{Property: "name", Max: 64, Prefix: "namePrefix"},
		DeleteOnly: []string{"forceDestroy"},
		Keys:       []string{"arn", "name"},
		Unique: []cloud.Unique{{Props: []string{"name", "eventBusName"}, Refusal: cloud.Refusal{
			Code: eventsInvalid, Message: "Rule {value} exists already; PutRule would overwrite it", Rule: "EventBridge API, PutRule",
		}}},
		InUse: cloud.Refusal{Code: eventsInvalid, Message: "Rule can't be deleted since it has targets.", Rule: "facts 112", Retry: 5 * time.Minute},
		Quota: &cloud.Quota{Max: 300, Refusal: cloud.Refusal{Code: "LimitExceededException", Message: "The requested resource exceeds the maximum number allowed.", Rule: "EventBridge quotas"}},
		Check: checkEventRule,
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			cloud.ApplyName(t, r)
			if bus := r.Str("eventBusName"); bus != defaultBus {
				return cloud.Refuse(eventsMissing, "EventBridge API, PutRule", "Event bus %s does not exist.", bus)
			}
			r.ID = r.Str("name")
			r.State["arn"] = t.ARN("events", "rule/"+r.ID)
			return applyRule(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyRule(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: EventBridge rule (guess)"},
		Calls: cloud.Calls{Create: "events:PutRule events:TagResource", Read: "events:DescribeRule events:ListTagsForResource",
			Update: "events:PutRule events:TagResource events:UntagResource", Remove: "events:DeleteRule"},
		TaggedAs: "events:rule/",
	},
	&cloud.Kind{
		Type: typeEventTarget, Service: "EventBridge", Noun: "Targets", CreateCall: "PutTargets", UpdateCall: "PutTargets", DeleteCall: "RemoveTargets",
		DeleteOnly: []string{"forceDestroy"},
		Unique: []cloud.Unique{{Props: []string{"rule", "targetId"}, Refusal: cloud.Refusal{
			Code: eventsInvalid, Message: "Rule {value} has a target of that id; PutTargets would overwrite it", Rule: "EventBridge API, PutTargets",
		}}},
		Refs: []cloud.Ref{{Path: "rule", To: typeEventRule, Key: "name", Missing: cloud.Refusal{
			Code: eventsMissing, Message: "Rule {value} does not exist on EventBus default.", Rule: "EventBridge API, PutTargets",
		}}},
		Quota: &cloud.Quota{Max: 5, Per: "rule", Refusal: cloud.Refusal{
			Code: "LimitExceededException", Message: "The requested resource exceeds the maximum number allowed.", Rule: "EventBridge quotas, Targets per rule",
		}},
		Check: checkEventTarget,
		Create: func(t *cloud.Tx, r *cloud.Resource) error {
			if bus := r.Str("eventBusName"); bus != defaultBus {
				return cloud.Refuse(eventsMissing, "EventBridge API, PutTargets", "Event bus %s does not exist.", bus)
			}
			if r.Str("targetId") == "" {
				r.State["targetId"] = "terraform-" + cloud.UniqueSuffix(t)
			}
			r.ID = r.Str("rule") + "-" + r.Str("targetId")
			return applyTarget(t, r)
		},
		Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyTarget(t, r) },
		Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
			Source: "facts, section 1: EventBridge target (guess)"},
		Calls: cloud.Calls{Create: "events:PutTargets", Read: "events:ListTargetsByRule", Update: "events:PutTargets", Remove: "events:RemoveTargets"},
		ImportID: func(r *cloud.Resource) string {
			return cloud.Composed(r, "/", "rule", "targetId")
		},
	},
)

var (
	eventBusPattern = regexp.MustCompile(`^[/.\-_A-Za-z0-9]{1,256}$`)
	schedulePattern = regexp.MustCompile(`^(rate\((1 (minute|hour|day)|[1-9]\d* (minutes|hours|days))\)|cron\(\S+ \S+ \S+ \S+ \S+ \S+\))$`)
)

func checkEventRule(c *cloud.Checker) {
	c.Length("namePrefix", 1, 64-26)
	c.Match("eventBusName", eventBusPattern, "letters, digits, and / . _ -")
	c.Document("eventPattern", documents.CheckEventPattern)
}

const maxEventPattern = 2048 // characters (EventBridge quotas, Event pattern size)

// applyRule checks what creation and update have in common.
func applyRule(t *cloud.Tx, r *cloud.Resource) error {
	if err := eventsRole(t, r); err != nil {
		return err
	}
	pattern := r.Str("eventPattern")
	if len(pattern) > maxEventPattern {
		return cloud.Refuse("LimitExceededException", "EventBridge quotas", "The event pattern is longer than %d characters", maxEventPattern)
	}
	if problems := documents.CheckEventPattern(pattern); pattern != "" && len(problems) > 0 {
		return cloud.Refuse("InvalidEventPatternException", "EventBridge User Guide, Event patterns", "Event pattern is not valid. Reason: %s", cloud.Joined(problems))
	}
	schedule := r.Str("scheduleExpression")
	if schedule != "" && !schedulePattern.MatchString(schedule) {
		return cloud.Refuse(eventsInvalid, "EventBridge API, PutRule", "Parameter ScheduleExpression is not valid.")
	}
	if enabled, given := r.Inputs["isEnabled"].(bool); given {
		r.State["state"] = map[bool]string{true: "ENABLED", false: "DISABLED"}[enabled]
	}
	cloud.Computed(r, cloud.Map{"state": "ENABLED"})
	if schedule != "" && strings.HasPrefix(r.Str("state"), "ENABLED_WITH") {
		return cloud.Refuse(eventsInvalid, "EventBridge API, PutRule", "A rule with a schedule cannot be in the state %s", r.Str("state"))
	}
	r.State["isEnabled"] = r.Str("state") != "DISABLED"
	return nil
}

// eventsRole refuses a role, of a rule or of a target, that EventBridge cannot take.
func eventsRole(t *cloud.Tx, r *cloud.Resource) error {
	arn := r.Str("roleArn")
	if arn == "" {
		return nil
	}
	if _, ok := assumable(t, arn, "events.amazonaws.com", "EventBridge", r.Str("arn")); !ok {
		return cloud.Refuse(eventsInvalid, "facts 113", "Provided role '%s' cannot be assumed by principal 'events.amazonaws.com'.", arn).For(iamPropagation)
	}
	return nil
}

func checkEventTarget(c *cloud.Checker) {
	c.Match("eventBusName", eventBusPattern, "letters, digits, and / . _ -")
	c.Document("input", func(text string) []cloud.Problem {
		if _, err := documents.ReadJSON(text); err != nil {
			return []cloud.Problem{{Reason: err.Error()}}
		}
		return nil
	})
	c.Match("inputPath", jsonPathPattern, "a JSON path that begins with $.")
	c.Unmodelled("appsyncTarget", "batchTarget", "ecsTarget", "httpTarget", "kinesisTarget", "redshiftTarget", "runCommandTargets",
		"sagemakerPipelineTarget", "sqsTarget") // its targets are SNS topics
	checkTransformer(c)
}

var (
	jsonPathPattern    = regexp.MustCompile(`^\$(\.[A-Za-z0-9_\-]+(\[\d+\])?)*$`)
	placeholderPattern = regexp.MustCompile(`<([^<>\s]+)>`)
	pathNamePattern    = regexp.MustCompile(`^[A-Za-z0-9_\-]{1,256}$`)
)

const maxInputPaths = 100 // EventBridge API, InputTransformer

// checkTransformer checks how an event becomes a message.
func checkTransformer(c *cloud.Checker) {
	if len(cloud.Maps(c.In, "inputTransformer")) == 0 {
		return // absent, or not known yet
	}
	var paths cloud.Map
	for _, v := range cloud.At(c.In, "inputTransformer.inputPaths") {
		var known bool
		if paths, known = v.(cloud.Map); !known {
			return
		}
	}
	if len(paths) > maxInputPaths {
		c.Fail("inputTransformer.inputPaths", "at most %d are allowed, got %d", maxInputPaths, len(paths))
	}
	for _, name := range slices.Sorted(maps.Keys(paths)) {
		if strings.HasPrefix(name, "AWS") || !pathNamePattern.MatchString(name) {
			c.Fail("inputTransformer.inputPaths", `%q: must not start with "AWS", and hold letters, digits, _ and - only`, name)
		}
		if path, ok := paths[name].(string); ok && !jsonPathPattern.MatchString(path) {
			c.Fail("inputTransformer.inputPaths", "%s: %q is not a JSON path that begins with $.", name, path)
		}
	}
}

// applyTarget checks what creation and update have in common.
func applyTarget(t *cloud.Tx, r *cloud.Resource) error {
	if err := eventsRole(t, r); err != nil {
		return err
	}
	arn := r.Str("arn")
	parts := strings.SplitN(arn, ":", 6) // arn, partition, service, region, account, resource
	switch {
	case parts[2] != "sns":
		return cloud.Refuse(eventsInvalid, "EventBridge API, PutTargets", "Provider %s of target %s is unknown to the offline AWS", parts[2], arn)
	case parts[3] != t.Region:
		return cloud.Refuse(eventsInvalid, "EventBridge User Guide, Targets", "Target %s is in another region than its rule", arn)
	}
	if template := r.Str("inputTransformer.inputTemplate"); template != "" {
		paths, _ := r.State["inputTransformer"].(cloud.Map)["inputPaths"].(cloud.Map)
		if err := checkInputTemplate(r.Str("targetId"), template, paths); err != nil {
			return err
		}
	}
	rule, _ := t.Find(typeEventRule, "name", r.Str("rule")) // its Ref found it
	return delivers(t, eventPublisher, rule.Str("arn"), arn)
}

// checkInputTemplate refuses a template that names what no path gives, or that is not JSON once the placeholders stand for
// values: in a string for text, elsewhere for any value (EventBridge User Guide, "Input transformation").
func checkInputTemplate(target, template string, paths cloud.Map) error {
	for _, m := range placeholderPattern.FindAllStringSubmatch(template, -1) {
		if _, given := paths[m[1]]; !given && !strings.HasPrefix(m[1], "aws.events.") {
			return cloud.Refuse(eventsInvalid, "EventBridge API, InputTransformer", "Invalid InputTemplate for target %s : placeholder <%s> has no path", target, m[1])
		}
	}
	filled := fillTemplate(template)
	texts := []string{filled}
	if strings.HasPrefix(strings.TrimSpace(filled), `"`) {
		texts = strings.Split(strings.TrimSpace(filled), "\n") // several strings, one a line
	}
	for _, text := range texts {
		if _, err := documents.ReadJSON(text); err != nil {
			return cloud.Refuse(eventsInvalid, "EventBridge API, InputTransformer", "Invalid InputTemplate for target %s : %v", target, err)
		}
	}
	return nil
}

// fillTemplate puts text for placeholders inside strings and null for those outside.
func fillTemplate(template string) string {
	var out strings.Builder
	quoted := false
	for i := 0; i < len(template); i++ {
		switch c := template[i]; {
		case c == '\\' && quoted && i+1 < len(template):
			out.WriteString(template[i : i+2])
			i++
		case c == '"':
			quoted = !quoted
			out.WriteByte(c)
		case c == '<':
			m := placeholderPattern.FindStringIndex(template[i:])
			if m == nil || m[0] != 0 {
				out.WriteByte(c)
				continue
			}
			if quoted {
				out.WriteString("value")
			} else {
				out.WriteString("null")
			}
			i += m[1] - 1
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
