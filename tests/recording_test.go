package tests

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"github.com/deepstreamhub/platform/internal/svg"
	"github.com/deepstreamhub/platform/tests/harness"
)

// The terminal of the recording.
const (
	recordedColumns = 108
	recordedRows    = 30
)

// firstUp is the command that the README begins with.
const firstUp = "up prod-eu prod-us --offline --yes"

// TestRecording plays the first up of both regions in a terminal and holds the recording in the README to it: what is said, in
// which order, but for times, ids and the moments that were caught. With -update it records anew.
func TestRecording(t *testing.T) {
	t.Parallel()
	const path = "docs/first-up.svg"
	now, all := record(t)
	require.Greater(t, len(now), 5, "the view was hardly drawn")
	file := filepath.Join(harness.Root(t), path)
	had, err := os.ReadFile(file)
	if *update {
		require.NoError(t, os.WriteFile(file, drawRecording(sampled(now, 16)), 0o644))
	}
	require.NoError(t, err)
	was := framesOf(t, had)
	require.Greater(t, len(was), 5)
	for _, loads := range []string{"href", "url(", "<script", "<image", "<style"} {
		require.NotContains(t, string(had), loads)
	}
	require.Equal(t, ending(now[len(now)-1]), ending(was[len(was)-1]), "record it again with -update")
	vocabulary := map[string]bool{}
	for _, frame := range append(now, all) {
		for _, line := range structure(frame) {
			vocabulary[line] = true
		}
	}
	for _, frame := range was { // which steps were caught under way is chance, what a line of the view looks like is not
		for _, line := range structure(frame) {
			require.True(t, vocabulary[line], "no such line is said any more, record it again with -update: %s", line)
		}
	}
	readme, err := os.ReadFile(filepath.Join(harness.Root(t), "README.md"))
	require.NoError(t, err)
	require.Contains(t, string(readme), "("+path+")")
	require.Contains(t, string(readme), "go run ./cmd/hub "+firstUp)
}

// record runs the first up with everything it says in one terminal, and returns what the terminal showed from moment to moment,
// and all that was left in it at the end.
func record(t *testing.T) (frames [][]string, all []string) {
	t.Helper()
	p := harness.NewProject(t, &binaries)
	terminal, tty, err := pty.Open()
	require.NoError(t, err)
	require.NoError(t, pty.Setsize(terminal, &pty.Winsize{Cols: recordedColumns, Rows: recordedRows}))
	home, err := os.UserHomeDir()
	require.NoError(t, err)
	cmd := exec.Command(filepath.Join(p.Bin, "hub"), strings.Fields(firstUp)...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.Dir, tty, tty
	shown := &display{lines: [][]rune{[]rune("$ go run ./cmd/hub " + firstUp), nil}, row: 1}
	read, stop, sampled := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		buffer := make([]byte, 64<<10)
		for {
			n, err := terminal.Read(buffer)
			shown.write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	look := func() {
		frame := shown.visible()
		for i, line := range frame {
			frame[i] = strings.ReplaceAll(line, home, "~")
		}
		if len(frames) == 0 || !slices.Equal(frames[len(frames)-1], frame) {
			frames = append(frames, frame)
		}
	}
	go func() {
		defer close(sampled)
		ticks := time.NewTicker(100 * time.Millisecond)
		defer ticks.Stop()
		for {
			select {
			case <-ticks.C:
				look()
			case <-stop:
				return
			}
		}
	}()
	err = cmd.Run()
	require.NoError(t, tty.Close())
	<-read
	close(stop)
	<-sampled
	_ = terminal.Close()
	look()
	require.NoError(t, err, strings.Join(shown.visible(), "\n"))
	require.Empty(t, shown.unknown, "the terminal was told what the recording does not know")
	for _, line := range shown.lines {
		all = append(all, string(line))
	}
	return frames, all
}

// display is as much of a terminal as hub uses: lines, cursor up, clear to the end of the screen.
type display struct {
	mu      sync.Mutex
	lines   [][]rune
	row     int
	rest    []byte // of what was cut between two reads
	unknown string
}

var told = regexp.MustCompile(`^\x1b\[(\d*)([A-Za-z])`)

func (d *display) write(text []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rest = append(d.rest, text...)
	end := bytes.LastIndexByte(d.rest, '\n') + 1 // hub writes whole lines
	for s := string(d.rest[:end]); s != ""; {
		switch m := told.FindStringSubmatch(s); {
		case m != nil && m[2] == "A":
			n, _ := strconv.Atoi(m[1])
			d.row = max(0, d.row-n)
			s = s[len(m[0]):]
		case m != nil && m[2] == "J":
			d.lines = append(d.lines[:d.row], nil)
			s = s[len(m[0]):]
		case s[0] == '\x1b':
			d.unknown, s = s, ""
		case s[0] == '\r':
			s = s[1:]
		case s[0] == '\n':
			if d.row++; d.row == len(d.lines) {
				d.lines = append(d.lines, nil)
			}
			s = s[1:]
		default:
			line, after := s, ""
			if i := strings.IndexAny(s, "\r\n\x1b"); i >= 0 {
				line, after = s[:i], s[i:]
			}
			d.lines[d.row], s = []rune(line), after
		}
	}
	d.rest = slices.Clone(d.rest[end:])
}

// visible are the lines on the screen, wrapped as a terminal wraps them.
func (d *display) visible() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []string
	for _, line := range d.lines {
		for len(line) > recordedColumns {
			out, line = append(out, string(line[:recordedColumns])), line[recordedColumns:]
		}
		out = append(out, string(line))
	}
	return out[max(0, len(out)-recordedRows):]
}

// sampled are at most so many of the frames, the first and the last among them.
func sampled(frames [][]string, most int) (out [][]string) {
	if len(frames) <= most {
		return frames
	}
	for i := range most {
		out = append(out, frames[i*(len(frames)-1)/(most-1)])
	}
	return out
}

// drawRecording draws frames one after the other, and the last one for longer. What shows no animations shows the last.
func drawRecording(frames [][]string) []byte {
	const (
		size, line, margin, bar = 13.0, 18.0, 16.0, 34.0
		each, last              = 0.7, 5.0 // seconds
	)
	width, height := svg.Width(strings.Repeat("m", recordedColumns), size)+2*margin, bar+line*recordedRows+margin
	total := each*float64(len(frames)-1) + last
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="monospace" font-size="%g">`+"\n",
		width, height, width, height, size)
	fmt.Fprintf(&out, "<title>%s</title>\n", svg.Escaped("hub "+firstUp))
	fmt.Fprintf(&out, `<rect width="%.0f" height="%.0f" rx="8" fill="#0f1726"/>`+"\n", width, height)
	for i, colour := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(&out, `<circle cx="%d" cy="17" r="6" fill="%s"/>`+"\n", 20+20*i, colour)
	}
	fmt.Fprintf(&out, `<text x="88" y="22" fill="#8b98ad">$ go run ./cmd/hub %s</text>`+"\n", firstUp) // also once it has scrolled away
	for i, frame := range frames {
		from, to := each*float64(i)/total, each*float64(i+1)/total
		state, values, times := "hidden", "hidden;visible;hidden", fmt.Sprintf("0;%.4f;%.4f", from, to)
		switch i {
		case 0:
			values, times = "visible;hidden", fmt.Sprintf("0;%.4f", to)
		case len(frames) - 1:
			state, values, times = "visible", "hidden;visible", fmt.Sprintf("0;%.4f", from)
		}
		fmt.Fprintf(&out, `<g visibility="%s"><animate attributeName="visibility" values="%s" keyTimes="%s" calcMode="discrete" dur="%.1fs" repeatCount="indefinite"/>`+"\n",
			state, values, times, total)
		for row, text := range frame {
			if text = strings.TrimRight(text, " "); text == "" {
				continue
			}
			colour := "#d7deea"
			if strings.HasPrefix(text, "$ ") || regexp.MustCompile(`^\S+: \d+ created, in `).MatchString(text) {
				colour = "#7ee787"
			}
			fmt.Fprintf(&out, `<text x="%g" y="%g" fill="%s" xml:space="preserve">%s</text>`+"\n", margin, bar+line*float64(row)+size, colour, svg.Escaped(text))
		}
		out.WriteString("</g>\n")
	}
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// framesOf reads the frames of a recording.
func framesOf(t *testing.T, picture []byte) (frames [][]string) {
	t.Helper()
	var d struct {
		Frames []struct {
			Texts []string `xml:"text"`
		} `xml:"g"`
	}
	require.NoError(t, xml.Unmarshal(picture, &d))
	for _, f := range d.Frames {
		frames = append(frames, f.Texts)
	}
	return frames
}

var (
	output = regexp.MustCompile(`^(prod-\S+ +[a-zA-Z]+) {2,}\S+$`)    // its name stays
	stack  = regexp.MustCompile(`^(prod-\S+) +(?:\d+m)?\d+s(?:, |$)`) // how far it is, is chance
	tier   = regexp.MustCompile(`^( {2}\S+) {2,}`)                    // and so is what it is busy with
	built  = regexp.MustCompile(`^Engine: |/pulumi-`)                 // where it is, is the machine's
	number = regexp.MustCompile(`(\d+m)?\d+s\b|[0-9][0-9a-f.]*`)
	spaces = regexp.MustCompile(` {2,}`)
)

// ending is the structure of the last frame from the first stack's result on: how much of the view stands above is chance.
func ending(frame []string) []string {
	lines := structure(frame)
	return lines[max(0, slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, " created, in ") })):]
}

// structure is a frame without what differs from run to run.
func structure(frame []string) (out []string) {
	for _, line := range frame {
		line = strings.TrimRight(line, " ")
		for _, part := range []*regexp.Regexp{output, stack, tier} {
			if m := part.FindStringSubmatch(line); m != nil {
				line = m[1]
				break
			}
		}
		if line != "" && !built.MatchString(line) {
			out = append(out, spaces.ReplaceAllString(number.ReplaceAllString(line, "#"), "  "))
		}
	}
	return out
}
