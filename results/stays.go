package results

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// Stays are the columns of tasks.parquet that an analysis needs, one entry a task, in the order of their numbers. They
// are read page by page and without a string a task: a run of millions of tasks is read in seconds.
type Stays struct {
	Phase, Kind, Outcome        Words
	Intended, Started, Finished []int64
}

// Words is a column of few different strings.
type Words struct {
	// List has each string once, Index says which of them each task has.
	List  []string
	Index []uint8
}

// errWords: a column of words has more of them than it may.
var errWords = errors.New("more than 256 different values")

// ReadStays reads those columns of tasks.parquet from dir.
func ReadStays(dir string) (*Stays, error) {
	out := &Stays{}
	err := withFile(dir, tasksFile, func(pf *parquet.File) error {
		n := pf.NumRows()
		words := map[string]*Words{"phase": &out.Phase, "kind": &out.Kind, "outcome": &out.Outcome}
		numbers := map[string]*[]int64{"intended_ns": &out.Intended, "started_ns": &out.Started, "finished_ns": &out.Finished}
		for _, group := range pf.RowGroups() {
			columns := group.ColumnChunks()
			for i, c := range pf.Root().Columns() {
				var err error
				if w := words[c.Name()]; w != nil {
					err = w.read(columns[i])
				} else if to := numbers[c.Name()]; to != nil {
					err = readNumbers(columns[i], to)
				}
				if err != nil {
					return fmt.Errorf("column %s: %w", c.Name(), err)
				}
			}
		}
		for _, got := range []int{len(out.Phase.Index), len(out.Kind.Index), len(out.Outcome.Index), len(out.Intended), len(out.Started), len(out.Finished)} {
			if int64(got) != n {
				return fmt.Errorf("a column has %d values of %d", got, n)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
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
		if p.Dictionary() != nil {
			return errors.New("its numbers are in a dictionary")
		}
		data := p.Data()
		*to = append(*to, data.Int64()...)
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
		d := p.Dictionary()
		if d == nil {
			return errors.New("it has no dictionary")
		}
		if index == nil {
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
