package verify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
)

// goVersion is the version of the compiler of this build.
func goVersion() string { return runtime.Version() }

// difference compares two documents byte by byte, and names the first figure that differs.
func difference(have, made []byte) (what string, same bool) {
	if bytes.Equal(have, made) {
		return "", true
	}
	var a, b any
	da, db := json.NewDecoder(bytes.NewReader(have)), json.NewDecoder(bytes.NewReader(made))
	da.UseNumber()
	db.UseNumber()
	if da.Decode(&a) != nil || db.Decode(&b) != nil {
		return "it can't be read", false
	}
	if at, x, y, found := firstDifference("", a, b); found {
		return fmt.Sprintf("%s is %s, and the records make it %s", at, brief(x), brief(y)), false
	}
	return "it has the figures that the records give, written in another way", false
}

// firstDifference is where two values differ first: objects by the order of names, but for the checksum, which differs if anything does.
func firstDifference(at string, a, b any) (where string, x, y any, found bool) {
	switch a := a.(type) {
	case map[string]any:
		other, ok := b.(map[string]any)
		if !ok {
			return at, a, b, true
		}
		all := maps.Clone(a)
		maps.Copy(all, other)
		delete(all, "crc32c")
		for _, name := range slices.Sorted(maps.Keys(all)) {
			inner := name
			if at != "" {
				inner = at + "." + name
			}
			if where, x, y, found := firstDifference(inner, a[name], other[name]); found {
				return where, x, y, true
			}
		}
	case []any:
		other, ok := b.([]any)
		if !ok {
			return at, a, b, true
		}
		for i := range min(len(a), len(other)) {
			if where, x, y, found := firstDifference(fmt.Sprintf("%s[%d]", at, i), a[i], other[i]); found {
				return where, x, y, true
			}
		}
		if len(a) != len(other) {
			return "the length of " + at, len(a), len(other), true
		}
	default:
		return at, a, b, a != b
	}
	return "", nil, nil, false
}

// brief is a value in few letters.
func brief(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return "unreadable"
	}
	const most = 60
	if len(data) > most {
		return string(data[:most]) + "..."
	}
	return string(data)
}
