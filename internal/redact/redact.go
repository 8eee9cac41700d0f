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

// passwordName matches the name of a URL's parameter that is a password, as PostgreSQL's clients take one.
const passwordName = `(?i:(?:ssl)?(?:password|passwd|pwd))`

var (
	named = regexp.MustCompile(`^` + passwordName + `$`)
	// parameter matches such a parameter in a text. JSON and HTML may write & in their own way.
	parameter = regexp.MustCompile(`(?:[?&]|\\u0026|&amp;)` + passwordName + `=([^\s&#'"<>\\]+)`)
)

// Parameters are the passwords among the parameters of URLs in a text, as they are written there.
func Parameters(text []byte) []string {
	var out []string
	for _, m := range parameter.FindAllSubmatch(text, -1) {
		out = append(out, string(m[1]))
	}
	return out
}

// Password is a URL's passwords, both plain and as escaped in the URL, or nothing: before its host, and among its parameters. One that should be
// escaped and isn't may end at several places: each is one.
func Password(rawURL string) []string {
	_, rest, _ := strings.Cut(rawURL, "://")
	host, query, _ := strings.Cut(rest, "?")
	parameters := passwordsOf(query)
	if parameters == nil {
		host = rest // a ? that should be escaped
	}
	authority, _, _ := strings.Cut(host, "/")
	var out []string
	for _, before := range []string{authority, host} {
		at := strings.LastIndexByte(before, '@')
		if at < 0 {
			continue
		}
		_, written, ok := strings.Cut(before[:at], ":")
		if ok && written != "" && !slices.Contains(out, written) {
			out = plain(append(out, written), written, url.PathUnescape)
		}
	}
	for _, written := range parameters {
		out = plain(append(out, written), written, url.PathUnescape) // libpq takes a + as it is
		out = plain(out, written, url.QueryUnescape)
	}
	return out
}

// passwordsOf are the passwords of a URL's query, as they are written.
func passwordsOf(query string) []string {
	var out []string
	for _, p := range strings.Split(query, "&") {
		name, value, _ := strings.Cut(p, "=")
		if !named.MatchString(name) {
			continue
		}
		end, _, _ := strings.Cut(value, "#")
		for _, written := range []string{value, end} {
			if written != "" && !slices.Contains(out, written) {
				out = append(out, written)
			}
		}
	}
	return out
}

// plain adds a password without its escapes, if it has any.
func plain(passwords []string, written string, unescape func(string) (string, error)) []string {
	if p, err := unescape(written); err == nil && !slices.Contains(passwords, p) {
		passwords = append(passwords, p)
	}
	return passwords
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
		if secret != "" && !Variable(secret) {
			return true
		}
	}
	return slices.ContainsFunc(Parameters([]byte(command)), func(secret string) bool { return !VariableParameter(secret) })
}

// variables are a shell's. A default in one may be a secret, unless it is another variable; the complaint that it has no value is none.
const variables = `^(?:\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?\?[^{}]*|:?-(?:\$[A-Za-z_]\w*|\$\{[A-Za-z_]\w*\})?)?\}|\([^()]*\)))+`

var (
	// onlyVariables matches nothing else: what begins with a dollar may be a secret.
	onlyVariables = regexp.MustCompile(variables + `$`)
	// endingVariables matches those after which a shell's word ends, and commands and complaints with a space in them, at which their text was
	// cut off.
	endingVariables = regexp.MustCompile(variables + `(?:$|[;|)])|^\$(?:\([^()]*|\{[A-Za-z_]\w*:?\?[^{}]*)$`)
)

// Variable reports whether a shell's variable is in a secret's place.
func Variable(secret string) bool { return onlyVariables.MatchString(secret) }

// VariableParameter is Variable for what Parameters finds in a command, which may go on behind it.
func VariableParameter(secret string) bool { return endingVariables.MatchString(secret) }
