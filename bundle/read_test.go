package bundle_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/bundle"
)

// entry is one of a hostile archive. Its header is a bundle's unless change makes it another.
type entry struct {
	name, body string
	change     func(*tar.Header)
}

// archived is an archive in the compression of bundles.
func archived(t testing.TB, entries []entry, after string) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: e.name, Size: int64(len(e.body)), Mode: 0o644, ModTime: time.Unix(0, 0), Format: tar.FormatUSTAR}
		if e.change != nil {
			e.change(h)
		}
		err := w.WriteHeader(h)
		if err == nil && h.Size > 0 {
			_, err = w.Write([]byte(e.body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write([]byte(after)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// usual are the entries of a bundle that can be extracted, though it has no run.
func usual() []entry {
	return []entry{{name: bundle.AnalysisName, body: "{}"}, {name: bundle.PlanName, body: "[]"}, {name: bundle.RunName, body: "{}"}}
}

// listed is a manifest of entries.
func listed(t testing.TB, entries []entry, change func(*bundle.Manifest)) entry {
	t.Helper()
	m := bundle.Manifest{Format: "tqbench-bundle", Version: bundle.Version}
	for _, e := range entries {
		sum := sha256.Sum256([]byte(e.body))
		m.Files = append(m.Files, bundle.File{Path: e.name, Bytes: int64(len(e.body)), SHA256: hex.EncodeToString(sum[:])})
	}
	if change != nil {
		change(&m)
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return entry{name: "manifest.json", body: string(data)}
}

// A bundle from a stranger writes nothing outside of its folder, and no more than it lists.
func TestHostileBundlesAreRefused(t *testing.T) {
	with := func(e entry) []entry { return append(usual(), e) }
	swapped := func(change func(*tar.Header)) []entry {
		e := usual()
		e[1].change = change
		return append([]entry{listed(t, e, nil)}, e...)
	}
	all := func(e []entry, change func(*bundle.Manifest)) []entry {
		return append([]entry{listed(t, e, change)}, e...)
	}
	zeros := strings.Repeat("\x00", 8<<20)
	noise := make([]byte, 128<<10)
	rng := rand.NewChaCha8([32]byte{})
	if _, err := rng.Read(noise); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		entries []entry
		after   string
		is      error
		want    string
	}{
		{"no manifest", usual(), "", bundle.ErrFormat, "doesn't begin with manifest.json"},
		{"nothing", nil, "", bundle.ErrFormat, "doesn't begin with manifest.json"},
		{"no JSON", []entry{{name: "manifest.json", body: "{"}}, "", bundle.ErrFormat, "manifest.json"},
		{"another format", all(usual(), func(m *bundle.Manifest) { m.Format = "other" }), "", bundle.ErrFormat, "its format"},
		{"another version", all(usual(), func(m *bundle.Manifest) { m.Version = 9 }), "", bundle.ErrFormat, "it has version 9"},
		{"a way out", all(with(entry{name: "../evil.json"}), nil), "", bundle.ErrFormat, "no name of a bundle's file"},
		{"a way out below", all(with(entry{name: "results/trials/../../../evil"}), nil), "", bundle.ErrFormat, "no name of a bundle's file"},
		{"from the root", all(with(entry{name: "/etc/passwd"}), nil), "", bundle.ErrFormat, "no name of a bundle's file"},
		{"hidden", all(with(entry{name: "results/trials/0001/.profile"}), nil), "", bundle.ErrFormat, "no name of a bundle's file"},
		{"a backslash", all(with(entry{name: `results/trials/0001/..\evil`}), nil), "", bundle.ErrFormat, "no name of a bundle's file"},
		{"a long name", all(with(entry{name: "results/trials/0001/" + strings.Repeat("a", 200)}), nil)[:1], "", bundle.ErrFormat, "no name of a bundle's file"},
		{"out of order", all(with(entry{name: "locks/rq@1/a.txt"}), nil), "", bundle.ErrFormat, "in the order of their names"},
		{"twice", all(append(usual(), entry{name: bundle.RunName}), nil), "", bundle.ErrFormat, "listed once"},
		{"other case", all(append(usual(), entry{name: "results/trials/0001/A"}, entry{name: "results/trials/0001/a"}), nil), "", bundle.ErrFormat, "upper and lower case"},
		{"no plan", all(usual()[:1], nil), "", bundle.ErrFormat, "lists no plan.json"},
		{"too much", all(usual(), func(m *bundle.Manifest) { m.Files[0].Bytes = 1 << 60 }), "", bundle.ErrFormat, "may have"},
		{"less than nothing", all(usual(), func(m *bundle.Manifest) { m.Files[0].Bytes = -1 }), "", bundle.ErrFormat, "-1 bytes"},
		{"a bomb", all(append(usual(), entry{name: "results/trials/0001/zeros", body: zeros}), nil), "", bundle.ErrFormat, "no run compresses like that"},
		{"a bomb of a column file", all(append(usual(), entry{name: "results/trials/0001/noise", body: string(noise)}, entry{name: "results/trials/0001/tasks.parquet", body: zeros}), nil), "",
			bundle.ErrFormat, "bytes of column files"},
		{"a bomb in the manifest", []entry{{name: "manifest.json", body: strings.Repeat(" ", 65<<20)}}, "", bundle.ErrFormat, "doesn't begin with manifest.json"},
		{"a bomb after the end", all(usual(), nil), zeros, bundle.ErrDamaged, "after its last file"},
		{"something after the end", all(usual(), nil), "hidden", bundle.ErrDamaged, "isn't as tqbench writes it"},
		{"more than listed", append(all(usual(), nil), entry{name: "results/trials/0001/more"}), "", bundle.ErrDamaged, "doesn't list it"},
		{"less than listed", all(usual(), nil)[:3], "", bundle.ErrDamaged, "is missing"},
		{"another size", all(usual(), func(m *bundle.Manifest) { m.Files[1].Bytes = 3 }), "", bundle.ErrDamaged, "plan.json has 2 bytes"},
		{"another sum", all(usual(), func(m *bundle.Manifest) { m.Files[1].SHA256 = "" }), "", bundle.ErrDamaged, "plan.json has the SHA-256 sum"},
		{"a link", swapped(func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, "/etc/passwd", 0 }), "", bundle.ErrDamaged, "no regular file"},
		{"a hard link", swapped(func(h *tar.Header) { h.Typeflag, h.Linkname, h.Size = tar.TypeLink, "analysis.json", 0 }), "", bundle.ErrDamaged, "no regular file"},
		{"a device", swapped(func(h *tar.Header) { h.Typeflag, h.Size = tar.TypeChar, 0 }), "", bundle.ErrDamaged, "no regular file"},
		{"an owner", swapped(func(h *tar.Header) { h.Uname = "alice" }), "", bundle.ErrDamaged, "isn't as tqbench writes it"},
		{"a time", swapped(func(h *tar.Header) { h.ModTime = time.Unix(1, 0) }), "", bundle.ErrDamaged, "isn't as tqbench writes it"},
		{"a mode", swapped(func(h *tar.Header) { h.Mode = 0o4755 }), "", bundle.ErrDamaged, "isn't as tqbench writes it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			file, into := filepath.Join(dir, "b.tar.gz"), filepath.Join(dir, "into")
			if err := errors.Join(os.Mkdir(into, 0o755), os.WriteFile(file, archived(t, tt.entries, tt.after), 0o644)); err != nil {
				t.Fatal(err)
			}
			_, err := bundle.Read(t.Context(), file, into)
			if !errors.Is(err, tt.is) || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
				t.Errorf("written: %v %v", left, err)
			}
		})
	}
}

func TestAnUnusualFileIsNoBundle(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"empty": "", "text": "a run of last week", "zip": "PK\x03\x04", "gzip of another": "\x1f\x8b\x08\x00\x01\x02\x03\x04\x00\x03rest"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := bundle.Read(t.Context(), file, t.TempDir()); !errors.Is(err, bundle.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever the bytes, the reader ends, writes only what the manifest lists, and takes a bundle only if it is written again to the same archive.
func FuzzRead(f *testing.F) {
	f.Add(archived(f, append([]entry{listed(f, usual(), nil)}, usual()...), ""))
	f.Add(archived(f, usual(), "x"))
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		file, into := filepath.Join(dir, "b.tar.gz"), filepath.Join(dir, "into")
		if err := errors.Join(os.Mkdir(into, 0o755), os.WriteFile(file, data, 0o644)); err != nil {
			t.Fatal(err)
		}
		b, err := bundle.Read(t.Context(), file, into)
		if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
			t.Errorf("written: %v %v", left, err)
		}
		if err != nil {
			return
		}
		for _, x := range b.Manifest.Files {
			if info, err := os.Lstat(filepath.Join(into, x.Path)); err != nil || !info.Mode().IsRegular() || info.Size() != x.Bytes {
				t.Errorf("%s: %v", x.Path, err)
			}
		}
	})
}
