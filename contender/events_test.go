package contender

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// uuid reads an id that is known to be good.
func uuid(t *testing.T, s string) UUID {
	t.Helper()
	u, err := ParseUUID(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// celeryMessage is an envelope in Kombu's format.
func celeryMessage(t testing.TB, body string) []byte {
	t.Helper()
	b, err := json.Marshal(map[string]any{"body": base64.StdEncoding.EncodeToString([]byte(body)),
		"properties": map[string]any{"body_encoding": "base64"}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Workers of AsyncTasQ 1.7.0 and Celery 5.7.0 published these files in a trial.
func TestEventsOfRealWorkersAreRead(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for name, want := range map[string][]Event{
		"asynctasq-started.msgpack":   {{ID: uuid(t, "53aade70-71a7-45c8-b29c-e10c4616a87e"), At: at("2026-11-25T02:50:10.554553Z")}},
		"asynctasq-completed.msgpack": {{ID: uuid(t, "cb95f753-37a1-4600-a666-b3f1fbbee420"), Ended: true, At: at("2026-11-25T02:50:10.609914Z")}},
		"asynctasq-online.msgpack":    nil,
		"celery-received.json":        nil,
		"celery-several.json": {
			{ID: uuid(t, "55eac94e-bfd1-4be3-8d8f-0d8506468ddc"), Ended: true, At: at("2026-11-25T02:49:58.5785723Z")},
			{ID: uuid(t, "6f3badcb-cf93-40a5-9338-a7c0f2d479cc"), At: at("2026-11-25T02:49:58.5786057Z")},
		},
	} {
		t.Run(name, func(t *testing.T) {
			message, err := os.ReadFile(filepath.Join("testdata", "events", name))
			if err != nil {
				t.Fatal(err)
			}
			framework, _, _ := strings.Cut(name, "-")
			decode := eventsOf(t, framework).Decode
			got, err := decode(message)
			if err != nil {
				t.Fatal(err)
			}
			// A float of seconds in this century is exact to a quarter of a microsecond.
			near := cmp.Comparer(func(a, b time.Time) bool { return a.Sub(b).Abs() < time.Microsecond })
			if d := cmp.Diff(want, got, near); d != "" {
				t.Error(d)
			}
			for n := range message {
				if _, err := decode(message[:n]); !errors.Is(err, errEvent) {
					t.Fatalf("its first %d bytes: %v", n, err)
				}
			}
		})
	}
}

func TestOtherEventsAreLeftOutAndBadOnesRefused(t *testing.T) {
	t.Parallel()
	celery, asynctasq := eventsOf(t, "celery").Decode, eventsOf(t, "asynctasq").Decode
	for name, tt := range map[string]struct {
		message []byte
		decode  func([]byte) ([]Event, error)
		bad     bool
	}{
		"a worker's":         {celeryMessage(t, `{"type": "worker-online", "timestamp": 1.5}`), celery, false},
		"a failure":          {celeryMessage(t, `[{"type": "task-failed", "uuid": "x"}]`), celery, false},
		"no events":          {celeryMessage(t, `[]`), celery, false},
		"no task":            {celeryMessage(t, `[{"type": "task-started", "uuid": "x", "timestamp": 1}]`), celery, true},
		"a time before 1970": {celeryMessage(t, `[{"type": "task-started", "uuid": "55eac94e-bfd1-4be3-8d8f-0d8506468ddc", "timestamp": -1}]`), celery, true},
		"no such time":       {celeryMessage(t, `[{"type": "task-started", "uuid": "55eac94e-bfd1-4be3-8d8f-0d8506468ddc", "timestamp": 1e300}]`), celery, true},
		"a number":           {celeryMessage(t, `7`), celery, true},
		"no base64":          {[]byte(`{"body": "?", "properties": {"body_encoding": "base64"}}`), celery, true},
		"no map":             {[]byte{0x01}, asynctasq, true},
		"two values":         {[]byte{0x80, 0x80}, asynctasq, true},
		"an empty map":       {[]byte{0x80}, asynctasq, false},
		"no id": {appendStr(appendStr(appendMapHeader(nil, 1), "event_type"), "task_started"),
			asynctasq, true},
		"a length that lies": {[]byte{0xdf, 0xff, 0xff, 0xff, 0xff}, asynctasq, true},
		"a bottomless list":  {bytes.Repeat([]byte{0x91}, 1000), asynctasq, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tt.decode(tt.message)
			if len(got) > 0 || tt.bad != errors.Is(err, errEvent) || !tt.bad && err != nil {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

// The reader reads what the encoder writes.
func TestMessagePackIsReadBack(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		nil, true, false, int64(0), int64(127), int64(128), int64(255), int64(256), int64(65536), int64(1) << 40, int64(math.MaxInt64),
		int64(-1), int64(-32), int64(-33), int64(-129), int64(-32769), int64(math.MinInt64), 1.5, math.Inf(1), "", "é",
		strings.Repeat("a", 31), strings.Repeat("a", 32), strings.Repeat("a", 256), strings.Repeat("a", 70000),
	} {
		b, err := appendMsgpack(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		got, rest, err := readMsgpack(append(b, 7), msgpackDepth)
		if err != nil || len(rest) != 1 || got != v {
			t.Errorf("%v came back as %v (%d bytes left, %v)", v, got, len(rest), err)
		}
	}
	for _, tt := range []struct {
		code []byte
		want any
	}{
		{[]byte{0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, uint64(math.MaxUint64)},
		{[]byte{0xca, 0x3f, 0x80, 0, 0}, 1.0},
		{[]byte{0xc4, 2, 1, 2}, []byte{1, 2}},
		{[]byte{0xdc, 0, 1, 5}, []any{int64(5)}},
		{[]byte{0xde, 0, 1, 0xa1, 'k', 5}, map[string]any{"k": int64(5)}},
	} {
		got, _, err := readMsgpack(tt.code, msgpackDepth)
		if d := cmp.Diff(tt.want, got); d != "" || err != nil {
			t.Errorf("% x: %s (%v)", tt.code, d, err)
		}
	}
	for _, bad := range [][]byte{{0xc1}, {0xd4, 1, 2}, {0x81, 1, 1}, {0xc7}} {
		if v, _, err := readMsgpack(bad, msgpackDepth); !errors.Is(err, errMsgpack) {
			t.Errorf("% x: %v, %v", bad, v, err)
		}
	}
}

// A description's dictionaries and lists may have any number of members.
func TestMessagePackHeadersAreThoseOfTheirSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "\x81\x91", 15: "\x8f\x9f", 16: "\xde\x00\x10\xdc\x00\x10", 300: "\xde\x01\x2c\xdc\x01\x2c"} {
		if got := string(appendArrayHeader(appendMapHeader(nil, n), n)); got != want {
			t.Errorf("%d members: % x, want % x", n, got, want)
		}
	}
}

func TestUUIDsAreReadBack(t *testing.T) {
	t.Parallel()
	want := RandomUUID(rand.New(rand.NewPCG(1, 2)))
	if got, err := ParseUUID(want.String()); got != want || err != nil {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", want.String()[1:], strings.Replace(want.String(), "-", "0", 1), "g" + want.String()[1:]} {
		if _, err := ParseUUID(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// Events are turned on as each framework documents it, and the settings say so.
func TestEventsAreSetUp(t *testing.T) {
	t.Parallel()
	target := Target{Broker: "redis", URL: "redis://:secret@localhost:6379/3", Queue: "q", Processes: 1, Concurrency: 1, CPUs: 1, Events: "consumed"}
	for _, c := range described(t) {
		if c.lacks("events") != "" {
			continue
		}
		t.Run(c.Name(), func(t *testing.T) {
			s, err := c.Setup(target)
			if err != nil {
				t.Fatal(err)
			}
			channel, variable, value := "asynctasq:events", "ASYNCTASQ_EVENTS_ENABLE_ALL", "true"
			if c.Framework() == "celery" {
				channel, variable, value = "/3.celeryev/*", "TQBENCH_CELERY_SETTINGS", `"worker_send_task_events":true`
			}
			if s.Events == nil || s.Events.Channel != channel || !strings.Contains(s.Environ[variable], value) {
				t.Errorf("%+v, %s", s.Events, s.Environ[variable])
			}
			said := ""
			for _, x := range s.Settings {
				if strings.Contains(x.Value+x.Why, "secret") {
					t.Errorf("%+v", x)
				}
				if x.Name == "events" {
					said = x.Value
				}
			}
			if said != "consumed" {
				t.Errorf("the settings say %q", said)
			}
			target := target
			target.Events = "off"
			if s, err = c.Setup(target); err != nil || s.Events != nil || s.Environ["ASYNCTASQ_EVENTS_ENABLE_ALL"] != "" {
				t.Errorf("off: %+v, %v", s, err)
			}
		})
	}
}

func FuzzAsynctasqEvent(f *testing.F) {
	fuzzEvents(f, "asynctasq-*", eventsOf(f, "asynctasq").Decode)
}

func FuzzCeleryEvents(f *testing.F) {
	f.Add(celeryMessage(f, `[{"type": "task-started", "uuid": "55eac94e-bfd1-4be3-8d8f-0d8506468ddc", "timestamp": 1e18}]`))
	fuzzEvents(f, "celery-*", eventsOf(f, "celery").Decode)
}

// No message makes a decoder panic or invent events, and errors are marked as such.
func fuzzEvents(f *testing.F, pattern string, decode func([]byte) ([]Event, error)) {
	files, err := filepath.Glob(filepath.Join("testdata", "events", pattern))
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, message []byte) {
		events, err := decode(message)
		if err != nil && (!errors.Is(err, errEvent) || events != nil) {
			t.Errorf("%v, %v", events, err)
		}
		if len(events) > len(message) {
			t.Errorf("%d events from %d bytes", len(events), len(message))
		}
	})
}

// eventsOf are a framework's events on Redis.
func eventsOf(t testing.TB, framework string) *Events {
	t.Helper()
	target := Target{Broker: "redis", URL: "redis://127.0.0.1:1/3", Queue: "q", Processes: 1, Concurrency: 1, CPUs: 1, Events: "consumed"}
	s, err := first(t, framework).Setup(target)
	if err != nil {
		t.Fatal(err)
	}
	return s.Events
}
