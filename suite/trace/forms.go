package trace

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// accessLog is a web server's log. A line is written with the time of its request, to the second.
func (l *layout) accessLog() {
	l.about = "access log in the Common or Combined Log Format"
	l.names = []string{"host", "time", "method", "path", "protocol", "status"}
	l.time, l.bucket = 1, int64(time.Second)
	l.open = func(in *input) records { return &lines{in: in, split: splitLog} }
}

// isAccessLog reports whether a line has a date in brackets, and then a quoted request.
func isAccessLog(line string) bool {
	fields, why := splitLog(line)
	if why != "" {
		return false
	}
	_, ok := parseLogDate(fields[1])
	return ok
}

// splitLog splits a line of an access log. Requests of attackers have any bytes, so that a part that can't be read is "-".
func splitLog(line string) ([]string, string) {
	host, rest, _ := strings.Cut(line, " ")
	_, rest, opened := strings.Cut(rest, "[")
	at, rest, closed := strings.Cut(rest, "]")
	rest, quoted := strings.CutPrefix(strings.TrimLeft(rest, " "), `"`)
	if !opened || !closed || !quoted {
		return nil, `it is not a line of an access log: it needs [day/month/year:hour:minute:second zone] "request"`
	}
	// The request ends with the first quote before a status. Those within it are escaped, except in old logs.
	request, status := rest, "-"
	for i := 0; i < len(rest); i++ {
		if rest[i] == '\\' {
			i++
		} else if tail, ok := strings.CutPrefix(rest[i:], `" `); ok && len(tail) > 0 && (tail[0] == '-' || tail[0] >= '1' && tail[0] <= '5') {
			request = rest[:i]
			status, _, _ = strings.Cut(tail, " ")
			break
		}
	}
	out := []string{host, at, "-", "-", "-", status}
	if parts := strings.Fields(request); len(parts) == 2 || len(parts) == 3 {
		copy(out[2:5], parts)
		out[3], _, _ = strings.Cut(out[3], "?")
	}
	return out, ""
}

// azureCounts is a day of the Azure Functions trace of 2019: a row for each function, a column for each minute.
func (l *layout) azureCounts(names []string) {
	l.about, l.header, l.names, l.bucket = "Azure Functions 2019, counts for each minute", true, names, int64(time.Minute)
	minutes := map[int]int64{}
	for i, n := range names {
		if minute, err := strconv.Atoi(strings.TrimSpace(n)); err == nil && minute >= 1 && minute <= 1440 {
			minutes[i] = int64(minute-1) * l.bucket
		}
	}
	l.fields = len(names)
	l.counts = func(fields []string, emit func(at, count int64) error) (string, error) {
		// A row counts as a whole or not at all.
		found := make([]int64, len(fields))
		for i, v := range fields {
			if _, ok := minutes[i]; !ok || v == "0" {
				continue
			}
			var ok bool
			if found[i], ok = counted(v); !ok {
				return fmt.Sprintf("%s is %q: write a whole number of tasks", l.column(i), short(v)), nil
			}
		}
		for i, n := range found {
			if n == 0 {
				continue
			}
			if err := emit(minutes[i], n); err != nil {
				return "", err
			}
		}
		return "", nil
	}
}

// azureInvocations is the Azure Functions trace of 2021. It has ends, in seconds, so a start is an end less its duration.
func (l *layout) azureInvocations(names []string) {
	l.about, l.header, l.names = "Azure Functions 2021, an invocation on each row", true, names
	l.time, l.minus, l.clock.unit, l.exact = nameOf(names, "end_timestamp"), nameOf(names, "duration"), int64(time.Second), true
}

// submitted is the type of a task's first event in Google's traces.
const submitted = "0"

// google2011 is a file of task events, without a header. Times are in microseconds; 0 is before the trace, and the largest number after it.
func (l *layout) google2011() {
	l.about = "Google cluster 2011, submissions among the task events"
	l.names = []string{"time", "missing_info", "job_id", "task_index", "machine_id", "event_type", "user", "scheduling_class", "priority", "cpu", "memory", "disk",
		"different_machine"}
	l.time, l.clock.unit, l.exact, l.fields = 0, int64(time.Microsecond), true, 6
	l.keep = func(fields []string) bool { return fields[5] == submitted && inWindow(fields[0]) }
}

// inWindow says that an event of a Google trace happened during the trace.
func inWindow(at string) bool { return at != "0" && at != "9223372036854775807" }

// google2019 is a table of instance or collection events. It returns the number of columns.
func (l *layout) google2019(names []string) int {
	l.about = "Google cluster 2019, submissions among the events"
	if l.names == nil {
		l.names, l.header = names, true
	}
	kind := nameOf(l.names, "type")
	l.time, l.count, l.kind = nameOf(l.names, "time"), none, none
	l.clock.unit, l.exact, l.fields = int64(time.Microsecond), true, max(kind, 0)+1
	l.keep = func(fields []string) bool {
		return kind < 0 || (fields[kind] == submitted || strings.EqualFold(fields[kind], "SUBMIT")) && inWindow(fields[max(l.time, 0)])
	}
	return len(l.names)
}

// isPageviews reports whether a line has a project, a title and counts.
func isPageviews(line string) bool {
	f := strings.Split(line, " ")
	switch len(f) {
	case 4: // an hour: project, title, count, bytes
		_, err := strconv.ParseInt(f[2], 10, 64)
		_, err2 := strconv.ParseInt(f[3], 10, 64)
		return f[0] != "" && f[1] != "" && errors.Join(err, err2) == nil
	case 5, 6: // a day: project, title, (page,) access, count, hours
		_, ok := hoursOf(f[len(f)-1])
		return ok && f[0] != ""
	}
	return false
}

// pageviews is one of Wikipedia's files of page views. It returns the number of columns.
func (l *layout) pageviews(line string) (int, error) {
	if !isPageviews(line) {
		return 0, errors.New("line 1: it is not a line of page views: project, title, count and bytes, or a day's with its hours at the end, such as A3B5")
	}
	l.open = func(in *input) records {
		return &lines{in: in, split: func(s string) ([]string, string) { return strings.Split(s, " "), "" }}
	}
	l.bucket = int64(time.Hour)
	width := strings.Count(line, " ") + 1
	if width == 4 {
		l.about, l.names, l.count = "Wikipedia page views of an hour", []string{"project", "title", "count", "bytes"}, 2
		return width, nil
	}
	l.about = "Wikipedia page views of a day"
	l.names = []string{"project", "title", "access", "count", "hours"}
	if width == 6 {
		l.names = slices.Insert(l.names, 2, "page")
	}
	l.fields = width
	l.counts = func(fields []string, emit func(at, count int64) error) (string, error) {
		hours, ok := hoursOf(fields[width-1])
		if !ok {
			return fmt.Sprintf("%s is %q: write a letter from A to X and a count for each hour, such as A3B5", l.column(width-1), short(fields[width-1])), nil
		}
		for hour, n := range hours {
			if err := emit(int64(hour)*l.bucket, n); err != nil {
				return "", err
			}
		}
		return "", nil
	}
	return width, nil
}

// hoursOf reads A3B5: 3 in the hour after midnight, 5 in the next.
func hoursOf(s string) (out [24]int64, ok bool) {
	for s != "" {
		hour := int(s[0]) - 'A'
		end := 1
		for end < len(s) && s[end] >= '0' && s[end] <= '9' {
			end++
		}
		n, good := counted(s[1:end])
		if hour < 0 || hour > 23 || !good {
			return out, false
		}
		out[hour] += n
		s, ok = s[end:], true
	}
	return out, ok
}
