package results

// Recovery is what a framework says of the tasks that a killed worker held.
type Recovery struct {
	// AfterSeconds is after how long they should be back at the latest; 0 means at once.
	AfterSeconds float64 `json:"after_seconds"`
	// Never is why they don't come back, by design; it is empty if they do.
	Never string `json:"never,omitempty"`
	// Process says that this is so where only the process that runs the task is killed: those of a whole worker come back.
	Process bool `json:"process,omitempty"`
	// Knob is the setting that brings them back sooner, or at all; it is empty if there is none.
	Knob string `json:"knob,omitempty"`
}

// Fate is what became of the tasks that were sent before workers were killed.
type Fate struct {
	// Outcome is one of the Fate constants.
	Outcome string `json:"outcome"`
	// Lost of the Of tasks had no end when the trial stopped waiting, LimitSeconds after the kill at the latest.
	Lost         int64   `json:"lost"`
	Of           int64   `json:"of"`
	LimitSeconds float64 `json:"limit_seconds"`
	// BackSeconds is how long after the kill the last of them ended, if none was lost.
	BackSeconds float64 `json:"back_seconds,omitempty"`
	// Said is what the framework says; nil if its folder says nothing.
	Said *Recovery `json:"said,omitempty"`
}

// What became of those tasks.
const (
	// FateBack: all ended.
	FateBack = "back"
	// FateLate: some were lost within the limit. By the framework's settings they would come back later, or nothing is known of it.
	FateLate = "not within the limit"
	// FateNever: some were lost, by design.
	FateNever = "never, by design"
	// FateLost: some were lost, though they should have been back within the limit, or are no more on the broker.
	FateLost = "lost"
)

// Fated is what became of tasks of which so many were lost. It names the outcome; gone says that the broker holds none of them.
func (f Fate) Fated(gone bool) Fate {
	switch {
	case f.Lost == 0:
		f.Outcome = FateBack
	case f.Said != nil && f.Said.Never != "":
		f.Outcome = FateNever
	case gone || f.Said != nil && f.Said.AfterSeconds < f.LimitSeconds:
		f.Outcome = FateLost
	default:
		f.Outcome = FateLate
	}
	return f
}
