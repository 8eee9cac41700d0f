package workers

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
)

func TestMain(m *testing.M) {
	process.MaybeGuard()
	os.Exit(m.Run())
}

func TestARepositorysURLIsSplitFromTheRevision(t *testing.T) {
	t.Parallel()
	for written, want := range map[string][2]string{
		"file:///srv/rq@v2.6":              {"file:///srv/rq", "v2.6"},
		"file:///srv/rq":                   {"file:///srv/rq", ""},
		"https://host/a/rq.git@fix/slower": {"https://host/a/rq.git", "fix/slower"},
		"https://host:8443/rq@main~3":      {"https://host:8443/rq", "main~3"},
		"file:///srv/a%20b@v1":             {"file:///srv/a%20b", "v1"},
	} {
		at, revision, err := parseGit(written)
		if err != nil || at != want[0] || revision != want[1] {
			t.Errorf("%s: %q, %q, %v", written, at, revision, err)
		}
	}
	for _, bad := range []string{"", "ssh://host/rq@v1", "ext::sh -c x", "file://host/rq", "https://host/@v1", "https://user:sEcret@host/rq", "https://host/rq?x=1",
		"file:///srv/rq@--upload-pack=x", "http://host/rq", "https://host/%zz"} {
		if at, revision, err := parseGit(bad); err == nil || strings.Contains(err.Error(), "sEcret") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q, %q, %v", bad, at, revision, err)
		}
	}
}

// zipped is a zip archive.
func zipped(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(files[name]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAWheelIsOfOnePackage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return at
	}
	good := file("rq-9-py3-none-any.whl", zipped(t, map[string]string{"rq/METADATA": "Name: no\n", "rq-9.dist-info/METADATA": "Metadata-Version: 2.1\nName: RQ\nVersion: 9\n\nName: no"}))
	b := &Builder{Cache: t.TempDir()}
	rq := Release{Framework: "rq", Package: "rq"}
	s, err := b.Find(t.Context(), rq, good)
	if err != nil || s.From != good || len(s.SHA256) != 64 || !SourceForm.MatchString(s.Release()) || strings.Contains(s.String(), dir) {
		t.Errorf("%+v, %v", s, err)
	}
	for want, release := range map[string]Release{"is a wheel of RQ, not of celery": {Framework: "celery", Package: "celery"}, "a package of Python's": {Framework: "bullmq", Package: "bullmq"}} {
		if _, err := b.Find(t.Context(), release, good); !errors.Is(err, ErrRelease) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	for at, want := range map[string]string{
		filepath.Join(dir, "none.whl"):    "no such file",
		file("bad.whl", []byte("no zip")): "not a wheel",
		file("empty.whl", zipped(t, nil)): "no METADATA",
		file("noname.whl", zipped(t, map[string]string{"a.dist-info/METADATA": "\nName: a"})): "no name",
	} {
		if _, err := b.Find(t.Context(), rq, at); !errors.Is(err, ErrRelease) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", at, err, want)
		}
	}
	if _, err := b.Find(t.Context(), Release{Framework: "bullmq", Package: "bullmq"}, "git+file:///x"); err == nil || !strings.Contains(err.Error(), "published release") {
		t.Error(err)
	}
	if err := os.WriteFile(good, []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.wheelOf(t.Context(), "", rq, s); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("a changed wheel: %v", err)
	}
}

func TestModulesOfOneReleaseGoTogether(t *testing.T) {
	t.Parallel()
	gomod := []byte("module m\n\nrequire example/one v1.0.0\nrequire (\n\texample/q v0.51.2\n\texample/q/driver v0.51.2 // indirect\n\texample/queue v3.0.0\n)\nreplace example/x => ./x\n")
	versions := versionsIn(gomod)
	if want := map[string]string{"example/one": "1.0.0", "example/q": "0.51.2", "example/q/driver": "0.51.2", "example/queue": "3.0.0"}; !maps.Equal(versions, want) {
		t.Errorf("%v", versions)
	}
	if got := modulesOf("example/q", versions); !slices.Equal(got, []string{"example/q", "example/q/driver"}) {
		t.Errorf("%q", got)
	}
	if name, _, _ := strings.Cut(afterModule(gomod), "\n"); name != "m" {
		t.Errorf("%q", name)
	}
}

func TestAnArchiveStaysInItsFolder(t *testing.T) {
	t.Parallel()
	archive := func(headers ...tar.Header) []byte {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, h := range headers {
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
		}
		return b.Bytes()
	}
	link := tar.Header{Name: "link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}
	files, err := unpacked(archive(tar.Header{Name: "a/b.go", Typeflag: tar.TypeReg}, link), "source")
	if err != nil || len(files) != 1 || files[0].name != "source/a/b.go" {
		t.Errorf("%+v, %v", files, err)
	}
	for _, bad := range [][]byte{archive(tar.Header{Name: "../x", Typeflag: tar.TypeReg}), archive(tar.Header{Name: "/x", Typeflag: tar.TypeReg}), []byte("no tar, but long enough to be read")} {
		if files, err := unpacked(bad, "source"); err == nil {
			t.Errorf("%+v", files)
		}
	}
}

// backend builds a wheel that says as whom and with which variables it was built. It needs no package.
const backend = `
import json, os, zipfile
def build_wheel(to, config=None, metadata=None):
    with zipfile.ZipFile(os.path.join(to, "tiny-1.0-py3-none-any.whl"), "w") as z:
        z.writestr("tiny.json", json.dumps({"uid": os.getuid(), "secret": "SECRET" in os.environ}))
        z.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        z.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        z.writestr("tiny-1.0.dist-info/RECORD", "")
    return "tiny-1.0-py3-none-any.whl"
`

// repository is a new git repository with a commit.
func repository(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	git(t, dir, "init", "--quiet", "--initial-branch=main")
	commit(t, dir, files)
	return dir
}

// commit commits files.
func commit(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	git(t, dir, "add", ".")
	git(t, dir, "-c", "user.name=a", "-c", "user.email=a@localhost", "commit", "--quiet", "--message", "one")
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v: %s", args, err, out)
	}
}

// A revision is built once, as a user without rights and without our variables.
func TestARevisionIsBuiltApart(t *testing.T) {
	testneeds.Real(t, "pip")
	t.Setenv("SECRET", "word")
	dir := repository(t, map[string]string{"backend.py": backend,
		"pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = \"backend\"\nbackend-path = [\".\"]\n"})
	b, err := NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	env, err := b.build(t.Context(), "rq", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Cache = t.TempDir()
	tiny := Release{Framework: "tiny", Package: "tiny"}
	s, err := b.findRevision(t.Context(), "file://"+dir)
	if err != nil {
		t.Fatal(err)
	}
	w, err := b.wheelOf(t.Context(), env.Python, tiny, s)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(w.data), int64(len(w.data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("tiny.json")
	if err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	if _, err := said.ReadFrom(f); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(said.String(), `"secret": true`) || os.Getuid() == 0 && strings.Contains(said.String(), `"uid": 0,`) {
		t.Errorf("it was built with %s", &said)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if again, err := b.wheelOf(t.Context(), env.Python, tiny, s); err != nil || !bytes.Equal(again.data, w.data) {
		t.Errorf("it is built again: %v", err)
	}
	if _, err := b.wheelOf(t.Context(), env.Python, Release{Framework: "tiny", Package: "other"}, s); err == nil || !strings.Contains(err.Error(), "has the package tiny, not other") {
		t.Errorf("as another package: %v", err)
	}
}
