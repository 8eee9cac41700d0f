package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tqbench/tqbench/analysis"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with the file of that name in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestMarkdownGolden(t *testing.T) {
	for name, a := range map[string]analysis.Analysis{
		"summary.md": fixture(), "summary-brokers.md": manyBrokers(), "summary-empty.md": {}, "summary-noisy.md": noisyRun(),
		"summary-one-arm.md": oneArm(), "summary-profiled.md": profiledRun(), "summary-nine.md": nineSides(t),
	} {
		var b bytes.Buffer
		if err := writeMarkdown(&b, New(a)); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestTerminalGolden(t *testing.T) {
	for _, c := range []struct {
		name   string
		a      analysis.Analysis
		width  int
		colour bool
	}{
		{"terminal-80.txt", fixture(), 80, false},
		{"terminal-pipe.txt", fixture(), 0, false},
		{"terminal-narrow.txt", fixture(), 44, false},
		{"terminal-colour.txt", fixture(), 100, true},
		{"terminal-empty.txt", analysis.Analysis{}, 80, false},
		{"terminal-brokers-80.txt", manyBrokers(), 80, false},
		{"terminal-brokers-pipe.txt", manyBrokers(), 0, false},
		{"terminal-brokers-narrow.txt", manyBrokers(), 44, false},
		{"terminal-noisy-100.txt", noisyRun(), 100, false},
		{"terminal-noisy-narrow.txt", noisyRun(), 44, false},
		{"terminal-one-block.txt", oneBlock(), 100, false},
		{"terminal-one-arm.txt", oneArm(), 100, false},
		{"terminal-profiled.txt", profiledRun(), 100, false},
		{"terminal-nine-80.txt", nineSides(t), 80, false},
		{"terminal-nine-narrow.txt", nineSides(t), 44, false},
		{"terminal-nine-one-80.txt", onlyIn(nineSides(t), "throughput", "redis"), 80, false},
		{"terminal-nine-young-80.txt", onlyIn(youngNine(t), "throughput", "redis"), 80, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := Terminal(&b, c.a, Screen{Width: c.width, Colour: c.colour}); err != nil {
				t.Fatal(err)
			}
			golden(t, c.name, b.Bytes())
		})
	}
}

// A reader in a pipe, and one who can't tell colours apart, gets the same words as any other.
func TestTerminalWordsDoNotDependOnColour(t *testing.T) {
	var plain, coloured bytes.Buffer
	if err := Terminal(&plain, manyBrokers(), Screen{Width: 90}); err != nil {
		t.Fatal(err)
	}
	if err := Terminal(&coloured, manyBrokers(), Screen{Width: 90, Colour: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(coloured.String(), "\x1b[") {
		t.Fatal("no colour where it was asked for")
	}
	stripped := coloured.String()
	for _, style := range []string{styleStrong, styleCandidate, styleBaseline, "0"} {
		stripped = strings.ReplaceAll(stripped, "\x1b["+style+"m", "")
	}
	if diff := cmp.Diff(plain.String(), stripped); diff != "" {
		t.Errorf("colour changes the words (-plain +coloured):\n%s", diff)
	}
	for _, word := range []string{"faster", "slower", "better", "worse", "equivalent", "undecided", "no data"} {
		if !strings.Contains(plain.String(), word) {
			t.Errorf("the verdict %q is missing", word)
		}
	}
}

func TestTerminalIsPlainASCIIAndKeepsItsWidth(t *testing.T) {
	runs := fixtures()
	runs["nine sides"] = nineSides(t)
	for name, a := range runs {
		for _, width := range []int{40, 60, 76, 80, 100, 120, 160} {
			var b bytes.Buffer
			if err := Terminal(&b, a, Screen{Width: width}); err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(b.String(), "\n") {
				if len(line) > width {
					t.Errorf("%s, width %d: line %d has %d characters: %q", name, width, i+1, len(line), line)
				}
				for _, r := range line {
					if r > '~' || r < ' ' {
						t.Errorf("%s, width %d: line %d has %q", name, width, i+1, r)
					}
				}
			}
		}
	}
}

// A name from a results folder must not drive the terminal that shows it.
func TestTerminalPrintsNoForeignEscapes(t *testing.T) {
	const evil = "evil\x1b]0;owned\a\x1b[2J\r\n\u202eabc"
	for name, a := range map[string]analysis.Analysis{
		"one broker": hostile(fixture(), evil), "many brokers": hostile(manyBrokers(), evil), "products": hostileProducts(manyBrokers(), evil),
		"nine sides": hostile(nineSides(t), evil),
	} {
		var b bytes.Buffer
		if err := Terminal(&b, a, Screen{Width: 80}); err != nil {
			t.Fatal(err)
		}
		for _, bad := range []string{"\x1b", "\a", "\r", "\u202e"} {
			if strings.Contains(b.String(), bad) {
				t.Errorf("%s: the output has %q", name, bad)
			}
		}
	}
}

// In Markdown a hostile name neither opens a tag nor adds a column.
func TestMarkdownKeepsHostileNamesInTheirCells(t *testing.T) {
	const evil = "<script>x</script> | a\n| b | ``` [l](javascript:x)"
	for name, a := range map[string]analysis.Analysis{
		"one broker": hostile(fixture(), evil), "many brokers": hostile(manyBrokers(), evil), "products": hostileProducts(manyBrokers(), evil),
		"nine sides": hostile(nineSides(t), evil),
	} {
		var b bytes.Buffer
		if err := writeMarkdown(&b, New(a)); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		// Within a fence that the name can't close nothing is markup.
		if name != "products" {
			before, rest, ok := strings.Cut(out, "````sh\n")
			_, after, closed := strings.Cut(rest, "\n````\n")
			if !ok || !closed {
				t.Fatalf("the command is not fenced by more backticks than it has:\n%s", out)
			}
			out = before + after
		}
		for _, bad := range []string{"<script", " [l]", " ```"} {
			if strings.Contains(out, bad) {
				t.Errorf("%s: %q got through", name, bad)
			}
		}
		columns := 0
		for i, line := range strings.Split(out, "\n") {
			if !strings.HasPrefix(line, "|") {
				columns = 0
				continue
			}
			n := strings.Count(line, "|") - strings.Count(line, `\|`)
			if columns != 0 && n != columns {
				t.Errorf("%s: line %d has %d bars, its table %d: %s", name, i+1, n, columns, line)
			}
			columns = n
		}
	}
}
