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
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
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
	// meters are those of the trials under way, by number: sides may take turns.
	meters map[int]*monitor.Meter
	ended  int64 // tasks of the phase
	drawn  time.Time
	shown  bool
	// ratio is the current comparison's ratio so far; ratioOf has its scenario, broker and last block.
	ratio   string
	ratioOf suite.Trial
}

func newProgressLine(w io.Writer) *progressLine {
	p := &progressLine{w: w, lines: text.NewWriter(w), width: 80, meters: map[int]*monitor.Meter{}}
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
		delete(p.meters, r.Trial.ID)
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
	if p.meters[r.Trial.ID] == nil {
		p.meters[r.Trial.ID] = monitor.NewMeter()
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

// look takes what happened in a phase of a trial.
func (p *progressLine) look(t suite.Trial, l trial.Look) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if m := p.meters[t.ID]; m != nil {
		m.Look(now, l)
	}
	if t.ID != p.at.Trial.ID {
		return // the rest of a side whose turn is over
	}
	if l.Began {
		p.ended = 0
	}
	p.ended += l.Counts.Finished
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
	if p.at.Progress.Total > 0 {
		line += fmt.Sprintf(" %d %%", p.percent())
	}
	if m := p.meters[p.at.Trial.ID]; m != nil {
		if _, finished := m.Rates(now); finished > 0 {
			line += fmt.Sprintf("  %.0f/s", finished)
		}
		if p99, ok := m.P99(); ok {
			line += fmt.Sprintf("  p99 %s", text.ThreeDigits(p99))
		}
	}
	line += p.left(now)
	if at := p.at.Trial; p.ratio != "" && at.Scenario == p.ratioOf.Scenario && at.Broker == p.ratioOf.Broker {
		line += "  " + p.ratio
	}
	return line
}

// percent is how much of the stage is over; 0 if that is unknown.
func (p *progressLine) percent() int64 {
	if p.at.Progress.Total <= 0 {
		return 0
	}
	return min(100*max(p.at.Done, p.ended)/p.at.Progress.Total, 100)
}

// forget forgets the trials of the run before.
func (p *progressLine) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at, p.ends, p.highest, p.meters = runner.Progress{}, time.Time{}, 0, map[int]*monitor.Meter{}
}

// current is the current trial, nil before the first one and between two, and when the run may end.
func (p *progressLine) current(now time.Time) (*results.LiveTrial, time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.at.Trial
	m := p.meters[t.ID]
	if m == nil {
		return nil, p.ends
	}
	l := &results.LiveTrial{ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm, Stage: p.at.Stage, Done: float64(p.percent()) / 100}
	l.SentPerSecond, l.FinishedPerSecond = m.Rates(now)
	p99, _ := m.P99()
	l.P99 = p99.Seconds()
	return l, p.ends
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
	if hasInterval(c) {
		out += fmt.Sprintf(" (%.3g to %.3g)", c.Ratio.Low, c.Ratio.High)
	}
	if noisy := noisyBlocks(c); noisy > 0 {
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
