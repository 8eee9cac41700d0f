package suite

// Value is a figure that a trial measures in a way of its scenario's own, beside those that follow from its tasks.
type Value struct {
	Name, Title, Unit string
	HigherIsBetter    bool
}

// The names of metrics that scenarios are asked for most.
const (
	MetricThroughput = "throughput"
	MetricLatencyP50 = "latency_p50"
	MetricLatencyP99 = "latency_p99"
)

// The names of metrics of one kind of task, where each waits in a queue of its own; a kind's are written metric:kind.
const (
	// MetricPlace is the mean place of its tasks in the order in which a backlog was done, in percent.
	MetricPlace = "place"
	// MetricGap is the longest time for which some of a backlog's tasks waited and none was done.
	MetricGap = "gap"
)

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
	ValueMemoryGrowth = "memory_growth"
	ValueLatencyDrift = "latency_drift"
	ValueOpenFiles    = "open_files_growth"
	ValueLost         = "tasks_lost"
	ValueTwice        = "tasks_twice"
	ValueRecovery     = "recovery"
	ValueBrokerBack   = "broker_back"
	ValueRestarts     = "worker_restarts"
	ValueResent       = "tasks_resent"
	ValueFault        = "fault_lasted"
	ValueMaxRate      = "max_rate"
	ValueChargedTwice = "charged_twice"
	ValueDeclined     = "charges_declined"

	ValueStartFirst       = "start_first"
	ValueStartAll         = "start_all"
	ValueStartInterpreter = "start_interpreter"
	ValueStartImport      = "start_import"
	ValueStartConnect     = "start_connect"
	ValueStartStop        = "start_stop"

	ValueWebStartup     = "web_startup"
	ValueWebFirst       = "web_first_dispatch"
	ValueWebPlainP50    = "web_plain_p50"
	ValueWebPlainP99    = "web_plain_p99"
	ValueWebDispatchP50 = "web_dispatch_p50"
	ValueWebDispatchP99 = "web_dispatch_p99"
	ValueWebCPU         = "web_cpu_per_1000"
	ValueWebShutdown    = "web_shutdown"
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
		{Name: ValueMemoryGrowth, Title: "Memory growth in 1000 tasks", Unit: "MiB"},
		{Name: ValueLatencyDrift, Title: "Median latency, last quarter over first", Unit: "% more"},
		{Name: ValueOpenFiles, Title: "Open files, more at the end", Unit: "files"},
		{Name: ValueRecovery, Title: "Time until no more waits than before", Unit: "s"},
		{Name: ValueLost, Title: "Tasks that were not done within the limit", Unit: "tasks"},
		{Name: ValueTwice, Title: "Tasks that were done more than once", Unit: "tasks"},
		{Name: ValueRestarts, Title: "Workers that ended and were started again", Unit: "workers"},
		{Name: ValueBrokerBack, Title: "From the broker's end until it answered again", Unit: "s"},
		{Name: ValueResent, Title: "Tasks sent again that the broker may have had already", Unit: "tasks"},
		{Name: ValueFault, Title: "How long the broker stood still or the way to it was slow", Unit: "s"},
		{Name: ValueMaxRate, Title: "Highest rate held", Unit: "tasks/s", HigherIsBetter: true},
		{Name: ValueChargedTwice, Title: "Orders charged twice", Unit: "orders"},
		{Name: ValueDeclined, Title: "Charges that were declined and tried again", Unit: "charges"},
		{Name: ValueAPIAdded, Title: "Latency that the mock API added, p99", Unit: "ms"},
		{Name: ValueStartFirst, Title: "From start to the end of the first task", Unit: "ms"},
		{Name: ValueStartAll, Title: "From start until every process had run a task", Unit: "ms"},
		{Name: ValueStartInterpreter, Title: "Start and end of the interpreter alone", Unit: "ms"},
		{Name: ValueStartImport, Title: "Import of the application", Unit: "ms"},
		{Name: ValueStartConnect, Title: "First enqueueing in a new process, connecting included", Unit: "ms"},
		{Name: ValueStartStop, Title: "From SIGTERM to the end of the workers", Unit: "ms"},
		{Name: ValueWebStartup, Title: "Web app: from start to the first answer", Unit: "ms"},
		{Name: ValueWebFirst, Title: "Web app: its first request that enqueues a task", Unit: "ms"},
		{Name: ValueWebPlainP50, Title: "Web app: request that enqueues nothing, median", Unit: "ms"},
		{Name: ValueWebPlainP99, Title: "Web app: request that enqueues nothing, p99", Unit: "ms"},
		{Name: ValueWebDispatchP50, Title: "Web app: request that enqueues a task, median", Unit: "ms"},
		{Name: ValueWebDispatchP99, Title: "Web app: request that enqueues a task, p99", Unit: "ms"},
		{Name: ValueWebCPU, Title: "Web app: CPU per 1000 requests that enqueue", Unit: "s"},
		{Name: ValueWebShutdown, Title: "Web app: from SIGTERM under load to its end", Unit: "ms"},
	}
}
