// Package svg draws pictures that load nothing and can be read anywhere: rectangles, lines and texts, with the measures by
// which a test can tell that nothing overlaps and nothing is cut. It knows nothing of what is drawn.
package svg

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
)

// The type is monospaced, so that a text is as wide as it is long: a browser's monospaced fonts are 0.6 em wide, some a
// little more.
const letterWidth = 0.62

// Colours of texts, of what is drawn, and of what has to be seen first.
const (
	Ink   = "#1d2433"
	Plain = "#b8c4d6"
	Loud  = "#d0342c"
)

// Text is a text in a picture. X is where it begins, Y its baseline, Size its type's, all in pixels.
type Text struct {
	X, Y, Size float64
	Text       string
}

// Width is how wide a text is at most, in pixels.
func (t Text) Width() float64 { return Width(t.Text, t.Size) }

// Top is where a text begins.
func (t Text) Top() float64 { return t.Y - t.Size }

// Bottom is where a text ends: below its baseline, as a "g" does.
func (t Text) Bottom() float64 { return t.Y + t.Size/4 }

// Width is how wide a text of a size is at most, in pixels.
func Width(text string, size float64) float64 {
	return letterWidth * size * float64(len([]rune(text)))
}

// Letters is how many letters of a size fit into a width.
func Letters(width, size float64) int { return int(width / (letterWidth * size)) }

// Rect is a rectangle. Stroke is the width of its border, Title what a browser shows to whoever points at it; either may be
// empty.
type Rect struct {
	X, Y, W, H float64
	Fill       string
	Stroke     float64
	Title      string
}

// Picture is what has been drawn so far. Size is that of texts without one of their own.
type Picture struct {
	Width, Height, Size float64
	Texts               []Text // as they were written

	body bytes.Buffer
}

// Rect draws a rectangle.
func (p *Picture) Rect(r Rect) {
	border := ""
	if r.Stroke > 0 {
		border = fmt.Sprintf(` stroke="%s" stroke-width="%g"`, Ink, r.Stroke)
	}
	fmt.Fprintf(&p.body, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"%s`, r.X, r.Y, r.W, r.H, r.Fill, border)
	if r.Title == "" {
		p.body.WriteString("/>\n")
		return
	}
	fmt.Fprintf(&p.body, "><title>%s</title></rect>\n", Escaped(r.Title))
}

// Path draws a line along a path, in SVG's words.
func (p *Picture) Path(path, colour string, width float64) {
	fmt.Fprintf(&p.body, `<path d="%s" fill="none" stroke="%s" stroke-width="%g"/>`+"\n", path, colour, width)
}

// Text writes a text of the picture's size.
func (p *Picture) Text(x, y float64, colour, text string) { p.Sized(x, y, p.Size, colour, text) }

// Sized writes a text of a size of its own.
func (p *Picture) Sized(x, y, size float64, colour, text string) {
	p.Texts = append(p.Texts, Text{x, y, size, text})
	own := ""
	if size != p.Size {
		own = fmt.Sprintf(` font-size="%g"`, size)
	}
	fmt.Fprintf(&p.body, `<text x="%.1f" y="%.1f" fill="%s"%s>%s</text>`+"\n", x, y, colour, own, Escaped(text))
}

// SVG is the picture as a document.
func (p *Picture) SVG() []byte {
	var out bytes.Buffer
	w, h := math.Ceil(p.Width), math.Ceil(p.Height)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="monospace" font-size="%g">`+"\n", w, h, w, h, p.Size)
	out.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	out.Write(p.body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// Escaped is a text as XML has it.
func Escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder never fails
	return b.String()
}
