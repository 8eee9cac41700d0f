package results

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// forgery is a column file whose parts can be changed.
type forgery struct {
	meta *format.FileMetaData
	// pages are those of each column of the one row group.
	pages [][]forgedPage
}

type forgedPage struct {
	header format.PageHeader
	body   []byte
}

// takeApart reads a file that tqbench wrote.
func takeApart(t *testing.T, data []byte) *forgery {
	t.Helper()
	pf, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)), parquet.SkipPageIndex(true))
	if err != nil {
		t.Fatal(err)
	}
	f := &forgery{meta: pf.Metadata()}
	for _, c := range f.meta.RowGroups[0].Columns {
		at := c.MetaData.DataPageOffset
		if c.MetaData.DictionaryPageOffset > 0 {
			at = c.MetaData.DictionaryPageOffset
		}
		var pages []forgedPage
		for rest := data[at : at+c.MetaData.TotalCompressedSize]; len(rest) > 0; {
			var (
				compact thrift.CompactProtocol
				p       forgedPage
			)
			r := compact.NewReaderFromBytes(rest)
			if err := thrift.NewDecoder(r).Decode(&p.header); err != nil {
				t.Fatal(err)
			}
			rest = rest[r.BytesRead():]
			p.body = bytes.Clone(rest[:p.header.CompressedPageSize])
			rest = rest[len(p.body):]
			pages = append(pages, p)
		}
		f.pages = append(f.pages, pages)
	}
	return f
}

// together is the file again, whose footer says besides what state makes of it.
func (f *forgery) together(t *testing.T, state func(*format.FileMetaData)) []byte {
	t.Helper()
	out := []byte("PAR1")
	for i, pages := range f.pages {
		m := &f.meta.RowGroups[0].Columns[i].MetaData
		from := len(out)
		m.DictionaryPageOffset, m.DataPageOffset = 0, int64(from)
		for n, p := range pages {
			if n == 0 && p.header.Type == format.DictionaryPage {
				m.DictionaryPageOffset = int64(from)
			}
			out = append(append(out, marshal(t, &p.header)...), p.body...)
		}
		m.TotalCompressedSize = int64(len(out) - from)
	}
	state(f.meta)
	return ended(append(out, marshal(t, f.meta)...), len(out))
}

// asItIs leaves a footer alone.
func asItIs(*format.FileMetaData) {}

// ended puts the end behind a footer that begins there.
func ended(data []byte, footer int) []byte {
	return append(binary.LittleEndian.AppendUint32(data, uint32(len(data)-footer)), "PAR1"...)
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// fill puts other content into a page.
func (p *forgedPage) fill(t *testing.T, plain []byte) {
	t.Helper()
	p.squeeze(t, bytes.NewReader(plain))
	p.header.UncompressedPageSize = int32(len(plain))
}

// squeeze compresses what comes into a page.
func (p *forgedPage) squeeze(t *testing.T, plain io.Reader) {
	t.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderConcurrency(1))
	if err == nil {
		_, err = io.Copy(z, plain)
	}
	if err := errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	p.body, p.header.CompressedPageSize, p.header.CRC = b.Bytes(), int32(b.Len()), 0
}

// zeros are bytes without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// Columns of Task by their places.
const (
	columnPhase    = 1
	columnIntended = 3
	columnPID      = 8
)

// A file of a few kilobytes that states more than its trial has is refused by name, and before room is made for it.
func TestAFileThatStatesMoreThanItsTrialHasCostsNothing(t *testing.T) {
	const tasks = 900
	// A page has four bytes of its number's kind, or one of a run's width, before what it states.
	manyDeltas := append([]byte{0x80, 0x01, 0x04}, binary.AppendUvarint(nil, math.MaxInt32)...)
	manyRuns := append([]byte{1}, append(binary.AppendUvarint(nil, math.MaxInt32<<1), 0)...)
	for name, tt := range map[string]struct {
		// state changes the footer, change the pages; either may be nil.
		state  func(m *format.FileMetaData)
		change func(t *testing.T, f *forgery)
		want   string
	}{
		"rows of the footer": {func(m *format.FileMetaData) { m.NumRows = 60_000_000 }, nil,
			"it says that it has 60000000 rows, and by trial.json it has 900"},
		"fewer rows of the footer": {func(m *format.FileMetaData) { m.NumRows = 899 }, nil, "it says that it has 899 rows"},
		"rows of a row group":      {func(m *format.FileMetaData) { m.RowGroups[0].NumRows = 60_000_000 }, nil, "row group 0 of 60000000 rows"},
		"rows below zero":          {func(m *format.FileMetaData) { m.RowGroups[0].NumRows = -1 }, nil, "row group 0"},
		"no row group":             {func(m *format.FileMetaData) { m.RowGroups = nil }, nil, "its row groups have 0 rows of 900"},
		"one row group twice": {func(m *format.FileMetaData) { m.RowGroups = append(m.RowGroups, m.RowGroups[0]) }, nil,
			"row group 1 of 900 rows: 0 rows are left"},
		"values of a column": {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.NumValues = 60_000_000 }, nil,
			"60000000 values of 900 rows"},
		"another compression": {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.Codec = format.Gzip }, nil, "its compression is GZIP"},
		"a place outside":     {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.DataPageOffset = math.MaxInt64 }, nil, "it lies outside of the file"},
		"a size outside":      {func(m *format.FileMetaData) { m.RowGroups[0].Columns[0].MetaData.TotalCompressedSize = math.MaxInt64 }, nil, "it lies outside of the file"},
		"values that may be missing": {func(m *format.FileMetaData) {
			m.Schema[1+columnIntended].RepetitionType = thrift.Null[format.FieldRepetitionType]{Valid: true, V: format.Optional}
		}, nil, "column intended_ns: not every row has one value"},
		"values of a page": {nil, func(_ *testing.T, f *forgery) {
			h := &f.pages[columnIntended][0].header.DataPageHeaderV2.V
			h.NumValues, h.NumRows = math.MaxInt32, math.MaxInt32
		}, "a page of 2147483647 values, where 900 are left"},
		"a page twice": {nil, func(_ *testing.T, f *forgery) {
			f.pages[columnIntended] = append(f.pages[columnIntended], f.pages[columnIntended][0])
		}, "a page of 900 values, where 0 are left"},
		"values that are empty": {nil, func(_ *testing.T, f *forgery) { f.pages[columnIntended][0].header.DataPageHeaderV2.V.NumNulls = 1 },
			"a page of 900 values"},
		"no page": {nil, func(_ *testing.T, f *forgery) { f.pages[columnIntended] = nil }, "its pages have 0 values of 900"},
		"words of a dictionary": {nil, func(_ *testing.T, f *forgery) {
			f.pages[columnPhase][0].header.DictionaryPageHeader.V.NumValues = math.MaxInt32
		},
			"a dictionary of 2147483647 words"},
		"a dictionary behind its indexes": {nil, func(_ *testing.T, f *forgery) {
			p := f.pages[columnPhase]
			p[0], p[1] = p[1], p[0]
		}, "a dictionary of 1 words for 0 values"},
		"bytes of a page": {nil, func(_ *testing.T, f *forgery) { f.pages[columnIntended][0].header.UncompressedPageSize = math.MaxInt32 },
			"a page of 2147483647 bytes, where 18496 are allowed"},
		"compressed bytes of a page": {nil, func(_ *testing.T, f *forgery) { f.pages[columnIntended][0].header.CompressedPageSize = math.MaxInt32 },
			"a page of 2147483647 bytes, of which"},
		"a page that swells": {nil, func(t *testing.T, f *forgery) { f.pages[columnIntended][0].squeeze(t, io.LimitReader(zeros{}, 1<<29)) },
			"decompress a page"},
		"a dictionary that swells": {nil, func(t *testing.T, f *forgery) { f.pages[columnPhase][0].squeeze(t, io.LimitReader(zeros{}, 1<<29)) },
			"decompress a page"},
		"numbers within a page": {nil, func(t *testing.T, f *forgery) { f.pages[columnIntended][0].fill(t, append(manyDeltas, 0)) },
			"a page that says it has 900 values has 2147483647"},
		"a run within a page": {nil, func(t *testing.T, f *forgery) { f.pages[columnPhase][1].fill(t, manyRuns) },
			"a page that says it has 900 values has 2147483647"},
		"a run of numbers": {nil, func(t *testing.T, f *forgery) { f.pages[columnPID][1].fill(t, manyRuns) },
			"a page that says it has 900 values has 2147483647"},
		"a run that is cut off": {nil, func(t *testing.T, f *forgery) { f.pages[columnPhase][1].fill(t, []byte{1, 0xff, 0xff, 3}) }, "unexpected EOF"},
		"another encoding": {nil, func(_ *testing.T, f *forgery) {
			f.pages[columnIntended][0].header.DataPageHeaderV2.V.Encoding = format.ByteStreamSplit
		}, "values of type INT64 in the encoding BYTE_STREAM_SPLIT"},
		"an older kind of page": {nil, func(_ *testing.T, f *forgery) {
			h := &f.pages[columnIntended][0].header
			h.Type = format.DataPage
			h.DataPageHeader = thrift.Null[format.DataPageHeader]{Valid: true, V: format.DataPageHeader{NumValues: math.MaxInt32, Encoding: format.Plain}}
		}, "a page of type DATA_PAGE"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := WriteTasks(dir, sampleTasks(tasks)); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(filepath.Join(dir, tasksFile))
			if err != nil {
				t.Fatal(err)
			}
			f := takeApart(t, data)
			state := asItIs
			if tt.state != nil {
				state = tt.state
			}
			if tt.change != nil {
				tt.change(t, f)
			}
			refusedCheaply(t, dir, f.together(t, state), sent(tasks), tt.want)
		})
	}
}

// The trial of a forged file may say the same as the file: rows that take no room weren't measured.
func TestRowsWithoutContentAreRefused(t *testing.T) {
	for _, n := range []int64{1 << 18, 1 << 20} {
		dir := t.TempDir()
		if err := WriteTasks(dir, make([]Task, n)); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(filepath.Join(dir, tasksFile))
		if err != nil {
			t.Fatal(err)
		}
		const want = "rows that were measured take more"
		refusedCheaply(t, dir, data, sent(n), want)
		refusedCheaply(t, dir, data, lost(n), want)
	}
}

// Tasks that no worker ran have the times of their batch and no others: the backlog of a side whose workers died at once is read.
func TestABacklogThatNoWorkerRanIsRead(t *testing.T) {
	t.Parallel()
	const tasks, batch = 300_000, 500
	rng := rand.New(rand.NewPCG(1, 2))
	rows := make([]Task, tasks)
	at, acked := int64(0), int64(1e12)
	for i := range rows {
		if i%batch == 0 {
			at = acked + 1000 + rng.Int64N(5000)
			acked = at + 250_000 + rng.Int64N(150_000)
		}
		rows[i] = Task{Seq: int64(i), Phase: "drain", Kind: "noop", Intended: at, Sent: at, Acked: acked, Outcome: OutcomeLost}
	}
	dir := t.TempDir()
	if err := errors.Join(WriteTasks(dir, rows), WriteTrial(dir, lost(tasks))); err != nil {
		t.Fatal(err)
	}
	if got, err := ReadTasks(dir); err != nil || !slices.Equal(got, rows) {
		t.Errorf("%d rows, %v", len(got), err)
	}
	var s Stays
	if err := s.Read(dir, readTrial(t, dir)); err != nil || len(s.Sent) != tasks {
		t.Errorf("%d tasks, %v", len(s.Sent), err)
	}
}

// lost is a trial that sent n tasks, none of which ran.
func lost(n int64) Trial { return Trial{ID: 1, Counts: Counts{Sent: n, Lost: n}} }

// What is refused above is refused for what was changed: put together as it was, the file is read.
func TestAFileThatIsPutTogetherAgainIsRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := WriteTasks(dir, sampleTasks(900)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, tasksFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := takeApart(t, data)
	f.pages[columnPhase][1].fill(t, append([]byte{1}, append(binary.AppendUvarint(nil, 900<<1), 0)...))
	if err := errors.Join(os.WriteFile(path, f.together(t, asItIs), 0o644), WriteTrial(dir, sent(900))); err != nil {
		t.Fatal(err)
	}
	if rows, err := ReadTasks(dir); err != nil || !slices.Equal(rows, sampleTasks(900)) {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// The same of what comes before and after the pages, byte by byte.
func TestAFooterThatStatesMoreThanItHasCostsNothing(t *testing.T) {
	// Field 2 of a file's description is the list of columns: as many as a list may have.
	manyColumns := append([]byte{0x15, 0x02, 0x19, 0xf0 | thriftStruct}, binary.AppendUvarint(nil, math.MaxInt32)...)
	longName := append([]byte{0x15, 0x02, 0x38}, append([]byte{0x48}, binary.AppendUvarint(nil, math.MaxInt32)...)...)
	for name, tt := range map[string]struct {
		footer []byte
		want   string
	}{
		"a list":          {manyColumns, "it says that it has a list of 2147483647"},
		"a name":          {longName, "its footer is damaged"},
		"nested lists":    {append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 1<<19)...), "it is nested too deep"},
		"nothing":         {nil, "its footer is damaged"},
		"a map, of a few": {[]byte{0x1b, 0x00, 0x00}, "it has a value of kind 11"},
	} {
		t.Run(name, func(t *testing.T) {
			refusedCheaply(t, t.TempDir(), ended(append([]byte("PAR1"), tt.footer...), 4), sent(1), tt.want)
		})
	}
	refusedCheaply(t, t.TempDir(), append([]byte("PAR1"), "\xff\xff\xff\xffPAR1"...), sent(1), "it says that it has 4294967295 bytes")
	refusedCheaply(t, t.TempDir(), []byte("PAR1"), sent(1), "its footer is damaged")
}

// Samples are not counted, but bounded by how long the trial took.
func TestSamplesAreBoundedByTheTrialsTime(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		trial Trial
		most  int64
	}{
		"its time":                     {Trial{WallSeconds: 100}, 12_000},
		"that of its phases":           {Trial{Phases: []Phase{{EnqueueBegan: 1e9, Released: 2e9, Drained: 3e9}, {EnqueueBegan: 4e9, Released: 4e9, SteadyTo: 11e9}}}, 10_200},
		"none":                         {Trial{}, 10_000},
		"a time that nothing lasts":    {Trial{WallSeconds: 1e300}, 20_000_000_010_000},
		"a time that ends beforehand ": {Trial{Phases: []Phase{{EnqueueBegan: math.MaxInt64, Released: math.MaxInt64}}}, 10_000},
	} {
		if got := tt.trial.rows(seriesFile); got != (span{0, tt.most}) {
			t.Errorf("%s: %v, want at most %d", name, got, tt.most)
		}
	}
	dir := t.TempDir()
	if err := errors.Join(WriteSeries(dir, make([]Sample, 10_001)), WriteTrial(dir, Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	const want = "it says that it has 10001 rows, and by trial.json it has at most 10000"
	if err := new(Depths).Read(dir, readTrial(t, dir)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) {
		t.Errorf("err = %v", err)
	}
}

// cheap is how much may be allocated for a file that is refused: what a decompressor and a footer take, and no more.
const cheap = 16 << 20

// refusedCheaply puts a file into a trial, and reads it in each way. What other tests allocate meanwhile would count: its callers run alone.
func refusedCheaply(t *testing.T, dir string, data []byte, of Trial, want string) {
	t.Helper()
	if err := errors.Join(os.WriteFile(filepath.Join(dir, tasksFile), data, 0o644), WriteTrial(dir, of)); err != nil {
		t.Fatal(err)
	}
	trial := readTrial(t, dir)
	for how, read := range map[string]func() error{
		"rows":    func() error { _, err := ReadTasks(dir); return err },
		"columns": func() error { return new(Stays).Read(dir, trial) },
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := read()
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Join(dir, tasksFile)) {
			t.Errorf("%s: err = %v, want %q", how, err, want)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > cheap {
			t.Errorf("%s: %d MiB were allocated", how, n>>20)
		}
	}
}
