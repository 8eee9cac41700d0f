// Package trace reads when tasks arrived from the files that people have: access logs, exported tables and published data sets.
//
// A file is read as a stream, once to learn what it has and once for each load made of it. The memory that this takes does not depend on the
// number of rows.
package trace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Format is the form of a file.
type Format string

// The forms that are read.
const (
	// Arrivals is the form of a scenario's trace: a header with at, in seconds from the start, and optionally kind.
	Arrivals Format = "arrivals"
	// Table is any other CSV file, whatever its separator.
	Table Format = "table"
	// JSONLines has one JSON object on each line.
	JSONLines Format = "json-lines"
	// AccessLog is the Common Log Format of web servers, or the Combined one.
	AccessLog Format = "access-log"
	// AzureCounts has the counts for each minute of a day of the Azure Functions trace of 2019.
	AzureCounts Format = "azure-2019"
	// AzureInvocations has the invocations of the Azure Functions trace of 2021.
	AzureInvocations Format = "azure-2021"
	// Google2011 has the task events of Google's cluster trace of 2011.
	Google2011 Format = "google-2011"
	// Google2019 has the instance or collection events of Google's cluster traces of 2019, as CSV or as lines of JSON.
	Google2019 Format = "google-2019"
	// Pageviews has Wikipedia's page views of an hour, or of the hours of a day.
	Pageviews Format = "pageviews"
)

// Formats are the names that a user may give.
func Formats() []string {
	return []string{string(Arrivals), string(Table), string(JSONLines), string(AccessLog), string(AzureCounts), string(AzureInvocations),
		string(Google2011), string(Google2019), string(Pageviews)}
}

// Options say how to read a file. Their zero value detects everything.
type Options struct {
	// Format is the form; "" detects it.
	Format Format
	// Time, Count and Kind are columns, by name or by number from 1. Without a count, each row is a task.
	Time, Count, Kind string
	// Unit is the unit of times that are numbers: s, ms, us, ns or yyyymmddhh; "" detects it.
	Unit string
	// Bucket is how long after its time the tasks of a row may have come; a negative one means that times are exact, and 0 detects it.
	Bucket time.Duration
	// SkipBad leaves out rows that can't be read.
	SkipBad bool
	// MaxBytes bounds the text, after decompression; 0 is no bound.
	MaxBytes int64
}

// Source opens a file at its beginning.
type Source func() (io.ReadCloser, error)

const (
	// maxLine is the longest row in bytes.
	maxLine = 1 << 20
	// maxKinds is the largest number of kinds in a file.
	maxKinds = 10_000
	// maxRow and maxTasks are the largest numbers of tasks in a row and in a file.
	maxRow   = 1_000_000_000_000
	maxTasks = 1_000_000_000_000_000
	// checkEvery is after how many rows to look whether to stop.
	checkEvery = 4096
)

// Kind is a kind of task.
type Kind struct {
	Name string `json:"kind"`
	// Tasks is the number of its tasks, Line the line of the first.
	Tasks int64 `json:"tasks"`
	Line  int   `json:"line"`
}

// Trace is what a file has.
type Trace struct {
	Format Format `json:"format"`
	// Understood says which columns were read, and how.
	Understood string `json:"understood"`
	// Rows is the number of rows that have tasks. LeftOut are those that are no arrivals, such as the end of a task.
	Rows    int64 `json:"rows"`
	LeftOut int64 `json:"left_out_rows,omitempty"`
	// Skipped are those that can't be read, if that is allowed, and FirstSkipped says why the first can't.
	Skipped      int64  `json:"skipped_rows,omitempty"`
	FirstSkipped string `json:"first_skipped,omitempty"`
	// OutOfOrder are the rows that are earlier than the one before.
	OutOfOrder int64 `json:"out_of_order_rows,omitempty"`
	// Start is the time of the first task, if the file has dates.
	Start *time.Time `json:"start,omitempty"`
	// BucketSeconds is how long after its time a task may have come; 0 if times are exact.
	BucketSeconds float64 `json:"bucket_seconds"`
	// HasKinds says that the rows name kinds. Kinds has the most frequent first.
	HasKinds bool   `json:"has_kinds"`
	Kinds    []Kind `json:"kinds,omitempty"`
	Shape

	source      Source
	options     Options
	first, last int64
	bucket      int64
}

// event is a row's tasks at one time, in nanoseconds.
type event struct {
	at, count int64
	kind      int
}

// Survey reads a file to its end and says what it has.
func Survey(ctx context.Context, source Source, o Options) (*Trace, error) {
	t := &Trace{source: source, options: o}
	var h histogram
	var before, step int64
	seen, fine, counted := false, false, false
	var s *scanner
	err := t.scan(ctx, func(opened *scanner) { s = opened }, func(e event) error {
		if d := e.at - before; seen && d != 0 {
			if d < 0 && s.layout.counts == nil {
				t.OutOfOrder++
			}
			d = max(d, -d)
			if step == 0 || d < step {
				step = d
			}
		}
		before, seen = e.at, true
		if e.count == 0 {
			return nil
		}
		if t.Tasks == 0 {
			t.first, t.last = e.at, e.at
		}
		if t.Tasks += e.count; t.Tasks > maxTasks {
			return fmt.Errorf("the file has more than %d tasks", int64(maxTasks))
		}
		fine = fine || e.at%int64(time.Second) != 0
		counted = counted || e.count != 1
		t.first, t.last = min(t.first, e.at), max(t.last, e.at)
		return h.add(e.at, e.count)
	})
	if err != nil {
		return nil, err
	}
	if t.Tasks == 0 {
		return nil, errors.New("it has no tasks")
	}
	t.Format, t.Rows, t.LeftOut, t.Skipped, t.FirstSkipped = s.layout.format, s.rows, s.leftOut, s.skipped, s.firstSkipped
	t.HasKinds = s.layout.kind >= 0
	t.Kinds = s.byFrequency()
	if t.bucket, err = bucketOf(s.layout, o, step, fine, counted); err != nil {
		return nil, err
	}
	t.BucketSeconds = time.Duration(t.bucket).Seconds()
	t.Understood = s.layout.understood()
	if t.first >= datedFrom {
		start := time.Unix(0, t.first).UTC()
		t.Start = &start
	}
	t.Shape = h.shape(t.Tasks, t.first, t.last+t.bucket, t.bucket)
	return t, nil
}

// bucketOf is how long after its time a row's tasks may have come.
func bucketOf(l *layout, o Options, step int64, fine, counted bool) (int64, error) {
	switch {
	case o.Bucket < 0:
		return 0, nil
	case o.Bucket > 0:
		return int64(o.Bucket), nil
	case l.bucket > 0:
		return l.bucket, nil
	case l.count >= 0 && counted && step == 0:
		return 0, errors.New("all rows have the same time, so the length of a count is unknown: state it with --bucket, such as --bucket 1m")
	case l.count >= 0 && counted:
		return step, nil
	case fine || l.exact:
		return 0, nil
	}
	return int64(time.Second), nil
}

// Offset is a time of day as a distance from the trace's first task.
func (t *Trace) Offset(date string) (time.Duration, error) {
	at, ok := parseDate(strings.TrimSpace(date))
	switch {
	case !ok:
		return 0, fmt.Errorf("%q: write a time after the first task, such as 12h, or a date such as 2026-01-31T12:00:00Z", short(date))
	case t.Start == nil:
		return 0, fmt.Errorf("%q: the trace has no dates: write a time after the first task, such as 12h", short(date))
	case at < t.first:
		return 0, fmt.Errorf("%q: the trace begins at %s", short(date), t.Start.Format(time.RFC3339Nano))
	}
	return time.Duration(at - t.first), nil
}

// scan calls emit for each event of the file, after opened for the scanner.
func (t *Trace) scan(ctx context.Context, opened func(*scanner), emit func(event) error) error {
	f, err := t.source()
	if err != nil {
		return err
	}
	s, err := newScanner(f, t.options)
	if err == nil {
		opened(s)
		err = s.run(ctx, emit)
	}
	return errors.Join(err, f.Close())
}

// byFrequency are the kinds, the most frequent first.
func (s *scanner) byFrequency() []Kind {
	if s.layout.kind < 0 {
		return nil
	}
	out := slices.Clone(s.kinds)
	slices.SortStableFunc(out, func(a, b Kind) int {
		return cmp.Or(cmp.Compare(b.Tasks, a.Tasks), cmp.Compare(a.Name, b.Name))
	})
	return out
}
