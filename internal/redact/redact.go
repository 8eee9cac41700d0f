// Package redact removes secrets from the output of other programs.
package redact

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Mask replaces a secret.
const Mask = "***"

// shortest is the minimum length of a secret's beginning to count as the secret: consoles cut off long values.
const shortest = 4

// longest is the length up to which to match a secret letter by letter: expressions may nest a thousand deep.
const longest = 250

// Redactor replaces secrets. Its zero value replaces none.
type Redactor struct{ pattern *regexp.Regexp }

// New makes a redactor of secrets and ignores empty ones. A URL's secret is its password: see Password.
func New(secrets ...string) Redactor {
	var parts []string
	for _, s := range secrets {
		if s != "" {
			parts = append(parts, pattern(s))
		}
	}
	if parts == nil {
		return Redactor{}
	}
	re := regexp.MustCompile(strings.Join(parts, "|"))
	re.Longest() // of two secrets with one beginning, the matching one
	return Redactor{re}
}

// pattern matches a secret that a console may have broken over lines, framed, or cut off.
func pattern(secret string) string {
	const between = `[\s\x{2500}-\x{259f}]*`
	var head, tail strings.Builder
	runes := []rune(secret)
	for i, r := range runes {
		if i == longest {
			// Text after this much of a secret belongs to it as long as it has no other letters.
			var class strings.Builder
			for _, r := range runes[i:] {
				fmt.Fprintf(&class, `\x{%x}`, r)
			}
			head.WriteString("(?:" + between + "[" + class.String() + "])*")
			break
		}
		switch {
		case i == 0:
			head.WriteString(regexp.QuoteMeta(string(r)))
		case i < shortest:
			head.WriteString(between + regexp.QuoteMeta(string(r)))
		default:
			head.WriteString("(?:" + between + regexp.QuoteMeta(string(r)))
			tail.WriteString(")?")
		}
	}
	return head.String() + tail.String()
}

// Bytes is text without the secrets.
func (r Redactor) Bytes(text []byte) []byte {
	if r.pattern == nil {
		return text
	}
	return r.pattern.ReplaceAllLiteral(text, []byte(Mask))
}

// String is text without the secrets.
func (r Redactor) String(text string) string { return string(r.Bytes([]byte(text))) }

// Password is a URL's password, both plain and as escaped in the URL, or nothing. One that should be escaped and isn't may end at several
// places: each is one.
func Password(rawURL string) []string {
	_, rest, _ := strings.Cut(rawURL, "://")
	authority, _, _ := strings.Cut(rest, "/")
	var out []string
	for _, before := range []string{authority, rest} {
		at := strings.LastIndexByte(before, '@')
		if at < 0 {
			continue
		}
		_, written, ok := strings.Cut(before[:at], ":")
		if !ok || written == "" || slices.Contains(out, written) {
			continue
		}
		out = append(out, written)
		if plain, err := url.PathUnescape(written); err == nil && plain != written {
			out = append(out, plain)
		}
	}
	return out
}

// Long keeps those secrets that say something where they appear. A shorter one is in any text by chance.
func Long(secrets []string) []string {
	return slices.DeleteFunc(slices.Clone(secrets), func(s string) bool { return len(s) < shortest })
}

// inURL matches a URL with something before its host.
var inURL = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*)://([^/\s'"]*)@`)

// InURL reports whether a URL in a command has a password or a token. A variable in its place is none, and neither is the name in ssh://git@host.
func InURL(command string) bool {
	for _, m := range inURL.FindAllStringSubmatch(command, -1) {
		scheme := strings.ToLower(m[1])
		name, secret, _ := strings.Cut(m[2], ":")
		if secret == "" && (strings.HasSuffix(scheme, "http") || strings.HasSuffix(scheme, "https")) {
			secret = name // a token alone
		}
		if secret != "" && !strings.HasPrefix(secret, "$") {
			return true
		}
	}
	return false
}
