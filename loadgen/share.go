package loadgen

// Share is one sender's part of a load that several send together: of each Of tasks, the one at Index. Together they send every task once,
// each at its time.
type Share struct{ Index, Of int }

// Task is the number of the share's task i in the whole load.
func (s Share) Task(i int) int { return i*s.Of + s.Index }

// Count is how many of n tasks are the share's.
func (s Share) Count(n int) int { return (n - s.Index + s.Of - 1) / s.Of }

// Arrivals are the share's part of a schedule.
func (s Share) Arrivals(whole Arrivals) Arrivals { return &shared{whole: whole, share: s} }

type shared struct {
	whole Arrivals
	share Share
	begun bool
}

// Next is the time of the share's next task.
func (s *shared) Next() int64 {
	skip := s.share.Of - 1
	if !s.begun {
		skip, s.begun = s.share.Index, true
	}
	for range skip {
		s.whole.Next()
	}
	return s.whole.Next()
}
