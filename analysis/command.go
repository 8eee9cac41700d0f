package analysis

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/suite"
)

// The words of commands that make a plan and run it.
const (
	quickWord = "quick"
	runWord   = "run"
	gateWord  = "gate"
)

// Commands are what makes the plan again and runs it, natively and in the image that it ran in, if any. Both are "" for a plan with a scenario of the user's
// file: its name alone finds nothing, or the suite's scenario of that name.
func Commands(plan suite.Plan, typed []string, image string) (native, dagger string, err error) {
	all, err := suite.Builtin()
	if err != nil {
		return "", "", err
	}
	stray, err := plan.StrayScenario(all)
	if err != nil || stray != "" || len(plan.Foreign(all)) > 0 {
		return "", "", err
	}
	return command(plan, typed), daggerCommand(plan, image), nil
}

// command is what makes the plan again and runs it, with every choice spelled out. Typed is the command that ran it: what was begun by run is
// repeated by run. The command is "" for a plan of the user's own application, which the typed command alone names in full, and for one of several machines,
// which takes several commands.
func command(plan suite.Plan, typed []string) string {
	if plan.OfOwn() || plan.Hosts != nil {
		return ""
	}
	word := quickWord
	switch {
	case plan.Gate != nil: // also a step of a bisection
		return shell.Join(slices.Concat([]string{"tqbench", gateWord}, placesOf(plan, plan.Brokers), sidesOf(plan), lengthOf(plan), conditionsOf(plan)))
	case len(typed) > 1 && typed[1] == runWord:
		word = runWord
	}
	return shell.Join(append([]string{"tqbench", word}, options(plan, plan.Brokers)...))
}

// sidesOf are the flags of a gate's sides and thresholds.
func sidesOf(plan suite.Plan) []string {
	var base, change suite.Arm
	for _, a := range plan.Arms {
		switch a.Name {
		case suite.Base:
			base = a
		case suite.Change:
			change = a
		}
	}
	words := []string{"--contender", named(plan, base.Contender) + "," + named(plan, change.Contender)}
	name, release := base.Release()
	other, with := change.Release()
	if release != "" && name == other {
		written := func(a suite.Arm) string { return strings.TrimPrefix(named(plan, a.Contender), name+suite.ReleaseMark) }
		words = []string{"--contender", name, "--base", written(base)}
		if with != "" {
			words = append(words, "--change", written(change))
		}
	}
	for _, t := range plan.Gate.FailIf {
		words = append(words, "--fail-if", t)
	}
	return words
}

// daggerCommand makes the plan again in the image that it ran in, "" for one that did not run in an image, or that had files of the user, or of a
// gate, which the module doesn't run.
func daggerCommand(plan suite.Plan, image string) string {
	if image == "" || len(plan.Folders) > 0 || plan.OfOwn() || plan.Gate != nil || plan.Hosts != nil {
		return ""
	}
	plan.Profile = strings.ToUpper(plan.Profile) // an enum there
	words := []string{"dagger", "call", "--base-image", image}
	var brokers []string
	for _, b := range plan.Brokers {
		if n, err := brokername.Parse(b); err == nil && n.Version != "" {
			words = append(words, "with-server", "--name", b)
		} else {
			brokers = append(brokers, strings.ToUpper(b))
		}
	}
	asked := options(plan, brokers)
	if i := slices.Index(asked, forFlag); i >= 0 {
		asked[i] = "--soak" // for is a word of Go, and no name of the module's
	}
	return shell.Join(slices.Concat(words, []string{"plan"}, asked, []string{"run", "report", "export", "--path", "report"}))
}

// options are the flags of a plan, which are the same natively and in Dagger, with the brokers as each writes them.
func options(plan suite.Plan, brokers []string) []string {
	var contenders []string
	// Where scenarios have contenders of their own, none can be named for all.
	first := plan.Scenarios[0].Arms
	if !slices.ContainsFunc(plan.Scenarios, func(s suite.Scenario) bool { return !slices.Equal(s.Arms, first) }) {
		for _, a := range plan.ArmsOf(plan.Scenarios[0]) {
			contenders = append(contenders, named(plan, a.Contender))
		}
		contenders = []string{"--contender", strings.Join(contenders, ",")}
	}
	return slices.Concat(placesOf(plan, brokers), contenders, lengthOf(plan), conditionsOf(plan))
}

// placesOf are the flags that say what runs where.
func placesOf(plan suite.Plan, brokers []string) []string {
	var scenarios []string
	for _, s := range plan.Scenarios {
		if name := cmp.Or(s.Of, s.Name); !slices.Contains(scenarios, name) {
			scenarios = append(scenarios, name)
		}
	}
	words := []string{"--scenario", strings.Join(scenarios, ",")}
	if len(brokers) > 0 {
		words = append(words, "--broker", strings.Join(brokers, ","))
	}
	return words
}

// lengthOf are the flags for the length of a run.
func lengthOf(plan suite.Plan) []string {
	var words []string
	g := plan.Growth
	begin, usual := plan.Blocks, suite.MinBlocks
	if g != nil {
		begin = g.First
	}
	if plan.Gate != nil {
		usual = begin // which is no choice
	}
	// The blocks of a run that grows are a consequence.
	if g == nil || begin != usual {
		words = append(words, "--blocks", strconv.Itoa(begin))
	}
	words = append(words, "--scale", strconv.FormatFloat(plan.Scale, 'g', -1, 64), "--seed", strconv.FormatUint(plan.Seed, 10))
	if g == nil {
		return words
	}
	if g.Until > 0 {
		words = append(words, "--until", strconv.FormatFloat(100*g.Until, 'g', -1, 64)+"%")
	}
	// A number of blocks is fixed, unless it is the first of a run until its intervals are narrow.
	if g.Until > 0 || begin == usual {
		words = append(words, "--max-blocks", strconv.Itoa(g.Max))
	}
	// Other runs have a limit unless one says that they don't.
	if g.Within > 0 || g.Until == 0 {
		words = append(words, "--within", time.Duration(g.Within).String())
	}
	return words
}

// conditionsOf are the other flags.
func conditionsOf(plan suite.Plan) []string {
	var words []string
	if n := plan.UpTo(); n > 0 {
		words = append(words, "--up-to", strconv.Itoa(n))
	}
	if plan.Defaults {
		words = append(words, "--defaults")
	}
	if d := soakOf(plan); d > 0 {
		words = append(words, forFlag, d.String())
	}
	if plan.RTT > 0 {
		words = append(words, "--rtt", time.Duration(plan.RTT).String())
	}
	if plan.Profile != "" {
		words = append(words, "--profile", plan.Profile)
	}
	return words
}

// forFlag is the flag for the length of a soak.
const forFlag = "--for"

// soakOf is the length of a plan's soaks if it was chosen, and else 0: as short as it can be to give that number of tasks.
func soakOf(plan suite.Plan) time.Duration {
	for _, s := range plan.Scenarios {
		if s.Measure != suite.Soak || len(s.Phases) < 2 || !s.Phases[1].Fixed || s.Phases[1].Rate <= 0 {
			continue
		}
		tasks, rate := s.Phases[1].Tasks, float64(s.Phases[1].Rate)
		d := time.Duration(math.Ceil(float64(tasks) / rate * float64(time.Second)))
		for int(d.Seconds()*rate) < tasks { // rounding may lack one
			d += time.Microsecond
		}
		return d
	}
	return 0
}

// named is how a command line names a contender: one from outside by the path of its folder, a release from a repository or a wheel by that.
func named(plan suite.Plan, name string) string {
	contender, release := suite.Arm{Contender: name}.Release()
	framework, configuration, _ := strings.Cut(contender, "/")
	for _, f := range plan.Folders {
		if f.Framework == framework {
			return f.Path + "/" + configuration
		}
	}
	if s, ok := plan.Source(framework, release); ok {
		if s.Commit == "" {
			return contender + suite.ReleaseMark + s.From
		}
		return contender + suite.ReleaseMark + "git+" + s.From + suite.ReleaseMark + s.Commit
	}
	return name
}
