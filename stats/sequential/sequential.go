// Package sequential spends an error rate over several looks at data that are still coming in.
//
// Who tests at 5 % after 6 blocks, again after 8, and stops at the first success is wrong far more often than in 5 % of
// runs. An error-spending function says how much of the rate may be used up at each look: Lan and DeMets, "Discrete
// sequential boundaries for clinical trials", Biometrika 70 (1983). The function here is theirs that resembles O'Brien and
// Fleming, "A multiple testing procedure for clinical trials", Biometrics 35 (1979): early looks get little, so that the
// last one is nearly as sharp as a single test. When looks happen may depend on the time that is left, and on anything else
// but the values that are tested.
package sequential

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// ErrLooks marks fractions that are no sequence of looks.
var ErrLooks = errors.New("not a sequence of looks")

// Spent is how much of the two-sided error rate alpha may have been used when the fraction t (0 to 1) of the data is in:
// 2 - 2 Phi(z / sqrt t), z being the quantile of 1 - alpha/2.
func Spent(alpha, t float64) float64 {
	switch {
	case t <= 0 || alpha <= 0:
		return 0
	case t >= 1 || alpha >= 1:
		return alpha
	}
	return 2 * tail(-distuv.UnitNormal.Quantile(alpha/2)/math.Sqrt(t))
}

// Spending is how much of a two-sided error rate alpha may have been used when the fraction t (0 to 1) of the data is in. It
// rises in both, from 0 at t = 0 to alpha at t = 1.
type Spending func(alpha, t float64) float64

// Power spends alpha t^rho: Kim and DeMets, "Design and analysis of group sequential tests based on the type I error spending
// rate function", Biometrika 74 (1987). A rho of 3 is near O'Brien and Fleming, and 1 near Pocock, whose looks are all alike.
func Power(rho float64) Spending {
	return func(alpha, t float64) float64 { return alpha * math.Pow(min(max(t, 0), 1), rho) }
}

// Levels are the two-sided levels at which a p-value is held at each look, so that the chance to reject at any of them,
// where nothing differs, is alpha in all. Each look has a fraction of the data, rising to at most 1.
//
// They follow from the joint distribution of the looks, a Brownian motion, by the recursion of Armitage, McPherson and
// Rowe, "Repeated significance tests on accumulating data", JRSS A 132 (1969).
func Levels(alpha float64, fractions []float64) ([]float64, error) {
	return LevelsBy(Spent, alpha, fractions)
}

// LevelsBy are the levels of another spending function.
func LevelsBy(spend Spending, alpha float64, fractions []float64) ([]float64, error) {
	return LevelsAt(spend, alpha, planned(fractions))
}

// Look is one look at data that are still coming in.
type Look struct {
	// Fraction is the part of all data that the look was thought to have, by which error rates are spent.
	Fraction float64
	// Data is how much it had, such as blocks, by which it depends on the looks before. A guess of how much data there will be may change
	// between looks; what they have in common doesn't.
	Data float64
}

// planned are looks whose fractions are what they turned out to be.
func planned(fractions []float64) []Look {
	looks := make([]Look, len(fractions))
	for k, t := range fractions {
		looks[k] = Look{t, t}
	}
	return looks
}

// LevelsAt are the levels of looks whose fractions were guesses.
func LevelsAt(spend Spending, alpha float64, looks []Look) ([]float64, error) {
	if err := check(alpha, looks); err != nil {
		return nil, err
	}
	spent, data := make([]float64, len(looks)), make([]float64, len(looks))
	last := looks[len(looks)-1]
	for k, l := range looks {
		spent[k], data[k] = spend(alpha, l.Fraction), l.Data/last.Data*last.Fraction
	}
	levels := make([]float64, len(looks))
	for k, bound := range bounds(data, spent, gridSteps) {
		levels[k] = 2 * tail(bound)
	}
	return levels, nil
}

// bounds are those of the looks, in standard deviations, that use up what may have been spent by each.
func bounds(data, spent []float64, steps int) []float64 {
	out := make([]float64, len(data))
	var inside density
	lastT, lastSpent := 0.0, 0.0
	for k, t := range data {
		bound := inside.bound(t-lastT, spent[k]-lastSpent)
		out[k] = bound / math.Sqrt(t)
		if k < len(data)-1 {
			inside = inside.next(t-lastT, bound, steps)
		}
		lastT, lastSpent = t, spent[k]
	}
	return out
}

// tail is the chance that a standard normal variable is above x, also far out, where 1 less its distribution is all error.
func tail(x float64) float64 { return 0.5 * math.Erfc(x/math.Sqrt2) }

func check(alpha float64, looks []Look) error {
	if !(alpha > 0 && alpha < 1) {
		return fmt.Errorf("%w: an error rate of %g", ErrLooks, alpha)
	}
	var last Look
	for _, l := range looks {
		if !(l.Fraction > last.Fraction && l.Fraction <= 1 && l.Data > last.Data) {
			return fmt.Errorf("%w: fractions and data %v must rise, fractions from above 0 to at most 1", ErrLooks, looks)
		}
		last = l
	}
	if len(looks) == 0 {
		return fmt.Errorf("%w: there is none", ErrLooks)
	}
	return nil
}

// density is that of the motion at the last look, of the paths that no look has stopped, on a grid from -edge to edge with
// the weights of Simpson's rule in it. Without a grid all paths are at 0, as before the first look.
type density struct {
	at, mass []float64
}

// gridSteps is even. Doubling it changes no level of use by more than 1e-5 of itself.
const gridSteps = 160

// farthest is beyond all paths that matter, in standard deviations.
const farthest = 9

// beyond is the chance that a path gets out of -bound to bound over the next stretch.
func (d density) beyond(stretch, bound float64) float64 {
	sd := math.Sqrt(stretch)
	if d.at == nil {
		return 2 * tail(bound/sd)
	}
	sum := 0.0
	for i, x := range d.at {
		sum += d.mass[i] * (tail((bound-x)/sd) + tail((bound+x)/sd))
	}
	return sum
}

// bound is where a path is stopped so that the chance of it is target.
func (d density) bound(stretch, target float64) float64 {
	low, high := 0.0, d.edge()+farthest*math.Sqrt(stretch)
	if target <= 0 {
		return high
	}
	for range 60 {
		half := (low + high) / 2
		if d.beyond(stretch, half) > target {
			low = half
		} else {
			high = half
		}
	}
	return high
}

func (d density) edge() float64 {
	if d.at == nil {
		return 0
	}
	return d.at[len(d.at)-1]
}

// next is the density after a further stretch, of the paths that stay within bound.
func (d density) next(stretch, bound float64, steps int) density {
	bound = min(bound, d.edge()+farthest*math.Sqrt(stretch))
	n := density{at: make([]float64, steps+1), mass: make([]float64, steps+1)}
	sd := math.Sqrt(stretch)
	h := 2 * bound / float64(steps)
	for i := range n.at {
		x := -bound + float64(i)*h
		value := 0.0
		if d.at == nil {
			value = distuv.UnitNormal.Prob(x/sd) / sd
		} else {
			for j, from := range d.at {
				z := (x - from) / sd
				if z > -farthest && z < farthest {
					value += d.mass[j] * math.Exp(-z*z/2)
				}
			}
			value /= sd * math.Sqrt(2*math.Pi)
		}
		weight := h / 3
		switch {
		case i == 0 || i == steps:
		case i%2 == 1:
			weight *= 4
		default:
			weight *= 2
		}
		n.at[i], n.mass[i] = x, value*weight
	}
	return n
}

// Scale turns a p-value of the last look into one that holds for the whole sequence: the least error rate at which that
// look would have rejected. It is the sequential p-value of Liu and Anderson, "On adaptive extensions of group sequential
// trials", JASA 103 (2008), of the last look alone. Holm's correction takes such p-values like any others.
type Scale struct {
	// rates and levels are the logarithms of error rates and of the last look's levels, both rising; none for one look at
	// all of the data, where the two are the same.
	rates, levels []float64
}

// scaleStep is how far apart the error rates of a scale are: between them it is interpolated.
const scaleStep = 0.5

// NewScale makes the scale of a sequence of looks.
func NewScale(fractions []float64) (Scale, error) { return NewScaleBy(Spent, fractions) }

// NewScaleBy makes that of another spending function.
func NewScaleBy(spend Spending, fractions []float64) (Scale, error) {
	return NewScaleAt(spend, planned(fractions))
}

// NewScaleAt makes that of looks whose fractions were guesses.
func NewScaleAt(spend Spending, looks []Look) (Scale, error) {
	if err := check(0.5, looks); err != nil {
		return Scale{}, err
	}
	if len(looks) == 1 && looks[0].Fraction == 1 {
		return Scale{}, nil
	}
	var s Scale
	for rate := 0.999; rate > 1e-9; rate *= scaleStep {
		levels, err := LevelsAt(spend, rate, looks)
		if err != nil {
			return Scale{}, err
		}
		level := levels[len(levels)-1]
		if level < 1e-300 {
			break
		}
		s.rates, s.levels = append(s.rates, math.Log(rate)), append(s.levels, math.Log(level))
	}
	slices.Reverse(s.rates)
	slices.Reverse(s.levels)
	return s, nil
}

// P is the sequential p-value.
func (s Scale) P(p float64) float64 {
	switch {
	case s.levels == nil || !(p > 0):
		return max(p, 0)
	case p >= 1:
		return 1
	}
	x := math.Log(p)
	n := len(s.levels)
	i, _ := slices.BinarySearch(s.levels, x)
	switch {
	case i == n:
		return 1
	case i == 0:
		return math.Exp(s.rates[0]) // it is no smaller than the least that was worked out
	}
	share := (x - s.levels[i-1]) / (s.levels[i] - s.levels[i-1])
	return math.Exp(s.rates[i-1] + share*(s.rates[i]-s.rates[i-1]))
}

// Level is what a p-value must be below at the last look for the sequential one to be below rate.
func (s Scale) Level(rate float64) float64 {
	if s.levels == nil || !(rate > 0) {
		return rate
	}
	x := math.Log(rate)
	n := len(s.rates)
	i, _ := slices.BinarySearch(s.rates, x)
	switch {
	case i == n:
		return math.Exp(s.levels[n-1])
	case i == 0:
		return 0
	}
	share := (x - s.rates[i-1]) / (s.rates[i] - s.rates[i-1])
	return math.Exp(s.levels[i-1] + share*(s.levels[i]-s.levels[i-1]))
}
