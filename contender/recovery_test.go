package contender

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Each of tqbench's own contenders says what becomes of a killed worker's tasks, in each of its set-ups. Those of one that delivers at most
// once never come back. Where those of another never do, no setting says that they come back.
func TestEachFolderSaysWhatAKilledWorkersTasksBecome(t *testing.T) {
	t.Parallel()
	for _, c := range described(t) {
		sides := []folder{c}
		if e, err := c.early(); err == nil {
			sides = append(sides, e.(folder))
		}
		for _, side := range sides {
			for _, b := range side.Brokers() {
				for _, target := range side.targets(b) {
					s, err := side.Setup(target)
					if err != nil {
						t.Fatal(err)
					}
					at := fmt.Sprintf("%s on %s (as installed: %v, a user's application: %v)", side.Name(), b, target.Defaults, target.Own != nil)
					switch r := s.Recovery; {
					case r == nil:
						t.Errorf("%s: no recovery", at)
					case r.Never != "" && r.AfterSeconds != 0:
						t.Errorf("%s: %+v", at, r)
					case r.Never == "" && s.Delivery == results.AtMostOnce:
						t.Errorf("%s delivers at most once, and brings a killed worker's tasks back: %+v", at, r)
					case r.Never != "" && !r.Process && slices.ContainsFunc(s.Settings, func(x results.Setting) bool { return strings.Contains(x.Why, "a killed worker's tasks come back") }):
						t.Errorf("%s: a setting says that a killed worker's tasks come back, and recovery that they don't: %s", at, r.Never)
					}
				}
			}
		}
	}
}

// RQ only brings back a job with retries. tqbench's own have some if the set-up is matched; a user's may have none.
func TestRQBringsBackNoUsersJob(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		contender string
		own       bool
		defaults  bool
		want      results.Recovery
	}{
		{"rq/fork", false, false, results.Recovery{AfterSeconds: 1095, Knob: "--maintenance-interval and --worker-ttl"}},
		{"rq/simple", false, false, results.Recovery{AfterSeconds: 1245, Knob: "--maintenance-interval, --worker-ttl and the job's timeout"}},
		{"rq/fork", false, true, results.Recovery{Never: "a job without retries moves to the failed jobs", Knob: "Retry of the job"}},
		{"rq/fork", true, false, results.Recovery{Never: "a job without retries moves to the failed jobs", Knob: "Retry of the job"}},
		{"rq/simple", true, false, results.Recovery{Never: "a job without retries moves to the failed jobs", Knob: "Retry of the job"}},
	} {
		s := suite.Scenario{}
		if tt.own {
			s.Own = &suite.Own{}
		}
		got, err := Recovers(first(t, tt.contender), "redis", s, tt.defaults)
		if err != nil || *got != tt.want {
			t.Errorf("%s, a user's application: %v, as installed: %v: %+v, want %+v (%v)", tt.contender, tt.own, tt.defaults, got, tt.want, err)
		}
	}
}

// What a folder says of the kill of a process isn't said where whole workers are killed. What it says of both is.
func TestWhatIsSaidOfAProcessIsNotSaidOfAWorker(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		contender, broker, strike string
		never                     bool
	}{
		{"celery/prefork", "rabbitmq", suite.StrikeWorker, true},
		{"celery/prefork", "rabbitmq", suite.StrikeWorkers, false},
		{"celery/prefork", "postgres", suite.StrikeWorkers, true},
		{"asynctasq/process", "postgres", "", true},
		{"asynctasq/process", "postgres", suite.StrikeWorkers, false},
		{"asynctasq/process", "redis", suite.StrikeWorkers, true},
	} {
		got, err := Recovers(first(t, tt.contender), tt.broker, suite.Scenario{Setting: suite.Setting{Strike: tt.strike}}, false)
		if err != nil || (got != nil) != tt.never || got != nil && got.Never == "" {
			t.Errorf("%s on %s, strike %q: %+v, want never %v (%v)", tt.contender, tt.broker, tt.strike, got, tt.never, err)
		}
	}
}

// No set-up turns the knob that brings lost tasks back sooner: a match in what a framework's users leave alone would favour the one that has
// a knob, and recovery shows what each does as installed.
func TestTasksComeBackAsInstalled(t *testing.T) {
	t.Parallel()
	for _, c := range described(t) {
		for _, b := range c.Brokers() {
			s, err := c.Setup(c.targets(b)[0])
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range s.Settings {
				if knob := s.Recovery.Knob; s.Recovery.Never == "" && knob != "" && strings.Contains(x.Why, knob) && x.Value != x.Default {
					t.Errorf("%s on %s: %s is %s, as installed %s: %s", c.Name(), b, x.Name, x.Value, x.Default, x.Why)
				}
			}
		}
	}
}

// The class of a delivery says whether the broker has a task as unfinished until its end, and not whether it is run again. RQ keeps each job so.
func TestADeliverysClassIsTheBrokers(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"rq/fork", "rq/simple"} {
		c := first(t, name).(folder)
		for _, target := range c.targets("redis") {
			s, err := c.Setup(target)
			if err != nil {
				t.Fatal(err)
			}
			if s.Delivery != results.AtLeastOnce || (s.Recovery.Never != "") != strings.Contains(s.Guarantee, "moves to the failed jobs") {
				t.Errorf("%s (as installed: %v, a user's application: %v): %s, %+v", name, target.Defaults, target.Own != nil, s.Guarantee, s.Recovery)
			}
		}
	}
}

func TestRecoveryIsATimeOrAReason(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{after: 60s, knob: heartbeat $(concurrency)}": "",
		"{never: by design}":                           "",
		"{never: by design, process: true}":            "",
		"{after: 60s, process: true}":                  "line 12: recovery: process is about never",
		"{}":                                           "line 12: recovery: set after, such as 60s, or never, with the reason",
		"{after: 60s, never: x}":                       "line 12: recovery: set after, such as 60s, or never, with the reason",
		"{after: soon}":                                `line 12: recovery: after "soon": write a time, such as 60s`,
		"{after: -1s}":                                 `line 12: recovery: after "-1s": write a time, such as 60s`,
		"{after: 1s, knob: $(x)}":                      "line 12: recovery: unknown name $(x)",
	} {
		m, err := usable([]byte(strings.Replace(sound, "    delivery:", "    recovery: "+text+"\n    delivery:", 1)))
		if want != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s", text, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		r, err := Recovers(folder{Manifest: m, configuration: m.Configurations[0]}, "redis", suite.Scenario{Setting: suite.Setting{Concurrency: 4}}, false)
		if err != nil || r.AfterSeconds == 60 && r.Knob != "heartbeat 4" || r.AfterSeconds != 60 && r.Never != "by design" {
			t.Errorf("%s: %+v, %v", text, r, err)
		}
	}
}

func TestRecoveryIsASentence(t *testing.T) {
	t.Parallel()
	for want, said := range map[string]*results.Recovery{
		"A killed worker's tasks come back at once.":                                                                  {},
		"A killed worker's tasks come back after at most 1m15s; with x, sooner.":                                      {AfterSeconds: 75, Knob: "x"},
		"If only the process that runs a task is killed, the task never comes back: by design. What changes that: x.": {Never: "by design", Process: true, Knob: "x"},
		"A killed worker's tasks never come back: by design. What changes that: x.":                                   {Never: "by design", Knob: "x"},
		"A killed worker's tasks never come back: by design.":                                                         {Never: "by design"},
		"When a killed worker's tasks come back is not stated.":                                                       nil,
	} {
		if got := recoverySentence(said); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
