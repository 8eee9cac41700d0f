package view

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
)

// profiledTrials are the trials whose workers were watched.
func profiledTrials(a analysis.Analysis) []analysis.TrialRow {
	var out []analysis.TrialRow
	for _, t := range a.Trials {
		if t.Flagged(results.FlagProfiled) {
			out = append(out, t)
		}
	}
	return out
}

// ProfileWords are what a trial says of its profiles: the names of the drawings are in them.
func ProfileWords(t analysis.TrialRow) []string {
	var out []string
	for _, f := range t.Flags {
		if f.Code == results.FlagProfiled {
			out = append(out, FlagWords(f))
		}
	}
	return out
}

// profileHeadline opens the report of a run whose trials were all profiled; of another one it is empty.
func profileHeadline(a analysis.Analysis) string {
	n, ran := len(profiledTrials(a)), tallyTrials(a).Ran
	if n == 0 || n < ran {
		return ""
	}
	return fmt.Sprintf("Profiles of %s. Watching slows workers down, so their figures are shown, and no verdict is made of them.", number.Plural(n, "trial"))
}

// ProfileLine is where the drawings of a trial are, below the output folder.
func ProfileLine(known Products, t analysis.TrialRow) string {
	return fmt.Sprintf("%s: %s, %s, block %d: %s", filepath.ToSlash(results.TrialDir("", t.ID)), Name(t.Arm), known.Place(t.Scenario, t.Broker),
		t.Block, Sentence(strings.Join(ProfileWords(t), "; ")))
}
