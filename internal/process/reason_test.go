package process

import (
	"strings"
	"testing"
)

// A log that is longer than the shown part is shown with its reason, wherever the reason is.
func TestTheReasonIsInTheLastWords(t *testing.T) {
	frames := strings.Repeat("main.work({0x92e060, 0xc000112000})\n\t/src/queue/main.go:68 +0x13a\n", 40)
	for log, want := range map[string]string{
		"started\npanic: third task\n\ngoroutine 1 [running]:\n" + frames:                                          "panic: third task ...",
		"file:///queue.mjs:42\nSyntaxError: Unexpected identifier 'functoin'\n" + frames + "Node.js v24.19.0\n":    "SyntaxError: Unexpected identifier 'functoin' ...",
		"Traceback (most recent call last):\n" + frames + "redis.exceptions.ConnectionError: Connection refused\n": "... ",
		frames:                             "... ",
		"one line\n":                       "one line",
		"ValueError: it is short\nagain\n": "ValueError: it is short again",
	} {
		got := lastLines([]byte(log), 200)
		if !strings.HasPrefix(got, want) || len(got) > 200+len(" ... ... ") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := lastLines([]byte("Traceback\n"+frames+"redis.exceptions.ConnectionError: Connection refused\n"), 200); !strings.HasSuffix(got, "ConnectionError: Connection refused") {
		t.Error(got)
	}
	if got := FirstLines([]byte("main.go:9:2: missing go.sum entry\n\tgo get queue\n"), 20); got != "main.go:9:2: missing ..." {
		t.Error(got)
	}
}
