package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/serve"
)

func serveCmd() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use: "serve FOLDER", Short: "Show the runs below a folder in a browser, and follow a running one", Args: takes("FOLDER"),
		Long: "Show the runs below a folder on a page for this machine only, until Ctrl-C: what was compared, the verdicts, whether a\n" +
			"run is complete, running or interrupted, each run's report and files, and comparisons of two runs. A run that is running\n" +
			"comes first and has a live page: its trial and phase, rates, latency, kept trials, ratios so far, and the time left. A\n" +
			"missing report, or one older than its analysis.json, is made in memory. Nothing is written.",
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := serve.New(args[0])
			if err != nil {
				return err
			}
			defer s.Close()
			l, err := serve.Listen(cmd.Context(), listen)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "http://%s/\n", l.Addr())
			return s.Serve(cmd.Context(), l)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", serve.DefaultListen, "`IP:PORT` of loopback; port 0 takes a free one")
	return cmd
}
