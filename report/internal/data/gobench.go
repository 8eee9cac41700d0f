package data

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// GoBench writes the trials in Go's benchmark format, so that benchstat reads a run: one line a trial and metric.
// Trials that don't count have names that say so. The format: https://go.dev/design/14313-benchmark-format, with its lines on units.
//
//	benchstat -filter '.unit:throughput' -col /arm benchmark.txt
func GoBench(w io.Writer, r *view.Report) error {
	a := r.Analysis
	var b strings.Builder
	for _, line := range [][2]string{{"goos", a.Run.Machine.OS}, {"goarch", a.Run.Machine.Arch}, {"cpu", a.Run.Machine.CPU}, {"tqbench-run", a.Run.ID}} {
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
		unit := benchUnit(f)
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
		for _, v := range f.Values {
			fmt.Fprintf(&b, "%s 1 %s %s\n", name, number.Raw(v), benchUnit(f))
		}
		for _, v := range f.Spoiled {
			fmt.Fprintf(&b, "%s/valid=no 1 %s %s\n", name, number.Raw(v), benchUnit(f))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// benchUnit is a metric's name with its unit: benchstat compares what has one unit, whatever it is of.
func benchUnit(f view.SideFigure) string {
	unit := f.Metric
	if f.Unit != "" {
		unit += "-" + f.Unit
	}
	return text.Escape(noBlanks(unit))
}

// benchWord makes a part of a benchmark's name: without blanks, and without the slash and the dash that part names.
func benchWord(s string) string {
	return text.Escape(noBlanks(strings.NewReplacer("/", ".", "-", ".").Replace(s)))
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
