package process

import (
	"bytes"
	"io"
	"regexp"
	"unicode"

	"github.com/tqbench/tqbench/internal/regular"
)

// LastLine is the last meaningful line of a program's output, or "it said nothing".
func LastLine(output []byte) string {
	lines := bytes.Split(output, []byte("\n"))
	for i := len(lines) - 1; i >= 0; i-- {
		if line := bytes.TrimSpace(lines[i]); len(line) > 0 {
			return string(line)
		}
	}
	return "it said nothing"
}

// lastWords is how much of a log's end to search for its last line.
const lastWords = 64 << 10

// LastWords is the LastLine of a command's log.
func LastWords(log string) string {
	_, data, err := ReadEnds(log, lastWords)
	if err != nil {
		return "it left no log"
	}
	return LastLine(data)
}

// ReadEnds reads at most the first and the last bytes of a log, as a program may write any amount. If the two would meet, end has the whole
// log.
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

// LastLines is the end of a command's log, in one line of at most limit bytes: a traceback's last line alone often says little. It omits
// the frames that a console draws around text.
//
// A traceback with its reason above its frames, as in Go and JavaScript, begins with the reason.
func LastLines(log string, limit int) string {
	_, data, err := ReadEnds(log, lastWords)
	if err != nil {
		return "it left no log"
	}
	return lastLines(data, limit)
}

// FirstLines is the beginning of a program's output, in one line of at most limit bytes.
func FirstLines(output []byte, limit int) string {
	text := oneLine(output[:min(len(output), 4*limit)])
	switch {
	case len(text) == 0:
		return "it said nothing"
	case len(text) > limit:
		return string(bytes.ToValidUTF8(text[:limit], nil)) + " ..."
	}
	return string(text)
}

// oneLine is text in one line, without a console's frames.
func oneLine(data []byte) []byte {
	drawn := func(r rune) rune {
		if unicode.IsControl(r) || r >= 0x2500 && r <= 0x259f { // box drawing and block elements
			return ' '
		}
		return r
	}
	return bytes.Join(bytes.Fields(bytes.Map(drawn, bytes.ToValidUTF8(data, nil))), []byte(" "))
}

func lastLines(data []byte, limit int) string {
	text := oneLine(data[max(0, len(data)-4*limit):])
	if len(text) == 0 {
		return "it said nothing"
	}
	if len(text) <= limit {
		return string(text)
	}
	tail := func(n int) []byte {
		end := bytes.ToValidUTF8(text[len(text)-n:], nil) // the cut may go through a letter
		if _, rest, ok := bytes.Cut(end, []byte(" ")); ok {
			end = rest
		}
		return append([]byte("... "), end...)
	}
	end := tail(limit)
	reasons := regexp.MustCompile(`(?m)^\s*(panic: |fatal error: |[\w.]*(Error|Exception): ).*$`).FindAll(data, -1)
	if len(reasons) == 0 {
		return string(end)
	}
	reason := oneLine(reasons[len(reasons)-1])
	if reason = reason[:min(len(reason), limit/2)]; bytes.Contains(end, reason) {
		return string(end)
	}
	return string(bytes.ToValidUTF8(reason, nil)) + " " + string(tail(limit/2))
}
