package analysis

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/suite"
)

// command is what makes the plan again, with every choice spelled out, "" for one of the user's own application: the typed command alone names
// that in full.
func command(plan suite.Plan) string {
	if plan.OfOwn() {
		return ""
	}
	return shell.Join(append([]string{"tqbench", "quick"}, options(plan, plan.Brokers)...))
}

// daggerCommand makes the plan again in the image that it ran in, "" for one that did not run in an image, or that had files of the user.
func daggerCommand(plan suite.Plan, image string) string {
	if image == "" || len(plan.Folders) > 0 || plan.OfOwn() {
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
	return shell.Join(slices.Concat(words, []string{"plan"}, options(plan, brokers), []string{"run", "report", "export", "--path", "report"}))
}

// options are the flags of a plan, which are the same natively and in Dagger, with the brokers as each writes them.
func options(plan suite.Plan, brokers []string) []string {
	var scenarios, contenders []string
	for _, s := range plan.Scenarios {
		name := s.Name
		if s.Of != "" {
			name = s.Of
		}
		if !slices.Contains(scenarios, name) {
			scenarios = append(scenarios, name)
		}
	}
	words := []string{"--scenario", strings.Join(scenarios, ",")}
	if len(brokers) > 0 {
		words = append(words, "--broker", strings.Join(brokers, ","))
	}
	// Where scenarios have contenders of their own, none can be named for all.
	first := plan.Scenarios[0].Arms
	if !slices.ContainsFunc(plan.Scenarios, func(s suite.Scenario) bool { return !slices.Equal(s.Arms, first) }) {
		for _, a := range plan.ArmsOf(plan.Scenarios[0]) {
			contenders = append(contenders, named(plan, a.Contender))
		}
		words = append(words, "--contender", strings.Join(contenders, ","))
	}
	begin := plan.Blocks
	if plan.Growth != nil {
		begin = plan.Growth.First
	}
	// The blocks of a run that grows are a consequence.
	if plan.Growth == nil || begin != suite.MinBlocks {
		words = append(words, "--blocks", strconv.Itoa(begin))
	}
	words = append(words, "--scale", strconv.FormatFloat(plan.Scale, 'g', -1, 64), "--seed", strconv.FormatUint(plan.Seed, 10))
	if g := plan.Growth; g != nil {
		if g.Until > 0 {
			words = append(words, "--until", strconv.FormatFloat(100*g.Until, 'g', -1, 64)+"%")
		}
		// A number of blocks is fixed, unless it is the first of a run until its intervals are narrow.
		if g.Until > 0 || g.First == suite.MinBlocks {
			words = append(words, "--max-blocks", strconv.Itoa(g.Max))
		}
		if g.Within > 0 {
			words = append(words, "--within", time.Duration(g.Within).String())
		}
	}
	if plan.Defaults {
		words = append(words, "--defaults")
	}
	if plan.RTT > 0 {
		words = append(words, "--rtt", time.Duration(plan.RTT).String())
	}
	if plan.Profile != "" {
		words = append(words, "--profile", plan.Profile)
	}
	return words
}
