package selfcheck

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/flame"
)

// pictureExt is what a picture's file ends in.
const pictureExt = ".svg"

// pictureFolder is the folder for a document's pictures: next to it, with its name without the ending. A folder that
// has something else is refused, since it is replaced.
func pictureFolder(document string) (string, error) {
	folder := strings.TrimSuffix(document, filepath.Ext(document))
	if folder == document || filepath.Base(document) == filepath.Ext(document) {
		return "", fmt.Errorf("%s needs a name and an ending, such as performance.md: its pictures go into a folder of its name without the ending", document)
	}
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look for old pictures: %w", err)
	}
	for _, e := range entries {
		if !isPicture(e) {
			return "", fmt.Errorf("%s has %s: a folder of that name is replaced by one of pictures, so choose another name for %s",
				folder, e.Name(), document)
		}
	}
	return folder, nil
}

// isPicture reports whether a folder's entry may come from a selfcheck.
func isPicture(e fs.DirEntry) bool {
	return e.Type().IsRegular() && filepath.Ext(e.Name()) == pictureExt &&
		slices.ContainsFunc(broker.Names(), func(name string) bool { return strings.HasPrefix(e.Name(), name+"-") })
}

// writePictures draws what the report's wire producers did as flame graphs, which replace those in the folder.
func writePictures(folder string, r Report) error {
	return atomicfile.WriteFolder(folder, func(dir string) error {
		for _, e := range r.pictured() {
			var picture bytes.Buffer
			if err := flame.SVG(&picture, e.Stacks, e.pictureTitle()); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(dir, e.picture()), picture.Bytes(), 0o644); err != nil {
				return err
			}
		}
		return nil
	})
}

// pictured are those that there is a picture of: a producer that no sample saw has none.
func (r Report) pictured() []Enqueue {
	return slices.DeleteFunc(slices.Clone(r.Enqueue), func(e Enqueue) bool { return e.Stacks == nil || e.Stacks.Count == 0 })
}

// picture is the name of the file with the flame graph.
func (e Enqueue) picture() string {
	return e.Broker + "-" + strings.ReplaceAll(e.Contender, "/", "-") + pictureExt
}

func (e Enqueue) pictureTitle() string {
	return fmt.Sprintf("The wire producer's CPU time, %s: %d samples, callers above what they call", e.messages(), e.Stacks.Count)
}

// images are the pictures as Markdown, each linked to its file, where a frame shows its full name and its share.
func (r Report) images(folder string) string {
	var lines []string
	for _, e := range r.pictured() {
		var most []string
		for _, h := range e.hotShown() {
			most = append(most, fmt.Sprintf("%s (%.0f %%)", h.Function, h.Percent))
		}
		file := path.Join(url.PathEscape(folder), url.PathEscape(e.picture()))
		lines = append(lines, fmt.Sprintf("[![%s](%s)](%s)", plain("Flame graph of the wire producer's CPU time, "+e.messages()+
			". Most of it is in "+strings.Join(most, ", ")), file, file))
	}
	return strings.Join(lines, "\n\n")
}

// plain keeps Markdown from reading signs in a text as its own.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\[]*_<>`&!~|", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
