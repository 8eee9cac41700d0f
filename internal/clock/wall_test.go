package clock_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
)

// measuring are the packages that take a trial's times.
func measuring() []string {
	return []string{".", "../process", "../netdelay", "../../trial", "../../loadgen", "../../results", "../../runner", "../../mockapi"}
}

// wall are the places that may subtract times of the wall clock, and why.
func wall() map[string]string {
	return map[string]string{
		"events.go": "an event bears the time of the worker's wall clock, so its age can be had in no other way; a clock that is set during a trial makes ages wrong, and nothing else",
	}
}

// code is a package's functions and the values of its variables and fields.
type code struct {
	functions map[string]*ast.FuncDecl
	// values are the expressions by name: FUNCTION.VARIABLE, or the name of a field.
	values map[string][]string
	// calls are the arguments of each call of a function or method, with the calling function.
	calls map[string][]passed
}

type passed struct {
	in   string
	args []ast.Expr
}

func read(files map[string]*ast.File) code {
	c := code{functions: map[string]*ast.FuncDecl{}, values: map[string][]string{}, calls: map[string][]passed{}}
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			c.functions[fn.Name.Name] = fn
			set := func(to, value ast.Expr) {
				name := key(fn.Name.Name, to)
				c.values[name] = append(c.values[name], types.ExprString(value))
			}
			ast.Inspect(fn.Body, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.AssignStmt:
					for i, to := range n.Lhs {
						if len(n.Rhs) == len(n.Lhs) {
							set(to, n.Rhs[i])
						}
					}
				case *ast.KeyValueExpr:
					name := types.ExprString(n.Key)
					c.values[name] = append(c.values[name], types.ExprString(n.Value))
				case *ast.CallExpr:
					name := types.ExprString(n.Fun)
					name = name[strings.LastIndexByte(name, '.')+1:]
					c.calls[name] = append(c.calls[name], passed{fn.Name.Name, n.Args})
				}
				return true
			})
		}
	}
	return c
}

// key names a variable of a function, or a field.
func key(function string, x ast.Expr) string {
	if field, ok := x.(*ast.SelectorExpr); ok {
		return field.Sel.Name
	}
	return function + "." + types.ExprString(x)
}

// monotonic reports whether an expression in a function is a time with a monotonic reading: time.Now(), a variable that is only set to such
// a time, or a parameter that only gets such times.
func (c code) monotonic(function string, x ast.Expr) bool {
	if types.ExprString(x) == "time.Now()" {
		return true
	}
	values := c.values[key(function, x)]
	if len(values) > 0 {
		return !slices.ContainsFunc(values, func(v string) bool { return v != "time.Now()" })
	}
	i := 0
	for _, p := range c.functions[function].Type.Params.List {
		for _, name := range p.Names {
			if name.Name == types.ExprString(x) {
				given := c.calls[function]
				return len(given) > 0 && !slices.ContainsFunc(given, func(g passed) bool { return !c.monotonic(g.in, g.args[i]) })
			}
			i++
		}
	}
	return false
}

// No duration and no time of a trial comes from the wall clock: setting it during a run changes nothing. time.Since always starts from
// time.Now, whose monotonic reading counts; nothing else subtracts times of package time; and a trial's records are numbers of
// CLOCK_MONOTONIC.
func TestNoDurationComesFromTheWallClock(t *testing.T) {
	used := map[string]bool{}
	for _, dir := range measuring() {
		set := token.NewFileSet()
		files := map[string]*ast.File{}
		paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s has no code (%v)", dir, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			if files[path], err = parser.ParseFile(set, path, nil, parser.SkipObjectResolution); err != nil {
				t.Fatal(err)
			}
		}
		c := read(files)
		for path, f := range files {
			function := ""
			ast.Inspect(f, func(n ast.Node) bool {
				if fn, ok := n.(*ast.FuncDecl); ok {
					function = fn.Name.Name
				}
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				fun, ok := call.Fun.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				bad := slices.Contains([]string{"Sub", "Unix", "UnixMilli", "UnixMicro", "UnixNano"}, fun.Sel.Name)
				if types.ExprString(call.Fun) == "time.Since" {
					bad = !c.monotonic(function, call.Args[0])
				}
				if _, ok := wall()[filepath.Base(path)]; bad && ok {
					used[filepath.Base(path)] = true
				} else if bad {
					t.Errorf("%s: %s may take a time of the wall clock", set.Position(call.Pos()), types.ExprString(call))
				}
				return true
			})
		}
	}
	for name := range wall() {
		if !used[name] {
			t.Errorf("%s takes no time of the wall clock any more", name)
		}
	}
}

// A trial's records have no time of the wall clock.
func TestATrialKeepsNoTimeOfTheWallClock(t *testing.T) {
	var look func(at string, typ reflect.Type)
	look = func(at string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			look(at, typ.Elem())
		case reflect.Struct:
			if typ == reflect.TypeFor[time.Time]() {
				t.Errorf("%s is a time of the wall clock", at)
				return
			}
			for i := range typ.NumField() {
				look(at+"."+typ.Field(i).Name, typ.Field(i).Type)
			}
		}
	}
	for _, kept := range []reflect.Type{reflect.TypeFor[results.Trial](), reflect.TypeFor[results.Task](), reflect.TypeFor[results.Sample](), reflect.TypeFor[results.Probe]()} {
		look(kept.Name(), kept)
	}
}

// The workers' side reads the one clock, too.
func TestWorkersReadNoWallClock(t *testing.T) {
	var paths []string
	for _, where := range []string{"workers/python/tqbench/*.py", "contenders/*/*.py"} {
		found, err := filepath.Glob(filepath.Join("../..", where))
		if err != nil || len(found) == 0 {
			t.Fatalf("there are no workers in %s (%v)", where, err)
		}
		paths = append(paths, found...)
	}
	wallClock := regexp.MustCompile(`\btime\.time|\btime_ns\b|\.(now|today|utcnow)\(|perf_counter|from time import (time|.*, time)\b`)
	own := regexp.MustCompile(`\bprobe\.now\(`)
	reads := 0
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		reads += strings.Count(string(data), "monotonic_ns()")
		for i, line := range strings.Split(string(data), "\n") {
			if wallClock.MatchString(own.ReplaceAllString(line, "")) {
				t.Errorf("%s:%d: %s", path, i+1, strings.TrimSpace(line))
			}
		}
	}
	if reads == 0 {
		t.Error("nothing reads the monotonic clock")
	}
}
