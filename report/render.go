package report

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/chart"
)

// Render writes one file of the report of a, by its name below the report's folder, where no folder is to be written.
// The folder is the run's, whose drawings of profiles the page leads to. A name that a report doesn't have is an
// fs.ErrNotExist.
func Render(w io.Writer, folder, name string, a analysis.Analysis) error {
	list, err := files(folder, a, new(chart.GoChart))
	if err != nil {
		return fmt.Errorf("report file %s: %w", name, err)
	}
	for _, f := range list {
		if filepath.ToSlash(f.name) != name {
			continue
		}
		if err := f.fill(w); err != nil {
			return fmt.Errorf("report file %s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("report file %q: %w", name, fs.ErrNotExist)
}
