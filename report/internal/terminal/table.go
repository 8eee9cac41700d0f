package terminal

import (
	"unicode/utf8"
)

// table writes rows of figures in columns below a header; where they don't fit, each row gets its own lines.
func (t *terminal) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	total := 2 * (len(widths) - 1)
	for col := range widths {
		for _, r := range rows {
			widths[col] = max(widths[col], utf8.RuneCountInString(r[col]))
		}
		total += widths[col]
	}
	for i, r := range rows {
		if t.width > 0 && total > t.width {
			for col := range r {
				switch {
				case i == 0:
				case col == 0:
					t.wrap("", "", r[0])
				default:
					t.wrap("", "  ", rows[0][col]+" "+r[col])
				}
			}
			continue
		}
		line := pad(r[0], widths[0], false)
		for col := 1; col < len(r); col++ {
			line += "  " + pad(r[col], widths[col], true)
		}
		t.line(line)
	}
}
