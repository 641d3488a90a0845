package services

import (
	"fmt"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/stretchr/testify/require"
)

func simpleAlarm() cloud.Map {
	return cloud.Map{
		"name": "cpu", "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 5.0, "datapointsToAlarm": 3.0, "threshold": 80.0,
		"metricName": "CPUUtilization", "namespace": "AWS/ECS", "period": 60.0, "statistic": "Average",
		"dimensions": cloud.Map{"ClusterName": "main"},
	}
}

func mathAlarm(queries ...cloud.Map) cloud.Map {
	list := []any{}
	for _, q := range queries {
		list = append(list, q)
	}
	return cloud.Map{
		"name": "math", "comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 5.0, "threshold": 0.0, "metricQueries": list,
	}
}

func query(id string) cloud.Map {
	return cloud.Map{"id": id, "metric": cloud.Map{"namespace": "AWS/ECS", "metricName": "Tasks", "stat": "Sum", "period": 60.0}}
}

func result(expression string) cloud.Map {
	return cloud.Map{"id": "result", "expression": expression, "returnData": true}
}

func TestMetricAlarm(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	id, state := d.make(typeMetricAlarm, with(simpleAlarm(), cloud.Map{"tags": cloud.Map{"a": "b"}}))
	require.Equal(t, "cpu", id)
	require.Equal(t, "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu", state["arn"])
	require.Equal(t, "missing", state["treatMissingData"])
	require.Equal(t, true, state["actionsEnabled"])
	require.Equal(t, cloud.Map{"a": "b"}, state["tagsAll"])
	d.refused(alarmInvalid, typeMetricAlarm, simpleAlarm())
	_, err := d.change(typeMetricAlarm, id, with(simpleAlarm(), cloud.Map{"threshold": 90.0}))
	require.NoError(t, err)

	for name, change := range map[string]cloud.Map{
		"no metric":                {"metricName": nil, "statistic": nil, "dimensions": nil, "namespace": nil, "period": nil},
		"no namespace":             {"namespace": nil},
		"no period":                {"period": nil},
		"no threshold":             {"threshold": nil},
		"more points than periods": {"datapointsToAlarm": 6.0},
		"more than a day":          {"period": 300.0, "evaluationPeriods": 289.0},
		"more than a week":         {"period": 86400.0, "evaluationPeriods": 8.0},
		"band without id":          {"comparisonOperator": "GreaterThanUpperThreshold"},
		"empty dimension":          {"dimensions": cloud.Map{"ClusterName": ""}},
		"colon in dimension":       {"dimensions": cloud.Map{":ClusterName": "main"}},
		"action elsewhere":         {"alarmActions": cloud.List("arn:aws:sns:us-east-1:111122223333:alarms")},
		"no such topic":            {"okActions": cloud.List("arn:aws:sns:eu-central-1:111122223333:alarms")},
		"unknown action":           {"insufficientDataActions": cloud.List("arn:aws:sqs:eu-central-1:111122223333:alarms")},
	} {
		t.Run(name, func(t *testing.T) {
			d.T = t
			d.refused(alarmInvalid, typeMetricAlarm, with(simpleAlarm(), with(change, cloud.Map{"name": "other"})))
		})
	}
	d.T = t
	d.make(typeMetricAlarm, with(simpleAlarm(), cloud.Map{"name": "day", "period": 300.0, "evaluationPeriods": 288.0}))
	d.make(typeMetricAlarm, with(simpleAlarm(), cloud.Map{"name": "week", "period": 86400.0, "evaluationPeriods": 7.0}))
	many := cloud.Map{}
	for i := range maxDimensions + 1 {
		many[fmt.Sprint("d", i)] = "v"
	}
	d.refused(alarmInvalid, typeMetricAlarm, with(simpleAlarm(), cloud.Map{"name": "other", "dimensions": many}))
}

func TestMetricAlarmChecks(t *testing.T) {
	t.Parallel()
	arn := "arn:aws:sns:eu-central-1:111122223333:alarms"
	refusesInputs(t, typeMetricAlarm, simpleAlarm(), []badInput{
		{"name", strings.Repeat("a", 256)}, {"alarmDescription", strings.Repeat("a", 1025)}, {"comparisonOperator", "Above"},
		{"evaluationPeriods", 0.0}, {"datapointsToAlarm", 0.0}, {"period", 15.0}, {"period", 90.0}, {"period", 0.0}, {"statistic", "p95"},
		{"treatMissingData", "bad"}, {"evaluateLowSampleCountPercentiles", "maybe"}, {"unit", "Kibibytes"}, {"namespace", ":AWS"},
		{"metricName", strings.Repeat("a", 256)},
		{"alarmActions", cloud.List("alarms")}, {"okActions", cloud.List(arn, arn, arn, arn, arn, arn)},
	})
	percentile := with(simpleAlarm(), cloud.Map{"statistic": nil, "extendedStatistic": "p99.9"})
	refusesInputs(t, typeMetricAlarm, percentile, []badInput{{"extendedStatistic", "p999"}, {"extendedStatistic", "median"}})
	for _, more := range []cloud.Map{{"statistic": nil}, {"extendedStatistic": "p95"}, {"thresholdMetricId": "band"}} {
		require.NotEmpty(t, problems(typeMetricAlarm, with(simpleAlarm(), more)), "%v", more)
	}
	for _, period := range []float64{10, 20, 30, 60, 3600} {
		require.Empty(t, problems(typeMetricAlarm, with(simpleAlarm(), cloud.Map{"period": period})))
	}

	good := mathAlarm(query("a"), result("a"))
	require.Empty(t, problems(typeMetricAlarm, good))
	for _, p := range []string{"metricName", "namespace", "period", "statistic", "dimensions"} {
		require.NotEmpty(t, problems(typeMetricAlarm, with(good, cloud.Map{p: simpleAlarm()[p]})), p)
	}
	for _, q := range []cloud.Map{
		with(query("a"), cloud.Map{"expression": "b"}), {"id": strings.Repeat("a", 256), "expression": "b"}, {"id": "a", "expression": strings.Repeat("a", 1025)},
		{"id": "a", "metric": cloud.Map{"namespace": "n", "metricName": "m", "stat": "Sum"}},
		{"id": "a", "metric": cloud.Map{"namespace": "n", "metricName": "m", "stat": "Total", "period": 60.0}},
		{"id": "a", "metric": cloud.Map{"namespace": "n", "metricName": "m", "stat": "Sum", "period": 45.0}},
		{"id": "a", "expression": "b", "period": 45.0},
	} {
		require.NotEmpty(t, problems(typeMetricAlarm, mathAlarm(q)), "%v", q)
	}
}

func TestMetricMath(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	for i, expression := range []string{
		"a / 2", "a - FILL(b, 0)", "MAX(METRICS())", "SUM([a, b]) * 100", `IF(a > 1 AND b > 1, a, 0)`, `MAX(METRICS("a"))`, "ABS(a - b)", "FILL(a, REPEAT)",
	} {
		d.make(typeMetricAlarm, with(mathAlarm(result(expression), query("a"), query("b")), cloud.Map{"name": fmt.Sprint("good", i)}))
	}
	eleven := []cloud.Map{result("MAX(METRICS())")}
	for i := range maxMathMetrics + 1 {
		eleven = append(eleven, query(fmt.Sprint("m", i)))
	}
	for name, queries := range map[string][]cloud.Map{
		"upper-case id":    {query("A"), result("1")},
		"hyphen in id":     {query("a-b"), result("1")},
		"id twice":         {query("a"), query("a"), result("a")},
		"neither":          {{"id": "b"}, query("a"), result("a")},
		"nothing returned": {query("a"), {"id": "b", "expression": "a"}},
		"two returned":     {query("a"), result("a"), {"id": "b", "expression": "a", "returnData": true}},
		"no metric":        {result("1")},
		"eleven metrics":   eleven,
		"no such id":       {query("a"), result("a + b")},
		"itself":           {query("a"), result("a + result")},
		"search":           {query("a"), result("SEARCH('a', 'Sum')")},
		"no such function": {query("a"), result("MEDIAN(a)")},
		"unknown word":     {query("a"), result("FILL(a, ZERO)")},
		"brackets":         {query("a"), result("MAX(a")},
		"no namespace":     {{"id": "a", "metric": cloud.Map{"metricName": "m", "stat": "Sum", "period": 60.0}}, result("a")},
		"too long":         {with(query("a"), cloud.Map{"metric": with(query("a")["metric"].(cloud.Map), cloud.Map{"period": 86400.0})}), result("a")},
	} {
		in := mathAlarm(queries...)
		if name == "too long" {
			in["evaluationPeriods"] = 8.0
		}
		_, _, err := d.Create(t.Context(), home, typeMetricAlarm, in)
		require.Equal(t, alarmInvalid, cloud.Code(err), "%s: %v", name, err)
	}
	band := with(mathAlarm(with(query("a"), cloud.Map{"returnData": true}), result("ANOMALY_DETECTION_BAND(a, 2)")), cloud.Map{
		"threshold": nil, "thresholdMetricId": "result", "comparisonOperator": "GreaterThanUpperThreshold"})
	d.make(typeMetricAlarm, band)
	d.refused(alarmInvalid, typeMetricAlarm, with(band, cloud.Map{"name": "b", "thresholdMetricId": "band"}))
	d.refused(alarmInvalid, typeMetricAlarm, with(band, cloud.Map{"name": "b", "metricQueries": cloud.List(query("a"), result("ANOMALY_DETECTION_BAND(a, 2)"))}))
}

// TestWhoMayPublish creates alarms and event targets with topics and keys that let through what is sent, or drop it.
func TestWhoMayPublish(t *testing.T) {
	t.Parallel()
	both := func(cloudwatch, events string) map[string]string {
		return map[string]string{"cloudwatch": cloudwatch, "events": events}
	}
	for name, test := range map[string]struct {
		topic, key     map[string]string // nil: the default policy, no key
		alarms, events bool
	}{
		"default policy":                {nil, nil, true, false},
		"both":                          {both(ownAccount, ""), nil, true, true},
		"both encrypted":                {both(ownAccount, ""), both(ownAccount, ""), true, true},
		"events never name an account":  {both(ownAccount, ownAccount), nil, true, false},
		"nor to the key":                {both(ownAccount, ""), both(ownAccount, ownAccount), true, false},
		"another account's alarms":      {both(`{"StringEquals":{"aws:SourceAccount":"999999999999"}}`, ""), nil, false, true},
		"alarms only":                   {map[string]string{"cloudwatch": ""}, nil, true, false},
		"events only":                   {map[string]string{"events": ""}, nil, false, true},
		"key for the account alone":     {both("", ""), map[string]string{}, false, false},
		"key for alarms, not for event": {both("", ""), map[string]string{"cloudwatch": ownAccount}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDataCloud(t)
			in := cloud.Map{"name": "alarms"}
			if test.key != nil {
				_, key := d.make(typeKey, cloud.Map{"policy": topicKeyPolicy(test.key)})
				in["kmsMasterKeyId"] = key["arn"]
			}
			topic, _ := d.make(typeTopic, in)
			if test.topic != nil {
				d.make(typeTopicPolicy, cloud.Map{"arn": topic, "policy": publishPolicy(topic, test.topic)})
			}
			_, _, err := d.Create(t.Context(), home, typeMetricAlarm, with(simpleAlarm(), cloud.Map{"alarmActions": cloud.List(topic)}))
			require.Equal(t, test.alarms, err == nil, "alarm: %v", err)
			rule, _ := d.make(typeEventRule, cloud.Map{"name": "r", "eventPattern": `{"source":["aws.ecs"]}`})
			_, _, err = d.Create(t.Context(), home, typeEventTarget, cloud.Map{"rule": rule, "arn": topic})
			require.Equal(t, test.events, err == nil, "event: %v", err)
		})
	}
	t.Run("AWS's own key", func(t *testing.T) {
		t.Parallel()
		d := newDataCloud(t)
		topic, _ := d.make(typeTopic, cloud.Map{"name": "alarms", "kmsMasterKeyId": "alias/aws/sns"})
		d.refused(alarmInvalid, typeMetricAlarm, with(simpleAlarm(), cloud.Map{"alarmActions": cloud.List(topic)}))
	})
}

const goodDashboard = `{"start":"-PT3H","periodOverride":"inherit","widgets":[
	{"type":"text","x":0,"y":0,"width":24,"height":2,"properties":{"markdown":"# Title"}},
	{"type":"alarm","properties":{"title":"Alarms","alarms":["arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu"]}},
	{"type":"log","properties":{"region":"eu-central-1","query":"SOURCE 'a' | fields @message"}},
	{"type":"metric","x":0,"y":2,"width":12,"height":6,"properties":{"region":"eu-central-1","view":"timeSeries","stat":"p95","period":60,
		"title":"A","yAxis":{"left":{"min":0,"label":"a","showUnits":false}},"annotations":{"horizontal":[{"label":"l","value":80}]},
		"metrics":[["AWS/ECS","CPU","ClusterName","main",{"id":"m1","visible":false}],[".","Memory",".","."],["...","other"],
			[{"expression":"m1 / 2","label":"half"}]]}}]}`

func TestDashboard(t *testing.T) {
	t.Parallel()
	d := newDataCloud(t)
	in := cloud.Map{"dashboardName": "deepstreamhub-prod-eu", "dashboardBody": goodDashboard}
	id, state := d.make(typeDashboard, in)
	require.Equal(t, "deepstreamhub-prod-eu", id)
	require.Equal(t, "arn:aws:cloudwatch::111122223333:dashboard/deepstreamhub-prod-eu", state["dashboardArn"])
	_, _, err := d.Create(t.Context(), "us-east-1", typeDashboard, in)
	require.Equal(t, "InvalidParameterValue", cloud.Code(err), "dashboards have no regions")
	_, err = d.change(typeDashboard, id, with(in, cloud.Map{"dashboardBody": `{}`}))
	require.Equal(t, "DashboardInvalidInputError", cloud.Code(err))
	d.refused("DashboardInvalidInputError", typeDashboard, cloud.Map{"dashboardName": "b", "dashboardBody": `{}`})
	refusesInputs(t, typeDashboard, in, []badInput{{"dashboardName", "a b"}, {"dashboardName", strings.Repeat("a", 256)}, {"dashboardBody", "{"}})
}

func TestDashboardsAreReadStrictly(t *testing.T) {
	t.Parallel()
	require.Empty(t, readDashboard(goodDashboard))
	for _, test := range []struct{ old, new, want string }{
		{`"start"`, `"begin"`, "begin: no such field"},
		{`"inherit"`, `"always"`, "periodOverride: expected auto or inherit"},
		{`"x":0,"y":0,"width":24`, `"x":24,"y":0,"width":24`, "x: expected 0 to 23"},
		{`"x":0,"y":2,"width":12`, `"x":18,"y":2,"width":12`, "ends beyond column 24"},
		{`"x":0,"y":2,"width":12`, `"x":0,"width":12`, "without the other coordinate"},
		{`"height":6`, `"height":0`, "height: expected 1 to 1000"},
		{`"height":6`, `"height":1.5`, "expected a whole number"},
		{`"height":6`, `"depth":6`, "depth: no such field"},
		{`"type":"text"`, `"type":"html"`, "type: expected alarm, log, metric or text"},
		{`"markdown":"# Title"`, `"html":"x"`, "html: no such field"},
		{`"properties":{"markdown":"# Title"}`, `"properties":{}`, "markdown: missing"},
		{`,"properties":{"markdown":"# Title"}`, ``, "properties: missing"},
		{`["arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu"]`, `[]`, "expected 1 to 100 alarms"},
		{`"arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu"`, `"cpu"`, "is not the ARN of an alarm"},
		{`"region":"eu-central-1","query"`, `"query"`, "region: missing"},
		{`"region":"eu-central-1","view"`, `"view"`, "region: missing"},
		{`"timeSeries"`, `"line"`, "view: expected one of"},
		{`"stat":"p95"`, `"stat":"median"`, "stat: "},
		{`"period":60`, `"period":45`, "period: "},
		{`"period":60`, `"period":"60"`, "period: expected a whole number"},
		{`"showUnits"`, `"units"`, "units: no such field"},
		{`"value":80`, `"level":80`, "level: no such field"},
		{`"id":"m1"`, `"id":"M1"`, "does not begin with a lower-case letter"},
		{`"visible":false`, `"hidden":true`, "hidden: no such field"},
		{`["AWS/ECS","CPU","ClusterName","main",`, `[".","CPU","ClusterName","main",`, "repeats a metric before the first one"},
		{`["AWS/ECS","CPU","ClusterName","main",`, `["AWS/ECS","CPU","ClusterName",`, "pairs of dimension name and value"},
		{`["AWS/ECS","CPU","ClusterName","main",`, `["AWS/ECS",1,"ClusterName","main",`, "expected a string at position 1"},
		{`[{"expression"`, `["AWS/ECS","CPU",{"expression"`, "an expression stands beside a metric"},
		{`[".","Memory",".","."]`, `[]`, "is empty"},
	} {
		text := strings.Replace(goodDashboard, test.old, test.new, 1)
		require.NotEqual(t, goodDashboard, text, test.old)
		require.Contains(t, cloud.Joined(readDashboard(text)), test.want, text)
	}
	require.NotEmpty(t, readDashboard(`{"widgets":null}`))
	require.Empty(t, readDashboard(`{"widgets":[]}`))
	require.NotEmpty(t, readDashboard(`{"widgets":[`+strings.Repeat(`{"type":"text","properties":{"markdown":"a"}},`, maxWidgets)+
		`{"type":"text","properties":{"markdown":"a"}}]}`))
}
