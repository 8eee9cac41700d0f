package flame

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
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
		main.Calls[1].Count != 5 || main.Calls[1].Calls[0].Count != 3 || root.depth() != 3 {
		t.Errorf("%+v", main)
	}
	for _, bad := range []string{"main", "main;a x", " 3", "main -1", "main 0"} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

// Whatever a profiler writes, what is read of it can be drawn, and the drawing is well-formed.
func FuzzAnyStacksGiveAWellFormedDrawing(f *testing.F) {
	f.Add("main;<module> (a.py:1) 3\nmain;\"b\" 2")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		root, err := Parse([]byte(text))
		if err != nil {
			return
		}
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' || r >= 0xfffd || r == 0x7f }) {
			return // what XML doesn't allow, and no function's name has
		}
		var b bytes.Buffer
		if err := SVG(&b, root, "a < b"); err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(&b)
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				return
			} else if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}
