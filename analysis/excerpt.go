package analysis

import (
	"bytes"
	"slices"

	"github.com/tqbench/tqbench/results"
)

// DecodeTrials decodes of an analysis.json only its run, its scenarios, its cells, and what its trials measured: a history has a thousand of
// them, and these are a seventh of each. A file without a checksum is decoded whole, as its layout isn't known.
func DecodeTrials(path string, data []byte) (Analysis, error) {
	if !results.Sealed(data) || results.CheckSeal(path, data) != nil {
		return Decode(path, data)
	}
	short := members(data, "\n  \"", "\n}", []string{"version", "run", "scenarios", "cells", "trials"})
	begin := bytes.Index(short, []byte("\n  \"trials\": ["))
	if begin >= 0 {
		trials := members(short[begin:], "\n      \"", "\n    }",
			[]string{"id", "block", "scenario", "broker", "contender", "arm", "reason", "flags", "hosts", "metrics", "brackets"})
		short = append(short[:begin:begin], trials...)
	}
	return decode(path, short)
}

// members leaves out the members of objects whose names aren't in keep. Each member begins with begin, its line's indentation, and each
// object ends with end. Strings have no line ends, so an indentation is never part of a value. The last member of an object stays, as
// no comma follows it.
func members(doc []byte, begin, end string, keep []string) []byte {
	at := bytes.Index(doc, []byte(begin))
	if at < 0 {
		return doc
	}
	out := append(make([]byte, 0, len(doc)/2), doc[:at]...)
	for at < len(doc) {
		member := doc[at:]
		next := bytes.Index(member[1:], []byte(begin))
		if next >= 0 {
			member = member[:next+1]
		}
		at += len(member)
		name, _, _ := bytes.Cut(member[len(begin):], []byte(`"`))
		// What follows an object's end, before the next one's first member, is no longer than its end.
		last := next < 0 || bytes.Contains(member[max(0, len(member)-2*len(end)-len(",{")):], []byte(end))
		if last || slices.Contains(keep, string(name)) {
			out = append(out, member...)
		}
	}
	return out
}
