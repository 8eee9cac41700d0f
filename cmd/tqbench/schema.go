package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/docs/schema"
)

// schemaCmd prints the schemas of files.
func schemaCmd() *cobra.Command {
	return &cobra.Command{
		Use: "schema [NAME]", Short: "Print a file's JSON Schema, or list the files that have one", Args: mostOne("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			names, err := schema.Names()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(names, "\n"))
				return err
			}
			if !slices.Contains(names, args[0]) {
				return fmt.Errorf("%w: unknown schema %q: choose from %s", errUsage, args[0], strings.Join(names, ", "))
			}
			data, err := schema.Read(args[0])
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(data)
			return err
		},
	}
}
