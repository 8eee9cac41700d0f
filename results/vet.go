package results

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// The library makes room for as many rows and bytes as a file states, and a file of two megabytes can state a hundred
// million rows, or hold them. So all that a file states is checked here before the library decodes it: the footer against
// the trial, row groups against the footer, pages against their row group, and what a page holds against its header. What
// tqbench doesn't write is refused.

// span is how many rows a file may have.
type span struct{ least, most int64 }

const (
	// largestHeader is how long the header of a page may be, in bytes; it has under a hundred.
	largestHeader = 4 << 10
	// pageRoom and valueRoom bound a page before it is decompressed, in bytes: for itself, and for each of its values. A
	// difference of numbers takes eight bytes at most and its share of a block's head, a word's index four.
	pageRoom, valueRoom = 4 << 10, 16
	// wordRoom is for a dictionary, besides.
	wordRoom = 1 << 20
	// fewRows are never too many for their file: no backlog of the suite is deeper.
	fewRows = 1 << 17
	// idleRows is how many rows of tasks that never ran may share a byte, and mostIdle how many may be so cheap. They have the times of their
	// batch, of 500 tasks at most, which take some thirty bytes in all; of rows without any content, more than a hundred share one.
	idleRows, mostIdle = 48, 1 << 20
)

// largestColumns is how large a file of that many rows may be, in bytes. Each row has 12 values, compressed.
func largestColumns(rows int64) int64 {
	const head, row = 4 << 20, 256
	return head + row*min(rows, (1<<62)/row)
}

// vet refuses a file, whose content is data, that would make its reader take more room than its rows need. idle of them may be of tasks that
// never ran.
func vet(pf *parquet.File, data []byte, rows span, idle int64) error {
	m := pf.Metadata()
	if m.NumRows < rows.least || m.NumRows > rows.most {
		return fmt.Errorf("it says that it has %d rows, and by trial.json it has %s: one of the two was changed after it was written", m.NumRows, rows)
	}
	columns := pf.Root().Columns()
	for _, c := range columns {
		if !c.Leaf() || !c.Required() {
			return fmt.Errorf("column %s: not every row has one value", c.Name())
		}
	}
	v := vetting{data: data}
	if m.NumRows > fewRows {
		if err := v.weigh(m, idle); err != nil {
			return err
		}
	}
	var err error
	if v.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true)); err != nil {
		return err
	}
	defer v.zstd.Close()
	left := m.NumRows
	for i := range m.RowGroups {
		g := &m.RowGroups[i]
		if g.NumRows > left || len(g.Columns) != len(columns) {
			return fmt.Errorf("row group %d of %d rows: %d rows are left of %d", i, g.NumRows, left, m.NumRows)
		}
		left -= g.NumRows
		for j, c := range columns {
			if err := v.chunk(&g.Columns[j].MetaData, g.NumRows); err != nil {
				return fmt.Errorf("row group %d, column %s: %w", i, c.Name(), err)
			}
		}
	}
	if left != 0 {
		return fmt.Errorf("its row groups have %d rows of %d", m.NumRows-left, m.NumRows)
	}
	return nil
}

// String is how many rows are allowed, in words.
func (s span) String() string {
	if s.least == s.most {
		return fmt.Sprint(s.most)
	}
	return fmt.Sprintf("at most %d", s.most)
}

// vetting is the check of one file.
type vetting struct {
	data []byte
	zstd *zstd.Decoder
	// room is for a page, one after another.
	room []byte
}

// weigh refuses rows whose values take too little room to have been measured: what trial.json says may be made up, too. A task that ran has
// times in ns which no other has, and these take more than a byte however they are compressed.
func (v *vetting) weigh(m *format.FileMetaData, idle int64) error {
	var content int64
	for i := range m.RowGroups {
		for j := range m.RowGroups[i].Columns {
			err := v.each(&m.RowGroups[i].Columns[j].MetaData, func(_ *format.PageHeader, body []byte) error {
				content += int64(len(body))
				return nil
			})
			if err != nil {
				return fmt.Errorf("row group %d, column %d: %w", i, j, err)
			}
		}
	}
	content = min(content, int64(len(v.data))) // columns may share their bytes
	idle = max(0, min(idle, mostIdle, m.NumRows))
	if m.NumRows-idle+idle/idleRows > content {
		return fmt.Errorf("it says that it has %d rows, in %d bytes: rows that were measured take more", m.NumRows, content)
	}
	return nil
}

// each hands the pages of a column of a row group to use, one after another.
func (v *vetting) each(m *format.ColumnMetaData, use func(h *format.PageHeader, body []byte) error) error {
	from, size := m.DataPageOffset, m.TotalCompressedSize
	if m.DictionaryPageOffset != 0 {
		from = m.DictionaryPageOffset
	}
	if all := int64(len(v.data)); from < 0 || size < 0 || from > all || size > all-from {
		return errors.New("it lies outside of the file")
	}
	for rest := v.data[from : from+size]; len(rest) > 0; {
		var (
			compact thrift.CompactProtocol
			h       format.PageHeader
		)
		r := compact.NewReaderFromBytes(rest[:min(len(rest), largestHeader)])
		if err := thrift.NewDecoder(r).Decode(&h); err != nil {
			return fmt.Errorf("the header of a page: %w", err)
		}
		rest = rest[r.BytesRead():]
		n := int(h.CompressedPageSize)
		if n < 0 || n > len(rest) {
			return fmt.Errorf("a page of %d bytes, of which %d are there", n, len(rest))
		}
		if err := use(&h, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// chunk checks a column of a row group.
func (v *vetting) chunk(m *format.ColumnMetaData, rows int64) error {
	switch {
	case m.NumValues != rows:
		return fmt.Errorf("%d values of %d rows", m.NumValues, rows)
	case m.Codec != format.Zstd:
		return fmt.Errorf("its compression is %s", m.Codec)
	}
	left, first := rows, true
	err := v.each(m, func(h *format.PageHeader, body []byte) error {
		values, err := v.page(m.Type, h, body, first, left)
		left, first = left-values, false
		return err
	})
	if err == nil && left != 0 {
		err = fmt.Errorf("its pages have %d values of %d", rows-left, rows)
	}
	return err
}

// page checks a page and tells how many of the values it has that are left. A dictionary has none.
func (v *vetting) page(kind format.Type, h *format.PageHeader, body []byte, first bool, left int64) (int64, error) {
	if d := h.DictionaryPageHeader; h.Type == format.DictionaryPage && d.Valid {
		if n := int64(d.V.NumValues); !first || n < 0 || n > left || d.V.Encoding != format.Plain {
			return 0, fmt.Errorf("a dictionary of %d words for %d values", n, left)
		}
		_, err := v.unpack(h, body, wordRoom+valueRoom*left)
		return 0, err
	}
	d := h.DataPageHeaderV2
	if h.Type != format.DataPageV2 || !d.Valid {
		return 0, fmt.Errorf("a page of type %s", h.Type)
	}
	n := int64(d.V.NumValues)
	packed := !d.V.IsCompressed.Valid || d.V.IsCompressed.V
	if n < 1 || n > left || int64(d.V.NumRows) != n || d.V.NumNulls != 0 || d.V.DefinitionLevelsByteLength != 0 || d.V.RepetitionLevelsByteLength != 0 || !packed {
		return 0, fmt.Errorf("a page of %d values, where %d are left", n, left)
	}
	plain, err := v.unpack(h, body, pageRoom+valueRoom*n)
	if err != nil {
		return 0, err
	}
	var has int64
	switch e := d.V.Encoding; {
	case e == format.DeltaBinaryPacked && kind == format.Int64:
		has, err = deltas(plain)
	case e == format.RLEDictionary && (kind == format.ByteArray || kind == format.Int32):
		// The last run is filled up.
		if has, err = runs(plain); has >= n && has < n+8 {
			has = n
		}
	case e == format.Plain && kind == format.Double:
		has = int64(len(plain) / 8)
	default:
		return 0, fmt.Errorf("values of type %s in the encoding %s", kind, e)
	}
	if err == nil && has != n {
		err = fmt.Errorf("a page that says it has %d values has %d", n, has)
	}
	return n, err
}

// unpack decompresses a page of at most that many bytes.
func (v *vetting) unpack(h *format.PageHeader, body []byte, most int64) ([]byte, error) {
	n := int64(h.UncompressedPageSize)
	if n < 0 || n > most {
		return nil, fmt.Errorf("a page of %d bytes, where %d are allowed", n, most)
	}
	if int64(cap(v.room)) < n {
		v.room = make([]byte, 0, n)
	}
	plain, err := v.zstd.DecodeAll(body, v.room[:0:n])
	if err == nil && int64(len(plain)) != n {
		err = fmt.Errorf("a page that says it has %d bytes has %d", n, len(plain))
	}
	if err != nil {
		return nil, fmt.Errorf("decompress a page: %w", err)
	}
	return plain, nil
}

// deltas is how many numbers a page of differences says that it has.
func deltas(b []byte) (n int64, err error) {
	// The size of a block and its number of parts come before.
	for range 3 {
		u, size := binary.Uvarint(b)
		if size <= 0 || u > 1<<62 {
			return 0, io.ErrUnexpectedEOF
		}
		n, b = int64(u), b[size:]
	}
	return n, nil
}

// runs is how many indexes a page has, which are written as runs: of one index, or of groups of eight.
func runs(b []byte) (n int64, err error) {
	if len(b) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	width := uint64(b[0]) // of an index, in bits
	b = b[1:]
	for len(b) > 0 {
		u, size := binary.Uvarint(b)
		if size <= 0 || u > 1<<32 || width > 32 {
			return 0, io.ErrUnexpectedEOF
		}
		b = b[size:]
		count, bytes := u>>1, (width+7)/8
		if u&1 == 1 {
			count, bytes = 8*count, count*width
		}
		if bytes > uint64(len(b)) {
			return 0, io.ErrUnexpectedEOF
		}
		n, b = n+int64(count), b[bytes:]
	}
	return n, nil
}
