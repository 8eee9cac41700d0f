package broker

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// ErrURL marks an error about a URL that can't be used. Its text has nothing of the user and the password: of a URL that can't be read,
// not even what looks like a host, as that may be the rest of a password.
var ErrURL = fmt.Errorf("%w", ErrSetup)

// urlForm is how a product's URL is written.
type urlForm struct {
	product, example string
	schemes          []string
	// parameters are those that can be in its query; none means that the server's library decides.
	parameters []string
}

// unread is the error for a URL that can't be read, with what to write instead.
func (f urlForm) unread(advice string) error {
	return fmt.Errorf("%w: the %s URL can't be read: %s", ErrURL, f.product, advice)
}

func (f urlForm) unreadable() error { return f.unread("write " + f.example) }

// read reads a URL. The user, the password and the parameters must be percent-encoded: clients disagree on where an unencoded password ends.
func (f urlForm) read(rawURL string) (*url.URL, error) {
	if err := f.checkEncoding(rawURL); err != nil {
		return nil, err
	}
	u, err := url.Parse(rawURL)
	if err != nil || !slices.Contains(f.schemes, u.Scheme) || u.Fragment != "" {
		return nil, f.unreadable()
	}
	if strings.ContainsAny(u.Host, ";,") {
		return nil, f.unread("write each server of a list as a whole URL, with semicolons between them")
	}
	if _, err := url.ParseQuery(u.RawQuery); err != nil {
		return nil, f.unreadable()
	}
	if f.parameters != nil {
		for name, values := range u.Query() {
			switch {
			case len(f.parameters) == 0:
				return nil, f.unread("it takes no parameters: write " + f.example)
			case !slices.Contains(f.parameters, name):
				return nil, f.unread("it has a parameter that not all clients read: leave out what isn't one of " + strings.Join(f.parameters, ", "))
			case len(values) > 1:
				return nil, f.unread("it has a parameter twice: write each once")
			}
		}
	}
	return u, nil
}

// split splits a list of URLs: what follows a semicolon is another one if it has a scheme.
func (f urlForm) split(rawURL string) ([]string, error) {
	var out []string
	start := 0
	for _, at := range regexp.MustCompile(`;[a-z]+(\+[a-z]+)?://`).FindAllStringIndex(rawURL, -1) {
		out = append(out, rawURL[start:at[0]])
		start = at[0] + 1
	}
	out = append(out, rawURL[start:])
	// The semicolon may be a part of the password.
	if !strings.Contains(out[0], "@") && strings.Contains(rawURL, "@") && len(out) > 1 {
		return nil, f.unread("write user and password in the first URL of a list, or percent-encode ; and / in the password (%3B, %2F)")
	}
	return out, nil
}

// checkEncoding refuses a user or password with characters that have another meaning in a URL.
func (f urlForm) checkEncoding(rawURL string) error {
	_, rest, ok := strings.Cut(rawURL, "://")
	if !ok {
		return nil
	}
	// A password may end at any of the @s, and clients differ. The last one is what its author had in mind.
	last := strings.LastIndexByte(rest, '@')
	if last < 0 {
		return nil
	}
	what, secret := "user", rest[:last]
	if _, password, ok := strings.Cut(secret, ":"); ok {
		what, secret = "password", password
		if userBad := unencoded(rest[:strings.IndexByte(rest, ':')]); len(userBad) > 0 {
			what, secret = "user and the password", rest[:last]
		}
	}
	bad := unencoded(secret)
	if len(bad) == 0 {
		return nil
	}
	advice := fmt.Sprintf("percent-encode %s in the %s", list(bad), what)
	var codes []string
	for _, b := range bad {
		if len(b) == 1 {
			codes = append(codes, fmt.Sprintf("%%%02X", b[0]))
		}
	}
	if len(codes) > 0 {
		advice += " (" + strings.Join(codes, ", ") + ")"
	}
	if _, query, ok := strings.Cut(rest[:last], "?"); ok && strings.Contains(query, "=") {
		advice += ", or @ in the parameters (%40)"
	}
	return f.unread(advice)
}

// unencoded lists what must be percent-encoded in a user or password, each once, the most usual first.
func unencoded(s string) []string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:"
	seen := map[byte]bool{}
	var space, other bool
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case strings.IndexByte(plain, c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		case c == ' ':
			space = true
		case c < ' ' || c > '~':
			other = true
		default:
			seen[c] = true
		}
	}
	var out []string
	for _, c := range "@/?#%[]<>{}|\\^`\"" {
		if seen[byte(c)] {
			out = append(out, string(c))
		}
	}
	if space {
		out = append(out, "spaces")
	}
	if other {
		out = append(out, "characters outside ASCII")
	}
	return out
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// list joins words: "a, b and c".
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

// portOf is a URL's port as a number that exists.
func portOf(u *url.URL, usual string) (string, error) {
	if u.Port() == "" {
		return usual, nil
	}
	if n, err := strconv.ParseUint(u.Port(), 10, 16); err != nil || n == 0 {
		return "", errors.New("no port")
	}
	return u.Port(), nil
}

func hostOr(u *url.URL, usual string) string {
	if h := u.Hostname(); h != "" {
		return h
	}
	return usual
}

// percent encodes a text so that each client reads it alike, in each part of a URL.
func percent(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// userinfo is a URL's user and password with an @, or "".
func userinfo(u *url.Userinfo) string {
	if u == nil || u.String() == "" {
		return ""
	}
	if password, ok := u.Password(); ok {
		return percent(u.Username()) + ":" + percent(password) + "@"
	}
	return percent(u.Username()) + "@"
}

// parameters is a query with its question mark, or "". Parameters without a value are left out; the others keep their order.
func parameters(pairs ...[2]string) string {
	var out []string
	for _, p := range pairs {
		if p[1] != "" {
			out = append(out, p[0]+"="+percent(p[1]))
		}
	}
	if out == nil {
		return ""
	}
	return "?" + strings.Join(out, "&")
}

// firstOf is the first parameter that has a value: clients have several names for one thing.
func firstOf(q url.Values, names ...string) string {
	for _, name := range names {
		if v := q.Get(name); v != "" {
			return v
		}
	}
	return ""
}

// absolute makes a file's path one that leads to it from any folder: workers have another one.
func absolute(path string) (string, error) {
	if path == "" {
		return "", nil
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("%w: find a file of the URL: %w", ErrSetup, err)
	}
	return abs, nil
}
