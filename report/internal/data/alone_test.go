package data

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Each file for other programs has the figures of a side alone, and the ends of an interval only if there is one.
func TestFilesHaveALoneSidesFigures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name             string
		a                analysis.Analysis
		ends, confidence bool
		junit            string
	}{
		{"six blocks", fixture.OneArm(), true, true, "Throughput (tasks/s): 591; 95 % interval 566 to 600, 6 trials"},
		{"one block", fixture.OneTrial(), false, false, "Throughput (tasks/s): 590; 1 trial, no interval"},
	} {
		rows, err := csv.NewReader(strings.NewReader(written(t, tt.a, CSV))).ReadAll()
		if err != nil || len(rows) != 6 {
			t.Fatalf("%s: %d rows (%v)", tt.name, len(rows), err)
		}
		for _, row := range rows[1:] {
			cells := map[string]string{}
			for i, name := range rows[0] {
				cells[name] = row[i]
			}
			if cells["baseline_estimate"] == "" || (cells["baseline_low"] != "") != tt.ends || (cells["baseline_high"] != "") != tt.ends || cells["verdict"] != notCompared {
				t.Errorf("%s: %v", tt.name, cells)
			}
		}
		metrics := written(t, tt.a, OpenMetrics)
		if got := strings.Contains(metrics, `bound="low"`); got != tt.ends || !strings.Contains(metrics, `tqbench_throughput_tasks_per_second{scenario="throughput",broker="redis",arm="celery/prefork",bound="estimate"} 5`) {
			t.Errorf("%s: %s", tt.name, metrics)
		}
		s := Summarise(view.New(tt.a))
		if len(s.Figures) != 5 || !s.Figures[0].Alone || (s.Figures[0].Confidence > 0) != tt.confidence || !strings.HasPrefix(s.Answer, "On Redis, celery/prefork: throughput 59") {
			t.Errorf("%s: %+v", tt.name, s)
		}
		if junit := written(t, tt.a, JUnit); !strings.Contains(junit, tt.junit) {
			t.Errorf("%s: %s", tt.name, junit)
		}
	}
	var figures int
	for _, f := range Summarise(view.New(fixture.OneBroker())).Figures {
		if figures++; f.Alone || f.Confidence != 0 {
			t.Errorf("%+v of two sides is alone", f)
		}
	}
	if figures == 0 {
		t.Error("two sides have no figures")
	}
}
