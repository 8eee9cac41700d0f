package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// defaultGateOut is the default output folder of a gate, apart from that of other runs.
const defaultGateOut = "tqbench-gate"

// gateWithin is the default limit of a gate's time.
const gateWithin = 15 * time.Minute

// gateOptions are the flags of gate.
type gateOptions struct {
	planOptions
	sides                 sideOptions
	failIf                []string
	markdown, junit, json string
	out                   string
	resume, dry, strict   bool
	at                    servers
	watching              watchOptions
}

func gateCmd() *cobra.Command {
	o := gateOptions{at: newServers()}
	cmd := &cobra.Command{
		Use: "gate [scenario ...]", Short: "Measure a change next to its base, and fail on thresholds", Args: cobra.ArbitraryArgs,
		Long: "Run a change and its base in the same blocks on one machine, until each threshold is decided or --within is over.\n" +
			"The sides are two revisions of your application (--app, --base main), two releases of a queue (--contender celery\n" +
			"--base 5.5.3 --change 5.7.0), two contenders (--contender A,B), or two set-ups of your application (--base-env-file,\n" +
			"--base-python). Revisions are copied from git. The change is your working tree unless --change names another revision.\n\n" +
			"A threshold is METRIC < -5% or METRIC > +10%, optionally after SCENARIO/BROKER/ARM: to select cells.\n\n" +
			"Exit codes: 0 no threshold fails, 1 one fails, 2 bad input, 3 the data are spoiled, or with --strict can't tell.",
		Example: "  tqbench gate --app celery=shop.queue --task shop.tasks.resize --base main --fail-if 'throughput < -5%'\n" +
			"  tqbench gate --contender celery --base 5.5.3 --change 5.7.0 --fail-if 'throughput < -5%' --fail-if 'latency_p99 > +10%'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := scenariosNamed(cmd, args); err != nil {
				return err
			}
			return o.run(cmd)
		},
	}
	o.flags(cmd, defaultGateOut, "gate.json")
	o.sides.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&o.markdown, "markdown", "", "write the table as Markdown to this `file`, or -")
	f.StringVar(&o.junit, "junit", "", "write each threshold as a JUnit test case to this `file`, or -")
	f.BoolVar(&o.strict, "strict", false, "end with exit code 3 if a threshold can't be decided, or is only decided as measured here")
	appEnvFlags(cmd)
	cmd.AddCommand(gateGithubCmd())
	return cmd
}

// flags are those of gates and of bisections, which write such a file.
func (o *gateOptions) flags(cmd *cobra.Command, out, file string) {
	o.planOptions.flags(cmd, quickScale, gateWithin)
	o.first = suite.FirstGateBlocks
	f := cmd.Flags()
	for _, name := range notForGates() {
		_ = f.MarkHidden(name) // they exist
	}
	f.Lookup("contender").Usage = "a queue whose releases --base and --change name, or two contenders, the base first (default: that of --app)"
	f.Lookup("scale").Usage = "share of the scenarios' numbers of tasks and times"
	f.Lookup("max-blocks").Usage = "maximum of blocks; several thresholds have a larger default, up to 60"
	f.StringArrayVar(&o.failIf, "fail-if", nil, "`threshold` that must not be crossed, such as 'throughput < -5%'; repeatable")
	f.StringVar(&o.out, "out", out, "output folder")
	f.StringVar(&o.json, "json", "", "write "+file+" to this `file`, too, or - for the standard output")
	f.BoolVar(&o.resume, "resume", false, "finish an interrupted gate")
	dryFlag(cmd, &o.dry)
	o.at.flags(cmd)
	o.watching.flags(cmd)
}

// notForGates are flags of other runs that make no sense here: a gate decides how many blocks it needs.
func notForGates() []string { return []string{"blocks", "until", "profile"} }

// run measures both sides and decides.
func (o *gateOptions) run(cmd *cobra.Command) error {
	made := outputFolder{path: o.out, aside: !o.resume && results.Exists(suite.PlanPath(o.out)), result: "gate.json"}
	if _, err := checkOutputs(o.outputs(gate.Gate{}), made); err != nil {
		return err
	}
	w, err := o.watching.watch(cmd)
	if err != nil {
		return err
	}
	defer w.close(cmd.Context())
	if err := o.measure(cmd, w); err != nil || o.dry {
		return err
	}
	return o.finish(cmd)
}

// measure runs the trials of both sides, or says what a dry run would do.
func (o *gateOptions) measure(cmd *cobra.Command, w *watcher) error {
	lock, err := o.reserved(cmd)
	if err != nil || lock == nil {
		return err
	}
	defer lock.Release()
	p, err := suite.ReadPlan(o.out)
	if err != nil {
		return fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	env, err := o.sides.env(p)
	if err != nil {
		return err
	}
	builder, err := newBuilder(cmd)
	if err != nil {
		return err
	}
	remove, err := checkOut(cmd, p, o.out)
	if err != nil {
		return keeping(cmd, o.out, err)
	}
	defer remove()
	if p.OfOwn() {
		shared, err := appEnv(cmd)
		if err == nil {
			err = runner.CheckApps(cmd.Context(), p, builder, shared, env)
		}
		if err != nil {
			return keeping(cmd, o.out, err)
		}
	}
	return runTrials(cmd, lock, builder, o.at, part{resume: o.resume, open: gate.Open, asks: "threshold", sideEnv: env}, w)
}

// reserved makes the plan and reserves its folder, or reserves that of a run to resume. It returns nothing of a dry run.
func (o *gateOptions) reserved(cmd *cobra.Command) (*runner.Lock, error) {
	given := planFlagGiven(cmd) || slices.ContainsFunc(append(sideFlags(), "fail-if"), cmd.Flags().Changed)
	switch {
	case o.resume && !given && o.dry:
		return nil, tellPlanIn(cmd, o.out, &o.planOptions, isGate)
	case o.resume && !given:
		return reserveAgain(cmd, o.out, &o.planOptions, checksAgain(cmd, o.at, isGate))
	}
	p, err := o.plan(cmd)
	if err != nil {
		return nil, err
	}
	switch {
	case o.dry:
		tellPlan(cmd.OutOrStdout(), p)
		return nil, nil
	case o.resume:
		if _, err := sameAs(p, o.out); err != nil {
			return nil, err
		}
		return runner.LockFolder(o.out)
	}
	locks, err := resolved(cmd, p, o.out)
	if err != nil {
		return nil, err
	}
	return planAfresh(cmd, o.out, p, locks)
}

// isGate refuses a plan without base and change, such as that of a quick run.
func isGate(p suite.Plan) error {
	if p.Gate == nil {
		return fmt.Errorf("%w: the run there is no gate's: name the folder of one with --out, or continue it with tqbench run --resume", runner.ErrInput)
	}
	return nil
}

// plan is the plan of both sides.
func (o *gateOptions) plan(cmd *cobra.Command) (suite.Plan, error) {
	for _, name := range notForGates() {
		if cmd.Flags().Changed(name) {
			return suite.Plan{}, fmt.Errorf("%w: --%s is not for a gate, which runs as many blocks as its thresholds need, up to --max-blocks", errUsage, name)
		}
	}
	if len(o.failIf) == 0 {
		return suite.Plan{}, fmt.Errorf("%w: --fail-if is missing: write a threshold, such as --fail-if 'throughput < -5%%'", errUsage)
	}
	for _, text := range o.failIf {
		if _, err := regress.ParseThreshold(text); err != nil {
			return suite.Plan{}, err
		}
	}
	var err error
	if o.gate, err = o.sides.gate(cmd.Context(), &o.planOptions, o.out); err != nil {
		return suite.Plan{}, err
	}
	o.gate.FailIf = o.failIf
	p, err := o.planOptions.plan()
	if err == nil {
		var decisions int
		decisions, err = gate.Check(p)
		if err == nil && !cmd.Flags().Changed("max-blocks") {
			p.Growth.Max = suite.MostGateBlocks(decisions)
		}
	}
	if err == nil {
		err = checkEnv(cmd, p)
	}
	if err == nil {
		_, err = o.sides.env(p)
	}
	if err == nil {
		err = o.at.check(cmd)(p)
	}
	return p, err
}

// decided analyses the run, and writes its report and what was decided.
func (o *gateOptions) decided(cmd *cobra.Command) (gate.Gate, error) {
	a, err := analyze(cmd.Context(), o.out)
	if err == nil {
		err = report.Write(cmd.Context(), o.out, a, report.Options{})
	}
	if err != nil {
		return gate.Gate{}, keeping(cmd, o.out, err)
	}
	p, err := suite.ReadPlan(o.out)
	if err != nil {
		return gate.Gate{}, fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	g, err := gate.Of(p, a)
	if err == nil {
		err = gate.Write(o.out, g)
	}
	return g, err
}

// outputs are the requested files.
func (o *gateOptions) outputs(g gate.Gate) []output {
	return []output{
		{"json", o.json, atomicfile.JSON(g)},
		{"markdown", o.markdown, func(w io.Writer) error { return report.GateMarkdown(w, g) }},
		{"junit", o.junit, func(w io.Writer) error { return report.GateJUnit(w, g) }},
	}
}

// finish shows what was decided.
func (o *gateOptions) finish(cmd *cobra.Command) error {
	g, err := o.decided(cmd)
	if err != nil {
		return err
	}
	err = show(cmd, o.outputs(g), func(w io.Writer, width int, colour bool) error {
		if err := report.GateTerminal(w, g, width, colour); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "\n%s\n", rel(reportPath(o.out)))
		return err
	})
	if err != nil {
		return err
	}
	return gateVerdict(g, o.strict)
}

// gateVerdict is the error of a gate.
func gateVerdict(g gate.Gate, strict bool) error {
	for _, x := range []struct {
		outcome string
		err     error
		counts  bool
	}{{regress.Fails, errThreshold, true}, {gate.Spoiled, runner.ErrInvalid, true}, {regress.CantTell, errCantTell, strict}} {
		if g.Outcome != x.outcome || !x.counts {
			continue
		}
		for _, d := range g.Decisions {
			if d.Outcome == x.outcome {
				return fmt.Errorf("%w (%d of %d): %s: %s", x.err, g.Count(x.outcome), len(g.Decisions), d.Threshold, report.GateDecisionWords(d))
			}
		}
	}
	if n := g.Here(); strict && n > 0 {
		return fmt.Errorf("%w: --strict: %s decided only as measured here", errCantTell, plural(n, "threshold"))
	}
	return nil
}

// sameAs is a folder's plan, which must be this one, apart from the machine.
func sameAs(asked suite.Plan, out string) (suite.Plan, error) {
	plan, err := suite.ReadPlan(out)
	if errors.Is(err, fs.ErrNotExist) {
		return plan, fmt.Errorf("%w: %s has no run to resume", runner.ErrInput, out)
	}
	if err != nil {
		return plan, fmt.Errorf("%w: %w", runner.ErrInput, err)
	}
	// The machine may have another number of CPUs online by now, which the run itself checks.
	asked.Environment = plan.Environment
	a, err := plan.Hash()
	if err != nil {
		return plan, err
	}
	b, err := asked.Hash()
	if err == nil && a != b {
		err = fmt.Errorf("%w: %s has a different plan than these flags make: leave them out to continue it, or choose another folder with --out", runner.ErrInput, out)
	}
	return plan, err
}

// removeCheckouts is for a defer: what is left is named, as a file that can't be removed is no reason to fail.
func removeCheckouts(cmd *cobra.Command, dir string) {
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintf(cmd.ErrOrStderr(), "left %s: %v\n", rel(dir), err)
	}
}
