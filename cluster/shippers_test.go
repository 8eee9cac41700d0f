package cluster

import (
	"bufio"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// Shippers are that many agents in one process, as fast as they can be: their wire code is that of production, but no worker runs and no broker
// is loaded. A trial has that many tasks. They end with their collector.
func Shippers(collector, token string, h suite.Hosts, tasks int) error {
	dir, err := os.MkdirTemp("", "tqbench-shippers-")
	if err != nil {
		return err
	}
	clk, err := clock.New()
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	var wg sync.WaitGroup
	errs := make(chan error, h.Workers+h.Load)
	for _, p := range placesOf(h) {
		s := &shipper{place: p, of: h.Workers, tasks: tasks, clock: clk, dir: filepath.Join(dir, fmt.Sprint(p)), outbox: wire.NewOutbox()}
		wg.Go(func() {
			a := wire.Agent{Address: collector, Token: []byte(token), Role: p.Role, Index: p.Index, Build: "test", Now: clk.Now, Handle: s.handle, Renew: func() {},
				Outbox: s.outbox, News: &atomic.Uint32{}, First: time.Minute, Patience: time.Second}
			if err := a.Run(context.Background()); !errors.Is(err, wire.ErrEnded) {
				errs <- err
			}
		})
	}
	wg.Wait()
	close(errs)
	err = <-errs
	return errors.Join(err, os.RemoveAll(dir))
}

// shipper is one of them.
type shipper struct {
	place     wire.Place
	of, tasks int
	clock     *clock.Clock
	dir       string
	outbox    *wire.Outbox
	trial     opened
	load      loading
	// written is closed when all records of the trial are.
	written chan error
}

func (s *shipper) handle(_ context.Context, method string, params json.RawMessage) (any, error) {
	switch method {
	case askPlan:
		return described{Node: "here", Environments: map[string]environment{"": {}}}, nil
	case askOpen:
		s.dir += "-"
		return nil, errors.Join(json.Unmarshal(params, &s.trial), os.Mkdir(s.dir, 0o700))
	case askStart:
		s.written = make(chan error, 1)
		file, err := s.file("7" + endProbe)
		go func() { s.written <- errors.Join(err, s.run(file)) }()
		return nil, nil
	case askStop:
		if err := <-s.written; err != nil {
			return nil, err
		}
		s.outbox.Kick()
		sizes, err := s.outbox.Sizes(prefixOf(s.trial.Trial))
		return ended{Sizes: sizes}, err
	case askLoad:
		return nil, json.Unmarshal(params, &s.load)
	case askSend:
		return s.send(s.load)
	case askClose:
		s.outbox.Remove(prefixOf(s.trial.Trial))
		return results.Host{}, nil
	}
	return nil, nil
}

// file makes a file that is shipped.
func (s *shipper) file(name string) (*os.File, error) {
	path := filepath.Join(s.dir, name)
	w, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	r, err := os.Open(path)
	if err == nil {
		err = s.outbox.Add(prefixOf(s.trial.Trial)+name, r)
	}
	return w, err
}

// run writes the records of a worker's tasks.
func (s *shipper) run(file *os.File) error {
	w := bufio.NewWriter(file)
	var b []byte
	for i := s.place.Index; i < s.tasks; i += s.of {
		now := uint64(s.clock.Now())
		b, _ = binary.Append(b[:0], binary.LittleEndian, results.Probe{Seq: uint64(i), Started: now, Finished: now + 1, PID: 7, Outcome: results.ProbeOK, Version: results.ProbeVersion})
		_, _ = w.Write(b) // the flush reports the error
	}
	return errors.Join(w.Flush(), file.Close())
}

// send writes the notes of a sender's tasks.
func (s *shipper) send(o loading) (out sent, err error) {
	file, err := s.file(o.File)
	if err != nil {
		return out, err
	}
	w := bufio.NewWriter(file)
	var b []byte
	for i := o.Share.Index; i < o.Load.Count; i += o.Share.Of {
		now := s.clock.Now()
		b = appendNote(b[:0], trial.Sent{I: i, Intended: now, Sent: now, Acked: now + 1})
		_, _ = w.Write(b) // the flush reports the error
		out.Size += noteSize
	}
	err = errors.Join(w.Flush(), file.Close())
	s.outbox.Kick()
	return out, err
}
