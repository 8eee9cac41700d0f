package suite

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/suite/trace"
)

// loadOf is the load of a file.
func loadOf(t *testing.T, content string, c trace.Choice) *trace.Load {
	t.Helper()
	open := func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }
	tr, err := trace.Survey(t.Context(), open, trace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := tr.Load(t.Context(), c, MaxTrace)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A scenario that is made of a load is read with its trace, and repeats the load: whatever the names of files and kinds.
func TestAScenarioMadeOfALoadRepeatsIt(t *testing.T) {
	t.Parallel()
	kinds := trace.Whole()
	kinds.Kinds = 3
	for name, tt := range map[string]struct {
		path, from, content string
		choice              trace.Choice
		kinds               string
	}{
		"plain":         {"load.yaml", "log", "at\n0\n0.25\n100.5\n", trace.Whole(), "fetch"},
		"one kind":      {"a/b/load.yml", "log", "at,kind\n0,io\n1,io\n", trace.Whole(), "io"},
		"kinds":         {"load.yaml", "log", "at,kind\n0,b\n1,a\n2,a\n3,c\n4,d\n", kinds, "a b other"},
		"hostile kinds": {"load.yaml", "log", "at,kind\n0,\"a: b\"\n1,a- b\n2,\"x\"\"y\n\"\n3,\n4,\u202e\n", trace.Whole(), "none a--b a--b-2 x-y none-2"},
		"hostile names": {"x\"}y: #.yaml", "{{.}}\x1b[2J\n- evil", "at\n0\n1\n", trace.Whole(), "fetch"},
	} {
		l := loadOf(t, tt.content, tt.choice)
		made, err := NewTraced(tt.path, tt.from, l)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		s, err := Parse("load.yaml", made.Scenario)
		if err == nil {
			err = s.ReadTraces(func(file string) ([]byte, error) {
				if file != made.TraceName {
					t.Errorf("%s: the scenario names %q, not %q", name, file, made.TraceName)
				}
				return made.Trace, nil
			})
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var names []string
		for _, k := range s.Kinds() {
			names = append(names, k.Kind)
		}
		if got := strings.Join(names, " "); got != tt.kinds {
			t.Errorf("%s: kinds %q, want %q", name, got, tt.kinds)
		}
		p := s.Phases[0]
		for i, a := range l.Arrivals {
			if p.Recorded[i].Kind != a.Kind || time.Duration(p.Recorded[i].At*1e9) != time.Duration(a.At) {
				t.Errorf("%s: task %d is %+v, want %+v", name, i, p.Recorded[i], a)
			}
		}
		if p = s.Scaled(1).Phases[0]; p.Cut != nil || p.Tasks != len(l.Arrivals) {
			t.Errorf("%s: its own limit cuts it: %+v", name, p.Cut)
		}
	}
}

func TestALoadThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := NewTraced("x.yaml", "log", loadOf(t, "at\n0\n2000000\n", trace.Whole())); err == nil || !strings.Contains(err.Error(), "--speed") {
		t.Errorf("err = %v", err)
	}
}
