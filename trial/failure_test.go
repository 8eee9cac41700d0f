package trial

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

func TestANoteOfAFailureIsRead(t *testing.T) {
	for note, want := range map[string]*results.Failure{
		"KeyError: 'x'\nin shop.py, line 7\n":        {Error: "KeyError: 'x'", File: "shop.py", Line: 7},
		"KeyError: 'x'":                              {Error: "KeyError: 'x'"},
		"KeyError\nin a, line 2, line 30\n":          {Error: "KeyError", File: "a, line 2", Line: 30},
		"KeyError\nin shop.py, line x\n":             {Error: "KeyError"},
		"KeyError\nin shop.py, line -1\n":            {Error: "KeyError"},
		"E: \x1b[31mred\u202e\tand\xff white":        {Error: `E: \u001b[31mred\u202e and? white`},
		"":                                           nil,
		"\nin shop.py, line 7\n":                     nil,
		strings.Repeat("y", 2000) + "\nin a, line 1": {Error: strings.Repeat("y", failureShown-3) + "...", File: "a", Line: 1},
	} {
		got := failureOf([]byte(note))
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%q: %+v, want %+v", note, got, want)
		}
	}
}

// A process notes its first failure once, in UTF-8 and at most 1 KiB, whatever the exception is like.
func TestAProcessNotesItsFirstFailureOnce(t *testing.T) {
	env := environment(t, "celery")
	for raise, want := range map[string]string{
		"KeyError('x')":                    "KeyError: 'x'\nin <string>, line 8\n",
		"ValueError('two\\n lines')":       "ValueError: two lines\nin <string>, line 8\n",
		"ValueError":                       "ValueError\nin <string>, line 8\n",
		"Mute('x')":                        "Mute\nin <string>, line 8\n",
		`ValueError('\u00e9\ud800' * 999)`: "ValueError: \u00e9\\ud800\u00e9",
	} {
		dir := t.TempDir()
		const script = `
from tqbench import failure
class Mute(Exception):
    def __str__(self):
        raise RuntimeError
for _ in range(2):
    try:
        raise %s
    except Exception as error:
        failure.note(error)
    failure.note(OSError("a later one"))
`
		cmd := exec.CommandContext(t.Context(), env.Python, "-c", fmt.Sprintf(script, raise))
		cmd.Env = env.Environ(map[string]string{"TQBENCH_PROBE_DIR": dir, "PYTHONPATH": env.Path()})
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", raise, err, out)
		}
		notes, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(notes) != 1 || filepath.Base(notes[0]) != fmt.Sprintf("%d.failure", cmd.Process.Pid) {
			t.Fatalf("%s: %q (%v)", raise, notes, err)
		}
		got, err := os.ReadFile(notes[0])
		if err != nil || !strings.HasPrefix(string(got), want) || !strings.HasSuffix(string(got), "\nin <string>, line 8\n") || len(got) > 1<<10 || !utf8.Valid(got) {
			t.Errorf("%s: %q, want %q (%v)", raise, got, want, err)
		}
	}
}

// Of several notes, the earliest is kept, without secrets. What is no note of a worker's is none.
func TestTheFirstFailureIsKept(t *testing.T) {
	b := sandbox{folder: t.TempDir(), redact: redact.New("correct-horse")}
	if got := b.firstFailure(); got != nil {
		t.Errorf("%+v without a note", got)
	}
	now := time.Now()
	for i, f := range []struct{ name, content string }{
		{"9.failure", ""}, {"8.failure", strings.Repeat("z", failureLimit+1)}, {"5.failure", "First: redis://:correct-horse@h\nin shop.py, line 7\n"},
		{"1.failure", "Second: no"}, {"0.probe", "Probe: no"},
	} {
		path := filepath.Join(b.folder, f.name)
		if err := os.WriteFile(path, []byte(f.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now, now.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(b.folder, "7.failure")); err != nil {
		t.Fatal(err)
	}
	want := results.Failure{Error: "First: redis://:***@h", File: "shop.py", Line: 7}
	if got := b.firstFailure(); got == nil || *got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := (&fleet{box: &b}).because(); got != "First: redis://:***@h, in shop.py, line 7" {
		t.Error(got)
	}
}

func TestWithoutANoteTheLastWordsAreTheReason(t *testing.T) {
	b := sandbox{folder: t.TempDir(), redact: redact.New("correct-horse")}
	if err := os.WriteFile(b.workerLog(0), []byte("started\nno route to correct-horse\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := (&fleet{box: &b}).because(); got != "the last words of the first worker: started no route to ***" {
		t.Error(got)
	}
}

// A failure of one of our tasks spoils the trial. A user's own task may fail, unless a phase has no success.
func TestFailedTasksOfAUserAreOnlyNoted(t *testing.T) {
	const ok, bad = results.ProbeOK, results.ProbeFailed
	for name, tt := range map[string]struct {
		own bool
		// phases have the outcome of each task.
		phases [][]uint8
		// want are the flags: each with its phase, its counts, and whether it spoils the trial.
		want []results.Fact
		bad  []bool
	}{
		"none":                {true, [][]uint8{{ok, ok}}, nil, nil},
		"ours":                {false, [][]uint8{{ok, bad}, {ok}}, []results.Fact{{Count: 1, Of: 3}}, []bool{true}},
		"a user's":            {true, [][]uint8{{ok, bad}, {ok}}, []results.Fact{{Count: 1, Of: 3}}, []bool{false}},
		"all of a user's":     {true, [][]uint8{{bad, bad}, {bad}}, []results.Fact{{Count: 3, Of: 3}}, []bool{true}},
		"a phase of a user's": {true, [][]uint8{{ok, ok}, {bad}}, []results.Fact{{Phase: "1", Count: 1, Of: 1}, {Count: 1, Of: 3}}, []bool{true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			l := &ledger{}
			r := &run{ledger: l, rec: &recorder{result: results.Trial{Failure: &results.Failure{Error: "E: e", File: "f.py", Line: 3}}}}
			if tt.own {
				r.Scenario.Own = &suite.Own{}
			}
			for i, outcomes := range tt.phases {
				s := l.open(string(rune('0'+i)), len(outcomes), true)
				for j, o := range outcomes {
					s.record(j, 1, 1, 1)
					l.note(results.Probe{Seq: uint64(s.first) + uint64(j), Started: 2, Finished: 3, Outcome: o})
				}
			}
			r.rec.result.Counts, _ = l.counts()
			r.flagFailed()
			if len(r.rec.result.Flags) != len(tt.want) {
				t.Fatalf("%+v", r.rec.result.Flags)
			}
			for i, f := range r.rec.result.Flags {
				w := tt.want[i]
				if f.Code != results.FlagFailed || f.Check != results.CheckTasks || f.Phase != w.Phase || f.Count != w.Count || f.Of != w.Of || f.Invalidates("throughput") != tt.bad[i] ||
					f.Detail != "E: e" || f.File != "f.py" || f.Line != 3 {
					t.Errorf("%+v, want %+v", f, w)
				}
			}
		})
	}
}
