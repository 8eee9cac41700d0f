package suite

// Value is a figure that a trial measures in a way of its scenario's own, beside those that follow from its tasks.
type Value struct {
	Name, Title, Unit string
	HigherIsBetter    bool
}

// The names of values.
const (
	ValueAPIAdded     = "mockapi_added_p99"
	ValueEncode       = "encode"
	ValueDecode       = "decode"
	ValueBytes        = "message_bytes"
	ValueEventShare   = "events_received_share"
	ValueEventRate    = "events_per_second"
	ValueEventP50     = "event_latency_p50"
	ValueEventP99     = "event_latency_p99"
	ValueMaxRate      = "max_rate"
	ValueChargedTwice = "charged_twice"
	ValueDeclined     = "charges_declined"
)

// Values lists them.
func Values() []Value {
	return []Value{
		{Name: ValueEncode, Title: "Time to make a message", Unit: "us"},
		{Name: ValueDecode, Title: "Time to read a message", Unit: "us"},
		{Name: ValueBytes, Title: "Message size", Unit: "bytes"},
		{Name: ValueEventShare, Title: "Tasks whose end an event told", Unit: "%", HigherIsBetter: true},
		{Name: ValueEventRate, Title: "Events received", Unit: "events/s", HigherIsBetter: true},
		{Name: ValueEventP50, Title: "Age of an event when it came, median", Unit: "ms"},
		{Name: ValueEventP99, Title: "Age of an event when it came, p99", Unit: "ms"},
		{Name: ValueMaxRate, Title: "Highest rate held", Unit: "tasks/s", HigherIsBetter: true},
		{Name: ValueChargedTwice, Title: "Orders charged twice", Unit: "orders"},
		{Name: ValueDeclined, Title: "Charges that were declined and tried again", Unit: "charges"},
		{Name: ValueAPIAdded, Title: "Latency that the mock API added, p99", Unit: "ms"},
	}
}
