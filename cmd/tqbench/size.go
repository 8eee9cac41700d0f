package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/sizing"
)

// sized is the answer for one arm.
type sized struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
	// Processes is how many it needs, of that many slots each; 0 if Problem says why there is no number.
	Processes int `json:"processes"`
	Slots     int `json:"slots_a_process"`
	// Utilization is the share of the slots in use, P99Ms the estimate.
	Utilization float64 `json:"utilization"`
	P99Ms       float64 `json:"p99_ms"`
	// CPUs is how many CPUs the workers would fill; 0 if unknown.
	CPUs    float64 `json:"cpus"`
	Problem string  `json:"problem,omitempty"`
	// WorstError is the largest error of an estimated p99 at the measured loads, as a share; Checked is their number.
	WorstError float64 `json:"worst_error"`
	Checked    int     `json:"checked"`
}

func sizeCmd() *cobra.Command {
	var out string
	var rate float64
	var within time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use: "size", Short: "Estimate how many worker processes keep p99 within a bound", Args: cobra.NoArgs,
		Long: "Estimate from a run how many worker processes keep 99 of 100 tasks within a time, at Poisson arrivals of a rate.\n" +
			"The run needs a scenario with two or more loads, such as: tqbench run sizing && tqbench analyze. The estimate is for\n" +
			"tasks like the scenario's. Its error at the measured loads is shown with it.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !(rate > 0 && rate <= 1e6) || within <= 0 {
				return fmt.Errorf("%w: give both --rate (tasks per second, up to a million) and --p99 (such as 500ms)", errUsage)
			}
			a, err := readAnalysis(cmd.Context(), out)
			if err != nil {
				return err
			}
			if len(a.Sizings) == 0 {
				return notSized(a, out)
			}
			var rows []sized
			for _, s := range a.Sizings {
				rows = append(rows, sizeOf(s, rate, within))
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), rows)
			}
			return showSizes(cmd.OutOrStdout(), rows, a, rate, within)
		},
	}
	outFlag(cmd, &out)
	jsonFlag(cmd, &asJSON)
	cmd.Flags().Float64Var(&rate, "rate", 0, "arrival rate in tasks per second")
	cmd.Flags().DurationVar(&within, "p99", 0, "time within which 99 of 100 tasks must end, including waiting")
	return cmd
}

// notSized is why a run without any sizing has none.
func notSized(a analysis.Analysis, out string) error {
	if slices.ContainsFunc(a.Trials, func(t analysis.TrialRow) bool { return t.Defaults }) {
		return fmt.Errorf("%w: %s is of queues as installed, each with its own number of workers: run without --defaults", runner.ErrInvalid, out)
	}
	return fmt.Errorf("%w: %s has no valid trial of a scenario with a drain and two loads of at least 100 tasks: tqbench run sizing has", runner.ErrInvalid, out)
}

func sizeOf(s analysis.Sizing, rate float64, within time.Duration) sized {
	out := sized{Scenario: s.Scenario, Broker: s.Broker, Arm: s.Arm, Slots: s.Concurrency, CPUs: rate * s.CPU}
	for _, c := range s.Checks {
		if c.Problem == "" {
			out.Checked++
			e := c.EstimatedP99/c.MeasuredP99 - 1
			if max(e, -e) > max(out.WorstError, -out.WorstError) {
				out.WorstError = e
			}
		}
	}
	load := sizing.Arrivals{Rate: rate, CV2: 1}
	n, err := s.Profile().Processes(s.Concurrency, 0.99, within.Seconds(), load)
	var t float64
	if err == nil {
		t, err = s.Profile().Response(0.99, n*s.Concurrency, load)
	}
	if err != nil {
		out.Problem = err.Error()
		if errors.Is(err, sizing.ErrNever) {
			out.Problem = "no number of processes is enough: " + out.Problem
		}
		return out
	}
	out.Processes, out.P99Ms, out.Utilization = n, 1000*t, rate*s.Hold/float64(n*s.Concurrency)
	return out
}

func showSizes(out io.Writer, rows []sized, a analysis.Analysis, rate float64, within time.Duration) error {
	w := tabwriter.NewWriter(text.NewWriter(out), 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "PROCESSES for %g tasks/s with a p99 of %s\n", rate, within)
	fmt.Fprintln(w, "arm\tprocesses\tslots each\tslots taken\tp99, estimated\tCPUs filled\tlargest error of estimates")
	for _, r := range rows {
		name := fmt.Sprintf("%s, %s on %s", r.Arm, r.Scenario, r.Broker)
		if r.Problem != "" {
			fmt.Fprintf(w, "%s\t-\t%d\t-\t-\t-\t%s\n", name, r.Slots, r.Problem)
			continue
		}
		cpus := "not measured"
		if r.CPUs > 0 {
			cpus = fmt.Sprintf("%.2f", r.CPUs)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%.0f %%\t%.0f ms\t%s\t%+.0f %% at %d loads\n", name, r.Processes, r.Slots, 100*r.Utilization, r.P99Ms, cpus,
			100*r.WorstError, r.Checked)
	}
	fmt.Fprintf(w, "\nMeasured with %d CPUs. If the workers fill more CPUs than that, more processes don't help.\n", a.Run.Machine.CPUs)
	return w.Flush()
}
