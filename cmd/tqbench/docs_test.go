package main

import (
	"bufio"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// documents are those written by people.
func documents(t *testing.T) map[string]string {
	t.Helper()
	return filesOf(t, "README.md", "CONTRIBUTING.md", "SECURITY.md", "contenders/README.md", "examples/README.md", "docs/*.md")
}

// filesOf are files by their paths from the repository's root. Each pattern must match one.
func filesOf(t *testing.T, patterns ...string) map[string]string {
	t.Helper()
	top := filepath.Join("..", "..")
	out := map[string]string{}
	for _, pattern := range patterns {
		paths, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil || len(paths) == 0 {
			t.Fatal(pattern, err)
		}
		for _, p := range paths {
			data, err := os.ReadFile(p)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(top, p)
			if err != nil {
				t.Fatal(err)
			}
			out[filepath.ToSlash(rel)] = string(data)
		}
	}
	return out
}

// documentedCommands are the lines of a document's shell blocks, without comments and prompts, with continued lines joined.
func documentedCommands(document string) []string {
	var out []string
	inside, before := false, ""
	lines := bufio.NewScanner(strings.NewReader(document))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "```") {
			inside = line == "```sh"
			continue
		}
		if !inside {
			continue
		}
		if i := strings.Index(" "+line, " #"); i >= 0 {
			line = line[:i]
		}
		line = before + toFile.ReplaceAllString(strings.TrimSpace(line), "")
		if rest, more := strings.CutSuffix(line, `\`); more {
			before = rest
			continue
		}
		if before = ""; line != "" {
			out = append(out, line)
		}
	}
	return out
}

// toFile is the end of a command line that writes its output into a file.
var toFile = regexp.MustCompile(` > [\w./-]+$`)

// words splits a command line as a shell does, as far as the documents need it.
func words(line string) []string {
	var out []string
	for _, w := range regexp.MustCompile(`(?:'[^']*'|[^\s'])+`).FindAllString(line, -1) {
		out = append(out, strings.ReplaceAll(w, "'", ""))
	}
	return out
}

// called are the functions of a dagger call, without dashes.
func called(words []string) []string {
	var out []string
	from := slices.Index(words, "call") + 1
	for i := from; i < len(words) && from > 0; i++ {
		switch {
		case words[i] == "--own-brokers": // has no value
		case strings.HasPrefix(words[i], "-"):
			i++
		default:
			out = append(out, strings.ReplaceAll(words[i], "-", ""))
		}
	}
	return out
}

// Each command in the documents exists, with its flags.
func TestTheDocumentsCommandsExist(t *testing.T) {
	makefile := filesOf(t, "Makefile")["Makefile"]
	module := strings.Join(slices.Collect(maps.Values(filesOf(t, ".dagger/*.go"))), "\n")
	seen := map[string]int{}
	for name, document := range documents(t) {
		for _, line := range documentedCommands(document) {
			w := words(line)
			if len(w) > 3 && slices.Equal(w[:3], []string{"go", "run", "./cmd/tqbench"}) {
				w = append([]string{"tqbench"}, w[3:]...)
			}
			for len(w) > 0 && strings.Contains(w[0], "=") { // variables of the environment
				w = w[1:]
			}
			seen[w[0]]++
			switch w[0] {
			case "tqbench":
				if err := understood(w[1:]); err != nil {
					t.Errorf("%s: %s: %v", name, line, err)
				}
			case "make":
				for _, target := range w[1:] {
					found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(target) + `:`)
					if variable, _, ok := strings.Cut(target, "="); ok {
						found = regexp.MustCompile(`\$\(` + regexp.QuoteMeta(variable) + `\)`)
					}
					if !found.MatchString(makefile) {
						t.Errorf("%s: %s: the Makefile has no %s", name, line, target)
					}
				}
			case "dagger":
				for _, f := range called(w) {
					// A function, a field of what one returns, or one of Dagger's own.
					known := regexp.MustCompile(`(?i)(\) ` + f + `\(|\n\t` + f + ` +\*?dagger\.)`)
					if !known.MatchString(module) && !slices.Contains([]string{"export", "contents", "publish", "up"}, f) {
						t.Errorf("%s: %s: the module has no function %s", name, line, f)
					}
				}
			}
		}
	}
	if seen["tqbench"] < 40 || seen["make"] < 5 || seen["dagger"] < 4 {
		t.Errorf("only %v were looked at", seen)
	}
}

// understood returns why a command line can't run, without running it.
func understood(args []string) error {
	cmd, rest, err := root(runtime.GOOS).Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// A link within the repository leads to an existing file and heading.
func TestTheDocumentsLinksLeadSomewhere(t *testing.T) {
	all := documents(t)
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	for name, document := range all {
		for _, m := range link.FindAllStringSubmatch(document, -1) {
			target, heading, _ := strings.Cut(m[1], "#")
			if strings.Contains(m[1], "://") {
				continue
			}
			path := name
			if target != "" {
				path = filepath.ToSlash(filepath.Join(filepath.Dir(name), target))
			}
			if _, err := os.Stat(filepath.Join("..", "..", path)); err != nil {
				t.Errorf("%s links to %s, which isn't there", name, m[1])
			}
			if text, ok := all[path]; ok && heading != "" && !slices.Contains(headings(text), heading) {
				t.Errorf("%s links to %s: there are %q", name, m[1], headings(text))
			}
		}
	}
}

// headings are a document's as links name them.
func headings(document string) []string {
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(document, -1) {
		s := regexp.MustCompile(`[^a-z0-9 _-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		out = append(out, strings.ReplaceAll(s, " ", "-"))
	}
	return out
}

// avoided matches the words to avoid in docs/style.md.
func avoided(t *testing.T, style string) *regexp.Regexp {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \| [^|]+ \|$`).FindAllStringSubmatch(style, -1) {
		for phrase := range strings.SplitSeq(m[1], ",") {
			if phrase, _, _ = strings.Cut(phrase, "("); strings.TrimSpace(phrase) != "avoid" {
				out = append(out, regexp.QuoteMeta(strings.TrimSpace(phrase)))
			}
		}
	}
	if len(out) < 10 {
		t.Fatalf("the list has %q", out)
	}
	return regexp.MustCompile(`(?i)\b(` + strings.Join(out, "|") + `)\b`)
}

// errorTexts are the strings of errors in the packages that users meet, by file.
func errorTexts(t *testing.T) map[string]string {
	t.Helper()
	made := regexp.MustCompile(`(?:errors\.New|fmt\.Errorf|all\.when|NotRun)\((?:[^"\n]*)("(?:[^"\\\n]|\\.)*")`)
	out := map[string]string{}
	for name, code := range filesOf(t, "cmd/tqbench/*.go", "suite/*.go", "contender/*.go", "trial/*.go", "runner/*.go", "broker/*.go", "workers/*.go",
		"monitor/*.go", "serve/*.go", "mockapi/*.go", "internal/*/*.go") {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range made.FindAllStringSubmatch(code, -1) {
			out[name+" errors"] += m[1] + "\n"
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d files have errors", len(out))
	}
	return out
}

// Texts for users keep to the style sheet.
func TestUsersReadPlainWords(t *testing.T) {
	all := documents(t)
	bad := avoided(t, all["docs/style.md"])
	texts := map[string]string{}
	// Written by hand; other documents are generated.
	for _, name := range []string{"README.md", "docs/README.md", "docs/commands.md", "docs/brokers.md", "docs/dagger.md", "docs/ci.md", "docs/how-it-measures.md",
		"docs/reading-the-report.md", "docs/traces.md", "docs/compare.md", "docs/gate.md", "docs/watch.md", "docs/data.md", "docs/publishing.md", "contenders/README.md", "CONTRIBUTING.md", "SECURITY.md",
		"docs/own-app.md", "docs/many-machines.md", "docs/scenario-file.md", "docs/architecture.md", "examples/README.md"} {
		texts[name] = all[name]
	}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		texts[cmd.CommandPath()+" --help"] = cmd.Short + "\n" + cmd.Long + "\n" + cmd.Flags().FlagUsages()
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(root(runtime.GOOS))
	maps.Copy(texts, filesOf(t, "suite/scenarios/*.yaml", "suite/claims.yaml", "contenders/*/contender.yaml", "serve/templates/*.tmpl", "report/internal/view/facts.go"))
	maps.Copy(texts, errorTexts(t))
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		for line := range strings.Lines(texts[name]) {
			if found := bad.FindString(line); found != "" {
				t.Errorf("%s: %q in: %s", name, found, strings.TrimSpace(line))
			}
		}
	}
}
