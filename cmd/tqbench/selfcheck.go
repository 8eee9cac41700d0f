package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/selfcheck"
)

func selfcheckCmd() *cobra.Command {
	var asJSON bool
	var brokers []string
	var aa aaOptions
	var faults faultOptions
	urls := urlFlag{}
	cmd := &cobra.Command{
		Use: "selfcheck", Short: "Is this machine fit, and what does tqbench itself cost?", Args: cobra.NoArgs,
		Long: "Measure the wire producer against each framework's own client and the broker's own tool, the precision of\n" +
			"the schedule, and the cost of the probe. Each broker is a private one, started for it; a tool that isn't here is\n" +
			"left out and says how to install it. Exit code 3 when the machine is unfit.\n" +
			"With --aa, a contender is run against itself: how often does the method find a difference where there is none,\n" +
			"and which differences would it find at the noise of this machine?\n" +
			"With --faults, tqbench itself is killed, interrupted, and its disk is full or can't be written to, at random moments of\n" +
			"short runs: does a resumed run end with the same trials, and does nothing stay behind? Exit code 3 when not.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			names, err := brokerNames(brokers)
			if err != nil {
				return err
			}
			if !faults.on && cmd.Flags().Changed(timesFlag) {
				return fmt.Errorf("%w: --%s is for selfcheck --faults", errUsage, timesFlag)
			}
			if faults.on {
				for _, flag := range append(aaFlags(), "aa", "broker") {
					if flag != "seed" && cmd.Flags().Changed(flag) {
						return fmt.Errorf("%w: --%s is not for selfcheck --faults, which runs on Redis", errUsage, flag)
					}
				}
				return faults.run(cmd, aa.seed, asJSON)
			}
			if aa.on {
				return aa.run(cmd, names, urls, asJSON)
			}
			for _, flag := range aaFlags() {
				if cmd.Flags().Changed(flag) {
					return fmt.Errorf("%w: --%s is for selfcheck --aa", errUsage, flag)
				}
			}
			b, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			r, err := selfcheck.Run(cmd.Context(), selfcheck.Options{
				Builder: b, Brokers: names, Rounds: 5, Scale: 1, Seconds: 3,
				Log: func(format string, args ...any) { fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...) },
			})
			if err != nil {
				return err
			}
			if err := showSelfcheck(cmd, r, asJSON); err != nil {
				return err
			}
			if len(r.Unfit) > 0 {
				return fmt.Errorf("%w: this machine is unfit: %s", runner.ErrInvalid, strings.Join(r.Unfit, "; "))
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&brokers, "broker", []string{"redis"}, "brokers: "+strings.Join(broker.Names(), ", ")+", or all")
	jsonFlag(cmd, &asJSON)
	aa.flags(cmd)
	faults.flags(cmd)
	urls.flag(cmd)
	return cmd
}

// brokerNames are the brokers of a command line, each once.
func brokerNames(given []string) ([]string, error) {
	if slices.Contains(given, "all") {
		return broker.Names(), nil
	}
	var names []string
	for _, name := range given {
		if err := broker.Check(name); err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

func showSelfcheck(cmd *cobra.Command, r selfcheck.Report, asJSON bool) error {
	if asJSON {
		return printJSON(cmd.OutOrStdout(), r)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ENQUEUE (tasks/s: median (least..most))\tbytes\twire\tclient\twire/client\ttool\twire/tool\t")
	for _, e := range r.Enqueue {
		showEnqueue(w, e)
	}
	fmt.Fprintln(w, "\nSCHEDULE\tp50 late\tp99 late\tmax late\tCPU")
	for _, s := range r.Schedule {
		fmt.Fprintf(w, "%d/s\t%.0f us\t%.0f us\t%.0f us\t%.0f %%\n", s.Rate, s.LateP50Us, s.LateP99Us, s.LateMaxUs, s.CPUPercent)
	}
	fmt.Fprintln(w, "\nPROBE\tper task")
	for _, p := range r.Probe {
		fmt.Fprintf(w, "%s\t%.0f ns\n", p.Framework, p.NsPerTask)
	}
	return w.Flush()
}

// showEnqueue writes a row, and one more for each further tool.
func showEnqueue(w io.Writer, e selfcheck.Enqueue) {
	row := fmt.Sprintf("%s on %s\t%d\t%s\t%s\t%.1f", e.Contender, e.Product, e.Bytes, spread(e.Rate, e.Rates),
		spread(e.ClientRate, e.ClientRates), e.RatioToClient)
	for _, t := range e.Tools {
		if t.Reason != "" {
			fmt.Fprintf(w, "%s\t-\t-\t%s: not run: %s\n", row, t.Command, t.Reason)
		} else {
			fmt.Fprintf(w, "%s\t%s\t%.2f\t%s\n", row, spread(t.Rate, t.Rates), t.RatioToTool, t.Command)
		}
		row = "\t\t\t\t"
	}
}

// spread is a median with the least and the most that it was taken of.
func spread(median float64, of []float64) string {
	return fmt.Sprintf("%.0f (%.0f..%.0f)", median, slices.Min(of), slices.Max(of))
}
