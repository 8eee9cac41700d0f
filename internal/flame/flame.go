// Package flame draws flame graphs: which functions were running, and who had called them.
//
// Its input is the collapsed form that most profilers write: a line for each stack, frames joined by semicolons, the
// outermost first, and behind a space how often it was seen.
package flame

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"html"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Frame is a function on a stack, with those that it called.
type Frame struct {
	Name string
	// Count is how many samples saw it.
	Count int64
	Calls []*Frame
}

// Parse adds up collapsed stacks. The root has no name. A line that is no stack is an error that tells its number.
func Parse(text []byte) (*Frame, error) {
	root := &Frame{}
	n := 0
	for line := range bytes.Lines(text) {
		n++
		line := strings.TrimSpace(string(line))
		if line == "" {
			continue
		}
		i := strings.LastIndexByte(line, ' ')
		count, err := strconv.ParseInt(line[i+1:], 10, 32)
		if i < 1 || err != nil || count < 1 {
			return nil, fmt.Errorf("line %d is no collapsed stack", n)
		}
		root.Count += count
		at := root
		for name := range strings.SplitSeq(line[:i], ";") {
			at = at.call(name)
			at.Count += count
		}
	}
	root.sort()
	return root, nil
}

// call is the function of that name that f called.
func (f *Frame) call(name string) *Frame {
	for _, c := range f.Calls {
		if c.Name == name {
			return c
		}
	}
	c := &Frame{Name: name}
	f.Calls = append(f.Calls, c)
	return c
}

// sort puts functions in alphabetical order, so that two graphs can be compared by eye.
func (f *Frame) sort() {
	slices.SortFunc(f.Calls, func(a, b *Frame) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range f.Calls {
		c.sort()
	}
}

func (f *Frame) depth() int {
	deepest := 0
	for _, c := range f.Calls {
		deepest = max(deepest, 1+c.depth())
	}
	return deepest
}

const (
	width     = 1200.0
	rowHeight = 17
	margin    = 10.0
	// letter is how wide a letter is, and narrowest how wide a frame must be to be drawn.
	letter    = 7.0
	narrowest = 0.3
)

// SVG draws the stacks below root, the outermost frames on top. Each frame tells its name and its share when it is
// pointed at.
func SVG(w io.Writer, root *Frame, title string) error {
	var b bytes.Buffer
	height := (root.depth() + 3) * rowHeight
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %d" font-family="monospace" font-size="11">`+"\n", width, height)
	fmt.Fprintf(&b, `<rect width="100%%" height="100%%" fill="#fff"/><text x="%g" y="%d" font-size="13">%s</text>`+"\n", margin, rowHeight, html.EscapeString(title))
	if root.Count > 0 {
		draw(&b, root, root.Count, margin, 2, (width-2*margin)/float64(root.Count))
	}
	b.WriteString("</svg>\n")
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the flame graph: %w", err)
	}
	return nil
}

func draw(b *bytes.Buffer, f *Frame, all int64, x float64, row int, scale float64) {
	for _, c := range f.Calls {
		wide := float64(c.Count) * scale
		if wide >= narrowest {
			h := fnv.New32a()
			_, _ = io.WriteString(h, c.Name) // never fails
			hue := h.Sum32() % 50            // from red to yellow, the same for the same function
			name := html.EscapeString(c.Name)
			fmt.Fprintf(b, `<g><title>%s: %d samples, %.1f %%</title><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="hsl(%d,80%%,70%%)" stroke="#fff" stroke-width=".5"/>`,
				name, c.Count, 100*float64(c.Count)/float64(all), x, row*rowHeight, wide, rowHeight-1, hue)
			if n := int(wide/letter) - 1; n >= 3 {
				fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`, x+3, row*rowHeight+12, html.EscapeString(short(c.Name, n)))
			}
			b.WriteString("</g>\n")
			draw(b, c, all, x, row+1, scale)
		}
		x += wide
	}
}

// short cuts a name to n letters.
func short(name string, n int) string {
	letters := []rune(name)
	if len(letters) <= n {
		return name
	}
	return string(letters[:n-1]) + "…"
}
