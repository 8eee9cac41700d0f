package results

import "strings"

// Flag is a reason to distrust a trial: a code with its facts, and the metrics that it keeps out of the verdict. Reports make a sentence of
// it.
type Flag struct {
	Code string `json:"code"`
	// Detail is what a log or a check says. In files that were written before there were facts, it is the whole sentence.
	Detail string `json:"detail"`
	// Metrics that this flag invalidates; none means that it is only noted. "*" means all.
	Metrics []string `json:"metrics"`
	Fact
}

// Fact is what a check found: which check it was, with the numbers that it means. Those that it doesn't mean are zero.
type Fact struct {
	// Check names the check that found it. It is "" in files that were written before there were facts.
	Check string `json:"check,omitempty"`
	// Phase is where it happened; "" means the trial as a whole.
	Phase string `json:"phase,omitempty"`
	// How many tasks, processes or times, and out of how many.
	Count int64 `json:"count,omitempty"`
	Of    int64 `json:"of,omitempty"`
	// Value is what was measured, Base what it is compared with, and Limit the bound of the check: in seconds, as a share of 1, or as a
	// count, as the check says.
	Value float64 `json:"value,omitempty"`
	Base  float64 `json:"base,omitempty"`
	Limit float64 `json:"limit,omitempty"`
	// Rate is the arrival rate, in tasks/s.
	Rate int `json:"rate,omitempty"`
	// Metric is the title of what was judged.
	Metric string `json:"metric,omitempty"`
	// Changes are where a level changed, as shares of the phase.
	Changes []float64 `json:"changes,omitempty"`
	// Exit is how a process ended, and File the first file of what was recorded; with a Line, it is the file of a program.
	Exit string `json:"exit,omitempty"`
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	// Fault tells that it happened because of the fault that the scenario causes.
	Fault bool `json:"fault,omitempty"`
}

// The checks.
const (
	// CheckTasks: Count of Of tasks were lost, ran twice, failed, were refused or are unknown, as the flag's code says. Of failed tasks, the flag's detail
	// is the first exception that a worker noted, and File and Line are where it was raised.
	CheckTasks = "tasks"
	// CheckUnexpected: the workers got Count tasks that the trial did not send.
	CheckUnexpected = "unexpected"
	// CheckCharges: Count of Of orders were charged more than once.
	CheckCharges = "charges"
	// CheckRequests: Count of Of requests got no proper answer.
	CheckRequests = "requests"
	// CheckDrain: Count of Of tasks had not ended when the drain was abandoned.
	CheckDrain = "drain"
	// CheckFollowed: Count tasks that the application's tasks enqueued had not ended when the next load began.
	CheckFollowed = "followed"
	// CheckAbandoned: the phase was abandoned after Value of Base seconds.
	CheckAbandoned = "abandoned"
	// CheckWaiting: Count tasks were waiting when the last was sent, more than arrive in a second at Rate.
	CheckWaiting = "waiting"
	// CheckReleased: held workers were let go Count times before their time.
	CheckReleased = "released"
	// CheckLateness: the 99th percentile of the sends' lateness is Value seconds, above Limit. CheckUnbracketed: the same above the limit up
	// to which latencies are bracketed. CheckMedianLateness: the median is Value seconds, more than the share Limit of the median latency,
	// Base.
	CheckLateness       = "lateness"
	CheckUnbracketed    = "unbracketed"
	CheckMedianLateness = "median-lateness"
	// CheckBehind: at its end, the generator was Value seconds behind its schedule of Base seconds, more than the Limit up to which
	// latencies are bracketed.
	CheckBehind = "behind"
	// The search for the highest rate ended at Rate, which failed because of our generator. CheckSearchLateness and CheckSearchBehind: its
	// load was not the requested one, with the fields of CheckUnbracketed and CheckBehind. CheckSearchSent: the 99th percentile of its
	// lateness was Value seconds, and from their sending, the tasks ended within Limit seconds.
	CheckSearchLateness = "search-lateness"
	CheckSearchBehind   = "search-behind"
	CheckSearchSent     = "search-sent"
	// CheckBacklog: a backlog of Of tasks was down to Count, below Limit.
	CheckBacklog = "backlog"
	// CheckStolen: stolen CPU time can have stopped the phase for the share Value of its time, above Limit; Base is the share of the CPU time
	// asked for that was stolen, which is known of phases alone.
	CheckStolen = "stolen"
	// CheckCrowded: other programs can have stopped the phase for the share Value of its time, above Limit; they used the share Base of the
	// machine's CPU time.
	CheckCrowded = "crowded"
	// CheckEnded: worker Count of Of ended by itself, as Exit says; the flag's detail has its last words. CheckAppEnded: the web application
	// stopped so.
	CheckEnded    = "ended"
	CheckAppEnded = "app-ended"
	// CheckStop: Count worker processes were killed, Limit seconds after SIGTERM. CheckAppStop: the web application was.
	CheckStop    = "stop"
	CheckAppStop = "app-stop"
	// CheckClock: workers and harness don't read the same clock, as the flag's detail says.
	CheckClock = "clock"
	// CheckHalfWidth: latencies crossed clocks, with an error of at most Value seconds: those below Limit aren't reported. CheckSlew: the clock
	// of the host in the flag's detail moved away faster than its drift is bounded, Count times.
	CheckHalfWidth = "half-width"
	CheckSlew      = "slew"
	// CheckHost: a host was lost in the trial, as the flag's detail says.
	CheckHost = "host"
	// CheckPlacement: Count hosts moved to another machine within the block, or their machines were started again, as the flag's detail says.
	CheckPlacement = "placement"
	// CheckQuota: the CPU quota of the host in the flag's detail stopped it in Count of Of periods, for Value seconds in all.
	CheckQuota = "quota"
	// CheckWarmup: the warm-up ended at its limit of Limit seconds.
	CheckWarmup = "warm-up"
	// CheckSlower: the Metric was better at first, and got worse at Changes. CheckUnsteady: it was never steady.
	CheckSlower   = "slower"
	CheckUnsteady = "unsteady"
	// CheckArguments: the arguments come back changed.
	CheckArguments = "arguments"
	// CheckProfiled: the phase's CPU profile is in File. CheckMemory: the memory profiles of Count processes are in File and following.
	// CheckNoProfile and CheckNoMemory: there is none, as the flag's detail says.
	CheckProfiled  = "profiled"
	CheckMemory    = "memory"
	CheckNoProfile = "no-profile"
	CheckNoMemory  = "no-memory"
	// CheckNoValue: the trial has no figure of Metric. CheckAbsent: the run has no such trial. CheckNoRatio: Value over Base has no ratio.
	// These are of comparisons alone.
	CheckNoValue = "no-value"
	CheckAbsent  = "absent"
	CheckNoRatio = "no-ratio"
)

// Invalidates reports whether the flag keeps metric out of the verdict. A flag of a metric is one of each kind of task, too:
// latency_p95 means latency_p95:mail as well.
func (f Flag) Invalidates(metric string) bool {
	base, _, _ := strings.Cut(metric, ":")
	for _, m := range f.Metrics {
		if m == "*" || m == metric || m == base {
			return true
		}
	}
	return false
}

// The codes of flags.
const (
	FlagLost          = "lost"
	FlagUnknown       = "unknown"
	FlagDuplicated    = "duplicated"
	FlagUnexpected    = "unexpected"
	FlagRejected      = "rejected"
	FlagFailed        = "failed"
	FlagLate          = "late"
	FlagThrottled     = "throttled"
	FlagDisturbed     = "disturbed"
	FlagReleasedEarly = "released-early"
	FlagWorkerDied    = "worker-died"
	FlagHost          = "host"
	FlagMoved         = "moved"
	FlagNotDrained    = "not-drained"
	FlagSaturated     = "saturated"
	FlagProducerBound = "producer-bound"
	FlagClock         = "clock"
	FlagUnsteady      = "unsteady"
	FlagKilled        = "killed"
	FlagChanged       = "changed"
	FlagProfiled      = "profiled"
)
