package metric

// The names of metrics that are measured of all tasks of a trial. Those from LatencyMean on are shown only.
const (
	Throughput    = "throughput"
	LatencyP50    = "latency_p50"
	LatencyP99    = "latency_p99"
	EnqueueClient = "enqueue_client"
	EnqueueWire   = "enqueue_wire"
	CPU           = "cpu_per_1000"
	CPUPaced      = "cpu_per_task"
	BrokerCPU     = "broker_cpu_per_1000"
	PSS           = "pss"

	LatencyMean = "latency_mean"
	LatencyP95  = "latency_p95"
	CPUShare    = "cpu_share"
	FailedShare = "failed_share"
)

// The names of metrics of one kind of task, where each waits in its own queue.
const (
	// Place is the mean place of its tasks in the order in which a backlog was done, in percent.
	Place = "place"
	// Gap is the longest time for which some of a backlog's tasks waited and none was done.
	Gap = "gap"
)

// The names of metrics of a user's own task: from its start to its end in the worker, at the paced rate.
const (
	ServiceP50 = "service_p50"
	ServiceP95 = "service_p95"
	ServiceP99 = "service_p99"
)

// The names of what scenarios measure in ways of their own.
const (
	APIAdded     = "mockapi_added_p99"
	Encode       = "encode"
	Decode       = "decode"
	Bytes        = "message_bytes"
	EventShare   = "events_received_share"
	EventRate    = "events_per_second"
	EventP50     = "event_latency_p50"
	EventP99     = "event_latency_p99"
	MemoryGrowth = "memory_growth"
	LatencyDrift = "latency_drift"
	OpenFiles    = "open_files_growth"
	Lost         = "tasks_lost"
	Twice        = "tasks_twice"
	Recovery     = "recovery"
	Back         = "tasks_back"
	BrokerBack   = "broker_back"
	Restarts     = "worker_restarts"
	Resent       = "tasks_resent"
	Fault        = "fault_lasted"
	MaxRate      = "max_rate"
	ChargedTwice = "charged_twice"
	Declined     = "charges_declined"

	StartFirst       = "start_first"
	StartAll         = "start_all"
	StartInterpreter = "start_interpreter"
	StartImport      = "start_import"
	StartConnect     = "start_connect"
	StartStop        = "start_stop"

	WebStartup     = "web_startup"
	WebFirst       = "web_first_dispatch"
	WebPlainP50    = "web_plain_p50"
	WebPlainP99    = "web_plain_p99"
	WebDispatchP50 = "web_dispatch_p50"
	WebDispatchP99 = "web_dispatch_p99"
	WebCPU         = "web_cpu_per_1000"
	WebShutdown    = "web_shutdown"
)

// All is the catalogue, in the order in which reports show the metrics.
func All() []Metric {
	return []Metric{
		{Name: Throughput, Title: "Throughput", Unit: "tasks/s", HigherIsBetter: true, Family: FamilyThroughput,
			Says: "drains %s times as many tasks per second as"},
		{Name: LatencyP50, Title: "Median latency", Unit: "ms", Family: FamilyLatency, Says: "has %s times the median latency of"},
		{Name: LatencyP99, Title: "p99 latency", Unit: "ms", Family: FamilyLatency, Says: "has %s times the 99th percentile latency of"},
		{Name: EnqueueClient, Title: "Enqueue rate, client", Unit: "tasks/s", HigherIsBetter: true, Family: FamilyEnqueue,
			Says: "lets one caller of its own client enqueue %s times as fast as"},
		{Name: EnqueueWire, Title: "Enqueue rate, wire", Unit: "tasks/s", HigherIsBetter: true, Family: FamilyEnqueue,
			Says: "takes tasks in its format from the wire producer %s times as fast as"},
		{Name: CPU, Title: "CPU per 1000 tasks", Unit: "s", Family: FamilyCPU, Says: "uses %s times the CPU per task of"},
		{Name: CPUPaced, Title: "CPU per task, paced", Unit: "us", Family: FamilyCPU,
			Says: "uses, at the same rate of tasks, %s times the CPU per task of"},
		{Name: BrokerCPU, Title: "Broker CPU per 1000 tasks", Unit: "s", Family: FamilyCPU, Says: "costs the broker %s times the CPU per task of"},
		{Name: PSS, Title: "Memory (PSS)", Unit: "MiB", Family: FamilyMemory, Says: "takes %s times the memory of"},

		{Name: LatencyP50, Title: "Median latency", Unit: "ms", Family: FamilyLatency, Scope: Kind},
		{Name: LatencyP95, Title: "p95 latency", Unit: "ms", Family: FamilyLatency, Scope: Kind},
		{Name: Place, Title: "Mean place in the drain", Unit: "%", Scope: Queue},
		{Name: Gap, Title: "Longest time without one done", Unit: "s", Scope: Queue},

		{Name: ServiceP50, Title: "Median service time", Unit: "ms", Family: FamilyLatency, Scope: Task},
		{Name: ServiceP95, Title: "p95 service time", Unit: "ms", Family: FamilyLatency, Scope: Task},
		{Name: ServiceP99, Title: "p99 service time", Unit: "ms", Family: FamilyLatency, Scope: Task},

		{Name: Encode, Title: "Time to make a message", Unit: "us", Scope: Own},
		{Name: Decode, Title: "Time to read a message", Unit: "us", Scope: Own},
		{Name: Bytes, Title: "Message size", Unit: "bytes", Scope: Own},
		{Name: EventShare, Title: "Tasks whose end an event told", Unit: "%", HigherIsBetter: true, Scope: Own},
		{Name: EventRate, Title: "Events received", Unit: "events/s", HigherIsBetter: true, Scope: Own},
		{Name: EventP50, Title: "Age of an event when it came, median", Unit: "ms", Scope: Own},
		{Name: EventP99, Title: "Age of an event when it came, p99", Unit: "ms", Scope: Own},
		{Name: MemoryGrowth, Title: "Memory growth in 1000 tasks", Unit: "MiB", Scope: Own, MayBeZero: true},
		{Name: LatencyDrift, Title: "Median latency, last quarter over first", Unit: "% more", Family: FamilyLatency, Scope: Own, MayBeZero: true},
		{Name: OpenFiles, Title: "Open files, more at the end", Unit: "files", Scope: Own, MayBeZero: true},
		{Name: Recovery, Title: "Time until no more waits than before", Unit: "s", Scope: Own},
		{Name: Back, Title: "From a worker's kill until the last earlier task was done", Unit: "s", Scope: Own},
		{Name: Lost, Title: "Tasks that were not done within the limit", Unit: "tasks", Scope: Own, MayBeZero: true},
		{Name: Twice, Title: "Tasks that were done more than once", Unit: "tasks", Scope: Own, MayBeZero: true},
		{Name: Restarts, Title: "Workers that ended and were started again", Unit: "workers", Scope: Own, MayBeZero: true},
		{Name: BrokerBack, Title: "From the broker's end until it answered again", Unit: "s", Scope: Own},
		{Name: Resent, Title: "Tasks sent again that the broker may have had already", Unit: "tasks", Scope: Own, MayBeZero: true},
		{Name: Fault, Title: "How long the broker stood still or the way to it was slow", Unit: "s", Scope: Own},
		{Name: MaxRate, Title: "Highest rate held", Unit: "tasks/s", HigherIsBetter: true, Scope: Own},
		{Name: ChargedTwice, Title: "Orders charged twice", Unit: "orders", Scope: Own, MayBeZero: true},
		{Name: Declined, Title: "Charges that were declined and tried again", Unit: "charges", Scope: Own, MayBeZero: true},
		{Name: APIAdded, Title: "Latency that the mock API added, p99", Unit: "ms", Scope: Own},

		{Name: StartFirst, Title: "From start to the end of the first task", Unit: "ms", Scope: Own},
		{Name: StartAll, Title: "From start until every process had run a task", Unit: "ms", Scope: Own},
		{Name: StartInterpreter, Title: "Start and end of the interpreter alone", Unit: "ms", Scope: Own},
		{Name: StartImport, Title: "Import of the application", Unit: "ms", Scope: Own},
		{Name: StartConnect, Title: "First enqueueing in a new process, connecting included", Unit: "ms", Scope: Own},
		{Name: StartStop, Title: "From SIGTERM to the end of the workers", Unit: "ms", Scope: Own},

		{Name: WebStartup, Title: "Web app: from start to the first answer", Unit: "ms", Scope: Own},
		{Name: WebFirst, Title: "Web app: its first request that enqueues a task", Unit: "ms", Scope: Own},
		{Name: WebPlainP50, Title: "Web app: request that enqueues nothing, median", Unit: "ms", Scope: Own},
		{Name: WebPlainP99, Title: "Web app: request that enqueues nothing, p99", Unit: "ms", Scope: Own},
		{Name: WebDispatchP50, Title: "Web app: request that enqueues a task, median", Unit: "ms", Scope: Own},
		{Name: WebDispatchP99, Title: "Web app: request that enqueues a task, p99", Unit: "ms", Scope: Own},
		{Name: WebCPU, Title: "Web app: CPU per 1000 requests that enqueue", Unit: "s", Family: FamilyCPU, Scope: Own},
		{Name: WebShutdown, Title: "Web app: from SIGTERM under load to its end", Unit: "ms", Scope: Own},

		{Name: LatencyMean, Title: "Mean latency", Unit: "ms", Family: FamilyLatency, Scope: Shown},
		{Name: LatencyP95, Title: "p95 latency", Unit: "ms", Family: FamilyLatency, Scope: Shown},
		{Name: CPUShare, Title: "CPU of a worker process while draining", Unit: "%", HigherIsBetter: true, Family: FamilyCPU, Scope: Shown},
		{Name: FailedShare, Title: "Failed tasks", Unit: "%", Scope: Shown},
	}
}
