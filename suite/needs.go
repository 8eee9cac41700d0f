package suite

// What a scenario may need of a contender, besides running tasks.
const (
	// NeedChains is that a task enqueues the next one through the framework's own client.
	NeedChains = "chains"
	// NeedCodec is that a separate process can make and read messages, to time them.
	NeedCodec = "codec"
	// NeedEvents is that workers publish events about their tasks.
	NeedEvents = "events"
	// NeedOwn is that the probe can be attached to a user's application.
	NeedOwn = "own"
	// NeedQueues is that workers listen to several queues at once.
	NeedQueues = "queues"
	// NeedStart is that the client is a module whose import and first connection can be timed.
	NeedStart = "start"
	// NeedWeb is a web application that enqueues.
	NeedWeb = "web"
)

// Needs lists what a contender offers or lacks by nature. NeedStart is missing: it follows from the kind of client.
func Needs() []string {
	return []string{NeedChains, NeedCodec, NeedEvents, NeedOwn, NeedQueues, NeedWeb}
}

// Needs are the scenario's needs of a contender.
func (s Scenario) Needs() []string {
	var out []string
	for _, n := range []struct {
		name string
		is   bool
	}{
		{NeedChains, s.Chain}, {NeedCodec, s.Measure == Codec}, {NeedEvents, s.Events != "" && s.Events != EventsOff},
		{NeedOwn, s.Own != nil}, {NeedStart, s.Measure == Start}, {NeedQueues, len(s.Queues()) > 0}, {NeedWeb, s.Measure == Web},
	} {
		if n.is {
			out = append(out, n.name)
		}
	}
	return out
}
