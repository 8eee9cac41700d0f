package radix

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/internal/cost"
)

func TestSortIsThatOfTheStandardLibrary(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	draws := map[string]func() int64{
		"any":       func() int64 { return int64(rng.Uint64()) },
		"two":       func() int64 { return int64(rng.IntN(2)) },
		"one":       func() int64 { return -7 },
		"times":     func() int64 { return 41_844_634_372_761 + int64(1e9*rng.ExpFloat64()) },
		"negative":  func() int64 { return -int64(rng.IntN(1e6)) },
		"extremes":  func() int64 { return []int64{math.MinInt64, math.MaxInt64, 0, -1}[rng.IntN(4)] },
		"one digit": func() int64 { return int64(rng.IntN(buckets)) },
	}
	var spare []int64
	for name, draw := range draws {
		for _, n := range []int{0, 1, 2, few - 1, few, few + 1, 5000} {
			t.Run(fmt.Sprintf("%s %d", name, n), func(t *testing.T) {
				values := make([]int64, n)
				for i := range values {
					values[i] = draw()
				}
				want := slices.Clone(values)
				slices.Sort(want)
				spare = Sort(values, spare)
				if !slices.Equal(values, want) {
					t.Error("the order is another")
				}
				spare = Sort(values, spare) // in order already
				if !slices.Equal(values, want) {
					t.Error("sorting again changes the order")
				}
			})
		}
	}
}

// The room is only allocated once.
func TestSortUsesItsRoomAgain(t *testing.T) {
	values := make([]int64, 10_000)
	var spare []int64
	seed := uint64(0)
	if n := testing.AllocsPerRun(5, func() {
		seed++
		rng := rand.NewPCG(seed, 1)
		for i := range values {
			values[i] = int64(rng.Uint64())
		}
		spare = Sort(values, spare)
	}); n > 1 { // the generator
		t.Errorf("%v allocations a call", n)
	}
}

func FuzzSort(f *testing.F) {
	f.Add([]byte{}, uint8(0))
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x80\xff\xff\xff\xff\xff\xff\xff\x7f"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, shift uint8) {
		var values []int64
		for ; len(data) >= 8; data = data[8:] {
			values = append(values, int64(binary.LittleEndian.Uint64(data))>>(shift%64))
		}
		// Too many to sort by comparing.
		for len(values) > 0 && len(values) < few {
			values = append(values, values...)
		}
		want := slices.Clone(values)
		slices.Sort(want)
		Sort(values, nil)
		if !slices.Equal(values, want) {
			t.Fatal("the order is another")
		}
	})
}

func BenchmarkSort(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 2))
			drawn, values := make([]int64, n), make([]int64, n)
			for i := range drawn {
				drawn[i] = int64(1e9 * rng.ExpFloat64())
			}
			var spare []int64
			cost.Of(b, n, "value", func() error {
				copy(values, drawn)
				spare = Sort(values, spare)
				return nil
			})
		})
	}
}
