package data

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// CompareJUnit writes the decisions as test cases: what fails as a failure, and what can't be decided as an error, since it
// was not tested.
func CompareJUnit(w io.Writer, c regress.Comparison) error {
	s := junitSuite{
		Name: "tqbench compare", Tests: len(c.Decisions), Failures: c.Count(regress.Fails), Errors: c.Count(regress.CantTell),
		Cases: []junitCase{},
	}
	if newest := c.New[len(c.New)-1]; !newest.Began.IsZero() {
		s.Timestamp = newest.Began.UTC().Format(time.RFC3339)
	}
	for _, d := range c.Decisions {
		x := junitCase{Class: view.Sentence(d.Cell.String()), Name: view.Sentence(d.Threshold)}
		if d.Cell == (regress.Cell{}) {
			x.Class = "no cell"
		}
		m := &junitMessage{Message: view.Sentence(view.DecisionWords(c, d)), Type: view.Name(d.Outcome)}
		switch d.Outcome {
		case regress.Fails:
			x.Failure = m
		case regress.CantTell:
			x.Error = m
		default:
			x.Out = m.Message
		}
		s.Cases = append(s.Cases, x)
	}
	return writeJUnit(w, s)
}

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
		Timestamp string      `xml:"timestamp,attr,omitempty"`
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

// JUnit writes each cell as a test case: one that was measured passes, one that was not run is skipped, and one
// that ran without a valid trial is a failure. Verdicts are no tests: to be slower is nothing that fails.
func JUnit(w io.Writer, r *view.Report) error {
	a, known, figures := r.Analysis, r.Products, r.Figures
	var cells []view.Standing
	for _, c := range a.Cells {
		head, _ := view.HeadMetric(a, c.Scenario)
		cells = append(cells, view.NewStanding(a, figures, c, head))
	}
	s := junitSuite{Name: "tqbench", Tests: len(a.Cells), Timestamp: a.Run.Began.UTC().Format(time.RFC3339), Cases: []junitCase{}}
	for i, c := range a.Cells {
		x := junitCase{Class: view.Sentence(view.Where(c.Scenario, known.Name(c.Broker))), Name: view.Name(c.Arm)}
		m := &junitMessage{Message: view.Sentence(view.ReasonWords(c.Reason)), Type: view.Name(c.Status)}
		switch c.Status {
		case analysis.CellNotRun, analysis.CellNotOffered:
			x.Skipped = m
			s.Skipped++
		case analysis.CellInvalid:
			x.Failure = m
			s.Failures++
		default:
			x.Out = fmt.Sprintf("%s: %d of %d trials are valid", m.Type, c.Valid, c.Planned)
			if c.Reason.Code != "" {
				x.Out += "; " + m.Message
			}
		}
		if f := cells[i]; f.HasValue {
			x.Out = strings.TrimSuffix(fmt.Sprintf("%s, median over %s; %s", f.FigureWords(f.Unit), number.Plural(f.Trials, "trial"), x.Out), "; ")
		}
		for _, l := range r.Alone {
			if l.Scenario == c.Scenario && l.Broker == c.Broker && l.Base == c.Arm {
				x.Out = strings.Join(append([]string{x.Out}, l.Lines()...), "\n")
			}
		}
		s.Cases = append(s.Cases, x)
	}
	return writeJUnit(w, s)
}
