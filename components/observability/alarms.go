package observability

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/deepstreamhub/platform/components/internal/blocks"
)

// alarm is one row of the table: what is watched, when that is bad, what it means then and what to do about it.
type alarm struct {
	suffix string // of the logical name
	means  string // what is wrong when it goes off
	act    string // what whoever reads that should do

	// metrics are what is watched, by id. Several need an expression, a single one may have one.
	metrics    map[string]metric
	expression string

	comparison comparison
	threshold  float64
	points     int     // how many data points have to be bad,
	of         int     // of so many looked at
	missing    missing // what a period without data counts as
}

// metric is one series of data points.
type metric struct {
	namespace  string
	name       string
	dimensions dimensions
	stat       string // Average, Sum, Minimum, Maximum or a percentile such as p95
	period     int    // seconds
}

type dimensions map[string]pulumi.StringInput

// comparison is how a bad value relates to the threshold.
type comparison string

const (
	above   comparison = "GreaterThanThreshold"
	atLeast comparison = "GreaterThanOrEqualToThreshold"
	below   comparison = "LessThanThreshold"
)

// missing is what a period without data points counts as.
type missing string

const (
	isGood missing = "notBreaching" // nothing happened, or nothing is there to watch
	isBad  missing = "breaching"    // what reports has gone quiet
	isOpen missing = "missing"      // nothing can be said
)

const minute = 60 // seconds, the finest period of AWS's own metrics

// only is the metric of an alarm that watches one.
const only = "value"

func one(m metric) map[string]metric { return map[string]metric{only: m} }

// table lists every alarm. Its order is the one in which the dashboard shows them.
func (a *Args) table() []alarm {
	t := a.Thresholds.filled()
	rows := a.LoadBalancer.alarms(t)
	for _, key := range a.serviceKeys() {
		rows = append(rows, a.Services[key].alarms(t, key, a)...)
	}
	return slices.Concat(rows, a.Cluster.alarms(a), a.Database.alarms(t), a.Bus.alarms(t))
}

// alarm registers the table.
func (b *builder) alarm() error {
	for _, row := range b.args.table() {
		made, err := b.register(row, b.outlet)
		if err != nil {
			return err
		}
		b.alarms = append(b.alarms, made)
	}
	return nil
}

// health registers the alarm on what Route 53 sees from outside, where its metrics are.
func (b *builder) health() error {
	h := b.args.Health
	if h == nil {
		return nil
	}
	if blocks.Missing(h.Elsewhere) {
		made, err := b.register(h.alarm(), b.outlet)
		b.alarms = append(b.alarms, made)
		return err
	}
	there := pulumi.Provider(h.Elsewhere)
	outlet, err := b.newOutlet(b.name+"-health", there)
	if err != nil {
		return err
	}
	// The dashboard does not show it: it is the region's own.
	_, err = b.register(h.alarm(), outlet, there)
	return err
}

// register makes the alarm of a row. A single metric without expression is given in the alarm's own fields, everything
// else as queries: the two forms exclude each other.
func (b *builder) register(row alarm, to outlet, where ...pulumi.ResourceOption) (*cloudwatch.MetricAlarm, error) {
	topic := pulumi.Array{to.topicArn}
	args := &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(row.description(b.args.Stack)),
		ComparisonOperator: pulumi.String(string(row.comparison)),
		Threshold:          pulumi.Float64(row.threshold),
		EvaluationPeriods:  pulumi.Int(row.of),
		DatapointsToAlarm:  pulumi.Int(row.points),
		TreatMissingData:   pulumi.String(string(row.missing)),
		AlarmActions:       topic,
		OkActions:          topic,
	}
	if m, single := row.metrics[only]; single && row.expression == "" {
		m.into(args)
	} else {
		args.MetricQueries = row.queries()
	}
	return cloudwatch.NewMetricAlarm(b.ctx, b.name+row.suffix, args, append([]pulumi.ResourceOption{b.child}, where...)...)
}

func (a alarm) description(stack string) string {
	return fmt.Sprintf("%s: %s %s", stack, a.means, a.act)
}

func (m metric) into(args *cloudwatch.MetricAlarmArgs) {
	args.Namespace = pulumi.String(m.namespace)
	args.MetricName = pulumi.String(m.name)
	args.Dimensions = pulumi.StringMap(m.dimensions)
	args.Period = pulumi.Int(m.period)
	if m.stat[0] == 'p' {
		args.ExtendedStatistic = pulumi.String(m.stat)
		// With few requests a percentile is just the slowest of them.
		args.EvaluateLowSampleCountPercentiles = pulumi.String("ignore")
		return
	}
	args.Statistic = pulumi.String(m.stat)
}

func (a alarm) queries() cloudwatch.MetricAlarmMetricQueryArray {
	queries := cloudwatch.MetricAlarmMetricQueryArray{&cloudwatch.MetricAlarmMetricQueryArgs{
		Id:         pulumi.String("result"),
		Expression: pulumi.String(a.expression),
		Label:      pulumi.String(a.means),
		ReturnData: pulumi.Bool(true),
	}}
	for _, id := range slices.Sorted(maps.Keys(a.metrics)) {
		m := a.metrics[id]
		queries = append(queries, &cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String(id),
			Metric: &cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace:  pulumi.String(m.namespace),
				MetricName: pulumi.String(m.name),
				Dimensions: pulumi.StringMap(m.dimensions),
				Stat:       pulumi.String(m.stat),
				Period:     pulumi.Int(m.period),
			},
		})
	}
	return queries
}
