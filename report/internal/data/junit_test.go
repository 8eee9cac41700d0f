package data

import (
	"bytes"
	"encoding/xml"
	"testing"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/fixture"
)

func TestJUnitHasACaseForEachDecision(t *testing.T) {
	t.Parallel()
	c := fixture.ComparedRuns(t)
	var b bytes.Buffer
	if err := CompareJUnit(&b, c); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	s := got.Suite
	if s.Tests != len(c.Decisions) || s.Failures != c.Count(regress.Fails) || s.Errors != c.Count(regress.CantTell) {
		t.Errorf("%+v", s)
	}
	for i, d := range c.Decisions {
		x := s.Cases[i]
		if x.Name != d.Threshold || (x.Failure != nil) != (d.Outcome == regress.Fails) || (x.Error != nil) != (d.Outcome == regress.CantTell) {
			t.Errorf("%+v is written as %+v", d, x)
		}
	}
}
