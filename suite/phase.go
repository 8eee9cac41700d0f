package suite

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/tqbench/tqbench/broker/brokername"
)

// Phase is one stretch of load.
type Phase struct {
	// Name is unique within the scenario. Files are named after it, so it has no slash.
	Name string `yaml:"name" json:"name"`
	// Arrivals is how tasks arrive: all at once (backlog), so that a backlog keeps its depth (sustained), at a rate with even (open) or
	// random gaps (poisson), as recorded (trace), or one for each start of the workers (cold).
	Arrivals string `yaml:"arrivals" json:"arrivals"`
	// Producer is the sender: tqbench in the framework's wire format (wire), or the framework's own client (client).
	Producer string `yaml:"producer" json:"producer"`
	// Tasks is the number of tasks at scale 1. A sustained backlog has a time instead.
	Tasks int `yaml:"tasks,omitempty" json:"tasks,omitempty"`
	// Depth is the number of tasks at which a sustained backlog is kept, including those that workers hold. A scale does not change it.
	Depth int `yaml:"depth,omitempty" json:"depth,omitempty"`
	// Lasts is how long the rate of a sustained backlog is measured, at scale 1, after its ramp-up.
	Lasts Duration `yaml:"lasts,omitempty" json:"lasts,omitempty"`
	// Turns is the length of a turn if the sides of a block drain in turns, each on its own broker. At 0, the sides run one after the
	// other.
	Turns Duration `yaml:"turns,omitempty" json:"turns,omitempty"`
	// Rate is in tasks per second. Only open arrivals have one. A scale does not change it.
	Rate int `yaml:"rate,omitempty" json:"rate,omitempty"`
	// Trace is the file of a trace, in the scenario's folder. Its load ends at the scenario's limit.
	Trace string `yaml:"trace,omitempty" json:"trace,omitempty"`
	// Recorded is the trace's content.
	Recorded []Arrival `yaml:"-" json:"recorded,omitempty"`
	// Cut is what the whole trace has, if the scenario's limit cuts it.
	Cut *Cut `yaml:"-" json:"cut,omitempty"`
	// Fixed exempts the number of tasks and the time from scaling, as the question is about them.
	Fixed bool `yaml:"fixed,omitempty" json:"fixed,omitempty"`
	// On has other numbers for single brokers: one takes a minute for what another drains in a second. Where a rate depends on the depth
	// of the backlog, the depth is stated here.
	On map[string]Numbers `yaml:"on,omitempty" json:"on,omitempty"`
}

// Cut is what a trace had before the limit of its phase cut it.
type Cut struct {
	// Of is the number of its tasks.
	Of int `json:"of"`
	// Seconds is how long it lasts.
	Seconds float64 `json:"seconds"`
}

// Numbers replace the phase's on one broker; 0 keeps the phase's.
type Numbers struct {
	// Tasks is the number of tasks.
	Tasks int `yaml:"tasks,omitempty" json:"tasks,omitempty"`
	// Rate is in tasks per second.
	Rate int `yaml:"rate,omitempty" json:"rate,omitempty"`
	// Depth is the backlog's.
	Depth int `yaml:"depth,omitempty" json:"depth,omitempty"`
	// Lasts is how long the rate is measured.
	Lasts Duration `yaml:"lasts,omitempty" json:"lasts,omitempty"`
}

// MaxTasks is the maximum of tasks of a phase.
const MaxTasks = 100_000_000

// For is the scenario with the numbers of a broker.
func (s Scenario) For(broker string) Scenario {
	s.Phases = slices.Clone(s.Phases)
	for i := range s.Phases {
		p := &s.Phases[i]
		l := p.On[brokername.Family(broker)]
		p.Tasks, p.Rate = cmp.Or(l.Tasks, p.Tasks), cmp.Or(l.Rate, p.Rate)
		p.Depth, p.Lasts = cmp.Or(l.Depth, p.Depth), cmp.Or(l.Lasts, p.Lasts)
		p.On = nil
	}
	return s
}

// SmallScale is the scale below which warm-ups are cut short, too: such a run only shows that things work.
const SmallScale = 0.1

// The shortest times over which the rate of a sustained backlog is measured: at a small scale, and at any other.
const (
	leastShown = 500 * time.Millisecond
	leastLasts = 3 * time.Second
)

// Scaled multiplies each phase's number of tasks, or its time, and keeps rates. No phase gets fewer than 100 tasks: a 99th percentile of
// fewer would be the maximum. A start takes seconds, and its summary is a median.
func (s Scenario) Scaled(scale float64) Scenario {
	least, shortest := 100, leastLasts
	if s.measure() == Start {
		least = 3
	}
	if scale < SmallScale {
		shortest = leastShown
	}
	// A missing number has no minimum.
	scaled := func(tasks int) int {
		if tasks == 0 {
			return 0
		}
		return max(int(math.Round(float64(tasks)*scale)), least)
	}
	lasting := func(lasts Duration) Duration {
		if lasts == 0 {
			return 0
		}
		return Duration(max(time.Duration(math.Round(float64(lasts)*scale)), min(shortest, time.Duration(lasts))))
	}
	if scale < SmallScale {
		s.Warmup.Limit = Duration(max(float64(s.Warmup.Limit)*scale/SmallScale, float64(min(time.Duration(s.Warmup.Limit), time.Second))))
	}
	s.Phases = slices.Clone(s.Phases)
	for i := range s.Phases {
		p := &s.Phases[i]
		if p.Recorded != nil {
			if !p.Fixed && scale < 1 { // a longer one would have tasks that never came
				p.Recorded = shortened(p.Recorded, scale)
				p.Tasks = len(p.Recorded)
			}
			p.cut(time.Duration(s.Limit))
			continue
		}
		if p.Fixed {
			continue
		}
		p.Tasks, p.Lasts = scaled(p.Tasks), lasting(p.Lasts)
		p.On = maps.Clone(p.On)
		for name, l := range p.On {
			l.Tasks, l.Lasts = scaled(l.Tasks), lasting(l.Lasts)
			p.On[name] = l
		}
	}
	return s
}

// The ramp-up of a sustained backlog, before its rate is measured. Held workers fetch as much as they may hold at once, and the broker was
// busy with queueing. Both take less than a tenth of a second. Between turns, the workers are held, so each turn has its ramp-up.
const (
	leastRamp      = 250 * time.Millisecond
	leastTurnsRamp = 150 * time.Millisecond
	rampShare      = 10
)

// Ramp is how long a sustained backlog drains before its rate is measured.
func (p Phase) Ramp() time.Duration {
	if p.Turns > 0 {
		return leastTurnsRamp
	}
	return max(leastRamp, time.Duration(p.Lasts)/rampShare)
}

// TurnsOf is each side's number of turns in a sustained phase, and for how long each measures the rate. The number is even, so that each
// side comes first as often as last.
func (p Phase) TurnsOf() (n int, each time.Duration) {
	if p.Turns <= 0 {
		return 0, 0
	}
	pairs := max(int(math.Round(float64(p.Lasts)/float64(p.Turns)/2)), 1)
	return 2 * pairs, time.Duration(p.Lasts) / time.Duration(2*pairs)
}

// Expected is how long the phase's load lasts, until the last task is sent, if the plan determines it.
func (p Phase) Expected() (time.Duration, bool) {
	switch {
	case p.Arrivals == Sustained:
		return p.Ramp() + time.Duration(p.Lasts), true
	case p.paced() && p.Rate > 0:
		return time.Duration(float64(p.Tasks) / float64(p.Rate) * float64(time.Second)), true
	case p.Arrivals == Trace && len(p.Recorded) > 0:
		return time.Duration(p.Recorded[len(p.Recorded)-1].At * float64(time.Second)), true
	}
	return 0, false
}

// Held reports whether tasks are queued while the workers are held.
func Held(arrivals string) bool { return arrivals == Backlog || arrivals == Sustained }

// Scheduled reports whether each of the phase's tasks has a due time.
func (p Phase) Scheduled() bool { return p.paced() || p.Arrivals == Trace }

// paced reports whether the phase's tasks have a rate.
func (p Phase) paced() bool { return p.Arrivals == Open || p.Arrivals == Poisson }
