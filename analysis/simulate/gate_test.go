package simulate

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/suite"
)

var update = flag.Bool("update", false, "simulate the tables of docs/gate.md again")

const (
	gatePage  = "../../docs/gate.md"
	gateBegin = "<!-- simulated by go test ./analysis/simulate -run TestTheGatePage -update -->\n"
	gateEnd   = "<!-- end of what was simulated -->\n"
)

// The page has the rows that are simulated now. The figures are of more runs than a test can wait for.
func TestTheGatePage(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(gatePage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(data), gateBegin)
	was, after, ends := strings.Cut(rest, gateEnd)
	if !begins || !ends {
		t.Fatal("the page has no place for the tables")
	}
	runs := 2
	if *update {
		runs = 1000
	}
	tables, err := GateTables(t.Context(), runs, 1)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(gatePage, []byte(before+gateBegin+tables+gateEnd+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	for words, decisions := range map[string]int{"%d for one": 1, "%d for up to 5": 5, "%d for up to 12": 12, "and %d for more": 13} {
		if want := fmt.Sprintf(words, suite.MostGateBlocks(decisions)); !strings.Contains(before, want) {
			t.Errorf("docs/gate.md doesn't say %q", want)
		}
	}
	figures := regexp.MustCompile(`[0-9.]+ %|\b[0-9]+\b`)
	if got, want := figures.ReplaceAllString(was, "N"), figures.ReplaceAllString(tables, "N"); got != want {
		t.Errorf("docs/gate.md is stale: run go test ./analysis/simulate -run TestTheGatePage -update\n%s\nwant\n%s", got, want)
	}
}

// At 5 % of noise, one threshold is nearly always decided, and the right way.
func TestAGateDecidesAtTheNoiseThatItIsFor(t *testing.T) {
	t.Parallel()
	const runs = 100
	for _, test := range []struct {
		thresholds       int
		ratio            float64
		pass, fail, most float64
	}{{1, 1, 0.96, 0, 22}, {1, 0.9, 0, 0.94, 24}, {8, 1, 0.96, 0, 38}, {8, 0.9, 0, 0.95, 41}} {
		e, err := TryGate(t.Context(), Noises()[0], inUse(test.thresholds), test.thresholds, test.ratio, runs, 1, 7)
		if err != nil {
			t.Fatal(err)
		}
		if e.Pass.Of() < test.pass || e.Fail.Of() < test.fail || e.Blocks > test.most {
			t.Errorf("%d thresholds at %g: %+v, want at least %g and %g, at most %g blocks", test.thresholds, test.ratio, e, test.pass, test.fail, test.most)
		}
	}
}
