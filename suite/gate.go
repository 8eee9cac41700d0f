package suite

import (
	"fmt"
	"slices"
)

// The names of a gate's sides, which are the plan's arms.
const (
	Base   = "base"
	Change = "change"
)

// FirstGateBlocks is how many blocks a gate has before its first look. Fewer seldom decide a threshold.
const FirstGateBlocks = 8

// MostGateBlocks is the default maximum of blocks of a gate with that number of decisions: each must come out right for the gate to, so more of them
// need more blocks. docs/gate.md has the simulation.
func MostGateBlocks(decisions int) int {
	switch {
	case decisions <= 1:
		return MaxBlocks
	case decisions <= 5:
		return 48
	case decisions <= 12:
		return 54
	}
	return 60
}

// GateLooks are the numbers of blocks at which a gate looks at its thresholds, if it has the time for all.
func GateLooks(most int) []int {
	g := Growth{First: FirstGateBlocks, Max: most}
	looks := []int{min(g.First, most)}
	for last := looks[0]; last < most; {
		last = g.NextLook(last)
		looks = append(looks, last)
	}
	return looks
}

// Gate is what a plan asks that compares a change with its base.
type Gate struct {
	// FailIf are the thresholds, as written.
	FailIf []string `json:"fail_if"`
	Base   GateSide `json:"base"`
	Change GateSide `json:"change"`
	// Install is the user's shell command that installs the packages of each revision; "" is none.
	Install string `json:"install,omitempty"`
}

// GateSide is one side of a gate.
type GateSide struct {
	// Name is what the user calls it: a git revision, a release, a file of variables or a contender.
	Name string `json:"name"`
	// Commit is a revision's full name, and Tree that of its content; both are empty for other sides. Work that is not committed has a
	// tree alone.
	Commit string `json:"commit,omitempty"`
	Tree   string `json:"tree,omitempty"`
}

// OwnSide is where one side has the user's application, and its interpreter; "" is the application's own.
type OwnSide struct {
	Path   string `json:"path,omitempty"`
	Python string `json:"python,omitempty"`
}

// Of is the application as an arm has it.
func (o Own) Of(arm string) Own {
	s, ok := o.Sides[arm]
	if !ok {
		return o
	}
	if s.Path != "" {
		o.Path = s.Path
	}
	if s.Python != "" {
		o.Python = s.Python
	}
	return o
}

// checkGate returns what is wrong with a gate in a plan.
func (p Plan) checkGate() error {
	switch {
	case p.Gate == nil:
		return nil
	case len(p.Gate.FailIf) == 0:
		return fmt.Errorf("%w: a gate has no threshold", ErrPlan)
	case !slices.EqualFunc(p.Arms, []string{Base, Change}, func(a Arm, name string) bool { return a.Name == name }):
		return fmt.Errorf("%w: the arms of a gate must be %s and %s", ErrPlan, Base, Change)
	}
	return nil
}
