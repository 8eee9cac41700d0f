package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/runner"
)

// progressLine shows a run: one line that is overwritten on a terminal, a line a trial elsewhere.
type progressLine struct {
	w     io.Writer
	tty   bool
	width int
	last  int // the trial that a plain line was printed for
	shown bool
}

func newProgressLine(w io.Writer) *progressLine {
	p := &progressLine{w: w, width: 80}
	if f, ok := w.(*os.File); ok {
		p.width, p.tty = terminal(f)
	}
	return p
}

// show is called from the goroutine that runs the trials.
func (p *progressLine) show(r runner.Progress) {
	if r.NotRun != "" {
		p.end()
		fmt.Fprintf(p.w, "trial %d of %d did not run: %s\n", r.Index, r.Total, strings.ReplaceAll(r.NotRun, "\n", "; "))
		return
	}
	if !p.tty {
		if p.last != r.Index {
			p.last = r.Index
			fmt.Fprintf(p.w, "trial %d of %d: block %d, %s on %s%s\n", r.Index, r.Total, r.Trial.Block, r.Trial.Arm, r.Trial.Broker, left(r))
		}
		return
	}
	line := fmt.Sprintf("trial %d/%d  %s on %s  %s", r.Index, r.Total, r.Trial.Arm, r.Trial.Broker, r.Stage)
	if r.Progress.Total > 0 {
		line += fmt.Sprintf(" %d %%", 100*r.Done/r.Progress.Total)
	}
	line += left(r)
	if len(line) >= p.width {
		line = line[:p.width-1]
	}
	fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	p.shown = true
}

func left(r runner.Progress) string {
	if r.Left <= 0 {
		return ""
	}
	return fmt.Sprintf("  about %s left", round(r.Left))
}

// end clears the line.
func (p *progressLine) end() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// terminal tells whether f is one, and its width.
func terminal(f *os.File) (width int, ok bool) {
	ws, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 100, false
	}
	if ws.Col == 0 {
		return 80, true
	}
	return int(ws.Col), true
}
