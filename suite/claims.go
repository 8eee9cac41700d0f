package suite

import (
	"cmp"
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/internal/strict"
	"github.com/tqbench/tqbench/metric"
)

//go:embed claims.yaml
var claimsFile []byte

// claimsName is the file's name in errors.
const claimsName = "claims.yaml"

// PerProcess divides a figure of all workers by the number of worker processes.
const PerProcess = "process"

// Times is the unit of a ratio.
const Times = "times"

// Claim is a published figure or target, with its check or the reason why there is none.
type Claim struct {
	Text string
	// Source is the document that makes the claim.
	Source string
	// Check is nil if Unmeasurable is set.
	Check        *Check
	Unmeasurable string
}

// Check is how a claim is measured, and what it says.
type Check struct {
	Side `yaml:",inline"`
	// Per is PerProcess, or empty.
	Per string `yaml:"per"`
	// Over makes the claim about a ratio to another side, Minus about a difference. Fields that it leaves out are the check's.
	Over  *Side `yaml:"over"`
	Minus *Side `yaml:"minus"`
	// About is a figure that was published as measured. AtLeast and AtMost are targets; both may be set.
	About   *float64 `yaml:"about"`
	AtLeast *float64 `yaml:"at_least"`
	AtMost  *float64 `yaml:"at_most"`
	Unit    string   `yaml:"unit"`
	// Stricter says why the check asks more than the claim: it can show that the claim holds, but not that it fails.
	Stricter string `yaml:"stricter"`
	// Note says what a reader should also know about the check.
	Note string `yaml:"note"`
}

// Side is where a figure comes from.
type Side struct {
	// Scenario is its name, or SWEEP@POINT: io@2x10.
	Scenario string `yaml:"scenario"`
	Broker   string `yaml:"broker"`
	// Contender is a contender, or a framework: then it is the framework's first arm in the scenario.
	Contender string `yaml:"contender"`
	Metric    string `yaml:"metric"`
}

// Other is the side of Over or Minus in full, or false if there is none.
func (c Check) Other() (Side, bool) {
	o := c.Over
	if o == nil {
		o = c.Minus
	}
	if o == nil {
		return Side{}, false
	}
	return Side{
		Scenario: cmp.Or(o.Scenario, c.Scenario), Broker: cmp.Or(o.Broker, c.Broker),
		Contender: cmp.Or(o.Contender, c.Contender), Metric: cmp.Or(o.Metric, c.Metric),
	}, true
}

// sourced is the file's form: the claims of each document together.
type sourced struct {
	Source string  `yaml:"source"`
	Claims []entry `yaml:"claims"`
}

type entry struct {
	Text         string `yaml:"text"`
	Check        *Check `yaml:"check"`
	Unmeasurable string `yaml:"unmeasurable"`
}

// Claims are the published figures that runs check.
func Claims() ([]Claim, error) {
	scenarios, err := Builtin()
	if err != nil {
		return nil, err
	}
	return ParseClaims(claimsName, claimsFile, scenarios)
}

// ParseClaims reads claims strictly. Each error names a line. A check may only use one of the scenarios.
func ParseClaims(name string, data []byte, scenarios []Scenario) ([]Claim, error) {
	var groups []sourced
	if err := strict.YAML(data, &groups); err != nil {
		return nil, fmt.Errorf("claims %s: %w", name, err)
	}
	lines, err := claimLines(data, groups)
	if err != nil {
		return nil, fmt.Errorf("claims %s: %w", name, err)
	}
	known := map[string]Scenario{}
	for _, s := range scenarios {
		for _, p := range s.Expand(math.MaxFloat64) {
			known[p.Name] = p
		}
	}
	var out []Claim
	seen := map[string]bool{}
	for i, g := range groups {
		for k, e := range g.Claims {
			c := Claim{Text: flow(e.Text), Source: flow(g.Source), Check: e.Check, Unmeasurable: flow(e.Unmeasurable)}
			err = c.check(known)
			if err == nil && seen[c.Text] {
				err = fmt.Errorf("text %q: is in the file twice", c.Text)
			}
			if err != nil {
				return nil, fmt.Errorf("claims %s: line %d: %w", name, lines[i][k], err)
			}
			seen[c.Text] = true
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("claims %s: has no claims", name)
	}
	return out, nil
}

// claimLines are the lines on which the claims of each group begin.
func claimLines(data []byte, groups []sourced) ([][]int, error) {
	var nodes []struct {
		Claims []yaml.Node `yaml:"claims"`
	}
	if err := yaml.Unmarshal(data, &nodes); err != nil {
		return nil, err
	}
	var out [][]int
	for _, g := range nodes {
		var lines []int
		for _, n := range g.Claims {
			if n.Kind != yaml.MappingNode { // the library leaves out an empty item
				return nil, fmt.Errorf("line %d: a claim must be a mapping", n.Line)
			}
			lines = append(lines, n.Line)
		}
		out = append(out, lines)
	}
	same := func(a []int, b sourced) bool { return len(a) == len(b.Claims) }
	if !slices.EqualFunc(out, groups, same) {
		return nil, errors.New("each item must be a mapping with source and claims")
	}
	return out, nil
}

func (c Claim) check(known map[string]Scenario) error {
	switch {
	case c.Text == "" || c.Source == "":
		return errors.New("text, source: set both")
	case (c.Check == nil) == (c.Unmeasurable == ""):
		return errors.New("check, unmeasurable: set one of the two")
	case c.Check == nil:
		return nil
	}
	k := *c.Check
	other, related := k.Other()
	bounds := 0
	for _, v := range []*float64{k.About, k.AtLeast, k.AtMost} {
		if v == nil {
			continue
		}
		bounds++
		if !(*v > 0) || math.IsInf(*v, 0) {
			return fmt.Errorf("figure %v: must be above zero", *v)
		}
	}
	switch {
	case k.Over != nil && k.Minus != nil:
		return errors.New("over, minus: set only one of the two")
	case bounds == 0 || k.About != nil && bounds > 1:
		return errors.New("about, at_least, at_most: set one, or both of the last two")
	case k.AtLeast != nil && k.AtMost != nil && *k.AtLeast > *k.AtMost:
		return fmt.Errorf("at_least %v: must not be above at_most %v", *k.AtLeast, *k.AtMost)
	case k.About != nil && k.Stricter != "":
		return errors.New("stricter: needs at_least or at_most")
	case k.Per != "" && k.Per != PerProcess:
		return fmt.Errorf("per %q: allowed: %s", k.Per, PerProcess)
	case k.Unit == "" || (k.Unit == Times) != (k.Over != nil):
		return fmt.Errorf("unit %q: a ratio is in %s, and any other figure in its own unit", k.Unit, Times)
	case related && other == k.Side:
		return errors.New("over, minus: must differ from the check itself")
	}
	if err := k.Side.check(known); err != nil {
		return err
	}
	if related {
		return other.check(known)
	}
	return nil
}

func (s Side) check(known map[string]Scenario) error {
	sc, ok := known[s.Scenario]
	switch {
	case !ok:
		return fmt.Errorf("scenario %q: the suite doesn't have it, or it is a sweep and needs a point: NAME@POINT", s.Scenario)
	case !slices.Contains(knownBrokers(), s.Broker):
		return fmt.Errorf("broker %q: allowed: %s", s.Broker, strings.Join(knownBrokers(), ", "))
	case !sc.RunsOn(s.Broker):
		return fmt.Errorf("broker %q: %s runs on %s", s.Broker, s.Scenario, strings.Join(sc.Brokers, ", "))
	case s.Contender == "" || strings.ContainsAny(s.Contender, " \t\n"):
		return fmt.Errorf("contender %q: must be one word, a framework or one of its contenders", s.Contender)
	case strings.Contains(s.Contender, "/") && len(sc.Contenders) > 0 && !slices.Contains(sc.Contenders, s.Contender):
		return fmt.Errorf("contender %q: %s compares %s", s.Contender, s.Scenario, strings.Join(sc.Contenders, ", "))
	}
	if allowed := metric.Names(metric.In(metric.Trial, metric.Own, metric.Shown)); !slices.Contains(allowed, s.Metric) {
		return fmt.Errorf("metric %q: allowed: %s", s.Metric, strings.Join(allowed, ", "))
	}
	return nil
}
