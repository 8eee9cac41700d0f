package flame

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestStacksAreAddedUp(t *testing.T) {
	root, err := Parse([]byte("main;b (x.py:1);c 3\nmain;a 1\n\nmain;b (x.py:1) 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	main := root.Calls[0]
	if root.Count != 6 || main.Count != 6 || len(main.Calls) != 2 || main.Calls[0].Name != "a" ||
		main.Calls[1].Count != 5 || main.Calls[1].Calls[0].Count != 3 || root.depth(1) != 3 {
		t.Errorf("%+v", main)
	}
	for _, bad := range []string{"main", "main;a x", " 3", "main -1", "main 0"} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// drawing draws stacks and parses the result, which must be well-formed. It returns the text of each element of a kind.
func drawing(t *testing.T, root *Frame, title string) (size int, texts map[string][]string) {
	t.Helper()
	var b bytes.Buffer
	if err := SVG(&b, root, title); err != nil {
		t.Fatal(err)
	}
	size, texts = b.Len(), map[string][]string{}
	d := xml.NewDecoder(&b)
	for at := ""; ; {
		token, err := d.Token()
		switch token := token.(type) {
		case xml.StartElement:
			at = token.Name.Local
			texts[at] = append(texts[at], "")
		case xml.EndElement:
			at = ""
		case xml.CharData:
			if at != "" {
				texts[at][len(texts[at])-1] += string(token)
			}
		}
		if errors.Is(err, io.EOF) {
			return size, texts
		} else if err != nil {
			t.Fatalf("%+v: %v", root, err)
		}
	}
}

func TestADrawingHasFullAndShortNames(t *testing.T) {
	root := &Frame{}
	root.Add([]string{"main.main", "example.com/a/b/queue.(*Conn).Send"}, 6)
	root.Add([]string{"main.main", "</text><script>alert(1)</script>&\x00\u202e"}, 4)
	_, texts := drawing(t, root, "a < b: 10 samples")
	for element, want := range map[string][]string{
		"title": {"a < b: 10 samples", "main.main: 10 samples, 100.0 %", "</text><script>alert(1)</script>&\\u0000\\u202e: 4 samples, 40.0 %",
			"example.com/a/b/queue.(*Conn).Send: 6 samples, 60.0 %"},
		"text":   {"a < b: 10 samples", "main.main", "</text><script>alert(1)</script>&\\u0000\\u202e", "queue.(*Conn).Send"},
		"script": nil,
	} {
		if got := texts[element]; !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", element, got, want)
		}
	}
	if style := strings.Join(texts["style"], ""); !strings.Contains(style, "prefers-color-scheme:dark") {
		t.Errorf("it has one set of colours: %s", style)
	}
}

func TestALabelLeavesOutTheWayToThePackage(t *testing.T) {
	for name, want := range map[string]string{
		"main.main": "main.main",
		"internal/runtime/syscall/linux.Syscall6":               "linux.Syscall6",
		"github.com/rabbitmq/amqp091-go.(*Channel).sendOpen":    "amqp091-go.(*Channel).sendOpen",
		"github.com/jackc/pgx/v5.(*Conn).Exec":                  "pgx/v5.(*Conn).Exec",
		"github.com/jackc/pgx/v5/pgconn.(*PgConn).Exec":         "pgconn.(*PgConn).Exec",
		"example.com/vat.Rate":                                  "vat.Rate",
		"v5.F":                                                  "v5.F",
		"slices.Sort[go.shape.[]example.com/a.T]":               "slices.Sort[go.shape.[]example.com/a.T]",
		"run (celery/worker/loops.py:130)":                      "run (celery/worker/loops.py:130)",
		"<module> (a/b.py:1)":                                   "<module> (a/b.py:1)",
		`process 7:"/usr/bin/python3 -m celery --app a/b.wsgi"`: `process 7:"/usr/bin/python3 -m celery --app a/b.wsgi"`,
		"a/": "",
		"":   "",
	} {
		if got := label(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestANarrowFrameShowsTheFunctionFirst(t *testing.T) {
	for name, want := range map[string]string{
		"example.com/a/queue.(*Conn).Send":  "queue.(*Conn).Send",
		"example.com/a/queue.(*Conn).Sends": "(*Conn).Sends",
		"runtime.anyFunctionOfTheRuntime":   "anyFunctionOfTheR…",
		"run.sh (celery/worker/loops.py:1)": "run.sh (celery/wo…",
		"anyFunctionWithoutPackage":         "anyFunctionWithou…",
		"aVeryLongPackagesName.":            "aVeryLongPackages…",
	} {
		if got := fit(name, 18); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// A frame of less than half a pixel is left out, with the rows of its calls.
func TestInvisibleFramesAreLeftOut(t *testing.T) {
	root := &Frame{}
	root.Add([]string{"wide"}, 1_000_000)
	for i := range 1000 {
		root.Add([]string{"wide", fmt.Sprint(i), "deep", "deeper"}, 100)
	}
	size, texts := drawing(t, root, "")
	if want := []string{"", "wide: 1100000 samples, 100.0 %"}; !slices.Equal(texts["title"], want) {
		t.Errorf("%q, want %q", texts["title"], want)
	}
	if size > 4000 {
		t.Errorf("one frame takes %d bytes", size)
	}
}

// Any profiler output that parses can be drawn, and the drawing is well-formed.
func FuzzAnyStacksGiveAWellFormedDrawing(f *testing.F) {
	f.Add("main;<module> (a.py:1) 3\nmain;\"b\" 2")
	f.Add("a\x00\x7f\xff\ufffe/v1. 1")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if root, err := Parse([]byte(text)); err == nil {
			drawing(t, root, "a < b")
		}
	})
}
