// Package graph draws a region: its network with zones and subnets, the tiers in it, the traffic between them, and what is
// protected. It knows plain values and writes an SVG that loads nothing.
package graph

import (
	"fmt"
	"strings"

	"github.com/deepstreamhub/platform/internal/svg"
)

// Tier is a strip of the picture across all zones.
type Tier struct {
	Title     string
	Lines     []string   // what it holds, wrapped to the picture's width
	Cells     [][]string // by zone: subnet, and what of the tier is in it
	Protected bool
	Traffic   string // what reaches it from the tier above, the first from the clients
}

// Region is what is drawn.
type Region struct {
	Title   string
	Clients string // who comes from outside, and how
	VPC     string
	Zones   []string
	Tiers   []Tier // inside the VPC, from the outside in
	Beside  []Tier // outside of it, without cells
}

// Measures in pixels.
const (
	letterSize = 12
	titleSize  = 16
	lineHeight = 17
	pad        = 10
	gap        = 34 // between strips, with room for an arrow and its text
	leastCell  = 26 // letters
	thin       = 1  // borders
	thick      = 3
)

// Colours: what is protected has to be seen first.
const (
	paper     = "#ffffff"
	inVPC     = "#f2f5fa"
	inSubnet  = "#e6edf7"
	protected = "#fff3d6"
)

type picture struct{ svg.Picture }

// SVG draws the region.
func (r Region) SVG() []byte { return r.draw().SVG() }

func (r Region) draw() *picture {
	letters := leastCell
	for _, t := range r.Tiers {
		for _, cell := range t.Cells {
			for _, line := range cell {
				letters = max(letters, len([]rune(line)))
			}
		}
	}
	cell := svg.Width(strings.Repeat("m", letters), letterSize) + 2*pad
	inner := float64(max(len(r.Zones), 3))*(cell+pad) - pad
	p := &picture{Picture: svg.Picture{Width: inner + 6*pad, Size: letterSize}}
	y := p.lines(pad, pad, inner+4*pad, titleSize, []string{r.Title})
	y = p.lines(pad, y, inner+4*pad, letterSize, []string{legend}) + pad
	y = p.strip(2*pad, y, inner+2*pad, Tier{Title: r.Clients}, 0)
	if len(r.Tiers) > 0 {
		y = p.flow(y, r.Tiers[0].Traffic)
	}
	border := svg.Rect{X: pad, Y: y, W: inner + 4*pad, Fill: inVPC, Stroke: thin}
	border.H = r.within(&picture{Picture: svg.Picture{Width: p.Width, Size: letterSize}}, y, inner, cell) - y
	p.Rect(border)
	y = r.within(p, y, inner, cell)
	for _, t := range r.Beside {
		y = p.strip(2*pad, p.flow(y, t.Traffic), inner+2*pad, t, 0)
	}
	p.Height = y + pad
	return p
}

const legend = "A red arrow is who calls whom, and how. Yellow with a thick border is protected: a destroy is refused. A column is a zone."

// within draws what lies inside of the VPC and returns where that ends.
func (r Region) within(p *picture, y, inner, cell float64) float64 {
	y = p.lines(2*pad, y+pad, inner+2*pad, letterSize, []string{r.VPC}) + pad
	for i, t := range r.Tiers {
		if i > 0 {
			y = p.flow(y, t.Traffic)
		}
		y = p.strip(2*pad, y, inner+2*pad, t, cell)
	}
	return y + pad
}

// flow draws an arrow with its text, and returns where it points.
func (p *picture) flow(y float64, text string) float64 {
	const x = 6 * pad
	p.Path(fmt.Sprintf("M%d %.1fV%.1fm-4 -7l4 7l4 -7", x, y, y+gap), svg.Loud, 2)
	if text != "" {
		p.Text(x+pad, y+gap/2+letterSize/2, svg.Ink, text)
	}
	return y + gap
}

// strip draws one tier and returns where it ends.
func (p *picture) strip(x, y, width float64, t Tier, cell float64) float64 {
	words := append([]string{t.Title}, t.Lines...)
	end := p.height(y+pad, width-2*pad, words)
	deepest := 0
	for _, lines := range t.Cells {
		deepest = max(deepest, len(lines))
	}
	cells := end + pad
	if deepest > 0 {
		end = cells + float64(deepest)*lineHeight + 2*pad
	}
	outer := svg.Rect{X: x, Y: y, W: width, H: end + pad - y, Fill: paper, Stroke: thin}
	if t.Protected {
		outer.Fill, outer.Stroke = protected, thick
	}
	p.Rect(outer)
	p.lines(x+pad, y+pad, width-2*pad, letterSize, words)
	for i, lines := range t.Cells {
		left := x + pad + float64(i)*(cell+pad)
		p.Rect(svg.Rect{X: left, Y: cells, W: cell, H: end - cells, Fill: inSubnet, Stroke: thin})
		p.lines(left+pad, cells+pad, cell-2*pad, letterSize, lines)
	}
	return end + pad
}

// height is where lines would end.
func (p *picture) height(y, width float64, lines []string) float64 {
	for _, line := range lines {
		y += lineHeight * float64(len(wrap(line, svg.Letters(width, letterSize))))
	}
	return y
}

// lines writes texts below each other, wrapped at spaces, and returns where they end.
func (p *picture) lines(x, y, width, size float64, lines []string) float64 {
	for _, line := range lines {
		for _, part := range wrap(line, svg.Letters(width, size)) {
			p.Sized(x, y+size, size, svg.Ink, part)
			y += lineHeight * size / letterSize
		}
	}
	return y
}

// wrap breaks a text at spaces into lines of at most so many letters; a word that is longer is broken.
func wrap(s string, most int) []string {
	var out []string
	line := []rune{}
	for _, word := range strings.Fields(s) {
		w := []rune(word)
		if len(line) > 0 && len(line)+1+len(w) > most {
			out, line = append(out, string(line)), nil
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		line = append(line, w...)
		for len(line) > most {
			out, line = append(out, string(line[:most])), line[most:]
		}
	}
	return append(out, string(line))
}
