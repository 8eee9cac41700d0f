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

func TestASelfcheckIsShownAsTextOrJSON(t *testing.T) {
	r := selfcheck.Report{Enqueue: []selfcheck.Enqueue{{Broker: "mysql", Product: "MariaDB", Contender: "some/one", Wire: selfcheck.Figure{Value: 300, Low: 200, High: 400}}}}
	for asJSON, want := range map[bool]string{false: "ENQUEUE: ", true: `"contender": "some/one"`} {
		var out strings.Builder
		cmd := selfcheckCmd()
		cmd.SetOut(&out)
		if err := showSelfcheck(cmd, r, asJSON); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("json %v: %s", asJSON, out.String())
		}
	}
}
