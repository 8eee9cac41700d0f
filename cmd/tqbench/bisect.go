package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/bisect"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// bisectOptions are the flags of bisect. Each step is a gate.
type bisectOptions struct {
	gateOptions
	// queue is the contender without a release; candidates are its releases in order.
	queue      contender.Contender
	candidates []workers.Candidate
}

func bisectCmd() *cobra.Command {
	o := bisectOptions{gateOptions: gateOptions{at: newServers()}}
	cmd := &cobra.Command{
		Use: "bisect [scenario ...]", Short: "Find the release of a queue that changed a figure", Args: cobra.ArbitraryArgs,
		Long: "Find the first of a queue's releases that fails a threshold: --contender celery@5.5.3..5.7.0 are the published ones between\n" +
			"the two, celery@git+https://HOST/PATH@A..B the commits of a repository. The first release is the base of every step. The\n" +
			"last one is measured first; each further step halves the releases that are left, as a gate does it (see tqbench gate), for\n" +
			"at most --within. A step that can't tell leaves a range of releases. Each step has its own folder in --out; the same command\n" +
			"with --resume continues.\n\n" +
			"Exit codes: 0 a release or a range of them is found, 2 bad input, 3 the last release passes, or the data can't tell.",
		Example: "  tqbench bisect --contender celery@5.5.3..5.7.0 --fail-if 'throughput < -5%'\n" +
			"  tqbench bisect --contender celery@git+file:///src/celery@v5.5.3..main --fail-if 'cpu_per_task > +10%' --within 5m",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := scenariosNamed(cmd, args); err != nil {
				return err
			}
			return o.run(cmd)
		},
	}
	o.flags(cmd, "tqbench-bisect", "bisect.json")
	f := cmd.Flags()
	for _, name := range ownFlags() {
		_ = f.MarkHidden(name) // they exist
	}
	f.Lookup("contender").Usage = "`queue@A..B`: releases from a good one to a bad one, such as celery@5.5.3..5.7.0 or celery@git+https://HOST/PATH@A..B"
	f.Lookup("within").Usage = "how long each step may take; 0 is without a limit"
	f.Lookup("resume").Usage = "continue an interrupted bisection; repeat its other flags"
	return cmd
}

// run looks for the release.
func (o *bisectOptions) run(cmd *cobra.Command) error {
	if _, err := checkOutputs(o.outputs(bisect.Bisection{}), outputFolder{path: o.out, result: "bisect.json"}); err != nil {
		return err
	}
	b, err := o.asked(cmd)
	if err != nil {
		return err
	}
	if o.dry {
		most := ""
		if o.within > 0 {
			most = fmt.Sprintf(" of at most %s each", text.About(o.within))
		}
		_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s from %s to %s: about %s%s\n", plural(len(b.Releases), "release"), b.Releases[0],
			b.Releases[len(b.Releases)-1], plural(bisect.Steps(len(b.Releases)), "step"), most)
		return err
	}
	if b, err = o.begun(cmd.ErrOrStderr(), b); err != nil {
		return err
	}
	w, err := o.watching.watch(cmd)
	if err != nil {
		return err
	}
	defer w.close(cmd.Context())
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return fmt.Errorf("%w: make the output folder: %w", runner.ErrInput, err)
	}
	lock, err := runner.LockFolder(o.out)
	if err != nil {
		return err
	}
	defer lock.Release()
	// The folder is that of a bisection from now on, even if the first step is interrupted.
	if err := bisect.Write(o.out, b); err != nil {
		return err
	}
	err = b.Search(cmd.Context(), func(_ context.Context, release string) (bisect.Step, error) {
		return o.step(cmd, w, b, release)
	}, func(now bisect.Bisection) error { return bisect.Write(o.out, now) })
	if err != nil && cmd.Context().Err() != nil {
		return &interruption{fmt.Sprintf("%s kept, and what the next one measured; to continue: the same command with --resume", plural(len(b.Steps), "step")), err}
	}
	if err != nil {
		return err
	}
	err = show(cmd, o.outputs(b), func(w io.Writer, width int, colour bool) error {
		return report.BisectTerminal(w, b, width, colour)
	})
	if err == nil && b.Outcome != bisect.Found && b.Outcome != bisect.Range {
		err = fmt.Errorf("%w: %s", errCantTell, report.BisectHeadline(b))
	}
	return err
}

// outputs are the requested files.
func (o *bisectOptions) outputs(b bisect.Bisection) []output {
	return []output{{"json", o.json, atomicfile.JSON(b)}}
}

// asked is the bisection that the flags describe, without a step.
func (o *bisectOptions) asked(cmd *cobra.Command) (bisect.Bisection, error) {
	b := bisect.Bisection{Version: bisect.Version, Steps: []bisect.Step{}}
	if o.own.given() {
		return b, fmt.Errorf("%w: bisect looks among the releases of a queue: leave out --app, and compare revisions of your application with tqbench gate", errUsage)
	}
	name, written, _ := strings.Cut(strings.Join(o.contenders, ","), suite.ReleaseMark)
	if len(o.contenders) != 1 || !workers.IsRange(written) {
		return b, fmt.Errorf("%w: what to look through is missing: write --contender QUEUE@A..B, such as celery@5.5.3..5.7.0", errUsage)
	}
	catalog, err := contender.NewCatalog()
	if err != nil {
		return b, err
	}
	if o.queue, err = catalog.Find(name); err != nil {
		return b, err
	}
	r, err := contender.Releasable(o.queue)
	if err != nil {
		return b, err
	}
	// What can be refused at once is: the plan of a step needs no release that exists.
	first := o.gateOf("0.1", "0.2")
	p, err := first.plan(cmd)
	if err != nil {
		return b, err
	}
	p.Environment = suite.Environment{}
	builder, err := newBuilder(cmd)
	if err != nil {
		return b, err
	}
	var left []workers.Left
	if o.candidates, left, err = builder.Between(cmd.Context(), r, written); err != nil {
		return b, err
	}
	for _, l := range left {
		b.Left = append(b.Left, bisect.Left(l))
	}
	b.Question = bisect.Question{Contender: o.queue.Name(), FailIf: o.failIf}
	for _, c := range o.candidates {
		b.Releases = append(b.Releases, c.Name)
	}
	b.Plan, err = p.Hash()
	return b, err
}

// begun is the bisection in the output folder, if it is to be continued.
func (o *bisectOptions) begun(says io.Writer, asked bisect.Bisection) (bisect.Bisection, error) {
	before, err := bisect.Read(o.out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if entries, err := os.ReadDir(o.out); err == nil && !o.resume && slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() != runner.LockName }) {
			return asked, fmt.Errorf("%w: %s has files that are not of a bisection: choose another folder with --out", runner.ErrInput, o.out)
		}
		if o.resume {
			return asked, fmt.Errorf("%w: %s has no bisection to continue", runner.ErrInput, o.out)
		}
		return asked, nil
	case err != nil:
		return asked, err
	case !o.resume:
		return asked, fmt.Errorf("%w: %s has a bisection: continue it with --resume, or choose another folder with --out", runner.ErrInput, o.out)
	}
	// The range may have more since: that of a branch, or of releases up to one that was the newest.
	now := len(o.candidates)
	if among, ok := o.among(before.Releases); ok {
		o.candidates, asked.Releases = among, before.Releases
	}
	if !before.Same(asked.Question) {
		return asked, fmt.Errorf("%w: %s has a bisection that asks something else: repeat its flags, or choose another folder with --out", runner.ErrInput, o.out)
	}
	if then := len(before.Releases); now > then {
		fmt.Fprintf(says, "it continues with the %s that there were when it began; there are %d now\n", plural(then, "release"), now)
	}
	return before, nil
}

// among are the candidates of these names, if each is one.
func (o *bisectOptions) among(names []string) (out []workers.Candidate, ok bool) {
	for _, name := range names {
		i := slices.IndexFunc(o.candidates, func(c workers.Candidate) bool { return c.Name == name })
		if i < 0 {
			return nil, false
		}
		out = append(out, o.candidates[i])
	}
	return out, true
}

// gateOf is the gate of two releases, as they are written after a contender's @.
func (o *bisectOptions) gateOf(base, change string) gateOptions {
	g := o.gateOptions
	g.contenders = []string{o.queue.Name() + suite.ReleaseMark + base, o.queue.Name() + suite.ReleaseMark + change}
	g.catalog, g.sources, g.resume, g.dry = nil, nil, false, false
	return g
}

// step compares the first release with another one.
func (o *bisectOptions) step(cmd *cobra.Command, w *watcher, b bisect.Bisection, release string) (bisect.Step, error) {
	i := slices.Index(b.Releases, release)
	s := bisect.Step{Release: release, Folder: fmt.Sprintf("step-%d-%s", len(b.Steps)+1, release)}
	fmt.Fprintf(cmd.ErrOrStderr(), "step %d: %s against %s\n", len(b.Steps)+1, release, b.Releases[0])
	unusable := func(why string) (bisect.Step, error) {
		s.Outcome, s.Why = bisect.Unusable, why
		fmt.Fprintf(cmd.ErrOrStderr(), "%s is left out: %s\n", release, why)
		return s, nil
	}
	if i < len(b.Releases)-1 {
		r, err := contender.Releasable(o.queue)
		if err != nil {
			return s, err
		}
		builder, err := newBuilder(cmd)
		if err != nil {
			return s, err
		}
		r.Version = release
		if why, err := builder.Withdrawn(cmd.Context(), r); err != nil || why != "" {
			if err != nil {
				return s, err
			}
			return unusable(why)
		}
	}
	g := o.gateOf(o.candidates[0].Written, o.candidates[i].Written)
	g.out = filepath.Join(o.out, s.Folder)
	_, err := os.Stat(suite.PlanPath(g.out))
	g.resume = err == nil
	err = g.measure(cmd, w)
	lockErr := &runner.LockError{}
	switch {
	case cmd.Context().Err() != nil:
		return s, err
	case errors.As(err, &lockErr) && !strings.HasSuffix(lockErr.Contender, suite.ReleaseMark+b.Releases[0]):
		return unusable(lockErr.Err.Error())
	case errors.Is(err, runner.ErrInvalid):
		return unusable(err.Error())
	case err != nil:
		return s, err
	}
	d, err := g.decided(cmd)
	if err != nil {
		return s, err
	}
	s.Outcome, s.Decisions, s.Blocks, s.Seconds = d.Outcome, d.Decisions, d.Blocks, d.Seconds
	for _, x := range d.Decisions {
		if x.Outcome == d.Outcome || d.Outcome == regress.Passes {
			fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s\n", release, report.GateDecisionWords(x))
		}
	}
	return s, nil
}
