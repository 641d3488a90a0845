package explore

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// The picture's measures, in pixels. Its type is monospaced, so that a text is as wide as it is long: a browser's monospaced
// fonts are 0.6 em wide, some a little more.
const (
	rowHeight   = 14
	letterSize  = 10
	letterWidth = 0.62 * letterSize
	chartWidth  = 900
	margin      = 12
	headHeight  = 56
)

// Colours of the bars: the critical path has to be seen first.
const (
	plainBar    = "#b8c4d6"
	criticalBar = "#d0342c"
	inkColour   = "#1d2433"
	gridColour  = "#e3e7ee"
)

// label is a text in the picture, x being where it begins.
type textAt struct {
	x, y float64
	text string
}

func (t textAt) width() float64 { return letterWidth * float64(len([]rune(t.text))) }

// picture collects what is drawn.
type picture struct {
	body          bytes.Buffer
	texts         []textAt
	width, height float64
}

func (p *picture) bar(x, y, width float64, colour, title string) {
	fmt.Fprintf(&p.body, `<rect x="%.1f" y="%.1f" width="%.1f" height="%d" fill="%s"><title>%s</title></rect>`+"\n",
		x, y, math.Max(width, 1), rowHeight-4, colour, escaped(title))
}

func (p *picture) line(x, y1, y2 float64) {
	fmt.Fprintf(&p.body, `<line x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f" stroke="%s"/>`+"\n", x, x, y1, y2, gridColour)
}

func (p *picture) text(x, y float64, colour, s string) {
	p.texts = append(p.texts, textAt{x, y, s})
	fmt.Fprintf(&p.body, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`+"\n", x, y, colour, escaped(s))
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}

// SVG draws the creation as a timeline: a row for each operation, in the order in which they begin, and the critical path to
// the first client and to the end in another colour.
func (l *Launch) SVG() []byte { return l.draw().svg() }

func (l *Launch) draw() *picture {
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
		names = math.Max(names, letterWidth*float64(len([]rune(short(s.Resource)))))
	}
	left := margin + names + margin
	scale := chartWidth / end
	note := func(s Step) string { return length(s.Takes) }
	p := &picture{width: left + chartWidth + margin, height: headHeight + rowHeight*float64(len(rows)) + margin}
	for _, s := range rows {
		p.width = math.Max(p.width, left+(s.Begins+s.Takes)*scale+4+textAt{text: note(s)}.width()+margin)
	}
	p.text(margin, margin+letterSize, inkColour, l.headline())
	p.width = math.Max(p.width, margin+textAt{text: l.headline()}.width()+margin)
	for t := 0.0; t <= end; t += tick(end) {
		x := left + t*scale
		p.line(x, headHeight-12, p.height-margin)
		mark := fmt.Sprintf("%.0f min", t/60)
		p.text(x, headHeight-16, inkColour, mark)
		p.width = math.Max(p.width, x+textAt{text: mark}.width()+margin)
	}
	for i, s := range rows {
		y := headHeight + rowHeight*float64(i)
		colour := plainBar
		if critical[s.Resource] {
			colour = criticalBar
		}
		p.text(margin, y+letterSize, inkColour, short(s.Resource))
		p.bar(left+s.Begins*scale, y+1, s.Takes*scale, colour, fmt.Sprintf("%s: from %s, takes %s, slack %s; %s", s.Resource, length(s.Begins), length(s.Takes), length(s.Slack), s.Source))
		p.text(left+(s.Begins+s.Takes)*scale+4, y+letterSize, inkColour, note(s))
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

func (p *picture) svg() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="monospace" font-size="%d">`+"\n",
		math.Ceil(p.width), math.Ceil(p.height), math.Ceil(p.width), math.Ceil(p.height), letterSize)
	fmt.Fprintf(&out, `<rect width="100%%" height="100%%" fill="#ffffff"/>`+"\n")
	out.Write(p.body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
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
