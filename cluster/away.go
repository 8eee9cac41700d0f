package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/trial"
)

const (
	// answerLimit bounds the answers that take no time; shipLimit what is still to be shipped at the end.
	answerLimit = 5 * time.Second
	shipLimit   = time.Minute
	// filesMost bounds the files of a trial.
	filesMost = 1 << 16
)

// away is one trial on the agents.
type away struct {
	collector     *Collector
	job           trial.Job
	all           []*wire.Peer
	workers, load []*wire.Peer
	// sends counts the loads. file takes the notes of the current one, which has that many tasks.
	sends, tasks int
	file         string
	// contradictions are those of each agent's clock before the trial.
	contradictions map[*wire.Peer]int64
	// offsets move all times of an agent of a swarm by the same, over the whole trial: what its one clock measured stays exact.
	offsets  map[*wire.Peer]int64
	watching context.CancelFunc
	wg       sync.WaitGroup
	// now is time.Now, or that of a test.
	now func() time.Time

	mu       sync.Mutex
	files    map[string]*os.File
	notes    map[wire.Place]*notes
	exits    map[wire.Place][]process.Exit
	changed  chan struct{}
	used     map[wire.Place]process.Usage
	pss      map[wire.Place]int64
	reported []results.Host
	// missing says why not all records of a host arrived, or why its workers may not have run.
	missing map[wire.Place]error
}

func newAway(c *Collector, j trial.Job, peers []*wire.Peer) (*away, error) {
	a := &away{collector: c, job: j, now: time.Now, contradictions: map[*wire.Peer]int64{}, offsets: map[*wire.Peer]int64{}, files: map[string]*os.File{}, notes: map[wire.Place]*notes{},
		exits: map[wire.Place][]process.Exit{}, changed: make(chan struct{}), used: map[wire.Place]process.Usage{}, pss: map[wire.Place]int64{}, missing: map[wire.Place]error{}}
	running := len(a.Processes())
	for _, p := range peers {
		works := runsWorkers(p.Place) && p.Place.Index < running
		if works {
			a.workers = append(a.workers, p)
		}
		if sendsLoad(p.Place) {
			a.load = append(a.load, p)
		}
		if !works && !sendsLoad(p.Place) {
			continue // it has no part in this trial
		}
		a.all = append(a.all, p)
		a.contradictions[p] = p.Clock().Contradictions()
		if p.Place.Role == Swarm {
			i, ok := p.Clock().At(c.server.Now())
			if !ok {
				return nil, fmt.Errorf("%s: its clock is unknown", p.Place)
			}
			a.offsets[p] = i.Middle()
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.watching = cancel
	for _, p := range a.workers {
		a.wg.Go(func() { a.watch(ctx, p) })
	}
	return a, nil
}

// each asks agents at the same time. Its error is the first's, in their order.
func (a *away) each(peers []*wire.Peer, ask func(*wire.Peer) error) error {
	errs := make([]error, len(peers))
	var wg sync.WaitGroup
	for i, p := range peers {
		wg.Go(func() {
			err := ask(p)
			switch lost := p.Err(); {
			case err == nil:
			case errors.Is(err, lost): // such as: worker 0 was started again
				errs[i] = fmt.Errorf("%s %w", p.Place, err)
			default:
				errs[i] = fmt.Errorf("%s: %w", p.Place, err)
			}
		})
	}
	wg.Wait()
	return cmp.Or(errs...)
}

// watch asks for the workers that end.
func (a *away) watch(ctx context.Context, p *wire.Peer) {
	seen := uint32(0)
	for {
		now, fresh := p.News()
		if now != seen {
			var e exits
			if p.Call(ctx, askExits, struct{}{}, &e) != nil {
				e.Exits = nil
			}
			a.mu.Lock()
			a.exits[p.Place] = e.Exits
			a.tellChanged()
			a.mu.Unlock()
			seen = now
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-p.Gone():
			a.mu.Lock()
			a.tellChanged()
			a.mu.Unlock()
			return
		case <-fresh:
		}
	}
}

// tellChanged tells who waits for exits, while mu is locked.
func (a *away) tellChanged() {
	close(a.changed)
	a.changed = make(chan struct{})
}

// Senders is how many agents send load, if each also runs workers.
func (a *away) Senders() int {
	if a.collector.hosts.Swarm {
		return len(a.load)
	}
	return 0
}

// Processes are the numbers of worker processes of each agent that runs any.
func (a *away) Processes() []int { return a.job.Scenario.Spread(a.collector.hosts.Workers) }

// CPUs are those of such an agent's machine.
func (a *away) CPUs(i int) (online, workers int) {
	for _, p := range a.workers {
		if d := a.collector.describedOf(p); p.Place.Index == i {
			return d.Online, d.Machine.CPUs
		}
	}
	return 0, 0
}

// Start starts the workers.
func (a *away) Start(ctx context.Context) error {
	err := a.each(a.workers, func(p *wire.Peer) error { return p.Call(ctx, askStart, struct{}{}, nil) })
	if err != nil && ctx.Err() == nil {
		return trial.NotRun("%w", err)
	}
	return err
}

// Exits are the workers that ended, and a channel that is closed at the next end, also that of an agent.
func (a *away) Exits() ([]process.Exit, <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []process.Exit
	for _, p := range a.workers {
		all = append(all, a.exits[p.Place]...)
	}
	return all, a.changed
}

// LastWords are those of the first worker that ended, or else of the first one, after its host's name.
func (a *away) LastWords() string {
	p, command := a.firstEnded()
	var words string
	if err := a.ask([]*wire.Peer{p}, askWords, worded{command}, func(*wire.Peer) any { return &words }, func(*wire.Peer) {}); err != nil {
		words = fmt.Sprintf("its last words are unknown: %v", err)
	}
	return p.Place.String() + ": " + cmp.Or(words, "it was lost")
}

// firstEnded is the first worker that ended, or else the first one: its host's agent, and its number there.
func (a *away) firstEnded() (p *wire.Peer, command int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.workers {
		if ended := a.exits[p.Place]; len(ended) > 0 {
			return p, ended[0].Command
		}
	}
	return a.workers[0], 0
}

// Hold holds the workers. Those of a lost agent hold nothing that is measured.
func (a *away) Hold(ctx context.Context) error {
	return a.each(a.living(a.workers), func(p *wire.Peer) error {
		err := p.Call(ctx, askHold, struct{}{}, nil)
		if p.Err() != nil {
			return nil
		}
		return err
	})
}

// Release lets the workers go. A host whose workers may still be held, or may have been for long, spoils the trial: they stand still while the others
// are measured. An agent that has lost its connection gets the word once it is back, so it has more time than for other answers.
func (a *away) Release() {
	began := a.now()
	ctx, cancel := context.WithTimeoutCause(context.Background(), shipLimit, fmt.Errorf("no answer within %s", shipLimit))
	defer cancel()
	_ = a.each(a.living(a.workers), func(p *wire.Peer) error {
		if err := p.Call(ctx, askRelease, struct{}{}, nil); err != nil {
			a.misses(p, fmt.Errorf("may not have let its workers go: %w", err))
		} else if took := a.now().Sub(began); took > answerLimit {
			a.misses(p, fmt.Errorf("may have let its workers go only after %s", text.ThreeDigits(took)))
		}
		return nil
	})
}

// misses notes the first reason why what an agent did in the trial isn't known, or not what was asked.
func (a *away) misses(p *wire.Peer, why error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.missing[p.Place] = cmp.Or(a.missing[p.Place], why)
}

// ask asks those that are there for an answer that takes no time. take is called for each that came, one at a time.
func (a *away) ask(peers []*wire.Peer, method string, in any, room func(*wire.Peer) any, take func(*wire.Peer)) error {
	ctx, cancel := context.WithTimeout(context.Background(), answerLimit)
	defer cancel()
	return a.each(a.living(peers), func(p *wire.Peer) error {
		if err := p.Call(ctx, method, in, room(p)); err != nil {
			return err
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		take(p)
		return nil
	})
}

func (a *away) living(peers []*wire.Peer) []*wire.Peer {
	return slices.DeleteFunc(slices.Clone(peers), func(p *wire.Peer) bool { return p.Err() != nil })
}

// Usage is what the workers have used on all hosts: what an agent said last, if it doesn't answer.
func (a *away) Usage() process.Usage {
	answers := make(map[*wire.Peer]*process.Usage, len(a.workers))
	for _, p := range a.workers {
		answers[p] = &process.Usage{}
	}
	_ = a.ask(a.workers, askUsage, struct{}{}, func(p *wire.Peer) any { return answers[p] }, func(p *wire.Peer) { a.used[p.Place] = *answers[p] })
	a.mu.Lock()
	defer a.mu.Unlock()
	var sum process.Usage
	for _, u := range a.used {
		sum = sum.Plus(u)
	}
	return sum
}

// PSS is the workers' memory on all hosts, in bytes.
func (a *away) PSS() int64 {
	answers := make(map[*wire.Peer]*int64, len(a.workers))
	for _, p := range a.workers {
		answers[p] = new(int64)
	}
	_ = a.ask(a.workers, askPSS, struct{}{}, func(p *wire.Peer) any { return answers[p] }, func(p *wire.Peer) { a.pss[p.Place] = *answers[p] })
	a.mu.Lock()
	defer a.mu.Unlock()
	var sum int64
	for _, n := range a.pss {
		sum += n
	}
	return sum
}

// StopCommands ends the workers, and waits until all of their records have arrived.
func (a *away) StopCommands(s syscall.Signal, grace time.Duration) (killed int) {
	ctx, cancel := context.WithTimeout(context.Background(), grace+shipLimit)
	defer cancel()
	counts := make([]int, len(a.workers))
	_ = a.each(a.living(a.workers), func(p *wire.Peer) error {
		var e ended
		err := p.Call(ctx, askStop, stopped{Signal: int(s), GraceNs: int64(grace)}, &e)
		if err == nil {
			counts[slices.Index(a.workers, p)] = e.Killed
			err = p.Arrive(ctx, e.Sizes)
		}
		if err != nil {
			a.misses(p, fmt.Errorf("could not hand over all records of its workers: %w", err))
		}
		return nil
	})
	for _, n := range counts {
		killed += n
	}
	return killed
}

// Stop does nothing that StopCommands and Reports don't.
func (a *away) Stop(syscall.Signal, time.Duration) int { return 0 }

// Losses are the agents that were lost, or whose records are incomplete: what became of their tasks isn't known.
func (a *away) Losses() (out []trial.Loss) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range a.all {
		if err := cmp.Or(p.Err(), a.missing[p.Place]); err != nil {
			out = append(out, trial.Loss{Host: p.Place.String(), Why: err.Error(), Load: p.Place.Role == Load, Index: p.Place.Index, Of: len(a.load)})
		}
	}
	return out
}

// Slews are the agents whose clocks contradicted the bound of their drift during the trial.
func (a *away) Slews() map[string]int64 {
	out := map[string]int64{}
	for _, p := range a.all {
		if n := p.Clock().Contradictions() - a.contradictions[p]; n > 0 {
			out[p.Place.String()] = n
		}
	}
	return out
}

// Reports end the trial on the agents, and are what these used.
func (a *away) Reports(ctx context.Context) []results.Host {
	a.mu.Lock()
	reported := a.reported
	a.mu.Unlock()
	if reported != nil {
		return reported
	}
	ctx, cancel := context.WithTimeout(ctx, shipLimit)
	defer cancel()
	out := make([]results.Host, len(a.all))
	_ = a.each(a.all, func(p *wire.Peer) error {
		h := &out[slices.Index(a.all, p)]
		err := p.Call(ctx, askClose, struct{}{}, h)
		d := a.collector.describedOf(p)
		h.Name, h.Node, h.Boot, h.Machine, h.Reconnections = p.Place.String(), d.Node, d.Boot, d.Machine, p.Reconnections()
		if runsWorkers(p.Place) {
			name := a.job.Target.Env.Name
			env := d.Environments[name].env(name)
			h.Software, h.Lock = env.Main(), env.Lock
		}
		if i, ok := p.Clock().At(a.collector.server.Now()); ok {
			h.OffsetNs, h.HalfWidthNs = i.Middle(), i.HalfWidth()
		}
		p.Forget(prefixOf(a.job.Trial))
		return err
	})
	a.watching()
	a.wg.Wait()
	a.collector.over(a)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, f := range slices.Collect(maps.Values(a.files)) {
		_ = f.Close()
	}
	a.files, a.reported = nil, out
	return out
}
