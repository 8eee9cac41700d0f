package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tqbench/tqbench/cluster/clock"
	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/trial"
)

// notes takes those of one sender's load.
type notes struct {
	name   string
	share  loadgen.Share
	tasks  int
	part   []byte
	record func(trial.Sent)
}

// share is an agent's of each load.
func (a *away) share(p *wire.Peer) loadgen.Share {
	return loadgen.Share{Index: p.Place.Index, Of: len(a.load)}
}

// Prepare gives each load agent the load.
func (a *away) Prepare(ctx context.Context, o trial.SharedLoad) error {
	a.sends++
	a.file, a.tasks = fmt.Sprintf("%d%s", a.sends, endSent), o.Count
	return a.ofLoad(func(p *wire.Peer) error {
		return p.Call(ctx, askLoad, loading{Load: o, Share: a.share(p), File: a.file}, nil)
	})
}

// Send lets each load agent send its share of the load that it has.
func (a *away) Send(ctx context.Context, start int64, record func(trial.Sent)) (bytes int64, err error) {
	a.mu.Lock()
	var recording sync.Mutex
	for _, p := range a.load {
		a.notes[p.Place] = &notes{name: a.file, share: a.share(p), tasks: a.tasks, record: func(s trial.Sent) {
			recording.Lock()
			defer recording.Unlock()
			record(s)
		}}
	}
	a.mu.Unlock()
	var sum sync.Mutex
	err = a.ofLoad(func(p *wire.Peer) error {
		var mine sending
		if start > 0 {
			var ok bool
			if mine.Start, ok = p.Clock().Remote(start); !ok {
				return errors.New("its clock is unknown")
			}
		}
		var s sent
		err := p.Call(ctx, askSend, mine, &s)
		if err == nil {
			err = p.Arrive(ctx, map[string]int64{prefixOf(a.job.Trial) + a.file: s.Size})
		}
		sum.Lock()
		defer sum.Unlock()
		bytes += s.Bytes
		return err
	})
	return bytes, err
}

// ofLoad asks the load agents that are there. What a lost one was to send is unknown, and no error while another is left.
func (a *away) ofLoad(ask func(*wire.Peer) error) error {
	err := a.each(a.living(a.load), func(p *wire.Peer) error {
		err := ask(p)
		if p.Err() != nil {
			return nil
		}
		return err
	})
	if err == nil && len(a.living(a.load)) == 0 {
		err = errors.New("no load agent is left")
	}
	return err
}

// deliver keeps bytes of an agent's file. Those of one agent come one after another.
func (a *away) deliver(from wire.Place, name string, data []byte) error {
	if strings.HasSuffix(name, endSent) {
		return a.noted(from, name, data)
	}
	if end := filepath.Ext(name); !runsWorkers(from) || !slices.Contains([]string{endProbe, endFailure, endLog}, end) {
		return fmt.Errorf("%w: %s ships %q", wire.ErrProtocol, from, name)
	}
	name = fmt.Sprintf("%s-%d-%s", Worker, from.Index, name)
	a.mu.Lock()
	f := a.files[name]
	if f == nil && a.files != nil {
		if len(a.files) == filesMost {
			a.mu.Unlock()
			return fmt.Errorf("the trial has %d files", filesMost)
		}
		var err error
		if f, err = os.OpenFile(filepath.Join(a.job.Folder, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
			a.mu.Unlock()
			return err
		}
		a.files[name] = f
	}
	a.mu.Unlock()
	if f == nil {
		return nil // the trial is over
	}
	_, err := f.Write(data)
	return err
}

// noted passes on the notes of a sender.
func (a *away) noted(from wire.Place, name string, data []byte) error {
	a.mu.Lock()
	n := a.notes[from]
	a.mu.Unlock()
	if n == nil || n.name != name {
		return nil // of a load that was given up
	}
	p := a.peer(from)
	n.part = append(n.part, data...)
	for ; len(n.part) >= noteSize; n.part = n.part[noteSize:] {
		s := decodeNote(n.part)
		if s.I < 0 || s.I >= n.tasks || s.I%n.share.Of != n.share.Index {
			return fmt.Errorf("%w: %s sent task %d of %d", wire.ErrProtocol, from, s.I, n.tasks)
		}
		r, ok := a.local(p, s.Sent)
		if !ok {
			return errors.New("its clock is unknown")
		}
		// All times are of one clock, so they keep their distances.
		shift := r.At - s.Sent
		s.Intended, s.Sent, s.HalfWidth = s.Intended+shift, s.Sent+shift, r.HalfWidth
		if s.Acked > 0 {
			s.Acked += shift
		}
		n.record(s)
	}
	n.part = slices.Clone(n.part)
	return nil
}

// local turns a time of an agent's clock into one of ours.
func (a *away) local(p *wire.Peer, remote int64) (clock.Reading, bool) {
	r, ok := p.Clock().Local(remote)
	if offset, fixed := a.offsets[p]; fixed && ok {
		at := remote - offset
		r = clock.Reading{At: at, HalfWidth: r.HalfWidth + max(at-r.At, r.At-at)}
	}
	return r, ok
}

func (a *away) peer(at wire.Place) *wire.Peer {
	i := slices.IndexFunc(a.all, func(p *wire.Peer) bool { return p.Place == at })
	return a.all[i]
}

// OnOurClock turns a record of a worker's file into one of our clock. Both times move alike: the worker's clock took both.
func (a *away) OnOurClock(file string, r results.Probe) (results.Probe, int64, error) {
	// deliver made the name: each record asks for it.
	rest, _ := strings.CutPrefix(file, Worker+"-")
	number, _, _ := strings.Cut(rest, "-")
	index, err := strconv.Atoi(number)
	if err != nil || index < 0 || index >= len(a.workers) {
		return r, 0, fmt.Errorf("a probe file has the name %q", file)
	}
	at, ok := a.local(a.workers[index], int64(r.Finished))
	if !ok {
		return r, 0, fmt.Errorf("the clock of %s is unknown", a.workers[index].Place)
	}
	shift := at.At - int64(r.Finished)
	r.Started, r.Finished = uint64(int64(r.Started)+shift), uint64(at.At)
	r.PID += uint32(index+1) << results.HostShift
	return r, at.HalfWidth, nil
}
