package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/broker"
)

const module = "../../.dagger"

// daggerVersion is the client that the module is checked with: it has the methods that an engine of dagger.json's version generates.
const daggerVersion = "v0.21.9"

// The module must compile against Dagger's API. Only an engine makes the generated package that it imports; the public client has the same
// types.
func TestDaggerModuleCompiles(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(module)); err != nil {
		t.Fatal(err)
	}
	const generated = `"dagger/tqbench/internal/dagger"`
	for _, file := range moduleFiles(t, dir) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte(generated)) {
			t.Fatalf("%s doesn't import %s", file, generated)
		}
		write(t, file, strings.Replace(string(data), generated, `"dagger.io/dagger"`, 1))
	}
	write(t, filepath.Join(dir, "client.go"), `package main

import "dagger.io/dagger"

var dag *dagger.Client

func main() {}
`)
	for _, args := range [][]string{{"get", "dagger.io/dagger@" + daggerVersion}, {"mod", "tidy"}, {"vet", "./..."}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// moduleFiles are the files of the module's own package.
func moduleFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the module's files: %q (%v)", files, err)
	}
	return files
}

// twins lists what does the same without Dagger: a command of tqbench, or a target of make.
var twins = map[string]string{
	"Binary": "make build", "Workers": "workers build", "Broker": "broker serve", "Monitoring": "quick", "Plan": "plan", "Run": "run",
	"Analyze": "analyze", "Report": "report", "Quick": "quick", "BenchmarkAll": "quick", "Smoke": "quick",
	"Test": "make test", "Lint": "make lint",
}

// differs lists defaults that differ on purpose, and why.
var differs = map[string]string{
	"BenchmarkAll scenario": "its name says that it runs all of them",
	"BenchmarkAll broker":   "its name says that it runs on all of them",
	"BenchmarkAll within":   "it is no quick run: its time is that of run",
	"BenchmarkAll scale":    "0 leaves it to the command",
	"Quick scale":           "0 leaves it to the command",
	"Run scale":             "0 leaves it to the command",
	"Plan scale":            "0 leaves it to the command",
	"Monitoring scale":      "0 leaves it to the command",
}

func TestDaggerFunctionsHaveTheirTwinsDefaults(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, path := range moduleFiles(t, module) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || !f.Name.IsExported() {
				continue
			}
			name := f.Name.Name
			seen[name] = true
			twin, ok := twins[name]
			if !ok {
				t.Errorf("%s has no native twin", name)
				continue
			}
			if target, ok := strings.CutPrefix(twin, "make "); ok {
				if !regexp.MustCompile(`(?m)^` + target + `:`).Match(makefile) {
					t.Errorf("%s: there is no %s", name, twin)
				}
				continue
			}
			cmd, _, err := root(runtime.GOOS).Find(strings.Fields(twin))
			if err != nil || cmd.CommandPath() != "tqbench "+twin {
				t.Errorf("%s: there is no command %s (%v)", name, twin, err)
				continue
			}
			for param, def := range defaultsOf(file, f) {
				if differs[name+" "+param] != "" {
					continue
				}
				if want := flagDefault(cmd, param); want != "" && want != def {
					t.Errorf("%s: the default of %s is %s, that of tqbench %s is %s", name, param, def, twin, want)
				}
			}
		}
	}
	for name := range twins {
		if !seen[name] {
			t.Errorf("the module has no function %s", name)
		}
	}
}

// defaultsOf reads the +default lines above a function's parameters, in the form that pflag prints.
func defaultsOf(file *ast.File, f *ast.FuncDecl) map[string]string {
	out := map[string]string{}
	for _, p := range f.Type.Params.List {
		for _, c := range file.Comments {
			if c.End() >= p.Pos() || c.Pos() <= f.Type.Params.Pos() {
				continue
			}
			// The comment that ends right before the parameter is its own; later ones overwrite earlier ones.
			for _, line := range c.List {
				if v, ok := strings.CutPrefix(line.Text, "// +default="); ok && p.Pos()-c.End() < 10 {
					out[p.Names[0].Name] = strings.NewReplacer(`", "`, ",", `"`, "").Replace(v)
				}
			}
		}
	}
	return out
}

func flagDefault(cmd *cobra.Command, name string) string {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f.DefValue
	}
	return ""
}

// The parser of the test above must see what it compares.
func TestDefaultsOfSeesEveryPlanFlag(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(module, "main.go"), nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != "Quick" {
			continue
		}
		got := defaultsOf(file, f)
		for _, name := range planFlags() {
			if slices.Contains([]string{"contender", "for", "rtt", "profile", "until", "max-blocks"}, name) || slices.Contains(ownFlags(), name) {
				continue // has no default, or is run by the native command, as a task of one's own
			}
			if got[name] == "" || flagDefault(quickCmd(), name) == "" {
				t.Errorf("no default of %s: %v", name, got)
			}
		}
	}
}

// Each broker that the module can attach to is one of tqbench's, under the name that the binary reads, with its port.
func TestDaggerKnowsEveryBroker(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(module, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range broker.Names() {
		for _, want := range []string{
			fmt.Sprintf("%q: %s", name, broker.Port(name)), fmt.Sprintf("%q: m.", strings.ToUpper(name)), name + "URL *dagger.Secret",
		} {
			if !strings.Contains(string(data), want) {
				t.Errorf("%s: no %s in the module", name, want)
			}
		}
		if urlEnv(name) != "TQBENCH_"+strings.ToUpper(name)+"_URL" {
			t.Errorf("%s is not what the module sets", urlEnv(name))
		}
	}
}

// The module must copy from the repository what the binary embeds, and the go.mod of each nested module: without it, that module's code
// would belong to ours.
func TestDaggerTakesWhatIsEmbedded(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(module, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	ignore := regexp.MustCompile(`\+ignore=\[(.*)\]`).FindSubmatch(data)
	if ignore == nil {
		t.Fatal("the module has no list of what it takes")
	}
	err = filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if rel, rerr := filepath.Rel("../..", path); rerr == nil && d != nil && d.Name() == "go.mod" {
			taken := false
			for at := rel; at != "."; at = filepath.Dir(at) {
				taken = taken || strings.Contains(string(ignore[1]), `"!`+at+`"`)
			}
			if !taken {
				t.Errorf("the module leaves out %s", rel)
			}
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		code, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(code)) {
			patterns, ok := strings.CutPrefix(line, "//go:embed ")
			for _, p := range strings.Fields(patterns) {
				if !ok {
					break
				}
				rel, err := filepath.Rel("../..", filepath.Join(filepath.Dir(path), p))
				if err != nil {
					return err
				}
				taken := strings.Contains(rel+"/", "/templates/") || strings.Contains(rel, "/testdata/")
				for dir := rel; dir != "."; dir = filepath.Dir(dir) {
					taken = taken || strings.Contains(string(ignore[1]), `"!`+dir+`"`)
				}
				if !taken {
					t.Errorf("%s embeds %s, which the module leaves out", path, rel)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
