package process

import (
	"bytes"
	"os"
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
	data, err := os.ReadFile(log)
	if err != nil {
		return "it left no log"
	}
	return LastLine(data)
}
