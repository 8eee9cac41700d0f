package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/selfcheck"
)

func selfcheckCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "selfcheck", Short: "Is this machine fit, and what does tqbench itself cost?", Args: cobra.NoArgs,
		Long: "Measure the wire producer against each framework's own client and the broker's own tool, the precision of\n" +
			"the schedule, and the cost of the probe. Exit code 3 when the machine is unfit.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			r, err := selfcheck.Run(cmd.Context(), selfcheck.Options{
				Builder: b, Rounds: 5, Messages: 100_000, ClientMessages: 5000, Seconds: 3,
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
	jsonFlag(cmd, &asJSON)
	return cmd
}

func showSelfcheck(cmd *cobra.Command, r selfcheck.Report, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ENQUEUE (tasks/s)\tbytes\twire\tclient\twire/client\ttool\twire/tool\t")
	for _, e := range r.Enqueue {
		fmt.Fprintf(w, "%s on %s\t%d\t%.0f\t%.0f\t%.1f\t%.0f\t%.2f\t%s\n", e.Contender, e.Broker, e.Bytes, e.Rate, e.ClientRate,
			e.RatioToClient, e.ToolRate, e.RatioToTool, e.Tool)
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
