package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

const (
	defaultOut = "tqbench-out"
	upToName   = "up-to"
)

// planOptions are the flags that shape a plan.
type planOptions struct {
	scenarios, brokers, contenders []string
	seed                           uint64
	defaults                       bool
	rtt                            time.Duration
	profile                        string
	hosts                          suite.Hosts
	// topology is how the machines of a swarm are asked for, swarm their number.
	topology string
	swarm    int
	// upTo is the largest number of workers of a scenario that doubles them; 0 is the plan's default.
	upTo int
	lengthOptions
	own ownOptions
	// soak is how long a soak lasts; 0 keeps the scenario's own length.
	soak time.Duration
	// perSide is how long a run may take for each of three or more sides, by default; 0 changes nothing.
	perSide time.Duration
	// gate is what a comparison of a change with its base asks; nil for other runs.
	gate *suite.Gate
	// folders are those of external contenders; catalog has these and tqbench's own.
	folders []suite.Folder
	catalog *contender.Catalog
	// sources are those of releases that no package index has, which find finds.
	sources []suite.Source
	find    finder
}

// planFlags are the names of the flags that shape a plan.
func planFlags() []string {
	return slices.Concat([]string{"scenario", "broker", "contender", "seed", "defaults", "for", "rtt", "profile", upToName, workerHostsName, loadHostsName, topologyName, hostsName}, lengthFlags(), ownFlags())
}

func (o *planOptions) flags(cmd *cobra.Command, scale float64, within time.Duration) {
	f := cmd.Flags()
	o.find = finding(cmd)
	o.lengthOptions.flags(cmd, scale, within)
	f.StringSliceVar(&o.scenarios, "scenario", []string{"1"}, "scenarios by number or name, a YAML file, or all (except those that only run by name, such as faults)")
	f.StringSliceVar(&o.brokers, "broker", []string{"redis"}, brokerNamesHelp())
	f.StringSliceVar(&o.contenders, "contender", nil, "contenders, the baseline first: names, or paths of folders with a contender.yaml, such as ./my-queue; NAME@VERSION is another release of a queue, such as celery@5.5.3, celery@git+https://HOST/PATH@REVISION or celery@./FILE.whl; all means one per framework; name one twice to compare it with itself (default: each scenario's own, or "+strings.Join(contenders.Usual(), ",")+")")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the order of trials and of all random choices")
	o.own.flags(cmd)
	f.DurationVar(&o.soak, "for", 0, "length of the soak at any scale, such as 8h: one block without a limit, unless --blocks or --within says otherwise (default: 3m at scale 1)")
	f.DurationVar(&o.rtt, "rtt", 0, "round-trip time to add between the broker and the frameworks' workers and clients, such as 2ms")
	f.IntVar(&o.upTo, upToName, 0, "largest number of worker processes of the scenario scaling, over all machines (default: one for each CPU, or for each of --worker-hosts)")
	f.StringVar(&o.profile, "profile", "", "profile the workers, `cpu|memory`: flame graphs in the trials' folders, but no verdicts, as profiling slows workers down")
	f.BoolVar(&o.defaults, "defaults", false, "compare the frameworks as installed, not in the matched set-up")
}

// plan makes the plan that the flags describe.
func (o *planOptions) plan() (suite.Plan, error) {
	if err := o.open(); err != nil {
		return suite.Plan{}, err
	}
	scenarios, err := o.chosen()
	if err != nil {
		return suite.Plan{}, err
	}
	if slices.Contains(o.brokers, "all") {
		o.brokers = broker.Names()
	}
	for i, b := range o.brokers {
		if err := broker.Check(b); err != nil {
			return suite.Plan{}, err
		}
		if slices.Contains(o.brokers[:i], b) {
			return suite.Plan{}, fmt.Errorf("%w: --broker names %s twice", errUsage, b)
		}
	}
	chosen, err := o.names(o.contenders)
	if err != nil {
		return suite.Plan{}, err
	}
	if o.perSide > 0 && len(chosen) > 2 && !o.given("within") {
		o.within = o.perSide * time.Duration(len(chosen))
	}
	for i := range scenarios {
		if scenarios[i].Contenders, err = o.names(scenarios[i].Contenders); err != nil {
			return suite.Plan{}, fmt.Errorf("scenario %s: %w", scenarios[i].Name, err)
		}
	}
	if o.given("for") {
		if err := o.lengthen(scenarios); err != nil {
			return suite.Plan{}, err
		}
	}
	if o.given(upToName) && o.upTo == 0 {
		return suite.Plan{}, fmt.Errorf("%w: --%s 0: write a number of workers, such as 16", errUsage, upToName)
	}
	blocks, growth, err := o.growth(o.profile != "")
	if err != nil {
		return suite.Plan{}, err
	}
	others, err := o.names(contenders.Usual())
	if err != nil {
		return suite.Plan{}, err
	}
	hosts, err := o.otherHosts()
	if err != nil {
		return suite.Plan{}, err
	}
	return o.fitting(func(scale float64) (suite.Plan, error) {
		return suite.NewPlan(suite.Options{
			Scenarios: scenarios, Brokers: o.brokers, Contenders: chosen, Usual: others, Blocks: blocks, Scale: scale, Seed: o.seed,
			Defaults: o.defaults, RTT: o.rtt, Profile: o.profile, Growth: growth, Gate: o.gate, Folders: o.folders, Sources: o.sources, Hosts: hosts, UpTo: o.upTo, Offered: o.offered, Recovery: o.recovers,
			Environment: suite.Environment{OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU()},
		})
	})
}

// chosen are the scenarios, or the user's own task.
func (o *planOptions) chosen() ([]suite.Scenario, error) {
	if !o.own.given() {
		for _, flag := range ownFlags() {
			if o.given(flag) {
				return nil, fmt.Errorf("%w: --%s is for your own task: also give --app and --task", errUsage, flag)
			}
		}
		return findScenarios(o.scenarios)
	}
	if o.given("scenario") {
		return nil, fmt.Errorf("%w: give --scenario or --app, not both: your own task replaces the scenario", errUsage)
	}
	s, err := o.own.scenario(o.catalog)
	if err != nil {
		return nil, err
	}
	if len(o.contenders) == 0 {
		o.contenders = o.own.frameworks()
	}
	for _, n := range o.contenders {
		c, err := o.catalog.Find(n)
		if err != nil {
			continue // names reports it
		}
		if r, chosen := contender.Release(c); chosen {
			return nil, fmt.Errorf("%w: contender %s: your own application has the release of its interpreter: leave out %s%s, and choose one with --app-python",
				errUsage, n, suite.ReleaseMark, r.Version)
		}
		if s.Own.Apps[c.Framework()] == "" {
			return nil, fmt.Errorf("%w: contender %s: --app %s=MODULE is missing, the module of its tasks", errUsage, n, c.Framework())
		}
	}
	return []suite.Scenario{s}, nil
}

// lengthen sets the requested length of the scenarios' soaks.
func (o *planOptions) lengthen(scenarios []suite.Scenario) error {
	found, longest := false, 30*24*time.Hour
	for i := range scenarios {
		if scenarios[i].Measure != suite.Soak {
			continue
		}
		found = true
		p := &scenarios[i].Phases[1]
		length := func(rate int) int {
			longest = min(longest, time.Duration(suite.MaxTasks/max(rate, 1))*time.Second)
			return int(o.soak.Seconds() * float64(rate))
		}
		p.Tasks, p.Fixed, p.On = length(p.Rate), true, maps.Clone(p.On)
		// A broker's own numbers may have another rate, and keep it for the same time.
		for name, l := range p.On {
			l.Tasks = length(cmp.Or(l.Rate, p.Rate))
			p.On[name] = l
		}
	}
	switch {
	case !found:
		return fmt.Errorf("%w: --for is the length of a soak: use it with --scenario soak", errUsage)
	case o.soak < time.Second || o.soak > longest:
		return fmt.Errorf("%w: --for %s: must be from 1s to %s", errUsage, o.soak, longest)
	}
	return nil
}

// offered is why a contender can't run a scenario on a broker, or "".
func (o *planOptions) offered(name, brokerName string, s suite.Scenario) (string, error) {
	c, err := o.catalog.Find(name)
	if err != nil {
		return "", err
	}
	if o.profile != "" && !contender.IsPython(c) {
		return c.Name() + " is not a Python program, and only Python programs can be profiled", nil
	}
	hosts, err := o.otherHosts()
	if err != nil {
		return "", err
	}
	if why := hosts.Refuses(s); why != "" {
		return why, nil
	}
	return contender.Lacks(c, brokerName, s), nil
}

// recovers is what a contender says of the tasks that a killed worker held; nil if it says nothing.
func (o *planOptions) recovers(name, brokerName string, s suite.Scenario) (*results.Recovery, error) {
	c, err := o.catalog.Find(name)
	if err != nil {
		return nil, err
	}
	return contender.Recovers(c, brokername.Family(brokerName), s, o.defaults)
}

// shownCommand is the command line without URLs and without values of an application's variables.
func shownCommand(args []string) []string {
	out := []string{"tqbench"}
	hide := "" // what replaces the next argument's value
	masks := map[string]string{"--" + urlFlagName: "=URL", "--" + appEnvName: "=VALUE"}
	masked := func(value, mask string) string {
		name, _, given := strings.Cut(value, "=")
		if !given {
			return name
		}
		return name + mask
	}
	for _, a := range args {
		flag, value, joined := strings.Cut(a, "=")
		switch mask := masks[flag]; {
		case hide != "":
			a, hide = masked(a, hide), ""
		case mask != "" && joined:
			a = flag + "=" + masked(value, mask)
		case mask != "":
			hide = mask
		}
		out = append(out, a)
	}
	return out
}

func newBuilder(cmd *cobra.Command) (*workers.Builder, error) {
	return workers.NewBuilder(logTo(cmd.ErrOrStderr()))
}

// logTo writes what a command does, one line each.
func logTo(w io.Writer) func(format string, args ...any) {
	return func(format string, args ...any) { fmt.Fprintf(text.NewWriter(w), format+"\n", args...) }
}

func outFlag(cmd *cobra.Command, out *string) {
	cmd.Flags().StringVar(out, "out", defaultOut, "output folder")
}

// usable checks that a folder is new, empty or ours.
func usable(out string) error {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: output folder: %w", runner.ErrInput, err)
	}
	// A killed command leaves its lock file.
	if len(entries) > 0 && !(len(entries) == 1 && entries[0].Name() == runner.LockName) {
		if info, err := os.Stat(suite.PlanPath(out)); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%w: %s has files that are not ours (no plan.json): choose another folder with --out", runner.ErrInput, out)
		}
	}
	return nil
}

// reserve makes the output folder for a plan, if it is missing, and reserves it.
func reserve(out string) (*runner.Lock, error) {
	if err := usable(out); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("%w: make the output folder: %w", runner.ErrInput, err)
	}
	return runner.LockFolder(out)
}

// makePlan writes the plan into a folder without results, unless check returns an error. The folder stays reserved.
func makePlan(cmd *cobra.Command, out string, o *planOptions, check func(suite.Plan) error) (p suite.Plan, lock *runner.Lock, err error) {
	p, err = o.plan()
	if err == nil && check != nil {
		err = check(p)
	}
	if err != nil {
		return p, nil, err
	}
	locks, err := resolved(cmd, p, out)
	if err != nil {
		return p, nil, err
	}
	if lock, err = reserve(out); err != nil {
		return p, nil, err
	}
	trials, err := results.ReadTrials(out)
	if err == nil && len(trials) > 0 {
		err = fmt.Errorf("%w: %s has %s of an earlier plan: choose another folder with --out", runner.ErrInput, out, plural(len(trials), "trial"))
	}
	if err == nil {
		err = writePlan(out, p, locks)
	}
	if err != nil {
		lock.Release()
		return p, nil, err
	}
	return p, lock, nil
}

// resolved makes the locks of the releases in a plan.
func resolved(cmd *cobra.Command, p suite.Plan, out string) (runner.Locks, error) {
	return runner.Resolve(cmd.Context(), p, out, func() (*workers.Builder, error) { return newBuilder(cmd) })
}

// writePlan writes a plan and its locks.
func writePlan(out string, p suite.Plan, locks runner.Locks) error {
	if err := suite.WritePlan(out, p); err != nil {
		return err
	}
	return locks.Write(out)
}

// rel shortens a path for display.
func rel(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if r, err := filepath.Rel(wd, abs); err == nil && !strings.HasPrefix(r, "..") {
		return r
	}
	return abs
}
