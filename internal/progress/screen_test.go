package progress

import (
	"strconv"
	"strings"
)

// screen is as much of a terminal as the terminal view uses: lines, cursor up, clear to the end of the screen.
type screen struct {
	lines   []string // all lines ever written and not cleared, scrolled-off ones included
	row     int      // line that the cursor is on
	highest int      // most lines that one redraw went back over
}

func (s *screen) Write(p []byte) (int, error) {
	text := string(p)
	for text != "" {
		switch {
		case strings.HasPrefix(text, "\x1b["):
			end := strings.IndexAny(text, "AJ")
			n, _ := strconv.Atoi(text[2:end])
			if text[end] == 'A' {
				s.row -= n
				s.highest = max(s.highest, n)
			} else {
				s.lines = s.lines[:s.row]
			}
			text = text[end+1:]
		case text[0] == '\r':
			text = text[1:]
		default:
			line, rest, _ := strings.Cut(text, "\n")
			s.lines = append(s.lines[:s.row], line)
			s.row++
			text = rest
		}
	}
	return len(p), nil
}

func (s *screen) String() string { return strings.Join(s.lines, "\n") + "\n" }
