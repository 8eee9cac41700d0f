// Package redact keeps secrets out of what programs that aren't ours print.
package redact

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Mask stands where a secret stood.
const Mask = "***"

// shortest is the length from which a part of a secret, from its beginning on, counts as one: consoles cut long values
// off.
const shortest = 4

// longest is the length up to which a secret is followed letter by letter: expressions may nest a thousand deep.
const longest = 250

// Redactor replaces secrets. Its zero value replaces none.
type Redactor struct{ pattern *regexp.Regexp }

// New makes a redactor of secrets; empty ones are left out. Of a URL, the secret is the password: see Password.
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
	re.Longest() // of two secrets with one beginning, the one that stands there
	return Redactor{re}
}

// pattern matches a secret that a console may have broken over lines, framed, or cut off.
func pattern(secret string) string {
	const between = `[\s\x{2500}-\x{259f}]*`
	var head, tail strings.Builder
	runes := []rune(secret)
	for i, r := range runes {
		if i == longest {
			// What follows so much of a secret is of it as far as it has no other letters.
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

// Password is a URL's password as it is and as the URL has it, or nothing.
func Password(rawURL string) []string {
	_, rest, _ := strings.Cut(rawURL, "://")
	authority, _, _ := strings.Cut(rest, "/")
	at := strings.LastIndexByte(authority, '@')
	if at < 0 {
		return nil
	}
	_, written, ok := strings.Cut(authority[:at], ":")
	if !ok || written == "" {
		return nil
	}
	out := []string{written}
	if plain, err := url.PathUnescape(written); err == nil && plain != written {
		out = append(out, plain)
	}
	return out
}
