package suite

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// maxTrace bounds a trace: a plan holds all of it.
const maxTrace = 1_000_000

// Arrival is one task of a trace.
type Arrival struct {
	// At is the due time, in seconds from the start.
	At float64 `json:"at"`
	// Kind is an index into the scenario's kinds.
	Kind int `json:"kind,omitempty"`
}

// ParseTrace reads arrivals from CSV: a header with at and, with several kinds of task, kind; then one row per task, in order of time. at
// is in seconds, from 0.
func ParseTrace(data []byte, kinds []Share) ([]Arrival, error) {
	r := csv.NewReader(bytes.NewReader(data))
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("line 1: no header: write at or at,kind")
	}
	withKind := len(header) == 2 && strings.TrimSpace(header[1]) == "kind"
	if strings.TrimSpace(strings.TrimPrefix(header[0], "\ufeff")) != "at" || len(header) > 1 && !withKind {
		return nil, fmt.Errorf("line 1: the header is %q: write at or at,kind", strings.Join(header, ","))
	}
	index := map[string]int{}
	for i, k := range kinds {
		index[k.Kind] = i
	}
	var out []Arrival
	last := 0.0
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.New(strings.ReplaceAll(err.Error(), "record on line", "line"))
		}
		line, _ := r.FieldPos(0) // no position for a row that couldn't be read
		at, err := strconv.ParseFloat(strings.TrimSpace(row[0]), 64)
		if err != nil || math.IsInf(at, 0) || !(at >= last) || at > 1e6 {
			return nil, fmt.Errorf("line %d: at is %q: write seconds from 0 to 1000000, in ascending order", line, row[0])
		}
		a := Arrival{At: at}
		last = at
		if withKind {
			k, ok := index[strings.TrimSpace(row[1])]
			if !ok {
				return nil, fmt.Errorf("line %d: the scenario has no kind of task %q", line, row[1])
			}
			a.Kind = k
		}
		if out = append(out, a); len(out) > maxTrace {
			return nil, fmt.Errorf("line %d: more than %d tasks", line, maxTrace)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("has no tasks")
	}
	return out, nil
}

// shortened is a trace of a share of the time, at the rates of the whole.
func shortened(all []Arrival, scale float64) []Arrival {
	n := max(int(math.Round(float64(len(all))*scale)), 1)
	out := make([]Arrival, n)
	for i := range out {
		a := all[int(float64(i)*float64(len(all))/float64(n))]
		out[i] = Arrival{At: a.At * float64(n) / float64(len(all)), Kind: a.Kind}
	}
	return out
}
