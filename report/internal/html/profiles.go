package html

import (
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/results"
)

// Profiled is a trial whose workers were profiled, with the drawings in its folder.
type Profiled struct {
	analysis.TrialRow
	Files []profileFile
	// Words are what the trial says of its profiles.
	Words []string
}

// profileFile is a drawing in a trial's folder, and the way to it from the report's.
type profileFile struct{ Name, Href string }

// Profiles lists the profiled trials of the run in out, with the drawings that are there, as a page in folder leads to them.
func Profiles(out, folder string, r *view.Report) []Profiled {
	var all []Profiled
	for _, t := range r.Profiled {
		p := Profiled{TrialRow: t, Words: view.ProfileWords(t)}
		dir := results.TrialDir(out, t.ID)
		way, err := filepath.Rel(folder, dir)
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
