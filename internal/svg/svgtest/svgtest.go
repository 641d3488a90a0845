// Package svgtest holds pictures to being readable, by the document alone.
package svgtest

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/deepstreamhub/platform/internal/svg"
)

// document is what package svg writes.
type document struct {
	Width  float64 `xml:"width,attr"`
	Height float64 `xml:"height,attr"`
	Size   float64 `xml:"font-size,attr"`
	Rects  []struct {
		X float64 `xml:"x,attr"`
		Y float64 `xml:"y,attr"`
		W string  `xml:"width,attr"`
		H string  `xml:"height,attr"`
	} `xml:"rect"`
	Texts []struct {
		X    float64 `xml:"x,attr"`
		Y    float64 `xml:"y,attr"`
		Size float64 `xml:"font-size,attr"`
		Text string  `xml:",chardata"`
	} `xml:"text"`
	Paths []struct {
		D string `xml:"d,attr"`
	} `xml:"path"`
}

// Legible holds that boxes overlap only where one lies in the other, that no text is cut, leaves its box or lies on another,
// that no line crosses a text, and that nothing is loaded. It returns the texts.
func Legible(t testing.TB, picture []byte) []string {
	t.Helper()
	for _, loads := range []string{"href", "url(", "<script", "<image", "@import", "<style", "<foreignObject"} {
		if strings.Contains(string(picture), loads) {
			t.Errorf("the picture has %s", loads)
		}
	}
	var d document
	if err := xml.Unmarshal(picture, &d); err != nil {
		t.Fatalf("read the picture: %v", err)
	}
	boxes := d.boxes(t)
	for i, a := range boxes {
		if a.X < 0 || a.Y < 0 || a.X+a.W > d.Width || a.Y+a.H > d.Height {
			t.Errorf("box %v is cut", a)
		}
		for _, b := range boxes[i+1:] {
			apart := a.X+a.W <= b.X || b.X+b.W <= a.X || a.Y+a.H <= b.Y || b.Y+b.H <= a.Y
			if !apart && !inside(b, a) {
				t.Errorf("boxes %v and %v overlap", a, b)
			}
		}
	}
	texts := d.texts()
	for i, a := range texts {
		if a.X < 0 || a.X+a.Width() > d.Width || a.Top() < 0 || a.Bottom() > d.Height {
			t.Errorf("text %q is cut", a.Text)
		}
		for _, b := range texts[i+1:] {
			if a.X < b.X+b.Width() && b.X < a.X+a.Width() && a.Top() < b.Bottom() && b.Top() < a.Bottom() {
				t.Errorf("texts %q and %q overlap", a.Text, b.Text)
			}
		}
		d.free(t, a, boxes)
	}
	said := make([]string, len(texts))
	for i, text := range texts {
		said[i] = text.Text
	}
	return said
}

// free holds that a text which begins in a box ends in it, and that no line crosses it.
func (d document) free(t testing.TB, a svg.Text, boxes []svg.Rect) {
	t.Helper()
	for _, b := range boxes {
		begins := a.X >= b.X && a.X <= b.X+b.W && a.Y >= b.Y && a.Y <= b.Y+b.H
		if begins && (a.X+a.Width() > b.X+b.W || a.Bottom() > b.Y+b.H || a.Top() < b.Y) {
			t.Errorf("text %q leaves its box", a.Text)
		}
	}
	for _, p := range d.Paths { // which go straight down
		var x, from, to float64
		if n, _ := fmt.Sscanf(p.D, "M%f %fV%f", &x, &from, &to); n != 3 {
			t.Errorf("path %s does not go down", p.D)
		}
		if x >= a.X && x <= a.X+a.Width() && a.Bottom() > from && a.Top() < to {
			t.Errorf("a line crosses %q", a.Text)
		}
	}
}

// boxes are the rectangles, but for the paper.
func (d document) boxes(t testing.TB) []svg.Rect {
	var out []svg.Rect
	for _, r := range d.Rects {
		if r.W == "100%" {
			continue
		}
		b := svg.Rect{X: r.X, Y: r.Y}
		if _, err := fmt.Sscan(r.W+" "+r.H, &b.W, &b.H); err != nil {
			t.Fatalf("read a box: %v", err)
		}
		out = append(out, b)
	}
	return out
}

func (d document) texts() []svg.Text {
	var out []svg.Text
	for _, e := range d.Texts {
		text := svg.Text{X: e.X, Y: e.Y, Size: e.Size, Text: e.Text}
		if text.Size == 0 {
			text.Size = d.Size
		}
		out = append(out, text)
	}
	return out
}

// inside reports whether a box lies within another, with room around it.
func inside(a, b svg.Rect) bool {
	return a.X > b.X && a.Y > b.Y && a.X+a.W < b.X+b.W && a.Y+a.H < b.Y+b.H
}
