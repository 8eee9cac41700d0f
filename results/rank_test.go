package results

import "testing"

func TestNearestRankIsOneOfTheValues(t *testing.T) {
	t.Parallel()
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(i + 1)
	}
	for _, c := range []struct {
		values []int64
		q      float64
		want   int64
	}{
		{[]int64{7}, 0, 7}, {[]int64{7}, 0.99, 7}, {[]int64{1, 2}, 0.5, 1}, {[]int64{1, 2, 3}, 0.5, 2}, {[]int64{1, 2, 3}, 1, 3},
		{hundred, 0, 1}, {hundred, 0.5, 50}, {hundred, 0.99, 99}, {hundred, 1, 100},
	} {
		if got := NearestRank(c.values, c.q); got != c.want {
			t.Errorf("quantile %g of %d values: %d, want %d", c.q, len(c.values), got, c.want)
		}
	}
}
