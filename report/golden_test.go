package report

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/view"
)

var Update = flag.Bool("update", false, "write the golden files anew")

// golden compares got with the file of that name in testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *Update {
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
	t.Parallel()
	for name, a := range map[string]analysis.Analysis{
		"summary.md": fixture.OneBroker(), "summary-brokers.md": fixture.ManyBrokers(), "summary-empty.md": {}, "summary-noisy.md": fixture.NoisyRun(),
		"summary-one-arm.md": fixture.OneArm(), "summary-profiled.md": fixture.ProfiledRun(), "summary-nine.md": fixture.NineSides(t),
		"summary-scaling.md": fixture.ScalingRun(),
	} {
		var b bytes.Buffer
		if err := markdown.Write(&b, view.New(a)); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
	}
}

func TestTerminalGolden(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		a      analysis.Analysis
		width  int
		colour bool
	}{
		{"terminal-80.txt", fixture.OneBroker(), 80, false},
		{"terminal-pipe.txt", fixture.OneBroker(), 0, false},
		{"terminal-narrow.txt", fixture.OneBroker(), 44, false},
		{"terminal-colour.txt", fixture.OneBroker(), 100, true},
		{"terminal-empty.txt", analysis.Analysis{}, 80, false},
		{"terminal-brokers-80.txt", fixture.ManyBrokers(), 80, false},
		{"terminal-brokers-pipe.txt", fixture.ManyBrokers(), 0, false},
		{"terminal-brokers-narrow.txt", fixture.ManyBrokers(), 44, false},
		{"terminal-noisy-100.txt", fixture.NoisyRun(), 100, false},
		{"terminal-noisy-narrow.txt", fixture.NoisyRun(), 44, false},
		{"terminal-one-block.txt", fixture.OneBlock(), 100, false},
		{"terminal-one-arm.txt", fixture.OneArm(), 100, false},
		{"terminal-one-trial.txt", fixture.OneTrial(), 100, false},
		{"terminal-profiled.txt", fixture.ProfiledRun(), 100, false},
		{"terminal-scaling-80.txt", fixture.ScalingRun(), 80, false},
		{"terminal-nine-80.txt", fixture.NineSides(t), 80, false},
		{"terminal-nine-narrow.txt", fixture.NineSides(t), 44, false},
		{"terminal-nine-one-80.txt", fixture.OnlyIn(fixture.NineSides(t), "throughput", "redis"), 80, false},
		{"terminal-nine-young-80.txt", fixture.OnlyIn(fixture.YoungNine(t), "throughput", "redis"), 80, false},
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
	t.Parallel()
	var plain, coloured bytes.Buffer
	if err := Terminal(&plain, fixture.ManyBrokers(), Screen{Width: 90}); err != nil {
		t.Fatal(err)
	}
	if err := Terminal(&coloured, fixture.ManyBrokers(), Screen{Width: 90, Colour: true}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(coloured.String(), "\x1b[") {
		t.Fatal("no colour where it was asked for")
	}
	stripped := coloured.String()
	stripped = regexp.MustCompile(`\x1b\[[0-9]+m`).ReplaceAllString(stripped, "")
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
	t.Parallel()
	runs := fixture.Fixtures()
	runs["nine sides"] = fixture.NineSides(t)
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
	t.Parallel()
	const evil = "evil\x1b]0;owned\a\x1b[2J\r\n\u202eabc"
	for name, a := range map[string]analysis.Analysis{
		"one broker": fixture.Hostile(fixture.OneBroker(), evil), "many brokers": fixture.Hostile(fixture.ManyBrokers(), evil), "products": fixture.HostileProducts(fixture.ManyBrokers(), evil),
		"nine sides": fixture.Hostile(fixture.NineSides(t), evil),
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
	t.Parallel()
	const evil = "<script>x</script> | a\n| b | ``` [l](javascript:x)"
	for name, a := range map[string]analysis.Analysis{
		"one broker": fixture.Hostile(fixture.OneBroker(), evil), "many brokers": fixture.Hostile(fixture.ManyBrokers(), evil), "products": fixture.HostileProducts(fixture.ManyBrokers(), evil),
		"nine sides": fixture.Hostile(fixture.NineSides(t), evil),
	} {
		var b bytes.Buffer
		if err := markdown.Write(&b, view.New(a)); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		// Within a fence that the name can't close nothing is markup.
		for range 2 { // the native command and that of Dagger
			if name == "products" {
				break
			}
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
