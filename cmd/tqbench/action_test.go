package main

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/internal/github/githubtest"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/suite"
)

// action is action.yml.
type action struct {
	Inputs map[string]struct {
		Default string `yaml:"default"`
	} `yaml:"inputs"`
	Runs struct {
		Steps []struct {
			ID   string            `yaml:"id"`
			Uses string            `yaml:"uses"`
			Run  string            `yaml:"run"`
			Env  map[string]string `yaml:"env"`
		} `yaml:"steps"`
	} `yaml:"runs"`
}

func readAction(t *testing.T) (a action) {
	t.Helper()
	data, err := os.ReadFile("../../action.yml")
	if err == nil {
		err = yaml.Unmarshal(data, &a)
	}
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// workflow is a runner that runs the steps of the action as GitHub's does.
type workflow struct {
	action
	dir string
	env []string
	// values are those of expressions such as inputs.app.
	values map[string]string
}

// step runs a step with its variables, and returns what it says and its exit code.
func (w *workflow) step(t *testing.T, id string) (said string, code int) {
	t.Helper()
	for _, s := range w.Runs.Steps {
		if s.ID != id {
			continue
		}
		env := slices.Clone(w.env)
		for name, value := range s.Env {
			value = regexp.MustCompile(`\$\{\{ *([a-z0-9_.-]+) *\}\}`).ReplaceAllStringFunc(value, func(x string) string {
				return w.values[strings.Trim(x, "${} ")]
			})
			env = append(env, name+"="+value)
		}
		return script(t, w.dir, env, s.Run)
	}
	t.Fatalf("no step %s", id)
	return "", 0
}

// The action's steps run as on GitHub: the measurement without the token, with a program that only pretends to measure, then the comment, by
// the program itself.
func TestTheActionCommentsOnAPullRequest(t *testing.T) {
	testneeds.Real(t, "bash")
	api := githubtest.New(t, githubtest.Comment{ID: 1, Body: "hello", User: githubtest.User{Type: "User"}})
	dir := repository(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	w := &workflow{action: readAction(t), dir: dir, values: map[string]string{"github.action_path": root, "runner.temp": temp, "github.token": api.Token}}
	for name, in := range w.Inputs {
		w.values["inputs."+name] = in.Default
	}
	maps.Copy(w.values, map[string]string{"inputs.app": "celery=shop", "inputs.task": "shop.order", "inputs.fail-if": "throughput < -5%\n\n  latency_p99 > +10%\n",
		"inputs.base": "main", "inputs.install": "pip install -r 'requirements.txt'", "inputs.args": "--rate\n80", "inputs.token": api.Token})
	event, summary, output := filepath.Join(temp, "event.json"), filepath.Join(temp, "summary"), filepath.Join(temp, "output")
	writeAll(t, temp, map[string]string{"event.json": `{"pull_request":{"number":7,"head":{"sha":"fedcba987654"}}}`, "summary": "", "output": "", "tqbench-bin/tqbench": pretender})
	w.env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GITHUB_") }), "GITHUB_API_URL="+api.URL, "GITHUB_REPOSITORY="+api.Repository,
		"GITHUB_EVENT_PATH="+event, "GITHUB_STEP_SUMMARY="+summary, "GITHUB_OUTPUT="+output, "GITHUB_SERVER_URL=https://github.com", "GITHUB_RUN_ID=17", "PROGRAM="+os.Args[0], "TEMP="+temp)

	for n, outcome := range []string{regress.Fails, regress.CantTell} {
		g := gate.Gate{Version: gate.Version, Outcome: outcome, Base: gate.Side{GateSide: suite.GateSide{Name: "main", Commit: "0123456789abcdef"}},
			Decisions: []gate.Decision{{Threshold: "throughput < -5%", Metric: "throughput", Title: "Throughput", Limit: 0.95, Outcome: outcome,
				Cell: regress.Cell{Scenario: "own", Broker: "redis", Arm: "celery/prefork"}}}}
		if err := gate.Write(temp, g); err != nil {
			t.Fatal(err)
		}
		said, code := w.step(t, "gate")
		if code != 0 {
			t.Fatalf("the measurement: exit code %d: %s", code, said)
		}
		w.values["steps.gate.outputs.code"] = "1"
		more, code := w.step(t, "show")
		if code != 1 || !strings.Contains(more, "title=tqbench gate%3A "+outcome+"::throughput < -5%25: ") {
			t.Errorf("the comment: exit code %d: %s", code, more)
		}
		got := api.Comments()
		if len(got) != 2 || !strings.Contains(got[1].Body, "**"+outcome+"**") ||
			!strings.HasSuffix(got[1].Body, "\nMeasured for commit fedcba987654 by [this run](https://github.com/shop/queue/actions/runs/17).\n") || strings.Contains(said+more+read(t, output)+read(t, summary), api.Token) {
			t.Errorf("run %d: comments %+v, output %s", n+1, got, said+more)
		}
	}
	want := []string{"gate", "--out", filepath.Join(temp, "tqbench-gate"), "--app=celery=shop", "--task=shop.order", "--app-path=.", "--install=pip install -r 'requirements.txt'",
		"--base=main", "--broker=redis", "--within=15m", "--fail-if=throughput < -5%", "--fail-if=latency_p99 > +10%", "--rate", "80"}
	if got := strings.Split(strings.TrimSpace(read(t, filepath.Join(temp, "args"))), "\n"); !slices.Equal(got, want) {
		t.Errorf("it runs tqbench %q, want %q", got, want)
	}
	if strings.Contains(read(t, filepath.Join(temp, "env")), api.Token) {
		t.Error("the code of the pull request gets the token")
	}
	if s := read(t, output); s != "code=1\noutcome=fails\ncode=1\noutcome=can't tell\n" {
		t.Errorf("outputs %q", s)
	}
	if s := read(t, summary); strings.Count(s, "## Task queue benchmark") != 2 {
		t.Errorf("summary %q", s)
	}
	// A later push whose gate has no result doesn't keep the answer of an earlier one.
	if err := errors.Join(os.RemoveAll(filepath.Join(temp, "tqbench-gate")), os.Remove(gate.Path(temp))); err != nil {
		t.Fatal(err)
	}
	if said, code := w.step(t, "gate"); code != 0 {
		t.Fatalf("exit code %d: %s", code, said)
	}
	if said, code := w.step(t, "show"); code != 1 {
		t.Errorf("exit code %d: %s", code, said)
	}
	if got := api.Comments(); len(got) != 2 || !strings.Contains(got[1].Body, "No result: the gate ended with exit code 1.") {
		t.Errorf("comments %+v", got)
	}
}

// pinned reports whether a step uses no program of others, or one that is pinned by its commit.
func pinned(uses string) bool {
	return uses == "" || regexp.MustCompile(`@[0-9a-f]{40}$`).MatchString(uses)
}

// Every program of others is pinned by its commit, and every input and variable is in the document.
func TestTheActionIsPinnedAndDocumented(t *testing.T) {
	t.Parallel()
	a, doc := readAction(t), read(t, "../../docs/ci.md")
	for _, s := range a.Runs.Steps {
		if !pinned(s.Uses) {
			t.Errorf("%s is not pinned by its commit", s.Uses)
		}
	}
	for name := range a.Inputs {
		if !strings.Contains(doc, "`"+name+"`") {
			t.Errorf("docs/ci.md doesn't name the input %s", name)
		}
	}
}
