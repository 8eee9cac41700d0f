package results

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// Words is a column of few different strings.
type Words struct {
	// List has each string once, Index says which of them each row has.
	List  []string
	Index []uint8
}

// errWords: a column of words has more of them than it may.
var errWords = errors.New("more than 256 different values")

// column is one that a reader wants, and the room that its values go to.
type column interface {
	empty()
	grow(rows int)
	// read adds the values of a chunk.
	read(parquet.ColumnChunk) error
	len() int
}

// columns are what a reader wants of a file, by the columns' names, and the room that it reads the file into. They are read
// page by page and without a string a row: a run of millions of tasks is read in seconds. All room is used again.
type columns struct {
	to map[string]column
	// later are columns that files of this version didn't have at first: where one is missing, it is empty.
	later []string
	file  *[]byte
}

// read reads the columns of the trial's file of that name from dir.
func (c columns) read(dir, name string, t Trial) error {
	for _, to := range c.to {
		to.empty()
	}
	return withFile(dir, name, t, c.file, func(pf *parquet.File) error {
		for _, to := range c.to {
			to.grow(int(min(pf.NumRows(), mostRoom)))
		}
		for _, group := range pf.RowGroups() {
			chunks := group.ColumnChunks()
			for i, in := range pf.Root().Columns() {
				to := c.to[in.Name()]
				if to == nil {
					continue
				}
				if err := to.read(chunks[i]); err != nil {
					return fmt.Errorf("column %s: %w", in.Name(), err)
				}
			}
		}
		return c.whole(pf)
	})
}

// mostRoom is for how many rows room is made at once: a file may say that it has more than it has.
const mostRoom = 1 << 20

// whole tells whether each column has a value for each row of the file.
func (c columns) whole(pf *parquet.File) error {
	for _, name := range slices.Sorted(maps.Keys(c.to)) {
		missing := slices.Contains(c.later, name) && pf.Root().Column(name) == nil
		if got, rows := c.to[name].len(), pf.NumRows(); int64(got) != rows && !missing {
			return fmt.Errorf("column %s has %d values of %d", name, got, rows)
		}
	}
	return nil
}

// pages hands each page of a column to use.
func pages(c parquet.ColumnChunk, use func(parquet.Page) error) (err error) {
	all := c.Pages()
	defer func() { err = errors.Join(err, all.Close()) }()
	for {
		p, err := all.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		err = use(p)
		parquet.Release(p)
		if err != nil {
			return err
		}
	}
}

// values is a column of numbers.
type values[T int64 | float64] struct {
	to   *[]T
	kind parquet.Kind
	of   func(*encoding.Values) []T
}

func numbers(to *[]int64) column {
	return values[int64]{to, parquet.Int64, (*encoding.Values).Int64}
}

func floats(to *[]float64) column {
	return values[float64]{to, parquet.Double, (*encoding.Values).Double}
}

func (v values[T]) empty() { *v.to = (*v.to)[:0] }

func (v values[T]) grow(rows int) { *v.to = slices.Grow(*v.to, rows) }

func (v values[T]) len() int { return len(*v.to) }

func (v values[T]) read(c parquet.ColumnChunk) error {
	if err := kindIs(c, v.kind); err != nil {
		return err
	}
	return pages(c, func(p parquet.Page) error {
		data := p.Data()
		*v.to = append(*v.to, v.of(&data)...)
		return nil
	})
}

// kindIs refuses a chunk whose values are of another kind.
func kindIs(c parquet.ColumnChunk, want parquet.Kind) error {
	if kind := c.Type().Kind(); kind != want {
		return fmt.Errorf("its values are of kind %s", kind)
	}
	return nil
}

func (w *Words) empty() { w.List, w.Index = w.List[:0], w.Index[:0] }

func (w *Words) grow(rows int) { w.Index = slices.Grow(w.Index, rows) }

func (w *Words) len() int { return len(w.Index) }

// read adds a chunk, which has its own dictionary.
func (w *Words) read(c parquet.ColumnChunk) error {
	if err := kindIs(c, parquet.ByteArray); err != nil {
		return err
	}
	var index []uint8 // by the dictionary's
	return pages(c, func(p parquet.Page) error {
		if d := p.Dictionary(); index == nil {
			for i := range d.Len() {
				k, err := w.place(d.Index(int32(i)).String())
				if err != nil {
					return err
				}
				index = append(index, k)
			}
		}
		data := p.Data()
		for _, i := range data.Int32() {
			w.Index = append(w.Index, index[i])
		}
		return nil
	})
}

// place is where a word is in the list, at its end if it wasn't there.
func (w *Words) place(word string) (uint8, error) {
	i := slices.Index(w.List, word)
	if i < 0 {
		i = len(w.List)
		w.List = append(w.List, word)
	}
	if i > math.MaxUint8 {
		return 0, errWords
	}
	return uint8(i), nil
}

// Is reports for each word of the list whether it is that word.
func (w Words) Is(word string) []bool {
	out := make([]bool, len(w.List))
	for i, x := range w.List {
		out[i] = x == word
	}
	return out
}
