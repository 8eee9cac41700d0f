package report

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/analysis"
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
func profilesOf(out string, a analysis.Analysis) []profiled {
	var all []profiled
	for _, t := range a.Trials {
		if !t.Flagged(results.FlagProfiled) {
			continue
		}
		p := profiled{TrialRow: t}
		for _, f := range t.Flags {
			if f.Code == results.FlagProfiled {
				p.Words = append(p.Words, f.Detail)
			}
		}
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

// isProfile tells whether a file of that name is a drawing that a profiled trial leaves.
func isProfile(name string) bool {
	ext := filepath.Ext(name)
	return strings.HasPrefix(name, "profile-") && (ext == ".svg" || ext == ".html")
}
