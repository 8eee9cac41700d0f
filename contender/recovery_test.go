package contender

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Each of tqbench's own contenders says what becomes of a killed worker's tasks. One that promises to run each at least once names no
// other design, unless its configuration does.
func TestEachFolderSaysWhatAKilledWorkersTasksBecome(t *testing.T) {
	t.Parallel()
	for _, c := range described(t) {
		for _, b := range c.Brokers() {
			for _, defaults := range []bool{false, true} {
				r, err := Recovers(c, b, suite.Scenario{}, defaults)
				if err != nil {
					t.Fatal(err)
				}
				if r == nil {
					t.Errorf("%s on %s (as installed: %v): no recovery", c.Name(), b, defaults)
				} else if r.Never != "" && r.AfterSeconds != 0 {
					t.Errorf("%s on %s: %+v", c.Name(), b, r)
				}
			}
		}
	}
}

func TestRecoveryIsATimeOrAReason(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"{after: 60s, knob: heartbeat $(concurrency)}": "",
		"{never: by design}":                           "",
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
	for want, side := range map[string]Setup{
		"A killed worker's tasks come back at once.":                             {Delivery: results.AtLeastOnce, Recovery: &results.Recovery{}},
		"A killed worker's tasks come back after at most 1m15s; with x, sooner.": {Delivery: results.AtLeastOnce, Recovery: &results.Recovery{AfterSeconds: 75, Knob: "x"}},
		"If only the process that runs a task is killed, the task never comes back: by design. What changes that: x.": {
			Delivery: results.AtLeastOnce, Recovery: &results.Recovery{Never: "by design", Knob: "x"}},
		"A killed worker's tasks never come back: by design. What changes that: x.": {Delivery: results.AtMostOnce, Recovery: &results.Recovery{Never: "by design", Knob: "x"}},
		"A killed worker's tasks never come back: by design.":                       {Delivery: results.AtMostOnce, Recovery: &results.Recovery{Never: "by design"}},
		"When a killed worker's tasks come back is not stated.":                     {},
	} {
		if got := recoverySentence(side.Recovery, side.Delivery); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
