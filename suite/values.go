package suite

// Value is a figure that a trial measures in a way of its scenario's own, beside those that follow from its tasks.
type Value struct {
	Name, Title, Unit string
	HigherIsBetter    bool
}

// Values lists them.
func Values() []Value {
	return nil
}
