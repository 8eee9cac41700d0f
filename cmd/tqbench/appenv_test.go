package main

import (
	"maps"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestVariablesAreReadFromAFile(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	const file = "\ufeff# of the shop\nA=1\nexport B = two words # a comment\r\nC=\"a # b\" # c\nD='x=\"y\"'\n\nE=\n"
	if err := readVariables([]byte(file), got); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"A": "1", "B": "two words", "C": "a # b", "D": `x="y"`, "E": ""}
	if !maps.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	for text, why := range map[string]string{
		"A=1\nsecret-value":          "line 2: write NAME=VALUE",
		"A B=secret-value":           "line 1: write NAME=VALUE, or NAME, of letters, digits and _",
		"A=\"secret-value":           "line 1: the quotation mark of A is not closed",
		"A='secret-value' more":      "line 1: the quotation mark of A is not closed",
		"TQBENCH_QUEUE=secret-value": "line 1: TQBENCH_QUEUE: names that begin with TQBENCH_ are for tqbench itself",
		"A=secret-value\x00":         "line 1: A has a zero byte",
	} {
		err := readVariables([]byte(text), map[string]string{})
		if err == nil || !strings.HasPrefix(err.Error(), why) {
			t.Errorf("%q: %v, want %s", text, err, why)
		} else if strings.Contains(err.Error(), "secret-value") {
			t.Errorf("%q: the error shows the value: %v", text, err)
		}
	}
}

func TestVariablesOfTheCommandLine(t *testing.T) {
	t.Setenv("SHOP_TOKEN", "from-here")
	cmd := &cobra.Command{Use: "x"}
	appEnvFlags(cmd)
	if err := cmd.ParseFlags([]string{"--app-env", "SHOP_TOKEN", "--app-env", "SHOP_URL=redis://u:p@h/0?a=b"}); err != nil {
		t.Fatal(err)
	}
	got, err := appEnv(cmd)
	if want := map[string]string{"SHOP_TOKEN": "from-here", "SHOP_URL": "redis://u:p@h/0?a=b"}; err != nil || !maps.Equal(got, want) {
		t.Errorf("%q (%v), want %q", got, err, want)
	}
	if args := strings.Join(appEnvArgs(cmd), " "); args != "--app-env SHOP_TOKEN --app-env SHOP_URL=VALUE" {
		t.Errorf("the command that continues has %s", args)
	}
	shown := strings.Join(shownCommand([]string{"quick", "--app-env", "SHOP_URL=redis://u:p@h", "--app-env=A=b", "--app-env", "SHOP_TOKEN", "--out", "o"}), " ")
	if shown != "tqbench quick --app-env SHOP_URL=VALUE --app-env=A=VALUE --app-env SHOP_TOKEN --out o" {
		t.Error(shown)
	}
	if err := cmd.ParseFlags([]string{"--app-env", "SHOP_MISSING"}); err != nil {
		t.Fatal(err)
	}
	if _, err := appEnv(cmd); err == nil || !strings.Contains(err.Error(), "--app-env SHOP_MISSING: it is not set here") {
		t.Error(err)
	}
}

func FuzzReadVariables(f *testing.F) {
	f.Add("A=1\nexport B='two' # x\n")
	f.Fuzz(func(t *testing.T, text string) {
		got := map[string]string{}
		if readVariables([]byte(text), got) != nil {
			return
		}
		for name, value := range got {
			if variable(name) != nil || strings.ContainsAny(value, "\x00\n") {
				t.Errorf("%q=%q", name, value)
			}
		}
	})
}
