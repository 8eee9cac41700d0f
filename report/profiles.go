package report

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
)

// profiled is a trial whose workers were profiled.
type profiled struct {
	analysis.TrialRow
	Files []profileFile
	// Words are what the trial says of its profiles.
	Words []string
}

// profileFile is a drawing in a trial's folder, and the way to it from the report's.
type profileFile struct{ Name, Href string }

// profilesOf lists the profiled trials of the run in out, with the drawings that are there.
func profilesOf(out string, r *Report) []profiled {
	var all []profiled
	for _, t := range r.Profiled {
		p := profiled{TrialRow: t, Words: profileWords(t)}
		dir := results.TrialDir(out, t.ID)
		way, err := filepath.Rel(Dir(out), dir)
		entries, unread := os.ReadDir(dir)
		if err == nil && unread == nil { // a folder that was moved away has no drawings
			for _, e := range entries {
				if e.Type().IsRegular() && isProfile(e.Name()) {
					p.Files = append(p.Files, profileFile{e.Name(), path.Join(filepath.ToSlash(way), url.PathEscape(e.Name()))})
				}
			}
		}
		all = append(all, p)
	}
	return all
}

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

// profileWords are what a trial says of its profiles: the names of the drawings are in them.
func profileWords(t analysis.TrialRow) []string {
	var out []string
	for _, f := range t.Flags {
		if f.Code == results.FlagProfiled {
			out = append(out, f.Detail)
		}
	}
	return out
}

// profileHeadline opens the report of a run whose trials were all profiled; of another one it is empty.
func profileHeadline(a analysis.Analysis) string {
	n, ran := len(profiledTrials(a)), tallyTrials(a).ran
	if n == 0 || n < ran {
		return ""
	}
	return fmt.Sprintf("Profiles of %s. Watching slows workers down, so their figures are shown, and no verdict is made of them.", number.Plural(n, "trial"))
}

// profileLine is where the drawings of a trial are, below the output folder.
func profileLine(known products, t analysis.TrialRow) string {
	return fmt.Sprintf("%s: %s, %s, block %d: %s", filepath.ToSlash(results.TrialDir("", t.ID)), name(t.Arm), where(t.Scenario, known.name(t.Broker)),
		t.Block, sentence(strings.Join(profileWords(t), "; ")))
}

func (t *terminal) profiles(r *Report) {
	for i, p := range r.Profiled {
		if i == 0 {
			t.wrap("", "", "Profiles, below the output folder:")
		}
		t.wrap("", "  ", profileLine(r.Products, p))
	}
}

func markdownProfiles(b *bytes.Buffer, r *Report) {
	for i, p := range r.Profiled {
		if i == 0 {
			b.WriteString("Profiles, below the output folder:\n\n")
		}
		fmt.Fprintf(b, "- %s\n", markdown(profileLine(r.Products, p)))
	}
	if len(r.Profiled) > 0 {
		b.WriteByte('\n')
	}
}

// isProfile tells whether a file of that name is a drawing that a profiled trial leaves.
func isProfile(name string) bool {
	ext := filepath.Ext(name)
	return strings.HasPrefix(name, "profile-") && (ext == ".svg" || ext == ".html")
}
