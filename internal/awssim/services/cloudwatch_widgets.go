package services

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

type textProperties struct {
	Markdown   string `json:"markdown"`
	Background string `json:"background"`
}

type logProperties struct {
	AccountID string `json:"accountId"`
	Query     string `json:"query"`
	Region    string `json:"region"`
	Stacked   bool   `json:"stacked"`
	Title     string `json:"title"`
	View      string `json:"view"`
}

type alarmProperties struct {
	Alarms []string `json:"alarms"`
	SortBy string   `json:"sortBy"`
	States []string `json:"states"`
	Title  string   `json:"title"`
}

type metricProperties struct {
	AccountID   string            `json:"accountId"`
	Annotations widgetAnnotations `json:"annotations"`
	Legend      struct {
		Position string `json:"position"`
	} `json:"legend"`
	LiveData             bool    `json:"liveData"`
	Metrics              [][]any `json:"metrics"`
	Period               int     `json:"period"`
	Region               string  `json:"region"`
	SetPeriodToTimeRange bool    `json:"setPeriodToTimeRange"`
	SingleValueFull      bool    `json:"singleValueFullPrecision"`
	Sparkline            bool    `json:"sparkline"`
	Stacked              bool    `json:"stacked"`
	Stat                 string  `json:"stat"`
	Table                any     `json:"table"`
	Timezone             string  `json:"timezone"`
	Title                string  `json:"title"`
	Trend                bool    `json:"trend"`
	View                 string  `json:"view"`
	YAxis                struct {
		Left  widgetAxis `json:"left"`
		Right widgetAxis `json:"right"`
	} `json:"yAxis"`
}

type widgetAxis struct {
	Label     string  `json:"label"`
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	ShowUnits bool    `json:"showUnits"`
}

type widgetAnnotations struct {
	Alarms     []string `json:"alarms"`
	Horizontal []struct {
		Value   float64 `json:"value"`
		Label   string  `json:"label"`
		Color   string  `json:"color"`
		Fill    string  `json:"fill"`
		Visible bool    `json:"visible"`
		YAxis   string  `json:"yAxis"`
	} `json:"horizontal"`
	Vertical []struct {
		Value   string `json:"value"`
		Label   string `json:"label"`
		Color   string `json:"color"`
		Fill    string `json:"fill"`
		Visible bool   `json:"visible"`
	} `json:"vertical"`
}

// seriesOptions is the object at the end of a metric, or the only element of an expression.
type seriesOptions struct {
	AccountID  string `json:"accountId"`
	Color      string `json:"color"`
	Expression string `json:"expression"`
	ID         string `json:"id"`
	Label      string `json:"label"`
	Period     int    `json:"period"`
	Region     string `json:"region"`
	Stat       string `json:"stat"`
	Visible    bool   `json:"visible"`
	YAxis      string `json:"yAxis"`
}

// shape holds a property tree against the Go type of what it should be.
func (r *dashboardReader) shape(path string, m cloud.Map, want any) {
	documents.CompareShape(path, m, reflect.TypeOf(want), &r.problems)
}

func (r *dashboardReader) required(path string, m cloud.Map, names ...string) {
	for _, n := range names {
		if cloud.Str(m, n) == "" {
			r.fail(path+"."+n, "missing")
		}
	}
}

func (r *dashboardReader) oneOf(path string, m cloud.Map, name, allowed string) {
	if v := cloud.Str(m, name); v != "" && !documents.OneOf(v, allowed) {
		r.fail(path+"."+name, "expected one of %s, got %s", strings.ReplaceAll(allowed, " ", ", "), v)
	}
}

func (r *dashboardReader) alarms(path string, m cloud.Map) {
	r.shape(path, m, alarmProperties{})
	arns := cloud.Strs(m, "alarms[]")
	if len(arns) < 1 || len(arns) > 100 {
		r.fail(path+".alarms", "expected 1 to 100 alarms, got %d", len(arns))
	}
	for i, arn := range arns {
		if !strings.Contains(arn, ":cloudwatch:") || !arnPattern.MatchString(arn) {
			r.fail(fmt.Sprintf("%s.alarms[%d]", path, i), "%q is not the ARN of an alarm", arn)
		}
	}
	r.oneOf(path, m, "sortBy", "default stateUpdatedTimestamp timestamp")
	for _, s := range cloud.Strs(m, "states[]") {
		if !documents.OneOf(s, "ALARM INSUFFICIENT_DATA OK") {
			r.fail(path+".states", "%q is no state of an alarm", s)
		}
	}
}

func (r *dashboardReader) metrics(path string, m cloud.Map) {
	before := len(r.problems)
	r.shape(path, m, metricProperties{})
	if len(r.problems) > before {
		return // the rest relies on the shape
	}
	r.required(path, m, "region")
	r.oneOf(path, m, "view", "timeSeries singleValue gauge bar pie table")
	if s := cloud.Str(m, "stat"); s != "" && !slices.Contains(statistics, s) && !percentilePattern.MatchString(s) {
		r.fail(path+".stat", "%q is no statistic", s)
	}
	inner := cloud.Checker{In: m}
	checkPeriod(&inner, []float64{1, 5, 10, 30})
	for _, p := range inner.Problems {
		r.fail(path+"."+p.Path, "%s", p.Reason)
	}
	list, _ := m["metrics"].([]any)
	if len(list) == 0 && !cloud.Has(m, "annotations.alarms[]") {
		r.fail(path+".metrics", "a widget without metrics shows an alarm: annotations.alarms is missing")
	}
	ids := map[string]bool{}
	for i, v := range list {
		entry, _ := v.([]any) // its shape is checked
		r.series(fmt.Sprintf("%s.metrics[%d]", path, i), entry, i == 0, ids)
	}
}

// series checks one line of a graph: namespace, metric, dimension names and values, and options; or options with an
// expression. A "." repeats what stands there in the metric before, "..." everything but the last value.
func (r *dashboardReader) series(path string, entry []any, first bool, ids map[string]bool) {
	if len(entry) == 0 {
		r.fail(path, "is empty")
		return
	}
	var options cloud.Map
	if last, ok := entry[len(entry)-1].(cloud.Map); ok {
		options, entry = last, entry[:len(entry)-1]
		r.shape(path, options, seriesOptions{})
	}
	if id := cloud.Str(options, "id"); id != "" {
		if ids[id] || !queryIDPattern.MatchString(id) {
			r.fail(path, "the id %q is used twice or does not begin with a lower-case letter", id)
		}
		ids[id] = true
	}
	if s := cloud.Str(options, "stat"); s != "" && !slices.Contains(statistics, s) && !percentilePattern.MatchString(s) {
		r.fail(path, "%q is no statistic", s)
	}
	if cloud.Has(options, "expression") {
		if len(entry) > 0 {
			r.fail(path, "an expression stands beside a metric")
		}
		return
	}
	for i, v := range entry {
		s, ok := v.(string)
		switch {
		case !ok || s == "":
			r.fail(path, "expected a string at position %d, got %s", i, documents.KindOf(v))
		case first && (s == "." || s == "..."):
			r.fail(path, "%q repeats a metric before the first one", s)
		case s == "..." && i == 0:
			return
		}
	}
	if len(entry) < 2 || len(entry)%2 != 0 {
		r.fail(path, "expected namespace, metric and pairs of dimension name and value, got %d strings", len(entry))
	}
}
