package trial

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
)

// client starts a shell script as a client, which reads its lines by "read".
func client(t *testing.T, script string) (*program, error) {
	t.Helper()
	dir := t.TempDir()
	p, err := startProgram(t.Context(), process.Command{Argv: []string{"/bin/sh", "-c", script}, Dir: dir, Env: []string{"PATH=/usr/bin:/bin"},
		Log: filepath.Join(dir, "client.log")}, redact.New("hunter2"))
	if err == nil {
		t.Cleanup(p.stop)
	}
	return p, err
}

const greets = `read line; echo '{"tqbench":1}'; `

// A client gets one line after another and reports the results.
func TestAClientAnswersLineByLine(t *testing.T) {
	p, err := client(t, greets+`while read line; do case "$line" in
*depth*) echo '{"depth":7}' ;;
*) n=$(echo "$line" | grep -o '{"seq"' | wc -l); echo "{\"taken\":$n}" ;;
esac; done`)
	if err != nil {
		t.Fatal(err)
	}
	var messages []broker.Message
	for range 2*linesBatch + 50 {
		messages = append(messages, broker.Message{Body: []byte(`{"seq":1}`)})
	}
	for _, n := range []int{1, 2, len(messages)} {
		if taken, err := p.Publish(t.Context(), messages[:n]); taken != n || err != nil {
			t.Errorf("%d of %d: %v", taken, n, err)
		}
	}
	b := lineBroker{nil, p}
	if n, err := b.Depth(t.Context(), nil); n != 7 || err != nil {
		t.Error(n, err)
	}
}

// A client's protocol error is one line, with the client's last words if it ended.
func TestAClientsProtocolErrorIsReported(t *testing.T) {
	for script, want := range map[string]string{
		`read line; echo hello`:                                      `"hello" is not an answer of the protocol`,
		`read line; echo '{}'`:                                       "without its version",
		`read line; echo '{"tqbench":2}'`:                            "speaks version 2 of the protocol, this tqbench version 1",
		`echo no password hunter2 >&2; exit 3`:                       "ended early (exit code 3)",
		`read line; echo '{"error":"no room"}'`:                      "the client says: no room",
		greets + `read line; echo '{"taken":5}'; read line`:          "did not report how many tasks it took",
		greets + `read line; echo '{"taken":1,"error":"full"}'; cat`: "took 1 of 2 tasks: full",
		greets + `read line; echo '{"error":"broken"}'; read line`:   "the client says: broken",
		greets + `read line; exit 0`:                                 "ended early",
		greets + `read line; head -c 100000 /dev/zero; read line`:    "its answer can't be read",
	} {
		p, err := client(t, script)
		if err == nil {
			_, err = p.Publish(t.Context(), make([]broker.Message, 2))
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
}

// A silent client ends at its time limit, and the end of the run ends it, too.
func TestASilentClientIsGivenUp(t *testing.T) {
	p, err := client(t, greets+"sleep 100")
	if err != nil {
		t.Fatal(err)
	}
	over := errors.New("the run ended")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, over)
	defer cancel()
	if _, err := p.Publish(ctx, make([]broker.Message, 1)); !errors.Is(err, over) {
		t.Error(err)
	}
	if _, err := p.Publish(t.Context(), make([]broker.Message, 1)); !errors.Is(err, over) {
		t.Errorf("asked once more, it is given up for another reason: %v", err)
	}
}
