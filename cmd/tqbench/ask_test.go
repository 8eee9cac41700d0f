package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/analysis"
)

// A question that the run can't answer is refused with what it has.
func TestAQuestionNamesWhatTheRunHas(t *testing.T) {
	a := analysis.Analysis{Orders: []analysis.Order{
		{Scenario: "throughput", Broker: "redis", Metric: "throughput"}, {Scenario: "io", Broker: "redis", Metric: "throughput"},
		{Scenario: "io", Broker: "postgres", Metric: "throughput"},
	}}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--broker", "redi", "--load", "io"}, "--broker redi: the run has postgres, redis (did you mean redis?)"},
		{[]string{"--broker", "redis"}, "--load is missing: the run has io, throughput"},
		{[]string{"--load", "io"}, "--broker is missing: the run has postgres, redis"},
		{[]string{"--rate", "-3"}, "--rate -3: give a number of tasks per second above 0"},
		{[]string{"--broker", "postgres", "--load", "throughput"}, "the run has no order of finish for throughput on postgres"},
	} {
		var q question
		cmd := &cobra.Command{Use: "show"}
		q.flags(cmd)
		if err := cmd.ParseFlags(c.args); err != nil {
			t.Fatal(err)
		}
		if err := q.answer(cmd, a); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.args, err, c.want)
		}
	}
	var q question
	cmd := &cobra.Command{Use: "show"}
	q.flags(cmd)
	var out bytes.Buffer
	cmd.SetOut(&out)
	if err := cmd.ParseFlags([]string{"--broker", "redis", "--load", "io"}); err != nil {
		t.Fatal(err)
	}
	if err := q.answer(cmd, a); err != nil || !strings.HasPrefix(out.String(), "Io on redis: ") {
		t.Errorf("%v: %q", err, out.String())
	}
	if err := q.answer(cmd, analysis.Analysis{}); err == nil || !strings.Contains(err.Error(), "no order of finish") {
		t.Errorf("without an order: %v", err)
	}
}
