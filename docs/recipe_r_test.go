package docs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
)

// unbalanced says what is wrong with the brackets and strings of a program in R, as far as that is seen without R.
func unbalanced(program string) error {
	var open []rune
	pairs := map[rune]rune{')': '(', ']': '[', '}': '{'}
	for n, line := range strings.Split(program, "\n") {
		line, _, _ = strings.Cut(" "+line, " #")
		quote := rune(0)
		for _, r := range line {
			switch {
			case quote != 0:
				if r == quote {
					quote = 0
				}
				continue
			case r == '"' || r == '\'':
				quote = r
			case strings.ContainsRune("([{", r):
				open = append(open, r)
			case pairs[r] != 0:
				if len(open) == 0 || open[len(open)-1] != pairs[r] {
					return fmt.Errorf("line %d: %c closes nothing: %s", n+1, r, line)
				}
				open = open[:len(open)-1]
			}
		}
		if quote != 0 {
			return fmt.Errorf("line %d: a string has no end: %s", n+1, line)
		}
		if code := strings.TrimSpace(line); len(open) == 0 && (strings.HasSuffix(code, ",") || strings.HasSuffix(code, "(")) {
			return fmt.Errorf("line %d goes on outside of brackets: %s", n+1, line)
		}
	}
	if len(open) > 0 {
		return fmt.Errorf("%q is left open", open)
	}
	if strings.HasSuffix(strings.TrimSpace(program), "|>") {
		return errors.New("it ends within a pipe")
	}
	return nil
}

func TestUnbalancedProgramsAreFound(t *testing.T) {
	for program, ok := range map[string]bool{
		"x <- f(a[1], \"(\") |>\n  g({ b }) # it's )": true,
		"x <- f(a": false, "x <- f(a]": false, "x)": false, `x <- "a`: false, "x |>\n": false, "a,\nb": false,
	} {
		if err := unbalanced(program); (err == nil) != ok {
			t.Errorf("%q: %v", program, err)
		}
	}
}

// Where R is installed, it parses the recipe, and runs it if it has its packages. Elsewhere its brackets, strings and columns
// are looked at.
func TestTheRecipeInRIsWhole(t *testing.T) {
	program := strings.Join(blocks(t, "r"), "\n")
	if err := unbalanced(program); err != nil {
		t.Error(err)
	}
	for _, q := range questions {
		if !regexp.MustCompile(`(?m)^` + q + ` <- `).MatchString(program) {
			t.Errorf("nothing answers %s", q)
		}
	}
	known := columnsOf(results.RunTask{})
	for _, m := range regexp.MustCompile(`\b[a-z]+_ns\b`).FindAllString(program, -1) {
		if !slices.Contains(known, m) {
			t.Errorf("there is no column %s", m)
		}
	}
	r, err := exec.LookPath("Rscript")
	if err != nil {
		return
	}
	out, _ := flaggedRun(t)
	file := filepath.Join(filepath.Dir(out), "recipe.R")
	if err := os.WriteFile(file, []byte(program), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), r, "-e", `e <- parse("recipe.R"); if (requireNamespace("arrow") && requireNamespace("dplyr")) eval(e)`)
	cmd.Dir = filepath.Dir(out)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}
