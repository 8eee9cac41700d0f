package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/docs/schema"
)

// completes gives flags and arguments their values for the shell: names of scenarios, contenders, brokers and schemas. A list is completed
// name by name.
func completes(cmd *cobra.Command) {
	names := map[string]func() []string{"scenario": scenarioNames, "contender": contenderNames, "broker": brokersOffered}
	for flag, values := range names {
		if cmd.Flags().Lookup(flag) != nil {
			// It fails only for an unknown flag.
			_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
				return listed(values(), typed), cobra.ShellCompDirectiveNoSpace
			})
		}
	}
	arguments := map[string]func() []string{"plan": scenarioNames, "run": scenarioNames, "quick": scenarioNames, "schema": schemaNames}
	if values, ok := arguments[cmd.Name()]; ok {
		cmd.ValidArgsFunction = func(_ *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
			return values(), cobra.ShellCompDirectiveDefault
		}
	}
	for _, below := range cmd.Commands() {
		completes(below)
	}
}

// listed are the names that may follow those already typed, separated by commas.
func listed(names []string, typed string) []string {
	before := typed[:strings.LastIndexByte(typed, ',')+1]
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = before + n
	}
	return out
}

// If names can't be read, the shell gets none: completion has no place for an error.

func scenarioNames() []string {
	l, err := list()
	if err != nil {
		return nil
	}
	out := []string{"all"}
	for _, s := range l.Scenarios {
		out = append(out, s.Name)
	}
	return out
}

func contenderNames() []string {
	l, err := list()
	if err != nil {
		return nil
	}
	out := []string{"all"}
	for _, c := range l.Contenders {
		out = append(out, c.Name)
	}
	return out
}

func brokersOffered() []string { return append(brokername.Products(), "all") }

func schemaNames() []string {
	names, err := schema.Names()
	if err != nil {
		return nil
	}
	return names
}
