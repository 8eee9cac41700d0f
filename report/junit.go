package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/number"
)

// The parts of a JUnit file that continuous integration reads.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name      string      `xml:"name,attr"`
		Tests     int         `xml:"tests,attr"`
		Failures  int         `xml:"failures,attr"`
		Errors    int         `xml:"errors,attr"`
		Skipped   int         `xml:"skipped,attr"`
		Timestamp string      `xml:"timestamp,attr"`
		Cases     []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitMessage `xml:"failure"`
		Error   *junitMessage `xml:"error"`
		Skipped *junitMessage `xml:"skipped"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitMessage struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
	}
)

func writeJUnit(w io.Writer, s junitSuite) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Suite: s}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// writeRunJUnit writes each cell as a test case: one that was measured passes, one that was not run is skipped, and one
// that ran without a valid trial is a failure. Verdicts are no tests: to be slower is nothing that fails.
func writeRunJUnit(w io.Writer, r *Report) error {
	a, known, figures := r.Analysis, r.Products, r.Figures
	var cells []standing
	for _, c := range a.Cells {
		head, _ := headMetric(a, c.Scenario)
		cells = append(cells, newStanding(a, figures, c, head))
	}
	s := junitSuite{Name: "tqbench", Tests: len(a.Cells), Timestamp: a.Run.Began.UTC().Format(time.RFC3339), Cases: []junitCase{}}
	for i, c := range a.Cells {
		x := junitCase{Class: sentence(where(c.Scenario, known.name(c.Broker))), Name: name(c.Arm)}
		m := &junitMessage{Message: sentence(c.Reason), Type: name(c.Status)}
		switch c.Status {
		case analysis.CellNotRun, analysis.CellNotOffered:
			x.Skipped = m
			s.Skipped++
		case analysis.CellInvalid:
			x.Failure = m
			s.Failures++
		default:
			x.Out = fmt.Sprintf("%s: %d of %d trials are valid", m.Type, c.Valid, c.Planned)
			if c.Reason != "" {
				x.Out += "; " + m.Message
			}
		}
		if f := cells[i]; f.HasValue {
			x.Out = strings.TrimSuffix(fmt.Sprintf("%s, median over %s; %s", f.figureWords(f.Unit), number.Plural(f.Trials, "trial"), x.Out), "; ")
		}
		s.Cases = append(s.Cases, x)
	}
	return writeJUnit(w, s)
}
