package services

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
)

const typeMetricAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm"

const alarmInvalid = "ValidationError" // CloudWatch's code for anything about an alarm's parameters

var _ = cloud.Register(&cloud.Kind{
	Type: typeMetricAlarm, Service: "CloudWatch", Noun: "MetricAlarm", CreateCall: "PutMetricAlarm", UpdateCall: "PutMetricAlarm",
	DeleteCall: "DeleteAlarms",
	Name:       &cloud.AutoName{Property: "name", Max: 255},
	Keys:       []string{"arn"},
	Unique: []cloud.Unique{{Props: []string{"name"}, Refusal: cloud.Refusal{
		Code: alarmInvalid, Message: "An alarm named {value} exists already; PutMetricAlarm would overwrite it", Rule: "CloudWatch API, PutMetricAlarm",
	}}},
	Check: checkAlarm,
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		if r.Str("name") == "" {
			r.State["name"] = cloud.UniqueSuffix(t)
		}
		r.ID = r.Str("name")
		r.State["arn"] = t.ARN("cloudwatch", "alarm:"+r.ID)
		cloud.Computed(r, cloud.Map{"evaluateLowSampleCountPercentiles": ""})
		return applyAlarm(t, r)
	},
	Update: func(t *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return applyAlarm(t, r) },
	Timing: cloud.Timing{Create: cloud.Secs(2, 1, 3), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
		Source: "facts, section 1: CloudWatch alarm, 1 log"},
	Calls: cloud.Calls{Create: "cloudwatch:PutMetricAlarm cloudwatch:TagResource", Read: "cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource",
		Update: "cloudwatch:PutMetricAlarm cloudwatch:TagResource cloudwatch:UntagResource", Remove: "cloudwatch:DeleteAlarms"},
	TaggedAs: "cloudwatch:alarm:",
})

var (
	statistics  = []string{"SampleCount", "Average", "Sum", "Minimum", "Maximum"}
	bandCompare = []string{"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"}
	// percentilePattern is the provider's: it takes some forms that CloudWatch does not.
	percentilePattern = regexp.MustCompile(`^((p|(tm)|(wm)|(tc)|(ts))((\d{1,2}(\.\d{1,2})?)|(100))|(IQM)|(((TM)|(WM)|(PR)|(TC)|(TS)))\((\d+(\.\d+)?%?)?:(\d+(\.\d+)?%?)?\))$`)
	units             = strings.Fields("Seconds Microseconds Milliseconds Bytes Kilobytes Megabytes Gigabytes Terabytes Bits Kilobits Megabits " +
		"Gigabits Terabits Percent Count Bytes/Second Kilobytes/Second Megabytes/Second Gigabytes/Second Terabytes/Second Bits/Second " +
		"Kilobits/Second Megabits/Second Gigabits/Second Terabits/Second Count/Second None")
)

// alarmActions are the properties that name what an alarm does.
var alarmActions = []string{"alarmActions", "okActions", "insufficientDataActions"}

func checkAlarm(c *cloud.Checker) {
	c.Length("thresholdMetricId", 1, 255)
	for _, p := range alarmActions {
		if n := len(cloud.At(c.In, p+"[]")); n > 5 {
			c.Fail(p, "No more than 5 items are allowed, %d are given", n)
		}
	}
	checkMetric(c, "", c.In, "statistic", 10, 20, 30)
	if cloud.Has(c.In, "metricName") && !cloud.Has(c.In, "statistic") && !cloud.Has(c.In, "extendedStatistic") {
		c.Fail("statistic", "One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm")
	}
	c.Match("extendedStatistic", percentilePattern, "a percentile or trimmed statistic")
	for i, q := range cloud.Maps(c.In, "metricQueries[]") {
		checkMathQuery(c, fmt.Sprintf("metricQueries[%d].", i), q)
	}
}

var noColon = regexp.MustCompile(`^[^:]`)

// checkMetric checks one metric's own properties. Periods below a minute differ between the places where a metric stands.
func checkMetric(c *cloud.Checker, path string, m cloud.Map, stat string, subMinute ...float64) {
	inner := cloud.Checker{In: m}
	inner.Length("metricName", 1, 255)
	inner.Length("namespace", 1, 255)
	inner.OneOf("unit", units...)
	inner.Match("namespace", noColon, "must not begin with a colon")
	if s, given := m[stat].(string); given && (s != "" || stat == "stat") && !slices.Contains(statistics, s) && (stat == "statistic" || !percentilePattern.MatchString(s)) {
		inner.Fail(stat, "expected %s to be one of %q, got %s", stat, statistics, s)
	}
	checkPeriod(&inner, subMinute)
	for _, p := range inner.Problems {
		c.Fail(path+p.Path, "%s", p.Reason)
	}
}

func checkPeriod(c *cloud.Checker, subMinute []float64) {
	if n, ok := c.Number("period"); ok && !slices.Contains(subMinute, n) && (n <= 0 || int(n)%60 != 0) {
		c.Fail("period", "expected period to be one of %v or a multiple of 60, got %v", subMinute, n)
	}
}

// checkMathQuery checks one entry of a metric math alarm.
func checkMathQuery(c *cloud.Checker, path string, q cloud.Map) {
	inner := cloud.Checker{In: q}
	inner.Length("id", 1, 255)
	inner.Length("expression", 1, 1024)
	inner.Length("accountId", 1, 255)
	checkPeriod(&inner, []float64{1, 5, 10, 20, 30})
	if cloud.Has(q, "expression") && cloud.Has(q, "metric") {
		inner.Fail("metric", "No metric_query may have both `expression` and a `metric` specified")
	}
	for _, p := range inner.Problems {
		c.Fail(path+p.Path, "%s", p.Reason)
	}
	for _, m := range cloud.Maps(q, "metric") {
		for _, p := range []string{"metricName", "period", "stat"} {
			if !cloud.Has(m, p) {
				c.Fail(path+"metric."+p, "missing")
			}
		}
		checkMetric(c, path+"metric.", m, "stat", 1, 5, 10, 20, 30)
	}
}

// applyAlarm checks what creation and update have in common.
func applyAlarm(t *cloud.Tx, r *cloud.Resource) error {
	longest := r.Int("period")
	if cloud.Has(r.State, "metricQueries[]") {
		if err := checkMath(r); err != nil {
			return err
		}
		for _, q := range mathQueries(r) {
			longest = max(longest, cloud.Int(q, "period"), cloud.Int(q, "metric.period"))
		}
	} else if !cloud.Has(r.State, "metricName") || !cloud.Has(r.State, "namespace") || !cloud.Has(r.State, "period") {
		return cloud.Refuse(alarmInvalid, "CloudWatch API, PutMetricAlarm", "Either Metrics, or MetricName with Namespace and Period must be given")
	}
	if err := checkEvaluation(r, longest); err != nil {
		return err
	}
	if n := len(cloud.At(r.State, "dimensions")); n > 0 {
		if err := checkDimensions(cloud.At(r.State, "dimensions")[0]); err != nil {
			return err
		}
	}
	if slices.Contains(bandCompare, r.Str("comparisonOperator")) != cloud.Has(r.State, "thresholdMetricId") {
		return cloud.Refuse(alarmInvalid, "CloudWatch API, PutMetricAlarm", "ThresholdMetricId and the comparison operators for bands go together")
	}
	if !cloud.Has(r.State, "threshold") && !cloud.Has(r.State, "thresholdMetricId") {
		return cloud.Refuse(alarmInvalid, "CloudWatch API, PutMetricAlarm", "Either Threshold or ThresholdMetricId must be given")
	}
	for _, p := range alarmActions {
		for _, arn := range r.Strs(p + "[]") {
			if err := checkAlarmAction(t, r, arn); err != nil {
				return err
			}
		}
	}
	return nil
}

func mathQueries(r *cloud.Resource) []cloud.Map { return cloud.Maps(r.State, "metricQueries[]") }

// checkEvaluation holds the time that an alarm looks at to its limit.
func checkEvaluation(r *cloud.Resource, period int) error {
	const rule = "CloudWatch API, PutMetricAlarm"
	periods := r.Int("evaluationPeriods")
	if r.Int("datapointsToAlarm") > periods {
		return cloud.Refuse(alarmInvalid, rule, "DatapointsToAlarm %d must not exceed EvaluationPeriods %d", r.Int("datapointsToAlarm"), periods)
	}
	const day = 86400
	switch {
	case period < 3600 && period*periods > day:
		return cloud.Refuse(alarmInvalid, rule, "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= %d).", day)
	case period*periods > 7*day:
		return cloud.Refuse(alarmInvalid, rule, "Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period must be <= %d).", 7*day)
	}
	return nil
}

const maxDimensions = 30 // of a metric (CloudWatch API, PutMetricAlarm)

func checkDimensions(v any) error {
	dimensions, _ := v.(cloud.Map)
	if len(dimensions) > maxDimensions {
		return cloud.Refuse(alarmInvalid, "CloudWatch API, PutMetricAlarm", "A metric has at most %d dimensions, %d are given", maxDimensions, len(dimensions))
	}
	for _, name := range slices.Sorted(maps.Keys(dimensions)) {
		if value, _ := dimensions[name].(string); name == "" || value == "" || strings.HasPrefix(name, ":") {
			return cloud.Refuse(alarmInvalid, "CloudWatch API, Dimension", "The dimension %q has no valid name and value", name)
		}
	}
	return nil
}

// checkAlarmAction refuses an action that is elsewhere, unknown, or would come to nothing.
func checkAlarmAction(t *cloud.Tx, r *cloud.Resource, arn string) error {
	parts := strings.SplitN(arn, ":", 6) // arn, partition, service, region, account, resource
	service, region := parts[2], parts[3]
	switch service {
	case "sns", "lambda", "autoscaling", "ssm", "ssm-incidents":
		if region != t.Region {
			return cloud.Refuse(alarmInvalid, "CloudWatch API, PutMetricAlarm", "Invalid region %s specified. Only %s is supported.", region, t.Region)
		}
	case "automate": // EC2 actions
		return nil
	default:
		return cloud.Refuse(alarmInvalid, "CloudWatch API, PutMetricAlarm", "Unsupported alarm action %s", arn)
	}
	if service == "sns" {
		return delivers(t, alarmPublisher, r.Str("arn"), arn)
	}
	return nil
}
