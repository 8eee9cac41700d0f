package github_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/github"
	"github.com/tqbench/tqbench/internal/github/githubtest"
)

func stepOf(a *githubtest.API) github.Step {
	return github.Step{API: a.URL, Repository: a.Repository, Token: a.Token}
}

func TestOneCommentIsWrittenAndThenUpdated(t *testing.T) {
	t.Parallel()
	var others []githubtest.Comment
	for i := range 150 { // more than one answer has
		others = append(others, githubtest.Comment{ID: int64(i + 1), Body: "hello", User: githubtest.User{Type: "User"}})
	}
	// A person may write the marker, too.
	others[3].Body = "<!-- tqbench gate: gate -->\nmine"
	a := githubtest.New(t, others...)
	for _, x := range []struct{ name, text string }{{"gate", "first"}, {"gate", "second"}, {"other", "third"}, {"gate", "fourth"}} {
		if err := stepOf(a).Comment(t.Context(), a.Number, x.name, x.text); err != nil {
			t.Fatal(err)
		}
	}
	got := a.Comments()
	if len(got) != 152 || got[3].Body != others[3].Body || got[150].Body != "<!-- tqbench gate: gate -->\nfourth" || got[151].Body != "<!-- tqbench gate: other -->\nthird" {
		t.Errorf("%d comments, the last are %+v", len(got), got[150:])
	}
	if err := stepOf(a).Comment(t.Context(), a.Number, "gate", strings.Repeat("ä", 70_000)); err != nil {
		t.Fatal(err)
	}
	if n := len([]rune(a.Comments()[150].Body)); n > 65_536 {
		t.Errorf("a comment of %d characters", n)
	}
}

// The token of a machine account writes as a user: its comment is found again, and one of others with the marker isn't taken for it.
func TestTheCommentOfAPersonalTokenIsUpdated(t *testing.T) {
	t.Parallel()
	marked := "<!-- tqbench gate: gate -->\n"
	a := githubtest.New(t, githubtest.Comment{ID: 1, Body: marked + "another's", User: githubtest.User{Login: "eve", Type: "User"}},
		githubtest.Comment{ID: 2, Body: marked + "a bot's", User: githubtest.User{Login: "other[bot]", Type: "Bot"}})
	a.Owner = "machine"
	for _, text := range []string{"first", "second"} {
		if err := stepOf(a).Comment(t.Context(), a.Number, "gate", text); err != nil {
			t.Fatal(err)
		}
	}
	if got := a.Comments(); len(got) != 3 || got[2].Body != marked+"second" {
		t.Errorf("%+v", got)
	}
}

func TestTheAddressOfTheRun(t *testing.T) {
	t.Parallel()
	s := github.Step{Server: "https://github.com", Repository: "shop/queue", Workflow: "17"}
	if got, want := s.Run(), "https://github.com/shop/queue/actions/runs/17"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, bad := range []github.Step{{}, {Server: "javascript:x", Repository: "a/b", Workflow: "1"}, {Server: "https://github.com", Repository: "a", Workflow: "1"}} {
		if got := bad.Run(); got != "" {
			t.Errorf("%+v: %q", bad, got)
		}
	}
}

func TestCommentsThatCantBeWrittenAreNoSecret(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s came to another server", r.Header.Get("Authorization"))
	}))
	defer elsewhere.Close()
	redirect := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer redirect.Close()
	for name, change := range map[string]func(*githubtest.API, *github.Step){
		"a fork's token":   func(a *githubtest.API, _ *github.Step) { a.Refuse = http.StatusForbidden },
		"a server's error": func(a *githubtest.API, _ *github.Step) { a.Refuse = http.StatusBadGateway },
		"no token":         func(_ *githubtest.API, s *github.Step) { s.Token = "" },
		"another token":    func(_ *githubtest.API, s *github.Step) { s.Token = "ghs_secretsecretsecret2" },
		"no address":       func(_ *githubtest.API, s *github.Step) { s.API = "" },
		"a broken address": func(_ *githubtest.API, s *github.Step) { s.API = "http://%zz" },
		"no server":        func(_ *githubtest.API, s *github.Step) { s.API = "http://127.0.0.1:1" },
		"another scheme":   func(_ *githubtest.API, s *github.Step) { s.API = "file:///etc" },
		"no repository":    func(_ *githubtest.API, s *github.Step) { s.Repository = "../x" },
		"a redirection":    func(_ *githubtest.API, s *github.Step) { s.API = redirect.URL },
		"no such pull":     func(a *githubtest.API, _ *github.Step) { a.Number = 8 },
	} {
		a := githubtest.New(t)
		s := stepOf(a)
		change(a, &s)
		err := s.Comment(t.Context(), 7, "gate", "text")
		if !errors.Is(err, github.ErrComment) || strings.Contains(err.Error(), "ghs_") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestThePullRequestComesFromTheEvent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "event.json")
	for text, want := range map[string]github.PullRequest{`{"pull_request":{"number":12,"head":{"sha":"abc"}}}`: {Number: 12, Commit: "abc"}, `{"ref":"main"}`: {}, `{"pull_request":null}`: {}} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := (github.Step{Event: path}).PullRequest(); err != nil || n != want {
			t.Errorf("%s: %+v, %v, want %+v", text, n, err, want)
		}
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (github.Step{Event: path}).PullRequest(); err == nil {
		t.Error("a broken event is one")
	}
}

func TestNoTextEndsAnAnnotation(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := github.Annotate(&b, "error", "a: b, c", "100 %\n::set-env name=x::y"); err != nil {
		t.Fatal(err)
	}
	if want := "::error title=a%3A b%2C c::100 %25%0A::set-env name=x::y\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	out := filepath.Join(t.TempDir(), "out")
	s := github.Step{Output: out, Summary: out}
	if err := errors.Join(s.Set("outcome", "can't\ntell"), s.Summarise("## x"), github.Step{}.Set("a", "b")); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(out); err != nil || string(data) != "outcome=can't tell\n## x\n" {
		t.Errorf("%q, %v", data, err)
	}
}
