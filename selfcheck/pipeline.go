package selfcheck

import (
	"fmt"
	"path/filepath"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Pipeline is how the trials of a run spent their time, in seconds per trial on average.
type Pipeline struct {
	// Run is the name of its folder, Scale its plan's.
	Run    string  `json:"run"`
	Scale  float64 `json:"scale"`
	Trials int     `json:"trials"`
	// Wall is the whole of a trial, Load what a result is taken from: from the first sending of a phase until its last task
	// ended.
	Wall float64 `json:"wall_seconds"`
	Load float64 `json:"load_seconds"`
	// Broker and Workers are their starts, Stop the workers' end. Rest is what is left: the broker's end, reading and writing.
	Broker  float64 `json:"broker_seconds"`
	Workers float64 `json:"workers_seconds"`
	Warmup  float64 `json:"warmup_seconds"`
	Stop    float64 `json:"stop_seconds"`
	Rest    float64 `json:"rest_seconds"`
	// Overhead is the share of Wall that isn't Load, in percent.
	Overhead Figure `json:"overhead_percent"`
}

// The most of a run's wall time that may be no load, in percent, for one at full scale and for a smaller one.
const (
	overheadGoal      = 10
	overheadGoalSmall = 25
)

// checkPipeline sums up what the trials of a finished run spent their time on.
func checkPipeline(out string) (Pipeline, error) {
	plan, err := suite.ReadPlan(out)
	if err != nil {
		return Pipeline{}, fmt.Errorf("%w: %w", results.ErrFormat, err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		return Pipeline{}, err
	}
	p, err := sumUp(trials, plan.Scale)
	if err != nil {
		return Pipeline{}, fmt.Errorf("%s: %w", out, err)
	}
	p.Run = filepath.Base(filepath.Clean(out))
	return p, nil
}

// sumUp sums up the trials of a run at that scale.
func sumUp(trials []results.Trial, scale float64) (Pipeline, error) {
	p := Pipeline{Scale: scale}
	for _, t := range trials {
		if !t.Done() {
			continue
		}
		if t.WallSeconds <= 0 {
			return Pipeline{}, fmt.Errorf("%w: trial %d has no duration: run its plan again with this tqbench", results.ErrFormat, t.ID)
		}
		p.Trials++
		p.Wall += t.WallSeconds
		p.Load += loadSeconds(t)
		p.Broker += t.Startup.BrokerSeconds
		p.Workers += t.Startup.WorkerSeconds
		p.Warmup += t.Warmup.Seconds
		p.Stop += t.Startup.StopSeconds
	}
	if p.Trials == 0 {
		return Pipeline{}, fmt.Errorf("%w: no trial ran", results.ErrFormat)
	}
	for _, sum := range []*float64{&p.Wall, &p.Load, &p.Broker, &p.Workers, &p.Warmup, &p.Stop} {
		*sum /= float64(p.Trials)
	}
	p.Rest = p.Wall - p.Load - p.Broker - p.Workers - p.Warmup - p.Stop
	goal := float64(overheadGoal)
	if p.Scale < 1 {
		goal = overheadGoalSmall
	}
	p.Overhead = exactly(100 * (1 - p.Load/p.Wall)).atMost(goal)
	return p, nil
}

// loadSeconds is how long a trial was under load. Starts that are themselves what is measured are sent nothing before.
func loadSeconds(t results.Trial) float64 {
	var sum float64
	for _, p := range t.Phases {
		if p.EnqueueBegan > 0 {
			sum += float64(max(p.Drained, p.EnqueueEnded)-p.EnqueueBegan) / 1e9
		} else {
			sum += p.HarnessUsage.WallSeconds
		}
	}
	return sum
}
