package contender

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/suite"
)

// Catalog is the available contenders: tqbench's own and those of external folders.
type Catalog struct{ all []Contender }

// NewCatalog reads tqbench's own contenders, and those of external folders, each with a contender.yaml.
func NewCatalog(dirs ...string) (*Catalog, error) {
	all, err := folders()
	if err != nil {
		return nil, err
	}
	c := &Catalog{all: all}
	for _, dir := range dirs {
		if err := c.add(dir); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// add adds the contenders of a folder.
func (c *Catalog) add(dir string) error {
	m, err := ReadManifest(os.DirFS(dir), dir)
	if err != nil {
		return err
	}
	for _, have := range c.all {
		if have.Framework() == m.Framework {
			return fmt.Errorf("%w: %s: framework %q: the name is taken: choose another", ErrManifest,
				filepath.Join(dir, ManifestName), m.Framework)
		}
	}
	if err := m.from(dir).Check(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrManifest, dir, err)
	}
	if err := m.Try(); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrManifest, filepath.Join(dir, ManifestName), err)
	}
	c.all = append(c.all, m.contenders(dir)...)
	return nil
}

// All lists the contenders. The first one of a framework is the one that the framework's name means.
func (c *Catalog) All() []Contender { return slices.Clone(c.all) }

// Frameworks are the contenders that the frameworks' names mean: a framework's others differ in their workers.
func (c *Catalog) Frameworks() []Contender {
	return slices.CompactFunc(c.All(), func(a, b Contender) bool { return a.Framework() == b.Framework() })
}

// Titles are the frameworks' names in sentences, by framework.
func (c *Catalog) Titles() map[string]string {
	out := map[string]string{}
	for _, x := range c.all {
		out[x.Framework()] = x.Title()
	}
	return out
}

// Variants are those of the contenders that can acknowledge early, doing so.
func (c *Catalog) Variants() []Contender {
	var out []Contender
	for _, x := range c.all {
		if v, err := early(x); err == nil {
			out = append(out, v)
		}
	}
	return out
}

// Find returns a contender by its name, or a framework's first contender by the framework's name. The suffix +early means early
// acknowledgement; @VERSION after all of it means that release of the framework.
func (c *Catalog) Find(name string) (Contender, error) {
	plain, release, chosen := strings.Cut(name, suite.ReleaseMark)
	found, err := c.find(plain)
	if err != nil || !chosen {
		return found, err
	}
	return at(found, name, release)
}

// find returns a contender by a name without a release.
func (c *Catalog) find(name string) (Contender, error) {
	of, suffixed := strings.CutSuffix(name, EarlySuffix)
	var names, known []string
	for _, x := range c.all {
		known = append(known, x.Framework())
		if x.Name() == of || x.Framework() == of {
			if suffixed {
				return early(x)
			}
			return x, nil
		}
		names = append(names, x.Name())
	}
	for _, x := range c.Variants() {
		names = append(names, x.Name())
	}
	return nil, fmt.Errorf("%w %q%s: choose from %s, or write the path of a folder with a %s", ErrUnknown, name, text.DidYouMean(of, append(known, names...)), strings.Join(names, ", "), ManifestName)
}
