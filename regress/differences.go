package regress

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/results"
)

// What a difference between two runs means for their comparison.
const (
	// Told: it may be what was to be compared, such as a new version of a framework.
	Told = "told"
	// Warning: what else changed may be the cause of all that differs.
	Warning = "warning"
	// NotCompared: the two asked different things.
	NotCompared = "not compared"
)

// Difference is something that one run has otherwise than the other.
type Difference struct {
	// What differs, such as "CPU" or "version of Redis".
	What string `json:"what"`
	Old  string `json:"old"`
	New  string `json:"new"`
	// Effect is one of the constants above.
	Effect string `json:"effect"`
	// Where is the part of the plan that it concerns, as a scope of thresholds; empty for all.
	Where string `json:"where,omitempty"`
}

// differences gathers what differs, each once.
type differences []Difference

func (d *differences) add(effect, where, what, old, new string) {
	x := Difference{What: what, Old: old, New: new, Effect: effect, Where: where}
	if old != new && !slices.Contains(*d, x) {
		*d = append(*d, x)
	}
}

// surroundings are the differences between the first old run and each new one, and those within a side, which is to be of one thing.
func (s Sides) surroundings() []Difference {
	d := differences{}
	for _, r := range s.New {
		for _, x := range surroundings(s.Old[0], r) {
			d.add(x.Effect, x.Where, x.What, x.Old, x.New)
		}
	}
	for _, side := range []struct {
		name string
		runs []*Run
	}{{"old", s.Old}, {"new", s.New}} {
		for _, r := range side.runs[1:] {
			for _, x := range surroundings(side.runs[0], r) {
				d.add(Warning, x.Where, x.What+" within the "+side.name+" runs", x.Old, x.New)
			}
		}
	}
	return d
}

// asked are the differences between what the runs of both sides asked in a cell.
func (s Sides) asked(c Cell) []Difference {
	d := differences{}
	var first *Run
	for _, r := range append(slices.Clone(s.Old), s.New...) {
		switch {
		case !r.has(c):
		case first == nil:
			first = r
			d = append(d, asked(r, r, c)...) // an analysis that doesn't tell
		default:
			for _, x := range asked(first, r, c) {
				d.add(x.Effect, x.Where, x.What, x.Old, x.New)
			}
		}
	}
	return d
}

// surroundings are the differences between what two runs were made on and with.
func surroundings(old, new *Run) []Difference {
	d := differences{}
	a, b := old.Machine, new.Machine
	for _, x := range []struct{ what, old, new string }{
		{"CPU", a.CPU, b.CPU}, {"number of CPUs", strconv.Itoa(a.CPUs), strconv.Itoa(b.CPUs)}, {"architecture", a.Arch, b.Arch},
		{"kernel", a.Kernel, b.Kernel}, {"operating system", a.OS, b.OS},
		{"memory in MiB", strconv.FormatInt(a.MemoryMiB, 10), strconv.FormatInt(b.MemoryMiB, 10)},
		{"clock source", a.Clocksource, b.Clocksource}, {"CPU governor", a.Governor, b.Governor},
		{"hypervisor", strconv.FormatBool(a.Hypervisor), strconv.FormatBool(b.Hypervisor)}, {"placement", old.Placement, new.Placement},
	} {
		d.add(Warning, "", x.what, x.old, x.new)
	}
	if a.Model != "" && b.Model != "" { // as far as both are known
		d.add(Warning, "", "model of the machine", a.Model, b.Model)
	}
	d.brokers(old.Brokers, new.Brokers)
	d.contenders(old.Contenders, new.Contenders)
	versions := func(list []results.Software) map[string]string {
		out := map[string]string{}
		for _, s := range list {
			out[s.Name] = s.Version
		}
		return out
	}
	d.maps(Told, "", "version of ", versions(old.Software), versions(new.Software))
	d.add(Told, "", "version of tqbench", old.Tqbench.Version, new.Tqbench.Version)
	return d
}

// brokers compares the brokers that both runs have. One product isn't compared with another, even behind one name; a new
// major version is a warning.
func (d *differences) brokers(old, new []results.Broker) {
	for _, a := range old {
		i := slices.IndexFunc(new, func(b results.Broker) bool { return a.Name == b.Name })
		if i < 0 {
			continue
		}
		b, where := new[i], anyName+"/"+a.Name
		if a.Product != b.Product {
			d.add(NotCompared, where, "product", a.Product, b.Product)
			continue
		}
		effect := Told
		if major(a.Version) != major(b.Version) {
			effect = Warning
		}
		d.add(effect, where, "version of "+a.Product, a.Version, b.Version)
		d.add(Warning, where, "server of yours, attached by URL", strconv.FormatBool(a.Attached), strconv.FormatBool(b.Attached))
		d.maps(Warning, where, "setting ", settings(a.Settings), settings(b.Settings))
	}
}

// contenders compares how each arm was set up, where both runs have it.
func (d *differences) contenders(old, new []results.Setup) {
	for _, a := range old {
		i := slices.IndexFunc(new, func(b results.Setup) bool {
			return a.Side() == b.Side() && a.Broker == b.Broker && a.Scenario == b.Scenario
		})
		if i < 0 {
			continue
		}
		b, where := new[i], anyName+"/"+anyName+"/"+a.Side()
		d.add(Told, where, "version of "+a.Framework, a.Version, b.Version)
		d.add(Warning, where, "delivery", a.Delivery, b.Delivery)
		d.add(Told, where, "workers started", strconv.Itoa(a.Instances), strconv.Itoa(b.Instances))
		d.maps(Told, where, "setting ", settings(a.Settings), settings(b.Settings))
	}
}

// maps compares names and values.
func (d *differences) maps(effect, where, what string, old, new map[string]string) {
	names := maps.Clone(old)
	maps.Copy(names, new)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		d.add(effect, where, what+n, old[n], new[n])
	}
}

func settings(list []results.Setting) map[string]string {
	out := map[string]string{}
	for _, s := range list {
		out[s.Name] = s.Value
	}
	return out
}

// major is a version up to its first dot.
func major(version string) string {
	m, _, _ := strings.Cut(version, ".")
	return m
}

// asked are the differences between what two runs asked in a cell that both have.
func asked(old, new *Run, c Cell) []Difference {
	d := differences{}
	a, b := old.definitions[c], new.definitions[c]
	where := c.Scenario + "/" + c.Broker
	switch {
	case c.Foreign():
		// A metric that only one of them has, such as after -benchmem, says nothing about the others.
		for _, n := range slices.Sorted(maps.Keys(a)) {
			if unit, both := b[n]; both {
				d.add(NotCompared, c.String(), n, a[n], unit)
			}
		}
	case a != nil && b != nil:
		d.maps(NotCompared, where, "", a, b)
	default:
		told := func(m map[string]string) string {
			if m == nil {
				return "not told (analysed by an older tqbench)"
			}
			return "told"
		}
		d = append(d, Difference{What: "what is asked", Old: told(a), New: told(b), Effect: NotCompared, Where: where})
	}
	behind := func(r *Run) []results.Broker {
		return slices.DeleteFunc(slices.Clone(r.Brokers), func(b results.Broker) bool { return b.Name != c.Broker })
	}
	var product differences
	product.brokers(behind(old), behind(new))
	return append(d, slices.DeleteFunc(product, func(x Difference) bool { return x.Effect != NotCompared })...)
}
