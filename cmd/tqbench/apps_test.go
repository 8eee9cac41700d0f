package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers/workerstest"
)

// appShape is an application of examples/apps.
type appShape struct {
	folder, app, task, calls string
	// side is the contender, "" for the framework's first one.
	side string
	// python says that it runs in an environment like a user's; otherwise it runs in tqbench's.
	python bool
	// env are its variables; URL in them is the application's broker, DATABASE that of its database.
	env []string
	// brokers are those that it is measured on.
	brokers string
	// follows is how many tasks each of its tasks enqueues, all steps included.
	follows int64
	// byClient says that the framework's client must send.
	byClient bool
	// setting is one of the application's settings that the report lists as replaced.
	setting string
}

func appShapes() map[string]appShape {
	return map[string]appShape{
		"a package with routed queues": {folder: "package", app: "celery=shop", task: "shop.tasks.order", calls: `[["pencil"], ["paper", 3]]`, python: true,
			env: []string{"SHOP_BROKER_URL=URL"}, brokers: "redis,postgres,rabbitmq", follows: 2, setting: "task_routes"},
		"Django with a database": {folder: "django", app: "celery=bookshop", task: "orders.tasks.place", calls: `[{"args": ["Ulysses"], "kwargs": {"quantity": 2}}]`, python: true,
			env: []string{"SECRET_KEY=not-for-the-report", "BROKER_URL=URL", "DATABASE_URL=DATABASE"}, brokers: "rabbitmq", follows: 1, setting: "broker_url"},
		"Flask from a factory": {folder: "flask", app: "celery=web:create_app", task: "web.greet", calls: `[["Ada"]]`, python: true,
			env: []string{"FLASK_BROKER_URL=URL"}, brokers: "redis", setting: "broker_url"},
		"chords with a result backend": {folder: "canvas", app: "celery=report", task: "report.nightly", calls: `[[]]`, python: true,
			env: []string{"REPORT_REDIS_URL=URL"}, brokers: "redis", follows: 8, setting: "result_backend"},
		"a file of variables, pickle and gzip": {folder: "settings", app: "celery=prices", task: "price", calls: `[["pencil"], {"args": ["paper"], "kwargs": {"quantity": 3}}]`, python: true,
			brokers: "redis", byClient: true, setting: "task_always_eager"},
		"an AsyncTasQ function": {folder: "asynctasq", app: "asynctasq=mail", task: "mail.send", calls: `[["ada@example.org"]]`,
			env: []string{"MAIL_REDIS_URL=URL"}, brokers: "redis,postgres", follows: 1},
		"an AsyncTasQ class": {folder: "asynctasq", app: "asynctasq=mail", task: "mail.Digest", calls: `[{"kwargs": {"topic": "queues"}}]`,
			env: []string{"MAIL_REDIS_URL=URL"}, brokers: "redis", byClient: true},
		"Dramatiq actors with a pipeline and results": {folder: "dramatiq", app: "dramatiq=shop", task: "order", calls: `[["pencil"], {"args": ["paper"], "kwargs": {"quantity": 3}}]`,
			env: []string{"SHOP_REDIS_URL=URL"}, brokers: "redis,rabbitmq", follows: 3, setting: "result backend"},
		"Taskiq tasks of two brokers": {folder: "taskiq", app: "taskiq=news:broker", task: "news:publish", calls: `[["Ulysses"], {"args": ["Emma"], "kwargs": {"topics": 3}}]`,
			env: []string{"NEWS_REDIS_URL=URL"}, brokers: "rabbitmq", follows: 2, setting: "result backend"},
		"RQ jobs in several queues": {folder: "rq", app: "rq=parcels", task: "parcels.send", calls: `[["Ada"], {"args": ["Bob"], "kwargs": {"weight": 3}}]`, side: "rq/simple",
			env: []string{"PARCELS_REDIS_URL=URL"}, brokers: "redis", follows: 2, setting: "connection"},
	}
}

// Applications of each shape are measured, all their tasks are accounted for, and their own broker sees no connection.
func TestApplicationsOfEachShapeAreMeasured(t *testing.T) {
	testneeds.Real(t, "brokers and workers")
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	apps := filepath.Join(brokertest.OpenDir(t), "apps")
	if err := os.CopyFS(apps, os.DirFS("../../examples/apps")); err != nil {
		t.Fatal(err)
	}
	theirs := plantBroker(t)
	database := opened(t, "postgres")
	write(t, filepath.Join(apps, "settings", "prices.env"), fmt.Sprintf("CELERY_BROKER_URL=%q\nPRICES_BROKER_URL=%q\nPRICES_EAGER=1\n", theirs.URL(), theirs.URL()))

	python, err := workerstest.Venv(t.Context(), filepath.Join(apps, "venv"), filepath.Join(apps, "requirements.txt"))
	if err != nil {
		t.Fatal(err)
	}
	migrate(t, python, filepath.Join(apps, "django"), database.URL())
	for name, shape := range appShapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // a run mostly waits
			dir := t.TempDir()
			write(t, filepath.Join(dir, "calls.json"), shape.calls)
			args := []string{"quick", "--blocks", "1", "--scale", "0.02", "--broker", shape.brokers, "--app-path", filepath.Join(apps, shape.folder),
				"--app", shape.app, "--task", shape.task, "--calls", "calls.json"}
			if shape.side != "" {
				args = append(args, "--contender", shape.side)
			}
			if shape.python {
				args = append(args, "--app-python", python)
			}
			var env []string
			for _, v := range shape.env {
				env = append(env, strings.NewReplacer("=URL", "="+theirs.URL(), "=DATABASE", "="+database.URL()).Replace(v))
				args = append(args, "--app-env", strings.SplitN(v, "=", 2)[0])
			}
			before := theirs.connections(t)
			cmd, _, stderr := tqbench(t.Context(), t, dir, args...)
			cmd.Env = append(cmd.Env, env...)
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			shape.measured(t, filepath.Join(dir, defaultOut))
			theirs.untouched(t, before)
			if found := grep(t, dir, "not-for-the-report"); found != "" {
				t.Errorf("%s has the value of a variable", found)
			}
		})
	}
}

// Whatever queues an application's tasks ask for, all of them run, and none is left on the user's broker.
func TestRoutedTasksLeaveNothingOnAnAttachedBroker(t *testing.T) {
	shape := appShapes()["a package with routed queues"]
	shape.python = false
	path, err := filepath.Abs("../../examples/apps/package")
	if err != nil {
		t.Fatal(err)
	}
	// The run declares quorum queues, so a worker that asks for others ends.
	for _, name := range []string{"redis", "rabbitmq", "rabbitmq-quorum"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("TMPDIR", brokertest.OpenDir(t))
			app := brokertest.OpenDir(t)
			if err := os.CopyFS(filepath.Join(app, "app"), os.DirFS(path)); err != nil {
				t.Fatal(err)
			}
			server := opened(t, name)
			somebody := inUse()[brokername.Family(name)]
			somebody.plant(t, server.URL())
			inventory := func() map[string]string {
				ctx, cancel := context.WithTimeout(t.Context(), inventoryLimit)
				defer cancel()
				return somebody.inventory(ctx, t, server.URL())
			}
			before := inventory()
			dir := t.TempDir()
			write(t, filepath.Join(dir, "calls.json"), shape.calls)
			cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--blocks", "1", "--scale", "0.01", "--broker", name, "--app-path", filepath.Join(app, "app"),
				"--app", shape.app, "--task", shape.task, "--calls", "calls.json", "--app-env", "SHOP_BROKER_URL="+server.URL())
			cmd.Env = append(cmd.Env, urlEnv(name)+"="+server.URL())
			if err := cmd.Run(); err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			shape.brokers = name
			shape.measured(t, filepath.Join(dir, defaultOut))
			if after := inventory(); !maps.Equal(before, after) {
				t.Errorf("the broker has %q, and had %q", after, before)
			}
		})
	}
}

// measured checks a shape's trials.
func (s appShape) measured(t *testing.T, out string) {
	t.Helper()
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != len(strings.Split(s.brokers, ",")) {
		t.Fatalf("%d trials (%v)", len(trials), err)
	}
	for _, tr := range trials {
		if tr.Sent != 300 || tr.Finished != 300 || tr.Duplicated != 0 || tr.Unexpected != 0 {
			t.Errorf("%s: %+v, %s", tr.Broker, tr.Counts, tr.Reason)
		}
		// At least as many as the workers can hold, from any sender.
		if tr.Warmup.Tasks < 20 || !strings.Contains(tr.Warmup.Rule, "windows in a row") {
			t.Errorf("%s: a warm-up of %+v", tr.Broker, tr.Warmup)
		}
		// The warm-up's tasks enqueue as well, which include those of the client.
		if got, want := tr.Followed, s.follows*(300+tr.Warmup.Tasks); got != want {
			t.Errorf("%s: %d tasks followed, want %d", tr.Broker, got, want)
		}
		for _, p := range tr.Phases {
			if s.byClient && p.Producer != "client" {
				t.Errorf("phase %s was sent by the %s producer", p.Name, p.Producer)
			}
		}
	}
	run, err := results.ReadRun(out)
	if err != nil {
		t.Fatal(err)
	}
	// The software is what ran: that of the application's interpreter, which has Django, and not tqbench's.
	if got := slices.ContainsFunc(run.Software, func(x results.Software) bool { return x.Name == "Django" && x.Version != "" }); got != s.python {
		t.Errorf("the software has Django: %v; %v", got, run.Software)
	}
	var names []string
	for _, x := range run.Contenders[0].Settings {
		names = append(names, x.Name)
	}
	if list := strings.Join(names, ", "); !strings.Contains(list, s.setting) {
		t.Errorf("no setting %s in %s", s.setting, list)
	}
}

// opened is a private broker until the test's end.
func opened(t *testing.T, name string) broker.Broker {
	t.Helper()
	b, err := broker.Open(t.Context(), name, broker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// migrate makes the tables of a Django project.
func migrate(t *testing.T, python, dir, database string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python, "manage.py", "migrate", "--verbosity", "0")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SECRET_KEY=x", "DATABASE_URL="+database)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("migrate: %v: %s", err, out)
	}
}

// grep is the path of a file below a folder that has a text, or "".
func grep(t *testing.T, dir, text string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || found != "" {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), text) {
			found = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
