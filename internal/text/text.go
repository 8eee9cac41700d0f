// Package text makes others' strings fit to be shown.
//
// Names and details come from scenario files, brokers and log lines. A writer of a page or a table escapes its own markup; this package
// keeps such text from flooding a page, breaking a line, controlling a terminal, or imitating other text.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes s one line of at most limit characters. White space becomes one space; other invisible characters are escaped, as by Escape.
func Clean(s string, limit int) string {
	var b strings.Builder
	n, blank := 0, false
	for _, r := range s {
		if r == '\n' || r == '\r' || r == '\t' || unicode.Is(unicode.Zs, r) {
			blank = n > 0
			continue
		}
		if blank {
			b.WriteByte(' ')
			n, blank = n+1, false
		}
		shown := visible(r)
		b.WriteString(shown)
		if n += utf8.RuneCountInString(shown); n > limit {
			return cut(b.String(), limit)
		}
	}
	return b.String()
}

// Lower makes the first letter small, as within a sentence, but keeps an abbreviation such as CPU.
func Lower(s string) string {
	r := []rune(s)
	if len(r) < 2 || unicode.IsUpper(r[1]) {
		return s
	}
	r[0] = unicode.ToLower(r[0])
	return string(r)
}

// Upper makes the first letter of a sentence large.
func Upper(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return s
	}
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

// List joins words as a sentence does: a, b and c.
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func cut(s string, limit int) string {
	const dots = "..."
	r := []rune(s)
	if limit <= len(dots) {
		return string(r[:limit])
	}
	return string(r[:limit-len(dots)]) + dots
}
