package suite

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"
)

// Phase is one stretch of load.
type Phase struct {
	// Name is the phase's own.
	Name string `yaml:"name" json:"name"`
	// Arrivals is how tasks come: all at once (backlog), so that a backlog keeps its depth (sustained), at a rate at even
	// (open) or random distances (poisson), as recorded (trace), or one for each start of the workers (cold).
	Arrivals string `yaml:"arrivals" json:"arrivals"`
	// Producer is who sends them: tqbench in the framework's wire format (wire), or the framework's own client (client).
	Producer string `yaml:"producer" json:"producer"`
	// Tasks is how many are sent at scale 1; a sustained backlog has a time instead.
	Tasks int `yaml:"tasks,omitempty" json:"tasks,omitempty"`
	// Depth is at how many tasks a sustained backlog is kept, those included that workers hold. A scale leaves it alone.
	Depth int `yaml:"depth,omitempty" json:"depth,omitempty"`
	// Lasts is for how long the rate of a sustained backlog is taken, at scale 1; its ramp-up comes before that.
	Lasts Duration `yaml:"lasts,omitempty" json:"lasts,omitempty"`
	// Turns is how long a turn is, where the sides of a block drain in turns on brokers of their own; 0 lets them go one after
	// the other.
	Turns Duration `yaml:"turns,omitempty" json:"turns,omitempty"`
	// Rate is in tasks per second; only open arrivals have one. A scale leaves it alone.
	Rate int `yaml:"rate,omitempty" json:"rate,omitempty"`
	// Trace is the CSV file of a trace, next to the scenario's own.
	Trace string `yaml:"trace,omitempty" json:"trace,omitempty"`
	// Recorded is what the trace holds.
	Recorded []Arrival `yaml:"-" json:"recorded,omitempty"`
	// Fixed numbers of tasks and times are not scaled: they are what is asked about.
	Fixed bool `yaml:"fixed,omitempty" json:"fixed,omitempty"`
	// On has other numbers for single brokers: what one drains in a second takes another a minute, and where a rate
	// depends on the depth of the backlog, the depth is stated here.
	On map[string]Numbers `yaml:"on,omitempty" json:"on,omitempty"`
}

// Numbers replace those of a phase on one broker; 0 leaves the phase's number.
type Numbers struct {
	// Tasks is how many are sent there.
	Tasks int `yaml:"tasks,omitempty" json:"tasks,omitempty"`
	// Rate is in tasks per second.
	Rate int `yaml:"rate,omitempty" json:"rate,omitempty"`
	// Depth is that of the backlog there.
	Depth int `yaml:"depth,omitempty" json:"depth,omitempty"`
	// Lasts is for how long the rate is taken there.
	Lasts Duration `yaml:"lasts,omitempty" json:"lasts,omitempty"`
}

// For is the scenario as it runs on a broker.
func (s Scenario) For(broker string) Scenario {
	s.Phases = slices.Clone(s.Phases)
	for i := range s.Phases {
		p := &s.Phases[i]
		l := p.On[broker]
		p.Tasks, p.Rate = cmp.Or(l.Tasks, p.Tasks), cmp.Or(l.Rate, p.Rate)
		p.Depth, p.Lasts = cmp.Or(l.Depth, p.Depth), cmp.Or(l.Lasts, p.Lasts)
		p.On = nil
	}
	return s
}

// SmallScale is the scale below which warm-ups are cut short, too: such a run shows that things work.
const SmallScale = 0.1

// The shortest times for which the rate of a sustained backlog is taken: at a small scale, and at any other.
const (
	leastShown = 500 * time.Millisecond
	leastLasts = 3 * time.Second
)

// Scaled multiplies the number of tasks of each phase, or the time that it lasts, leaving rates alone. No phase gets fewer
// than 100 tasks: a 99th percentile of fewer would be the maximum. A start takes seconds, and is summed up by its median.
func (s Scenario) Scaled(scale float64) Scenario {
	least, shortest := 100, leastLasts
	if s.measure() == Start {
		least = 3
	}
	if scale < SmallScale {
		shortest = leastShown
	}
	// What isn't there has no least value.
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
		if p.Fixed {
			continue
		}
		if p.Recorded != nil {
			p.Recorded = shortened(p.Recorded, scale)
			p.Tasks = len(p.Recorded)
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

// How long a sustained backlog is worked off before its rate is taken: workers that were held fetch what they may hold
// all at once, and the broker was busy with what was queued. Both take less than a tenth of a second. Sides that take turns are
// held between any two of these, so that each turn has its ramp.
const (
	leastRamp      = 250 * time.Millisecond
	leastTurnsRamp = 150 * time.Millisecond
	rampShare      = 10
)

// Ramp is how long a sustained backlog is worked off before its rate is taken.
func (p Phase) Ramp() time.Duration {
	if p.Turns > 0 {
		return leastTurnsRamp
	}
	return max(leastRamp, time.Duration(p.Lasts)/rampShare)
}

// TurnsOf is how many turns each side has in a sustained phase, and how long its rate is taken in each: an even number, so that
// each side comes first as often as last.
func (p Phase) TurnsOf() (n int, each time.Duration) {
	if p.Turns <= 0 {
		return 0, 0
	}
	pairs := max(int(math.Round(float64(p.Lasts)/float64(p.Turns)/2)), 1)
	return 2 * pairs, time.Duration(p.Lasts) / time.Duration(2*pairs)
}

// Expected is how long the phase's load lasts, where that follows from the plan: until the last task is sent.
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

// Held tells of arrivals whether tasks are queued while the workers are held.
func Held(arrivals string) bool { return arrivals == Backlog || arrivals == Sustained }

// Scheduled tells whether each of the phase's tasks has a time at which it is due.
func (p Phase) Scheduled() bool { return p.paced() || p.Arrivals == Trace }

// paced tells whether the phase's tasks have a rate.
func (p Phase) paced() bool { return p.Arrivals == Open || p.Arrivals == Poisson }
