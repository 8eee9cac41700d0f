package trace

import (
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/cost"
)

// endless writes rows as they are read, so that a file of any length needs no disk.
type endless struct {
	row     func(out []byte, i int) []byte
	i, rows int
	left    []byte
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.left) == 0 {
		if e.i == e.rows {
			return 0, io.EOF
		}
		for ; e.i < e.rows && len(e.left) < 32<<10; e.i++ {
			e.left = e.row(e.left, e.i)
		}
	}
	n := copy(p, e.left)
	if e.left = e.left[n:]; len(e.left) == 0 {
		e.left = e.left[:0]
	}
	return n, nil
}

func (e *endless) Close() error { return nil }

// BenchmarkSurvey reads files of rising length: the time for a row and the peak of memory must stay the same.
func BenchmarkSurvey(b *testing.B) {
	start := time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC)
	for name, row := range map[string]func([]byte, int) []byte{
		"table": func(out []byte, i int) []byte {
			return append(strconv.AppendInt(out, 1_700_000_000_000+int64(i)*7, 10), ",mail,x\n"...)
		},
		"log": func(out []byte, i int) []byte {
			out = append(out, "host.example - - ["...)
			out = start.Add(time.Duration(i)*7*time.Millisecond).AppendFormat(out, "02/Jan/2006:15:04:05 -0700")
			return append(out, "] \"GET /images/a.gif HTTP/1.0\" 200 6245\n"...)
		},
	} {
		for _, rows := range []int{100_000, 1_000_000, 10_000_000} {
			b.Run(fmt.Sprintf("%s/rows=%d", name, rows), func(b *testing.B) {
				cost.Of(b, rows, "row", func() error {
					open := func() (io.ReadCloser, error) { return &endless{row: row, rows: rows}, nil }
					t, err := Survey(b.Context(), open, Options{})
					if err == nil && t.Tasks != int64(rows) {
						b.Errorf("%d tasks", t.Tasks)
					}
					if err != nil {
						return err
					}
					c := Whole()
					c.Keep = 10_000 / float64(rows)
					_, err = t.Load(b.Context(), c, 20_000)
					return err
				})
			})
		}
	}
}
