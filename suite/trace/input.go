package trace

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// sampleSize is how much of a file decides what it is: a row of counts for each minute of a day fits.
const sampleSize = 64 << 10

// errLong is a row that is too long, errBytes a file.
var (
	errLong  = errors.New("a row is longer than 1 MiB")
	errBytes = errors.New("more text than allowed")
)

// input is a file's text.
type input struct {
	*bufio.Reader
	bounds *bounds
}

// bounds ends reading when a row or the file is too long.
type bounds struct {
	r         io.Reader
	row, file int64
	most      int64
}

func (b *bounds) Read(p []byte) (int, error) {
	switch {
	case b.row <= 0:
		return 0, errLong
	case b.file <= 0:
		return 0, fmt.Errorf("%w: it has more than %d MiB: convert a part of it with tqbench trace", errBytes, b.most>>20)
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.row, b.file)])
	b.row, b.file = b.row-int64(n), b.file-int64(n)
	return n, err
}

// reset is for the next row.
func (b *bounds) reset() { b.row = maxLine + sampleSize }

// open decompresses a file and drops its byte order mark.
func open(r io.Reader, most int64) (*input, error) {
	packed := bufio.NewReaderSize(r, sampleSize)
	head, err := packed.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read it: %w", err)
	}
	var plain io.Reader = packed
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		if plain, err = gzip.NewReader(packed); err != nil {
			return nil, fmt.Errorf("it is not a whole gzip file: %w", err)
		}
	case bytes.HasPrefix(head, []byte("BZh")):
		plain = bzip2.NewReader(packed)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("Rar!")), bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}),
		bytes.HasPrefix(head, []byte{0xfd, '7', 'z', 'X'}), bytes.HasPrefix(head, []byte{'7', 'z', 0xbc, 0xaf}):
		return nil, errors.New("it is an archive: unpack it, or give it as .gz or .bz2")
	}
	b := &bounds{r: plain, file: 1 << 62, most: most}
	if most > 0 {
		b.file = most
	}
	b.reset()
	in := &input{bufio.NewReaderSize(b, sampleSize), b}
	start, err := in.Peek(3)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, fmt.Errorf("read it: %w", err)
	case bytes.HasPrefix(start, []byte{0xef, 0xbb, 0xbf}):
		_, err = in.Discard(3)
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return nil, errors.New("it is UTF-16: save it as UTF-8")
	default:
		err = nil
	}
	if err != nil {
		return nil, fmt.Errorf("read it: %w", err)
	}
	if bytes.IndexByte(in.sample(), 0) >= 0 {
		return nil, errors.New("it is not text")
	}
	return in, nil
}

// sample is the beginning of the text. An error while reading it comes again later, with its line.
func (in *input) sample() []byte {
	out, _ := in.Peek(sampleSize)
	return out
}

// delimited reads CSV.
type delimited struct {
	in   *input
	r    *csv.Reader
	line int
}

func newDelimited(in *input, comma rune) records {
	r := csv.NewReader(in.Reader)
	r.Comma, r.ReuseRecord, r.Comment, r.TrimLeadingSpace = comma, true, '#', comma != '\t' // a tab is a space, too
	r.LazyQuotes = comma == '\t'                                                            // most programs quote nothing there
	return &delimited{in: in, r: r}
}

func (d *delimited) next() ([]string, int, error) {
	d.in.bounds.reset()
	fields, err := d.r.Read()
	if err == nil {
		d.line, _ = d.r.FieldPos(0)
		return fields, d.line, nil
	}
	var bad *csv.ParseError
	if errors.As(err, &bad) {
		why := bad.Err.Error()
		if errors.Is(bad.Err, csv.ErrFieldCount) {
			why = fmt.Sprintf("it has %d columns, and the first row has %d", len(fields), d.r.FieldsPerRecord)
		}
		return nil, bad.Line, rowError{bad.Line, why}
	}
	return nil, d.line, afterLine(err, d.line)
}

// afterLine says where reading ended.
func afterLine(err error, line int) error {
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	return fmt.Errorf("after line %d: %w", line, err)
}

// lines reads rows that end with their line.
type lines struct {
	in    *input
	line  int
	split func(string) ([]string, string)
}

func (l *lines) next() ([]string, int, error) {
	for {
		l.in.bounds.reset()
		row, err := l.in.ReadString('\n')
		if err != nil && (!errors.Is(err, io.EOF) || row == "") {
			return nil, l.line, afterLine(err, l.line)
		}
		l.line++
		row = strings.TrimRight(row, "\r\n")
		if strings.TrimSpace(row) == "" || row[0] == '#' {
			continue
		}
		fields, why := l.split(row)
		if why != "" {
			return nil, l.line, rowError{l.line, why}
		}
		return fields, l.line, nil
	}
}

// objects splits a line of JSON into the values of some names.
func objects(names []string) func(string) ([]string, string) {
	return func(row string) ([]string, string) {
		var o map[string]json.RawMessage
		if err := json.Unmarshal([]byte(row), &o); err != nil {
			return nil, "it is not a JSON object: " + short(err.Error())
		}
		out := make([]string, len(names))
		for i, n := range names {
			v := o[n]
			if err := json.Unmarshal(v, &out[i]); err != nil {
				out[i] = string(v)
			}
		}
		return out, ""
	}
}
