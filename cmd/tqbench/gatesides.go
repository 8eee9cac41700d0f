package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/internal/revision"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

const (
	baseEnvName   = "base-env-file"
	changeEnvName = "change-env-file"
)

// sideOptions are the flags that say what a gate's sides are.
type sideOptions struct {
	base, change             string
	basePython, changePython string
	baseEnv, changeEnv       string
	install                  string
}

// sideFlags are the names of those that shape the plan. The variables of a side aren't in it, so a resumed gate needs them again.
func sideFlags() []string {
	return []string{"base", "change", "base-python", "change-python", "install"}
}

func (o *sideOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.base, "base", "", "what to compare with: a git `revision` of your application, or a release of the contender")
	f.StringVar(&o.change, "change", "", "the change: a git `revision`, . for the working tree, or a release (default: the working tree, or the release of tqbench's lock)")
	f.StringVar(&o.basePython, "base-python", "", "interpreter of the base (default: that of --app-python)")
	f.StringVar(&o.changePython, "change-python", "", "interpreter of the change (default: that of --app-python)")
	f.StringVar(&o.baseEnv, baseEnvName, "", "`FILE` of variables for the base alone, as with --app-env-file")
	f.StringVar(&o.changeEnv, changeEnvName, "", "`FILE` of variables for the change alone")
	f.StringVar(&o.install, "install", "", "shell `COMMAND` that installs each revision's packages, run at the top of its copy; a relative --app-python is in that copy")
}

// gate says what the sides are, and prepares the other options for them.
func (o *sideOptions) gate(ctx context.Context, p *planOptions, out string) (*suite.Gate, error) {
	if !p.own.given() {
		return o.contenders(p)
	}
	frameworks := p.own.frameworks()
	if len(frameworks) != 1 || len(p.contenders) > 1 {
		return nil, fmt.Errorf("%w: a gate compares two sides of one application: give one --app, and at most one --contender", errUsage)
	}
	if redact.InURL(o.install) {
		return nil, fmt.Errorf("%w: --install has a URL with a password or a token, which the plan and the artifact would show: write a variable in its place, such as https://ci:$TOKEN@HOST: the "+
			"command has the variables of this process", errUsage)
	}
	side := cmp.Or(slices.Concat(p.contenders, frameworks)[0], frameworks[0])
	p.contenders = []string{side, side}
	g := &suite.Gate{
		Base:   suite.GateSide{Name: cmp.Or(o.base, o.baseEnv, o.basePython, "without "+cmp.Or(o.changeEnv, o.changePython))},
		Change: suite.GateSide{Name: cmp.Or(o.change, o.changeEnv, o.changePython, "without "+cmp.Or(o.baseEnv, o.basePython))},
	}
	p.own.sides = map[string]suite.OwnSide{suite.Base: {}, suite.Change: {}}
	switch {
	case o.base != "":
		g.Install = o.install
		if o.change == "" {
			g.Change.Name = revision.Work
		}
		if err := o.revisions(ctx, g, p, out); err != nil {
			return nil, err
		}
	case o.change != "" || o.baseEnv+o.changeEnv+o.basePython+o.changePython == "":
		return nil, fmt.Errorf("%w: --base is missing: the git revision to compare with, such as main", errUsage)
	case o.install != "":
		return nil, fmt.Errorf("%w: --install is for two revisions: also give --base", errUsage)
	}
	for flag, x := range map[string]struct{ arm, path string }{"base-python": {suite.Base, o.basePython}, "change-python": {suite.Change, o.changePython}} {
		if x.path == "" {
			continue
		}
		python, err := program(flag, x.path)
		if err != nil {
			return nil, err
		}
		s := p.own.sides[x.arm]
		s.Python = python
		p.own.sides[x.arm] = s
	}
	return g, nil
}

// contenders are sides that are releases of a queue, or two contenders.
func (o *sideOptions) contenders(p *planOptions) (*suite.Gate, error) {
	for _, name := range []struct{ flag, value string }{{"base-python", o.basePython}, {"change-python", o.changePython}, {baseEnvName, o.baseEnv}, {changeEnvName, o.changeEnv}, {"install", o.install}} {
		if name.value != "" {
			return nil, fmt.Errorf("%w: --%s is for your own application: also give --app and --task", errUsage, name.flag)
		}
	}
	switch {
	case len(p.contenders) == 2 && o.base+o.change == "":
		return &suite.Gate{Base: suite.GateSide{Name: p.contenders[0]}, Change: suite.GateSide{Name: p.contenders[1]}}, nil
	case len(p.contenders) == 2:
		return nil, fmt.Errorf("%w: give two contenders, or one with --base, not both", errUsage)
	case len(p.contenders) != 1 || o.base == "":
		return nil, fmt.Errorf("%w: what to compare is missing: your application (--app, --task and --base REVISION), a contender with --base RELEASE, or two contenders", errUsage)
	case strings.Contains(p.contenders[0], suite.ReleaseMark):
		return nil, fmt.Errorf("%w: --contender %s has a release: name both with --base and --change", errUsage, p.contenders[0])
	}
	name := p.contenders[0]
	release := func(version string) string {
		if version == "" {
			return name
		}
		return name + suite.ReleaseMark + version
	}
	p.contenders = []string{release(o.base), release(o.change)}
	return &suite.Gate{Base: suite.GateSide{Name: p.contenders[0]}, Change: suite.GateSide{Name: p.contenders[1]}}, nil
}

// revisions finds both revisions, and where their copies will be.
func (o *sideOptions) revisions(ctx context.Context, g *suite.Gate, p *planOptions, out string) error {
	repo, err := revision.Open(ctx, p.own.path)
	if err != nil {
		return err
	}
	within, err := repo.Within(p.own.path)
	if err != nil {
		return err
	}
	if out, err = filepath.Abs(out); err != nil {
		return fmt.Errorf("%w: --out: %w", errUsage, err)
	}
	inCopy := o.install != "" && p.own.python != "" && !filepath.IsAbs(p.own.python)
	for arm, s := range map[string]*suite.GateSide{suite.Base: &g.Base, suite.Change: &g.Change} {
		found := revision.Revision{}
		if s.Name == revision.Work {
			found.Tree, err = repo.Tree(ctx, runsOf(out)...)
		} else {
			found, err = repo.Find(ctx, s.Name)
		}
		if err != nil {
			return err
		}
		s.Commit, s.Tree = found.Commit, found.Tree
		side := suite.OwnSide{Path: filepath.Join(copyOf(out, arm), within)}
		if inCopy {
			side.Python = filepath.Join(copyOf(out, arm), p.own.python)
		}
		p.own.sides[arm] = side
	}
	if inCopy {
		p.own.python = ""
	}
	return nil
}

// copies is the folder of a gate's copies of revisions, in its output folder, and copyOf that of one side.
func copies(out string) string { return filepath.Join(out, "sides") }

func copyOf(out, arm string) string { return filepath.Join(copies(out), arm) }

// env are the variables of single sides.
func (o *sideOptions) env(p suite.Plan) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for _, x := range []struct{ flag, path, arm string }{{baseEnvName, o.baseEnv, suite.Base}, {changeEnvName, o.changeEnv, suite.Change}} {
		if x.path == "" {
			continue
		}
		if !p.OfOwn() {
			return nil, fmt.Errorf("%w: --%s is for your own application: also give --app and --task", errUsage, x.flag)
		}
		out[x.arm] = map[string]string{}
		if err := readVariablesIn(x.flag, x.path, out[x.arm]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// checkOut copies the revisions of a plan into its output folder and installs their packages. The copies go when remove is called, and
// with this process even if it is killed.
func checkOut(cmd *cobra.Command, p suite.Plan, out string) (remove func(), err error) {
	none := func() {}
	if p.Gate == nil || p.Gate.Base.Tree == "" {
		return none, nil
	}
	ctx := cmd.Context()
	if out, err = filepath.Abs(out); err != nil {
		return none, fmt.Errorf("%w: --out: %w", errUsage, err)
	}
	i := slices.IndexFunc(p.Scenarios, func(s suite.Scenario) bool { return s.Own != nil })
	if i < 0 {
		return none, fmt.Errorf("%w: the plan has revisions and no application", runner.ErrInput)
	}
	repo, err := revision.Open(ctx, p.Scenarios[i].Own.Path)
	if err != nil {
		return none, err
	}
	removeCheckouts(cmd, copies(out)) // of a run that was killed together with its guard
	guard, err := process.Removing(ctx, copies(out))
	if err != nil {
		return none, err
	}
	remove = func() {
		guard.Stop(syscall.SIGKILL, 0)
		removeCheckouts(cmd, copies(out))
	}
	for arm, s := range map[string]suite.GateSide{suite.Base: p.Gate.Base, suite.Change: p.Gate.Change} {
		found, err := repo.Export(ctx, cmp.Or(s.Commit, revision.Work), copyOf(out, arm), runsOf(out)...)
		if err == nil && found.Tree != s.Tree {
			err = fmt.Errorf("%w: the working tree has changed since the gate was planned: begin again without --resume", runner.ErrInput)
		}
		if err == nil && p.Gate.Install != "" {
			err = install(ctx, p.Gate.Install, arm, out)
		}
		if err != nil {
			remove()
			return none, err
		}
	}
	return remove, nil
}

// install runs the command that installs a revision's packages. What it says is kept in the output folder.
func install(ctx context.Context, command, arm, out string) error {
	log := filepath.Join(out, "install-"+arm+".log")
	group, err := process.Start(ctx, []process.Command{{
		Argv: []string{"/bin/sh", "-c", command}, Dir: copyOf(out, arm), Env: append(os.Environ(), "TQBENCH_SIDE="+arm), Log: log,
	}})
	if err != nil {
		return err
	}
	defer group.Stop(syscall.SIGKILL, 0)
	exit, err := group.Wait(ctx)
	if err != nil {
		return err
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return fmt.Errorf("%w: --install of the %s: %s: see %s", runner.ErrInput, arm, exit, rel(log))
	}
	return nil
}
