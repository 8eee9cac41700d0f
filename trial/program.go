package trial

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
)

// A client program speaks lines of JSON on its standard input and output: contenders/README.md has the protocol.
const (
	// linesVersion is the protocol's version.
	linesVersion = 1
	// answerLimit is how long an answer may take, answerMost the maximum bytes of its line.
	answerLimit = 30 * time.Second
	answerMost  = 64 << 10
	// clockStep is how much a time of a client's may be rounded, as JavaScript's numbers are after a hundred days.
	clockStep = 1000
	// linesBatch is the maximum of tasks in one line.
	linesBatch = 100
	// aloneMost and aloneBytes are the maximum of tasks that a client gets to enqueue one after another, and of their line; aloneOver is about
	// how long it takes for them.
	aloneMost  = 500
	aloneBytes = 1 << 20
	aloneOver  = 200 * time.Millisecond
)

// errClient marks a client that doesn't follow the protocol.
var errClient = NotRun("the client")

// program is a client that is a program, started and connected.
type program struct {
	group  *process.Group
	log    string
	redact redact.Redactor
	// alone says that it can enqueue tasks one after another, and when it sent each.
	alone bool
	// mu allows one question at a time.
	mu   sync.Mutex
	in   *os.File
	out  *os.File
	read *bufio.Reader
	// silent is why the client was given up: its last question is still unanswered, so no other can follow.
	silent error
}

// answer is a line of the client's.
type answer struct {
	Version *int       `json:"tqbench"`
	Alone   bool       `json:"alone"`
	Taken   *int       `json:"taken"`
	Times   [][2]int64 `json:"times"`
	Depth   *int64     `json:"depth"`
	Error   string     `json:"error"`
}

// startProgram starts a client and waits until it is connected. Its standard error goes to the command's log.
func startProgram(ctx context.Context, c process.Command, hide redact.Redactor) (_ *program, err error) {
	group, dir, err := process.Folder(ctx, "tqbench-client-")
	if err != nil {
		return nil, fmt.Errorf("make the client's folder: %w", err)
	}
	p := &program{group: group, log: c.Log, redact: hide}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	for _, path := range []string{in, out} {
		if err := unix.Mkfifo(path, 0o600); err != nil {
			return nil, fmt.Errorf("make the client's folder: %w", err)
		}
	}
	// Open for reading and writing, so neither waits for the client, and neither ends with it.
	if p.in, err = os.OpenFile(in, os.O_RDWR, 0); err == nil {
		p.out, err = os.OpenFile(out, os.O_RDWR, 0)
	}
	if err == nil {
		err = process.Give(dir, c.User)
	}
	if err != nil {
		return nil, fmt.Errorf("make the client's folder: %w", err)
	}
	p.read = bufio.NewReaderSize(p.out, answerMost)
	c.Argv = append([]string{"/bin/sh", "-c", `exec "$@" <"$0/in" >"$0/out"`, dir}, c.Argv...)
	if err := group.Run(ctx, []process.Command{c}); err != nil {
		return nil, fmt.Errorf("start the client: %w", err)
	}
	a, err := p.ask(ctx, fmt.Appendf(nil, `{"tqbench":%d}`, linesVersion))
	switch {
	case err != nil:
		return nil, err
	case a.Version == nil:
		return nil, fmt.Errorf("%w answered the greeting without its version: expected %q", errClient, fmt.Sprintf(`{"tqbench":%d}`, linesVersion))
	case *a.Version != linesVersion:
		return nil, fmt.Errorf("%w speaks version %d of the protocol, this tqbench version %d", errClient, *a.Version, linesVersion)
	}
	p.alone = a.Alone
	return p, nil
}

// stop ends the client.
func (p *program) stop() {
	p.group.Stop(syscall.SIGKILL, 0)
	for _, f := range []*os.File{p.in, p.out} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// ask sends a line and reads its answer.
func (p *program) ask(ctx context.Context, line []byte) (answer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.silent != nil {
		return answer{}, p.silent
	}
	limit, cancel := context.WithTimeoutCause(ctx, answerLimit, fmt.Errorf("%w gave no answer within %s", errClient, answerLimit))
	defer cancel()
	type result struct {
		text []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		if _, err := p.in.Write(append(line, '\n')); err != nil {
			done <- result{nil, err}
			return
		}
		text, err := p.read.ReadSlice('\n')
		done <- result{text, err}
	}()
	watch := time.NewTicker(clientPoll)
	defer watch.Stop()
	for {
		select {
		case r := <-done:
			if r.err != nil {
				return answer{}, fmt.Errorf("%w: its answer can't be read: %w", errClient, r.err)
			}
			return parseAnswer(r.text)
		case <-limit.Done():
			_ = p.out.SetReadDeadline(time.Now())
			_ = p.in.SetWriteDeadline(time.Now())
			<-done
			p.silent = context.Cause(limit)
			return answer{}, p.silent
		case <-watch.C:
			if exits, _ := p.group.Exits(); len(exits) > 0 {
				_ = p.out.SetReadDeadline(time.Now())
				_ = p.in.SetWriteDeadline(time.Now())
				if r := <-done; r.err == nil {
					return parseAnswer(r.text)
				}
				return answer{}, fmt.Errorf("%w ended early (%s): %s", errClient, exits[0], p.redact.String(process.LastLines(p.log, lastWordsLimit)))
			}
		}
	}
}

// parseAnswer reads a line of the client's.
func parseAnswer(text []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return answer{}, fmt.Errorf("%w: %q is not an answer of the protocol: write one JSON object per line to standard output, and other output to standard error",
			errClient, strings.TrimSpace(string(text[:min(len(text), lastWordsLimit)])))
	}
	if a.Error != "" && a.Taken == nil {
		return a, fmt.Errorf("%w says: %s", errClient, a.Error)
	}
	return a, nil
}

// Publish lets the client enqueue the messages, each of which is a task in the client's form.
func (p *program) Publish(ctx context.Context, messages []broker.Message) (int, error) {
	taken := 0
	for len(messages) > 0 {
		n := min(len(messages), linesBatch)
		line := []byte(`{"send":[`)
		for i, m := range messages[:n] {
			if i > 0 {
				line = append(line, ',')
			}
			line = append(line, m.Body...)
		}
		a, err := p.ask(ctx, append(line, "]}"...))
		if err == nil {
			err = a.tookAll(n)
		}
		if err != nil {
			if a.Taken != nil && *a.Taken > 0 && *a.Taken <= n {
				taken += *a.Taken
			}
			return taken, err
		}
		taken += n
		messages = messages[n:]
	}
	return taken, nil
}

// tookAll returns what is wrong with the answer to n tasks.
func (a answer) tookAll(n int) error {
	switch {
	case a.Taken == nil || *a.Taken < 0 || *a.Taken > n:
		return fmt.Errorf("%w did not report how many tasks it took: {\"taken\":%d} means all", errClient, n)
	case a.Error != "" || *a.Taken < n:
		return fmt.Errorf("%w took %d of %d tasks: %s", errClient, *a.Taken, n, a.Error)
	}
	return nil
}

// sendAlone lets the client enqueue tasks one after another, as one caller does. It returns when the client sent each and when each was
// accepted, by its own clock, which is the harness's.
func (p *program) sendAlone(ctx context.Context, now func() int64, tasks [][]byte) ([][2]int64, error) {
	line := append([]byte(`{"send":[`), bytes.Join(tasks, []byte(","))...)
	asked := now()
	a, err := p.ask(ctx, append(line, `],"alone":true}`...))
	answered := now()
	if err == nil {
		err = a.tookAll(len(tasks))
	}
	if err != nil {
		return nil, err
	}
	if len(a.Times) != len(tasks) {
		return nil, fmt.Errorf("%w said of %d of %d tasks when it sent them", errClient, len(a.Times), len(tasks))
	}
	before := asked - clockStep
	for _, t := range a.Times {
		if t[0] < before || t[1] < t[0] || t[1] > answered+clockStep {
			return nil, fmt.Errorf("%w says that it sent a task at %d ns and had it accepted at %d ns: it was asked at %d ns, and answered at %d ns, of CLOCK_MONOTONIC",
				errClient, t[0], t[1], asked, answered)
		}
		before = t[1]
	}
	return a.Times, nil
}

// One line takes a batch, and one batch goes at a time.
func (p *program) Batches() (messages, calls int) { return linesBatch, 1 }

// lineBroker is a broker whose tasks a client sends and, without known places, counts.
type lineBroker struct {
	broker.Broker
	client *program
}

// Unwrap is the server.
func (b lineBroker) Unwrap() broker.Broker { return b.Broker }

func (b lineBroker) Publish(ctx context.Context, messages []broker.Message) (int, error) {
	return b.client.Publish(ctx, messages)
}

func (b lineBroker) Batches() (messages, calls int) { return b.client.Batches() }

func (b lineBroker) Depth(ctx context.Context, places []broker.Place) (int64, error) {
	if len(places) > 0 {
		return b.Broker.Depth(ctx, places)
	}
	a, err := b.client.ask(ctx, []byte(`{"depth":true}`))
	switch {
	case err != nil:
		return 0, fmt.Errorf("read the depth: %w", err)
	case a.Depth == nil || *a.Depth < 0:
		return 0, fmt.Errorf("%w did not report the depth", errClient)
	}
	return *a.Depth, nil
}
