// Package flame draws flame graphs: which functions were running, and who had called them.
//
// Its input is the collapsed form that most profilers write: a line for each stack, frames joined by semicolons, the outermost first,
// followed by a space and its number of samples.
package flame

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tqbench/tqbench/internal/text"
)

// Frame is a function on a stack, with the functions that it called. The zero Frame is a root, to add stacks to.
type Frame struct {
	Name string
	// Count is how many samples saw it.
	Count int64
	// Calls are in alphabetical order, so that two graphs can be compared by eye.
	Calls []*Frame
}

// Parse adds up collapsed stacks. The root has no name. A wrong line is an error with its number.
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
			return nil, fmt.Errorf("line %d is not a collapsed stack", n)
		}
		root.Add(strings.Split(line[:i], ";"), count)
	}
	return root, nil
}

// Add counts a stack, the outermost function first, below the root f.
func (f *Frame) Add(stack []string, count int64) {
	f.Count += count
	for _, name := range stack {
		f = f.call(name)
		f.Count += count
	}
}

// call is the function of that name that f called.
func (f *Frame) call(name string) *Frame {
	i, found := slices.BinarySearchFunc(f.Calls, name, func(c *Frame, name string) int { return strings.Compare(c.Name, name) })
	if !found {
		f.Calls = slices.Insert(f.Calls, i, &Frame{Name: name})
	}
	return f.Calls[i]
}

// depth is how many rows the calls below f take, counting those that are wide enough to draw.
func (f *Frame) depth(scale float64) int {
	deepest := 0
	for _, c := range f.Calls {
		if float64(c.Count)*scale >= narrowest {
			deepest = max(deepest, 1+c.depth(scale))
		}
	}
	return deepest
}

const (
	width     = 1200.0
	rowHeight = 17
	margin    = 10.0
	// letter is the width of a letter of a frame's name, titleLetters the number of letters that fit into the title.
	letter       = 6.7
	titleLetters = 145
	// narrowest is the minimum width of a frame: narrower ones are lines that no one could point at, but most of the file.
	narrowest = 2
	// hues are the colours from red to yellow.
	hues = 10
)

// style has the colours for day and night. An embedded picture follows the reader's system.
func style() string {
	var day, night strings.Builder
	for i := range hues {
		fmt.Fprintf(&day, ".h%d{fill:hsl(%d,80%%,72%%)}", i, 5*i)
		fmt.Fprintf(&night, ".h%d{fill:hsl(%d,50%%,29%%)}", i, 5*i)
	}
	return ".p{fill:#fff}text{fill:#111}g rect{stroke:#fff;stroke-width:.5}" + day.String() +
		"@media(prefers-color-scheme:dark){.p{fill:#161616}text{fill:#eee}g rect{stroke:#161616}" + night.String() + "}"
}

// SVG draws the stacks below root, the outermost frames on top. Pointing at a frame shows its full name and its share.
func SVG(w io.Writer, root *Frame, title string) error {
	var b bytes.Buffer
	scale := (width - 2*margin) / float64(max(1, root.Count))
	height := (root.depth(scale) + 3) * rowHeight
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %d" font-family="monospace" font-size="11" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title><style>%s</style>\n", escape(title), style())
	fmt.Fprintf(&b, `<rect class="p" width="100%%" height="100%%"/><text x="%g" y="%d" font-size="13">%s</text>`+"\n",
		margin, rowHeight, escape(short(title, titleLetters)))
	draw(&b, root, root.Count, margin, 2, scale)
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
			// The same function has the same colour everywhere.
			fmt.Fprintf(b, `<g><title>%s: %d samples, %.1f %%</title><rect class="h%d" x="%.1f" y="%d" width="%.1f" height="%d"/>`,
				escape(c.Name), c.Count, 100*float64(c.Count)/float64(all), h.Sum32()%hues, x, row*rowHeight, wide, rowHeight-1)
			if n := int((wide - 4) / letter); n >= 4 {
				fmt.Fprintf(b, `<text x="%.1f" y="%d">%s</text>`, x+3, row*rowHeight+12, escape(fit(c.Name, n)))
			}
			b.WriteString("</g>\n")
			draw(b, c, all, x, row+1, scale)
		}
		x += wide
	}
}

// escape turns any name into XML text.
func escape(name string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text.Escape(name))) // never fails
	return b.String()
}

// label is a function's name without its package's path, as in Go's names: a/b/c.F is c.F, and a/b/v5.F is b/v5.F. Names of other languages
// have no slash before the first bracket, quote or space.
func label(name string) string {
	way := name
	if i := strings.IndexAny(way, "([{<\"' "); i >= 0 {
		way = way[:i]
	}
	last := strings.LastIndexByte(way, '/')
	if last < 0 {
		return name
	}
	element, _, _ := strings.Cut(way[last+1:], ".")
	if version, isOne := strings.CutPrefix(element, "v"); isOne {
		if _, err := strconv.ParseUint(version, 10, 8); err == nil {
			last = strings.LastIndexByte(way[:last], '/')
		}
	}
	return name[last+1:]
}

// fit is what n letters can show of a function's name. Without room for its package, its own name is more useful.
func fit(name string, n int) string {
	l := label(name)
	if utf8.RuneCountInString(l) > n && !strings.Contains(l, " ") {
		if _, own, ok := strings.Cut(l, "."); ok && own != "" {
			l = own
		}
	}
	return short(l, n)
}

// short cuts a name to n letters.
func short(name string, n int) string {
	letters := []rune(name)
	if len(letters) <= n {
		return name
	}
	return string(letters[:n-1]) + "…"
}
