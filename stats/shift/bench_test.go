package shift

import (
	"math/rand/v2"
	"testing"
)

// A series of 1,000 runs.
func BenchmarkFind(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float64, 1000)
	for i := range values {
		values[i] = 0.02 * rng.NormFloat64()
	}
	for b.Loop() {
		Find(values, 0.01)
	}
}
