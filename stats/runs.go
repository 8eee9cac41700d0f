package stats

import "math"

// Names of what compares runs.
const (
	IntervalRuns = "Student's t over runs"
	TestRuns     = "Student's t over runs"
)

// Deviation is how much runs of the same thing differ.
type Deviation struct {
	// Between is the standard deviation between runs, as one of logarithms: 0.01 is about 1 %. It is what the deviation of the runs' means
	// has beyond that of trials, and 0 where it has nothing.
	Between float64 `json:"between"`
	// Within is the standard deviation of a trial within its run.
	Within float64 `json:"within"`
	// Freedom is the number of degrees of freedom of the deviation of the runs' means: runs less groups of runs.
	Freedom int `json:"freedom"`
	// mean is the variance of a run's mean.
	mean float64
}

// Runs are the values of each run.
type Runs [][]float64

// Flat are the values of all runs.
func (r Runs) Flat() []float64 {
	var out []float64
	for _, values := range r {
		out = append(out, values...)
	}
	return out
}

// CompareRuns compares two groups of runs, each with the values of its trials. Further groups of runs that measured one thing each show
// how much runs differ, and nothing else. It is CompareUnpaired with one more interval where any group has two runs: that of Student's t
// over the means of runs, whose variance is pooled over all groups. The ratio is that of the geometric means of the runs' geometric means.
//
// Runs are the sampling units of the model of two levels, value = thing + run + trial, as the trials of a run share what differs between runs.
// The mean of a run has the variance Between^2 + Within^2/n, and the deviation of the means has it whole, so that neither part has to be
// known: Kalibera and Jones, "Rigorous benchmarking in reasonable time", ISMM 2013, section 7. The parts are estimated for the reader by
// the method of moments: Searle, Casella and McCulloch, "Variance Components", 1992, section 3.5. With few runs the deviation of means
// can be small by chance. Trials still vary then, which the intervals over trials include.
//
// The error is ErrTooFew or ErrNoRatio.
func CompareRuns(first, second Runs, same ...Runs) (Unpaired, *Deviation, error) {
	u, err := CompareUnpaired(first.Flat(), second.Flat())
	if err != nil {
		return u, nil, err
	}
	a, b, d := runMeans(first, second, same)
	shift := MomentsOf(b).Mean - MomentsOf(a).Mean
	if d == nil {
		return u, nil, nil
	}
	half := studentQuantile(1-tailOf(Confidence), float64(d.Freedom)) * d.error(len(a), len(b))
	u.Intervals = append(u.Intervals, Interval{Method: IntervalRuns, Confidence: Confidence, Estimate: shift, Low: shift - half, High: shift + half}.Exp())
	u.Ratio = Hull(Ratio(shift), Confidence, u.Intervals...)
	u.Tests = append(u.Tests, FiniteTests(runsTest(shift, d, len(a), len(b)))...)
	return u, d, nil
}

// RunsRatio tests whether the ratio of two groups of runs is that one: the test of Welch over trials or that over runs, whichever has the
// larger p-value.
func RunsRatio(first, second Runs, ratio float64, same ...Runs) Test {
	welch := WelchRatio(first.Flat(), second.Flat(), ratio)
	a, b, d := runMeans(first, second, same)
	if d == nil {
		return welch
	}
	if over := runsTest(MomentsOf(b).Mean-MomentsOf(a).Mean-math.Log(ratio), d, len(a), len(b)); over.P > welch.P {
		return over
	}
	return welch
}

// NeedRuns estimates how many runs a side it takes until the interval over runs leaves out a ratio, if runs keep differing as they do; 0
// means more than MaxNeed, or that there is no telling.
func NeedRuns(first, second Runs, ratio float64, same ...Runs) int {
	a, b, d := runMeans(first, second, same)
	if d == nil {
		return 0
	}
	away := math.Abs(MomentsOf(b).Mean - MomentsOf(a).Mean - math.Log(ratio))
	for n := max(len(a), len(b)) + 1; n <= MaxNeed; n++ {
		free := d.Freedom + 2*n - len(a) - len(b)
		if studentQuantile(1-tailOf(Confidence), float64(free))*d.error(n, n) < away {
			return n
		}
	}
	return 0
}

// runMeans are the means of the logarithms of each run of two groups, and how much they vary; nil where no group has two runs, or where
// values have no logarithm.
func runMeans(first, second Runs, same []Runs) (a, b []float64, d *Deviation) {
	var squares, within float64
	var trials, free, withinFree int
	perRun := 0.0
	equal := constant(append(first.Flat(), second.Flat()...)) // whose ratio is 1, even of values without a logarithm
	for i, group := range append([]Runs{first, second}, same...) {
		var means []float64
		// Of further groups, only the deviation counts.
		flat := equal && i < 2 || i >= 2 && constant(group.Flat())
		for _, values := range group {
			logs := Logs(values)
			if flat {
				logs = make([]float64, len(values))
			}
			if len(values) == 0 || len(logs) < len(values) {
				continue
			}
			m := MomentsOf(logs)
			means = append(means, m.Mean)
			if m.N > 1 {
				within, withinFree = within+m.SD*m.SD*float64(m.N-1), withinFree+m.N-1
			}
			trials, perRun = trials+1, perRun+1/float64(m.N)
		}
		if n := len(means); n > 1 {
			m := MomentsOf(means)
			squares, free = squares+m.SD*m.SD*float64(n-1), free+n-1
		}
		switch i {
		case 0:
			a = means
		case 1:
			b = means
		}
	}
	if free == 0 || len(a) == 0 || len(b) == 0 {
		return a, b, nil
	}
	d = &Deviation{Freedom: free, mean: squares / float64(free)}
	if withinFree > 0 {
		variance := within / float64(withinFree)
		d.Within = math.Sqrt(variance)
		d.Between = math.Sqrt(max(0, d.mean-variance*perRun/float64(trials)))
	} else {
		d.Between = math.Sqrt(d.mean)
	}
	return a, b, d
}

// error is the standard error of the difference of two groups' means.
func (d *Deviation) error(first, second int) float64 {
	return math.Sqrt(d.mean * (1/float64(first) + 1/float64(second)))
}

func runsTest(shift float64, d *Deviation, first, second int) Test {
	t := over(shift, d.error(first, second))
	return Test{TestRuns, t, StudentTwoSided(t, float64(d.Freedom))}
}
