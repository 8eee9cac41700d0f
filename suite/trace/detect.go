package trace

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/text"
)

// head is the beginning of a file: its first row, and the one after it if there is one.
type head struct {
	line      string
	separator rune
	first     []string
	second    []string
}

// detect finds how to read a file from its beginning.
func detect(sample []byte, o Options) (*layout, error) {
	if o.Format != "" && !slices.Contains(Formats(), string(o.Format)) {
		return nil, fmt.Errorf("--format %q%s: choose from %s", short(string(o.Format)), text.DidYouMean(string(o.Format), Formats()), strings.Join(Formats(), ", "))
	}
	h, err := headOf(sample)
	if err != nil {
		return nil, err
	}
	format := o.Format
	if format == "" {
		format = h.format(o)
	}
	l := &layout{format: format, time: none, minus: none, count: none, kind: none}
	width, err := l.fill(h, o)
	if err == nil {
		err = l.apply(o, width)
	}
	if err != nil {
		return nil, err
	}
	if l.counts == nil && l.time < 0 && l.format != Pageviews {
		return nil, errors.New("line 1: no column has times: choose one with --time, by its name or number")
	}
	return l, nil
}

// headOf splits the first rows.
func headOf(sample []byte) (head, error) {
	var h head
	for line := range bytes.Lines(sample) {
		s := strings.TrimRight(string(line), "\r\n")
		if strings.TrimSpace(s) != "" && s[0] != '#' {
			h.line = s
			break
		}
	}
	if h.line == "" {
		return h, errors.New("line 1: it is empty")
	}
	h.separator = separatorOf(h.line)
	r := csv.NewReader(bytes.NewReader(sample))
	r.Comma, r.Comment, r.LazyQuotes, r.TrimLeadingSpace, r.FieldsPerRecord = h.separator, '#', true, h.separator != '\t', -1
	// What is wrong with a row is said when it is read.
	h.first, _ = r.Read()
	h.second, _ = r.Read()
	return h, nil
}

// separatorOf is the most frequent separator of a line, outside quotes.
func separatorOf(line string) rune {
	counts := map[rune]int{}
	quoted := false
	for _, c := range line {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted && strings.ContainsRune(",;\t|", c):
			counts[c]++
		}
	}
	best := ','
	for _, c := range ";\t|" {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// format is what the first row looks like.
func (h head) format(o Options) Format {
	names := h.first
	numeric := func(i int, most int64) bool {
		n, err := strconv.ParseInt(names[i], 10, 64)
		return err == nil && n >= 0 && n <= most
	}
	switch {
	case strings.HasPrefix(h.line, "{"):
		var o map[string]json.RawMessage
		if json.Unmarshal([]byte(h.line), &o) == nil && o["time"] != nil && o["type"] != nil && o["collection_id"] != nil {
			return Google2019
		}
		return JSONLines
	case isAccessLog(h.line):
		return AccessLog
	case nameOf(names, "HashFunction") >= 0 && nameOf(names, "1") >= 0 && nameOf(names, "2") >= 0:
		return AzureCounts
	case nameOf(names, "end_timestamp") >= 0 && nameOf(names, "duration") >= 0:
		return AzureInvocations
	case nameOf(names, "time") >= 0 && nameOf(names, "type") >= 0 && nameOf(names, "collection_id") >= 0:
		return Google2019
	case len(names) == 13 && h.separator == ',' && numeric(0, 1<<63-1) && numeric(2, 1<<63-1) && numeric(5, 8) && o.Time == "":
		return Google2011
	case isPageviews(h.line):
		return Pageviews
	case nameOf(names, "at") == 0 && (len(names) == 1 || len(names) == 2 && nameOf(names, "kind") == 1):
		return Arrivals
	}
	return Table
}

// fill is the layout of a form; width is its number of columns.
func (l *layout) fill(h head, o Options) (width int, err error) {
	l.separator = h.separator
	l.open = func(in *input) records { return newDelimited(in, l.separator) }
	switch l.format {
	case JSONLines:
		return l.objects(h, o)
	case AccessLog:
		l.accessLog()
	case AzureCounts:
		l.azureCounts(h.first)
	case AzureInvocations:
		l.azureInvocations(h.first)
	case Google2011:
		l.google2011()
	case Google2019:
		if strings.HasPrefix(h.line, "{") {
			if _, err := l.objects(h, o); err != nil {
				return 0, err
			}
		}
		return l.google2019(h.first), nil
	case Pageviews:
		return l.pageviews(h.line)
	case Arrivals:
		l.table(h)
		l.about, l.clock.unit, l.exact = "arrivals as a scenario reads them", int64(time.Second), true
	default:
		l.table(h)
	}
	return max(len(l.names), len(h.first)), nil
}

// table is a CSV file with or without a header.
func (l *layout) table(h head) {
	names := map[rune]string{',': "commas", ';': "semicolons", '\t': "tabs", '|': "bars"}
	l.about = "table separated by " + names[l.separator]
	l.clock.decimalComma = l.separator == ';'
	row := h.first
	if !slices.ContainsFunc(h.first, func(s string) bool {
		c := clock{decimalComma: true}
		_, ok := c.parse(s)
		return ok
	}) {
		l.header, l.names, row = true, h.first, h.second
	}
	if len(h.first) == 1 {
		l.about = "one column"
	}
	l.time = timeColumn(l.names, row)
	l.count, l.kind = nameOf(l.names, countNames()...), nameOf(l.names, "kind")
	l.named()
}

// objects is a file with a JSON object on each line.
func (l *layout) objects(h head, o Options) (int, error) {
	var first map[string]json.RawMessage
	if err := json.Unmarshal([]byte(h.line), &first); err != nil {
		return 0, errors.New("line 1: it is not a JSON object: write one object on each line")
	}
	l.names = slices.Sorted(maps.Keys(first))
	var row []string
	for _, n := range l.names {
		row = append(row, strings.Trim(string(first[n]), `"`))
	}
	// Later objects may have members that the first lacks.
	for _, chosen := range []string{o.Time, o.Count, o.Kind} {
		if chosen != "" && nameOf(l.names, chosen) < 0 {
			l.names = append(l.names, chosen)
		}
	}
	l.about = "JSON lines"
	l.time, l.count, l.kind = timeColumn(l.names, row), nameOf(l.names, countNames()...), nameOf(l.names, "kind")
	if l.time >= 0 {
		l.clock.unit = unitIn(l.names[l.time])
	}
	split := objects(l.names)
	l.open = func(in *input) records { return &lines{in: in, split: split} }
	return len(l.names), nil
}
