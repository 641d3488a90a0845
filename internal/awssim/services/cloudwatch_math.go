package services

import (
	"regexp"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const (
	mathRule = "CloudWatch API, MetricDataQuery"
	bandRule = "terraform-provider-aws pull request 42504 has AWS's answers"
)

const (
	maxMathMetrics     = 10 // in one alarm
	maxMathExpressions = 10
)

var (
	queryIDPattern = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)
	// mathTokens finds strings, names and opening brackets in an expression.
	mathTokens = regexp.MustCompile(`"[^"]*"|'[^']*'|[A-Za-z_][A-Za-z0-9_]*|\d+(\.\d+)?|\(`)
)

var mathTexts documents.Memo[string, []string] // the tokens of expressions

// mathFunctions are those of the CloudWatch User Guide, "Using metric math", without SEARCH and the others that return
// more than alarms can watch. The operators AND and OR are written like names.
const mathFunctions = "ABS ANOMALY_DETECTION_BAND AVG CEIL DATAPOINT_COUNT DAY DIFF DIFF_TIME EPOCH FILL FIRST FLOOR HOUR IF INSIGHT_RULE_METRIC " +
	"LAST LOG LOG10 MAX METRIC_COUNT METRICS MIN MINUTE MONTH PERIOD RATE REMOVE_EMPTY RUNNING_SUM STDDEV SUM TIME_SERIES YEAR DATE"

// checkMath holds the queries of an alarm to what PutMetricAlarm takes.
func checkMath(r *cloud.Resource) error {
	refuse := func(format string, args ...any) error { return cloud.Refuse(alarmInvalid, mathRule, format, args...) }
	ids, returned := map[string]bool{}, map[string]bool{}
	metrics, expressions := 0, 0
	for _, q := range mathQueries(r) {
		id := cloud.Str(q, "id")
		switch {
		case !queryIDPattern.MatchString(id):
			return refuse("Value %q for Id must begin with a lower-case letter and hold letters, digits and underscores only", id)
		case ids[id]:
			return refuse("Id %s is used for more than one metric", id)
		case cloud.Has(q, "metric") == cloud.Has(q, "expression"):
			return refuse("Metric %s must have exactly one of MetricStat and Expression", id)
		}
		ids[id] = true
		if cloud.Has(q, "metric") {
			metrics++
			if dimensions := cloud.At(q, "metric.dimensions"); len(dimensions) > 0 {
				if err := checkDimensions(dimensions[0]); err != nil {
					return err
				}
			}
			if cloud.Str(q, "metric.namespace") == "" {
				return refuse("Metric %s has no namespace", id)
			}
		} else {
			expressions++
		}
		if cloud.Bool(q, "returnData") {
			returned[id] = true
		}
	}
	band := r.Str("thresholdMetricId") // the band that an alarm compares its metric to: both return data
	switch {
	case metrics > maxMathMetrics || expressions > maxMathExpressions:
		return refuse("An alarm takes at most %d metrics and %d expressions, got %d and %d", maxMathMetrics, maxMathExpressions, metrics, expressions)
	case metrics == 0:
		return refuse("An alarm needs at least one metric")
	case band == "" && len(returned) != 1:
		return refuse("Exactly one element of the metrics list should return data.")
	case band != "" && !returned[band]:
		return cloud.Refuse(alarmInvalid, bandRule, "Metrics list must contain exactly one metric matching the ThresholdMetricId parameter")
	case band != "" && len(returned) != 2:
		return cloud.Refuse(alarmInvalid, bandRule, "Exactly two elements of the metrics list should return data.")
	}
	for _, q := range mathQueries(r) {
		if err := checkExpression(cloud.Str(q, "id"), cloud.Str(q, "expression"), ids); err != nil {
			return err
		}
	}
	return nil
}

// checkExpression looks at the names in an expression: each is a function, an operator or the id of another query.
func checkExpression(id, text string, ids map[string]bool) error {
	refuse := func(format string, args ...any) error {
		return cloud.Refuse(alarmInvalid, "CloudWatch User Guide, Using metric math", "Error in expression '%s': %s", id, cloud.Refuse("", "", format, args...).Message)
	}
	if strings.Count(text, "(") != strings.Count(text, ")") {
		return refuse("brackets do not match in %s", text)
	}
	tokens := mathTexts.Of(text, func() []string { return mathTokens.FindAllString(text, -1) })
	for i, token := range tokens {
		called := i+1 < len(tokens) && tokens[i+1] == "("
		first := token[0]
		switch {
		case !(first >= 'A' && first <= 'Z' || first >= 'a' && first <= 'z' || first == '_'):
			continue
		case called && token != "AND" && token != "OR":
			if !documents.OneOf(token, mathFunctions) {
				return refuse("%s is no function that an alarm can use", token)
			}
		case token == "AND" || token == "OR":
		case first >= 'A' && first <= 'Z':
			if !documents.OneOf(token, "REPEAT LINEAR TRUE FALSE") { // what FILL and IF take
				return refuse("%s is not known", token)
			}
		case token == id:
			return refuse("it refers to itself")
		case !ids[token]:
			return refuse("there is no metric with the id %s", token)
		}
	}
	return nil
}
