package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/chart"
)

// hidden is text that a spreadsheet would compute, a terminal obey, and a person read as something else.
const hidden = "=1+1|\x1b]0;owned\a\x1b[31m\x00\b\t\v\f\r\n\x7f\u0085\u009b31m\u200b\u200d\u200e\u200f\u061c\u2028\u2029\u202a\u202b\u202c\u202d\u202e" +
	"\u2060\u2066\u2067\u2068\u2069\ufeff\u00ad\u034f\U000e0041\xff"

// changed is a copy of v with each string in it, whatever it is in, as change makes it. A path is that of types and fields.
func changed[T any](v T, change func(path, s string) string) T {
	return copyOf(reflect.ValueOf(v), "", change).Interface().(T)
}

func copyOf(v reflect.Value, path string, change func(path, s string) string) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.String:
		out.SetString(change(path, v.String()))
	case reflect.Struct:
		out.Set(v) // such as the hidden parts of a time
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				out.Field(i).Set(copyOf(v.Field(i), path+"."+f.Name, change))
			}
		}
	case reflect.Slice:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(copyOf(v.Index(i), path, change))
		}
	case reflect.Map:
		if v.IsNil() {
			break
		}
		out.Set(reflect.MakeMap(v.Type()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(copyOf(k, path+".key", change), copyOf(v.MapIndex(k), path, change))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(copyOf(v.Elem(), path, change))
		}
	default:
		out.Set(v)
	}
	return out
}

// hostiles are v with hidden in all its strings, and in each of them alone but those that are done, so that others still
// mean what they did. The names are those of the fields, which are done then.
func hostiles[T any](v T, done map[string]bool) map[string]T {
	fields := map[string]bool{}
	out := map[string]T{"all": changed(v, func(path, s string) string {
		fields[path] = true
		return hidden + s
	})}
	for only := range fields {
		if done[only] {
			continue
		}
		done[only] = true
		out[only] = changed(v, func(path, s string) string {
			if path != only {
				return s
			}
			return hidden + s
		})
	}
	return out
}

// harmless makes sure that a file has nothing in it that is hidden. It knows no format but that of pages and tables, so
// that it needs to know of no new one.
func harmless(t *testing.T, name string, data []byte) {
	t.Helper()
	if filepath.Ext(name) == ".png" {
		return // pixels
	}
	text := string(data)
	if filepath.Ext(name) == ".html" && strings.Contains(text, `id="packed"`) {
		text = unpack(t, text)
	}
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		if r == '\n' || unicode.IsPrint(r) && r != '\u034f' && (r != utf8.RuneError || size > 1) {
			continue
		}
		t.Errorf("%s has %q: %q", name, r, text[max(0, i-60):min(len(text), i+20)])
		return
	}
	if filepath.Ext(name) == ".csv" {
		noFormulas(t, name, text)
	}
}

// noFormulas makes sure that no cell of a table begins as a formula does, and that numbers are numbers.
func noFormulas(t *testing.T, name, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			_, err := strconv.ParseFloat(strings.TrimSuffix(strings.ReplaceAll(cell, ",", ""), " %"), 64)
			if begins := strings.TrimLeft(cell, " \u00a0\u3000"); err != nil && begins != "" && strings.ContainsRune("=+-@\t\r\uff1d\uff0b\uff0d\uff20", []rune(begins)[0]) {
				t.Errorf("%s has the cell %q, which a spreadsheet takes for a formula", name, cell)
			}
			if number, ok := strings.CutPrefix(cell, "'"); ok && numeric.MatchString(number) {
				t.Errorf("%s has the cell %q, which is no number any more", name, cell)
			}
		}
	}
}

var numeric = regexp.MustCompile(`^[+-][0-9.,]+( %)?$`)

// noPictures draws charts as lines, and no pixels, which take long and have no text that could be read.
type noPictures struct{ *chart.GoChart }

func (noPictures) PNG(io.Writer, chart.Figure) error { return nil }

// Whatever a run's files say, none of the files that are written of it has anything hidden in it.
func TestEveryFileOfAReportIsSafeToOpen(t *testing.T) {
	done := map[string]bool{}
	for _, run := range []struct {
		name string
		analysis.Analysis
		done map[string]bool
	}{
		{"one broker", fixture(), done}, {"noisy", noisyRun(), map[string]bool{}}, {"one arm", oneArm(), map[string]bool{}},
		{"profiled", profiledRun(), map[string]bool{}}, {"nine sides", onlyIn(nineSides(t), "cpu", "redis"), done}, {"many brokers", manyBrokers(), done}, // it is large
	} {
		for field, a := range hostiles(run.Analysis, run.done) {
			t.Run(run.name+"/"+field, func(t *testing.T) {
				t.Parallel()
				out := t.TempDir()
				if err := errors.Join(analysis.Write(out, a), write(t.Context(), out, a, noPictures{new(chart.GoChart)})); err != nil {
					t.Fatal(err)
				}
				files := tree(t, out)
				if len(files) < 8 {
					t.Errorf("only %v are written", files)
				}
				for _, f := range files {
					data, err := os.ReadFile(filepath.Join(out, f))
					if err != nil {
						t.Fatal(err)
					}
					harmless(t, f, data)
				}
				for _, width := range []int{0, 44, 100} {
					shownHarmlessly(t, func(w io.Writer, colour bool) error { return Terminal(w, a, Screen{Width: width, Colour: colour}) })
				}
			})
		}
	}
}

var colours = regexp.MustCompile("\x1b\\[[0-9]*m")

// shownHarmlessly makes sure of what a terminal shows.
func shownHarmlessly(t *testing.T, show func(w io.Writer, colour bool) error) {
	t.Helper()
	var plain, coloured bytes.Buffer
	if err := errors.Join(show(&plain, false), show(&coloured, true)); err != nil {
		t.Fatal(err)
	}
	harmless(t, "terminal", plain.Bytes())
	if got := colours.ReplaceAllString(coloured.String(), ""); got != plain.String() {
		t.Errorf("with colours the terminal shows %q, without %q", got, plain.String())
	}
}

func TestEveryOutputOfComparisonsIsSafeToOpen(t *testing.T) {
	files := func(t *testing.T, write map[string]func(io.Writer) error) {
		t.Helper()
		for name, fill := range write {
			var b bytes.Buffer
			if err := fill(&b); err != nil {
				t.Fatal(err)
			}
			harmless(t, name, b.Bytes())
		}
	}
	for field, c := range hostiles(comparedRuns(t), map[string]bool{}) {
		t.Run("compare/"+field, func(t *testing.T) {
			files(t, map[string]func(io.Writer) error{
				"json": atomicfile.JSON(c), "markdown": func(w io.Writer) error { return CompareMarkdown(w, c) },
				"junit": func(w io.Writer) error { return CompareJUnit(w, c) },
			})
			changed(NewCompareTable(c), func(path, s string) string {
				if path != ".Decisions.Metric" && !strings.Contains(path, ".Cell.") { // which no page shows
					harmless(t, "page"+path, []byte(s))
				}
				return s
			})
			for _, width := range []int{0, 44, 100} {
				shownHarmlessly(t, func(w io.Writer, colour bool) error { return CompareTerminal(w, c, width, colour) })
			}
		})
	}
	for field, tr := range hostiles(trended(t), map[string]bool{}) {
		t.Run("trend/"+field, func(t *testing.T) {
			files(t, map[string]func(io.Writer) error{
				"json": atomicfile.JSON(tr), "markdown": func(w io.Writer) error { return TrendMarkdown(w, tr) },
			})
			for _, width := range []int{0, 44, 100} {
				shownHarmlessly(t, func(w io.Writer, colour bool) error { return TrendTerminal(w, tr, width, colour) })
			}
		})
	}
}

// The test must be able to see what is hidden, wherever it is.
func TestHiddenTextIsSeen(t *testing.T) {
	n := 0
	changed(fixture(), func(path, s string) string {
		n++
		return s
	})
	if n < 500 {
		t.Errorf("the fixture has %d strings", n)
	}
	type nested struct {
		List []map[string]*string
		regress.Cell
	}
	s := "b"
	got := changed(nested{[]map[string]*string{{"a": &s}}, regress.Cell{Broker: "c"}}, func(path, s string) string { return path + s })
	if p := got.List[0][".List.keya"]; p == nil || *p != ".Listb" || got.Broker != ".Cell.Brokerc" || s != "b" {
		t.Errorf("%+v", got)
	}
}
