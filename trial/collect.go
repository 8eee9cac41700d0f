package trial

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
)

// collectEvery is how often to read probe files. It delays the harness's knowledge of a task's end, not the end's time, which is in the
// record.
const collectEvery = 20 * time.Millisecond

// collector reads the probe files of all workers as they grow.
type collector struct {
	dir    string
	clock  *clock.Clock
	ledger *ledger
	// away has the clocks of other hosts' records; nil on one machine.
	away  Away
	files map[string]*probeFile
	buf   []byte
	// witness sees every record until it is dismissed.
	mu      sync.Mutex
	witness *witness
	// turn gets a value after each reading if someone waits.
	turn chan struct{}
	// paused stops the reading while the workers are held, so that it takes no CPU time from the side under measurement.
	paused atomic.Bool
}

type probeFile struct {
	f      *os.File
	offset int64
}

func newCollector(dir string, c *clock.Clock, l *ledger) *collector {
	return &collector{dir: dir, clock: c, ledger: l, files: map[string]*probeFile{},
		buf: make([]byte, 1024*results.ProbeSize), turn: make(chan struct{})}
}

// call lets f use the witness, or replace it.
func (c *collector) call(f func(w **witness)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.witness)
}

// run reads until the context ends.
func (c *collector) run(ctx context.Context) error {
	tick := time.NewTicker(collectEvery)
	defer tick.Stop()
	for {
		if !c.paused.Load() {
			if err := c.read(); err != nil {
				return err
			}
		}
		select {
		case c.turn <- struct{}{}:
		default:
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// read takes what was appended since the last time.
func (c *collector) read() error {
	names, err := readDirNames(c.dir)
	if err != nil {
		return fmt.Errorf("read the probe folder: %w", err)
	}
	for _, name := range names {
		if c.files[name] == nil && strings.HasSuffix(name, ".probe") {
			f, err := regular.OpenUnlinked(filepath.Join(c.dir, name))
			if err != nil {
				return fmt.Errorf("read a probe file: %w", err)
			}
			c.files[name] = &probeFile{f: f}
		}
	}
	for name, pf := range c.files {
		if err := c.readFile(name, pf); err != nil {
			return fmt.Errorf("read probe file %s at byte %d: %w", name, pf.offset, err)
		}
	}
	return nil
}

func (c *collector) readFile(name string, pf *probeFile) error {
	for {
		n, err := pf.f.ReadAt(c.buf, pf.offset)
		if err != nil && err != io.EOF {
			return err
		}
		readAt := c.clock.Now()
		// A record is one write, so a partial one is still being written: leave it for later.
		whole := n - n%results.ProbeSize
		for b := c.buf[:whole]; len(b) > 0; b = b[results.ProbeSize:] {
			p, err := results.DecodeProbe(b)
			if err != nil {
				return NotRun("%w", err)
			}
			var halfWidth int64
			if c.away != nil {
				if p, halfWidth, err = c.away.OnOurClock(name, p); err != nil {
					return NotRun("%w", err)
				}
				c.ledger.widen(p.Seq, halfWidth)
			}
			c.ledger.note(p)
			c.mu.Lock()
			if c.witness != nil {
				c.witness.see(p, readAt, halfWidth)
			}
			c.mu.Unlock()
		}
		pf.offset += int64(whole)
		if n < len(c.buf) {
			return nil
		}
	}
}

// close closes the files.
func (c *collector) close() {
	for _, pf := range c.files {
		_ = pf.f.Close()
	}
}

func readDirNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}
