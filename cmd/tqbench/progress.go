package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/monitor"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

const (
	// redrawEvery is the shortest time between redraws of a terminal's line: people don't read faster.
	redrawEvery = 100 * time.Millisecond
	// plainEvery is the time between lines in an output that can't be redrawn, such as a log.
	plainEvery = 30 * time.Second
)

// progressLine shows a run: one line that is redrawn on a terminal; elsewhere a line for each trial, and regular ones in long trials.
type progressLine struct {
	w     io.Writer
	lines io.Writer // the same, for lines that stay
	tty   bool
	width int

	mu sync.Mutex // progress and looks come from different goroutines
	at runner.Progress
	// highest is the largest number of a trial so far.
	highest int
	ends    time.Time // when the run may end, zero if unknown
	meter   *monitor.Meter
	ended   int64 // tasks of the phase
	drawn   time.Time
	shown   bool
	// ratio is the current comparison's ratio so far; ratioOf has its scenario, broker and last block.
	ratio   string
	ratioOf suite.Trial
}

func newProgressLine(w io.Writer) *progressLine {
	p := &progressLine{w: w, lines: text.NewWriter(w), width: 80, meter: monitor.NewMeter()}
	if f, ok := w.(*os.File); ok {
		p.width, p.tty = terminal(f)
	}
	return p
}

// show takes a run's progress.
func (p *progressLine) show(r runner.Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.NotRun != "" {
		p.clear()
		fmt.Fprintf(p.lines, "trial %d of %d did not run: %s\n", r.Index, r.Total, strings.ReplaceAll(r.NotRun, "\n", "; "))
	}
	if r.Result != nil {
		return
	}
	now := time.Now()
	news := r.Index != p.at.Index || r.Stage != p.at.Stage
	if r.Total != p.at.Total {
		p.highest = 0 // the run got further blocks
	}
	begins := r.Index > p.highest // sides in turns come again
	p.at, p.ends, p.highest = r, time.Time{}, max(p.highest, r.Index)
	if news {
		p.ended = 0
	}
	if begins {
		p.meter = monitor.NewMeter()
	}
	if r.Left > 0 {
		p.ends = now.Add(r.Left)
	}
	if begins && !p.tty {
		fmt.Fprintf(p.lines, "trial %d of %d: block %d, %s on %s%s\n", r.Index, r.Total, r.Trial.Block, r.Trial.Arm, r.Trial.Broker, p.left(now))
		p.drawn = now
	}
	p.draw(now, news)
}

// look takes what happened in a phase.
func (p *progressLine) look(l trial.Look) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if l.Began {
		p.ended = 0
	}
	p.ended += l.Counts.Finished
	p.meter.Look(now, l)
	p.draw(now, false)
}

// draw writes the line if it is due; on a terminal, also at news.
func (p *progressLine) draw(now time.Time, news bool) {
	switch since := now.Sub(p.drawn); {
	case p.tty && (news || since >= redrawEvery):
		line := text.Escape(fmt.Sprintf("%d/%d  %s on %s  %s", p.at.Index, p.at.Total, p.at.Trial.Arm, p.at.Trial.Broker, p.state(now)))
		if len(line) >= p.width {
			line = line[:p.width-1]
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
		p.shown = true
	case !p.tty && since >= plainEvery:
		fmt.Fprintf(p.lines, "trial %d of %d: %s\n", p.at.Index, p.at.Total, p.state(now))
	default:
		return
	}
	p.drawn = now
}

// state is the phase, its progress, the current rate, the 99th percentile so far, and the time left.
func (p *progressLine) state(now time.Time) string {
	line := p.at.Stage
	if total := p.at.Progress.Total; total > 0 {
		line += fmt.Sprintf(" %d %%", min(100*max(p.at.Done, p.ended)/total, 100))
	}
	if rate, ok := p.meter.Rate(now); ok {
		line += fmt.Sprintf("  %.0f/s", rate)
	}
	if p99, ok := p.meter.P99(); ok {
		line += fmt.Sprintf("  p99 %s", threeDigits(p99))
	}
	line += p.left(now)
	if at := p.at.Trial; p.ratio != "" && at.Scenario == p.ratioOf.Scenario && at.Broker == p.ratioOf.Broker {
		line += "  " + p.ratio
	}
	return line
}

// compared takes the comparisons of a trial's scenario and broker after it. Without a terminal, each block that both sides have is a line.
func (p *progressLine) compared(t suite.Trial, all []analysis.Comparison) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range all {
		if c.Blocks == 0 {
			continue
		}
		was, last := p.ratioOf, c.Ratios[len(c.Ratios)-1].Block
		p.ratio, p.ratioOf = ratioSoFar(c), suite.Trial{Block: last, Scenario: t.Scenario, Broker: t.Broker}
		if !p.tty && last == t.Block && p.ratioOf != was {
			fmt.Fprintf(p.lines, "block %d of %s on %s: %s\n", last, c.Scenario, c.Broker, p.ratio)
		}
		return
	}
}

// ratioSoFar shows a comparison so far: the ratio, its interval, and the number of noisy blocks.
func ratioSoFar(c analysis.Comparison) string {
	out := fmt.Sprintf("%s %.3gx", c.Metric, c.Ratio.Estimate)
	if c.Blocks > 1 && !stats.Vague(c.Ratio.Low, c.Ratio.Estimate, c.Ratio.High, c.Blocks) {
		out += fmt.Sprintf(" (%.3g to %.3g)", c.Ratio.Low, c.Ratio.High)
	}
	if noisy := max(c.Noisy, c.Disturbed); noisy > 0 {
		out += fmt.Sprintf(", %d of %s noisy", noisy, plural(c.Blocks, "block"))
	}
	return out
}

// say writes a complete line.
func (p *progressLine) say(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	fmt.Fprintln(p.lines, line)
}

func (p *progressLine) left(now time.Time) string {
	if left := p.ends.Sub(now); !p.ends.IsZero() && left > 0 {
		return fmt.Sprintf("  %s left", round(left))
	}
	return ""
}

// threeDigits rounds a time to three digits.
func threeDigits(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

// end clears the line.
func (p *progressLine) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}

func (p *progressLine) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
}

// terminal reports whether f is a terminal, and its width.
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
