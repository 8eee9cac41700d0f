package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/data"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/results"
)

// The share of a user's tasks that failed comes next to the answer, and each form says how many tasks they enqueued.
func TestFailedAndEnqueuedTasksAreShown(t *testing.T) {
	t.Parallel()
	a := fixture.OneArm()
	for i := range a.Trials {
		tr := &a.Trials[i]
		tr.Sent, tr.Failed, tr.Followed = 300, 30, 40
		tr.Flags = append(tr.Flags, results.Flag{Code: results.FlagFailed, Fact: results.Fact{Check: results.CheckTasks, Count: 30, Of: 300}})
	}
	r := view.New(a)
	const failed = "10 % of the tasks of celery/prefork on Redis failed (180 of 1800): throughput and latencies are of those that succeeded."
	const followed = "Tasks of celery/prefork on Redis enqueued 240 other tasks"
	var md, term bytes.Buffer
	if err := markdown.Write(&md, r); err != nil {
		t.Fatal(err)
	}
	if err := Terminal(&term, a, Screen{}); err != nil {
		t.Fatal(err)
	}
	page := rendered(t, a)
	if _, after, _ := strings.Cut(page, "</h1>\n"); !strings.HasPrefix(after, "<p><b>"+failed+"</b></p>") {
		t.Error("the page doesn't say it after the headline")
	}
	if !strings.Contains(page, "<li>"+followed) {
		t.Errorf("the page doesn't say %q", followed)
	}
	for form, out := range map[string]string{"Markdown": md.String(), "terminal": term.String()} {
		_, after, _ := strings.Cut(out, r.Headline)
		if after = strings.TrimLeft(after, "*\n"); !strings.HasPrefix(after, failed) {
			t.Errorf("%s doesn't say it after the headline: %s", form, out)
		}
		if !strings.Contains(out, followed) {
			t.Errorf("%s doesn't say %q: %s", form, followed, out)
		}
	}
	if cells := data.Summarise(r).Cells; len(cells) != 1 || cells[0].Failed != 180 || cells[0].Sent != 1800 || cells[0].Followed != 240 {
		t.Errorf("%+v", cells)
	}

	// Where all of a trial's failed, they are among those that failed, as they are among those that were sent.
	last := &a.Trials[len(a.Trials)-1]
	last.Failed, last.Flags[len(last.Flags)-1].Metrics = 300, []string{"*"}
	if own := view.New(a).Own; len(own) != 1 || own[0].Failed != 450 || own[0].Sent != 1800 {
		t.Errorf("%+v", own)
	}

	// A failure of one of tqbench's own tasks keeps its trial out, and has no share.
	for i := range a.Trials {
		a.Trials[i].Followed, a.Trials[i].Flags[len(a.Trials[i].Flags)-1].Metrics = 0, []string{"*"}
	}
	if r := view.New(a); len(r.Own)+len(r.Failing)+len(r.Following) > 0 {
		t.Errorf("%+v", r.Own)
	}
}
