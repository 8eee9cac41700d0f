package workers

import (
	"cmp"
	"slices"
	"strings"
	"testing"
)

func TestReleasesBetweenTwoAreInOrder(t *testing.T) {
	t.Parallel()
	known := []string{"3.0.0", "2.10.0", "2.9.1", "2.9.1.post1", "2.11.0rc1", "2.11.0", "2.9.0", "2.2"}
	unusable := []Left{{"2.9.7", "it has no wheel"}, {"2.9.6", "it has no wheel"}, {"1.0", "it has no wheel"}, {"2.9.8a1", "it has no wheel"}}
	for _, test := range []struct{ from, to, want, left string }{
		{"2.9.0", "3.0", "2.9.0 2.9.1 2.9.1.post1 2.10.0 2.11.0 3.0.0", "2.9.6 2.9.7"},
		{"2.2", "2.9.0", "2.2 2.9.0", ""},
		{"2.10.0", "2.11.0rc1", "2.10.0 2.11.0rc1", ""},
		{"2.11.0rc1", "3.0.0", "2.11.0rc1 2.11.0 3.0.0", ""},
	} {
		out, left, err := choose(known, unusable, test.from, test.to)
		var names, without []string
		for _, c := range out {
			names = append(names, c.Name)
		}
		for _, l := range left {
			without = append(without, l.Release)
		}
		if err != nil || strings.Join(names, " ") != test.want || strings.Join(without, " ") != test.left {
			t.Errorf("%s..%s: %q, without %q, %v", test.from, test.to, names, without, err)
		}
	}
	for ends, want := range map[[2]string]string{{"2.9.0", "2.9.0"}: "must be before", {"3.0.0", "2.9.0"}: "must be before", {"2.9.0", "9"}: "choose from", {"", "2.9.0"}: "choose from",
		{"2.9.6", "3.0.0"}: "choose from"} {
		if out, _, err := choose(known, unusable, ends[0], ends[1]); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v", ends, out, err)
		}
	}
}

// Previews come before their release, and what was published later after it.
func TestReleasesAreInTheOrderOfTheirVersions(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{
		{"5.5.3", "5.6rc1", "5.6.0rc2", "5.6.0rc10", "5.6.0", "5.6.0.post1", "5.6.1"},
		{"1.0.dev1", "1.0a1", "1.0b1", "1.0rc1", "1.0", "1.0.1"},
		{"v0.9.0", "v0.10.0-beta.2", "v0.10.0-beta.10", "v0.10.0", "v0.10.0+build", "v1.0.0"},
	} {
		for i := range order {
			for j := range order {
				if got := compareVersions(order[i], order[j]); got != cmp.Compare(i, j) {
					t.Errorf("%s to %s: %d", order[i], order[j], got)
				}
			}
		}
	}
	for _, same := range [][2]string{{"3.0", "3.0.0"}, {"1.0rc1", "1.0.0rc1"}} {
		if !sameVersion(same[0], same[1]) {
			t.Errorf("%q differ", same)
		}
	}
}

func TestCommitsBetweenTwoAreInOrder(t *testing.T) {
	t.Parallel()
	dir := repository(t, map[string]string{"file": "0"})
	for _, content := range []string{"1", "2", "3"} {
		commit(t, dir, map[string]string{"file": content})
	}
	b, rq := &Builder{Cache: t.TempDir()}, Release{Framework: "rq", Package: "rq"}
	all, left, err := b.Between(t.Context(), rq, "git+file://"+dir+"@main~3..main")
	if err != nil || len(all) != 4 || left != nil {
		t.Fatal(all, left, err)
	}
	part, _, err := b.Between(t.Context(), rq, "git+file://"+dir+"@main~2..main~1")
	if err != nil || !slices.Equal(part, all[1:3]) {
		t.Errorf("%v of %v, %v", part, all, err)
	}
	s, err := b.Find(t.Context(), rq, all[2].Written)
	if err != nil || s.Release() != all[2].Name {
		t.Errorf("%+v, %v", s, err)
	}
	// The copy has the whole hash of the good end, and not what came since.
	commit(t, dir, map[string]string{"file": "4"})
	if more, _, err := b.Between(t.Context(), rq, all[0].Written+"..main"); err != nil || len(more) != 5 {
		t.Errorf("after another commit: %v, %v", more, err)
	}
	for written, want := range map[string]string{"@main..main~1": "no ancestor", "@main..main": "no commit between", "@v9..main": "no such revision", "@main~1..v9": "no such revision", "": "write git+"} {
		if got, _, err := b.Between(t.Context(), rq, "git+file://"+dir+written); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", written, got, err)
		}
	}
	for written, is := range map[string]bool{"1.0..2.0": true, "1.0": false, "git+file:///a/../b@v1": false, "git+file:///a@v1..v2": true, "git+file:///a": false, "../a.whl": false} {
		if IsRange(written) != is {
			t.Errorf("%s: %v", written, !is)
		}
	}
}
