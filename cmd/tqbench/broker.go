package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/runner"
)

func brokerCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "broker", Short: "Start a broker as trials start it"}
	var listen string
	serve := &cobra.Command{
		Use: "serve NAME", Short: "Start a broker with the settings of a trial, until Ctrl-C", Args: cobra.ExactArgs(1),
		ValidArgs: broker.Names(),
		Long: "Start a broker with a temporary data folder and the very settings that trials use, and run it until a signal.\n" +
			"It listens on loopback unless --listen says otherwise; on another address anybody who reaches it may use it.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] != "redis" {
				return fmt.Errorf("%w: there is no broker %q: choose from %s", errUsage, args[0], strings.Join(broker.Names(), ", "))
			}
			b, err := broker.ServeRedis(cmd.Context(), listen)
			if err != nil {
				return err
			}
			defer b.Close()
			d, err := b.Describe(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s listens on %s\n", d.Product, d.Version, listen)
			select {
			case <-cmd.Context().Done():
				return nil
			case <-b.Ended():
				return fmt.Errorf("%w: %s ended by itself", runner.ErrInvalid, d.Product)
			}
		},
	}
	serve.Flags().StringVar(&listen, "listen", "127.0.0.1:6379", "IP:PORT")
	cmd.AddCommand(serve)
	return cmd
}
