package trial

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
)

// logEnds is how much of a long log's beginning and end is kept: a framework that writes lines for each task would fill a disk.
const logEnds = 256 << 10

// lastWordsLimit is how many bytes of a dead worker's log an error shows.
const lastWordsLimit = 300

// secretRoom is read in addition but not kept: a secret that is cut in two can't be recognised.
const secretRoom = 64 << 10

// kept is a log without secrets, and without its middle if it is long.
func (b *sandbox) kept(log string) ([]byte, error) {
	begin, end, err := process.ReadEnds(log, logEnds+secretRoom)
	if err != nil {
		return nil, err
	}
	end = b.redact.Bytes(end)
	switch {
	case begin != nil:
		begin = b.redact.Bytes(begin)
		return joined(begin[:max(0, min(logEnds, len(begin)-secretRoom))], end[min(len(end), max(len(end)-logEnds, secretRoom)):]), nil
	case len(end) > 2*logEnds:
		return joined(end[:logEnds], end[len(end)-logEnds:]), nil
	}
	return end, nil
}

// joined is the two ends of a log, and says so.
func joined(begin, end []byte) []byte {
	out := append(bytes.Clone(begin), "\n\n[tqbench: the middle is left out]\n\n"...)
	return append(out, end...)
}

// secretWords mark the variables of an application that hold a secret.
func secretWords() []string {
	return []string{"SECRET", "PASSWORD", "TOKEN", "KEY", "CREDENTIAL", "DSN", "PASS"}
}

// shortestSecret is the length from which a value of an application's variable can be a secret: a log without the word "on" would be unreadable.
const shortestSecret = 6

// redactor removes the environment's secrets, and those of the user's application.
func (b *sandbox) redactor() redact.Redactor {
	all := secrets(b.environment())
	if own := b.target.Own; own != nil {
		for k, v := range own.Env {
			named := slices.ContainsFunc(secretWords(), func(word string) bool { return strings.Contains(strings.ToUpper(k), word) })
			if named && len(v) >= shortestSecret {
				all = append(all, v)
			}
			// Some services take a key as the user of a URL.
			if u, err := url.Parse(v); err == nil && u.User != nil && len(u.User.Username()) >= shortestSecret {
				if _, has := u.User.Password(); !has {
					all = append(all, u.User.Username())
				}
			}
		}
	}
	return redact.New(all...)
}

// secrets are the confidential values of an environment.
func secrets(environ map[string]string) []string {
	var out []string
	for k, v := range environ {
		out = append(out, redact.Password(v)...)
		for _, word := range []string{"SECRET", "PASSWORD", "TOKEN"} {
			if strings.Contains(k, word) {
				out = append(out, redact.Long([]string{v})...)
			}
		}
	}
	return out
}

// keepLogs moves the logs to the trial's files, without secrets.
func (b *sandbox) keepLogs() error {
	logs, err := glob.In(b.folder, "*.log")
	if err != nil {
		return fmt.Errorf("keep the logs: %w", err)
	}
	for _, path := range logs {
		data, err := b.kept(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(b.dir, filepath.Base(path)), data, 0o644)
		}
		if err != nil {
			return fmt.Errorf("keep the logs: %w", err)
		}
	}
	return nil
}

// lastWords is the end of a log, without secrets.
func (b *sandbox) lastWords(log string) string {
	return b.redact.String(process.LastLines(log, lastWordsLimit))
}

func (b *sandbox) workerLog(i int) string {
	return filepath.Join(b.folder, fmt.Sprintf("worker-%d.log", i+1))
}
