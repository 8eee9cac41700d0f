package monitor

import (
	"errors"
	"time"

	"github.com/tqbench/tqbench/results"
)

// recordEvery is the time between two writes of live.json.
const recordEvery = time.Second

// Recorder keeps a run's live.json up to date until Close. It writes from a separate goroutine, so that no trial waits for it.
type Recorder struct {
	out    string
	now    func() results.Live
	stop   chan struct{}
	done   chan struct{}
	failed error // the first failed write
}

// Record writes live.json into an output folder, which the caller has locked, at once and then once a second, from what now returns. It
// replaces the file of a killed run.
func Record(out string, now func() results.Live) *Recorder {
	r := &Recorder{out: out, now: now, stop: make(chan struct{}), done: make(chan struct{})}
	r.failed = results.RemoveLive(out)
	r.write()
	go r.keepWriting()
	return r
}

func (r *Recorder) keepWriting() {
	defer close(r.done)
	tick := time.NewTicker(recordEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-tick.C:
			r.write()
		}
	}
}

func (r *Recorder) write() {
	l := r.now()
	l.Written = time.Now().UTC()
	if err := results.WriteLive(r.out, l); err != nil && r.failed == nil {
		r.failed = err
	}
}

// Close removes the file: the run is over. Its error is the first one since Record; the run needs none of the writes.
func (r *Recorder) Close() error {
	close(r.stop)
	<-r.done
	return errors.Join(r.failed, results.RemoveLive(r.out))
}
