package main

import (
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/suite"
)

// What a cluster would lose or can't do is refused before anything is made there.
func TestARunOnAClusterIsRefusedInALine(t *testing.T) {
	dir := t.TempDir()
	planHosts(t, dir, 2)
	t.Setenv("PATH", t.TempDir()) // there is no kubectl
	for args, want := range map[string]string{
		"run planned/plan.json --image i --deadline 30m":               "--deadline 30m0s is too short: the trials of the plan may take ",
		"manifest planned/plan.json --image i --deadline 30m":          "the start of the pods 15m0s, and the results are held for 15m0s: give --deadline 40m0s",
		"manifest planned/plan.json --image i --hold 5h":               "--deadline 4h0m0s is too short",
		"manifest planned/plan.json --image i --cpus broker=1,judge=1": "not for judge",
	} {
		t.Run(args, func(t *testing.T) {
			refusedInOneLine(t, dir, want, append([]string{"kube"}, strings.Fields(args)...)...)
		})
	}
}

// A plan takes as long as it may grow, but no longer than its time.
func TestTheLongestRunOfAPlan(t *testing.T) {
	six := suite.Plan{Blocks: 6, Trials: make([]suite.Trial, 6)}
	takes := expected(six)
	for name, tt := range map[string]struct {
		growth *suite.Growth
		want   time.Duration
	}{
		"a fixed number of blocks": {nil, takes},
		"four times as many":       {&suite.Growth{Max: 24}, 4 * takes},
		"as many, in a long time":  {&suite.Growth{Max: 24, Within: suite.Duration(time.Hour)}, 4 * takes},
		"as many as fit":           {&suite.Growth{Max: 24, Within: suite.Duration(time.Second)}, time.Second},
	} {
		six.Growth = tt.growth
		if got := longest(six); got != tt.want || got <= 0 {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
