package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
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
	imports := false
	for _, file := range moduleFiles(t, dir) {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		imports = imports || bytes.Contains(data, []byte(generated))
		write(t, file, strings.Replace(string(data), generated, `"dagger.io/dagger"`, 1))
	}
	if !imports {
		t.Fatalf("no file imports %s", generated)
	}
	write(t, filepath.Join(dir, "client.go"), `package main

import (
	"dagger.io/dagger"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
)

var dag *dagger.Client

func Tracer() trace.Tracer { return otel.Tracer("dagger.io/sdk.go") }

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

// The example program in Go builds with Dagger's public client, and its own tests pass.
func TestTheDaggerExampleCompiles(t *testing.T) {
	for _, args := range [][]string{{"vet", "./..."}, {"test", "-count=1", "./..."}} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = "../../examples/dagger-go"
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// Each image is pinned by tag and digest, in one file that updates can be proposed for.
func TestDaggersImagesArePinned(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(module, "images", "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	pinned := regexp.MustCompile(`^FROM [a-z0-9./-]+:[a-z0-9.-]+@sha256:[0-9a-f]{64} AS [a-z0-9.-]+$`)
	n := 0
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		if !pinned.MatchString(line) {
			t.Errorf("no pinned image: %s", line)
		}
	}
	names := []string{"go", "base", "grafana", "redis-8", "valkey-9", "postgres-17", "postgres-18", "mysql-8.4", "mariadb-11.8", "rabbitmq-4"}
	for _, name := range names {
		if !strings.Contains(string(data), " AS "+name+"\n") {
			t.Errorf("there is no image %s", name)
		}
	}
	if n != len(names) {
		t.Errorf("%d images, want %d", n, len(names))
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
	"Tqbench.Binary": "make build", "Tqbench.Workers": "workers build", "Tqbench.Broker": "broker serve", "Tqbench.Monitoring": "quick",
	"Tqbench.WithServer": "run", "Tqbench.Image": "doctor", "Tqbench.Plan": "plan", "Tqbench.Quick": "quick", "Tqbench.BenchmarkAll": "quick", "Tqbench.Report": "report", "Tqbench.Smoke": "quick",
	"Tqbench.Test": "make test", "Tqbench.Lint": "make lint", "Tqbench.Unit": "make short",
	"Plan.Run": "run", "Plan.Monitoring": "run", "Plan.KubeRun": "kube run",
	"Trials.Assert": "run", "Trials.Analysis": "analyze", "Trials.Report": "report", "Trials.Everything": "run",
	"Analysis.Answer": "show", "Analysis.Report": "report", "Analysis.Compare": "compare",
}

// differs lists defaults that differ on purpose, and why.
var differs = map[string]string{
	"Tqbench.BenchmarkAll scenario": "its name says that it runs all of them",
	"Tqbench.BenchmarkAll broker":   "its name says that it runs on all of them",
	"Tqbench.BenchmarkAll within":   "it is no quick run: its time is that of run",
	"Tqbench.Plan scale":            "0 leaves it to the command",
	"Tqbench.Plan maxBlocks":        "0 leaves it to the command",
	"Tqbench.Plan rate":             "0 leaves it to the command",
}

func TestDaggerFunctionsHaveTheirTwinsDefaults(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for name, f := range moduleFunctions(t) {
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
		for param, def := range defaultsOf(f.file, f.decl) {
			if differs[name+" "+param] != "" {
				continue
			}
			if want := flagDefault(cmd, dashed(param)); want != "" && want != def {
				t.Errorf("%s: the default of %s is %s, that of tqbench %s is %s", name, param, def, twin, want)
			}
		}
	}
	for name := range twins {
		if !seen[name] {
			t.Errorf("the module has no function %s", name)
		}
	}
}

// otherwise lists flags of the native plan that the module's plan takes under another name, or not at all, and why.
var otherwise = map[string]string{
	"app": "module", "for": "soak", "app-path": "", "app-python": "", "out": "",
	// app-path is the module's app folder, app-python an interpreter of the caller's machine, and out the step's own folder.
}

func TestDaggersPlanTakesTheFlagsOfTheNativeOne(t *testing.T) {
	params := map[string]bool{}
	for _, p := range moduleFunctions(t)["Tqbench.Plan"].decl.Type.Params.List {
		params[p.Names[0].Name] = true
	}
	cmd := planCmd()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		want, named := otherwise[f.Name]
		if !named {
			want = camel(f.Name)
		}
		if want != "" && !params[want] {
			t.Errorf("the module's plan has no %s for --%s: %v", want, f.Name, params)
		}
		delete(params, want)
	})
	// What the native flag takes as a path, the module takes as a file or a folder.
	for p := range params {
		if p != "scenarioFile" && p != "queue" {
			t.Errorf("the module's plan has %s, which plan doesn't have", p)
		}
	}
}

// camel is a flag's name as a parameter's; dashed is the reverse.
func camel(flag string) string {
	words := strings.Split(flag, "-")
	for i := 1; i < len(words); i++ {
		words[i] = strings.ToUpper(words[i][:1]) + words[i][1:]
	}
	return strings.Join(words, "")
}

func dashed(param string) string {
	return strings.ToLower(regexp.MustCompile(`[A-Z]`).ReplaceAllStringFunc(param, func(s string) string { return "-" + s }))
}

// function is one of the module's functions.
type function struct {
	file *ast.File
	decl *ast.FuncDecl
}

// moduleFunctions are the module's functions by type and name.
func moduleFunctions(t *testing.T) map[string]function {
	t.Helper()
	out := map[string]function{}
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
			if star, ok := f.Recv.List[0].Type.(*ast.StarExpr); ok {
				out[star.X.(*ast.Ident).Name+"."+f.Name.Name] = function{file, f}
			}
		}
	}
	return out
}

// Dagger shows only the first line of a function's text in its list.
func TestDaggerFunctionsAreDescribedInTheirFirstLine(t *testing.T) {
	for name, f := range moduleFunctions(t) {
		first, _, _ := strings.Cut(f.decl.Doc.Text(), "\n")
		if !strings.HasSuffix(first, ".") && !strings.HasSuffix(first, ":") || len(first) > 140 {
			t.Errorf("%s: the first line is no sentence: %q", name, first)
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
					out[p.Names[0].Name] = strings.ToLower(strings.NewReplacer(`", "`, ",", `"`, "").Replace(v)) // an enum's name is in upper case
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

// Each broker that the module can attach to is one of tqbench's, under the name that the binary reads, with its port.
func TestDaggerKnowsEveryBroker(t *testing.T) {
	var code strings.Builder
	for _, path := range moduleFiles(t, module) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(data)
	}
	for _, name := range brokername.Products() {
		if want := fmt.Sprintf("BrokerName = %q", name); !strings.Contains(code.String(), want) {
			t.Errorf("%s: no %q in the module", name, want)
		}
	}
	for _, name := range broker.Names() {
		for _, want := range []string{strings.ToUpper(name[:1]) + name[1:] + ": " + broker.Port(name), fmt.Sprintf("{%q, m.", name), name + "URL *dagger.Secret",
			name + "Service *dagger.Service", fmt.Sprintf("host of its URL is %s,", name)} {
			if !strings.Contains(code.String(), want) {
				t.Errorf("%s: no %q in the module", name, want)
			}
		}
		if urlEnv(name) != "TQBENCH_"+strings.ToUpper(name)+"_URL" {
			t.Errorf("%s is not what the module sets", urlEnv(name))
		}
	}
}

// Programs are built of what they need alone, so that a change of documents, tests or reports makes no environment again.
func TestDaggerBuildsFromCodeAlone(t *testing.T) {
	for param, pkg := range map[string]string{"code": "./cmd/tqbench", "environments": "./scripts/environments"} {
		t.Run(param, func(t *testing.T) {
			dir, taken := t.TempDir(), takenBy(t, param)
			err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
				rel, rerr := filepath.Rel("../..", path)
				switch {
				case err != nil || rerr != nil:
					return errors.Join(err, rerr)
				case d.IsDir() && (rel == ".git" || d.Name() == "node_modules"):
					return filepath.SkipDir
				case d.IsDir() || !taken(rel):
					return nil
				}
				if strings.HasSuffix(rel, ".md") || strings.HasSuffix(rel, "_test.go") || strings.Contains(rel, "testdata") ||
					param == "environments" && strings.HasPrefix(rel, "report/") {
					t.Errorf("a build reads %s", rel)
				}
				data, err := os.ReadFile(path)
				if err != nil {
					return err
				}
				write(t, filepath.Join(dir, rel), string(data))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "built"), pkg)
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// takenBy reports which files a directory of the module's constructor has. The last pattern that fits a file decides.
func takenBy(t *testing.T, param string) func(path string) bool {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(module, "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`\+ignore=\[(.*)\]\n\t` + param + ` `).FindSubmatch(data)
	if list == nil {
		t.Fatalf("%s has no list of what it takes", param)
	}
	type rule struct {
		takes bool
		path  *regexp.Regexp
	}
	var rules []rule
	for _, p := range strings.Split(string(list[1]), ", ") {
		p, takes := strings.CutPrefix(strings.Trim(p, `"`), "!")
		expr := strings.NewReplacer(`\*\*/`, `(?:.*/)?`, `\*\*`, `.*`, `\*`, `[^/]*`).Replace(regexp.QuoteMeta(p))
		rules = append(rules, rule{takes, regexp.MustCompile(`^` + expr + `(?:/|$)`)})
	}
	return func(path string) bool {
		taken := false
		for _, r := range rules {
			if r.path.MatchString(path) {
				taken = r.takes
			}
		}
		return taken
	}
}
