package regress

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tqbench/tqbench/metric"
)

// ErrThreshold marks a threshold that can't be read, or that is about nothing in the runs.
var ErrThreshold = errors.New("bad threshold")

// How thresholds are written, for messages.
const grammar = "write [SCENARIO/BROKER/ARM: ]METRIC < -5% or > +10%"

// Threshold is what makes a comparison fail: a metric that changed by more than so much.
//
//	threshold = [ scope ": " ] metric ( "<" | ">" ) percent
//	scope     = scenario [ "/" broker [ "/" arm ] ]
//	percent   = ( "+" | "-" ) digits [ "." digits ] "%", or "0%"
//
// Each part of a scope is a name or "*", which is any; so is what is left out. A scenario's name takes its points in,
// too. An arm's name may have a slash of its own.
type Threshold struct {
	// Text is the threshold as it was written, with blanks set right.
	Text                  string
	Scenario, Broker, Arm string
	Metric                string
	// Above is true for ">": more than the bound fails. Percent is the bound, in percent of the old value.
	Above   bool
	Percent float64
}

// anyName stands for each name in a scope.
const anyName = "*"

// maxPercent is a factor of ten thousand: beyond it is a slip.
const maxPercent = 1e6

// ParseThreshold reads a threshold.
func ParseThreshold(text string) (Threshold, error) {
	fail := func(format string, args ...any) (Threshold, error) {
		return Threshold{}, fmt.Errorf("%w %q: %s", ErrThreshold, text, fmt.Sprintf(format, args...))
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return fail("it has a character that can't be printed")
	}
	t := Threshold{Scenario: anyName, Broker: anyName, Arm: anyName}
	rest := strings.TrimSpace(text)
	if scope, after, ok := strings.Cut(rest, ": "); ok {
		parts := strings.SplitN(strings.TrimSpace(scope), "/", 3)
		for i, name := range []*string{&t.Scenario, &t.Broker, &t.Arm} {
			if i >= len(parts) {
				break
			}
			if parts[i] == "" || strings.ContainsAny(parts[i], " <>") {
				return fail("%q is no scope: write SCENARIO, SCENARIO/BROKER or SCENARIO/BROKER/ARM, with * for any", scope)
			}
			*name = parts[i]
		}
		rest = after
	}
	at := strings.IndexAny(rest, "<>")
	if at < 0 {
		return fail("it has neither < nor >: %s", grammar)
	}
	t.Metric, t.Above = strings.TrimSpace(rest[:at]), rest[at] == '>'
	if t.Metric == "" || strings.Contains(t.Metric, " ") || strings.HasSuffix(t.Metric, ":") {
		return fail("there is no metric %q: %s", t.Metric, grammar)
	}
	number := strings.TrimSpace(rest[at+1:])
	var err error
	if t.Percent, err = percent(number); err != nil {
		return fail("%v", err)
	}
	if t.Percent <= -100 || t.Percent > maxPercent {
		return fail("%s: above -100%% and up to +%.0f%% is allowed", number, maxPercent)
	}
	t.Text = t.scope() + t.Metric + " " + rest[at:at+1] + " " + number
	return t, nil
}

// percent reads a signed number with a percent sign.
func percent(s string) (float64, error) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok {
		return 0, fmt.Errorf("%q is not in percent: %s", s, grammar)
	}
	digits = strings.TrimRight(digits, " ")
	unsigned := strings.TrimLeft(digits, "+-")
	whole, fraction, dot := strings.Cut(unsigned, ".")
	isDigits := func(s string) bool {
		return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
	}
	if len(digits)-len(unsigned) > 1 || !isDigits(whole) || dot && !isDigits(fraction) {
		return 0, fmt.Errorf("%q is not a percentage: %s", s, grammar)
	}
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a percentage: %s", s, grammar)
	}
	if v != 0 && unsigned == digits {
		return 0, fmt.Errorf("%q has no sign: write +%s or -%s", s, s, s)
	}
	return v, nil
}

// figureNames are the names of metrics that a threshold may have.
func figureNames() []string {
	var out []string
	for _, m := range metric.All() {
		if !metric.MayBeZero(m.Name) {
			out = append(out, m.Pattern())
		}
	}
	return out
}

// scope is the scope as it is written before a metric.
func (t Threshold) scope() string {
	parts := []string{t.Scenario, t.Broker, t.Arm}
	for len(parts) > 0 && parts[len(parts)-1] == anyName {
		parts = parts[:len(parts)-1]
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "/") + ": "
}

// String is the threshold as it is written.
func (t Threshold) String() string { return t.Text }

// Ratio is the bound as a ratio of new to old.
func (t Threshold) Ratio() float64 { return 1 + t.Percent/100 }

// Covers tells whether the scope takes a cell in; of is the scenario that the cell's is a point of.
func (t Threshold) Covers(c Cell, of string) bool {
	if c.Foreign() {
		name := t.benchmark()
		return name == anyName || name == c.Scenario
	}
	is := func(want string, names ...string) bool { return want == anyName || slices.Contains(names, want) }
	return is(t.Scenario, c.Scenario, of) && is(t.Broker, c.Broker) && is(t.Arm, c.Arm)
}

// NoPercentage follows the name of what has no change in percent.
const NoPercentage = "may be 0, of which no change is a percentage"

// check makes sure that the scope and the kind of task are of the runs at hand: a slip would else test nothing.
func (t Threshold) check(runs ...*Run) error {
	if runs[0].tool != "" {
		return t.checkForeign(runs...)
	}
	if _, ok := metric.Named(t.Metric); !ok {
		return fmt.Errorf("%w %q: there is no metric %q: choose from %s", ErrThreshold, t.Text, t.Metric, strings.Join(figureNames(), ", "))
	}
	if metric.MayBeZero(t.Metric) {
		return fmt.Errorf("%w %q: %s %s", ErrThreshold, t.Text, t.Metric, NoPercentage)
	}
	scenarios, brokers, arms, metrics := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range runs {
		for _, c := range r.cells {
			scenarios[c.Scenario], scenarios[r.of[c.Scenario]], brokers[c.Broker], arms[c.Arm] = true, true, true, true
			for _, m := range metricsOf(c, r) {
				metrics[m] = true
			}
		}
	}
	delete(scenarios, "")
	for _, x := range []struct {
		what, name string
		have       map[string]bool
	}{{"scenario", t.Scenario, scenarios}, {"broker", t.Broker, brokers}, {"arm", t.Arm, arms}} {
		if x.name != anyName && !x.have[x.name] {
			return fmt.Errorf("%w %q: neither run has the %s %q: choose from %s", ErrThreshold, t.Text, x.what, x.name, list(x.have))
		}
	}
	if m, _ := metric.Named(t.Metric); m.PerKind() && !metrics[t.Metric] {
		return fmt.Errorf("%w %q: neither run has the metric %q: they have %s", ErrThreshold, t.Text, t.Metric,
			strings.Join(slices.DeleteFunc(ordered(metrics), metric.MayBeZero), ", "))
	}
	return nil
}

func list(names map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}
