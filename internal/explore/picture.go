package explore

import (
	"fmt"
	"math"
	"strings"

	"github.com/deepstreamhub/platform/internal/svg"
)

// The picture's measures, in pixels.
const (
	rowHeight  = 14
	letterSize = 10
	chartWidth = 900
	margin     = 12
	headHeight = 56
)

// Colours of the bars: the critical path has to be seen first.
const (
	plainBar    = svg.Plain
	criticalBar = svg.Loud
	gridColour  = "#e3e7ee"
)

func width(text string) float64 { return svg.Width(text, letterSize) }

// SVG draws the creation as a timeline: a row for each operation, in the order in which they begin, and the critical path to
// the first client and to the end in another colour.
func (l *Launch) SVG() []byte { return l.draw().SVG() }

func (l *Launch) draw() *svg.Picture {
	critical := map[string]bool{}
	for _, s := range append(append([]Step{}, l.ToFirstClient...), l.ToComplete...) {
		critical[s.Resource] = true
	}
	rows := append([]Step{}, l.Created...)
	if n := len(l.ToFirstClient); n > 0 && l.ToFirstClient[n-1].node == nobody {
		rows = append(rows, l.ToFirstClient[n-1])
	}
	end, names := 1.0, 0.0
	for _, s := range rows {
		end = math.Max(end, s.Begins+s.Takes)
		names = math.Max(names, width(short(s.Resource)))
	}
	left := margin + names + margin
	scale := chartWidth / end
	note := func(s Step) string { return length(s.Takes) }
	p := &svg.Picture{Width: left + chartWidth + margin, Height: headHeight + rowHeight*float64(len(rows)) + margin, Size: letterSize}
	for _, s := range rows {
		p.Width = math.Max(p.Width, left+(s.Begins+s.Takes)*scale+4+width(note(s))+margin)
	}
	p.Text(margin, margin+letterSize, svg.Ink, l.headline())
	p.Width = math.Max(p.Width, margin+width(l.headline())+margin)
	for t := 0.0; t <= end; t += tick(end) {
		x := left + t*scale
		p.Path(fmt.Sprintf("M%.1f %dV%.1f", x, headHeight-12, p.Height-margin), gridColour, 1)
		mark := fmt.Sprintf("%.0f min", t/60)
		p.Text(x, headHeight-16, svg.Ink, mark)
		p.Width = math.Max(p.Width, x+width(mark)+margin)
	}
	for i, s := range rows {
		y := headHeight + rowHeight*float64(i)
		colour := plainBar
		if critical[s.Resource] {
			colour = criticalBar
		}
		p.Text(margin, y+letterSize, svg.Ink, short(s.Resource))
		title := fmt.Sprintf("%s: from %s, takes %s, slack %s; %s", s.Resource, length(s.Begins), length(s.Takes), length(s.Slack), s.Source)
		p.Rect(svg.Rect{X: left + s.Begins*scale, Y: y + 1, W: math.Max(s.Takes*scale, 1), H: rowHeight - 4, Fill: colour, Title: title})
		p.Text(left+(s.Begins+s.Takes)*scale+4, y+letterSize, svg.Ink, note(s))
	}
	return p
}

func (l *Launch) headline() string {
	return fmt.Sprintf("%s: first client after %s, everything in place after %s. The critical path is red.", l.Stack, length(l.FirstClient), length(l.Complete))
}

// tick is how far apart the marks of the time axis are: whole minutes, so many that their texts do not touch.
func tick(end float64) float64 {
	minutes := math.Ceil(end / 60 / 12)
	return 60 * math.Max(1, minutes)
}

// short is a resource without the service that its type is of: "RouteTable network-public".
func short(resource string) string { return resource[strings.LastIndex(resource, ":")+1:] }

// length writes seconds as people do.
func length(seconds float64) string {
	s := int(math.Round(seconds))
	if s < 60 {
		return fmt.Sprintf("%d s", s)
	}
	return fmt.Sprintf("%d min %02d s", s/60, s%60)
}
