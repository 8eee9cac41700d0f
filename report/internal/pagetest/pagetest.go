// Package pagetest reads pages as a strict parser and as a browser do. Only tests use it.
package pagetest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// Harmless makes sure that a file has nothing in it that is hidden. It knows no format but that of pages and tables, so
// that it needs to know of no new one.
func Harmless(t *testing.T, name string, data []byte) {
	t.Helper()
	if filepath.Ext(name) == ".png" {
		return // pixels
	}
	text := string(data)
	if filepath.Ext(name) == ".html" && strings.Contains(text, `id="packed"`) {
		text = Unpack(t, text)
	}
	for i, r := range text {
		_, size := utf8.DecodeRuneInString(text[i:])
		if r == '\n' || unicode.IsPrint(r) && r != '\u034f' && (r != utf8.RuneError || size > 1) {
			continue
		}
		t.Errorf("%s has %q: %q", name, r, text[max(0, i-60):min(len(text), i+20)])
		return
	}
	if filepath.Ext(name) == ".csv" {
		NoFormulas(t, name, text)
	}
}

// NoFormulas makes sure that no cell of a table begins as a formula does, and that numbers are numbers.
func NoFormulas(t *testing.T, name, text string) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	for _, row := range rows {
		for _, cell := range row {
			_, err := strconv.ParseFloat(strings.TrimSuffix(strings.ReplaceAll(cell, ",", ""), " %"), 64)
			if begins := strings.TrimLeft(cell, " \u00a0\u3000"); err != nil && begins != "" && strings.ContainsRune("=+-@\t\r\uff1d\uff0b\uff0d\uff20", []rune(begins)[0]) {
				t.Errorf("%s has the cell %q, which a spreadsheet takes for a formula", name, cell)
			}
			if number, ok := strings.CutPrefix(cell, "'"); ok && numeric.MatchString(number) {
				t.Errorf("%s has the cell %q, which is no number any more", name, cell)
			}
		}
	}
}

var numeric = regexp.MustCompile(`^[+-][0-9.,]+( %)?$`)

// Document is what a test wants to know of a page.
type Document struct {
	Elements map[string]int
	Ids      map[string]int
	// Links are the values of all attributes that could load or lead to something.
	Links []string
	Text  string
}

var Scripts = regexp.MustCompile(`(?s)<script([^>]*)>.*?</script>`)

// Parse reads a page with tags that balance; it fails the test where they don't.
func Parse(t *testing.T, page string) Document {
	t.Helper()
	// Apart from elements that have no end, the page is XML too, which is read more strictly than HTML.
	page = regexp.MustCompile(`<(meta|link|br)([^>]*)>`).ReplaceAllString(page, "<$1$2/>")
	page = regexp.MustCompile(`<form class="(filters[a-z ]*)" hidden>`).ReplaceAllString(page, `<form class="$1">`)
	// Scripts aren't XML. Those that the page has are in the templates.
	page = Scripts.ReplaceAllString(page, "<script$1/>")
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Entity = xml.HTMLEntity
	d := Document{Elements: map[string]int{}, Ids: map[string]int{}}
	var text strings.Builder
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well-formed: %v", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			d.Elements[e.Name.Local]++
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "id":
					d.Ids[a.Value]++
				case "src", "href", "srcset", "action", "data", "poster", "background", "formaction":
					d.Links = append(d.Links, a.Value)
				default:
					if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") {
						t.Errorf("<%s> has the script attribute %s", e.Name.Local, a.Name.Local)
					}
				}
			}
		case xml.CharData:
			text.Write(e)
		}
	}
	d.Text = text.String()
	return d
}

var TrialFolder = regexp.MustCompile(`^\.\./results/trials/\d{4}/$`)

// Unpack puts the packed parts of a page in their places, as its script does.
func Unpack(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`<script type="application/octet-stream" id="packed">([^<]*)</script>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("nothing is packed")
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(m[1])))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "<!--part-->")
	place := regexp.MustCompile(`(?s)(<div class="part"[^>]*?) data-part="(\d+)">(.*?</section>\n*)</div>`)
	return place.ReplaceAllStringFunc(strings.Replace(page, m[0], "", 1), func(s string) string {
		m := place.FindStringSubmatch(s)
		n, err := strconv.Atoi(m[2])
		if err != nil || n >= len(parts) {
			t.Fatalf("part %s of %d", m[2], len(parts))
		}
		return m[1] + ">" + parts[n] + "</div>"
	})
}

// WellFormed reads XML to its end.
func WellFormed(t *testing.T, name string, data []byte) {
	t.Helper()
	dec := xml.NewDecoder(bytes.NewReader(data))
	for {
		_, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s is not well-formed: %v", name, err)
			return
		}
	}
}
