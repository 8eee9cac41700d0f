package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
)

// diagnosis is what doctor finds.
type diagnosis struct {
	Machine results.Machine `json:"machine"`
	// Unmeasurable is why nothing can be measured here; then brokers aren't looked for, which would have to be started.
	Unmeasurable string           `json:"unmeasurable,omitempty"`
	Brokers      []broker.Finding `json:"brokers"`
}

func doctorCmd(goos string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "What is here, what is missing, and how to install it", Args: cobra.NoArgs,
		Long: "List the programs that private brokers need, with their versions, and the command that installs what is missing.\n" +
			"A broker that isn't here can be left out of a run, or attached to by --" + urlFlagName + ".",
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := diagnosis{Machine: machine.Describe(), Brokers: []broker.Finding{}}
			if err := measurable(goos); err != nil {
				d.Unmeasurable = err.Error()
			} else {
				d.Brokers = broker.Survey(cmd.Context())
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), d)
			}
			w := tabwriter.NewWriter(text.NewWriter(cmd.OutOrStdout()), 0, 0, 2, ' ', 0)
			m := d.Machine
			fmt.Fprintf(w, "machine\t%s\t%d CPUs, %d MiB\t%s, kernel %s, clock %s\n", m.CPU, m.CPUs, m.MemoryMiB, m.OS, m.Kernel, m.Clocksource)
			if d.Unmeasurable != "" {
				fmt.Fprintln(w, d.Unmeasurable)
			}
			for _, f := range d.Brokers {
				if f.Path == "" {
					fmt.Fprintf(w, "%s\t%s\tmissing\t%s\n", f.Broker, f.Program, f.Install)
				} else {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", f.Broker, f.Program, f.Version, f.Path)
				}
			}
			return w.Flush()
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}
