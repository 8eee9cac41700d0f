package contender

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// folder is a contender from a contender.yaml, in one of its configurations.
type folder struct {
	Manifest
	configuration Configuration
	dir           string
	// before acknowledges tasks before they run.
	before bool
	// release is a chosen release of the framework, "" for that of its lock.
	release string
}

// folders are the contenders of tqbench's own folders.
func folders() ([]Contender, error) {
	manifests, err := fs.Glob(contenders.Files, "*/"+ManifestName)
	if err != nil {
		return nil, fmt.Errorf("list contenders: %w", err)
	}
	var out []Contender
	for _, name := range manifests {
		dir := path.Dir(name)
		sub, err := fs.Sub(contenders.Files, dir)
		if err != nil {
			return nil, fmt.Errorf("open contender %s: %w", dir, err)
		}
		m, err := ReadManifest(sub, dir)
		if err != nil {
			return nil, err
		}
		out = append(out, m.contenders("")...)
	}
	return out, nil
}

// contenders are those of a manifest, one for each configuration. dir is its folder, "" for tqbench's own.
func (m Manifest) contenders(dir string) []Contender {
	var out []Contender
	for _, c := range m.Configurations {
		out = append(out, folder{Manifest: m, configuration: c, dir: dir})
	}
	return out
}

// outside is an external contender's folder; false for tqbench's own contenders.
func (f folder) outside() (workers.Folder, bool) {
	return f.from(f.dir), f.dir != ""
}

// from is the manifest's folder.
func (m Manifest) from(dir string) workers.Folder {
	return workers.Folder{Name: m.Framework, Dir: dir, Runtime: m.Runtime, Package: m.Package, Version: m.Version}
}

func (f folder) runtime() string { return f.Runtime }

// terms are the language of its runtime, or of its programs as the manifest says, and its licence.
func (f folder) terms() (language, licence string) {
	languages := map[string]string{RuntimePython: "Python", RuntimeNode: "JavaScript", RuntimeGo: "Go"}
	return cmp.Or(f.Language, languages[f.Runtime]), f.Licence
}

func (f folder) Name() string {
	name := f.Manifest.Framework + "/" + f.configuration.Name
	if f.before {
		name += EarlySuffix
	}
	if f.release != "" {
		name += suite.ReleaseMark + f.release
	}
	return name
}

func (f folder) Framework() string { return f.Manifest.Framework }

func (f folder) Title() string { return f.Manifest.Title }

func (f folder) Brokers() []string {
	if len(f.configuration.Brokers) > 0 {
		return f.configuration.Brokers
	}
	return f.Manifest.Brokers
}

// lacks is why the contender doesn't offer a capability, or "".
func (f folder) lacks(capability string) string {
	if capability == suite.NeedStart && f.Runtime != RuntimePython {
		return "the scenario times the import of a client's module, but the client is a program"
	}
	if why := f.configuration.Lacks[capability]; why != "" {
		return why
	}
	return f.Lacks[capability]
}

func (f folder) cannot(s suite.Scenario) string {
	if s.Own == nil { // otherwise they are the user's
		if why := f.without(s.Kinds()); why != "" {
			return why
		}
	}
	for _, need := range s.Needs() {
		if why := f.lacks(need); why != "" {
			return why
		}
	}
	return ""
}

func (f folder) early() (Contender, error) {
	if why := f.lacks(capabilityEarly); why != "" {
		return nil, fmt.Errorf("%w %q: %s", ErrUnknown, f.Name()+EarlySuffix, why)
	}
	f.before = true
	return f, nil
}
