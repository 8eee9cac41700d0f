package text

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Escape writes each invisible character, and each that changes how others look, as JSON would: \u001b, \u202e,
// . Bytes that are not UTF-8 become U+FFFD. Existing escapes stay unchanged.
func Escape(s string) string {
	if strings.IndexFunc(s, hidden) < 0 && utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		b.WriteString(visible(r))
	}
	return b.String()
}

// Writer passes on text as Escape does, but keeps line breaks. JSON keeps its meaning. Two writes must not split a character.
type Writer struct{ to io.Writer }

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) Writer { return Writer{w} }

func (w Writer) Write(p []byte) (int, error) {
	out := p
	if bytes.IndexFunc(p, hiddenInLine) >= 0 || !utf8.Valid(p) {
		var b bytes.Buffer
		for _, r := range string(p) {
			if r == '\n' {
				b.WriteByte('\n')
			} else {
				b.WriteString(visible(r))
			}
		}
		out = b.Bytes()
	}
	if _, err := w.to.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func hiddenInLine(r rune) bool { return r != '\n' && hidden(r) }

// hidden reports whether a character is invisible, or changes how the text around it looks: control characters, changes of writing
// direction, separators of lines and paragraphs, characters without width or in no font.
func hidden(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r < ' ' || r == 0x7f
	case unicode.Is(unicode.Zs, r): // blanks of any width
		return false
	}
	return !unicode.IsPrint(r) || unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// visible is a character as written: unchanged, or the escape of a hidden one.
func visible(r rune) string {
	switch {
	case !hidden(r):
		return string(r)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
