package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// isFolder reports whether a contender is the path of its folder.
func isFolder(name string) bool {
	return name == "." || name == ".." || strings.HasPrefix(name, "./") || strings.HasPrefix(name, "../") || filepath.IsAbs(name)
}

// folderOf splits a contender's path into its folder and the rest of its name: a configuration, as in ./my-queue/process, or early
// acknowledgement, as in ./my-queue+early, or a release.
func folderOf(name string) (dir, rest string) {
	has := func(dir string) bool {
		_, err := os.Stat(filepath.Join(dir, contender.ManifestName))
		return err == nil
	}
	dir = name
	if !has(dir) {
		dir, rest = strings.TrimSuffix(dir, contender.EarlySuffix), name[len(strings.TrimSuffix(name, contender.EarlySuffix)):]
	}
	if parent := filepath.Dir(dir); !has(dir) && has(parent) {
		return parent, "/" + filepath.Base(dir) + rest
	}
	if has(dir) {
		return dir, rest
	}
	if at := strings.LastIndex(name, suite.ReleaseMark); at > 0 { // refused later, by its name
		if dir, rest = folderOf(name[:at]); has(dir) {
			return dir, rest + name[at:]
		}
	}
	return name, ""
}

// open reads the catalog with the folders among the contenders, and replaces their paths by names.
func (o *planOptions) open() (err error) {
	if o.catalog != nil {
		return nil
	}
	o.contenders = slices.Clone(o.contenders)
	for i, name := range o.contenders {
		if !isFolder(name) {
			continue
		}
		if workers.IsSource(name) {
			return fmt.Errorf("%w: --contender %s: write the queue's name before a wheel, such as celery%s%s", errUsage, name, suite.ReleaseMark, name)
		}
		of, rest := folderOf(name)
		dir, err := filepath.Abs(of)
		if err != nil {
			return fmt.Errorf("%w: --contender %s: %w", errUsage, name, err)
		}
		m, err := contender.ReadManifest(os.DirFS(dir), of)
		if err != nil {
			return err
		}
		o.contenders[i] = m.Framework + rest
		if f := (suite.Folder{Framework: m.Framework, Path: dir}); !slices.Contains(o.folders, f) {
			o.folders = append(o.folders, f)
		}
	}
	if o.catalog, err = contender.NewCatalog(suite.Plan{Folders: o.folders}.Paths()...); err != nil {
		return err
	}
	return o.fixSources()
}

// names are the contenders' full names; "all" is the first of each framework.
func (o *planOptions) names(contenders []string) ([]string, error) {
	var out []string
	if slices.Contains(contenders, "all") {
		if len(contenders) > 1 {
			return nil, fmt.Errorf("%w: --contender all: don't combine it with other contenders", errUsage)
		}
		for _, c := range o.catalog.Frameworks() {
			out = append(out, c.Name())
		}
		return out, nil
	}
	for _, n := range contenders {
		c, err := o.catalog.Find(n)
		if err != nil {
			return nil, err
		}
		out = append(out, c.Name())
	}
	return out, nil
}
