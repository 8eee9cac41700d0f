package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/runner"
)

func brokerCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "broker", Short: "Start a broker as in a trial", Args: cobra.NoArgs, RunE: help}
	var listen string
	bins := binFlag{}
	serve := &cobra.Command{
		Use: "serve NAME", Short: "Start a broker with the settings of a trial, until Ctrl-C", Args: takes("NAME"),
		ValidArgs: brokername.Products(),
		Long: "Start a broker with a temporary data folder and the settings of a trial, and run it until a signal.\n" +
			"It listens on loopback unless --listen says otherwise. Anyone with the printed URL may use it: the password in it\n" +
			"is random for each start.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := brokername.Parse(args[0]); err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			if err := bins.only(args); err != nil {
				return err
			}
			if listen == "" {
				listen = "127.0.0.1:" + broker.Port(args[0])
			}
			b, err := broker.Open(cmd.Context(), args[0], broker.Options{Listen: listen, Bin: bins[args[0]]})
			if err != nil {
				return err
			}
			defer b.Close()
			d, err := b.Describe(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(text.NewWriter(cmd.OutOrStdout()), "%s %s listens on %s; its URL is %s\n", d.Product, d.Version, listen, b.URL())
			select {
			case <-cmd.Context().Done():
				return nil
			case <-b.Ended():
				return fmt.Errorf("%w: %s ended unexpectedly", runner.ErrInvalid, d.Product)
			}
		},
	}
	bins.flag(serve)
	serve.Flags().StringVar(&listen, "listen", "", "IP:PORT (default 127.0.0.1 and the broker's usual port)")
	cmd.AddCommand(serve)
	return cmd
}
