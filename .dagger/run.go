package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dagger/tqbench/internal/dagger"
)

// Trials is what a run of a plan measured.
type Trials struct {
	// +private
	Bench *Tqbench
	// the folder of the run: plan.json, results, tqbench.log and exit-code
	Results *dagger.Directory
}

// partLength is how long a part of a run takes, about. An interruption loses what the current part measured.
const partLength = "3m0s"

// The exit codes of a part that ran what it should: paused has trials left, and what notValid measured answers nothing.
const (
	notValid = "3"
	paused   = "4"
)

// Run runs a plan in parts, one after another: the same run id goes on where it stopped.
//
// Each part is a step that the engine keeps under the run id, with the plan and the binary. No part that ended is measured twice, and no other
// run gets it. The folder is returned whether the run succeeded or not.
//
// +cache="session"
func (p *Plan) Run(
	ctx context.Context,
	// name of the run: the same name goes on where it stopped (default: a new run)
	// +optional
	runID string,
	// how long a part takes, about
	// +default="3m0s"
	part string,
) (*Trials, error) {
	if runID == "" {
		runID = time.Now().UTC().Format(time.RFC3339Nano)
	}
	called := time.Now().Truncate(time.Second) // as a part notes its begin
	out := dag.Directory().WithFile("plan.json", p.File)
	var log strings.Builder
	had := 0
	for n := 1; ; n++ {
		d, err := p.part(ctx, out, runID, "", part, n)
		if err == nil && d.failed() && d.began.Before(called) {
			// It is from an earlier call, and what it failed for may be mended.
			d, err = p.part(ctx, out, runID, " of "+called.UTC().Format(time.RFC3339), part, n)
		}
		if err != nil {
			return nil, err
		}
		log.WriteString(d.words)
		out = d.out
		if d.code != paused {
			return p.Bench.trials(out, log.String(), d.code), nil
		}
		has, err := kept(ctx, out)
		if err != nil {
			return nil, err
		}
		if has <= had {
			return nil, fmt.Errorf("part %d of run %s kept no trial: %s", n, runID, d.words)
		}
		had = has
	}
}

// trials is what a run measured, with its output and exit code.
func (m *Tqbench) trials(out *dagger.Directory, words, code string) *Trials {
	return &Trials{Bench: m, Results: out.WithNewFile("tqbench.log", words).WithNewFile("exit-code", code+"\n")}
}

// done is a part of a run that has ended.
type done struct {
	out         *dagger.Directory
	words, code string
	began       time.Time
}

// failed tells whether it ended for another reason than that it ran what it should.
func (d done) failed() bool { return d.code != "0" && d.code != notValid && d.code != paused }

// keeping runs a command and leaves its output, its exit code and its begin in files. Dagger takes the codes 128 to 191, which a command that
// was killed or interrupted ends with, for its own failure, whatever is expected, and gives nothing out of such a container. The shell outlives
// the command and succeeds.
func keeping(args []string) []string {
	const script = `date +%s > /began; { "$@"; echo $? > /exit-code; } 2>&1 | tee /tqbench.log`
	return append([]string{"sh", "-c", script, "sh"}, args...)
}

// keptIn is the output and the exit code that keeping left in a container.
func keptIn(ctx context.Context, c *dagger.Container) (words, code string, err error) {
	if words, err = c.File("/tqbench.log").Contents(ctx); err != nil {
		return "", "", err
	}
	code, err = c.File("/exit-code").Contents(ctx)
	return words, strings.TrimSpace(code), err
}

// part runs a part of the plan on what earlier parts measured. It has ended when this returns, so that no two measurements overlap.
func (p *Plan) part(ctx context.Context, out *dagger.Directory, runID, attempt, length string, n int) (done, error) {
	ctx, span := Tracer().Start(ctx, fmt.Sprintf("part %d of run %s", n, runID))
	defer span.End()
	args := []string{"tqbench", "run", "--out", "/out", "--pause-after", length}
	if n > 1 {
		args = append(args, "--resume")
	}
	m := p.Bench
	c, err := m.attached(m.withInputs(m.bench(), p.Inputs)).
		WithDirectory("/out", out).
		WithEnvVariable("TQBENCH_RUN_ID", runID+attempt).
		WithExec(keeping(m.owned(args))).
		Sync(ctx)
	if err != nil {
		return done{}, err
	}
	words, code, err := keptIn(ctx, c)
	if err != nil {
		return done{}, err
	}
	at, err := c.File("/began").Contents(ctx)
	if err != nil {
		return done{}, err
	}
	began, err := strconv.ParseInt(strings.TrimSpace(at), 10, 64)
	return done{c.Directory("/out"), words, code, time.Unix(began, 0)}, err
}

// kept is how many trials a folder has.
func kept(ctx context.Context, out *dagger.Directory) (int, error) {
	files, err := out.Glob(ctx, "results/trials/*/trial.json")
	return len(files), err
}

// Assert fails where the run measured nothing usable.
func (t *Trials) Assert(ctx context.Context) error {
	code, err := t.Results.File("exit-code").Contents(ctx)
	if err != nil || strings.TrimSpace(code) == "0" {
		return err
	}
	log, err := t.Results.File("tqbench.log").Contents(ctx)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	return fmt.Errorf("tqbench ended with exit code %s: %s", strings.TrimSpace(code), lines[len(lines)-1])
}

// measured is an error where the folder has no trials.
func (t *Trials) measured(ctx context.Context) error {
	n, err := kept(ctx, t.Results)
	if err != nil || n > 0 {
		return err
	}
	codes, err := t.Results.Glob(ctx, "exit-code")
	if err == nil && len(codes) > 0 {
		err = t.Assert(ctx)
	}
	if err == nil {
		err = errors.New("the folder has no trials")
	}
	return err
}

// Analysis is the analysis of what was measured.
func (t *Trials) Analysis(ctx context.Context) (*Analysis, error) {
	if err := t.measured(ctx); err != nil {
		return nil, err
	}
	// A report that the folder already has is left out: it would be in a lower layer, and overlayfs doesn't let a directory there be renamed,
	// which is how tqbench replaces one.
	c := t.Bench.tool().WithDirectory("/out", t.Results.WithoutDirectory("report")).
		WithExec(answered("analyze", "--out", "/out"))
	return &Analysis{Bench: t.Bench, File: c.File("/out/analysis.json"), Words: c.File("/answer"), Folder: c.Directory("/out")}, nil
}

// Report is the report of what was measured.
func (t *Trials) Report(ctx context.Context) (*dagger.Directory, error) {
	a, err := t.Analysis(ctx)
	if err != nil {
		return nil, err
	}
	return a.Report(false), nil
}

// Everything is the folder of the run with its analysis and its report, which a run without trials doesn't have.
func (t *Trials) Everything(ctx context.Context) (*dagger.Directory, error) {
	n, err := kept(ctx, t.Results)
	if err != nil || n == 0 {
		return t.Results, err
	}
	a, err := t.Analysis(ctx)
	if err != nil {
		return nil, err
	}
	return a.Folder.WithDirectory("report", a.Report(false)), nil
}
