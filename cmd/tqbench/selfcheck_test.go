package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/selfcheck"
)

func TestBrokerNamesAreKnownAndOnceEach(t *testing.T) {
	for _, tt := range []struct{ given, want []string }{
		{[]string{"redis"}, []string{"redis"}},
		{[]string{"mysql", "redis", "mysql"}, []string{"mysql", "redis"}},
		{[]string{"redis", "all"}, broker.Names()},
	} {
		if got, err := brokerNames(tt.given); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, %v, want %v", tt.given, got, err, tt.want)
		}
	}
	if _, err := brokerNames([]string{"kafka"}); !errors.Is(err, broker.ErrSetup) {
		t.Errorf("an unknown broker: %v", err)
	}
}

func TestEachToolHasALineAndAMissingOneItsReason(t *testing.T) {
	var out strings.Builder
	cmd := selfcheckCmd()
	cmd.SetOut(&out)
	r := selfcheck.Report{Enqueue: []selfcheck.Enqueue{{
		Broker: "mysql", Product: "MariaDB", Contender: "some/one", Bytes: 511, Rate: 300, Rates: []float64{200, 300, 400},
		ClientRate: 10, ClientRates: []float64{9, 10, 11}, RatioToClient: 30,
		Tools: []selfcheck.Tool{
			{Command: "slap --fast", Rate: 150, Rates: []float64{100, 150, 160}, RatioToTool: 2},
			{Command: "other", Rates: []float64{}, Reason: "there is no other here: install it"},
		},
	}}}
	if err := showSelfcheck(cmd, r, false); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	want := []string{
		"ENQUEUE (tasks/s: median (least..most)) bytes wire client wire/client tool wire/tool",
		"some/one on MariaDB 511 300 (200..400) 10 (9..11) 30.0 150 (100..160) 2.00 slap --fast",
		"- - other: not run: there is no other here: install it",
	}
	if len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Errorf("%q", got)
	}
}
