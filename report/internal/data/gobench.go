package data

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// GoBench writes the trials in Go's benchmark format, so that benchstat reads a run: one line a trial and metric.
// Trials that don't count have names that say so. The format: https://go.dev/design/14313-benchmark-format, with its lines on units.
//
// Times are in ns and sizes in B, which benchstat scales:
//
//	$ benchstat -col /arm benchmark.txt
//	goos: linux
//	goarch: amd64
//	cpu: none: made up
//	os: linux
//	                        │   celery.prefork   │              asynctasq.async              │
//	                        │ throughput-tasks/s │ throughput-tasks/s  vs base               │
//	Throughput/broker=redis          4.974k ± 2%          6.089k ± 7%  +22.42% (p=0.002 n=6)
//
// This is of a made-up run. docs/data.md has the other tables, which a test compares with benchstat's.
func GoBench(w io.Writer, r *view.Report) error {
	a := r.Analysis
	var b strings.Builder
	// tqbench measures on Linux alone; the machine's system is the name of its distribution. What a line of configuration has
	// parts the tables of benchstat: the run is none, so that two runs of one machine are compared.
	for _, line := range [][2]string{{"goos", "linux"}, {"goarch", a.Run.Machine.Arch}, {"cpu", a.Run.Machine.CPU}, {"os", a.Run.Machine.OS}, {"# run", a.Run.ID}} {
		fmt.Fprintf(&b, "%s: %s\n", line[0], oneLine(line[1]))
	}
	for _, c := range a.Comparisons {
		// Such a line is none of the format, which its readers skip.
		fmt.Fprintf(&b, "# %s of %s against %s, %s on %s: %s\n", oneLine(c.Metric), oneLine(view.ArmName(c.Candidate)), oneLine(view.ArmName(c.Baseline)),
			oneLine(c.Scenario), oneLine(c.Broker), view.VerdictSentence(c))
	}
	figures := r.Figures
	told := map[string]bool{}
	for _, f := range figures {
		unit, _ := benchUnit(f)
		if told[unit] {
			continue
		}
		told[unit] = true
		better := "lower"
		if f.Higher {
			better = "higher"
		}
		// Trials are what it is: none is an exact repetition of another.
		fmt.Fprintf(&b, "Unit %s better=%s assume=nothing\n", unit, better)
	}
	for _, f := range figures {
		name := fmt.Sprintf("Benchmark%s/broker=%s/arm=%s", benchWord(title(f.Scenario)), benchWord(f.Broker), benchWord(f.Arm))
		if f.Defaults {
			name += "/setup=as-installed"
		}
		unit, factor := benchUnit(f)
		for _, v := range f.Values {
			fmt.Fprintf(&b, "%s 1 %s %s\n", name, number.Raw(v*factor), unit)
		}
		for _, v := range f.Spoiled {
			fmt.Fprintf(&b, "%s/valid=no 1 %s %s\n", name, number.Raw(v*factor), unit)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// benchUnit is a metric's name with its unit, and what a value is multiplied by: benchstat compares what has one unit, whatever
// it is of. It knows times in ns and sizes in B, and looks for these between dashes, which a name must then not have.
func benchUnit(f view.SideFigure) (unit string, factor float64) {
	unit = benchWord(f.Metric)
	switch base, factor := metric.Base(f.Unit); {
	case base == "seconds":
		return unit + "-ns/op", factor * 1e9
	case base == "bytes":
		return unit + "-B", factor
	case f.Unit != "":
		unit += "-" + text.Escape(noBlanks(f.Unit))
	}
	return unit, 1
}

// benchWord makes a part of a benchmark's name or unit: without blanks, and without what parts names and units.
func benchWord(s string) string {
	return text.Escape(noBlanks(strings.NewReplacer("/", ".", "-", ".", "*", ".").Replace(s)))
}

// noBlanks has no character that ends a word of the format.
func noBlanks(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return '_'
		}
		return r
	}, s)
}

// title begins with a capital letter, as the name of a benchmark must.
func title(s string) string {
	if s == "" || s[0] < 'a' || s[0] > 'z' {
		return "_" + s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// oneLine keeps a value on its line.
func oneLine(s string) string { return text.Escape(strings.Join(strings.Fields(s), " ")) }
