package text

// From and to where an end of an interval is as good as none.
const none, boundless = 1e-200, 1e200

// Bounded reports whether both ends of an interval of values above 0 are bounds.
func Bounded(low, high float64) bool { return low >= none && high <= boundless }

// Span writes an interval, its ends by format. It omits a missing bound, for which analysis writes the smallest or largest ratio that JSON
// can hold.
func Span(low, high float64, format func(float64) string) string {
	switch unbounded := high > boundless; {
	case low < none && low > -none && unbounded:
		return "anything"
	case low > 0 && low < none:
		return "up to " + format(high)
	case unbounded:
		return format(low) + " or more"
	}
	return format(low) + " to " + format(high)
}
