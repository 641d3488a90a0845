package observability

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// View is what a dashboard shows, by the names that AWS gave.
type View struct {
	Stack  string
	Region string

	AlarmArns []string // in the order in which they are shown

	LoadBalancer     string // ARN suffix
	Services         []ServiceView
	Cluster          string
	CapacityProvider string
	AutoScalingGroup string
	Database         string
	BusNodes         []string

	MaxConnections         int
	MaxDatabaseConnections int
	Thresholds             Thresholds // drawn where alarms have them
}

// ServiceView is one service of a dashboard.
type ServiceView struct {
	Key         string // how people call it
	Name        string // how AWS calls it
	TargetGroup string // ARN suffix
}

// The grid of a dashboard ("Dashboard body structure and syntax", CloudWatch API Reference).
const (
	columns     = 24
	graphHeight = 6
	textHeight  = 2
)

type body struct {
	Start          string   `json:"start"`
	PeriodOverride string   `json:"periodOverride"`
	Widgets        []widget `json:"widgets"`
}

type widget struct {
	Type       string `json:"type"`
	X          int    `json:"x"`
	Y          int    `json:"y"`
	Width      int    `json:"width"`
	Height     int    `json:"height"`
	Properties any    `json:"properties"`
}

type textWidget struct {
	Markdown string `json:"markdown"`
}

type alarmWidget struct {
	Title  string   `json:"title"`
	Alarms []string `json:"alarms"`
}

type metricWidget struct {
	Title       string       `json:"title"`
	View        string       `json:"view"`
	Region      string       `json:"region"`
	Stat        string       `json:"stat"`
	Period      int          `json:"period"`
	Metrics     [][]any      `json:"metrics"`
	YAxis       yAxis        `json:"yAxis"`
	Annotations *annotations `json:"annotations,omitempty"`
}

type yAxis struct {
	Left axis `json:"left"`
}

type axis struct {
	Min   float64 `json:"min"`
	Label string  `json:"label,omitempty"`
	Units bool    `json:"showUnits"`
}

type annotations struct {
	Horizontal []limit `json:"horizontal"`
}

// limit is a line across a graph.
type limit struct {
	Label string  `json:"label"`
	Value float64 `json:"value"`
}

// series is one line of a graph.
type series struct {
	label      string
	namespace  string
	name       string
	dimensions []string // name, value, name, value
	stat       string   // where it differs from the graph's
	// id and hidden are for what only an expression shows.
	id         string
	hidden     bool
	expression string // instead of a metric
}

// seriesOptions is the last element of a metric in a widget, or its only one when it is an expression.
type seriesOptions struct {
	Expression string `json:"expression,omitempty"`
	ID         string `json:"id,omitempty"`
	Label      string `json:"label,omitempty"`
	Stat       string `json:"stat,omitempty"`
	Visible    *bool  `json:"visible,omitempty"`
}

func (s series) json() []any {
	options := seriesOptions{Expression: s.expression, ID: s.id, Label: s.label, Stat: s.stat}
	if s.hidden {
		options.Visible = new(bool)
	}
	if s.expression != "" {
		return []any{options}
	}
	out := []any{s.namespace, s.name}
	for _, d := range s.dimensions {
		out = append(out, d)
	}
	return append(out, options)
}

// graph is one widget with lines.
type graph struct {
	title  string
	unit   string
	stat   string
	series []series
	limits []limit
}

// row is one tier: a heading and its graphs, side by side.
type row struct {
	heading string
	graphs  []graph
}

// mostAlarms is how many alarms one widget shows (CloudWatch API Reference, "Dashboard body structure and syntax": 1 to
// 100). A region with a dozen services has more.
const mostAlarms = 100

// Dashboard returns the body of a dashboard, the same for the same view.
func Dashboard(v View) (string, error) {
	b := body{Start: "-PT3H", PeriodOverride: "inherit"}
	y := 0
	add := func(typ string, x, width, height int, properties any) {
		b.Widgets = append(b.Widgets, widget{typ, x, y, width, height, properties})
	}
	add("text", 0, columns, textHeight, textWidget{v.heading()})
	y += textHeight
	for some := range slices.Chunk(v.AlarmArns, mostAlarms) {
		add("alarm", 0, columns, graphHeight, alarmWidget{"Alarms", some})
		y += graphHeight
	}
	for _, r := range v.rows() {
		add("text", 0, columns, textHeight, textWidget{r.heading})
		y += textHeight
		width := columns / len(r.graphs)
		for i, g := range r.graphs {
			add("metric", i*width, width, graphHeight, g.json(v.Region))
		}
		y += graphHeight
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false) // people read and edit it in the console
	if err := encoder.Encode(b); err != nil {
		return "", fmt.Errorf("write dashboard: %w", err)
	}
	return string(bytes.TrimSpace(out.Bytes())), nil
}

func (g graph) json(region string) metricWidget {
	w := metricWidget{
		Title: g.title, View: "timeSeries", Region: region, Stat: g.stat, Period: minute,
		YAxis: yAxis{axis{Label: g.unit}},
	}
	for _, s := range g.series {
		w.Metrics = append(w.Metrics, s.json())
	}
	if len(g.limits) > 0 {
		w.Annotations = &annotations{g.limits}
	}
	return w
}

func (v View) heading() string {
	return fmt.Sprintf("# %s\nEverything of the region %s, from where clients come in down to where data is kept. A line across a graph is a limit; most of them are watched by an alarm.",
		v.Stack, v.Region)
}
