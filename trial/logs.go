package trial

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
)

// logEnds is how much of a long log is kept of its beginning, and of its end: a framework that writes lines for each task
// would fill a disk with what nobody reads.
const logEnds = 256 << 10

// shortened leaves the middle out of a long log and says so.
func shortened(log []byte) []byte {
	left := len(log) - 2*logEnds
	if left <= 0 {
		return log
	}
	out := append([]byte(nil), log[:logEnds]...)
	out = fmt.Appendf(out, "\n\n[tqbench: %d bytes left out]\n\n", left)
	return append(out, log[len(log)-logEnds:]...)
}

// secrets are the values of an environment that nobody else may see.
func secrets(environ map[string]string) []string {
	var out []string
	for k, v := range environ {
		out = append(out, redact.Password(v)...)
		for _, word := range []string{"SECRET", "PASSWORD", "TOKEN"} {
			if strings.Contains(k, word) {
				out = append(out, v)
			}
		}
	}
	return out
}

// keepLogs moves the logs to the trial's files, without secrets.
func (r *run) keepLogs() error {
	logs, err := filepath.Glob(filepath.Join(r.probes, "*.log"))
	if err != nil {
		return fmt.Errorf("keep the logs: %w", err)
	}
	for _, path := range logs {
		data, err := process.ReadRegular(path)
		if err == nil {
			err = os.WriteFile(filepath.Join(r.Dir, filepath.Base(path)), shortened(r.redact.Bytes(data)), 0o644)
		}
		if err != nil {
			return fmt.Errorf("keep the logs: %w", err)
		}
	}
	return nil
}

// lastWords is what a log ends with, without secrets.
func (r *run) lastWords(log string) string {
	return r.redact.String(process.LastLines(log, lastWordsLimit))
}

func (r *run) workerLog(i int) string {
	return filepath.Join(r.probes, fmt.Sprintf("worker-%d.log", i+1))
}
