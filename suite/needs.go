package suite

// What a scenario may need of a contender beside that it runs tasks.
const (
	// NeedChains is that a task enqueues the next one, by the framework's own client.
	NeedChains = "chains"
	// NeedCodec is that messages can be made and read in a process by themselves, to be timed.
	NeedCodec = "codec"
	// NeedEvents is that workers publish what becomes of their tasks.
	NeedEvents = "events"
	// NeedOwn is that the probe can be attached to a user's application.
	NeedOwn = "own"
	// NeedQueues is that workers listen to several queues at once.
	NeedQueues = "queues"
	// NeedStart is that its client is a module, whose import and first connection can be timed.
	NeedStart = "start"
	// NeedWeb is a web application that enqueues.
	NeedWeb = "web"
)

// Needs lists those that a contender offers or not by its nature; NeedStart follows from what its client is.
func Needs() []string {
	return []string{NeedChains, NeedCodec, NeedEvents, NeedOwn, NeedQueues, NeedWeb}
}

// Needs are what the scenario needs of a contender.
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
