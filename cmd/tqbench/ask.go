package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report"
)

// question is what a user asks of an analysed run: which side, for this load on this broker, at this rate.
type question struct {
	broker, load string
	rate         float64
}

func (q *question) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&q.broker, "broker", "", "answer for this broker alone")
	cmd.Flags().StringVar(&q.load, "load", "", "answer for this scenario alone")
	cmd.Flags().Float64Var(&q.rate, "rate", 0, "answer for this rate in tasks per second: only sides that surely carry it")
}

// questionFlags are those that ask.
func questionFlags() []string { return []string{"broker", "load", "rate"} }

// asked tells whether there is a question.
func asked(cmd *cobra.Command) bool { return slices.ContainsFunc(questionFlags(), cmd.Flags().Changed) }

// aloneAsked refuses flags that say how to show a whole answer next to a question, whose answer is a sentence.
func aloneAsked(cmd *cobra.Command) error {
	for _, flag := range []string{"json", claimsFlag} {
		if asked(cmd) && cmd.Flags().Changed(flag) {
			return fmt.Errorf("%w: --%s shows the whole answer, and --broker, --load and --rate ask for one sentence: leave one out", errUsage, flag)
		}
	}
	return nil
}

// answer prints the answer in a sentence.
func (q question) answer(cmd *cobra.Command, a analysis.Analysis) error {
	if cmd.Flags().Changed("rate") && !(q.rate > 0) {
		return fmt.Errorf("%w: --rate %g: give a number of tasks per second above 0", errUsage, q.rate)
	}
	places := report.Places(a)
	if len(places) == 0 {
		return fmt.Errorf("%w: --broker, --load and --rate need a run of three contenders or more: this one has no order of finish", errUsage)
	}
	var brokers, loads []string
	for _, p := range places {
		brokers, loads = append(brokers, p.Broker), append(loads, p.Scenario)
	}
	broker, err := chosen("--broker", q.broker, brokers)
	if err != nil {
		return err
	}
	load, err := chosen("--load", q.load, loads)
	if err != nil {
		return err
	}
	words, ok := report.Answer(a, load, broker, q.rate)
	if !ok {
		return fmt.Errorf("%w: the run has no order of finish for %s on %s", errUsage, load, broker)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), words)
	return err
}

// chosen is the value of a flag, or the only one that it can have.
func chosen(flag, value string, of []string) (string, error) {
	slices.Sort(of)
	of = slices.Compact(of)
	switch {
	case slices.Contains(of, value):
		return value, nil
	case value != "":
		return "", fmt.Errorf("%w: %s %s: the run has %s%s", errUsage, flag, value, strings.Join(of, ", "), text.DidYouMean(value, of))
	case len(of) == 1:
		return of[0], nil
	}
	return "", fmt.Errorf("%w: %s is missing: the run has %s", errUsage, flag, strings.Join(of, ", "))
}
