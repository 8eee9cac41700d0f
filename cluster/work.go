package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// scanEvery is how often to look for new probe files, and to pass notes on.
const scanEvery = 20 * time.Millisecond

// work is what an agent does of a trial.
type work struct {
	agent  *agent
	prefix string
	target contender.Target
	before usage
	// site has the workers, nil if there are none here; sending and folder are those of an agent that sends load.
	site    *trial.Site
	sending trial.Sending
	keeper  *process.Group
	folder  string
	life    context.Context
	stop    context.CancelFunc
	wg      sync.WaitGroup
	once    sync.Once

	mu sync.Mutex // locked while files are added

	// loaded is locked while load, which is to be sent next, is taken or read.
	loaded sync.Mutex
	load   *loading
}

func newWork(a *agent, o opened, sc suite.Scenario, c contender.Contender) (_ *work, err error) {
	ctx, cancel := context.WithCancel(a.life)
	w := &work{agent: a, prefix: prefixOf(o.Trial), target: o.Target, before: readUsage(), life: ctx, stop: cancel}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.target.CPUs, w.target.WorkerCPUs = machine.Online(), runtime.NumCPU()
	if w.target.Processes > 0 {
		if w.site, err = trial.NewSite(ctx, c, w.target, a.clock); err != nil {
			return nil, err
		}
		w.wg.Go(func() { w.scanning(ctx) })
	}
	if a.Role == Worker {
		return w, nil
	}
	if w.keeper, w.folder, err = process.Folder(ctx, "tqbench-load-"); err != nil {
		return nil, err
	}
	// The space is the collector's: this connection only sends.
	b, err := broker.Open(ctx, o.Broker, broker.Options{URL: o.Target.URL})
	if err != nil {
		return nil, err
	}
	w.sending = trial.Sending{Clock: a.clock, Scenario: sc, Contender: c, Target: w.target, Seed: o.Seed, Broker: b}
	return w, nil
}

// crew does what is asked of the workers.
func (w *work) crew(ctx context.Context, method string, params json.RawMessage) (any, error) {
	if method == askStart {
		return nil, w.start()
	}
	group := w.site.Crew()
	if group == nil {
		return nil, fmt.Errorf("its workers were not started")
	}
	switch method {
	case askHold:
		return nil, group.Hold(ctx)
	case askRelease:
		group.Release()
		return nil, nil
	case askUsage:
		return group.Usage(), nil
	case askPSS:
		return group.PSS(), nil
	case askExits:
		all, _ := group.Exits()
		return exits{Exits: all}, nil
	case askWords:
		return with(params, func(o worded) (any, error) { return w.site.LastWords(o.Command), nil })
	case askStop:
		return with(params, func(s stopped) (any, error) { return w.end(group, s) })
	}
	return nil, fmt.Errorf("%w: %q is asked", wire.ErrProtocol, method)
}

// start starts the workers, and counts their ends as news.
func (w *work) start() error {
	if err := w.site.Start(); err != nil {
		return err
	}
	group := w.site.Crew()
	w.wg.Go(func() {
		for {
			_, changed := group.Exits()
			select {
			case <-w.life.Done():
				return
			case <-changed:
				w.agent.news.Add(1)
			}
		}
	})
	return nil
}

// end stops the workers. Their files have their final sizes then.
func (w *work) end(group *process.Group, s stopped) (ended, error) {
	out := ended{Killed: group.StopCommands(syscall.Signal(s.Signal), time.Duration(s.GraceNs))}
	if err := w.site.KeepLogs(); err != nil {
		return out, err
	}
	records, logs := w.site.Folders()
	if err := w.add(records, endProbe, endFailure); err != nil {
		return out, err
	}
	if err := w.add(logs, endLog); err != nil {
		return out, err
	}
	w.agent.outbox.Kick()
	var err error
	out.Sizes, err = w.agent.outbox.Sizes(w.prefix)
	return out, err
}

// scanning ships new files of the workers until ctx ends.
func (w *work) scanning(ctx context.Context) {
	tick := time.NewTicker(scanEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		records, _ := w.site.Folders()
		if err := w.add(records, endProbe, endFailure); err != nil {
			w.agent.Tell("%v", err)
			return // the end of the trial tries again, and fails
		}
	}
}

// add ships a folder's files with these ends.
func (w *work) add(dir string, ends ...string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("look for the workers' records: %w", err)
	}
	for _, e := range entries {
		for _, end := range ends {
			if !strings.HasSuffix(e.Name(), end) || w.agent.outbox.Has(w.prefix+e.Name()) {
				continue
			}
			f, err := regular.OpenUnlinked(filepath.Join(dir, e.Name()))
			if err != nil {
				return fmt.Errorf("ship the workers' records: %w", err)
			}
			if err := w.agent.outbox.Add(w.prefix+e.Name(), f); err != nil {
				return err
			}
		}
	}
	return nil
}

// take takes a load, to be sent once its start is known.
func (w *work) take(l loading) error {
	if w.sending.Broker == nil {
		return errors.New("it sends no load")
	}
	w.loaded.Lock()
	defer w.loaded.Unlock()
	w.load = &l
	return nil
}

// send sends a share of the load that was taken, and ships the notes.
func (w *work) send(ctx context.Context, start int64) (out sent, err error) {
	w.loaded.Lock()
	l := w.load
	w.load = nil
	w.loaded.Unlock()
	if l == nil {
		return out, errors.New("it has no load to send")
	}
	path := filepath.Join(w.folder, filepath.Base(l.File))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return out, err
	}
	defer file.Close()
	reader, err := os.Open(path)
	if err != nil {
		return out, err
	}
	if err := w.agent.outbox.Add(w.prefix+l.File, reader); err != nil {
		return out, err
	}
	var mu sync.Mutex
	notes, room := bufio.NewWriterSize(file, 64<<10), []byte(nil)
	flushing, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(scanEvery)
		defer tick.Stop()
		for {
			select {
			case <-flushing.Done():
				return
			case <-tick.C:
				mu.Lock()
				_ = notes.Flush() // the last one reports the error
				mu.Unlock()
			}
		}
	})
	out.Bytes, err = w.sending.Send(ctx, l.Load, l.Share, start, func(n trial.Sent) {
		mu.Lock()
		defer mu.Unlock()
		room = appendNote(room[:0], n)
		_, _ = notes.Write(room) // the last flush reports the error
		out.Size += noteSize
	})
	cancel()
	wg.Wait()
	if flushed := notes.Flush(); err == nil && flushed != nil {
		err = fmt.Errorf("keep the notes of sending: %w", flushed)
	}
	w.agent.outbox.Kick()
	return out, err
}

// report is what the host used in the trial.
func (w *work) report() results.Host { return readUsage().since(w.before) }

// close ends the workers and the shipping.
func (w *work) close() {
	w.once.Do(func() {
		w.stop()
		w.wg.Wait()
		w.agent.outbox.Remove(w.prefix)
		if w.site != nil {
			w.site.Close()
		}
		if w.sending.Broker != nil {
			_ = w.sending.Broker.Close() // it only sent
		}
		if w.keeper != nil {
			w.keeper.Stop(syscall.SIGKILL, 0)
		}
	})
}
