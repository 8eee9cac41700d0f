package results

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/internal/regular"
)

// Trial is trial.json: one execution of a cell.
type Trial struct {
	Version int `json:"version"`
	// Run is the id of the run that it is of, and Plan the hash of that run's plan. Trials that were written before these were
	// noted have none.
	Run       string `json:"run,omitempty"`
	Plan      string `json:"plan,omitempty"`
	ID        int    `json:"id"`
	Block     int    `json:"block"`
	Scenario  string `json:"scenario"`
	Broker    string `json:"broker"`
	Contender string `json:"contender"`
	// Arm tells the sides of a comparison apart, also where a contender runs against itself.
	Arm string `json:"arm"`
	// Defaults is true where the framework ran as installed, not in the matched set-up.
	Defaults    bool `json:"defaults"`
	Processes   int  `json:"processes"`
	Concurrency int  `json:"concurrency"`
	// Reason says why a trial did not run; it is empty for one that did.
	Reason string `json:"reason,omitempty"`
	// Failure is the first failure of a task that a worker noted, a warm-up task's too; it is not there if none was, and in trials that were
	// written before workers noted any.
	Failure *Failure `json:"failure,omitempty"`
	Counts
	// Accounting says the same by what the broker answered: who was promised to be kept, and who came all the same. It is
	// nil in a trial that did not run, and in those that were written before it was there.
	Accounting *accounting.Counts `json:"accounting,omitempty"`
	// Recovery is what became of the tasks that were sent before workers were killed; nil if none were.
	Recovery *Fate `json:"recovery,omitempty"`
	// Values are what a scenario's own way of measuring yields, by the names of package metric.
	Values map[string]float64 `json:"values,omitempty"`
	// Still is as that of a phase, from the first of what was measured to the last: for values that belong to no one phase.
	Still   float64     `json:"still"`
	Flags   []Flag      `json:"flags"`
	Phases  []Phase     `json:"phases"`
	Startup Startup     `json:"startup"`
	Warmup  Warmup      `json:"warmup"`
	Harness HarnessCost `json:"harness"`
	// WallSeconds is how long the trial took, from before its broker was opened until all but trial.json was written, without the
	// time for which it waited for the other sides of its block. It is
	// not there in trials that were written before it was measured.
	WallSeconds float64 `json:"wall_seconds,omitempty"`
	// Sums are the SHA-256 sums of the files next to trial.json, by name, those of logs and profiles among them. A column file
	// is only decoded when its sum is right: its library trusts the sizes that a file states.
	Sums     map[string]string `json:"sums"`
	Settings []Setting         `json:"settings,omitempty"`
	// Hosts are the other machines of the trial, with what they used.
	Hosts []Host `json:"hosts,omitempty"`
}

// Failure is why a task failed.
type Failure struct {
	// Error is the exception's type and text, in one line without secrets.
	Error string `json:"error"`
	// File and Line are where it was raised, by the file's name without its folder; they are empty if that is unknown.
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// String is the failure as one sentence's part: "KeyError: 'x', in shop.py, line 7".
func (f Failure) String() string {
	if f.Line == 0 {
		return f.Error
	}
	return fmt.Sprintf("%s, in %s, line %d", f.Error, f.File, f.Line)
}

// Counts accounts for each task of a trial, warm-up and readiness tasks apart.
//
// Sent = Finished + Failed + Lost + Unknown. Rejected tasks were refused by the broker, or its answer is missing, and
// no worker ran them: they never count as sent.
type Counts struct {
	Sent       int64 `json:"sent"`
	Rejected   int64 `json:"rejected"`
	Finished   int64 `json:"finished"`
	Failed     int64 `json:"failed"`
	Lost       int64 `json:"lost"`
	Duplicated int64 `json:"duplicated"`
	// Unknown tasks have no record where records are missing, as those of a host that was lost.
	Unknown int64 `json:"unknown,omitempty"`
	// Unexpected records carry a sequence number that was never sent.
	Unexpected int64 `json:"unexpected"`
	// Followed tasks were enqueued by tasks of the user's own application, those of the warm-up included, and ended.
	Followed int64 `json:"followed,omitempty"`
}

// MostStill bounds a phase's Still: beyond it, a bound such as 1/(1-still) is useless.
const MostStill = 0.9

// Phase is one stretch of load within a trial.
type Phase struct {
	Name     string `json:"name"`
	Arrivals string `json:"arrivals"`
	Producer string `json:"producer"`
	// First and Count give the sequence numbers of its tasks.
	First int64 `json:"first"`
	Count int64 `json:"count"`
	// Rate is the intended arrival rate in tasks per second; 0 for a backlog.
	Rate float64 `json:"rate"`
	// Depth is at how many tasks a sustained backlog was kept.
	Depth int64 `json:"depth,omitempty"`
	// EnqueueBegan and EnqueueEnded bracket the sending; of a sustained backlog, that of the first Depth tasks.
	EnqueueBegan int64 `json:"enqueue_began_ns"`
	EnqueueEnded int64 `json:"enqueue_ended_ns"`
	// Released is when the held workers were let go (backlog), or when the first task was due (open).
	Released int64 `json:"released_ns"`
	// SteadyFrom and SteadyTo bound the time over which the rate of a sustained backlog is taken: its ends within it, over
	// its length.
	SteadyFrom int64 `json:"steady_from_ns,omitempty"`
	SteadyTo   int64 `json:"steady_to_ns,omitempty"`
	// Turns are the times of which the rate is taken where the sides of the block took turns, ascending; the workers were held
	// between them. SteadyFrom and SteadyTo are then the first's beginning and the last's end.
	Turns []Turn `json:"turns,omitempty"`
	// ClockHalfWidth is how far a latency can be from the true one at most, in ns, as its times were taken by the clocks of several hosts; 0
	// where one clock took all.
	ClockHalfWidth int64 `json:"clock_half_width_ns,omitempty"`
	// OwnTasks is how many of the OwnOf tasks that finished ran on the host that sent them, where each host does both: latencies are of these
	// alone, as one clock took all of their times. Both are 0 elsewhere.
	OwnTasks int64 `json:"own_tasks,omitempty"`
	OwnOf    int64 `json:"own_of,omitempty"`
	// Drained is when the last task finished.
	Drained int64 `json:"drained_ns"`
	// LateP50, LateP99 and LateMax are how long after its intended time a task was sent.
	LateP50 int64 `json:"late_p50_ns"`
	LateP99 int64 `json:"late_p99_ns"`
	LateMax int64 `json:"late_max_ns"`
	// BytesPerTask is the mean size of a message as it was sent.
	BytesPerTask float64 `json:"bytes_per_task"`
	Workers      Usage   `json:"workers"`
	BrokerUsage  Usage   `json:"broker"`
	HarnessUsage Usage   `json:"harness"`
	// ServerCPUSeconds is the CPU time that a broker whose processes aren't ours says that it used over the same span as BrokerUsage, for all its
	// users; 0 if it doesn't say.
	ServerCPUSeconds float64 `json:"server_cpu_seconds,omitempty"`
	// Stolen is the share of the CPU time asked for that the hypervisor gave to others, 0 to 1: stolen / (stolen + busy),
	// over all CPUs. CPUs that idle don't dilute it.
	Stolen float64 `json:"stolen"`
	// Still is the longest share of the phase for which stolen CPU time can have stopped its critical path, at most 0.9: the
	// sum, over samples of 100 ms, of what was stolen from all CPUs and no more than the sample's length, over the phase's
	// wall time. For a sustained backlog it is that of the time from SteadyFrom to SteadyTo.
	Still float64 `json:"still"`
	// EnqueueStill is the same from EnqueueBegan to EnqueueEnded.
	EnqueueStill float64 `json:"enqueue_still"`
	// Crowded is the same by other programs than workers, broker and harness, over the same time: the sum, over samples of
	// 100 ms, of the CPU time that other programs used, no more than the sample's length, no more than the time for which all
	// CPUs were busy at most, and no more than all threads of ours waited for a CPU. Beside is the share of the time for which
	// other programs ran, at most 1: they slow down what runs on a neighbouring CPU, too. Both are 0 with an attached broker,
	// where they can't be known.
	Crowded float64 `json:"crowded"`
	Beside  float64 `json:"beside"`
	// Others is the share of the machine's CPU time that processes other than workers, broker and harness used, less
	// what rounding could make of it; 0 where it can't be decided.
	Others float64 `json:"others"`
}

// SteadyTurns are the times over which the rate of a sustained backlog is taken: its turns, or the whole of its steady time.
func (p Phase) SteadyTurns() []Turn {
	if len(p.Turns) > 0 {
		return p.Turns
	}
	return []Turn{{From: p.SteadyFrom, To: p.SteadyTo}}
}

// Turn is a stretch of time, in ns.
type Turn struct {
	From int64 `json:"from_ns"`
	To   int64 `json:"to_ns"`
}

// Usage is what a process tree consumed over a phase.
type Usage struct {
	// Measured is false where the processes aren't ours, as with an attached broker.
	Measured   bool    `json:"measured"`
	CPUSeconds float64 `json:"cpu_seconds"`
	// WallSeconds is the span that CPUSeconds were counted over, without the time for which the other sides of the block had
	// the turn.
	WallSeconds float64 `json:"wall_seconds"`
	// PSSMiB is the proportional set size at the end of the phase, in MiB.
	PSSMiB float64 `json:"pss_mib"`
	// VoluntarySwitches and InvoluntarySwitches are context switches.
	VoluntarySwitches   int64 `json:"voluntary_switches"`
	InvoluntarySwitches int64 `json:"involuntary_switches"`
	Processes           int   `json:"processes"`
}

// Startup is how a trial began and ended.
type Startup struct {
	BrokerSeconds float64 `json:"broker_seconds"`
	// WorkerSeconds is from the start of the first worker until each had run a task.
	WorkerSeconds float64 `json:"worker_seconds"`
	// ClockSlackNs is how wide a gap the harness's own readings leave for an offset of the workers' clock.
	ClockSlackNs int64 `json:"clock_slack_ns"`
	// StopSeconds is how long the workers were given to end, in a measurement of starts how long they took. Those that have
	// nothing left to do are killed after a moment; Killed counts the others that had to be.
	StopSeconds float64 `json:"stop_seconds"`
	Killed      int     `json:"killed"`
}

// Warmup is how the warm-up went.
type Warmup struct {
	Tasks   int64   `json:"tasks"`
	Seconds float64 `json:"seconds"`
	Steady  bool    `json:"steady"`
	Rule    string  `json:"rule"`
}

// HarnessCost is what tqbench itself used during the trial's phases.
type HarnessCost struct {
	// CPUShare is CPU time over wall time in the drain of backlog phases: 0.05 is 5 % of one core.
	CPUShare float64 `json:"cpu_share"`
	PSSMiB   float64 `json:"pss_mib"`
}

// trialFile is the last file of a trial to be written.
const trialFile = "trial.json"

// TrialDir is the folder of trial id below an output folder.
func TrialDir(out string, id int) string {
	return filepath.Join(trialsDir(out), fmt.Sprintf("%04d", id))
}

// Done tells whether the trial ran, as opposed to having been given up before its load.
func (t Trial) Done() bool { return t.Reason == "" }

// Flagged tells whether the trial has a flag of that code.
func (t Trial) Flagged(code string) bool {
	return slices.ContainsFunc(t.Flags, func(f Flag) bool { return f.Code == code })
}

// WriteTrial writes trial.json into dir, as the last file of a trial: it holds the sums of the others.
func WriteTrial(dir string, t Trial) error {
	t.Version = Version
	t.Sums = map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sum up %s: %w", dir, regular.Bare(err))
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == trialFile {
			continue
		}
		if t.Sums[e.Name()], err = t.sumOf(dir, e.Name()); err != nil {
			return err
		}
	}
	if t.Flags == nil {
		t.Flags = []Flag{}
	}
	if t.Phases == nil {
		t.Phases = []Phase{}
	}
	return WriteSealed(filepath.Join(dir, trialFile), t)
}

// ReadTrial reads trial.json from dir.
func ReadTrial(dir string) (Trial, error) {
	var t Trial
	err := readJSON(filepath.Join(dir, trialFile), &t, &t.Version)
	return t, err
}

// DecodeTrial checks the content of a trial.json from path.
func DecodeTrial(path string, data []byte) (Trial, error) {
	var t Trial
	err := decode(path, data, &t, &t.Version)
	return t, err
}

// trialsDir is the folder of the trials below an output folder.
func trialsDir(out string) string { return filepath.Join(out, "results", "trials") }

// trialNames are the names of the trials' folders; none where there are no results.
func trialNames(out string) ([]string, error) {
	entries, err := os.ReadDir(trialsDir(out))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", trialsDir(out), regular.Bare(err))
	}
	var names []string
	for _, e := range entries {
		// A name with a dot is a trial that was being written when its run was killed.
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// CountTrials counts the trials of an output folder without reading them.
func CountTrials(out string) (int, error) {
	names, err := trialNames(out)
	return len(names), err
}

// ReadTrials reads every trial of an output folder, by id. A run that has none yields an empty slice.
func ReadTrials(out string) ([]Trial, error) {
	dir := trialsDir(out)
	names, err := trialNames(out)
	if err != nil {
		return nil, err
	}
	trials, errs := make([]Trial, len(names)), make([]error, len(names))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range names {
		g.Go(func() error {
			trials[i], errs[i] = readNumbered(filepath.Join(dir, name))
			return nil
		})
	}
	_ = g.Wait() // of all that fail, the first in order is reported
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	sort.Slice(trials, func(i, j int) bool { return trials[i].ID < trials[j].ID })
	return trials, nil
}

// readNumbered reads trial.json from a folder that bears the trial's number.
func readNumbered(dir string) (Trial, error) {
	id, err := strconv.Atoi(filepath.Base(dir))
	if err != nil {
		return Trial{}, fmt.Errorf("read %s: %w: a trial's folder is named by its number", dir, ErrFormat)
	}
	t, err := ReadTrial(dir)
	if err == nil && t.ID != id {
		err = fmt.Errorf("read %s: %w: it says it is trial %d", filepath.Join(dir, trialFile), ErrFormat, t.ID)
	}
	return t, err
}

// CheckFiles refuses a trial of which a file that trial.json vouches for is missing or another one. Column files are left out: they
// are checked when they are read.
func (t Trial) CheckFiles(dir string) error {
	for _, name := range slices.Sorted(maps.Keys(t.Sums)) {
		if name == tasksFile || name == seriesFile {
			continue
		}
		path := filepath.Join(dir, name)
		if name != filepath.Base(name) {
			return fmt.Errorf("read %s: %w: it has the sum of %q, which is no name of a file", filepath.Join(dir, trialFile), ErrFormat, name)
		}
		got, err := t.sumOf(dir, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("read %s: %w: it is missing, and trial.json has its sum", path, ErrFormat)
		case err != nil:
			return err
		case got != t.Sums[name]:
			return fmt.Errorf("read %s: %w: it isn't the file whose sum trial.json has: it was damaged or changed", path, ErrFormat)
		}
	}
	return nil
}

// sumOf is the SHA-256 sum of a file of the trial, which may be long.
func (t Trial) sumOf(dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	sum, err := regular.Sum(path, t.limit(name))
	if err != nil {
		return "", fmt.Errorf("sum up %s: %w", path, err)
	}
	return sum, nil
}
