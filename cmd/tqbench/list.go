package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/suite"
)

// listing is list's output in JSON.
type listing struct {
	Scenarios  []listedScenario  `json:"scenarios"`
	Contenders []listedContender `json:"contenders"`
	Brokers    []string          `json:"brokers"`
}

type listedScenario struct {
	ID       int    `json:"id"`
	Name     string `json:"name"`
	Question string `json:"question"`
}

type listedContender struct {
	Name      string   `json:"name"`
	Framework string   `json:"framework"`
	Title     string   `json:"title"`
	Brokers   []string `json:"brokers"`
}

func listCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "list", Short: "List scenarios, contenders and brokers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := list()
			switch {
			case err != nil:
				return err
			case asJSON:
				return printJSON(cmd.OutOrStdout(), l)
			}
			return l.write(cmd.OutOrStdout())
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

func list() (listing, error) {
	l := listing{Brokers: brokername.Products()}
	scenarios, err := suite.Builtin()
	if err != nil {
		return l, err
	}
	for _, s := range scenarios {
		l.Scenarios = append(l.Scenarios, listedScenario{s.ID, s.Name, s.Question})
	}
	catalog, err := contender.NewCatalog()
	if err != nil {
		return l, err
	}
	for _, c := range append(catalog.All(), catalog.Variants()...) {
		l.Contenders = append(l.Contenders, listedContender{c.Name(), c.Framework(), c.Title(), c.Brokers()})
	}
	return l, nil
}

func (l listing) write(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range l.Scenarios {
		fmt.Fprintf(w, "scenario %d\t%s\t%s\n", s.ID, s.Name, s.Question)
	}
	for _, c := range l.Contenders {
		fmt.Fprintf(w, "contender\t%s\ton %s\n", c.Name, strings.Join(c.Brokers, ", "))
	}
	for _, b := range l.Brokers {
		fmt.Fprintf(w, "broker\t%s\t\n", b)
	}
	return w.Flush()
}
