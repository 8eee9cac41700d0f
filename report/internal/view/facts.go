package view

import (
	"fmt"
	"strings"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
)

// FlagWords is the sentence of a flag. In files that were written before there were facts, its detail is all there is.
func FlagWords(f results.Flag) string {
	if f.Check == "" {
		return f.Detail
	}
	out := ""
	for _, words := range []func(results.Flag) string{countWords, sendWords, workerWords, machineWords, profileWords, gapWords} {
		if out = words(f); out != "" {
			break
		}
	}
	switch {
	case out == "": // a check of a newer tqbench
		return strings.TrimSpace(Name(f.Check) + ": " + f.Detail)
	case f.Phase != "":
		return "phase " + f.Phase + ": " + out
	}
	return out
}

func flaggedWords(f analysis.Flagged) string {
	return FlagWords(results.Flag{Code: f.Code, Detail: f.Detail, Fact: f.Fact})
}

func countWords(f results.Flag) string {
	n := fmt.Sprintf("%d of %d ", f.Count, f.Of)
	switch f.Check {
	case results.CheckTasks:
		if f.Code == results.FlagFailed && f.Detail != "" {
			return n + "tasks failed: " + results.Failure{Error: f.Detail, File: f.File, Line: f.Line}.String()
		}
		return n + "tasks " + map[string]string{
			results.FlagLost:       "were lost: the broker accepted them, but no worker ran them",
			results.FlagUnknown:    "are unknown: records of a host that was lost are missing, so they may have run or not",
			results.FlagDuplicated: "ran more than once",
			results.FlagFailed:     "failed, though none was meant to",
			results.FlagRejected:   "were refused by the broker, or it gave no answer",
		}[f.Code]
	case results.CheckUnexpected:
		return fmt.Sprintf("the workers got %d tasks that this trial did not send: does another sender write to its queue?", f.Count)
	case results.CheckCharges:
		return n + "orders were charged more than once"
	case results.CheckRequests:
		return n + "requests got no proper answer"
	case results.CheckDrain:
		return n + "tasks had not ended when the drain was abandoned"
	case results.CheckFollowed:
		return fmt.Sprintf("%d tasks that the application's tasks enqueued had not ended when the next load began", f.Count)
	case results.CheckAbandoned:
		return fmt.Sprintf("it was abandoned after %s of %s", lasting(f.Value, time.Millisecond), lasting(f.Base, time.Millisecond))
	case results.CheckWaiting:
		return fmt.Sprintf("%d tasks were waiting when the last was sent, more than one second's arrivals: the workers don't sustain %d tasks/s",
			f.Count, f.Rate)
	}
	return ""
}

// sendWords are about our generator.
func sendWords(f results.Flag) string {
	const ours = "the search ended at %d tasks/s, which failed because "
	out := ""
	switch f.Check {
	case results.CheckLateness:
		out = lateWords(f)
	case results.CheckUnbracketed, results.CheckBehind:
		out = lateWords(f) + " up to which latencies are bracketed"
	case results.CheckMedianLateness:
		out = fmt.Sprintf("the generator's median lateness of %s is %.1f %% of the median latency of %s, more than %g %%",
			lasting(f.Value, time.Microsecond), 100*f.Value/f.Base, lasting(f.Base, 10*time.Microsecond), 100*f.Limit)
	case results.CheckSearchLateness, results.CheckSearchBehind:
		out = fmt.Sprintf(ours, f.Rate) + lateWords(f) + " up to which the load is the requested one"
	case results.CheckSearchSent:
		out = fmt.Sprintf(ours+"the generator's 99th percentile was %s late: from their sending, its tasks ended within %s",
			f.Rate, lasting(f.Value, 10*time.Microsecond), lasting(f.Limit, time.Microsecond))
	case results.CheckBacklog:
		out = fmt.Sprintf("its backlog of %d was down to %d, below %.0f: the producer did not keep up", f.Of, f.Count, f.Limit)
	}
	if f.Fault && out != "" {
		out += ": it waited for the broker during the fault"
	}
	return out
}

func lateWords(f results.Flag) string {
	switch f.Check {
	case results.CheckBehind, results.CheckSearchBehind:
		return fmt.Sprintf("the generator was %s behind its schedule of %s at its end, more than the %s", lasting(f.Value, time.Millisecond),
			lasting(f.Base, time.Millisecond), lasting(f.Limit, time.Millisecond))
	case results.CheckLateness:
		return fmt.Sprintf("the generator's 99th percentile was %s late, more than %s", lasting(f.Value, 10*time.Microsecond), lasting(f.Limit, time.Microsecond))
	}
	return fmt.Sprintf("the generator's 99th percentile was %s late, more than the %s", lasting(f.Value, 10*time.Microsecond), lasting(f.Limit, time.Microsecond))
}

func workerWords(f results.Flag) string {
	killed := fmt.Sprintf("did not stop within %s of SIGTERM and", lasting(f.Limit, time.Millisecond))
	switch f.Check {
	case results.CheckReleased:
		return fmt.Sprintf("the workers were let go briefly (%d times) before their time: one of them was held with a lock that blocked the enqueueing", f.Count)
	case results.CheckEnded:
		return fmt.Sprintf("worker %d of %d ended during the trial (%s): %s", f.Count, f.Of, f.Exit, f.Detail)
	case results.CheckAppEnded:
		return fmt.Sprintf("the web application stopped with an error (%s): %s", f.Exit, f.Detail)
	case results.CheckStop:
		return fmt.Sprintf("%d worker processes %s were killed", f.Count, killed)
	case results.CheckAppStop:
		return fmt.Sprintf("the web application %s was killed", killed)
	case results.CheckWarmup:
		return fmt.Sprintf("the warm-up ended at its limit of %s before the rate was steady", lasting(f.Limit, time.Millisecond))
	case results.CheckHost:
		return "a host was lost: " + f.Detail
	case results.CheckPlacement:
		return "in this block, not all trials ran on the same machines: " + f.Detail
	case results.CheckArguments:
		return "the arguments come back changed"
	}
	return ""
}

func machineWords(f results.Flag) string {
	switch f.Check {
	case results.CheckStolen:
		out := fmt.Sprintf("stolen CPU time can have stopped it for up to %.1f %% of the time, more than %.0f %%", 100*f.Value, 100*f.Limit)
		if f.Phase == "" {
			return "the trial as a whole: " + out
		}
		return out + fmt.Sprintf("; %.1f %% of the CPU time asked for was stolen", 100*f.Base)
	case results.CheckCrowded:
		return fmt.Sprintf("other programs can have stopped it for up to %.0f %% of the time, more than %.0f %%; they used %.0f %% of the machine's CPU time",
			100*f.Value, 100*f.Limit, 100*f.Base)
	case results.CheckHalfWidth:
		return fmt.Sprintf("clocks of several hosts measured its latencies, which are at most %s wrong: none below %s is reported",
			lasting(f.Value, time.Microsecond), lasting(f.Limit, time.Microsecond))
	case results.CheckSlew:
		return fmt.Sprintf("the clock of %s moved away faster than its drift is bounded (%d times), as when a time service sets it", f.Detail, f.Count)
	case results.CheckQuota:
		return fmt.Sprintf("its CPU quota stopped %s in %d of %d periods, for %s in all", f.Detail, f.Count, f.Of, lasting(f.Value, time.Millisecond))
	case results.CheckClock:
		return "workers and harness don't read the same clock: " + f.Detail
	case results.CheckSlower:
		return f.Metric + " was better at first and got worse (" + levelWords(f.Changes) + ")"
	case results.CheckUnsteady:
		return f.Metric + " was never steady (" + levelWords(f.Changes) + ")"
	}
	return ""
}

// levelWords say where a level changed.
func levelWords(at []float64) string {
	var shares []string
	for _, x := range at {
		shares = append(shares, fmt.Sprintf("%.0f %%", 100*x))
	}
	return "its level changed at " + text.List(shares)
}

func profileWords(f results.Flag) string {
	const slows = ", which slows the workers down"
	switch f.Check {
	case results.CheckProfiled:
		return "its CPU profile was recorded (" + f.File + ")" + slows
	case results.CheckMemory:
		return fmt.Sprintf("the memory profile of %d processes was recorded (%s and following)", f.Count, f.File) + slows
	case results.CheckNoProfile:
		return "its CPU profile could not be recorded (may processes inspect others here, and did the phase last long enough?): " + f.Detail
	case results.CheckNoMemory:
		return "its memory profile could not be recorded: " + f.Detail
	}
	return ""
}

// gapWords are about what a comparison lacks.
func gapWords(f results.Flag) string {
	switch f.Check {
	case results.CheckNoValue:
		return "the trial has no " + text.Lower(f.Metric)
	case results.CheckAbsent:
		return "the run has no such trial"
	case results.CheckNoRatio:
		return fmt.Sprintf("%s over %s has no ratio", number.Short(f.Value), number.Short(f.Base))
	}
	return ""
}

// lasting is a duration in seconds, rounded.
func lasting(seconds float64, to time.Duration) string {
	return time.Duration(seconds * float64(time.Second)).Round(to).String()
}
