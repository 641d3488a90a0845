package explore

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every text lies within the picture, none on another, and the picture is well-formed whatever the names hold.
func TestPictureCanBeRead(t *testing.T) {
	t.Parallel()
	for _, complete := range []float64{0, 1, 59, 600, 3600, 40000} {
		l := &Launch{Stack: `a<b>&"c"`, FirstClient: complete / 2, Complete: complete}
		for i := range 60 {
			name := fmt.Sprintf("aws:ec2/thing:Thing %s-%d", strings.Repeat("x", i), i)
			l.Created = append(l.Created, Step{Resource: name, Begins: complete * float64(i) / 60, Takes: complete / 60, Source: "guess & <more>"})
		}
		l.ToComplete = l.Created[50:]
		l.ToFirstClient = append([]Step{}, l.Created[:3]...)
		l.ToFirstClient = append(l.ToFirstClient, Step{Resource: TargetHealth, Begins: complete / 2, Takes: 25, node: nobody})
		p := l.draw()
		for i, a := range p.Texts {
			require.GreaterOrEqual(t, a.X, 0.0, a.Text)
			require.LessOrEqual(t, a.X+a.Width(), p.Width, a.Text)
			require.LessOrEqual(t, a.Y, p.Height, a.Text)
			for _, b := range p.Texts[i+1:] {
				apart := a.X+a.Width() <= b.X || b.X+b.Width() <= a.X || a.Y+letterSize <= b.Y || b.Y+letterSize <= a.Y
				require.True(t, apart, "%q and %q of a launch of %g s", a.Text, b.Text, complete)
			}
		}
		svg := string(l.SVG())
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err)
		}
		require.Equal(t, 14, strings.Count(svg, criticalBar), "ten to the end, three more to the first client, and its health")
	}
}
