// Package cluster lets other machines run the workers and send the load of a run.
//
// A collector has the trials, as a run on one machine has. Agents do what it asks for: those of workers start the workers of a trial and ship
// the records that these write, those of load send their share of its schedule and ship what they noted. The result is that of a run on one
// machine. Whatever starts the agents, such as ssh or Kubernetes, is not known here.
package cluster

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/trial"
)

// The roles of agents.
const (
	Worker = results.RoleWorker
	Load   = results.RoleLoad
	// Swarm runs workers and sends load.
	Swarm = results.RoleSwarm
)

func runsWorkers(p wire.Place) bool { return p.Role != Load }

func sendsLoad(p wire.Place) bool { return p.Role != Worker }

// ErrInput marks what the user can fix.
var ErrInput = errors.New("can't run on many machines")

// ErrSpoils marks the end of an agent in a trial.
var ErrSpoils = errors.New("the trial under way doesn't count")

// What a collector asks of agents.
const (
	askPlan    = "plan"    // planned: take the plan and make what it needs; answered by a described
	askOpen    = "open"    // opened: begin a trial
	askStart   = "start"   // start the workers
	askHold    = "hold"    // hold them
	askRelease = "release" // let them go
	askUsage   = "usage"   // answered by a process.Usage
	askPSS     = "pss"     // answered by their memory in bytes
	askExits   = "exits"   // answered by exits: those that ended
	askWords   = "words"   // worded: answered by the last words of a worker
	askStop    = "stop"    // stopped: end the workers; answered by an ended
	askLoad    = "load"    // loading: take a load that is to be sent next
	askSend    = "send"    // sending: send a share of the load that it has; answered by a sent
	askClose   = "close"   // end the trial; answered by a results.Host
)

type planned struct {
	Plan json.RawMessage `json:"plan"`
}

// described is an agent's machine and the environments of its workers, by their names.
type described struct {
	Boot         string                 `json:"boot_id,omitempty"` // as in results.Host
	Node         string                 `json:"node"`
	Machine      results.Machine        `json:"machine"`
	Online       int                    `json:"online_cpus"`
	Environments map[string]environment `json:"environments"`
}

type opened struct {
	Trial     int              `json:"trial"`
	Scenario  string           `json:"scenario"`
	Broker    string           `json:"broker"`
	Contender string           `json:"contender"`
	Seed      uint64           `json:"seed"`
	Target    contender.Target `json:"target"`
}

type exits struct {
	Exits []process.Exit `json:"exits"`
}

// worded is the number of a worker among the commands of its host.
type worded struct {
	Command int `json:"command"`
}

type stopped struct {
	Signal  int   `json:"signal"`
	GraceNs int64 `json:"grace_ns"`
}

// ended is how many processes were killed, and the final sizes of the files with the workers' records.
type ended struct {
	Killed int              `json:"killed"`
	Sizes  map[string]int64 `json:"sizes"`
}

type loading struct {
	Load  trial.SharedLoad `json:"load"`
	Share loadgen.Share    `json:"share"`
	// File takes the notes.
	File string `json:"file"`
}

// sending has the start of the load's schedule by the agent's clock, 0 if it has none.
type sending struct {
	Start int64 `json:"start,omitempty"`
}

// sent is how many bytes of messages were sent, and of notes made.
type sent struct {
	Bytes int64 `json:"bytes"`
	Size  int64 `json:"size"`
}

// noteSize is the size of a note of a sending, in bytes: the task's place in the load (u64), and when it was due, sent and accepted (i64, as in
// trial.Sent), big-endian.
const noteSize = 32

func appendNote(b []byte, s trial.Sent) []byte {
	for _, v := range []int64{int64(s.I), s.Intended, s.Sent, s.Acked} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func decodeNote(b []byte) trial.Sent {
	at := func(i int) int64 { return int64(binary.BigEndian.Uint64(b[8*i:])) }
	return trial.Sent{I: int(at(0)), Intended: at(1), Sent: at(2), Acked: at(3)}
}

// The names of files end in what they are.
const (
	endProbe   = ".probe"
	endFailure = ".failure"
	endLog     = ".log"
	endSent    = ".sent"
)

// fileOf is the name of a file that is shipped, and the trial that it is of.
func fileOf(shipped string) (of int, name string, err error) {
	number, name, _ := strings.Cut(shipped, "/")
	plain := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
	if _, err := fmt.Sscanf(number, "trial-%d", &of); err != nil || !plain || name == "" || name[0] == '.' {
		return 0, "", fmt.Errorf("%w: a file with the name %q", wire.ErrProtocol, shipped)
	}
	return of, name, nil
}

// prefixOf begins the names of a trial's files.
func prefixOf(trial int) string { return fmt.Sprintf("trial-%d/", trial) }
