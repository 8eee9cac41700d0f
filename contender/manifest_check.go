package contender

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/suite"
)

// check returns what is wrong with a manifest.
func (m Manifest) check() error {
	needs := []struct{ name, value string }{{"framework", m.Framework}, {"title", m.Title}}
	switch m.Runtime {
	case RuntimePython:
		needs = append(needs, []struct{ name, value string }{{"package", m.Package}, {"app", m.App}}...)
	case RuntimeNode, RuntimeGo:
		needs = append(needs, []struct{ name, value string }{{"package or version", m.Package + m.Version}, {"client", strings.Join(m.Client, " ")}}...)
	case RuntimeExecutable:
		needs = append(needs, []struct{ name, value string }{{"version", m.Version}, {"client", strings.Join(m.Client, " ")}}...)
	default:
		return fmt.Errorf("runtime %q: choose from %s, %s, %s, %s", m.Runtime, RuntimePython, RuntimeNode, RuntimeGo, RuntimeExecutable)
	}
	for _, need := range needs {
		if need.value == "" {
			return fmt.Errorf("%s is missing", need.name)
		}
	}
	switch {
	case !plainName(m.Framework):
		return fmt.Errorf("framework %q: write small letters, digits, - and _", m.Framework)
	case slices.ContainsFunc(m.Configurations, func(c Configuration) bool { return !plainName(c.Name) }):
		return errors.New("configurations: each needs a name of small letters, digits, - and _")
	case len(m.Configurations) == 0:
		return errors.New("configurations is missing")
	case len(m.Brokers) == 0:
		return errors.New("brokers is missing")
	}
	for _, b := range m.Brokers {
		if broker.Check(b) != nil {
			return fmt.Errorf("brokers: unknown broker %q: choose from %s, or %s for a queue with its own store", b,
				strings.Join(broker.Names(), ", "), broker.OwnName)
		}
	}
	if err := m.checkCapabilities(); err != nil {
		return err
	}
	if err := m.checkConfigurations(); err != nil {
		return err
	}
	for i, p := range m.Setup {
		if err := p.check(m); err != nil {
			return fmt.Errorf("line %d: %w", m.lines[i], err)
		}
	}
	return nil
}

// plainName reports whether a name can be part of a command line, a path and a label.
func plainName(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// checkConfigurations returns what is wrong with what a configuration alone lacks, with its brokers, or with its name.
func (m Manifest) checkConfigurations() error {
	for i, c := range m.Configurations {
		if slices.ContainsFunc(m.Configurations[:i], func(before Configuration) bool { return before.Name == c.Name }) {
			return fmt.Errorf("configurations: two have the name %q", c.Name)
		}
		for _, name := range slices.Sorted(maps.Keys(c.Lacks)) {
			if err := knownCapability(name); err != nil {
				return fmt.Errorf("configuration %s: lacks: %w", c.Name, err)
			}
			if c.Lacks[name] == "" {
				return fmt.Errorf("configuration %s: lacks: capability %s needs the reason", c.Name, name)
			}
		}
		for _, b := range c.Brokers {
			if !slices.Contains(m.Brokers, b) {
				return fmt.Errorf("configuration %s: brokers: the framework has no %q: choose from %s", c.Name, b, strings.Join(m.Brokers, ", "))
			}
		}
	}
	return nil
}

// knownCapability returns what is wrong with a capability's name.
func knownCapability(name string) error {
	if slices.Contains(Capabilities(), name) {
		return nil
	}
	return fmt.Errorf("unknown capability %q: choose from %s", name, strings.Join(Capabilities(), ", "))
}

func (m Manifest) checkCapabilities() error {
	for _, name := range append(slices.Clone(m.Offers), slices.Sorted(maps.Keys(m.Lacks))...) {
		if err := knownCapability(name); err != nil {
			return err
		}
	}
	if m.Runtime != RuntimePython {
		for _, name := range []string{suite.NeedCodec, suite.NeedOwn, suite.NeedWeb} {
			if slices.Contains(m.Offers, name) {
				return fmt.Errorf("capability %s: only a framework of the runtime %s offers it", name, RuntimePython)
			}
		}
	}
	if len(m.Tasks) > 0 && !slices.Contains(m.Tasks, readyTask) {
		return fmt.Errorf("tasks: %s must be among them: it proves that a worker is up", readyTask)
	}
	var unsaid []string
	for _, name := range Capabilities() {
		if offers, lacks := slices.Contains(m.Offers, name), m.Lacks[name] != ""; offers == lacks {
			unsaid = append(unsaid, name)
		}
	}
	if len(unsaid) > 0 {
		return fmt.Errorf("capability %s: name each in offers, or in lacks with the reason", strings.Join(unsaid, ", "))
	}
	return nil
}

// check returns what is wrong with a part alone.
func (p Part) check(m Manifest) error {
	for _, b := range p.When.Broker {
		if !slices.Contains(m.Brokers, b) {
			return fmt.Errorf("when: it can't use the broker %q", b)
		}
	}
	for _, c := range p.When.Configuration {
		if !slices.ContainsFunc(m.Configurations, func(have Configuration) bool { return have.Name == c }) {
			return fmt.Errorf("when: unknown configuration %q", c)
		}
	}
	for name := range p.Environ {
		if strings.HasPrefix(name, "TQBENCH_PROBE") {
			return fmt.Errorf("environ: %s is set by the harness, which reads the records there", name)
		}
	}
	for _, mode := range p.When.Mode {
		if mode != modeMatched && mode != modeDefaults {
			return fmt.Errorf("when: unknown mode %q: choose from %s, %s", mode, modeMatched, modeDefaults)
		}
	}
	for _, events := range p.When.Events {
		if all := []string{suite.EventsOff, suite.EventsOn, suite.EventsConsumed}; !slices.Contains(all, events) {
			return fmt.Errorf("when: unknown events %q: choose from %s", events, strings.Join(all, ", "))
		}
	}
	return p.Recovery.check()
}
