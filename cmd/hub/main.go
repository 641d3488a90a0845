// Command hub brings regions of the deepstreamHub platform up and down.
package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"

	"github.com/deepstreamhub/platform/cmd/hub/plainterm"
	"github.com/deepstreamhub/platform/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	plainterm.Restore()
	ctx, force := interrupts()
	dir, err := os.Getwd()
	sits := terminal()
	if err == nil {
		err = cli.App{
			In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
			Dir: dir, Environ: os.Environ(),
			Now: time.Now, Every: every, Terminal: sits, Force: force,
		}.Run(ctx, os.Args[1:])
	}
	text, code := cli.Report(err)
	fmt.Fprint(os.Stderr, sits.Wrap(text))
	return code
}

func every(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTicker(d)
	return t.C, t.Stop
}

// terminal says where people sit. One that cannot move its cursor (TERM=dumb) is asked but not drawn on.
func terminal() cli.Terminal {
	in, out := int(os.Stdin.Fd()), int(os.Stderr.Fd())
	if !term.IsTerminal(out) {
		return cli.Terminal{}
	}
	t := cli.Terminal{Asks: term.IsTerminal(in)}
	if os.Getenv("TERM") != "dumb" {
		t.Size = func() (int, int) {
			width, height, err := term.GetSize(out)
			if err != nil || width == 0 || height == 0 {
				return 80, 24
			}
			return width, height
		}
	}
	return t
}
