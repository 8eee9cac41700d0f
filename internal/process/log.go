package process

import (
	"bytes"
	"unicode"
)

// LastLine is the last line of what a program printed that says something, or "it said nothing".
func LastLine(output []byte) string {
	lines := bytes.Split(output, []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		if line := bytes.TrimSpace(lines[i]); len(line) > 0 {
			return string(line)
		}
	}
	return "it said nothing"
}

// LastWords is the LastLine of a command's log.
func LastWords(log string) string {
	data, err := ReadRegular(log)
	if err != nil {
		return "it left no log"
	}
	return LastLine(data)
}

// LastLines is what a command's log ends with, in one line of at most limit bytes: a traceback's last line alone often
// says little. The lines that a console draws around its text are left out.
func LastLines(log string, limit int) string {
	data, err := ReadRegular(log)
	if err != nil {
		return "it left no log"
	}
	return lastLines(data, limit)
}

func lastLines(data []byte, limit int) string {
	drawn := func(r rune) rune {
		if unicode.IsControl(r) || r >= 0x2500 && r <= 0x259f { // box drawing and block elements
			return ' '
		}
		return r
	}
	words := bytes.Fields(bytes.Map(drawn, bytes.ToValidUTF8(data[max(0, len(data)-4*limit):], nil)))
	text := bytes.Join(words, []byte(" "))
	if len(text) == 0 {
		return "it said nothing"
	}
	if len(text) > limit {
		text = bytes.ToValidUTF8(text[len(text)-limit:], nil) // the cut may go through a letter
		if _, rest, ok := bytes.Cut(text, []byte(" ")); ok {
			text = rest
		}
		text = append([]byte("... "), text...)
	}
	return string(text)
}
