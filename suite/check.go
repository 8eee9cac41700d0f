package suite

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
)

// measures are the values of a scenario's measure.
func measures() []string { return []string{Load, Search, Codec, Soak, Recovery, Start, Web} }

// events are the values of a scenario's events.
func events() []string { return []string{EventsOff, EventsOn, EventsConsumed} }

// measure is what the scenario measures.
func (s Scenario) measure() string {
	if s.Measure == "" {
		return Load
	}
	return s.Measure
}

// maxKinds bounds a mix: a byte holds a task's kind.
const maxKinds = 100

// maxPhaseName bounds a phase's name, in bytes, so that the names of files have room for it.
const maxPhaseName = 100

// noFileName reports whether a letter may not be in the name of a file.
func noFileName(r rune) bool { return unicode.IsControl(r) || r == '/' || r == '\\' }

// The bounds of a sustained backlog.
const (
	maxDepth = 10_000_000
	maxLasts = 24 * time.Hour
	// A turn must be much longer than its start-up and much shorter than a broker's patience with a client.
	leastTurn = 200 * time.Millisecond
	mostTurn  = 5 * time.Second
)

// knownBrokers are the brokers that a scenario may name.
func knownBrokers() []string { return brokername.Families() }

// knownMetrics may decide a scenario. Metrics of one kind of task are written metric:kind.
func knownMetrics() []string { return metric.Names(metric.In(metric.Trial, metric.Own)) }

// slips are the errors of a file, each in a few words.
type slips []string

// when adds a slip if the condition holds.
func (s *slips) when(made bool, format string, args ...any) {
	if made {
		*s = append(*s, fmt.Sprintf(format, args...))
	}
}

// add adds an error unless it is nil.
func (s *slips) add(err error) {
	if err != nil {
		*s = append(*s, err.Error())
	}
}

// err returns all slips as one error of one line, or nil.
func (s slips) err() error {
	if len(s) == 0 {
		return nil
	}
	return errors.New(strings.Join(s, "; "))
}

// Check returns all errors of a scenario, or nil.
func (s Scenario) Check() error {
	all := s.unreadable()
	all.add(s.checkNames())
	return all.err()
}

// checkNames refuses phases after which no file can be named.
func (s Scenario) checkNames() error {
	var all slips
	for i, p := range s.Phases {
		all.when(len(p.Name) > maxPhaseName || strings.ContainsFunc(p.Name, noFileName),
			"phases[%d].name %q: it must have at most %d bytes and be without a slash, as files are named after it", i, p.Name, maxPhaseName)
	}
	return all.err()
}

// unreadable are all slips but those of names: plans that ran before these had a rule are still read.
func (s Scenario) unreadable() slips {
	var all slips
	all.when(s.Name == "" || strings.ContainsAny(s.Name, " \t\n/\\") || s.Of == "" && strings.Contains(s.Name, "@"),
		"name %q: it must be one word without a slash or an @", s.Name)
	all.when(!slices.Contains(measures(), s.measure()), "measure %q: allowed: %s", s.Measure, strings.Join(measures(), ", "))
	all.when(!slices.Contains([]string{"", MockAPI, Database}, s.Service), "service %q: allowed: %s, %s", s.Service, MockAPI, Database)
	known := slices.Contains(events(), cmp.Or(s.Events, EventsOff))
	all.when(!known, "events %q: allowed: %s", s.Events, strings.Join(events(), ", "))
	all.when(known && cmp.Or(s.Events, EventsOff) != EventsOff && !slices.Equal(s.Brokers, []string{"redis"}),
		"events %q: brokers must be [redis], where both frameworks publish them", s.Events)
	all.when((s.Task == "") == (len(s.Mix) == 0), "task, mix: set one of the two")
	all.when(len(s.Mix) > 0 && len(s.Args) > 0, "args: in a mix, set them for each task")
	all.when(s.Chain && len(s.Mix) < 2, "chain: the mix must have two or more steps")
	all.when(len(s.Mix) > maxKinds, "mix: at most %d kinds are allowed", maxKinds)
	all.when(s.Processes < 1 || s.Processes > 1024, "processes %d: must be from 1 to 1024", s.Processes)
	all.when(s.Concurrency < 1 || s.Concurrency > 100_000, "concurrency %d: must be from 1 to 100000", s.Concurrency)
	all.when(len(s.Phases) == 0, "phases: at least one is needed")
	all.when(s.measure() == Search && (len(s.Phases) != 1 || s.Phases[0].Rate == 0 || s.Phases[0].Producer != Wire || s.Hold <= 0),
		"measure search: needs one phase of open arrivals by the wire producer, and hold, the bound on p99, such as 250ms")
	all.when(s.measure() == Soak && (len(s.Phases) != 2 || s.Phases[0].Rate == 0 || s.Phases[1].Rate == 0 || s.Phases[1].Producer != Wire || s.Hold <= 0),
		"measure soak: needs hold, such as 250ms, and two phases of open arrivals by the wire producer: first the search, then the soak")
	all.when(s.Limit <= 0, "limit: set how long a drain may take, such as 60s")
	all.when(s.Warmup.Limit <= 0, "warmup.limit: set how long a warm-up may take, such as 5s")
	s.checkLists(&all)
	s.checkDoubling(&all)
	if len(s.Phases) > 0 {
		all.add(s.checkMeasure())
	}
	s.checkPhases(&all)
	s.checkDecide(&all)
	if len(all) == 0 {
		// Points inherit the scenario's slips and would report them again.
		all.add(s.checkSweep())
	}
	return all
}

// checkPhases checks each phase as it is, and with the numbers that it has on single brokers.
func (s Scenario) checkPhases(all *slips) {
	seen := map[string]bool{}
	for i, p := range s.Phases {
		where := fmt.Sprintf("phases[%d]", i)
		all.when(p.Name == "" || seen[p.Name], "%s.name %q: each phase needs its own name", where, p.Name)
		seen[p.Name] = true
		err := cmp.Or(p.check(where), s.checkDepth(p, where))
		all.add(err)
		if err != nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(p.On)) {
			l := p.On[name]
			at := fmt.Sprintf("%s.on.%s", where, name)
			switch {
			case !slices.Contains(knownBrokers(), name):
				all.when(true, "%s: allowed: %s", at, strings.Join(knownBrokers(), ", "))
			case l.Tasks < 0 || l.Rate < 0 || l.Depth < 0 || l.Lasts < 0:
				all.when(true, "%s: numbers must not be below zero", at)
			default:
				on := s.For(name).Phases[i]
				all.add(cmp.Or(on.check(at), s.checkDepth(on, at)))
			}
		}
	}
}

// checkDecide checks that the deciding metrics exist.
func (s Scenario) checkDecide(all *slips) {
	for _, m := range s.Decide {
		name, kind, ofKind := strings.Cut(m, ":")
		switch {
		case ofKind && !slices.Contains(metric.Names(s.KindMetrics()), name):
			all.when(true, "decide %q: each kind of a mix has %s, and with queues %s", m,
				strings.Join(metric.Names(metric.In(metric.Kind)), " and "), strings.Join(metric.Names(metric.In(metric.Queue)), " and "))
		case ofKind:
			all.when(!slices.ContainsFunc(s.Kinds(), func(k Share) bool { return k.Kind == kind }), "decide %q: the scenario has no kind of task %q", m, kind)
		case !slices.Contains(knownMetrics(), name):
			all.when(true, "decide %q%s: allowed: %s", m, text.DidYouMean(m, knownMetrics()), strings.Join(knownMetrics(), ", "))
		}
	}
}

func (p Phase) check(where string) error {
	switch {
	case !slices.Contains([]string{Backlog, Sustained, Open, Poisson, Trace, Cold}, p.Arrivals):
		return fmt.Errorf("%s.arrivals %q: allowed: %s, %s, %s, %s, %s, and %s to measure starts", where, p.Arrivals,
			Backlog, Sustained, Open, Poisson, Trace, Cold)
	case p.Producer != Wire && p.Producer != Client:
		return fmt.Errorf("%s.producer %q: allowed: %s, %s", where, p.Producer, Wire, Client)
	case p.Producer == Client && p.Arrivals == Poisson:
		return fmt.Errorf("%s: the client producer keeps a constant rate only", where)
	case (p.Arrivals == Trace) != (p.Trace != ""):
		return fmt.Errorf("%s.trace: set the name of a file for arrivals by trace, and only for these", where)
	case p.Arrivals == Trace && (p.Producer != Wire || p.Rate != 0 || p.On != nil || len(p.Recorded) > 0 && p.Tasks != len(p.Recorded)):
		return fmt.Errorf("%s: the wire producer sends a trace, and the trace sets the times and the number of tasks", where)
	case p.Cut != nil && (p.Arrivals != Trace || p.Cut.Of <= p.Tasks):
		return fmt.Errorf("%s.cut: only a trace can be cut, and it then has fewer tasks than before", where)
	case p.Arrivals == Sustained:
		return p.checkSustained(where)
	case p.Depth != 0:
		return fmt.Errorf("%s.depth: only a sustained backlog has a depth", where)
	case p.Turns != 0:
		return fmt.Errorf("%s.turns: only a sustained backlog has turns", where)
	case p.Lasts != 0:
		return fmt.Errorf("%s.lasts: only a sustained backlog has a time", where)
	case p.Arrivals == Trace && p.Tasks == 0:
		return nil // not yet read
	case p.Tasks < 1 || p.Tasks > MaxTasks:
		return fmt.Errorf("%s.tasks %d: must be from 1 to %d", where, p.Tasks, MaxTasks)
	case !p.paced() && p.Rate != 0:
		return fmt.Errorf("%s.rate: a backlog has no rate", where)
	case p.paced() && (p.Rate < 1 || p.Rate > 1_000_000):
		return fmt.Errorf("%s.rate %d: must be from 1 to 1000000 tasks per second", where, p.Rate)
	}
	return nil
}

// checkSustained checks the fields of a sustained backlog, and those that only others have.
func (p Phase) checkSustained(where string) error {
	switch {
	case p.Producer != Wire:
		return fmt.Errorf("%s.producer %q: a sustained backlog needs the %s producer", where, p.Producer, Wire)
	case p.Tasks != 0:
		return fmt.Errorf("%s.tasks: a sustained backlog has depth and lasts instead", where)
	case p.Rate != 0:
		return fmt.Errorf("%s.rate: a backlog has no rate", where)
	case p.Depth < 1 || p.Depth > maxDepth:
		return fmt.Errorf("%s.depth %d: must be from 1 to %d tasks", where, p.Depth, maxDepth)
	case p.Turns != 0 && (time.Duration(p.Turns) < leastTurn || time.Duration(p.Turns) > mostTurn):
		return fmt.Errorf("%s.turns %s: must be from %s to %s: held workers return to cold caches, and connections have heartbeats",
			where, time.Duration(p.Turns), leastTurn, mostTurn)
	case p.Lasts <= 0 || time.Duration(p.Lasts) > maxLasts:
		return fmt.Errorf("%s.lasts %s: a time of up to %s is needed, such as 20s", where, time.Duration(p.Lasts), maxLasts)
	}
	return nil
}

// sustainedPhases returns how many phases are sustained.
func sustainedPhases(s Scenario) int {
	n := 0
	for _, p := range s.Phases {
		if p.Arrivals == Sustained {
			n++
		}
	}
	return n
}

// checkDepth checks that a sustained backlog has more tasks than the workers hold: otherwise no task would wait. Tasks queued at once pass
// through the steps of a chain at once, and so do their successors: chains end in waves, and the number of waves in a stretch of time is
// chance.
func (s Scenario) checkDepth(p Phase, where string) error {
	if p.Arrivals != Sustained {
		return nil
	}
	held := s.Processes * s.Concurrency
	switch {
	case p.Turns != 0 && (s.measure() != Load || s.Service != "" || s.Events != "" || len(s.Queues()) > 0):
		return fmt.Errorf("%s.turns: turns can't measure what continues while workers are held: a service, events, several queues", where)
	case p.Turns != 0 && sustainedPhases(s) > 1:
		return fmt.Errorf("%s.turns: only one phase of a scenario may have turns", where)
	case s.Chain:
		return fmt.Errorf("%s.arrivals: chains end in waves, so a sustained backlog can't measure their rate: use a backlog", where)
	case p.Depth <= held:
		return fmt.Errorf("%s.depth %d: it must be above the %d tasks that %d processes of %d hold, or none would wait", where, p.Depth,
			held, s.Processes, s.Concurrency)
	}
	return nil
}

// KindMetrics are the metrics of each kind of task. The steps of a chain have none: a chain is done when its last step is.
func (s Scenario) KindMetrics() []metric.Metric {
	var scopes []metric.Scope
	if len(s.Kinds()) > 1 && !s.Chain {
		scopes = append(scopes, metric.Kind)
	}
	if len(s.Queues()) > 0 {
		scopes = append(scopes, metric.Queue)
	}
	return metric.In(scopes...)
}

// checkQueue checks the queue of a kind of task.
func (s Scenario) checkQueue(k Share) error {
	if len(s.Queues()) == 0 {
		return nil
	}
	client := slices.ContainsFunc(s.Phases, func(p Phase) bool { return p.Producer != Wire })
	word := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	switch {
	case k.Queue == "":
		return errors.New("set it for each task of a mix, or for none")
	case len(k.Queue) > 20 || strings.ContainsFunc(k.Queue, func(r rune) bool { return !word(r) }):
		return errors.New("must be a word of up to 20 small letters and digits")
	case s.Chain || client || s.measure() != Load:
		return errors.New("queues need load by the wire producer, without a chain")
	}
	return nil
}

// fromDatabase names what the task gets or fetches from a database: a body, or a model as an argument.
func (k Share) fromDatabase() (string, bool) {
	if k.Task == "order_by_id" {
		return "what " + k.Task + " fetches", true
	}
	for _, a := range k.Args {
		if name, ok := a.(string); ok && slices.Contains([]string{"payload:sqlalchemy", "payload:django", "payload:tortoise"}, name) {
			return name, true
		}
	}
	return "", false
}

// checkLists checks kinds, arguments and brokers.
func (s Scenario) checkLists(all *slips) {
	for _, b := range s.Brokers {
		all.when(!slices.Contains(knownBrokers(), b), "brokers %q: allowed: %s", b, strings.Join(knownBrokers(), ", "))
	}
	if s.Task == "" && len(s.Mix) == 0 {
		return
	}
	seen := map[string]bool{}
	for i, k := range s.Kinds() {
		switch {
		case k.Task == "":
			all.when(true, "mix[%d].task: is empty", i)
		case k.Share < 1 || k.Share > 1_000_000:
			all.when(true, "mix[%d].share %d: must be from 1 to 1000000", i, k.Share)
		case seen[k.Kind] || strings.ContainsAny(k.Kind, ": \t\n"):
			all.when(true, "mix[%d].kind %q: each kind needs its own name, one word without a colon", i, k.Kind)
		}
		seen[k.Kind] = true
		if err := s.checkQueue(k); err != nil {
			all.when(true, "mix[%d].queue %q: %v", i, k.Queue, err)
		}
		if what, ok := k.fromDatabase(); ok {
			all.when(s.Service != Database, "service %q: %s is a row of a database, so it must be %s", s.Service, what, Database)
		}
		for j, a := range k.Args {
			switch a.(type) {
			case nil, bool, int, float64, string:
			default:
				all.when(true, "args[%d] of %s: must be a number, a text, true, false or null", j, k.Task)
			}
		}
	}
}

// checkSweep checks each point of a sweep.
func (s Scenario) checkSweep() error {
	seen := map[string]bool{}
	for i, p := range s.Sweep {
		where := fmt.Sprintf("sweep[%d]", i)
		if p.Name == "" || seen[p.Name] || strings.ContainsAny(p.Name, "@ \t\n/\\") {
			return fmt.Errorf("%s.point %q: each point needs its own name, one word without a slash or an @", where, p.Name)
		}
		seen[p.Name] = true
	}
	if len(s.Sweep) == 0 {
		return nil
	}
	for _, q := range s.Expand(math.MaxFloat64) {
		if err := q.unreadable().err(); err != nil {
			return fmt.Errorf("sweep %q: %w", q.At, err)
		}
	}
	return nil
}
