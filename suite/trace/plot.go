package trace

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// plotRows is the height of a plot.
const plotRows = 6

// Plot writes the rate over time as plain text: a column for each window, the axis in tasks per second.
func (s Shape) Plot(w io.Writer) error {
	r := s.Rates
	window := min(r.WindowSeconds, max(s.Seconds, r.WindowSeconds/float64(max(len(r.Tasks), 1))))
	most := slices.Max(append([]int64{1}, r.Tasks...))
	top := Number(float64(most) / window)
	width := max(len(top), 6)
	for row := plotRows; row > 0; row-- {
		label := ""
		if row == plotRows {
			label = top
		}
		var line strings.Builder
		for _, n := range r.Tasks {
			// Any task shows.
			if n > 0 && (row == 1 || float64(n)/float64(most)*plotRows > float64(row)-0.5) {
				line.WriteByte('#')
			} else {
				line.WriteByte(' ')
			}
		}
		if _, err := fmt.Fprintf(w, "%*s |%s\n", width, label, strings.TrimRight(line.String(), " ")); err != nil {
			return err
		}
	}
	end := Span(s.Seconds)
	axis := fmt.Sprintf("%*s +%s", width, "0", strings.Repeat("-", len(r.Tasks)))
	_, err := fmt.Fprintf(w, "%s\n%*s  0%*s\n", axis, width, "", max(len(r.Tasks)-1, len(end)+1), end)
	return err
}

// Number is a figure with three digits.
func Number(v float64) string {
	if v >= 100 {
		return strconv.FormatFloat(math.Round(v), 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

// Rate is a rate as people write it.
func Rate(v float64) string { return Number(v) + " tasks/s" }

// Span is a time in seconds as people write it.
func Span(s float64) string {
	switch {
	case s < 1:
		return Number(1000*s) + " ms"
	case s < 600:
		return Number(s) + " s"
	}
	d := time.Duration(math.Round(s)) * time.Second
	if days := int(d.Hours()) / 24; days > 1 {
		return strings.TrimSuffix(fmt.Sprintf("%d days %s", days, short24(d-time.Duration(days)*24*time.Hour)), " ")
	}
	return short24(d)
}

// short24 is a duration without its zeros.
func short24(d time.Duration) string {
	if d == 0 {
		return ""
	}
	out := d.Round(time.Second).String()
	if strings.HasSuffix(out, "m0s") {
		out = strings.TrimSuffix(out, "0s")
	}
	if strings.HasSuffix(out, "h0m") {
		out = strings.TrimSuffix(out, "0m")
	}
	return out
}
