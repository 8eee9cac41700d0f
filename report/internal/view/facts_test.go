package view

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
)

func TestEachCheckHasItsWords(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for _, tt := range []struct {
		code, detail string
		fact         results.Fact
		want         string
	}{
		{results.FlagLost, "", results.Fact{Check: results.CheckTasks, Count: 2, Of: 90}, "2 of 90 tasks were lost: the broker accepted them, but no worker ran them"},
		{results.FlagUnknown, "", results.Fact{Check: results.CheckTasks, Count: 2, Of: 90},
			"2 of 90 tasks are unknown: records of a host that was lost are missing, so they may have run or not"},
		{results.FlagHost, "worker 1 was started again", results.Fact{Check: results.CheckHost}, "a host was lost: worker 1 was started again"},
		{results.FlagMoved, "worker 1 was on a, then on b", results.Fact{Check: results.CheckPlacement, Count: 1},
			"in this block, not all trials ran on the same machines: worker 1 was on a, then on b"},
		{results.FlagClock, "", results.Fact{Check: results.CheckHalfWidth, Phase: "paced", Value: 0.0000421, Limit: 0.000421},
			"phase paced: clocks of several hosts measured its latencies, which are at most 42µs wrong: none below 421µs is reported"},
		{results.FlagClock, "load 0", results.Fact{Check: results.CheckSlew, Count: 2},
			"the clock of load 0 moved away faster than its drift is bounded (2 times), as when a time service sets it"},
		{results.FlagThrottled, "worker 3", results.Fact{Check: results.CheckQuota, Count: 7, Of: 90, Value: 0.25},
			"its CPU quota stopped worker 3 in 7 of 90 periods, for 250ms in all"},
		{results.FlagDuplicated, "", results.Fact{Check: results.CheckTasks, Count: 2, Of: 90}, "2 of 90 tasks ran more than once"},
		{results.FlagFailed, "", results.Fact{Check: results.CheckTasks, Count: 2, Of: 90}, "2 of 90 tasks failed, though none was meant to"},
		{results.FlagFailed, "KeyError: 'x'", results.Fact{Check: results.CheckTasks, Count: 2, Of: 90}, "2 of 90 tasks failed: KeyError: 'x'"},
		{results.FlagFailed, "KeyError: 'x'", results.Fact{Check: results.CheckTasks, Phase: "drain", Count: 9, Of: 9, File: "shop.py", Line: 7},
			"phase drain: 9 of 9 tasks failed: KeyError: 'x', in shop.py, line 7"},
		{results.FlagRejected, "", results.Fact{Check: results.CheckTasks, Count: 2, Of: 90}, "2 of 90 tasks were refused by the broker, or it gave no answer"},
		{results.FlagUnexpected, "", results.Fact{Check: results.CheckUnexpected, Count: 5},
			"the workers got 5 tasks that this trial did not send: does another sender write to its queue?"},
		{results.FlagDuplicated, "", results.Fact{Check: results.CheckCharges, Count: 1, Of: 40}, "1 of 40 orders were charged more than once"},
		{results.FlagRejected, "", results.Fact{Check: results.CheckRequests, Phase: "requests", Count: 3, Of: 50}, "phase requests: 3 of 50 requests got no proper answer"},
		{results.FlagNotDrained, "", results.Fact{Check: results.CheckDrain, Phase: "drain", Count: 3, Of: 50},
			"phase drain: 3 of 50 tasks had not ended when the drain was abandoned"},
		{results.FlagNotDrained, "", results.Fact{Check: results.CheckFollowed, Phase: "drain", Count: 3},
			"phase drain: 3 tasks that the application's tasks enqueued had not ended when the next load began"},
		{results.FlagNotDrained, "", results.Fact{Check: results.CheckAbandoned, Phase: "steady", Value: 61.2344, Base: 3960}, "phase steady: it was abandoned after 1m1.234s of 1h6m0s"},
		{results.FlagSaturated, "", results.Fact{Check: results.CheckWaiting, Phase: "paced", Count: 700, Rate: 200},
			"phase paced: 700 tasks were waiting when the last was sent, more than one second's arrivals: the workers don't sustain 200 tasks/s"},
		{results.FlagReleasedEarly, "", results.Fact{Check: results.CheckReleased, Phase: "drain", Count: 2},
			"phase drain: the workers were let go briefly (2 times) before their time: one of them was held with a lock that blocked the enqueueing"},
		{results.FlagLate, "", results.Fact{Check: results.CheckLateness, Phase: "paced", Value: 0.0142345, Limit: 0.005},
			"phase paced: the generator's 99th percentile was 14.23ms late, more than 5ms"},
		{results.FlagLate, "", results.Fact{Check: results.CheckLateness, Phase: "paced", Value: 0.0142345, Limit: 0.005, Fault: true},
			"phase paced: the generator's 99th percentile was 14.23ms late, more than 5ms: it waited for the broker during the fault"},
		{results.FlagLate, "", results.Fact{Check: results.CheckUnbracketed, Phase: "paced", Value: 0.15, Limit: 0.1},
			"phase paced: the generator's 99th percentile was 150ms late, more than the 100ms up to which latencies are bracketed"},
		{results.FlagLate, "", results.Fact{Check: results.CheckBehind, Phase: "paced", Value: 0.3, Base: 1, Limit: 0.1},
			"phase paced: the generator was 300ms behind its schedule of 1s at its end, more than the 100ms up to which latencies are bracketed"},
		{results.FlagLate, "", results.Fact{Check: results.CheckMedianLateness, Phase: "paced", Value: 0.000021, Base: 0.0014, Limit: 0.01},
			"phase paced: the generator's median lateness of 21µs is 1.5 % of the median latency of 1.4ms, more than 1 %"},
		{results.FlagProducerBound, "", results.Fact{Check: results.CheckSearchLateness, Rate: 800, Value: 0.15, Limit: 0.1},
			"the search ended at 800 tasks/s, which failed because the generator's 99th percentile was 150ms late, more than the 100ms up to which the load is the requested one"},
		{results.FlagProducerBound, "", results.Fact{Check: results.CheckSearchBehind, Rate: 800, Value: 0.3, Base: 1, Limit: 0.1},
			"the search ended at 800 tasks/s, which failed because the generator was 300ms behind its schedule of 1s at its end, more than the 100ms up to which the load is the requested one"},
		{results.FlagProducerBound, "", results.Fact{Check: results.CheckSearchSent, Rate: 800, Value: 0.06, Limit: 0.25},
			"the search ended at 800 tasks/s, which failed because the generator's 99th percentile was 60ms late: from their sending, its tasks ended within 250ms"},
		{results.FlagProducerBound, "", results.Fact{Check: results.CheckBacklog, Phase: "steady", Of: 10000000, Count: 3, Limit: 1000000},
			"phase steady: its backlog of 10000000 was down to 3, below 1000000: the producer did not keep up"},
		{results.FlagThrottled, "", results.Fact{Check: results.CheckStolen, Value: 0.2, Limit: 0.02},
			"the trial as a whole: stolen CPU time can have stopped it for up to 20.0 % of the time, more than 2 %"},
		{results.FlagThrottled, "", results.Fact{Check: results.CheckStolen, Phase: "drain", Value: 0.034, Base: 0.051, Limit: 0.02},
			"phase drain: stolen CPU time can have stopped it for up to 3.4 % of the time, more than 2 %; 5.1 % of the CPU time asked for was stolen"},
		{results.FlagDisturbed, "", results.Fact{Check: results.CheckCrowded, Phase: "paced", Value: 0.62, Base: 0.47, Limit: 0.1},
			"phase paced: other programs can have stopped it for up to 62 % of the time, more than 10 %; they used 47 % of the machine's CPU time"},
		{results.FlagWorkerDied, "deadlock", results.Fact{Check: results.CheckEnded, Count: 1, Of: 2, Exit: "exit code 1"},
			"worker 1 of 2 ended during the trial (exit code 1): deadlock"},
		{results.FlagWorkerDied, "no port", results.Fact{Check: results.CheckAppEnded, Exit: "exit code 3"}, "the web application stopped with an error (exit code 3): no port"},
		{results.FlagKilled, "", results.Fact{Check: results.CheckStop, Count: 2, Limit: 15}, "2 worker processes did not stop within 15s of SIGTERM and were killed"},
		{results.FlagKilled, "", results.Fact{Check: results.CheckAppStop, Limit: 15}, "the web application did not stop within 15s of SIGTERM and was killed"},
		{results.FlagClock, "a worker began before it was sent", results.Fact{Check: results.CheckClock},
			"workers and harness don't read the same clock: a worker began before it was sent"},
		{results.FlagUnsteady, "", results.Fact{Check: results.CheckWarmup, Limit: 5}, "the warm-up ended at its limit of 5s before the rate was steady"},
		{results.FlagUnsteady, "", results.Fact{Check: results.CheckSlower, Phase: "drain", Metric: "throughput", Changes: []float64{0.32, 0.37, 0.9}},
			"phase drain: throughput was better at first and got worse (its level changed at 32 %, 37 % and 90 %)"},
		{results.FlagUnsteady, "", results.Fact{Check: results.CheckUnsteady, Phase: "drain", Metric: "latency", Changes: []float64{0.5}},
			"phase drain: latency was never steady (its level changed at 50 %)"},
		{results.FlagChanged, "", results.Fact{Check: results.CheckArguments}, "the arguments come back changed"},
		{results.FlagProfiled, "", results.Fact{Check: results.CheckProfiled, Phase: "drain", File: "profile-cpu-drain.svg"},
			"phase drain: its CPU profile was recorded (profile-cpu-drain.svg), which slows the workers down"},
		{results.FlagProfiled, "", results.Fact{Check: results.CheckMemory, Count: 3, File: "profile-memory-1.html"},
			"the memory profile of 3 processes was recorded (profile-memory-1.html and following), which slows the workers down"},
		{results.FlagProfiled, "denied", results.Fact{Check: results.CheckNoProfile, Phase: "drain"},
			"phase drain: its CPU profile could not be recorded (may processes inspect others here, and did the phase last long enough?): denied"},
		{results.FlagProfiled, "no file", results.Fact{Check: results.CheckNoMemory}, "its memory profile could not be recorded: no file"},
		{"no value", "", results.Fact{Check: results.CheckNoValue, Metric: "Median latency"}, "the trial has no median latency"},
		{"missing", "", results.Fact{Check: results.CheckAbsent}, "the run has no such trial"},
		{"no ratio", "", results.Fact{Check: results.CheckNoRatio, Value: 3}, "3.00 over 0 has no ratio"},
		{"no ratio", "", results.Fact{Check: results.CheckNoRatio, Value: -31.692629534696092, Base: 189.51763995422905}, "-31.7 over 190 has no ratio"},
		// Files of before there were facts, and of a later tqbench.
		{results.FlagLost, "2 of 90 tasks were lost", results.Fact{}, "2 of 90 tasks were lost"},
		{results.FlagLost, "somewhere", results.Fact{Check: "moved", Phase: "drain"}, "moved: somewhere"},
	} {
		if got := FlagWords(results.Flag{Code: tt.code, Detail: tt.detail, Fact: tt.fact}); got != tt.want {
			t.Errorf("%s, %s:\n%q, want\n%q", tt.code, tt.fact.Check, got, tt.want)
		}
		covered[tt.fact.Check] = true
	}
	for _, check := range constants(t, "../../../results/flag.go", "Check") {
		if !covered[check] {
			t.Errorf("the check %q has no words here", check)
		}
	}
}

// constants are the values of a file's string constants whose names begin so.
func constants(t *testing.T, path, prefix string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if ok && strings.HasPrefix(v.Names[0].Name, prefix) {
			value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, value)
		}
		return true
	})
	if len(out) == 0 {
		t.Fatalf("%s has no constants %s", path, prefix)
	}
	return out
}
