package main

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
)

// pretender is a tqbench that only pretends to measure: it notes in $TEMP what it gets, and has the gate of $TEMP. It shows a gate by the
// real program.
const pretender = "#!/bin/sh\n" + `if [ "$1 $2" = "gate github" ]; then exec env ` + asMain + `=1 "$PROGRAM" "$@"; fi
env > "$TEMP/env"
printf '%s\n' "$@" > "$TEMP/args"
mkdir -p "$3" && cp "$TEMP/gate.json" "$3/gate.json"
exit 1
`

// script runs the script of a job as the runners of GitHub and GitLab do, and returns what it says and its exit code.
func script(t *testing.T, dir string, env []string, text string) (said string, code int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", text)
	cmd.Dir, cmd.Env = dir, env
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return string(out), exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// writeAll writes programs and texts below a folder.
func writeAll(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// gitlabJob is a job of .gitlab/gate.yml.
type gitlabJob struct {
	Image string `yaml:"image"`
	Rules []struct {
		If string `yaml:"if"`
	} `yaml:"rules"`
	Variables map[string]string `yaml:"variables"`
	Script    []string          `yaml:"script"`
	Artifacts struct {
		When    string            `yaml:"when"`
		Paths   []string          `yaml:"paths"`
		Reports map[string]string `yaml:"reports"`
	} `yaml:"artifacts"`
}

func readJob(t *testing.T) gitlabJob {
	t.Helper()
	jobs := map[string]gitlabJob{}
	if err := yaml.Unmarshal([]byte(read(t, "../../.gitlab/gate.yml")), &jobs); err != nil {
		t.Fatal(err)
	}
	j, ok := jobs["tqbench-gate"]
	if !ok || len(jobs) != 1 {
		t.Fatalf("jobs %+v", jobs)
	}
	return j
}

// run runs the job's script with its variables and those of the project, which win. A variable may have others in it.
func (j gitlabJob) run(t *testing.T, dir string, env []string, project map[string]string) (said string, code int) {
	t.Helper()
	all := maps.Clone(j.Variables)
	maps.Copy(all, project)
	for name, value := range all {
		env = append(env, name+"="+os.Expand(value, func(of string) string { return all[of] }))
	}
	return script(t, dir, env, strings.Join(j.Script, "\n"))
}

// source is a repository with the scripts of tqbench that the job runs, and the folder of a toolchain that pretends to build.
func source(t *testing.T) (repo, bin string) {
	t.Helper()
	repo, bin = repository(t), t.TempDir()
	writeAll(t, repo, map[string]string{"scripts/gate.sh": read(t, "../../scripts/gate.sh"), "scripts/brokers.sh": "#!/bin/sh\necho \"$@\" > \"$TEMP/brokers\"\n"})
	writeAll(t, bin, map[string]string{"go": "#!/bin/sh\n" + `[ "$1 $3 $4 $6" = "-C build -o ./cmd/tqbench" ] || exit 9
mkdir -p "$5" && cp "$TEMP/tqbench" "$5/tqbench"
`})
	for _, args := range []string{"add --all", "-c user.name=t -c user.email=t@example.org commit --quiet --message=scripts", "tag v1.0.0"} {
		git(t, repo, strings.Fields(args)...)
	}
	return repo, bin
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %s: %v: %s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// The job's script runs as on GitLab, with a program that only pretends to measure.
func TestTheJobGatesAMergeRequest(t *testing.T) {
	testneeds.Real(t, "bash")
	j, dir, temp := readJob(t), repository(t), t.TempDir()
	from, bin := source(t)
	writeAll(t, temp, map[string]string{"tqbench": pretender})
	if err := gate.Write(temp, gate.Gate{Version: gate.Version, Outcome: regress.Fails, Decisions: []gate.Decision{}}); err != nil {
		t.Fatal(err)
	}
	env := append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "CI_") || strings.HasPrefix(v, "GATE_") || strings.HasPrefix(v, "PATH=")
	}),
		"PATH="+bin+":"+os.Getenv("PATH"), "TEMP="+temp)
	project := map[string]string{
		"CI": "true", "CI_PIPELINE_SOURCE": "merge_request_event", "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(t, dir, "rev-parse", "main"),
		"TQBENCH_SOURCE": "file://" + from, "TQBENCH_REF": "v1.0.0", "TQBENCH_DIR": filepath.Join(temp, "clone"),
		"GATE_APP": "celery=shop", "GATE_TASK": "shop.order", "GATE_FAIL_IF": "throughput < -5%\nlatency_p99 > +10%", "GATE_STRICT": "true", "GATE_BROKER": "redis@7",
	}
	said, code := j.run(t, dir, env, project)
	if code != 1 {
		t.Fatalf("the job of a gate that fails: exit code %d: %s", code, said)
	}
	want := []string{"gate", "--out", "tqbench-gate", "--app=celery=shop", "--task=shop.order", "--base=" + project["CI_MERGE_REQUEST_DIFF_BASE_SHA"], "--broker=redis@7",
		"--within=15m", "--fail-if=throughput < -5%", "--fail-if=latency_p99 > +10%", "--strict", "--junit=tqbench-gate.xml"}
	if got := strings.Split(strings.TrimSpace(read(t, filepath.Join(temp, "args"))), "\n"); !slices.Equal(got, want) {
		t.Errorf("it runs tqbench %q, want %q", got, want)
	}
	if got := read(t, filepath.Join(temp, "brokers")); got != "redis\n" {
		t.Errorf("it installs %q", got)
	}
	if _, err := os.Stat(gate.Path(filepath.Join(dir, j.Artifacts.Paths[0]))); err != nil || j.Artifacts.When != "always" || !slices.Contains(want, "--junit="+j.Artifacts.Reports["junit"]) {
		t.Errorf("artifacts %+v, %v", j.Artifacts, err)
	}
	if len(j.Rules) != 1 || j.Rules[0].If != `$CI_PIPELINE_SOURCE == "merge_request_event"` {
		t.Errorf("it runs by %+v", j.Rules)
	}
}

// A job that can't get tqbench ends there, and measures nothing.
func TestTheJobEndsWhereAStepFails(t *testing.T) {
	testneeds.Real(t, "bash")
	j, dir, temp := readJob(t), repository(t), t.TempDir()
	from, bin := source(t)
	writeAll(t, bin, map[string]string{"tqbench": pretender}) // a job that went on would run it
	for name, project := range map[string]map[string]string{
		"no such source":    {"TQBENCH_SOURCE": "file://" + temp, "TQBENCH_REF": "v1.0.0"},
		"no reference":      {"TQBENCH_SOURCE": "file://" + from},
		"no such reference": {"TQBENCH_SOURCE": "file://" + from, "TQBENCH_REF": "v0"},
		"no build":          {"TQBENCH_SOURCE": "file://" + from, "TQBENCH_REF": "v1.0.0"}, // as $TEMP has nothing to copy
	} {
		project["TQBENCH_DIR"], project["GATE_FAIL_IF"] = filepath.Join(temp, name), "throughput < -5%"
		said, code := j.run(t, dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "TEMP="+temp), project)
		if code == 0 || said == "" {
			t.Errorf("%s: exit code %d: %s", name, code, said)
		}
		if _, err := os.Stat(filepath.Join(temp, "args")); err == nil {
			t.Errorf("%s: it measured", name)
		}
	}
}

// The base of a request is what it alone changes: the first parent of its merge, or where its branch left the target. A shallow clone
// fetches a base that is named.
func TestTheBaseIsWhatARequestStartsFrom(t *testing.T) {
	testneeds.Real(t, "bash")
	dir, temp := repository(t), t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, temp, map[string]string{"tqbench": "#!/bin/sh\nprintf '%s\\n' \"$@\" > \"$TEMP/args\"\n"})
	commit := func(name string) string {
		writeAll(t, dir, map[string]string{name: name})
		git(t, dir, "add", "--all")
		git(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message", name)
		return git(t, dir, "rev-parse", "HEAD")
	}
	left := git(t, dir, "rev-parse", "main")
	git(t, dir, "switch", "--quiet", "--create", "feature")
	source := commit("change")
	git(t, dir, "switch", "--quiet", "main")
	target := commit("of others")
	git(t, dir, "switch", "--quiet", "--detach", "main")
	git(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.org", "merge", "--quiet", "--no-ff", "--message", "merge", "feature")
	merged := git(t, dir, "rev-parse", "HEAD")
	shallow, whole, behind := filepath.Join(temp, "shallow"), filepath.Join(temp, "whole"), filepath.Join(temp, "behind")
	git(t, dir, "clone", "--quiet", "--depth=1", "--branch=main", "file://"+dir, shallow)
	// As actions/checkout leaves it: no local branch, and no right to fetch more.
	git(t, dir, "clone", "--quiet", "file://"+dir, whole)
	git(t, whole, "switch", "--quiet", "--detach", "origin/feature")
	git(t, whole, "remote", "set-url", "origin", "file:///nowhere")
	// A whole clone that lacks what was pushed since.
	git(t, dir, "clone", "--quiet", "--branch=main", "file://"+dir, behind)
	git(t, dir, "branch", "--quiet", "release-2", source)
	for name, c := range map[string]struct {
		dir, head string
		env       []string
		base      string
	}{
		"the merge of a request":                {dir, merged, []string{"GATE_TARGET=" + left, "GATE_SOURCE=" + source}, target},
		"its last commit":                       {dir, source, []string{"GATE_TARGET=" + target, "GATE_SOURCE=" + source}, left},
		"a merge within its branch":             {dir, merged, []string{"GATE_TARGET=" + left, "GATE_SOURCE=" + merged}, left},
		"a base that is named":                  {dir, merged, []string{"GATE_BASE=feature", "GATE_TARGET=" + left, "GATE_SOURCE=" + source}, "feature"},
		"a base that a shallow clone lacks":     {shallow, "HEAD", []string{"GATE_BASE=feature"}, source},
		"a target that a shallow clone lacks":   {shallow, "HEAD", []string{"GATE_TARGET=" + left}, left},
		"a branch of the remote alone":          {whole, "HEAD", []string{"GATE_BASE=main"}, "origin/main"},
		"a branch that is newer than the clone": {behind, "HEAD", []string{"GATE_BASE=release-2"}, source},
		"a repository below the job's folder":   {shallow, "HEAD", []string{"GATE_TARGET=" + left, "GATE_APP_PATH=shallow"}, left},
		"a release of a contender is no commit": {dir, merged, []string{"GATE_APP=", "GATE_CONTENDER=celery", "GATE_BASE=5.5.3"}, "5.5.3"},
	} {
		git(t, c.dir, "checkout", "--quiet", "--detach", c.head)
		env := append(append(os.Environ(), "PATH="+temp+":"+os.Getenv("PATH"), "TEMP="+temp, "GATE_APP=celery=shop"), c.env...)
		from := c.dir
		if slices.Contains(c.env, "GATE_APP_PATH=shallow") {
			from = temp
		}
		if said, code := script(t, from, env, filepath.Join(root, "scripts/gate.sh")); code != 0 {
			t.Errorf("%s: exit code %d: %s", name, code, said)
		} else if args := strings.Split(read(t, filepath.Join(temp, "args")), "\n"); !slices.Contains(args, "--base="+c.base) {
			t.Errorf("%s: it runs tqbench %q, want the base %s", name, args, c.base)
		}
	}
	if got := git(t, behind, "rev-parse", "--is-shallow-repository"); got != "false" {
		t.Errorf("the whole clone is shallow now: %s", got)
	}
}
