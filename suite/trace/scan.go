package trace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
)

// records are a file's rows; line is where the last one begins.
type records interface {
	next() (fields []string, line int, err error)
}

// scanner reads a file's events.
type scanner struct {
	layout  *layout
	records records
	skipBad bool

	rows, leftOut, skipped int64
	firstSkipped           string
	kinds                  []Kind
	index                  map[string]int
}

// rowError is a row that can't be read. The next one may be readable.
type rowError struct {
	line int
	why  string
}

func (b rowError) Error() string { return fmt.Sprintf("line %d: %s", b.line, b.why) }

// newScanner detects what a file is.
func newScanner(r io.Reader, o Options) (*scanner, error) {
	in, err := open(r, o.MaxBytes)
	if err != nil {
		return nil, err
	}
	l, err := detect(in.sample(), o)
	if err != nil {
		return nil, err
	}
	return &scanner{layout: l, records: l.open(in), skipBad: o.SkipBad, index: map[string]int{}}, nil
}

// run calls emit for each event. An error of emit ends it.
func (s *scanner) run(ctx context.Context, emit func(event) error) error {
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		fields, line, err := s.records.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if n == 0 && s.layout.header && err == nil {
			continue
		}
		if err == nil {
			err = s.row(fields, line, emit)
		}
		var bad rowError
		if errors.As(err, &bad) && s.skipBad {
			if s.skipped++; s.skipped == 1 {
				s.firstSkipped = bad.Error()
			}
			continue
		}
		if err != nil {
			return err
		}
	}
}

// row calls emit for each event of a row.
func (s *scanner) row(fields []string, line int, emit func(event) error) error {
	l := s.layout
	if least := max(l.time, l.minus, l.count, l.kind, l.fields-1); least >= len(fields) {
		return rowError{line, fmt.Sprintf("it has %d of at least %d columns", len(fields), least+1)}
	}
	if l.keep != nil && !l.keep(fields) {
		s.leftOut++
		return nil
	}
	kind := 0
	if l.kind >= 0 {
		var err error
		if kind, err = s.kind(fields[l.kind], line); err != nil {
			return err
		}
	}
	row := s.rows
	one := func(at, count int64) error {
		if count > 0 {
			s.rows = row + 1
		}
		if l.kind >= 0 {
			s.kinds[kind].Tasks += count
		}
		return emit(event{at, count, kind})
	}
	if l.counts != nil {
		if why, err := l.counts(fields, one); why != "" || err != nil {
			return either(line, why, err)
		}
		return nil
	}
	var at int64
	if l.time >= 0 {
		var ok bool
		if at, ok = l.clock.parse(fields[l.time]); !ok {
			return rowError{line, fmt.Sprintf("%s is %q: %s", l.column(l.time), short(fields[l.time]), l.clock.want())}
		}
	}
	if l.minus >= 0 {
		d, ok := scaled(fields[l.minus], l.clock.unit)
		if !ok {
			return rowError{line, fmt.Sprintf("%s is %q: write a number", l.column(l.minus), short(fields[l.minus]))}
		}
		at -= d
	}
	count := int64(1)
	if l.count >= 0 {
		var ok bool
		if count, ok = counted(fields[l.count]); !ok {
			return rowError{line, fmt.Sprintf("%s is %q: write a whole number of tasks up to %d", l.column(l.count), short(fields[l.count]), int64(maxRow))}
		}
	}
	return one(at, count)
}

// either is the error of a row, or why it can't be read.
func either(line int, why string, err error) error {
	if err != nil {
		return err
	}
	return rowError{line, why}
}

// kind is the number of a kind.
func (s *scanner) kind(name string, line int) (int, error) {
	name = strings.TrimSpace(name)
	if i, ok := s.index[name]; ok {
		return i, nil
	}
	if len(s.kinds) == maxKinds {
		return 0, fmt.Errorf("line %d: %s has more than %d different values: choose another column with --kind", line, s.layout.column(s.layout.kind), maxKinds)
	}
	name = strings.Clone(name) // it is a part of its row
	s.index[name] = len(s.kinds)
	s.kinds = append(s.kinds, Kind{Name: name, Line: line})
	return len(s.kinds) - 1, nil
}

// counted is a number of tasks. Some programs write whole numbers as 12.0.
func counted(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		whole, zeros, _ := strings.Cut(s, ".")
		if strings.Trim(zeros, "0") != "" {
			return 0, false
		}
		if n, err = strconv.ParseInt(whole, 10, 64); err != nil {
			return 0, false
		}
	}
	return n, n >= 0 && n <= maxRow
}

// short is a field in an error.
func short(s string) string { return text.Clean(s, 60) }
