package suite

// Value is a figure that a trial measures in a way of its scenario's own, beside those that follow from its tasks.
type Value struct {
	Name, Title, Unit string
	HigherIsBetter    bool
}

// The names of values.
const (
	ValueAPIAdded     = "mockapi_added_p99"
	ValueMaxRate      = "max_rate"
	ValueChargedTwice = "charged_twice"
	ValueDeclined     = "charges_declined"
)

// Values lists them.
func Values() []Value {
	return []Value{
		{Name: ValueMaxRate, Title: "Highest rate held", Unit: "tasks/s", HigherIsBetter: true},
		{Name: ValueChargedTwice, Title: "Orders charged twice", Unit: "orders"},
		{Name: ValueDeclined, Title: "Charges that were declined and tried again", Unit: "charges"},
		{Name: ValueAPIAdded, Title: "Latency that the mock API added, p99", Unit: "ms"},
	}
}
