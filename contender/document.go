package contender

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

// Document describes the contenders of folders in Markdown: what each is, its set-up with reasons, and what it doesn't offer.
func Document() (string, error) {
	all, err := folders()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("# Contenders\n\nMade from `contenders/*/contender.yaml` by `go test ./contender -run TestTheDocument -update`. " +
		"Settings are those of the matched set-up, for 2 processes that hold 10 tasks each on a machine of 2 CPUs. " +
		"What became of a killed worker's tasks in a run: [recovery.md](recovery.md). How to add one: [contenders/README.md](../contenders/README.md).\n")
	before := ""
	for _, c := range all {
		f := c.(folder)
		if f.Framework() != before {
			before = f.Framework()
			version, err := lockedVersion(f.Framework(), f.Package)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&b, "\n## %s %s\n\n%s, %s.\n", f.Manifest.Title, version, f.Source, f.Licence)
			for _, name := range Capabilities() {
				if why := f.Lacks[name]; why != "" {
					fmt.Fprintf(&b, "\n- No %s: %s.", name, why)
				}
			}
			b.WriteString("\n")
		}
		if err := f.document(&b); err != nil {
			return "", fmt.Errorf("%s: %w", f.Name(), err)
		}
	}
	return b.String(), nil
}

// document describes one configuration.
func (f folder) document(b *strings.Builder) error {
	fmt.Fprintf(b, "\n### `%s`\n\n%s.\n", f.Name(), strings.ToUpper(f.configuration.About[:1])+f.configuration.About[1:])
	for _, name := range Capabilities() {
		if why := f.configuration.Lacks[name]; why != "" {
			fmt.Fprintf(b, "No %s: %s.\n", name, why)
		}
	}
	var common []results.Setting
	for i, name := range f.Brokers() {
		t := Target{Env: f.documented(), Broker: name, URL: exampleURL(name), Queue: "tqbench", Processes: 2, Concurrency: 10, CPUs: 2}
		s, err := f.Setup(t)
		if err != nil {
			return err
		}
		if i == 0 {
			common = s.Settings
			fmt.Fprintf(b, "\n```\n%s\n```\n\n", strings.Join(s.Commands[0], " "))
			if len(s.Commands) > 1 {
				fmt.Fprintf(b, "Started %d times.\n\n", len(s.Commands))
			}
			b.WriteString("| setting | value | as installed | why |\n|---|---|---|---|\n")
			rows(b, s.Settings)
			fmt.Fprintf(b, "\nOn %s: %s. %s\n", name, s.Guarantee, recoverySentence(s.Recovery))
			continue
		}
		fmt.Fprintf(b, "\nOn %s: %s. %s\n", name, s.Guarantee, recoverySentence(s.Recovery))
		own := slices.DeleteFunc(slices.Clone(s.Settings), func(x results.Setting) bool { return slices.Contains(common, x) })
		if len(own) > 0 {
			b.WriteString("\n| setting there | value | as installed | why |\n|---|---|---|---|\n")
			rows(b, own)
		}
	}
	return nil
}

// documented is an environment that shows no place of this machine.
func (f folder) documented() workers.Env {
	switch f.Runtime {
	case RuntimeNode:
		return workers.Env{Node: "node", Folder: "."}
	case RuntimeGo:
		return workers.Env{Folder: "."}
	}
	return workers.Env{Python: "python"}
}

func rows(b *strings.Builder, settings []results.Setting) {
	for _, s := range settings {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", s.Name, s.Value, s.Default, s.Why)
	}
}

// lockedVersion is a package's version in a folder's lock.
func lockedVersion(dir, name string) (string, error) {
	lock, err := fs.ReadFile(contenders.Files, path.Join(dir, contenders.NodeLock))
	if err == nil {
		return npmVersion(lock, name)
	}
	before := "\t" + name + " v"
	if lock, err = fs.ReadFile(contenders.Files, path.Join(dir, contenders.GoModule)); err != nil {
		before = name + "=="
		lock, err = fs.ReadFile(contenders.Files, path.Join(dir, contenders.Lock))
	}
	if err != nil {
		return "", fmt.Errorf("read the lock of %s: %w", dir, err)
	}
	for line := range strings.Lines(string(lock)) {
		if version, ok := strings.CutPrefix(line, before); ok {
			return strings.Fields(version)[0], nil
		}
	}
	return "", fmt.Errorf("the lock of %s has no %s", dir, name)
}

// npmVersion is a package's version in a lock of npm's.
func npmVersion(lock []byte, name string) (string, error) {
	var have struct {
		Packages map[string]struct {
			Version string `json:"version"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(lock, &have); err != nil {
		return "", fmt.Errorf("read the lock of %s: %w", name, err)
	}
	p, ok := have.Packages["node_modules/"+name]
	if !ok {
		return "", fmt.Errorf("its lock has no %s", name)
	}
	return p.Version, nil
}
