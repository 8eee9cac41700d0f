package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/monitor"
)

func monitorCmd() *cobra.Command {
	var listen, target string
	cmd := &cobra.Command{
		Use: "monitor", Short: "Run a Prometheus that scrapes a run, until Ctrl-C", Args: cobra.NoArgs,
		Long: "Start this machine's prometheus program with a temporary data folder. It scrapes the metrics of a run with\n" +
			"--" + metricsFlagName + " each second, until a signal. It listens on loopback unless --listen says otherwise, which a container\n" +
			"needs if others are to reach it. Grafana's dashboards are in monitor/dashboards.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := monitor.StartPrometheus(cmd.Context(), listen, target)
			if err != nil {
				return err
			}
			defer p.Close()
			fmt.Fprintf(cmd.OutOrStdout(), "Prometheus: %s scrapes http://%s/metrics; next, in another terminal: tqbench quick --%s %s\n", p.URL, target, metricsFlagName, target)
			return p.Wait(cmd.Context())
		},
	}
	cmd.Flags().StringVar(&listen, "listen", monitor.DefaultPrometheus, "`IP:PORT` of Prometheus")
	cmd.Flags().StringVar(&target, metricsFlagName, monitor.DefaultAddress, "`HOST:PORT` of the run's metrics")
	return cmd
}
