package results

import (
	"cmp"
	"path/filepath"
	"slices"
	"time"
)

// Run is run.json: where and with what a run was made, and how each contender was set up.
type Run struct {
	Version int       `json:"version"`
	ID      string    `json:"id"`
	Began   time.Time `json:"began"`
	// Command is what was typed, without any URL: it may hold a secret.
	Command    []string   `json:"command"`
	Tqbench    Software   `json:"tqbench"`
	Machine    Machine    `json:"machine"`
	Software   []Software `json:"software"`
	Brokers    []Broker   `json:"brokers"`
	Contenders []Setup    `json:"contenders"`
	Placement  string     `json:"placement"`
	Seed       uint64     `json:"seed"`
	PlanHash   string     `json:"plan_hash"`
	// AppEnv are the names of the variables that the user's own application was given, sorted.
	AppEnv []string `json:"app_env,omitempty"`
	// SideEnv are the names of those that a gate gave to one side alone, sorted, by the side's name.
	SideEnv map[string][]string `json:"side_env,omitempty"`
	// Image is the container image that it ran in, if any.
	Image string `json:"image,omitempty"`
}

// Attached reports whether a broker of the run was a server that tqbench didn't start.
func (r Run) Attached(broker string) bool {
	return slices.ContainsFunc(r.Brokers, func(b Broker) bool { return b.Name == broker && b.Attached })
}

// Software is a program or library and its version.
type Software struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Machine is what the numbers depend on.
type Machine struct {
	OS          string `json:"os"`
	Kernel      string `json:"kernel"`
	Arch        string `json:"arch"`
	CPU         string `json:"cpu"`
	CPUs        int    `json:"cpus"`
	MemoryMiB   int64  `json:"memory_mib"`
	Clocksource string `json:"clocksource"`
	Governor    string `json:"governor"`
	Hypervisor  bool   `json:"hypervisor"`
	// Model is what the firmware calls the machine, on EC2 the type of its instance. It is empty where it isn't known, as in older results.
	Model      string  `json:"model,omitempty"`
	LoadBefore float64 `json:"load_before"`
}

// Broker is one broker as it ran.
type Broker struct {
	Name     string    `json:"name"`
	Product  string    `json:"product"`
	Version  string    `json:"version"`
	Attached bool      `json:"attached"`
	Settings []Setting `json:"settings"`
}

// Setup is one contender as it ran on one broker.
type Setup struct {
	// Arm is the side, Contender what it is: one that meets itself is two arms. Runs of older versions have the arm as their
	// contender.
	Arm       string `json:"arm,omitempty"`
	Contender string `json:"contender"`
	Broker    string `json:"broker"`
	Scenario  string `json:"scenario"`
	Framework string `json:"framework"`
	Version   string `json:"version"`
	// Language is that of its workers, Licence the framework's terms; empty where they aren't known, as in runs of older versions.
	Language string `json:"language,omitempty"`
	Licence  string `json:"licence,omitempty"`
	// Delivery is the class of its guarantee, AtLeastOnce or AtMostOnce; Guarantee says it in words.
	Delivery  string `json:"delivery"`
	Guarantee string `json:"guarantee"`
	// Caveat is what a reader must know of it on this broker, such as that its project doesn't support it.
	Caveat string `json:"caveat,omitempty"`
	// Recovery is what it says of the tasks that a killed worker held; nil if it says nothing.
	Recovery *Recovery `json:"recovery,omitempty"`
	// Command starts one worker; Instances of it were started.
	Command   []string  `json:"command"`
	Instances int       `json:"instances"`
	Settings  []Setting `json:"settings"`
}

// Side is the arm that is set up so.
func (s Setup) Side() string { return cmp.Or(s.Arm, s.Contender) }

// The classes of delivery guarantees. They say what the broker does, and decide which sides are compared: contenders/README.md has the rule.
const (
	// AtLeastOnce: until its worker says that a task is done, the broker has it as one that isn't.
	AtLeastOnce = "at least once"
	// AtMostOnce: it lets a task go, or counts it as done, before.
	AtMostOnce = "at most once"
)

// Setting is a setting, its value here, the framework's default, and why it is so.
type Setting struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Default string `json:"default,omitempty"`
	Why     string `json:"why"`
}

// RunPath is where run.json is below an output folder.
func RunPath(out string) string { return filepath.Join(out, "results", "run.json") }

// WriteRun writes run.json.
func WriteRun(out string, r Run) error {
	r.Version = Version
	return WriteSealed(RunPath(out), r)
}

// ReadRun reads run.json.
func ReadRun(out string) (Run, error) {
	var r Run
	err := readJSON(RunPath(out), &r, &r.Version)
	return r, err
}

// DecodeRun reads the content of a run.json that was read from path.
func DecodeRun(path string, data []byte) (Run, error) {
	var r Run
	err := decode(path, data, &r, &r.Version)
	return r, err
}
