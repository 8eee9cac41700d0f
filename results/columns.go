package results

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// Words is a column of few different strings.
type Words struct {
	// List has each string once, Index says which of them each row has.
	List  []string
	Index []uint8
}

// errWords: a column of words has more of them than it may.
var errWords = errors.New("more than 256 different values")

// columns are what a reader wants of a file, by the columns' names, and the room that it reads the file into. They are read
// page by page and without a string a row: a run of millions of tasks is read in seconds. All room is used again.
type columns struct {
	words   map[string]*Words
	numbers map[string]*[]int64
	floats  map[string]*[]float64
	// later are columns that files of this version didn't have at first: where one is missing, it is empty.
	later []string
	file  *[]byte
}

// read reads the columns of the trial's file of that name from dir.
func (c columns) read(dir, name string, t Trial) error {
	for _, w := range c.words {
		w.List, w.Index = w.List[:0], w.Index[:0]
	}
	for _, n := range c.numbers {
		*n = (*n)[:0]
	}
	for _, x := range c.floats {
		*x = (*x)[:0]
	}
	return withFile(dir, name, t, c.file, func(pf *parquet.File) error {
		c.grow(int(min(pf.NumRows(), mostRoom)))
		for _, group := range pf.RowGroups() {
			chunks := group.ColumnChunks()
			for i, column := range pf.Root().Columns() {
				var err error
				if w := c.words[column.Name()]; w != nil {
					err = w.read(chunks[i])
				} else if to := c.numbers[column.Name()]; to != nil {
					err = readNumbers(chunks[i], to)
				} else if to := c.floats[column.Name()]; to != nil {
					err = readFloats(chunks[i], to)
				}
				if err != nil {
					return fmt.Errorf("column %s: %w", column.Name(), err)
				}
			}
		}
		return c.whole(pf)
	})
}

// mostRoom is for how many rows room is made at once: a file may say that it has more than it has.
const mostRoom = 1 << 20

// grow makes room for so many rows.
func (c columns) grow(rows int) {
	for _, w := range c.words {
		w.Index = slices.Grow(w.Index, rows)
	}
	for _, n := range c.numbers {
		*n = slices.Grow(*n, rows)
	}
	for _, x := range c.floats {
		*x = slices.Grow(*x, rows)
	}
}

// whole tells whether each column has a value for each row of the file.
func (c columns) whole(pf *parquet.File) error {
	wrong := func(name string, got int) error {
		missing := slices.Contains(c.later, name) && pf.Root().Column(name) == nil
		if rows := pf.NumRows(); int64(got) != rows && !missing {
			return fmt.Errorf("column %s has %d values of %d", name, got, rows)
		}
		return nil
	}
	for name, w := range c.words {
		if err := wrong(name, len(w.Index)); err != nil {
			return err
		}
	}
	for name, n := range c.numbers {
		if err := wrong(name, len(*n)); err != nil {
			return err
		}
	}
	for name, x := range c.floats {
		if err := wrong(name, len(*x)); err != nil {
			return err
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

func readNumbers(c parquet.ColumnChunk, to *[]int64) error {
	if kind := c.Type().Kind(); kind != parquet.Int64 {
		return fmt.Errorf("its values are of kind %s", kind)
	}
	return pages(c, func(p parquet.Page) error {
		data := p.Data()
		*to = append(*to, data.Int64()...)
		return nil
	})
}

func readFloats(c parquet.ColumnChunk, to *[]float64) error {
	if kind := c.Type().Kind(); kind != parquet.Double {
		return fmt.Errorf("its values are of kind %s", kind)
	}
	return pages(c, func(p parquet.Page) error {
		data := p.Data()
		*to = append(*to, data.Double()...)
		return nil
	})
}

// read adds a chunk, which has a dictionary of its own.
func (w *Words) read(c parquet.ColumnChunk) error {
	if kind := c.Type().Kind(); kind != parquet.ByteArray {
		return fmt.Errorf("its values are of kind %s", kind)
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

// place is where a word stands in the list, at its end if it wasn't there.
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

// Is tells of each word of the list whether it is that word.
func (w Words) Is(word string) []bool {
	out := make([]bool, len(w.List))
	for i, x := range w.List {
		out[i] = x == word
	}
	return out
}
