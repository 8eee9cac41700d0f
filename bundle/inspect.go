package bundle

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/internal/regular"
)

// Results never have what tqbench knows to be secret. A user's program may still have written one of its secrets into a log or an error, and a
// bundle is for everybody: what looks like a secret is refused, and what shows the user's machine is named.

// withPassword is a URL with a password before its host, and privateKey the head of a key.
var (
	withPassword = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"'<>\\]*:[^\s/@"'<>\\]+@`)
	privateKey   = regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY-----`)
	// placeholder and localhost are the parts of a URL that libraries have by default, which a worker's traceback may show. It may be cut off.
	placeholder = regexp.MustCompile(`://(guest:guest|test:test)@$`)
	localhost   = regexp.MustCompile(`^(localhost\b|127\.0\.0\.1\b|[localhst]{0,8}…)`)
	// homes are folders of users.
	homes = regexp.MustCompile(`(?:/home/|/Users/|/root\b)[^\s"':,;)\]\\]*`)
)

// largestText is how much of a file is searched, in bytes: logs and documents are shorter.
const largestText = 256 << 20

// mostPlaces is how many places are named.
const mostPlaces = 20

// inspect refuses files that show a secret, and returns what they show of the user's machine: each path once, with the first file that has it.
func inspect(ctx context.Context, files map[string]string) ([]string, error) {
	seen := map[string]bool{}
	var places []string
	home, _ := os.UserHomeDir() // without one, the usual ones are searched for
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := context.Cause(ctx); err != nil {
			return nil, err
		}
		if path.Ext(name) == columnEnding {
			continue // its words are of the plan
		}
		data, err := regular.Read(files[name], regular.Limit{Kind: "the " + name + " of a bundle", Bytes: largestText})
		if err != nil {
			return nil, fmt.Errorf("bundle %s: %w", files[name], err)
		}
		// What is run has variables in a secret's place. What a program wrote has been through no shell.
		commands := slices.Contains([]string{PlanName, RunName, AnalysisName}, name)
		if what := secretIn(data, commands); what != "" {
			return nil, fmt.Errorf("%w: %s shows %s: bundles are made to be published, so keep it out of your application's output and run again", ErrInput, files[name], what)
		}
		for _, found := range placesIn(data, home) {
			if !seen[found] && len(places) < mostPlaces {
				places = append(places, found+" ("+name+")")
			}
			seen[found] = true
		}
	}
	return places, nil
}

// secretIn says what looks like a secret in a text, or "". commands are taken as a shell's, which may have variables.
func secretIn(data []byte, commands bool) string {
	const inURL = "a URL with a password"
	hidden := func(password string, variable func(string) bool) bool {
		return strings.Trim(password, "*") == "" || commands && variable(password)
	}
	if privateKey.Match(data) {
		return "a private key"
	}
	if slices.ContainsFunc(redact.Parameters(data), func(password string) bool { return !hidden(password, redact.VariableParameter) }) {
		return inURL
	}
	for _, at := range withPassword.FindAllIndex(data, -1) {
		found := data[at[0]:at[1]]
		if placeholder.Match(found) && localhost.Match(data[at[1]:]) {
			continue
		}
		for _, password := range redact.Password(string(found)) {
			if !hidden(password, redact.Variable) {
				return inURL
			}
		}
	}
	return ""
}

// placesIn are the paths of users' folders in a text.
func placesIn(data []byte, home string) []string {
	var out []string
	for _, found := range homes.FindAll(data, -1) {
		out = append(out, string(found))
	}
	if len(home) > 1 && bytes.Contains(data, []byte(home)) && !slices.ContainsFunc(out, func(s string) bool { return strings.HasPrefix(s, home) }) {
		out = append(out, home)
	}
	return out
}
