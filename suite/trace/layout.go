package trace

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/text"
)

// none is no column.
const none = -1

// layout is how to read a file's rows.
type layout struct {
	format Format
	// open returns the rows; header says that the first one has names.
	open   func(*input) records
	header bool
	// separator is that of a table.
	separator rune
	names     []string
	// time, minus, count and kind are columns; minus is subtracted from the time. fields is the number of columns that a row must have.
	time, minus, count, kind, fields int
	clock                            clock
	// exact says that whole seconds are exact; bucket is how long after its time a task may have come, if the form says so.
	exact  bool
	bucket int64
	// keep says which rows are arrivals, if not all are.
	keep func(fields []string) bool
	// counts reads a row of several counts in place of the columns.
	counts func(fields []string, emit func(at, count int64) error) (why string, err error)
	// about is what the form is.
	about string
}

// column names a column in a message.
func (l *layout) column(i int) string {
	if i < len(l.names) && l.names[i] != "" {
		return fmt.Sprintf("column %s", short(l.names[i]))
	}
	return fmt.Sprintf("column %d", i+1)
}

// choose finds a column by the name or the number in a flag.
func (l *layout) choose(flag, column string, width int) (int, error) {
	for i, n := range l.names {
		if strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(column)) {
			return i, nil
		}
	}
	if n, err := strconv.Atoi(column); err == nil {
		if n < 1 || n > width {
			return none, fmt.Errorf("--%s %d: the file has %d columns: write a number from 1 to %d", flag, n, width, width)
		}
		return n - 1, nil
	}
	if len(l.names) == 0 {
		return none, fmt.Errorf("--%s %q: the file has no header: write a column's number, from 1 to %d", flag, short(column), width)
	}
	var known []string
	for _, n := range l.names[:min(len(l.names), 20)] {
		known = append(known, short(n))
	}
	return none, fmt.Errorf("--%s %q: there is no such column%s: it has %s", flag, short(column), text.DidYouMean(column, known), strings.Join(known, ", "))
}

// apply takes the columns and the unit that the user chose.
func (l *layout) apply(o Options, width int) error {
	for _, c := range []struct {
		flag, column string
		to           *int
	}{{"time", o.Time, &l.time}, {"count", o.Count, &l.count}, {"kind", o.Kind, &l.kind}} {
		if c.column == "" {
			continue
		}
		if l.counts != nil && c.flag != "kind" {
			return fmt.Errorf("--%s: each row has several counts, and their columns are known: leave it out", c.flag)
		}
		i, err := l.choose(c.flag, c.column, width)
		if err != nil {
			return err
		}
		if *c.to = i; c.flag == "time" {
			l.minus, l.clock.hours = none, false
			l.named()
		}
	}
	if o.Unit == "" {
		return nil
	}
	unit, ok := units()[o.Unit]
	if !ok && o.Unit != hourly {
		return fmt.Errorf("--unit %q: write s, ms, us, ns or %s", o.Unit, hourly)
	}
	l.clock.unit, l.clock.hours = unit, o.Unit == hourly
	if l.clock.hours {
		l.bucket = int64(time.Hour)
	}
	return nil
}

// understood says how the rows were read.
func (l *layout) understood() string {
	out := []string{l.about}
	if l.counts == nil && l.time >= 0 {
		out = append(out, "times in "+l.column(l.time)+l.clock.shown())
	}
	if l.minus >= 0 {
		out[len(out)-1] += " minus " + l.column(l.minus)
	}
	if l.counts == nil && l.count >= 0 {
		out = append(out, "counts in "+l.column(l.count))
	}
	if l.kind >= 0 {
		out = append(out, "kinds in "+l.column(l.kind))
	}
	return strings.Join(out, ", ")
}

// shown is the unit of numbers.
func (c clock) shown() string {
	if c.hours {
		return " (" + hourly + ")"
	}
	for _, name := range []string{"s", "ms", "us", "ns"} {
		if units()[name] == c.unit {
			return " (" + name + ")"
		}
	}
	return ""
}

// nameOf is the column with the first of these names, or none.
func nameOf(names []string, wanted ...string) int {
	for _, w := range wanted {
		if i := slices.IndexFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSpace(n), w) }); i >= 0 {
			return i
		}
	}
	return none
}

// named takes the unit of the times, and whether they are exact, from the name of their column, if it has one.
func (l *layout) named() {
	name := ""
	if l.time >= 0 && l.time < len(l.names) {
		name = l.names[l.time]
	}
	l.clock.unit, l.exact = unitIn(name), strings.EqualFold(strings.TrimSpace(name), "at")
}

// The names of columns that are found without being chosen.
func timeNames() []string {
	return []string{"at", "time", "timestamp", "ts", "datetime", "@timestamp", "date", "start", "start_time", "started_at", "arrival", "arrival_time", "submit_time",
		"enqueued_at", "created_at", "created", "event_time"}
}

func countNames() []string {
	return []string{"count", "counts", "views", "requests", "invocations", "tasks", "jobs"}
}

// timeColumn finds the times: by their name, otherwise by the values of a row.
func timeColumn(names, row []string) int {
	if i := nameOf(names, timeNames()...); i >= 0 {
		return i
	}
	// Other names that speak of time may be those of durations: dates come first.
	spoken := none
	for i, n := range names {
		n = strings.ToLower(n)
		switch {
		case !strings.Contains(n, "time") && !strings.HasPrefix(n, "date"):
		case i < len(row) && isDate(row[i]):
			return i
		case spoken < 0:
			spoken = i
		}
	}
	if spoken >= 0 && !slices.ContainsFunc(row, isDate) {
		return spoken
	}
	// A date is a better sign than a number that may be one, and this than any number.
	best, rank := none, 0
	for i, v := range row {
		c := clock{decimalComma: true}
		at, ok := c.parse(v)
		if !ok {
			continue
		}
		r := 1
		if at >= datedFrom {
			r = 2
		}
		if !isNumber(strings.TrimSpace(v)) {
			r = 3
		}
		if r > rank {
			best, rank = i, r
		}
	}
	return best
}

// isDate reports whether a value is a date, and no number.
func isDate(v string) bool {
	c := clock{decimalComma: true}
	_, ok := c.parse(v)
	return ok && !isNumber(strings.TrimSpace(v))
}

// unitIn is the unit that a column's name ends with, or 0.
func unitIn(name string) int64 {
	name = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), ")")
	for suffix, unit := range map[string]int64{"_ms": 1e6, "(ms": 1e6, "millis": 1e6, "milliseconds": 1e6, "_us": 1e3, "(us": 1e3, "micros": 1e3, "microseconds": 1e3,
		"_ns": 1, "(ns": 1, "nanos": 1, "nanoseconds": 1} {
		if strings.HasSuffix(name, suffix) {
			return unit
		}
	}
	return 0
}
