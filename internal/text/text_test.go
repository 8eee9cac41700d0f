package text

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCleanMakesOnePrintableLine(t *testing.T) {
	for _, c := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"plain", "celery/prefork", 60, "celery/prefork"},
		{"white space", "  a\r\n\tb  ", 60, "a b"},
		{"only white space", " \n ", 60, ""},
		{"blanks of any width", "\u3000a\u00a0\u2003b", 60, "a b"},
		{"escape", "a\x1b[31mb", 60, `a\u001b[31mb`},
		{"zero", "a\x00b", 60, `a\u0000b`},
		{"direction", "a\u202eb", 60, `a\u202eb`},
		{"separators of lines", "a\u2028b\u0085c\vd", 60, `a\u2028b\u0085c\u000bd`},
		{"no UTF-8", "a\xffb", 60, "a\ufffdb"},
		{"an escape counts as it is written", "a\u202ebc", 7, `a\u2...`},
		{"other script", "\u65e5\u672c", 60, "\u65e5\u672c"},
		{"just fits", "abcdef", 6, "abcdef"},
		{"cut", "abcdefg", 6, "abc..."},
		{"cut at nothing", "abcdefg", 2, "ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in, c.limit); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if got := Clean(strings.Repeat("\u65e5 ", 9_999), 60); utf8.RuneCountInString(got) != 60 {
		t.Errorf("%d characters, want 60", utf8.RuneCountInString(got))
	}
}

func TestWordsInSentences(t *testing.T) {
	for _, c := range [][2]string{
		{Lower("Throughput"), "throughput"}, {Lower("CPU time"), "CPU time"}, {Lower("p99"), "p99"}, {Lower(""), ""},
		{Upper("throughput"), "Throughput"}, {Upper(""), ""},
		{List(nil), ""}, {List([]string{"a"}), "a"}, {List([]string{"a", "b"}), "a and b"},
		{List([]string{"a", "b", "c"}), "a, b and c"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}
