package main

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/suite"
)

func workersCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "workers", Short: "Make the Python environments that workers run in", Args: cobra.NoArgs, RunE: help}
	build := &cobra.Command{
		Use: "build [framework ...]", Short: "Install a framework's locked packages, once",
		Long: "Install the locked packages of each framework beside one pinned interpreter, the ORMs whose models are sent,\n" +
			"and the SQS emulator, in the user's cache folder.\n" +
			"What is there already is left alone.",
		RunE: func(cmd *cobra.Command, args []string) error {
			catalog, err := contender.NewCatalog()
			if err != nil {
				return err
			}
			all := len(args) == 0
			if all {
				for _, c := range catalog.Frameworks() {
					args = append(args, c.Framework())
				}
			}
			b, err := newBuilder(cmd)
			if err != nil {
				return err
			}
			for _, name := range args {
				c, err := catalog.Find(name)
				if err != nil {
					return err
				}
				began := time.Now()
				env, err := b.Build(cmd.Context(), c.Framework())
				if err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s %s on CPython %s, ready in %s\n", name, env.Version(name), env.Version("cpython"),
					time.Since(began).Round(time.Millisecond))
			}
			if !all {
				return nil
			}
			began := time.Now()
			orms, err := b.Build(cmd.Context(), "orm")
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "ORMs: SQLAlchemy %s, Django %s, Tortoise %s, ready in %s\n", orms.Version("sqlalchemy"), orms.Version("django"),
				orms.Version("tortoise-orm"), time.Since(began).Round(time.Millisecond))
			began = time.Now()
			emulator, err := b.BuildEmulator(cmd.Context())
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "SQS emulator %s, ready in %s\n", emulator.Version, time.Since(began).Round(time.Millisecond))
			return nil
		},
	}
	cmd.AddCommand(build)
	return cmd
}

func listCmd() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List scenarios, contenders and brokers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			scenarios, err := suite.Builtin()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, s := range scenarios {
				fmt.Fprintf(w, "scenario %d\t%s\t%s\n", s.ID, s.Name, s.Question)
			}
			catalog, err := contender.NewCatalog()
			if err != nil {
				return err
			}
			for _, c := range append(catalog.All(), catalog.Variants()...) {
				fmt.Fprintf(w, "contender\t%s\ton %s\n", c.Name(), strings.Join(c.Brokers(), ", "))
			}
			for _, b := range broker.Names() {
				fmt.Fprintf(w, "broker\t%s\t\n", b)
			}
			return w.Flush()
		},
	}
}
