package text

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestEscapeShowsWhatIsHidden(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"plain", "celery/prefork, 3.4 µs, 日本", "celery/prefork, 3.4 µs, 日本"},
		{"what others escape", `a\b "c" <d> 'e'`, `a\b "c" <d> 'e'`},
		{"escaped already", `a\u202eb`, `a\u202eb`},
		{"control characters", "a\x00\a\b\t\n\v\f\r\x1b[2J\x7fb", `a\u0000\u0007\u0008\t\n\u000b\u000c\r\u001b[2J\u007fb`},
		{"further control characters", "\u0080\u0085\u009b31m\u009f", `\u0080\u0085\u009b31m\u009f`},
		{"overrides of direction", "\u202a\u202b\u202c\u202d\u202e", `\u202a\u202b\u202c\u202d\u202e`},
		{"isolates of direction", "\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		{"marks of direction", "\u200e\u200f\u061c", `\u200e\u200f\u061c`},
		{"separators", "\u2028\u2029", `\u2028\u2029`},
		{"without width", "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u3164\ufe0f",
			`\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u180e\u3164\ufe0f`},
		{"tags", "\U000e0041\U000e0100", `\udb40\udc41\udb40\udd00`},
		{"no UTF-8", "a\xff\x9bb", "a\ufffd\ufffdb"},
		{"blanks", " a\u00a0\u3000b ", " a\u00a0\u3000b "},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Escape(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestWriterKeepsLinesAndJSON(t *testing.T) {
	const hostile = "one \x1b[2J\u202e\U000e0041\x7f\u009b\ufeff \"two\" \n\t\r three"
	var b bytes.Buffer
	w := NewWriter(&b)
	if n, err := io.WriteString(w, "a\n\x1bb\xff\n"); n != 6 || err != nil || b.String() != "a\n\\u001bb\ufffd\n" {
		t.Errorf("%d, %v, %q", n, err, b.String())
	}
	b.Reset()
	if err := json.NewEncoder(w).Encode(map[string]string{hostile: hostile}); err != nil {
		t.Fatal(err)
	}
	if i := strings.IndexFunc(strings.TrimSuffix(b.String(), "\n"), hidden); i >= 0 {
		t.Errorf("it has something hidden at %d: %q", i, b.String())
	}
	var back map[string]string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back[hostile] != hostile {
		t.Errorf("it came back as %q (%v)", back, err)
	}
}

// full is a disk that is full.
type full struct{}

var errFull = errors.New("no space left")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriterReportsErrors(t *testing.T) {
	for _, s := range []string{"plain", "\x1b"} {
		if n, err := io.WriteString(NewWriter(full{}), s); n != 0 || !errors.Is(err, errFull) {
			t.Errorf("%q: %d, %v", s, n, err)
		}
	}
}

// Any text can be shown, and escaping it again changes nothing.
func FuzzEscape(f *testing.F) {
	f.Add("a\x1b[31m\u202e\U000e0041\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Escape(s)
		if i := strings.IndexFunc(got, hidden); i >= 0 || !utf8.ValidString(got) || Escape(got) != got {
			t.Errorf("%q became %q", s, got)
		}
		for _, limit := range []int{0, 5, 60} {
			c := Clean(s, limit)
			if i := strings.IndexFunc(c, hidden); i >= 0 || utf8.RuneCountInString(c) > limit || Clean(c, limit) != c {
				t.Errorf("%q became %q with a limit of %d", s, c, limit)
			}
		}
		if utf8.ValidString(s) {
			quoted, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			var back string
			if _, err := NewWriter(&b).Write(quoted); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b.Bytes(), &back); err != nil || back != s {
				t.Errorf("%q came back as %q (%v)", s, back, err)
			}
		}
	})
}
