package services

import (
	"fmt"

	"github.com/deepstreamhub/platform/internal/awssim/cloud"
	"github.com/deepstreamhub/platform/internal/awssim/documents"
)

const typeDashboard = "aws:cloudwatch/dashboard:Dashboard"

// Dashboards have no regions: every region of an account shows all of them.
var _ = cloud.Register(&cloud.Kind{
	Type: typeDashboard, Service: "CloudWatch", Noun: "Dashboard", Global: true, CreateCall: "PutDashboard", UpdateCall: "PutDashboard",
	DeleteCall: "DeleteDashboards",
	Keys:       []string{"dashboardArn"},
	Unique: []cloud.Unique{{Props: []string{"dashboardName"}, Refusal: cloud.Refusal{
		Code: "InvalidParameterValue", Message: "A dashboard named {value} exists already; PutDashboard would overwrite it", Rule: "CloudWatch API, PutDashboard",
	}}},
	Check: func(c *cloud.Checker) {
		c.Document("dashboardBody", readDashboard)
	},
	Create: func(t *cloud.Tx, r *cloud.Resource) error {
		r.ID = r.Str("dashboardName")
		r.State["dashboardArn"] = t.GlobalARN("cloudwatch", "dashboard/"+r.ID)
		return checkBody(r)
	},
	Update: func(_ *cloud.Tx, r *cloud.Resource, _ cloud.Map) error { return checkBody(r) },
	Timing: cloud.Timing{Create: cloud.Secs(1, 0, 2), Update: cloud.Secs(1, 0, 2), Delete: cloud.Secs(1, 0, 1),
		Source: "facts, section 1: CloudWatch dashboard, 1 log"},
	Calls: cloud.Calls{Create: "cloudwatch:PutDashboard", Read: "cloudwatch:GetDashboard", Update: "cloudwatch:PutDashboard", Remove: "cloudwatch:DeleteDashboards"},
})

func checkBody(r *cloud.Resource) error {
	if problems := readDashboard(r.Str("dashboardBody")); len(problems) > 0 {
		return cloud.Refuse("DashboardInvalidInputError", dashboardRule, "The dashboard body is invalid, there are %d validation errors: %s", len(problems), cloud.Joined(problems))
	}
	return nil
}

const dashboardRule = "CloudWatch API, Dashboard body structure and syntax"

const (
	maxWidgets = 500
	gridWidth  = 24
)

// dashboardBody is what a dashboard consists of. The properties of a widget depend on its type.
type dashboardBody struct {
	Start          string            `json:"start"`
	End            string            `json:"end"`
	PeriodOverride string            `json:"periodOverride"`
	Widgets        []dashboardWidget `json:"widgets"`
	Variables      []any             `json:"variables"`
}

type dashboardWidget struct {
	Type       string    `json:"type"`
	X          *int      `json:"x"`
	Y          *int      `json:"y"`
	Width      *int      `json:"width"`
	Height     *int      `json:"height"`
	Properties cloud.Map `json:"properties"`
}

// dashboardReader collects the problems of one body.
type dashboardReader struct{ problems []cloud.Problem }

func (r *dashboardReader) fail(path, format string, args ...any) {
	r.problems = append(r.problems, cloud.Problem{Path: path, Reason: fmt.Sprintf(format, args...)})
}

// readDashboard returns every problem of a dashboard's body.
func readDashboard(text string) []cloud.Problem {
	return dashboards.Of(text, func() []cloud.Problem { return readDashboardAnew(text) })
}

var dashboards documents.Memo[string, []cloud.Problem]

func readDashboardAnew(text string) []cloud.Problem {
	var b dashboardBody
	if problems := documents.Decode(text, &b); len(problems) > 0 {
		return problems
	}
	r := &dashboardReader{}
	if b.Widgets == nil {
		r.fail("widgets", "missing")
	}
	if len(b.Widgets) > maxWidgets {
		r.fail("widgets", "at most %d are allowed, got %d", maxWidgets, len(b.Widgets))
	}
	if b.PeriodOverride != "" && b.PeriodOverride != "auto" && b.PeriodOverride != "inherit" {
		r.fail("periodOverride", "expected auto or inherit, got %s", b.PeriodOverride)
	}
	if b.End != "" && b.Start == "" {
		r.fail("end", "stands without start")
	}
	for i, w := range b.Widgets {
		r.widget(fmt.Sprintf("widgets[%d]", i), w)
	}
	return r.problems
}

func (r *dashboardReader) widget(path string, w dashboardWidget) {
	within := func(name string, v *int, low, high int) {
		if v != nil && (*v < low || *v > high) {
			r.fail(path+"."+name, "expected %d to %d, got %d", low, high, *v)
		}
	}
	within("x", w.X, 0, gridWidth-1)
	within("y", w.Y, 0, 1<<31)
	within("width", w.Width, 1, gridWidth)
	within("height", w.Height, 1, 1000)
	if (w.X == nil) != (w.Y == nil) {
		r.fail(path+".x", "stands without the other coordinate")
	}
	if w.X != nil && w.Width != nil && *w.X+*w.Width > gridWidth {
		r.fail(path+".width", "the widget ends beyond column %d", gridWidth)
	}
	if w.Properties == nil {
		r.fail(path+".properties", "missing")
		return
	}
	path += ".properties"
	switch w.Type {
	case "text":
		r.shape(path, w.Properties, textProperties{})
		r.required(path, w.Properties, "markdown")
		r.oneOf(path, w.Properties, "background", "solid transparent")
	case "alarm":
		r.alarms(path, w.Properties)
	case "metric":
		r.metrics(path, w.Properties)
	case "log":
		r.shape(path, w.Properties, logProperties{})
		r.required(path, w.Properties, "region", "query")
		r.oneOf(path, w.Properties, "view", "table timeSeries bar pie")
	default:
		r.fail(path[:len(path)-len(".properties")]+".type", "expected alarm, log, metric or text, got %q", w.Type)
	}
}
