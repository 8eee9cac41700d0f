package process

import (
	"bytes"
	"io"
	"unicode"

	"github.com/tqbench/tqbench/internal/regular"
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

// lastWords is how much of a log's end is looked at for its last line.
const lastWords = 64 << 10

// LastWords is the LastLine of a command's log.
func LastWords(log string) string {
	_, data, err := ReadEnds(log, lastWords)
	if err != nil {
		return "it left no log"
	}
	return LastLine(data)
}

// ReadEnds reads the first and the last most bytes of a log at most: a program may write any amount. Where the two would
// meet, the log is in end as a whole.
func ReadEnds(log string, most int64) (begin, end []byte, err error) {
	f, err := regular.OpenUnlinked(log)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	part := func(from, n int64) []byte {
		if err != nil {
			return nil
		}
		var data []byte
		data, err = io.ReadAll(io.NewSectionReader(f, from, n))
		return data
	}
	// It may grow while it is read.
	if size := info.Size(); size > 2*most {
		begin, end = part(0, most), part(size-most, most)
	} else {
		end = part(0, 2*most)
	}
	return begin, end, err
}

// LastLines is what a command's log ends with, in one line of at most limit bytes: a traceback's last line alone often
// says little. The lines that a console draws around its text are left out.
func LastLines(log string, limit int) string {
	_, data, err := ReadEnds(log, int64(4*limit))
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
