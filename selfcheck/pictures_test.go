package selfcheck

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/flame"
)

// sampled is a producer that was seen in the functions.
func sampled(broker, contender string, stack ...string) Enqueue {
	e := Enqueue{Broker: broker, Product: strings.ToUpper(broker), Contender: contender, Bytes: 511, Stacks: &flame.Frame{}}
	e.Stacks.Add(stack, 7)
	for i, name := range stack {
		e.Hot = append(e.Hot, Hot{name, float64(50 - i)})
	}
	return e
}

// files are the names of what is in a folder.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestPicturesReplaceThoseOfTheLastRun(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "performance")
	first := Report{Enqueue: []Enqueue{sampled("redis", "some/one", "main"), sampled("mysql", "some/one", "main"), {Broker: "sqs", Contender: "unprofiled"}}}
	if err := writePictures(folder, first); err != nil {
		t.Fatal(err)
	}
	if got, want := files(t, folder), []string{"mysql-some-one.svg", "redis-some-one.svg"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	hostile := `example.com/a/b.(*T[<svg onload="alert(1)">&]).F`
	if err := writePictures(folder, Report{Enqueue: []Enqueue{sampled("redis", "some/one", "main.main", hostile)}}); err != nil {
		t.Fatal(err)
	}
	if got, want := files(t, folder), []string{"redis-some-one.svg"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	f, err := os.Open(filepath.Join(folder, "redis-some-one.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var text strings.Builder
	elements := 0
	for d := xml.NewDecoder(f); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "svg" {
				elements++
			}
		case xml.CharData:
			text.Write(token)
		}
	}
	for _, want := range []string{"REDIS, some/one, 511 bytes: 7 samples", "main.main: 7 samples", hostile + ": 7 samples, 100.0 %"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("there is no %q in %s", want, text.String())
		}
	}
	if elements != 1 {
		t.Errorf("a function's name became one of %d pictures", elements)
	}
}

// A folder is replaced only where all that is in it may have been left by a selfcheck.
func TestAFolderOfOtherThingsIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"notes/a.txt", "logos/logo.svg", "redis/redis-logo.png", "deep/redis-x.svg/y", "old/redis-some-one.svg", "old/mysql-some-one.svg"} {
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for document, want := range map[string]string{
		"notes.md": "notes has a.txt", "logos.md": "logos has logo.svg", "redis.md": "redis has redis-logo.png", "deep.md": "deep has redis-x.svg",
		"file.md": "not a directory", ".md": "needs a name and an ending", "performance": "needs a name and an ending",
		"old.md": "", "new.md": "", "a.b.md": "",
	} {
		folder, err := pictureFolder(filepath.Join(dir, document))
		switch {
		case want == "" && (err != nil || folder != filepath.Join(dir, strings.TrimSuffix(document, ".md"))):
			t.Errorf("%s: %q, %v", document, folder, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", document, err, want)
		}
	}
}

func TestTheDocumentShowsItsPicturesInWords(t *testing.T) {
	r := Report{Enqueue: []Enqueue{sampled("redis", "some/one", "a.(*T).F", "b", "c", "d")}}
	var with strings.Builder
	if err := document(&with, r, "my pictures"); err != nil {
		t.Fatal(err)
	}
	const file = "my%20pictures/redis-some-one.svg"
	want := "\n\n[![Flame graph of the wire producer's CPU time, REDIS, some/one, 511 bytes. Most of it is in a.(\\*T).F (50 %), b (49 %), c (48 %)](" +
		file + ")](" + file + ")\n\n"
	if strings.Count(with.String(), want) != 1 {
		t.Errorf("it has not once %q: %s", want, with.String())
	}
	if data, err := json.Marshal(r); err != nil || strings.Contains(string(data), "Calls") {
		t.Errorf("the JSON form has the stacks: %s (%v)", data, err)
	}
}

func TestTheCommittedDocumentShowsThePicturesThatAreThere(t *testing.T) {
	committed, err := os.ReadFile("../docs/performance.md")
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, m := range regexp.MustCompile(`\[!\[[^\n]+\]\(performance/([a-z-]+\.svg)\)\]`).FindAllSubmatch(committed, -1) {
		shown = append(shown, string(m[1]))
	}
	slices.Sort(shown)
	there := files(t, "../docs/performance")
	if !slices.Equal(shown, there) {
		t.Errorf("docs/performance.md shows %q, and docs/performance has %q", shown, there)
	}
}

// A document whose pictures can't be written isn't written either.
func TestTheDocumentIsWrittenWithItsPictures(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "performance.md")
	if err := WriteDocument(file, Report{Enqueue: []Enqueue{sampled("redis", "some/one", "main.main")}}); err != nil {
		t.Fatal(err)
	}
	shown := func() {
		t.Helper()
		if data, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(data), "# ") || !strings.Contains(string(data), "(performance/redis-some-one.svg)") {
			t.Errorf("%q, %v", data, err)
		}
	}
	shown()
	if data, err := os.ReadFile(filepath.Join(dir, "performance", "redis-some-one.svg")); err != nil || !strings.Contains(string(data), "main.main") {
		t.Errorf("%q, %v", data, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "performance", "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteDocument(file, Report{}); err == nil || !strings.Contains(err.Error(), "performance has notes.txt") {
		t.Errorf("a folder with notes was replaced: %v", err)
	}
	shown()
}

func TestADocumentThatCantBeWrittenIsRefusedFirst(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "notes"), 0o755), os.WriteFile(filepath.Join(dir, "notes", "a.txt"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		"notes.md": "notes has a.txt", "file": "needs a name and an ending", "none/file.md": "no such file", "notes": "it is a directory", "file.md": "",
	} {
		err := CheckDocument(filepath.Join(dir, file))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", file, err, want)
		}
	}
}
