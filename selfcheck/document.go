package selfcheck

import (
	_ "embed"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
)

// performance is docs/performance.md with what stands around the tables. The words are the project's; the figures are those
// of a report.
//
//go:embed templates/performance.md.tmpl
var performance string

// CheckDocument refuses a file that WriteDocument can't write. The figures take minutes to measure, so it comes before them.
func CheckDocument(file string) error {
	if err := regular.Replaceable(file); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	_, err := pictureFolder(file)
	return err
}

// WriteDocument writes the report as docs/performance.md to file, and its pictures to their folder next to it.
func WriteDocument(file string, r Report) error {
	folder, err := pictureFolder(file)
	if err != nil {
		return err
	}
	if err := writePictures(folder, r); err != nil {
		return err
	}
	return atomicfile.Write(file, func(w io.Writer) error { return document(w, r, filepath.Base(folder)) })
}

// document shows the pictures in folder next to it.
func document(w io.Writer, r Report, folder string) error {
	byName := map[string]table{"goals": r.goalsTable(), "machine": r.machineTable()}
	for _, t := range r.tables() {
		byName[t.name] = t
	}
	page, err := template.New("performance").Funcs(template.FuncMap{
		"table": func(name string) (string, error) {
			t, ok := byName[name]
			if !ok {
				return "", fmt.Errorf("there is no table %q", name)
			}
			return t.markdown(), nil
		},
		"pictures":  func() string { return r.images(folder) },
		"intervals": func() string { return intervals },
	}).Parse(performance)
	if err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	if err := page.Execute(w, nil); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}

func (r Report) machineTable() table {
	m := r.Machine
	fit := "yes"
	if len(r.Unfit) > 0 {
		fit = "no: " + strings.Join(r.Unfit, "; ")
	}
	return table{name: "machine", head: []string{"", ""}, rows: [][]string{
		{"system", fmt.Sprintf("%s, kernel %s, %s", m.OS, m.Kernel, m.Arch)},
		{"CPU", fmt.Sprintf("%d x %s", m.CPUs, m.CPU)},
		{"memory", fmt.Sprintf("%d MiB", m.MemoryMiB)},
		{"clock source, governor", m.Clocksource + ", " + m.Governor},
		{"load before", fmt.Sprintf("%.1f", m.LoadBefore)},
		{"fit", fit},
	}}
}

// goalsTable lists every figure that has a goal.
func (r Report) goalsTable() table {
	t := table{name: "goals", head: []string{"what", "measured", "goal", ""}, none: "No figure has a goal."}
	add := func(what, measured string, f Figure) {
		if f.Goal != nil {
			goal, verdict := f.verdict()
			t.rows = append(t.rows, []string{what, measured, goal, verdict})
		}
	}
	for _, e := range r.Enqueue {
		on := fmt.Sprintf("%s on %s", e.Contender, e.Product)
		add("wire over client, "+on, e.ToClient.ratio(), e.ToClient)
		for _, tool := range e.Tools {
			add(fmt.Sprintf("wire over %s, %s", tool.Name, on), tool.ToTool.ratio(), tool.ToTool)
		}
	}
	for _, e := range r.Enqueue {
		add(fmt.Sprintf("allocations a message, %s on %s", e.Contender, e.Product), e.Codec.Allocations.in(0), e.Codec.Allocations)
	}
	for _, s := range r.Schedule {
		add(fmt.Sprintf("p99 of lateness, %s arrivals at %d/s", s.arrivals(), s.Rate), s.LateP99Us.in(0)+" us", s.LateP99Us)
	}
	for _, p := range r.Probe {
		add("a record's share of a task that does nothing, "+p.Framework, p.Share.in(2)+" %", p.Share)
		add("throughput without the probe over with it, "+p.Framework, p.Gain.in(3), p.Gain)
	}
	for _, o := range r.Observers {
		add(o.Name+", "+o.Framework, o.Share.in(2)+" % of a core", o.Share)
	}
	for _, p := range r.Pipeline {
		add(fmt.Sprintf("what is no load, of %s at scale %g", p.Run, p.Scale), p.Overhead.in(1)+" % of the wall time", p.Overhead)
	}
	add("recording a task's sending", r.Recording.in(1)+" ns", r.Recording)
	return t
}
